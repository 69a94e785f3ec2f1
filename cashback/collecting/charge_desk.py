"""Charges as the money desk lists them: in the order in which they were asked for, either way."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.collecting import storage
from cashback.collecting.schemas import Collection, State
from cashback.db.engine import fetch

# Ids are made when a charge is asked for: their order is that of time, and the index of ids finds a page.
_PAGE = """
SELECT id FROM collections WHERE operator_id = $1 AND ($2::text IS NULL OR state = $2)
    AND ($3::uuid IS NULL OR id {beyond} $3) ORDER BY id {way} LIMIT $4
"""


async def page(
    connection: AsyncConnection,
    operator_id: UUID,
    state: State | None,
    *,
    down: bool,
    after: UUID | None,
    limit: int,
) -> list[Collection]:
    """A page of an operator's charges of a state, or of all, behind the one of this id."""
    way = {"way": "DESC", "beyond": "<"} if down else {"way": "ASC", "beyond": ">"}
    values = (operator_id, None if state is None else state.value, after, limit)
    ids = [row[0] for row in await fetch(connection, _PAGE.format(**way), values)]
    found = await storage.by_id(connection, operator_id, ids)
    return [found[each] for each in ids]
