"""What became of messages, for people who look: deliveries of an endpoint, and of each every attempt and what was sent.

Functions take the caller's connection, in a transaction whose tenant is set, and only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks.outbox import body_of
from webhooks.schedule import BREAKS_AT, Progress, State

PAGE_MAX = 201
"""A page of 200, and the one that tells whether there is more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one endpoint."""

    message_id: UUID
    type: str
    partition: str
    at: datetime
    """When it happened."""
    state: State
    progress: Progress | None
    """What it waits for; None when it does not."""
    attempts: int
    """Ever begun; one that is under way among them."""
    code: int | None
    """Of the last attempt that ended, as `error` is."""
    error: str | None
    next_at: datetime | None
    """When it is tried next, at the earliest; None when it is being sent, or is as soon as a worker comes to it."""
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Made:
    """One attempt that was recorded."""

    number: int
    at: datetime
    code: int | None
    error: str | None
    milliseconds: int
    excerpt: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Whole:
    """A delivery with what was sent and every attempt that was recorded, in their order."""

    delivery: Delivery
    body: bytes
    made: Sequence[Made]


async def deliveries_of(
    connection: AsyncConnection,
    tenant: UUID,
    endpoint_id: UUID,
    *,
    now: datetime,
    state: State | None = None,
    type_: str | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Deliveries of an endpoint, the newest message first; `before` is the last message of the page before.

    `type_` is one type of the catalogue, or a group of them as `group.*`.
    """
    told = None if state is None else state.value
    rows = await connection.exec_driver_sql(_PAGE, (tenant, endpoint_id, told, before, min(limit, PAGE_MAX), type_))
    return [_delivery(row, now) for row in rows]


async def counted(connection: AsyncConnection, tenant: UUID) -> dict[str, int]:
    """How many deliveries of all endpoints stand in each state."""
    rows = await connection.exec_driver_sql(_COUNTED, (tenant,))
    return {row.state: row.held for row in rows}


async def pending_of(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID) -> int:
    """How many deliveries of an endpoint have not ended."""
    return int((await connection.exec_driver_sql(_PENDING, (tenant, endpoint_id))).scalar_one())


async def whole(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, message_id: UUID, now: datetime
) -> Whole | None:
    """One delivery, or None where the endpoint was never given this message."""
    row = (await connection.exec_driver_sql(_WHOLE, (tenant, endpoint_id, message_id))).one_or_none()
    if row is None:
        return None
    attempts = await connection.exec_driver_sql(_ATTEMPTS, (tenant, endpoint_id, message_id))
    made = [
        Made(each.number, each.at, each.code, each.error, each.milliseconds, each.excerpt, each.next_at)
        for each in attempts
    ]
    return Whole(_delivery(row, now), body_of(row.type, row.at, row.version, row.data), made)


def _delivery(row: Any, now: datetime) -> Delivery:
    state = State(row.state)
    progress, next_at = _waits(row, now) if state is State.PENDING else (None, None)
    return Delivery(
        message_id=row.message_id,
        type=row.type,
        partition=row.partition,
        at=row.at,
        state=state,
        progress=progress,
        attempts=row.attempts,
        code=row.code,
        error=row.error,
        next_at=next_at,
        ended_at=row.ended_at,
    )


def _waits(row: Any, now: datetime) -> tuple[Progress, datetime | None]:
    """What a pending delivery waits for, and until when at the earliest where that lies ahead."""
    if row.taken_at is not None and row.due_at > now:
        return Progress.SENDING, None
    held_until = row.held_until if row.held_until is not None and row.held_until > now else None
    if row.due_at > max(now, held_until or now):
        return Progress.RETRYING, row.due_at
    if held_until is not None or row.failures >= BREAKS_AT:
        return Progress.HELD, held_until
    return Progress.QUEUED, None


_DELIVERIES = """
SELECT d.*, o.type, o.partition, o.at, o.data, e.version, e.failures, e.held_until
FROM webhook_deliveries AS d
JOIN webhook_endpoints AS e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
JOIN outbox_messages AS o ON o.tenant_id = d.tenant_id AND o.id = d.message_id
WHERE d.tenant_id = $1::uuid AND d.endpoint_id = $2::uuid"""

_PAGE = f"""{_DELIVERIES}
    AND ($3::text IS NULL OR d.state = $3::text) AND ($4::uuid IS NULL OR d.message_id < $4::uuid)
    AND ($6::text IS NULL OR o.type = $6::text OR split_part(o.type, '.', 1) || '.*' = $6::text)
ORDER BY d.message_id DESC LIMIT $5::integer
"""

_WHOLE = f"{_DELIVERIES} AND d.message_id = $3::uuid"

_ATTEMPTS = """
SELECT number, at, code, error, milliseconds, excerpt, next_at FROM webhook_attempts
WHERE tenant_id = $1::uuid AND endpoint_id = $2::uuid AND message_id = $3::uuid ORDER BY number
"""

_PENDING = """
SELECT count(*) FROM webhook_deliveries WHERE tenant_id = $1::uuid AND endpoint_id = $2::uuid AND state = 'pending'
"""

_COUNTED = "SELECT state, count(*) AS held FROM webhook_deliveries WHERE tenant_id = $1::uuid GROUP BY state"
