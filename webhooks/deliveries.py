"""Deliveries: one for each message and endpoint. Taken, attempted outside any transaction, recorded, and replayed.

`take` writes the intention down: the number of the attempt, and when the delivery is taken anew if nobody records how
it ended. A process that dies in between has perhaps sent the message, and it is sent again under the same id: at least
once. `record` writes how attempts ended, moves what they say of their endpoint, and is ignored for a delivery that
somebody else has taken meanwhile.

Functions take the caller's connection, in a READ COMMITTED transaction whose tenant is set, and never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks import endpoints
from webhooks.outbox import LISTENS, TEST, body_of
from webhooks.schedule import BREAKS_AT, GIVEN_UP_AFTER, GONE, Answer, Next, after, pause_after
from webhooks.sealing import SealingKey
from webhooks.signing import Secret

LEASE = timedelta(minutes=3)
"""A delivery that was taken and not recorded is taken anew after it: longer than any round of attempts lasts."""
REPLAYED_MAX = 100_000
"""Deliveries that one command plays again."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery that is to be tried now."""

    endpoint_id: UUID
    message_id: UUID
    number: int
    """Of all attempts of this delivery, from 1."""
    step: int
    """Of the attempts since it was last replayed, from 1."""
    url: str
    secrets: tuple[Secret, ...]
    type: str
    partition: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. `answer` is None for one that was not made: it is given back."""

    attempt: Attempt
    answer: Answer | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Disabled:
    """An endpoint that was disabled by what it answered."""

    endpoint_id: UUID
    url: str
    why: str


async def take(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, most: int, master: SealingKey, now: datetime
) -> list[Attempt]:
    """Take what is due of one endpoint, at most so many, the longest due first; skips what others are taking."""
    rows = (await connection.exec_driver_sql(_TAKE, (tenant, endpoint_id, most, now, now + LEASE))).all()
    if not rows:
        return []
    keys = tuple(endpoints.opened_secrets(master, tenant, endpoint_id, rows[0].secrets))
    return [
        Attempt(
            endpoint_id=endpoint_id,
            message_id=row.message_id,
            number=row.attempts,
            step=row.step,
            url=row.url,
            secrets=keys,
            type=row.type,
            partition=row.partition,
            body=body_of(row.type, row.at, row.version, row.data),
        )
        for row in sorted(rows, key=lambda row: (row.was_due_at, row.message_id))
    ]


async def record(connection: AsyncConnection, tenant: UUID, ended: Sequence[Ended], now: datetime) -> list[Disabled]:
    """Write how attempts of one endpoint ended, in their order; answers the endpoint if that disabled it."""
    made = [(each, each.answer) for each in ended if each.answer is not None]
    back = [each for each in ended if each.answer is None]
    if back:
        names = _names([each.attempt for each in back])
        await connection.exec_driver_sql(_GIVE_BACK, (tenant, *names, now))
    if not made:
        return []
    # The endpoint before its deliveries, as whoever disables it does: the two wait for each other and never deadlock.
    row = (await connection.exec_driver_sql(_LOCK, (tenant, made[0][0].attempt.endpoint_id))).one()
    nexts = [after(answer, e.attempt.step, e.attempt.endpoint_id, e.attempt.message_id, e.at) for e, answer in made]
    columns = [
        [each.state.value for each in nexts],
        [each.due_at for each in nexts],
        [answer.code for _, answer in made],
        [answer.error for _, answer in made],
        [answer.milliseconds for _, answer in made],
        [answer.excerpt for _, answer in made],
        [each.at for each, _ in made],
    ]
    names = _names([each.attempt for each, _ in made])
    await connection.exec_driver_sql(_RECORD, (tenant, *names, *columns, now))
    return await _judge(connection, tenant, row, made, nexts, now) if row.state == "enabled" else []


async def replay_one(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, message_id: UUID, now: datetime
) -> bool:
    """Send one message to an endpoint again, or for the first time, as soon as can be; False if it is not stored."""
    row = (tenant, endpoint_id, [message_id], now)
    return (await connection.exec_driver_sql(_REPLAY_NAMED, row)).rowcount > 0


async def replay_failed(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, now: datetime) -> int:
    """Send what an endpoint did not accept and what is tried no more; answers how many deliveries."""
    return (await connection.exec_driver_sql(_REPLAY_DEAD, (tenant, endpoint_id, now, REPLAYED_MAX))).rowcount


async def replay_between(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, since: datetime, until: datetime, now: datetime
) -> int:
    """Send everything an endpoint listens to that was told from `since` until before `until`, received or not.

    Also what was told while the endpoint was disabled. Answers how many deliveries; what is pending stays as it is.
    """
    row = (tenant, endpoint_id, now, REPLAYED_MAX, since, until)
    return (await connection.exec_driver_sql(_REPLAY_BETWEEN, row)).rowcount


async def next_due(connection: AsyncConnection, tenant: UUID) -> datetime | None:
    """When the next delivery is due, endpoints that are left alone included; None when none is pending."""
    due: datetime | None = (await connection.exec_driver_sql(_NEXT_DUE, (tenant,))).scalar_one()
    return due


async def _judge(
    connection: AsyncConnection,
    tenant: UUID,
    row: Any,
    made: Sequence[tuple[Ended, Answer]],
    nexts: Sequence[Next],
    now: datetime,
) -> list[Disabled]:
    """What attempts of one endpoint say of it: failures in a row, leaving it alone, giving it up."""
    endpoint_id = made[0][0].attempt.endpoint_id
    failures, since = row.failures, row.failing_since
    for each, answer in made:
        failures, since = (0, None) if answer.succeeded else (failures + 1, since or each.at)
    held = [each.hold_until for each in nexts if each.hold_until is not None]
    if failures >= BREAKS_AT:
        held.append(now + pause_after(failures))
    await connection.exec_driver_sql(
        _JUDGED, (tenant, endpoint_id, failures, since, max(held) if held and failures else None)
    )
    why = None
    if any(answer.code == GONE for _, answer in made):
        why = endpoints.GONE
    elif since is not None and now - since >= GIVEN_UP_AFTER:
        why = endpoints.FAILING
    if why is None or not await endpoints.disable(connection, tenant, endpoint_id, why, now):
        return []
    return [Disabled(endpoint_id, row.url, why)]


def _names(attempts: Sequence[Attempt]) -> tuple[list[Any], list[Any], list[Any]]:
    return (
        [each.endpoint_id for each in attempts],
        [each.message_id for each in attempts],
        [each.number for each in attempts],
    )


_TAKE = """
WITH due AS (
    SELECT d.endpoint_id, d.message_id, d.due_at FROM webhook_deliveries AS d
    WHERE d.tenant_id = $1::uuid AND d.endpoint_id = $2::uuid AND d.state = 'pending' AND d.due_at <= $4::timestamptz
    ORDER BY d.due_at, d.message_id LIMIT $3::integer FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE webhook_deliveries AS d SET attempts = d.attempts + 1, step = d.step + 1, due_at = $5::timestamptz
    FROM due WHERE d.tenant_id = $1::uuid AND d.endpoint_id = due.endpoint_id AND d.message_id = due.message_id
    RETURNING d.endpoint_id, d.message_id, d.attempts, d.step, due.due_at AS was_due_at
)
SELECT t.*, e.url, e.version, e.secrets, o.type, o.partition, o.data, o.at
FROM taken AS t
JOIN webhook_endpoints AS e ON e.tenant_id = $1::uuid AND e.id = t.endpoint_id
JOIN outbox_messages AS o ON o.tenant_id = $1::uuid AND o.id = t.message_id
"""

_GIVE_BACK = """
UPDATE webhook_deliveries AS d SET attempts = d.attempts - 1, step = greatest(d.step - 1, 0), due_at = $5::timestamptz
FROM unnest($2::uuid[], $3::uuid[], $4::integer[]) AS n (endpoint_id, message_id, number)
WHERE d.tenant_id = $1::uuid AND d.endpoint_id = n.endpoint_id AND d.message_id = n.message_id
    AND d.attempts = n.number AND d.state = 'pending'
