"""The inbox: an append-only log of verified messages, and cursors that read it once.

`append` stores a batch, each delivery once. A reader locks the cursors of some lanes, reads past them and advances
them in the transaction that carries the effects: an effect and the cursors' places are stored together or not at all.
What readers set aside is in `webhooks.aside`.

Every function takes the caller's connection, in a READ COMMITTED transaction whose tenant is set, and never commits;
only `append_new`, the fast way in, names its tenant itself and is at home outside a transaction too.

The visibility rule. A place in the log is `(xid, ordinal)`, and numbers are given before the commit: a reader that
took whatever is past its cursor would lose rows whose transaction ends late. So it reads only below the oldest
transaction that is still running, where nothing can appear any more. A long write transaction anywhere on the server
therefore holds the readers up (`Depth.held_back`); it never makes them lose a message.

The lane. It comes from the card, so that one card's messages keep their order, and it is part of a delivery's key,
because the log is sharded by it. An id that comes again with the content of another card has another lane, where the
key alone would not see it: `append` therefore looks for the id in all lanes. Two such contradictory deliveries at the
same moment, in two transactions that do not see each other yet, are both stored: the provider signed both, and
nothing is lost.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks.columns import Name, log_columns
from webhooks.messages import (
    LANES,
    Cursor,
    Depth,
    Message,
    NewMessage,
    Receipt,
    conflict_place,
    lane_of,
    opened,
    storable_delivery_id,
)
from webhooks.sealing import KeyRing, SealingKey, period_of

DEPTH_COUNTED_MAX = 100_000
"""Waiting messages of one lane that `depth` counts; more are reported as this many."""

_ORDINAL_MASK = 0x7FFF_FFFF
_ordinals = itertools.count()
"""A transaction lives on one connection of one process, so a counter of the process gives its rows distinct places,
over any number of `append` calls in it."""


async def append(
    connection: AsyncConnection, tenant: UUID, messages: Sequence[NewMessage], keyring: KeyRing
) -> list[Receipt]:
    """Store what is new; the receipts are in the order of `messages`, which may repeat and contradict one another.

    Of contradictory messages in one call the first is the one that is stored.
    """
    first: dict[Name, NewMessage] = {}
    names = [_name_of(message) for message in messages]
    for name, message in zip(names, messages, strict=True):
        first.setdefault(name, message)
    if not first:
        return []
    ordinals = [next(_ordinals) & _ORDINAL_MASK for _ in first]
    inserted = await _insert(connection, tenant, first, ordinals, keyring)
    if inserted == len(messages):
        return [Receipt.STORED] * inserted

    stored = await _stored(connection, tenant, first, ordinals)
    receipts: list[Receipt] = []
    contradictions: dict[tuple[Name, bytes], NewMessage] = {}
    for name, message in zip(names, messages, strict=True):
        mine, digests = stored[name]
        if mine and first[name] is message:
            receipts.append(Receipt.STORED)
        elif message.digest in digests:
            receipts.append(Receipt.DUPLICATE)
        else:
            receipts.append(Receipt.CONFLICT)
            contradictions.setdefault((name, message.digest), message)
    if contradictions:
        await _keep_conflicts(connection, tenant, contradictions, keyring)
    return receipts


async def append_new(
    driver: asyncpg.Connection, tenant: UUID, messages: Sequence[NewMessage], keys: Mapping[date, SealingKey]
) -> list[int]:
    """Store what is new in a single statement, which outside a transaction is one: it is committed when this returns.

    Answers the indexes of the messages that were not stored; what they are `append` can tell. `keys` has the committed
    key of every month that a message was received in.
    """
    first: dict[Name, int] = {}
    for index, message in enumerate(messages):
        first.setdefault(_name_of(message), index)
    ordinals = [next(_ordinals) & _ORDINAL_MASK for _ in first]
    columns = log_columns(tenant, [messages[index] for index in first.values()], list(first), keys, ordinals)
    new = await driver.fetchval(_APPEND_NEW, str(tenant), *columns)
    if len(new) == len(messages):
        return []
    places = dict(zip(ordinals, first.values(), strict=True))
    stored = {places[ordinal] for ordinal in new}
    return [index for index in range(len(messages)) if index not in stored]


async def open_lanes(connection: AsyncConnection, tenant: UUID, lanes: Iterable[int] = range(LANES)) -> list[Cursor]:
    """Make the cursors that do not exist yet, before the first message; answers those, locked as new rows are."""
    rows = await connection.exec_driver_sql(_OPEN_LANES, (tenant, list(lanes)))
    return [_cursor(tenant, row) for row in rows]


async def lock_cursor(connection: AsyncConnection, tenant: UUID, lane: int, wait: bool) -> Cursor | None:
    """Lock a lane for this transaction. None when another transaction holds it and `wait` is False."""
    if not wait:
        free = await lock_free(connection, tenant, [lane], 1) or await open_lanes(connection, tenant, [lane])
        return free[0] if free else None
    await open_lanes(connection, tenant, [lane])
    return _cursor(tenant, (await connection.exec_driver_sql(_LOCK_CURSOR, (tenant, lane))).one())


async def lock_free(connection: AsyncConnection, tenant: UUID, lanes: Sequence[int], most: int) -> list[Cursor]:
    """Lock the first of these opened lanes that no other transaction holds, at most so many; never waits for one."""
    rows = await connection.exec_driver_sql(_LOCK_FREE, (tenant, lanes, most)) if lanes else ()
    return [_cursor(tenant, row) for row in rows]


async def read_after(
    connection: AsyncConnection, tenant: UUID, cursors: Sequence[Cursor], keyring: KeyRing, limit: int
) -> list[Message]:
    """The next messages of these lanes in log order, under the visibility rule above; of each lane at most `limit`."""
    places = ([each.lane for each in cursors], [each.xid for each in cursors], [each.ordinal for each in cursors])
    rows = await connection.exec_driver_sql(_READ_AFTER, (tenant, *places, limit))
    return [opened(tenant, row, keyring) for row in rows]


async def advance(connection: AsyncConnection, moves: Sequence[tuple[Cursor, Message]], now: datetime) -> list[Cursor]:
    """Move locked cursors, each to the last message dealt with; going back or changing lanes is refused."""
    for cursor, to in moves:
        if to.lane != cursor.lane or (to.xid, to.ordinal) <= (cursor.xid, cursor.ordinal):
            raise ValueError(
                f"a cursor only moves forward in its lane: it stands at {cursor.lane}/{cursor.xid}/{cursor.ordinal}, "
                f"not before {to.lane}/{to.xid}/{to.ordinal}"
            )
    rows = [(each.lane, each.xid, each.ordinal, to.xid, to.ordinal) for each, to in moves]
    columns = [list(column) for column in zip(*rows, strict=True)]
    moved = await connection.exec_driver_sql(_ADVANCE, (moves[0][0].tenant, *columns, now))
    if moved.rowcount != len(moves):
        raise ValueError(f"a cursor of the lanes {columns[0]} moved meanwhile: lock it before reading")
    return [Cursor(each.tenant, each.lane, to.xid, to.ordinal) for each, to in moves]


async def lanes_with_work(connection: AsyncConnection, tenant: UUID, counted_max: int = 1) -> dict[int, int]:
    """How many messages `read_after` would find in each lane, locked or not; lanes without one are left out.

    The lane whose first message is the oldest comes first. Of a lane at most `counted_max` messages are counted.
    """
    rows = await connection.exec_driver_sql(_LANES_WITH_WORK, (tenant, LANES, counted_max))
    return {row.lane: row.waiting for row in rows}


async def depth(connection: AsyncConnection, tenant: UUID) -> Depth:
    """What waits to be read, and since when."""
    row = (await connection.exec_driver_sql(_DEPTH, (tenant, LANES, DEPTH_COUNTED_MAX))).one()
    return Depth(row.waiting, row.held_back, row.oldest_waiting_at, row.oldest_held_back_at)


def _cursor(tenant: UUID, row: Any) -> Cursor:
    return Cursor(tenant, row.lane, row.xid, row.ordinal)


def _name_of(message: NewMessage) -> Name:
    return message.connection_id.int, storable_delivery_id(message.delivery_id)


async def _insert(
    connection: AsyncConnection,
    tenant: UUID,
    first: Mapping[Name, NewMessage],
    ordinals: list[int],
    keyring: KeyRing,
) -> int:
    """Insert the deliveries that no lane holds yet; returns how many there were."""
    messages = list(first.values())
    keys = await _period_keys(connection, tenant, (period_of(each.received_at.date()) for each in messages), keyring)
    columns = log_columns(tenant, messages, list(first), keys, ordinals)
    return (await connection.exec_driver_sql(_APPEND, (tenant, *columns))).rowcount


async def _stored(
    connection: AsyncConnection, tenant: UUID, first: Mapping[Name, NewMessage], ordinals: list[int]
) -> dict[Name, tuple[bool, list[bytes]]]:
    """Whether each delivery was stored by this call, and the digests it is in the log with.

    There is more than one digest only after the race that the module's text tells of.
    """
    columns = ([message.connection_id for message in first.values()], [name[1] for name in first])
    found: dict[Name, tuple[bool, list[bytes]]] = {}
    for row in await connection.exec_driver_sql(_STORED, (tenant, *columns, ordinals)):
        name = (row.connection_id.int, row.delivery_id)
        mine, digests = found.get(name, (False, []))
        found[name] = (mine or row.mine, [*digests, row.digest])
    return found


async def _keep_conflicts(
    connection: AsyncConnection,
    tenant: UUID,
    contradictions: Mapping[tuple[Name, bytes], NewMessage],
    keyring: KeyRing,
) -> None:
    periods = [period_of(message.received_at.date()) for message in contradictions.values()]
    keys = await _period_keys(connection, tenant, periods, keyring)
    rows = []
    for name, digest in sorted(contradictions):
        message, delivery_id = contradictions[name, digest], name[1]
        period = period_of(message.received_at.date())
        place = conflict_place(tenant, message.connection_id, delivery_id, digest)
        lane = lane_of(message.subject, delivery_id)
        content = (message.event, digest, message.subject, message.received_at)
        rows.append(
            (lane, message.connection_id, delivery_id, *content, period, keys[period].seal(message.body, place))
        )
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.exec_driver_sql(_KEEP_CONFLICTS, (tenant, *columns))


async def _period_keys(
    connection: AsyncConnection, tenant: UUID, periods: Iterable[date], keyring: KeyRing
) -> dict[date, SealingKey]:
    return {period: await keyring.period_key(connection, tenant, period) for period in sorted(set(periods))}


# Rows are inserted in the order of their key, whatever the order of arrival: two transactions that meet on the same
# deliveries then wait for one another and never deadlock. The place in the log follows the order of arrival.
_LOG = """
INSERT INTO inbox_messages
    (tenant_id, lane, connection_id, delivery_id, event, digest, subject, received_at, key_period, body, ordinal)
