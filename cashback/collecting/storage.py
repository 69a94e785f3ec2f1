"""Stored collections, paybacks and mandates: sets in, sets out, one statement for a batch. Never commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.collecting.schemas import (
    BackState,
    Collection,
    Kind,
    Mandate,
    MandateState,
    News,
    Payback,
    RailName,
    State,
    Why,
)
from cashback.db.engine import fetch

_COLUMNS = """c.shopper_id, c.id, c.plan_id, c.mandate_id, c.kind, c.parts::text, c.amount_minor, c.currency, c.state,
    c.reason, c.rail_ref, c.attempt, c.next_at, c.until, c.asked_by, c.asked_at, c.ended_at, c.moves"""
"""In the order of the fields of Collection, which a row becomes."""
_BACK = """b.shopper_id, b.id, b.plan_id, b.collection_id, b.amount_minor, b.currency, b.why, b.state, b.reason,
    b.rail_ref, b.attempt, b.next_at, b.asked_at, b.ended_at, b.moves"""
_MANDATE = """m.shopper_id, m.id, m.rail, m.state, m.sealed, m.rail_ref, m.last_four, m.scheme, m.funding,
    m.expires_on, m.first_transaction, m.agreed_at, m.ended_at, m.why, m.created_at"""

_BY_ID = f"SELECT {_COLUMNS} FROM collections c WHERE c.operator_id = $1 AND c.id = ANY($2::uuid[])"  # noqa: S608
_UNDER_WAY = f"""
SELECT {_COLUMNS} FROM collections c WHERE c.shopper_id = $1 AND c.plan_id = $2 AND c.ended_at IS NULL
"""  # noqa: S608 - built from constants
_OF_PLAN = f"""
SELECT {_COLUMNS} FROM collections c WHERE c.shopper_id = $1 AND c.plan_id = $2 ORDER BY c.asked_at, c.id
"""  # noqa: S608 - built from constants
_LISTED = f"""
SELECT {_COLUMNS} FROM collections c WHERE c.operator_id = $1 AND ($2::text IS NULL OR c.state = $2)
    AND ($3::uuid IS NULL OR (c.asked_at, c.id) > (SELECT a.asked_at, a.id FROM collections a
        WHERE a.operator_id = $1 AND a.id = $3))
ORDER BY c.asked_at, c.id LIMIT $4
"""  # noqa: S608 - built from constants
# Whoever else holds a shopper is not waited for: what is theirs is due again in the next round.
_DUE = f"""
SELECT {_COLUMNS} FROM collections c JOIN shoppers s ON s.shopper_id = c.shopper_id
WHERE c.operator_id = $1 AND c.next_at <= $2 ORDER BY c.next_at, c.id LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED
"""  # noqa: S608 - built from constants
_BACKS_BY_ID = f"SELECT {_BACK} FROM paybacks b WHERE b.operator_id = $1 AND b.id = ANY($2::uuid[])"  # noqa: S608
_BACKS_DUE = f"""
SELECT {_BACK} FROM paybacks b JOIN shoppers s ON s.shopper_id = b.shopper_id
WHERE b.operator_id = $1 AND b.next_at <= $2 ORDER BY b.next_at, b.id LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED
"""  # noqa: S608 - built from constants
_BACKS_OF_PLANS = f"""
SELECT {_BACK} FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, plan_id)
JOIN paybacks b ON b.shopper_id = k.shopper_id AND b.plan_id = k.plan_id ORDER BY b.asked_at, b.id
"""  # noqa: S608 - built from constants
_SUCCEEDED_OF_PLANS = f"""
SELECT {_COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, plan_id)
JOIN collections c ON c.shopper_id = k.shopper_id AND c.plan_id = k.plan_id AND c.state = 'succeeded'
ORDER BY c.ended_at DESC, c.id DESC
"""  # noqa: S608 - built from constants
_MANDATES_BY_ID = f"SELECT {_MANDATE} FROM mandates m WHERE m.operator_id = $1 AND m.id = ANY($2::uuid[])"  # noqa: S608
_MANDATES_OF = f"SELECT {_MANDATE} FROM mandates m WHERE m.shopper_id = $1 ORDER BY m.created_at, m.id"  # noqa: S608
_MANDATES_MARKED = f"""
SELECT {_MANDATE} FROM mandates m WHERE m.operator_id = $1 AND m.mark = ANY($2::bytea[]) AND m.state = 'agreed'
"""  # noqa: S608 - built from constants

_BEGIN = """
INSERT INTO collections (operator_id, shopper_id, id, plan_id, mandate_id, kind, parts, amount_minor, currency, state,
    next_at, until, asked_by, asked_at)
SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::jsonb[], $8::bigint[],
    $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::timestamptz[]) AS t
"""
# A collection is moved from where it was read: by its number of moves nobody can have been in between.
_WRITE = """
UPDATE collections c SET moves = t.moves, parts = t.parts, amount_minor = t.amount, state = t.state, reason = t.reason,
    rail_ref = t.rail_ref, attempt = t.attempt, next_at = t.next_at, until = t.until, ended_at = t.ended_at,
    mandate_id = t.mandate_id
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::jsonb[], $6::bigint[], $7::text[], $8::text[], $9::text[],
    $10::int[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::uuid[])
    AS t (shopper_id, id, moves, parts, amount, state, reason, rail_ref, attempt, next_at, until, ended_at, mandate_id)
WHERE c.operator_id = $1 AND c.shopper_id = t.shopper_id AND c.id = t.id AND c.moves = t.moves - 1
"""
_PUT_OFF = """
UPDATE collections c SET next_at = t.next_at FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[])
    AS t (shopper_id, id, next_at)
WHERE c.operator_id = $1 AND c.shopper_id = t.shopper_id AND c.id = t.id AND c.ended_at IS NULL
"""
_WAIT_NO_LONGER = """
UPDATE collections SET until = $4, next_at = $4 WHERE operator_id = $1 AND shopper_id = $2 AND id = $3
"""
_BEGIN_BACKS = """
INSERT INTO paybacks (operator_id, shopper_id, id, plan_id, collection_id, amount_minor, currency, why, state, next_at,
    asked_at)
SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::text[],
    $9::text[], $10::timestamptz[], $11::timestamptz[]) AS t
"""
_WRITE_BACKS = """
UPDATE paybacks b SET moves = t.moves, state = t.state, reason = t.reason, rail_ref = t.rail_ref, attempt = t.attempt,
    next_at = t.next_at, ended_at = t.ended_at
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::timestamptz[],
    $10::timestamptz[]) AS t (shopper_id, id, moves, state, reason, rail_ref, attempt, next_at, ended_at)
WHERE b.operator_id = $1 AND b.shopper_id = t.shopper_id AND b.id = t.id AND b.moves = t.moves - 1
"""
_PUT_BACKS_OFF = """
UPDATE paybacks b SET next_at = t.next_at FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[])
    AS t (shopper_id, id, next_at)
WHERE b.operator_id = $1 AND b.shopper_id = t.shopper_id AND b.id = t.id
"""
_MOVES_OF = """
SELECT number, from_state, to_state, reason, by, at FROM charge_moves
WHERE shopper_id = $1 AND subject_id = $2 ORDER BY number
"""
_ADD_MANDATE = """
INSERT INTO mandates (operator_id, shopper_id, id, rail, state, sealed, created_at)
VALUES ($1, $2, $3, $4, 'asked', $5, $6)
"""
_WRITE_MANDATE = """
UPDATE mandates SET state = $3, sealed = $4, rail_ref = $5, mark = coalesce($6, mark), last_four = $7, scheme = $8,
    funding = $9, expires_on = $10, first_transaction = $11, agreed_at = $12, ended_at = $13, why = $14
