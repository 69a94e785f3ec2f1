"""The only way to decision records: keep, read, page through, and destroy what has had its time.

Every function takes the caller's connection and never commits. Records are written once; the database refuses to change
one. What was destroyed leaves its line in the log, whose digest still says what the record was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import uuid7

PAGE = 1000
"""Records read at a time by whoever goes through all of them."""
_FIRST = UUID(int=0)

_KEEP = """
WITH logged AS (
    INSERT INTO decision_log (operator_id, id, digest, automated, decided_at)
    SELECT $1, t.id, t.digest, t.automated, t.decided_at
    FROM unnest($2::uuid[], $4::bytea[], $5::boolean[], $6::timestamptz[]) AS t (id, digest, automated, decided_at)
)
INSERT INTO decision_records (operator_id, id, pseudonym, decided_at, record)
SELECT $1, t.id, t.pseudonym, t.decided_at, t.record
FROM unnest($2::uuid[], $3::uuid[], $6::timestamptz[], $7::bytea[]) AS t (id, pseudonym, decided_at, record)
"""
_READ = "SELECT id, pseudonym, decided_at, record FROM decision_records WHERE operator_id = $1 AND id = ANY($2::uuid[])"
_NEXT = """
SELECT id, pseudonym, decided_at, record FROM decision_records
WHERE operator_id = $1 AND (decided_at, id) > ($2, $3) AND decided_at < $4
ORDER BY decided_at, id LIMIT $5
"""
_SAMPLE = """
SELECT id, pseudonym, decided_at, record FROM decision_records WHERE operator_id = $1
ORDER BY md5(id::text || $2) LIMIT $3
"""
_FORGET = "DELETE FROM decision_records WHERE operator_id = $1 AND decided_at < $2"
_FORGOTTEN = "INSERT INTO decision_forgettings (operator_id, id, until, records, at) VALUES ($1, $2, $3, $4, $5)"

INVARIANTS: dict[str, str] = {
    "a decision's record is what was logged of it": """
        SELECT coalesce(r.id, l.id), encode(l.digest, 'hex') FROM decision_log l
        FULL JOIN decision_records r ON r.operator_id = l.operator_id AND r.id = l.id
        WHERE l.id IS NULL
            OR (r.id IS NOT NULL AND (sha256(r.record), r.decided_at) IS DISTINCT FROM (l.digest, l.decided_at))
            OR (r.id IS NULL AND l.decided_at >= (SELECT coalesce(max(f.until), '-infinity') FROM decision_forgettings f
                WHERE f.operator_id = l.operator_id)) LIMIT 1""",
}
"""For the audit: each statement finds the first row that breaks it, or nothing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One decision to keep, or as it is kept. `record`: canonical bytes."""

    id: UUID
    pseudonym: UUID
    decided_at: datetime
    record: bytes


async def keep(
    connection: AsyncConnection, operator_id: UUID, decisions: Sequence[Kept], *, automated: bool = True
) -> None:
    """Write decisions down: their lines of the log and their records, in one statement."""
    if not decisions:
        return
    columns = (
        [each.id for each in decisions],
        [each.pseudonym for each in decisions],
        [sha256(each.record).digest() for each in decisions],
        [automated for _ in decisions],
        [each.decided_at for each in decisions],
        [each.record for each in decisions],
    )
    await connection.exec_driver_sql(_KEEP, (operator_id, *columns))


async def read(connection: AsyncConnection, operator_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Kept]:
    """The records of these decisions, of those that are still kept."""
    rows = await fetch(connection, _READ, (operator_id, list(ids)))
    return {row[0]: Kept(*row) for row in rows}


async def page(
    connection: AsyncConnection, operator_id: UUID, after: Kept | None, since: datetime, until: datetime
) -> list[Kept]:
    """The next records made in a half-open time, the oldest first; `after`: the last one of the page before."""
    at, last = (since, _FIRST) if after is None else (after.decided_at, after.id)
    rows = await fetch(connection, _NEXT, (operator_id, at, last, until, PAGE))
    return [Kept(*row) for row in rows]


async def sample(connection: AsyncConnection, operator_id: UUID, count: int, salt: str) -> list[Kept]:
    """So many records, drawn by a salt: the same salt draws the same ones."""
    rows = await fetch(connection, _SAMPLE, (operator_id, salt, count))
    return [Kept(*row) for row in rows]


async def forget(connection: AsyncConnection, operator_id: UUID, before: datetime, now: datetime) -> int:
    """Destroy the records of decisions made before an instant, and write down that it was done; answers how many."""
    destroyed = (await connection.exec_driver_sql(_FORGET, (operator_id, before))).rowcount
    if destroyed:
        await connection.exec_driver_sql(_FORGOTTEN, (operator_id, uuid7(now), before, destroyed, now))
    return destroyed
