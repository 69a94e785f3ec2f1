"""The outbox: messages written in the transaction of what they tell, handed to endpoints afterwards.

`tell` is one insert in the caller's transaction: what it tells and the message exist together or not at all. `hand_out`
gives every endpoint that listens its delivery. It takes whatever has not been handed out, in sets, and skips what
another process is taking: never "what lies behind the last one seen", because numbers and times are given before the
commit and a reader by position loses what commits late.

The order. `ordinal` is given when a message is told, in the order of telling: the microsecond of the database, and each
further message of a set one more, which is less time than writing it takes. Who tells of a shopper holds that shopper's
lock, so of one partition it is the order in which things happened. `position` is given when a message is handed out, by
one process at a time, in the order of `ordinal` and to committed messages alone: nothing appears behind a position that
was seen, and of one partition no effect comes before its cause. No sequence counts, which would be one for all shards.

Functions take the caller's connection, in a READ COMMITTED transaction whose tenant is set, and never commit.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

PAYLOAD_MAX_BYTES = 20_000
"""Of a body as it is sent. Payloads are thin: what they name is asked for by its id."""
_HEAD_BYTES = 256
"""More than type, time and version take of a body."""
KEY_MAX = 255
HANDED_OUT_MAX = 1000
"""Messages handed out in one transaction."""

TEST = "endpoint.test"
"""The type of a message that is sent to one endpoint, to see whether it arrives. Keys of examples begin with it too."""

_PREFIX = "msg_"
_SHOWN = re.compile(r"msg_[0-9a-f]{32}")
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
_RANDOM_BITS = (0xFFF << 64) | ((1 << 62) - 1)


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened. `payload` is what is told of it: ids and amounts, ready for JSON."""

    key: str
    """Names what happened: told again under the same key it is the same message."""
    type: str
    partition: str
    """Messages of one partition are tried in their order, as far as that is possible."""
    payload: dict[str, object]
    at: datetime


async def tell(connection: AsyncConnection, tenant: UUID, messages: Sequence[Message], now: datetime) -> None:
    """Write messages, each once by its key, in the order given: one statement, and nothing where nobody ever listened.

    ValueError for a key or a payload that is too long.
    """
    if not messages:
        return
    rows = [
        (each.key, message_id(tenant, each.key, each.at), each.type, each.partition, _data(each), each.at)
        for each in messages
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.exec_driver_sql(_TELL, (tenant, *columns, now))


async def hand_out(connection: AsyncConnection, tenant: UUID, now: datetime, limit: int = HANDED_OUT_MAX) -> int:
    """Give each endpoint that listens its delivery of what was told since it exists; answers how many messages.

    Endpoints are held meanwhile: who disables one waits, and finds what it was given.

    One process at a time does it for a tenant, or the order would be lost; another one is answered 0.
    """
    if not (await connection.exec_driver_sql(_TRY_TO_HAND_OUT, (str(tenant),))).one()[0]:
        return 0
    return int((await connection.exec_driver_sql(_HAND_OUT, (tenant, limit, now))).scalar_one())


async def tell_one(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, message: Message, now: datetime
) -> UUID | None:
    """Write a message for one endpoint alone; answers its id, or None where no such endpoint is enabled.

    In a stream it is seen only if it is of the type `TEST`.
    """
    told = message_id(tenant, message.key, message.at)
    await connection.exec_driver_sql(_WAIT_TO_HAND_OUT, (str(tenant),))
    await connection.exec_driver_sql(_HOLD_ENDPOINT, (tenant, endpoint_id))
    row = (tenant, message.key, told, message.type, message.partition, _data(message), message.at, now, endpoint_id)
    return told if (await connection.exec_driver_sql(_TELL_ONE, row)).rowcount else None


async def forget(connection: AsyncConnection, tenant: UUID, before: datetime) -> int:
    """Delete what was told before, with its deliveries and attempts; what is still pending stays. How many messages."""
    return int((await connection.exec_driver_sql(_FORGET, (tenant, before))).scalar_one())


def message_id(tenant: UUID, key: str, at: datetime) -> UUID:
    """The id of a message, in the form of a UUIDv7: the time, and a hash where that has random bits."""
    digest = hashlib.blake2b(tenant.bytes + key.encode("utf-8", "replace"), digest_size=10).digest()
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | _VERSION_AND_VARIANT | (int.from_bytes(digest, "big") & _RANDOM_BITS))


def show_id(value: UUID) -> str:
    """The id as receivers see it: no dot, because it is signed together with other things."""
    return _PREFIX + value.hex


def read_id(text: str) -> UUID:
    """The reverse; ValueError for anything else."""
    if not _SHOWN.fullmatch(text):
        raise ValueError(f"expected an id such as {_PREFIX}{'0' * 32}, got {text[:64]!r}")
    return UUID(hex=text.removeprefix(_PREFIX))


def body_of(type_: str, at: datetime, version: str, data: str) -> bytes:
    """The bytes that are sent and signed; the same for every attempt."""
    head = {"type": type_, "timestamp": at.isoformat().replace("+00:00", "Z"), "version": version}
    return msgspec.json.encode({**head, "data": msgspec.Raw(data.encode())})


def _data(message: Message) -> str:
    if not 1 <= len(message.key) <= KEY_MAX:
        raise ValueError(f"a message's key has 1 to {KEY_MAX} characters, got {len(message.key)}")
    data = msgspec.json.encode(message.payload)
    if len(data) + len(message.type) > PAYLOAD_MAX_BYTES - _HEAD_BYTES:
        raise ValueError(f"{message.type}: a body has at most {PAYLOAD_MAX_BYTES} bytes, its data has {len(data)}")
    return data.decode()


