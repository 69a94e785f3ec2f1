"""Which identifiers wait for their purchases to be matched again. Crash-safe: asked for and taken in transactions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch

_ASK = """
INSERT INTO rematches (operator_id, identifier, asked_at) SELECT $1, t.identifier, $3
FROM unnest($2::text[]) AS t (identifier) ON CONFLICT (operator_id, identifier) DO NOTHING
"""

_TAKE = """
DELETE FROM rematches WHERE operator_id = $1 AND identifier IN (
    SELECT identifier FROM rematches WHERE operator_id = $1 ORDER BY identifier LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING identifier
"""


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
