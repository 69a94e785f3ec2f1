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
    due_at: datetime
    """When it was due."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. `answer` is None for one that was not made: it is given back, due at `at`."""

    attempt: Attempt
    answer: Answer | None
    at: datetime
    """When the attempt began."""

    @property
    def ended_at(self) -> datetime:
        """When its answer was there, or was waited for no more."""
        return self.at + timedelta(milliseconds=0 if self.answer is None else self.answer.milliseconds)


@dataclass(frozen=True, slots=True)
class Disabled:
    """An endpoint that was disabled by what it answered."""

    endpoint_id: UUID
    url: str
    why: str


async def take(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, most: int, master: SealingKey, now: datetime
) -> list[Attempt]:
    """Take what is due of one endpoint, at most so many, the longest due first, in the order in which it was told.

    Of a partition of which anything is under way nothing is taken, whoever sends it: its order would be lost. Of an
    endpoint that keeps failing one delivery is under way at a time, and none while it is left alone.
    """
    # Whoever takes holds the endpoint: two that take at a time would not see what the other has.
    found = (await connection.exec_driver_sql(_LOCK, (tenant, endpoint_id))).one_or_none()
    if found is None or found.state != "enabled" or (found.held_until is not None and found.held_until > now):
        return []
    alone = found.failures >= BREAKS_AT
    row = (tenant, endpoint_id, 1 if alone else most, now, now + LEASE, alone)
    rows = (await connection.exec_driver_sql(_TAKE, row)).all()
    if not rows:
        return []
    keys = tuple(endpoints.opened_secrets(master, tenant, endpoint_id, found.secrets))
    return [
        Attempt(
            endpoint_id=endpoint_id,
            message_id=row.message_id,
            number=row.attempts,
            step=row.step,
            url=found.url,
            secrets=keys,
            type=row.type,
            partition=row.partition,
            body=body_of(row.type, row.at, found.version, row.data),
            due_at=row.was_due_at,
        )
        for row in sorted(rows, key=lambda row: (row.ordinal, row.message_id))
    ]


async def record(connection: AsyncConnection, tenant: UUID, ended: Sequence[Ended], now: datetime) -> list[Disabled]:
    """Write how attempts of one endpoint ended, in their order; answers the endpoint if that disabled it."""
    if not ended:
        return []
    made = [(each, each.answer) for each in ended if each.answer is not None]
    back = [each for each in ended if each.answer is None]
    # The endpoint before its deliveries, as whoever disables it does or plays again: they wait and never deadlock.
    row = (await connection.exec_driver_sql(_LOCK, (tenant, ended[0].attempt.endpoint_id))).one()
    if back:
        names = _names([each.attempt for each in back])
        await connection.exec_driver_sql(_GIVE_BACK, (tenant, *names, [each.at for each in back]))
    if not made:
        return []
    nexts = [
        after(answer, each.attempt.step, each.attempt.endpoint_id, each.attempt.message_id, each.ended_at)
        for each, answer in made
    ]
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
    # What another address answered says nothing of the one that stands there now.
    here = [(*pair, to) for pair, to in zip(made, nexts, strict=True) if pair[0].attempt.url == row.url]
    return await _judge(connection, tenant, row, here, now) if here and row.state == "enabled" else []


async def replay_one(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, message_id: UUID, now: datetime
) -> bool:
    """Send one message to an endpoint again, or for the first time, as soon as can be; False if it is not stored.

    One that is being sent at this moment is let be.
    """
    await connection.exec_driver_sql(_RELEASE, (tenant, endpoint_id))
    row = (tenant, endpoint_id, [message_id], now)
    if (await connection.exec_driver_sql(_REPLAY_NAMED, row)).rowcount > 0:
        return True
    return bool((await connection.exec_driver_sql(_KEPT, (tenant, message_id))).scalar_one())


