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


BEGINNING = Place(0, UUID(int=0))
"""The place before everything that is kept."""


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


async def since(connection: AsyncConnection, tenant: UUID, at: datetime) -> Place:
    """The place before the first transaction that told something at `at` or later; `newest` where none did.

    A transaction that began earlier and told later stands before it: a reader may see some events of just before.
    """
    found = (await connection.exec_driver_sql(_SINCE, (tenant, at))).scalar_one()
    return await newest(connection) if found is None else Place(int(found), UUID(int=0))


async def read_on(
    connection: AsyncConnection,
    tenant: UUID,
    after: Place,
    version: str,
    types: Sequence[str] | None = None,
    partition: str | None = None,
    limit: int = PAGE_MAX,
) -> list[Streamed]:
    """Messages behind a place, in their order.

    Of `types` alone (also as `group.*`), and of one `partition`, where they are given.
    """
    chosen = None if types is None else list(types)
    rows = await connection.exec_driver_sql(
        _READ, (tenant, str(after.xid), after.message_id, chosen, min(limit, PAGE_MAX), partition)
    )
    return [
        Streamed(Place(int(row.place), row.id), show_id(row.id), row.type, body_of(row.type, row.at, version, row.data))
        for row in rows
    ]


_OPEN = """
INSERT INTO outbox_streams (tenant_id, opened_at) VALUES ($1::uuid, $2::timestamptz) ON CONFLICT (tenant_id) DO NOTHING
"""

_IS_OPEN = "SELECT EXISTS (SELECT 1 FROM outbox_streams WHERE tenant_id = $1::uuid)"

_SINCE = "SELECT min(xid)::text FROM outbox_messages WHERE tenant_id = $1::uuid AND told_at >= $2::timestamptz"

_NEWEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

_READ = """
SELECT o.xid::text AS place, o.id, o.type, o.at, o.data FROM outbox_messages AS o
WHERE o.tenant_id = $1::uuid AND (o.xid, o.id) > ($2::text::xid8, $3::uuid)
    AND o.xid < pg_snapshot_xmin(pg_current_snapshot())
    AND ($4::text[] IS NULL OR o.type = ANY($4::text[]) OR split_part(o.type, '.', 1) || '.*' = ANY($4::text[]))
    AND ($6::text IS NULL OR o.partition = $6::text)
ORDER BY o.xid, o.id LIMIT $5::integer
"""
