"""What the log's readers set aside: messages that could not be understood, that concern a card nobody has linked yet,
or whose delivery id is taken by other content. Rows here point into the log; the log itself never changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks.messages import Conflict, Message, conflict_place, opened, opened_body
from webhooks.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that waits for a person or for a repaired parser."""

    message: Message
    code: str
    detail: str
    parked_at: datetime


async def park(
    connection: AsyncConnection, tenant: UUID, refused: Sequence[tuple[Message, str, str]], now: datetime
) -> None:
    """Set messages aside with a stable code and a sentence each. One that was parked before is parked anew."""
    if not refused:
        return
    latest = {
        (message.connection_id, message.delivery_id): (message, code, detail) for message, code, detail in refused
    }
    rows = []
    for name in sorted(latest):
        message, code, detail = latest[name]
        rows.append((message.lane, *name, _text(code), _text(detail)))
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.exec_driver_sql(_PARK, (tenant, *columns, now))


async def parked(connection: AsyncConnection, tenant: UUID, keyring: KeyRing, limit: int = 100) -> list[Parked]:
    """What is parked and not resolved, oldest first."""
    rows = await connection.exec_driver_sql(_PARKED, (tenant, limit))
    return [Parked(opened(tenant, row, keyring), row.code, row.detail, row.parked_at) for row in rows]


async def resolve_parked(connection: AsyncConnection, tenant: UUID, messages: Sequence[Message], now: datetime) -> int:
    """Mark parked messages as dealt with; returns how many were open. The row stays, as a record."""
    names = sorted({(message.lane, message.connection_id, message.delivery_id) for message in messages})
    if not names:
        return 0
    columns = [list(column) for column in zip(*names, strict=True)]
    return (await connection.exec_driver_sql(_RESOLVE, (tenant, *columns, now))).rowcount


async def hold_unclaimed(connection: AsyncConnection, tenant: UUID, messages: Sequence[Message]) -> None:
    """Remember messages of cards that nobody has linked; only a pointer is kept, by the card's hash.

    ValueError for a message that concerns no card: nobody could ever claim it.
    """
    if any(message.subject is None for message in messages):
        raise ValueError("a message without a subject concerns no card, so it cannot wait for one to be linked")
    names = sorted({(m.lane, m.subject or b"", m.connection_id, m.delivery_id) for m in messages})
    if names:
        columns = [list(column) for column in zip(*names, strict=True)]
        await connection.exec_driver_sql(_HOLD, (tenant, *columns))


async def take_unclaimed(
    connection: AsyncConnection, tenant: UUID, lane: int, subject: bytes, keyring: KeyRing
) -> list[Message]:
    """The messages that waited for a card, in log order; they wait no longer.

    The caller links the card in the same transaction and holds the lane's cursor (`inbox.lock_cursor`): otherwise a
    reader that has just found the card unknown would hold a message back after nobody will take it any more.
    """
    rows = await connection.exec_driver_sql(_TAKE, (tenant, lane, subject))
    return [opened(tenant, row, keyring) for row in rows]


async def conflicts(connection: AsyncConnection, tenant: UUID, keyring: KeyRing, limit: int = 100) -> list[Conflict]:
    """What was kept aside because its id is taken by other content, newest first."""
    rows = await connection.exec_driver_sql(_CONFLICTS, (tenant, limit))
    return [
        Conflict(
            lane=row.lane,
            connection_id=row.connection_id,
            delivery_id=row.delivery_id,
            event=row.event,
            digest=row.digest,
            received_at=row.received_at,
            body=opened_body(
                tenant, row, keyring, conflict_place(tenant, row.connection_id, row.delivery_id, row.digest)
            ),
        )
        for row in rows
    ]


def _text(value: str) -> str:
    """PostgreSQL stores neither NUL nor lone surrogates; an error's sentence may quote either."""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


_PARK = """
INSERT INTO inbox_parked (tenant_id, lane, connection_id, delivery_id, code, detail, parked_at)
SELECT $1::uuid, n.lane, n.connection_id, n.delivery_id, n.code, n.detail, $7::timestamptz
FROM unnest($2::smallint[], $3::uuid[], $4::text[], $5::text[], $6::text[])
    AS n (lane, connection_id, delivery_id, code, detail)
ON CONFLICT (tenant_id, lane, connection_id, delivery_id) DO UPDATE
SET code = excluded.code, detail = excluded.detail, parked_at = excluded.parked_at, resolved_at = NULL
"""

# LATERAL with LIMIT 1 is one index probe a pointer; a plain join would let the planner read the whole log.
_PARKED = """
SELECT m.*, k.wrapped, a.code, a.detail, a.parked_at
FROM inbox_parked AS a
CROSS JOIN LATERAL (
    SELECT * FROM inbox_messages AS i
    WHERE i.tenant_id = a.tenant_id AND i.connection_id = a.connection_id AND i.delivery_id = a.delivery_id
        AND i.lane = a.lane
    LIMIT 1
) AS m
LEFT JOIN inbox_keys AS k ON k.tenant_id = m.tenant_id AND k.period = m.key_period
WHERE a.tenant_id = $1::uuid AND a.resolved_at IS NULL
ORDER BY a.parked_at, m.xid, m.ordinal LIMIT $2::integer
"""

_RESOLVE = """
UPDATE inbox_parked AS a SET resolved_at = $5::timestamptz
FROM unnest($2::smallint[], $3::uuid[], $4::text[]) AS n (lane, connection_id, delivery_id)
WHERE a.tenant_id = $1::uuid AND a.lane = n.lane AND a.connection_id = n.connection_id
    AND a.delivery_id = n.delivery_id AND a.resolved_at IS NULL
"""

_HOLD = """
INSERT INTO inbox_unclaimed (tenant_id, lane, subject, connection_id, delivery_id)
SELECT $1::uuid, n.*
FROM unnest($2::smallint[], $3::bytea[], $4::uuid[], $5::text[]) AS n
ON CONFLICT DO NOTHING
"""

_TAKE = """
WITH a AS (
    DELETE FROM inbox_unclaimed
    WHERE tenant_id = $1::uuid AND lane = $2::smallint AND subject = $3::bytea
    RETURNING tenant_id, lane, connection_id, delivery_id
)
SELECT m.*, k.wrapped
FROM a
CROSS JOIN LATERAL (
    SELECT * FROM inbox_messages AS i
    WHERE i.tenant_id = a.tenant_id AND i.connection_id = a.connection_id AND i.delivery_id = a.delivery_id
        AND i.lane = a.lane
    LIMIT 1
) AS m
LEFT JOIN inbox_keys AS k ON k.tenant_id = m.tenant_id AND k.period = m.key_period
ORDER BY m.xid, m.ordinal
"""

_CONFLICTS = """
SELECT a.lane, a.connection_id, a.delivery_id, a.event, a.digest, a.received_at, a.key_period, a.body, k.wrapped
FROM inbox_conflicts AS a
LEFT JOIN inbox_keys AS k ON k.tenant_id = a.tenant_id AND k.period = a.key_period
WHERE a.tenant_id = $1::uuid
ORDER BY a.received_at DESC, a.connection_id, a.delivery_id LIMIT $2::integer
"""
