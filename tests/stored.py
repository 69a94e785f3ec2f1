"""What is stored of one operator, as digests: two equal answers mean that nothing moved in between.

Answers kept for a repeat are no move, nor is the key of the month that seals them: a refusal is kept too.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import fetch, transaction

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity ORDER BY relname"
_KEPT = ("idempotency", "inbox_keys")


async def state_of(engine: AsyncEngine, operator_id: UUID) -> dict[str, str]:
    """A digest of all rows of each table, as the app role sees them."""
    async with transaction(engine, operator_id) as connection:
        names = [name for (name,) in await fetch(connection, _TABLES) if name not in _KEPT]
        digest = "(SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t)"
        (row,) = await fetch(connection, f"SELECT {', '.join(digest.format(name) for name in names)}")
    return dict(zip(names, row, strict=True))