SELECT t.id, n.lane, n.connection_id, n.delivery_id, n.event, n.digest, n.subject, n.received_at, n.key_period,
    n.body, n.ordinal
FROM (SELECT {tenant}::uuid AS id) AS t
CROSS JOIN unnest($2::text::smallint[], $3::text::uuid[], $4::text::text[], $5::text::text[], $6::text::bytea[],
    $7::text::bytea[], $8::text::timestamptz[], $9::text::date[], $10::bytea[], $11::text::integer[])
    AS n (lane, connection_id, delivery_id, event, digest, subject, received_at, key_period, body, ordinal)
WHERE (
    SELECT m.lane FROM inbox_messages AS m
    WHERE m.tenant_id = t.id AND m.connection_id = n.connection_id AND m.delivery_id = n.delivery_id LIMIT 1
) IS NULL
ORDER BY n.connection_id, n.delivery_id
ON CONFLICT (tenant_id, connection_id, delivery_id, lane) DO NOTHING
"""

_APPEND = _LOG.format(tenant="$1")

# The places come back as one array: a row for each would be a message of the protocol for each.
_PLACES_OF = """
WITH new AS ({insert} RETURNING ordinal)
SELECT coalesce(array_agg(ordinal), '{{}}') FROM new
"""

# Whatever row-level security looks at depends on t, so the tenant is set before any row is looked for or written.
_APPEND_NEW = _PLACES_OF.format(insert=_LOG.format(tenant="set_config('app.tenant', $1, true)"))

_STORED = """
SELECT n.connection_id, n.delivery_id, m.digest, m.xid = pg_current_xact_id() AND m.ordinal = n.ordinal AS mine
FROM unnest($2::uuid[], $3::text[], $4::integer[]) AS n (connection_id, delivery_id, ordinal)
CROSS JOIN LATERAL (
    SELECT digest, xid, ordinal FROM inbox_messages
    WHERE tenant_id = $1::uuid AND connection_id = n.connection_id AND delivery_id = n.delivery_id
    LIMIT 16
) AS m
"""

_KEEP_CONFLICTS = """
INSERT INTO inbox_conflicts
    (tenant_id, lane, connection_id, delivery_id, event, digest, subject, received_at, key_period, body)