WHERE shopper_id = $1 AND id = $2
"""
_WAITING_NEWS = """
SELECT subject, source, about, event, told_at FROM charge_news
WHERE operator_id = $1 AND applied_at IS NULL AND read_at <= $2 ORDER BY read_at, subject, source LIMIT $3
"""
_PUT_NEWS_OFF = "UPDATE charge_news SET read_at = $4 WHERE operator_id = $1 AND subject = $2 AND source = $3"
_APPLIED = """
UPDATE charge_news n SET applied_at = $4 FROM unnest($2::text[], $3::text[]) AS t (subject, source)
WHERE n.operator_id = $1 AND n.subject = t.subject AND n.source = t.source
"""


async def by_id(connection: AsyncConnection, operator_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Collection]:
    """Collections of the operator by their ids, those that exist."""
    return {each.id: each for each in await _collections(connection, _BY_ID, (operator_id, list(ids)))}


async def under_way(connection: AsyncConnection, shopper_id: UUID, plan_id: UUID) -> Collection | None:
    """The one collection of a plan that has not ended."""
    found = await _collections(connection, _UNDER_WAY, (shopper_id, plan_id))
    return found[0] if found else None


async def of_plan(connection: AsyncConnection, shopper_id: UUID, plan_id: UUID) -> list[Collection]:
    """The collections of a plan, oldest first."""
    return await _collections(connection, _OF_PLAN, (shopper_id, plan_id))


async def listed(
    connection: AsyncConnection, operator_id: UUID, state: State | None, after: UUID | None, limit: int
) -> list[Collection]:
    """The operator's collections of a state, or of all, oldest first, after the one of this id."""
    return await _collections(connection, _LISTED, (operator_id, state, after, limit))


async def lock_due(connection: AsyncConnection, operator_id: UUID, now: datetime, limit: int) -> list[Collection]:
    """Collections that are due, their shoppers locked, as they stand under the lock."""
    found = await _collections(connection, _DUE, (operator_id, now, limit))
    held = await by_id(connection, operator_id, [each.id for each in found])
    return [each for each in held.values() if each.next_at is not None and each.next_at <= now]


async def begin(connection: AsyncConnection, operator_id: UUID, collections: Sequence[Collection]) -> None:
    """Store collections that were just asked for."""
    rows = (
        [each.shopper_id for each in collections],
        [each.id for each in collections],
        [each.plan_id for each in collections],
        [each.mandate_id for each in collections],
        [each.kind.value for each in collections],
        [_parts(each) for each in collections],
        [each.amount_minor for each in collections],
        [each.currency for each in collections],
        [each.state.value for each in collections],
        [each.next_at for each in collections],
        [each.until for each in collections],
        [each.asked_by for each in collections],
        [each.asked_at for each in collections],
    )
    await connection.exec_driver_sql(_BEGIN, (operator_id, *rows))


async def write(connection: AsyncConnection, operator_id: UUID, collections: Sequence[Collection]) -> int:
    """Write collections as they are after their moves; answers how many stood where their moves began."""
    rows = (
        [each.shopper_id for each in collections],
        [each.id for each in collections],
        [each.moves for each in collections],
        [_parts(each) for each in collections],
        [each.amount_minor for each in collections],
        [each.state.value for each in collections],
        [each.reason for each in collections],
        [each.rail_ref for each in collections],
        [each.attempt for each in collections],
        [each.next_at for each in collections],
        [each.until for each in collections],
        [each.ended_at for each in collections],
        [each.mandate_id for each in collections],
    )
    return (await connection.exec_driver_sql(_WRITE, (operator_id, *rows))).rowcount


async def put_off(
    connection: AsyncConnection, operator_id: UUID, collections: Sequence[tuple[Collection, datetime]]
) -> None:
    """Look at collections again at an instant; nothing else of them changes."""
    if collections:
        await connection.exec_driver_sql(_PUT_OFF, (operator_id, *_instants(collections)))


