"""Messages as a stream that is read: for who holds a connection open, and comes back to where it was.

A place in the stream is the position that a message was given when it was handed out: in the order of telling, by one
process at a time, and once its transaction had committed. So nothing appears behind a place, and what is committed late
comes later. A reader hands out itself what is told: it waits for no worker.

Functions take the caller's connection, in a READ COMMITTED transaction whose tenant is set, and never commit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks.outbox import HANDED_OUT_MAX, body_of, hand_out, show_id

PAGE_MAX = 200
LOOKED_MAX = 2_000
"""Messages that one reading passes over, whether they are asked for or not."""
_PLACE = re.compile(r"[0-9]{1,19}")
_POSITION_MAX = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which message a reader stands."""

    position: int

    def __str__(self) -> str:
        return str(self.position)


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


BEGINNING = Place(0)
"""The place before everything that is kept."""


def read_place(text: str) -> Place:
    """A place as `str` wrote it; ValueError for anything else."""
    if not _PLACE.fullmatch(text) or int(text) > _POSITION_MAX:
        raise ValueError(f"expected the id of a message of this stream, got {text[:64]!r}")
    return Place(int(text))


async def open_stream(connection: AsyncConnection, tenant: UUID, now: datetime) -> bool:
    """From the commit on messages are written for the tenant, also without an endpoint. False if they were already."""
    return (await connection.exec_driver_sql(_OPEN, (tenant, now))).rowcount > 0


async def is_open(connection: AsyncConnection, tenant: UUID) -> bool:
    """Whether a stream of the tenant was ever read."""
    return bool((await connection.exec_driver_sql(_IS_OPEN, (tenant,))).scalar_one())


async def catch_up(connection: AsyncConnection, tenant: UUID, now: datetime) -> bool:
    """Hand out what was told, as much as one transaction may; whether there may be more, for a transaction of its own.

    Endpoints are held meanwhile: a backlog at one stroke would keep everything from being sent.
    """
    return await hand_out(connection, tenant, now) == HANDED_OUT_MAX


async def newest(connection: AsyncConnection, tenant: UUID) -> Place:
    """The place before what is not told yet; what another process is handing out just now comes behind it."""
    return Place(int((await connection.exec_driver_sql(_NEWEST, (tenant,))).scalar_one()))


async def since(connection: AsyncConnection, tenant: UUID, at: datetime) -> Place:
    """The place before what was told at `at` or later; `newest` where nothing was."""
    latest = await newest(connection, tenant)
    found = (await connection.exec_driver_sql(_SINCE, (tenant, at))).scalar_one()
    return latest if found is None else Place(int(found) - 1)


async def read_on(
    connection: AsyncConnection,
    tenant: UUID,
    after: Place,
    version: str,
    types: Sequence[str] | None = None,
    partition: str | None = None,
    *,
    now: datetime,
    limit: int = PAGE_MAX,
) -> Reading:
    """Messages behind a place, in their order.

    Of `types` alone (also as `group.*`), and of one `partition`, where they are given.
    """
    waiting = await catch_up(connection, tenant, now)
    chosen, most = None if types is None else list(types), min(limit, PAGE_MAX)
    rows = (
        await connection.exec_driver_sql(_READ, (tenant, after.position, chosen, most, LOOKED_MAX, partition))
    ).all()
    if not rows:
        return Reading([], after, more=waiting)
    found = [
        Streamed(Place(row.position), show_id(row.id), row.type, body_of(row.type, row.at, version, row.data))
        for row in rows
        if row.chosen
    ][:most]
    if len(found) == most:
        return Reading(found, found[-1].place, more=True)
    return Reading(found, Place(rows[-1].position), more=waiting or rows[-1].looked == LOOKED_MAX)


_OPEN = """
INSERT INTO outbox_streams (tenant_id, opened_at) VALUES ($1::uuid, $2::timestamptz) ON CONFLICT (tenant_id) DO NOTHING
"""

_IS_OPEN = "SELECT EXISTS (SELECT 1 FROM outbox_streams WHERE tenant_id = $1::uuid)"

_NEWEST = """
SELECT coalesce(max(position), 0) FROM outbox_messages WHERE tenant_id = $1::uuid AND position IS NOT NULL
"""

_SINCE = """
SELECT min(position) FROM outbox_messages
WHERE tenant_id = $1::uuid AND told_at >= $2::timestamptz
    AND position >= (extract(epoch FROM $2::timestamptz - interval '1 hour') * 1000000)::bigint
"""
"""Positions are microseconds of handing out, which follows telling: the hour is for clocks that differ."""

# The last that was looked at comes back too, chosen or not: from there the next reading goes on.
_READ = """
WITH looked AS MATERIALIZED (
    SELECT o.position, o.id, o.type, o.at, o.data, row_number() OVER (ORDER BY o.position) AS looked,
        ($3::text[] IS NULL OR o.type = ANY($3::text[]) OR split_part(o.type, '.', 1) || '.*' = ANY($3::text[]))
            AND ($6::text IS NULL OR o.partition = $6::text) AS chosen
    FROM outbox_messages AS o WHERE o.tenant_id = $1::uuid AND o.position > $2::bigint
    ORDER BY o.position LIMIT $5::integer
)
SELECT l.position, l.id, l.type, l.at, l.data, l.looked, l.chosen FROM looked AS l
WHERE l.chosen OR l.looked = (SELECT max(looked) FROM looked)
ORDER BY l.looked LIMIT $4::integer + 1
"""