"""

# What another process has taken meanwhile has another number: it stays that process's.
_RECORD = """
WITH n AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::timestamptz[], $7::integer[],
        $8::text[], $9::integer[], $10::text[], $11::timestamptz[])
        AS n (endpoint_id, message_id, number, state, due_at, code, error, milliseconds, excerpt, at)
), moved AS (
    UPDATE webhook_deliveries AS d SET state = n.state, due_at = coalesce(n.due_at, d.due_at), code = n.code,
        error = n.error, ended_at = CASE WHEN n.state <> 'pending' THEN $12::timestamptz END
    FROM n WHERE d.tenant_id = $1::uuid AND d.endpoint_id = n.endpoint_id AND d.message_id = n.message_id
        AND d.attempts = n.number AND d.state = 'pending'
)
INSERT INTO webhook_attempts
    (tenant_id, endpoint_id, message_id, number, at, code, error, milliseconds, excerpt, next_at)
SELECT $1::uuid, n.endpoint_id, n.message_id, n.number, n.at, n.code, n.error, n.milliseconds, n.excerpt, n.due_at
FROM n ON CONFLICT DO NOTHING
"""

_LOCK = """
SELECT url, state, failures, failing_since FROM webhook_endpoints
WHERE tenant_id = $1::uuid AND id = $2::uuid FOR UPDATE
"""

_JUDGED = """
UPDATE webhook_endpoints SET failures = $3::integer, failing_since = $4::timestamptz, held_until = $5::timestamptz
WHERE tenant_id = $1::uuid AND id = $2::uuid
"""

_AGAIN = """
ON CONFLICT (tenant_id, endpoint_id, message_id) DO UPDATE
SET state = 'pending', step = 0, due_at = excluded.due_at, ended_at = NULL
"""

_REPLAY_NAMED = f"""
INSERT INTO webhook_deliveries (tenant_id, endpoint_id, message_id, state, due_at, created_at)
SELECT $1::uuid, e.id, m.id, 'pending', $4::timestamptz, $4::timestamptz
FROM outbox_messages AS m JOIN webhook_endpoints AS e ON e.tenant_id = m.tenant_id AND e.id = $2::uuid
WHERE m.tenant_id = $1::uuid AND m.id = ANY($3::uuid[])
{_AGAIN}
"""  # noqa: S608 - built from constants

_REPLAY_DEAD = """
UPDATE webhook_deliveries AS d SET state = 'pending', step = 0, due_at = $3::timestamptz, ended_at = NULL
WHERE d.tenant_id = $1::uuid AND d.endpoint_id = $2::uuid AND d.message_id IN (
    SELECT message_id FROM webhook_deliveries AS o
    WHERE o.tenant_id = $1::uuid AND o.endpoint_id = $2::uuid AND o.state = 'dead'
    ORDER BY message_id LIMIT $4::integer)
"""

_REPLAY_BETWEEN = f"""
INSERT INTO webhook_deliveries (tenant_id, endpoint_id, message_id, state, due_at, created_at)
SELECT $1::uuid, e.id, m.id, 'pending', $3::timestamptz, $3::timestamptz
FROM outbox_messages AS m JOIN webhook_endpoints AS e ON e.tenant_id = m.tenant_id AND e.id = $2::uuid
WHERE m.tenant_id = $1::uuid AND m.told_at >= $5::timestamptz AND m.told_at < $6::timestamptz AND {LISTENS}
    AND m.type <> '{TEST}'
ORDER BY m.told_at LIMIT $4::integer
{_AGAIN} WHERE webhook_deliveries.state <> 'pending'
"""  # noqa: S608 - built from constants

_NEXT_DUE = """
SELECT min(greatest(n.due_at, coalesce(e.held_until, n.due_at))) FROM webhook_endpoints AS e
CROSS JOIN LATERAL (
    SELECT d.due_at FROM webhook_deliveries AS d
    WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.state = 'pending'
    ORDER BY d.due_at LIMIT 1
) AS n
WHERE e.tenant_id = $1::uuid AND e.state = 'enabled'
"""