async def wait_no_longer(connection: AsyncConnection, operator_id: UUID, collection: Collection, now: datetime) -> None:
    """What waits for its shopper is over at once: it is to be cancelled next."""
    await connection.exec_driver_sql(_WAIT_NO_LONGER, (operator_id, collection.shopper_id, collection.id, now))


async def paybacks_by_id(connection: AsyncConnection, operator_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Payback]:
    """Paybacks of the operator by their ids, those that exist."""
    return {each.id: each for each in await _paybacks(connection, _BACKS_BY_ID, (operator_id, list(ids)))}


async def lock_paybacks_due(connection: AsyncConnection, operator_id: UUID, now: datetime, limit: int) -> list[Payback]:
    """Paybacks that are due, their shoppers locked, as they stand under the lock."""
    found = await _paybacks(connection, _BACKS_DUE, (operator_id, now, limit))
    held = await paybacks_by_id(connection, operator_id, [each.id for each in found])
    return [each for each in held.values() if each.next_at is not None and each.next_at <= now]


async def paybacks_of(connection: AsyncConnection, plans: Iterable[tuple[UUID, UUID]]) -> list[Payback]:
    """The paybacks of plans, each given as its shopper and its id."""
    return await _paybacks(connection, _BACKS_OF_PLANS, _pairs(plans))


async def succeeded_of(connection: AsyncConnection, plans: Iterable[tuple[UUID, UUID]]) -> list[Collection]:
    """What was taken for plans, the newest first."""
    return await _collections(connection, _SUCCEEDED_OF_PLANS, _pairs(plans))


async def begin_paybacks(connection: AsyncConnection, operator_id: UUID, paybacks: Sequence[Payback]) -> None:
    """Store paybacks that were just asked for."""
    rows = (
        [each.shopper_id for each in paybacks],
        [each.id for each in paybacks],
        [each.plan_id for each in paybacks],
        [each.collection_id for each in paybacks],
        [each.amount_minor for each in paybacks],
        [each.currency for each in paybacks],
        [each.why.value for each in paybacks],
        [each.state.value for each in paybacks],
        [each.next_at for each in paybacks],
        [each.asked_at for each in paybacks],
    )
    await connection.exec_driver_sql(_BEGIN_BACKS, (operator_id, *rows))


async def write_paybacks(connection: AsyncConnection, operator_id: UUID, paybacks: Sequence[Payback]) -> int:
    """Write paybacks as they are after their moves; answers how many stood where their moves began."""
    rows = (
        [each.shopper_id for each in paybacks],
        [each.id for each in paybacks],
        [each.moves for each in paybacks],
        [each.state.value for each in paybacks],
        [each.reason for each in paybacks],
        [each.rail_ref for each in paybacks],
        [each.attempt for each in paybacks],
        [each.next_at for each in paybacks],
        [each.ended_at for each in paybacks],
    )
    return (await connection.exec_driver_sql(_WRITE_BACKS, (operator_id, *rows))).rowcount


async def put_paybacks_off(
    connection: AsyncConnection, operator_id: UUID, paybacks: Sequence[tuple[Payback, datetime | None]]
) -> None:
    """Look at paybacks again at an instant; nothing else of them changes."""
    if paybacks:
        await connection.exec_driver_sql(_PUT_BACKS_OFF, (operator_id, *_instants(paybacks)))


async def moves_of(
    connection: AsyncConnection, subject: Collection | Payback
) -> list[tuple[int, str | None, str, str | None, str, datetime]]:
    """Number, from, to, reason, by and when of every move, in their order."""
    return [tuple(row) for row in await fetch(connection, _MOVES_OF, (subject.shopper_id, subject.id))]


async def mandates_by_id(connection: AsyncConnection, operator_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Mandate]:
    """Mandates of the operator by their ids, those that exist."""
    return {each.id: each for each in await _mandates(connection, _MANDATES_BY_ID, (operator_id, list(ids)))}


async def mandates_of(connection: AsyncConnection, shopper_id: UUID) -> list[Mandate]:
    """A shopper's mandates, oldest first."""
    return await _mandates(connection, _MANDATES_OF, (shopper_id,))