async def replay_failed(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, now: datetime) -> int:
    """Send what an endpoint did not accept: what is tried no more, and at once what waits for its next try.

    Answers how many deliveries; what is being sent at this moment is not among them. An endpoint that is left alone is
    tried at once too.
    """
    await connection.exec_driver_sql(_RELEASE, (tenant, endpoint_id))
    return (await connection.exec_driver_sql(_REPLAY_FAILED, (tenant, endpoint_id, now))).rowcount


async def replay_between(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, since: datetime, until: datetime, now: datetime
) -> int:
    """Send everything an endpoint listens to that was told from `since` until before `until`, received or not.

    Also what was told while the endpoint was disabled, and at once what waits for its next try. Answers how many
    deliveries; what is being sent at this moment is not among them.
    """
    await connection.exec_driver_sql(_RELEASE, (tenant, endpoint_id))
    row = (tenant, endpoint_id, now, since, until)
    return (await connection.exec_driver_sql(_REPLAY_BETWEEN, row)).rowcount


async def next_due(connection: AsyncConnection, tenant: UUID) -> datetime | None:
    """When the next delivery is due, endpoints that are left alone included; None when none is pending."""
    due: datetime | None = (await connection.exec_driver_sql(_NEXT_DUE, (tenant,))).scalar_one()
    return due


async def _judge(
    connection: AsyncConnection,
    tenant: UUID,
    row: Any,
    made: Sequence[tuple[Ended, Answer, Next]],
    now: datetime,
) -> list[Disabled]:
    """What attempts of one endpoint say of it: failures in a row, leaving it alone, giving it up."""
    endpoint_id = made[0][0].attempt.endpoint_id
    failures, since = row.failures, row.failing_since
    for each, answer, _ in made:
        failures, since = (0, None) if answer.succeeded else (failures + 1, since or each.at)
    held = [to.hold_until for _, _, to in made if to.hold_until is not None]
    if failures >= BREAKS_AT:
        held.append(now + pause_after(failures))
    await connection.exec_driver_sql(
        _JUDGED, (tenant, endpoint_id, failures, since, max(held) if held and failures else None)
    )
    why = None
    if any(answer.code == GONE for _, answer, _ in made):
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
WITH busy AS MATERIALIZED (
    SELECT o.partition FROM webhook_deliveries AS d
    JOIN outbox_messages AS o ON o.tenant_id = d.tenant_id AND o.id = d.message_id
    WHERE d.tenant_id = $1::uuid AND d.endpoint_id = $2::uuid AND d.taken_at IS NOT NULL AND d.state = 'pending'
        AND d.due_at > $4::timestamptz
), due AS (
    SELECT d.endpoint_id, d.message_id, d.due_at FROM webhook_deliveries AS d
    JOIN outbox_messages AS o ON o.tenant_id = d.tenant_id AND o.id = d.message_id
    WHERE d.tenant_id = $1::uuid AND d.endpoint_id = $2::uuid AND d.state = 'pending' AND d.due_at <= $4::timestamptz
        AND o.partition NOT IN (SELECT partition FROM busy) AND NOT ($6::boolean AND EXISTS (SELECT 1 FROM busy))
    ORDER BY d.due_at, d.ordinal, d.message_id LIMIT $3::integer FOR UPDATE OF d SKIP LOCKED
), taken AS (
    UPDATE webhook_deliveries AS d
    SET attempts = d.attempts + 1, step = d.step + 1, due_at = $5::timestamptz, taken_at = $4::timestamptz
    FROM due WHERE d.tenant_id = $1::uuid AND d.endpoint_id = due.endpoint_id AND d.message_id = due.message_id
    RETURNING d.endpoint_id, d.message_id, d.ordinal, d.attempts, d.step, due.due_at AS was_due_at
)
SELECT t.*, o.type, o.partition, o.data, o.at
FROM taken AS t JOIN outbox_messages AS o ON o.tenant_id = $1::uuid AND o.id = t.message_id
"""

_GIVE_BACK = """
UPDATE webhook_deliveries AS d
SET attempts = d.attempts - 1, step = greatest(d.step - 1, 0), due_at = n.due_at, taken_at = NULL
FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::timestamptz[]) AS n (endpoint_id, message_id, number, due_at)
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
        error = n.error, taken_at = NULL, ended_at = CASE WHEN n.state <> 'pending' THEN $12::timestamptz END
    FROM n WHERE d.tenant_id = $1::uuid AND d.endpoint_id = n.endpoint_id AND d.message_id = n.message_id
        AND d.attempts = n.number AND d.state = 'pending'
)
INSERT INTO webhook_attempts
    (tenant_id, endpoint_id, message_id, number, at, code, error, milliseconds, excerpt, next_at)