SELECT $1::uuid, n.*
FROM unnest($2::smallint[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::timestamptz[],
    $9::date[], $10::bytea[]) AS n
ON CONFLICT DO NOTHING
"""

_LOCK_CURSOR = """
SELECT lane, xid, ordinal FROM inbox_cursors WHERE tenant_id = $1::uuid AND lane = $2::smallint FOR UPDATE
"""

_LOCK_FREE = """
SELECT c.lane, c.xid, c.ordinal
FROM unnest($2::smallint[]) WITH ORDINALITY AS w (lane, place)
JOIN inbox_cursors AS c ON c.tenant_id = $1::uuid AND c.lane = w.lane
ORDER BY w.place LIMIT $3::integer FOR UPDATE OF c SKIP LOCKED
"""

_OPEN_LANES = """
INSERT INTO inbox_cursors (tenant_id, lane) SELECT $1::uuid, unnest($2::smallint[])
ON CONFLICT (tenant_id, lane) DO NOTHING
RETURNING lane, xid, ordinal
"""

_ADVANCE = """
UPDATE inbox_cursors AS c SET xid = t.to_xid, ordinal = t.to_ordinal, advanced_at = $7::timestamptz
FROM unnest($2::smallint[], $3::xid8[], $4::integer[], $5::xid8[], $6::integer[])
    AS t (lane, xid, ordinal, to_xid, to_ordinal)
WHERE c.tenant_id = $1::uuid AND c.lane = t.lane AND c.xid = t.xid AND c.ordinal = t.ordinal
"""

# The keys are read with the messages, never from memory: what was purged is unreadable at once, in every process.
_READ_AFTER = """
SELECT m.lane, m.xid, m.ordinal, m.connection_id, m.delivery_id, m.event, m.digest, m.subject, m.received_at,
    m.key_period, m.body, k.wrapped
FROM unnest($2::smallint[], $3::xid8[], $4::integer[]) AS c (lane, xid, ordinal)
CROSS JOIN LATERAL (
    SELECT * FROM inbox_messages AS i
    WHERE i.tenant_id = $1::uuid AND i.lane = c.lane AND (i.xid, i.ordinal) > (c.xid, c.ordinal)
        AND i.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY i.xid, i.ordinal LIMIT $5::integer
) AS m
LEFT JOIN inbox_keys AS k ON k.tenant_id = m.tenant_id AND k.period = m.key_period
ORDER BY m.xid, m.ordinal
"""

# OFFSET 0 computes the places first: row-level security lets no COALESCE into an index condition, and then every look
# would walk through all that was ever read.
_LANES_WITH_WORK = """
SELECT l.lane, w.waiting
FROM (
    SELECT s.lane::smallint AS lane, coalesce(c.xid, '0'::xid8) AS xid, coalesce(c.ordinal, -1) AS ordinal
    FROM generate_series(0, $2::integer - 1) AS s (lane)
    LEFT JOIN inbox_cursors AS c ON c.tenant_id = $1::uuid AND c.lane = s.lane::smallint
    OFFSET 0
) AS l
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, min(xid) AS since FROM (
        SELECT m.xid FROM inbox_messages AS m
        WHERE m.tenant_id = $1::uuid AND m.lane = l.lane AND (m.xid, m.ordinal) > (l.xid, l.ordinal)
            AND m.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY m.xid, m.ordinal LIMIT $3::integer
    ) AS counted
) AS w
WHERE w.waiting > 0
ORDER BY w.since, l.lane
"""

_DEPTH = """
SELECT coalesce(sum(w.waiting), 0)::bigint AS waiting, coalesce(sum(h.held_back), 0)::bigint AS held_back,
    min(w.oldest) AS oldest_waiting_at, min(h.oldest) AS oldest_held_back_at
FROM (
    SELECT s.lane::smallint AS lane, coalesce(c.xid, '0'::xid8) AS xid, coalesce(c.ordinal, -1) AS ordinal
    FROM generate_series(0, $2::integer - 1) AS s (lane)
    LEFT JOIN inbox_cursors AS c ON c.tenant_id = $1::uuid AND c.lane = s.lane::smallint
    OFFSET 0
) AS l
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, min(received_at) AS oldest FROM (
        SELECT m.received_at FROM inbox_messages AS m
        WHERE m.tenant_id = $1::uuid AND m.lane = l.lane AND (m.xid, m.ordinal) > (l.xid, l.ordinal)
            AND m.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY m.xid, m.ordinal LIMIT $3::integer
    ) AS counted
) AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS held_back, min(received_at) AS oldest FROM (
        SELECT m.received_at FROM inbox_messages AS m
        WHERE m.tenant_id = $1::uuid AND m.lane = l.lane AND m.xid >= pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY m.xid, m.ordinal LIMIT $3::integer
    ) AS counted
) AS h
"""