_MICROSECOND = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

_NEXT_POSITION = f"""
SELECT greatest({_MICROSECOND}, max(position)) AS reached FROM outbox_messages
WHERE tenant_id = $1::uuid AND position IS NOT NULL
"""  # noqa: S608 - built from constants

# Numbered as they were given; written in the order of the keys: two transactions that tell the same wait for each other
# and never deadlock.
_TELL = f"""
WITH c AS MATERIALIZED (SELECT {_MICROSECOND} AS clock)
INSERT INTO outbox_messages (tenant_id, key, id, type, partition, data, at, ordinal, told_at)
SELECT $1::uuid, n.key, n.id, n.type, n.partition, n.data, n.at, c.clock + n.place, $8::timestamptz
FROM c, unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) WITH ORDINALITY
    AS n (key, id, type, partition, data, at, place)
WHERE EXISTS (SELECT 1 FROM webhook_endpoints AS e WHERE e.tenant_id = $1::uuid AND e.state <> 'removed')
    OR EXISTS (SELECT 1 FROM outbox_streams AS s WHERE s.tenant_id = $1::uuid)
ORDER BY n.key
ON CONFLICT (tenant_id, key) DO NOTHING
"""  # noqa: S608 - built from constants

# Planned anew each time: a plan that was made while the tables were small reads all of them for each row.
_TRY_TO_HAND_OUT = """
SELECT pg_try_advisory_xact_lock(hashtextextended('outbox:' || $1, 0)),
    set_config('plan_cache_mode', 'force_custom_plan', true)
"""
_WAIT_TO_HAND_OUT = "SELECT pg_advisory_xact_lock(hashtextextended('outbox:' || $1, 0))"

_HOLD_ENDPOINT = "SELECT FROM webhook_endpoints WHERE tenant_id = $1::uuid AND id = $2::uuid FOR SHARE"

_TELL_ONE = f"""
WITH p AS MATERIALIZED ({_NEXT_POSITION}), e AS (
    SELECT id FROM webhook_endpoints WHERE tenant_id = $1::uuid AND id = $9::uuid AND state = 'enabled'
), m AS (
    INSERT INTO outbox_messages
        (tenant_id, key, id, type, partition, data, at, told_at, handed_at, ordinal, position)
    SELECT $1::uuid, $2::text, $3::uuid, $4::text, $5::text, $6::text, $7::timestamptz, $8::timestamptz,
        $8::timestamptz, {_MICROSECOND}, CASE WHEN $4::text = '{TEST}' THEN p.reached + 1 END FROM e, p
    RETURNING id, ordinal
)
INSERT INTO webhook_deliveries (tenant_id, endpoint_id, message_id, ordinal, state, due_at, created_at)
SELECT $1::uuid, e.id, m.id, m.ordinal, 'pending', $8::timestamptz, $8::timestamptz FROM e, m
"""  # noqa: S608 - built from constants

LISTENS = "(e.types IS NULL OR m.type = ANY(e.types) OR split_part(m.type, '.', 1) || '.*' = ANY(e.types))"
"""Whether the endpoint `e` listens to the message `m`."""

_HAND_OUT = f"""
WITH waiting AS MATERIALIZED (
    SELECT tenant_id, key, id, type, told_at, ordinal FROM outbox_messages
    WHERE tenant_id = $1::uuid AND handed_at IS NULL
    ORDER BY ordinal, id LIMIT $2::integer
), p AS MATERIALIZED (
    {_NEXT_POSITION}
), m AS MATERIALIZED (
    SELECT w.*, p.reached + row_number() OVER (ORDER BY w.ordinal, w.id) AS position FROM waiting AS w, p
), marked AS (
    UPDATE outbox_messages AS o SET handed_at = $3::timestamptz, position = m.position
    FROM m WHERE o.tenant_id = m.tenant_id AND o.key = m.key
), listening AS MATERIALIZED (
    SELECT id, types, created_at FROM webhook_endpoints WHERE tenant_id = $1::uuid AND state = 'enabled' FOR SHARE
), made AS (
    INSERT INTO webhook_deliveries (tenant_id, endpoint_id, message_id, ordinal, state, due_at, created_at)
    SELECT m.tenant_id, e.id, m.id, m.ordinal, 'pending', $3::timestamptz, $3::timestamptz
    FROM m JOIN listening AS e ON e.created_at <= m.told_at AND {LISTENS}
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM m
"""  # noqa: S608 - built from constants

_FORGET = """
WITH old AS (
    SELECT o.key, o.id FROM outbox_messages AS o
    WHERE o.tenant_id = $1::uuid AND o.told_at < $2::timestamptz AND o.handed_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM webhook_endpoints AS e
        JOIN webhook_deliveries AS d
            ON d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.message_id = o.id
        WHERE e.tenant_id = o.tenant_id AND d.state = 'pending' AND e.state = 'enabled')
    LIMIT 10000
), attempts AS (
    DELETE FROM webhook_attempts AS a USING webhook_endpoints AS e, old
    WHERE e.tenant_id = $1::uuid AND a.tenant_id = e.tenant_id AND a.endpoint_id = e.id AND a.message_id = old.id
), deliveries AS (
    DELETE FROM webhook_deliveries AS d USING webhook_endpoints AS e, old
    WHERE e.tenant_id = $1::uuid AND d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.message_id = old.id
), messages AS (
    DELETE FROM outbox_messages AS o USING old WHERE o.tenant_id = $1::uuid AND o.key = old.key
)
SELECT count(*) FROM old
"""