async def mandates_marked(connection: AsyncConnection, operator_id: UUID, marks: Iterable[bytes]) -> list[Mandate]:
    """The mandates that charge cards of these fingerprints."""
    return await _mandates(connection, _MANDATES_MARKED, (operator_id, list(marks)))


async def add_mandate(connection: AsyncConnection, operator_id: UUID, mandate: Mandate) -> None:
    """Store a mandate that is asked for."""
    row = (operator_id, mandate.shopper_id, mandate.id, mandate.rail.value, mandate.sealed, mandate.created_at)
    await connection.exec_driver_sql(_ADD_MANDATE, row)


async def write_mandate(connection: AsyncConnection, mandate: Mandate, mark: bytes | None = None) -> None:
    """Write a mandate as it stands; without a mark the one it has stays."""
    row = (
        mandate.shopper_id, mandate.id, mandate.state.value, mandate.sealed, mandate.rail_ref, mark, mandate.last_four,
        mandate.scheme, mandate.funding, mandate.expires_on, mandate.first_transaction, mandate.agreed_at,
        mandate.ended_at, mandate.why,
    )  # fmt: skip
    await connection.exec_driver_sql(_WRITE_MANDATE, row)


async def waiting_news(connection: AsyncConnection, operator_id: UUID, now: datetime, limit: int) -> list[News]:
    """What was told and is to be looked at by now, oldest first."""
    rows = await fetch(connection, _WAITING_NEWS, (operator_id, now, limit))
    return [News(about=row[2], subject=row[0], source=row[1], event=row[3], told_at=row[4]) for row in rows]


async def put_news_off(connection: AsyncConnection, operator_id: UUID, news: News, at: datetime) -> None:
    """Nothing could be asked: look again at an instant."""
    await connection.exec_driver_sql(_PUT_NEWS_OFF, (operator_id, news.subject, news.source, at))


async def news_applied(connection: AsyncConnection, operator_id: UUID, news: Sequence[News], now: datetime) -> None:
    """These were looked at."""
    columns = ([each.subject for each in news], [each.source for each in news])
    await connection.exec_driver_sql(_APPLIED, (operator_id, *columns, now))


def _pairs(plans: Iterable[tuple[UUID, UUID]]) -> tuple[list[UUID], list[UUID]]:
    ordered = sorted(set(plans))
    return [shopper_id for shopper_id, _ in ordered], [plan_id for _, plan_id in ordered]


def _instants(items: Sequence[tuple[Collection | Payback, datetime | None]]) -> tuple[list[object], ...]:
    return (
        [each.shopper_id for each, _ in items],
        [each.id for each, _ in items],
        [next_at for _, next_at in items],
    )


def _parts(collection: Collection) -> str:
    return msgspec.json.encode({str(number): amount for number, amount in collection.parts.items()}).decode()


async def _collections(connection: AsyncConnection, statement: str, parameters: tuple[Any, ...]) -> list[Collection]:
    rows = [list(row) for row in await fetch(connection, statement, parameters)]
    for row in rows:
        row[4], row[5], row[8] = Kind(row[4]), msgspec.json.decode(row[5], type=dict[int, int]), State(row[8])
    return [Collection(*row) for row in rows]


async def _paybacks(connection: AsyncConnection, statement: str, parameters: tuple[Any, ...]) -> list[Payback]:
    rows = [list(row) for row in await fetch(connection, statement, parameters)]
    for row in rows:
        row[6], row[7] = Why(row[6]), BackState(row[7])
    return [Payback(*row) for row in rows]


async def _mandates(connection: AsyncConnection, statement: str, parameters: tuple[Any, ...]) -> list[Mandate]:
    rows = [list(row) for row in await fetch(connection, statement, parameters)]
    for row in rows:
        row[2], row[3] = RailName(row[2]), MandateState(row[3])
    return [Mandate(*row) for row in rows]
