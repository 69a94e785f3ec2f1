"""Messages as a stream that is read: for who holds a connection open, and comes back to where it was.

A place in the stream is the transaction that told a message, then the message's id. A reader stays below the oldest
transaction that is still running, where nothing can appear any more: it misses no message that is committed late.
After a restore into a new cluster places are worth nothing, and a reader begins anew.

Functions take the caller's connection, in a READ COMMITTED transaction whose tenant is set, and never commit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks.outbox import body_of, show_id

PAGE_MAX = 200
LOOKED_MAX = 2_000
"""Messages that one reading passes over, whether they are asked for or not."""
_PLACE = re.compile(r"([0-9]{1,19})-([0-9a-f]{32})")
_XID_MAX = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which message a reader stands."""

    xid: int
    message_id: UUID

    def __str__(self) -> str:
        return f"{self.xid}-{self.message_id.hex}"


@dataclass(frozen=True, slots=True)
class Streamed:
    """One message with the place behind it."""

    place: Place
    id: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading found, and where it came to: also behind messages that were not asked for."""

    found: list[Streamed]
    place: Place
    more: bool
    """Whether it stopped at one of its bounds, and not at the end."""


def read_place(text: str) -> Place:
    """A place as `str` wrote it; ValueError for anything else."""
    found = _PLACE.fullmatch(text)
    if found is None or int(found[1]) > _XID_MAX:
        raise ValueError(f"expected the id of a message of this stream, got {text[:64]!r}")
    return Place(int(found[1]), UUID(hex=found[2]))


async def open_stream(connection: AsyncConnection, tenant: UUID, now: datetime) -> bool:
    """From the commit on messages are written for the tenant, also without an endpoint. False if they were already."""
    return (await connection.exec_driver_sql(_OPEN, (tenant, now))).rowcount > 0


async def is_open(connection: AsyncConnection, tenant: UUID) -> bool:
    """Whether a stream of the tenant was ever read."""
    return bool((await connection.exec_driver_sql(_IS_OPEN, (tenant,))).scalar_one())


async def newest(connection: AsyncConnection) -> Place:
    """The place before everything that is not told yet."""
    return Place(int((await connection.exec_driver_sql(_NEWEST)).scalar_one()), UUID(int=0))


async def read_on(
    connection: AsyncConnection,
    tenant: UUID,
    after: Place,
    version: str,
    types: Sequence[str] | None = None,
    limit: int = PAGE_MAX,
) -> Reading:
    """Messages behind a place, in their order; of `types` alone (also as `group.*`) where they are given."""
    chosen, most = None if types is None else list(types), min(limit, PAGE_MAX)
    values = (tenant, str(after.xid), after.message_id, chosen, most, LOOKED_MAX)
    rows = (await connection.exec_driver_sql(_READ, values)).all()
    if not rows:
        return Reading([], after, more=False)
    found = [
        Streamed(Place(int(row.place), row.id), show_id(row.id), row.type, body_of(row.type, row.at, version, row.data))
        for row in rows
        if row.chosen
    ][:most]
    if len(found) == most:
        return Reading(found, found[-1].place, more=True)
    return Reading(found, Place(int(rows[-1].place), rows[-1].id), more=rows[-1].looked == LOOKED_MAX)


_OPEN = """
INSERT INTO outbox_streams (tenant_id, opened_at) VALUES ($1::uuid, $2::timestamptz) ON CONFLICT (tenant_id) DO NOTHING
"""

_IS_OPEN = "SELECT EXISTS (SELECT 1 FROM outbox_streams WHERE tenant_id = $1::uuid)"

_NEWEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

# The last that was looked at comes back too, chosen or not: from there the next reading goes on.
_READ = """
WITH looked AS MATERIALIZED (
    SELECT o.xid, o.id, o.type, o.at, o.data, row_number() OVER (ORDER BY o.xid, o.id) AS looked,
        $4::text[] IS NULL OR o.type = ANY($4::text[]) OR split_part(o.type, '.', 1) || '.*' = ANY($4::text[]) AS chosen
    FROM outbox_messages AS o
    WHERE o.tenant_id = $1::uuid AND (o.xid, o.id) > ($2::text::xid8, $3::uuid)
        AND o.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY o.xid, o.id LIMIT $6::integer
)
SELECT l.xid::text AS place, l.id, l.type, l.at, l.data, l.looked, l.chosen FROM looked AS l
WHERE l.chosen OR l.looked = (SELECT max(looked) FROM looked)
ORDER BY l.looked LIMIT $5::integer + 1
"""
