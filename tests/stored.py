"""What is stored of one operator, as digests: two equal answers mean that nothing moved in between.

Answers kept for a repeat are no move, nor is the key of the month that seals them: a refusal is kept too. That
something was asked is not what moves: the request log, when a key was used and what it read are left out.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import fetch, transaction

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity ORDER BY relname"
_KEPT = ("api_requests", "idempotency", "inbox_keys")
_OF = {"audit_log": "NOT starts_with(action, 'read.')"}
_ROWS = {"api_keys": "to_jsonb(t) - 'last_used_at' - 'refused_at'"}


async def state_of(engine: AsyncEngine, operator_id: UUID) -> dict[str, str]:
    """A digest of all rows of each table, as the app role sees them."""
    async with transaction(engine, operator_id) as connection:
        names = [name for (name,) in await fetch(connection, _TABLES) if name not in _KEPT]
        digest = "(SELECT md5(coalesce(string_agg(({0})::text, '|' ORDER BY ({0})::text), '')) FROM {1} t WHERE {2})"
        asked = ", ".join(digest.format(_ROWS.get(name, "t"), name, _OF.get(name, "true")) for name in names)
        (row,) = await fetch(connection, f"SELECT {asked}")
    return dict(zip(names, row, strict=True))
