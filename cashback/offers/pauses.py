"""When funders are paused: stored, read into the snapshot, opened and closed with the programme's revision.

A pause begins at the instant it is written, never before: what was bought until then stays promised. So whoever asks
holds the programme (`lock_programme`) before the clock is read. Nor does it begin before the pause before has ended,
which is a microsecond after it began at the earliest.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.offers.kinds import Pauses
from cashback.programmes.service import bump_revision, lock_programme

_PAUSES = "SELECT funder, since, until FROM funding_pauses WHERE operator_id = $1 ORDER BY funder, since"
_OPEN = """
INSERT INTO funding_pauses (operator_id, funder, since, why, actor)
SELECT $1, t.funder, greatest($3::timestamptz, (SELECT max(p.until) FROM funding_pauses p
    WHERE p.operator_id = $1 AND p.funder = t.funder)), $4, $5
FROM unnest($2::text[]) AS t (funder)
ON CONFLICT (operator_id, funder) WHERE until IS NULL DO NOTHING RETURNING funder
"""
_CLOSE = """
UPDATE funding_pauses SET until = greatest($3, since + interval '1 microsecond')
WHERE operator_id = $1 AND funder = ANY($2::text[]) AND until IS NULL RETURNING funder
"""


async def load_pauses(connection: AsyncConnection, operator_id: UUID) -> Pauses:
    """Every pause that ever was, by funder."""
    found: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for funder, since, until in await fetch(connection, _PAUSES, (operator_id,)):
        found.setdefault(funder, []).append((since, until))
    return found


async def pause(
    connection: AsyncConnection, actor: Actor, funders: Iterable[str], why: str, now: datetime
) -> list[str]:
    """Promise nothing more in the name of these funders from now on; answers those that were not paused yet."""
    return await _change(connection, actor.operator_id, _OPEN, (list(funders), now, why, actor.name))


async def resume(connection: AsyncConnection, actor: Actor, funders: Iterable[str], now: datetime) -> list[str]:
    """Promise again from now on; answers those that were paused."""
    return await _change(connection, actor.operator_id, _CLOSE, (list(funders), now))


async def _change(
    connection: AsyncConnection, operator_id: UUID, statement: str, values: tuple[object, ...]
) -> list[str]:
    await lock_programme(connection, operator_id)
    changed = [funder for (funder,) in await fetch(connection, statement, (operator_id, *values))]
    if changed:
        await bump_revision(connection, operator_id)
    return changed
