"""Which identifiers and shops wait for their purchases to be settled again. Crash-safe: asked for and taken in
transactions.

A shop is asked for by a name of the scheme `shop`, as claims and checkouts name theirs: all its purchases are settled,
however they found it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch

_ASK = """
INSERT INTO rematches (operator_id, identifier, asked_at) SELECT $1, t.identifier, $3
FROM unnest($2::text[]) AS t (identifier) ON CONFLICT (operator_id, identifier) DO NOTHING
"""

_TAKE = """
WITH t AS MATERIALIZED (
    SELECT identifier FROM rematches WHERE operator_id = $1 ORDER BY identifier LIMIT $2 FOR UPDATE SKIP LOCKED)
DELETE FROM rematches WHERE operator_id = $1 AND identifier IN (SELECT identifier FROM t)
RETURNING identifier
"""


_SHOP = "shop:"


def request_of(shop_code: str) -> str:
    """The name by which all purchases of a shop are asked for."""
    return f"{_SHOP}{shop_code}"


def shops_in(names: Iterable[str]) -> list[str]:
    """The codes of the shops that are asked for among these names."""
    return [each.removeprefix(_SHOP) for each in names if each.startswith(_SHOP)]


async def ask_for_rematch(
    connection: AsyncConnection, operator_id: UUID, identifiers: Sequence[str], now: datetime
) -> None:
    """Ask, in the transaction that changes where these `scheme:value` identifiers lead."""
    if identifiers:
        await connection.exec_driver_sql(_ASK, (operator_id, sorted(set(identifiers)), now))


async def take_rematches(connection: AsyncConnection, operator_id: UUID, limit: int) -> list[str]:
    """Take identifiers; the transaction that took them settles their purchases or leaves them asked for."""
    rows = await fetch(connection, _TAKE, (operator_id, limit))
    return [identifier for (identifier,) in rows]


async def waiting(connection: AsyncConnection, operator_id: UUID) -> set[str]:
    """Identifiers that still wait."""
    rows = await fetch(connection, "SELECT identifier FROM rematches WHERE operator_id = $1", (operator_id,))
    return {identifier for (identifier,) in rows}