SELECT $1::uuid, n.endpoint_id, n.message_id, n.number, n.at, n.code, n.error, n.milliseconds, n.excerpt, n.due_at
FROM n ON CONFLICT DO NOTHING
"""

# What follows is planned anew each time, as in the outbox.
_LOCK = """
SELECT url, version, secrets, state, failures, failing_since, held_until,
    set_config('plan_cache_mode', 'force_custom_plan', true) FROM webhook_endpoints
WHERE tenant_id = $1::uuid AND id = $2::uuid FOR UPDATE
"""

_JUDGED = """
UPDATE webhook_endpoints SET failures = $3::integer, failing_since = $4::timestamptz, held_until = $5::timestamptz
WHERE tenant_id = $1::uuid AND id = $2::uuid
"""

# What a process has under way stays as it is: a second one would send it at the same time.
_AGAIN = """
ON CONFLICT (tenant_id, endpoint_id, message_id) DO UPDATE
SET state = 'pending', step = 0, due_at = excluded.due_at, taken_at = NULL, ended_at = NULL
WHERE webhook_deliveries.state <> 'pending' OR webhook_deliveries.taken_at IS NULL
    OR webhook_deliveries.due_at <= excluded.due_at
"""

_REPLAY_NAMED = f"""
INSERT INTO webhook_deliveries (tenant_id, endpoint_id, message_id, ordinal, state, due_at, created_at)
SELECT $1::uuid, e.id, m.id, m.ordinal, 'pending', $4::timestamptz, $4::timestamptz
FROM outbox_messages AS m JOIN webhook_endpoints AS e ON e.tenant_id = m.tenant_id AND e.id = $2::uuid
WHERE m.tenant_id = $1::uuid AND m.id = ANY($3::uuid[])
{_AGAIN}
"""  # noqa: S608 - built from constants

_KEPT = "SELECT EXISTS (SELECT 1 FROM outbox_messages WHERE tenant_id = $1::uuid AND id = $2::uuid)"

_FAILED = """(d.state = 'dead'
        OR (d.state = 'pending' AND d.attempts > 0 AND (d.taken_at IS NULL OR d.due_at <= $3::timestamptz)))"""

_REPLAY_FAILED = f"""
UPDATE webhook_deliveries AS d
SET state = 'pending', step = 0, due_at = $3::timestamptz, taken_at = NULL, ended_at = NULL
WHERE d.tenant_id = $1::uuid AND d.endpoint_id = $2::uuid AND {_FAILED}
"""  # noqa: S608 - built from constants

_RELEASE = """
UPDATE webhook_endpoints SET held_until = NULL WHERE tenant_id = $1::uuid AND id = $2::uuid AND held_until IS NOT NULL
"""

_REPLAY_BETWEEN = f"""
INSERT INTO webhook_deliveries (tenant_id, endpoint_id, message_id, ordinal, state, due_at, created_at)
SELECT $1::uuid, e.id, m.id, m.ordinal, 'pending', $3::timestamptz, $3::timestamptz
FROM outbox_messages AS m JOIN webhook_endpoints AS e ON e.tenant_id = m.tenant_id AND e.id = $2::uuid
WHERE m.tenant_id = $1::uuid AND m.told_at >= $4::timestamptz AND m.told_at < $5::timestamptz AND {LISTENS}
    AND NOT starts_with(m.key, '{TEST}:')
{_AGAIN}
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
