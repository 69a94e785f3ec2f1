"""What is learned, in the database: lessons of a key in, aliases out. Crash-safe: a key is asked to be learned by the
transaction that gave it a lesson, and goes when its aliases are written.

Lessons are never changed. What is believed is worked out from all lessons of a key, whichever came last, and rows that
are believed no more are closed, never overwritten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import uuid7
from cashback.merchants.evidence.schemas import Decision, Outcome
from cashback.merchants.memo.aliases import TEXT, Alias, Key, Origin, State
from cashback.merchants.memo.deciding import is_rival
from cashback.merchants.memo.learning import Answer, Sighted, believe
from cashback.merchants.places import ALIAS_COLUMNS, PPM, alias_of
from cashback.merchants.rematching import ask_for_rematch
from cashback.merchants.settings import MatchSettings

LESSONS_MAX = 5_000
"""Sightings of one key that are looked at, the newest; what was believed before the oldest of them stays."""

_ASK = """
INSERT INTO match_lessons (operator_id, network, scheme, value, fingerprint, asked_at, changes)
SELECT $1, t.*, $6, $7 FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS t ON CONFLICT DO NOTHING
"""
_ANY = "SELECT EXISTS (SELECT 1 FROM match_lessons WHERE operator_id = $1 AND changes = $2)"
_TAKE = """
WITH t AS MATERIALIZED (
    SELECT network, scheme, value, fingerprint FROM match_lessons WHERE operator_id = $1 AND changes = $3
    ORDER BY network, scheme, value, fingerprint LIMIT $2 FOR UPDATE SKIP LOCKED)
DELETE FROM match_lessons
WHERE operator_id = $1 AND (network, scheme, value, fingerprint) IN (SELECT * FROM t)
RETURNING network, scheme, value, fingerprint
"""
_SIGHTINGS = """
SELECT * FROM (
    SELECT DISTINCT ON (d.shopper_id, d.purchase_ref) d.shopper_id, d.purchase_ref, d.card_id, d.purchased_at,
        d.fingerprint, d.record::text
    FROM match_decisions d
    WHERE d.operator_id = $1 AND d.network = $2 AND {which}
    ORDER BY d.shopper_id, d.purchase_ref, d.decided_at DESC, d.catalogue) AS newest
ORDER BY purchased_at DESC LIMIT $4
"""
_BY_NAME = _SIGHTINGS.format(which="d.names @> ARRAY[$3::text]")
_BY_TEXT = _SIGHTINGS.format(which="d.fingerprint = $3")
_ANSWERS = """
SELECT a.answered_by, a.answered_at, a.since, a.verdict, s.code, a.origin, a.probability_ppm FROM match_answers a
LEFT JOIN shops s ON s.operator_id = a.operator_id AND s.id = a.shop_id
WHERE a.operator_id = $1 AND a.network = $2 AND a.scheme = $3 AND a.value = $4 AND a.fingerprint = $5
    AND a.verdict <> 'skip'
"""
_TEXTS = """
SELECT DISTINCT a.network, a.scheme, a.value, a.fingerprint
FROM unnest($2::text[], $3::text[], $4::text[]) AS k (network, scheme, value)
JOIN match_answers a ON a.operator_id = $1 AND a.network = k.network AND a.scheme = k.scheme AND a.value = k.value
WHERE a.fingerprint <> ''
"""
_BELIEVED = f"""
SELECT {ALIAS_COLUMNS} FROM merchant_aliases a
LEFT JOIN shops s ON s.operator_id = a.operator_id AND s.id = a.shop_id
WHERE a.operator_id = $1 AND a.network = $2 AND a.scheme = $3 AND a.value = $4 AND a.fingerprint = $5
    AND a.closed_at IS NULL ORDER BY a.valid_from
"""  # noqa: S608 - built from constants
_CLOSE = """
UPDATE merchant_aliases SET closed_at = $6 WHERE operator_id = $1 AND network = $2 AND scheme = $3 AND value = $4
    AND fingerprint = $5 AND closed_at IS NULL AND valid_from = ANY($7::timestamptz[])
"""
_OPEN = """
INSERT INTO merchant_aliases (operator_id, id, network, scheme, value, fingerprint, state, shop_id, origin, valid_from,
    valid_until, why, first_seen, last_seen, accepts, cards, days, cores, towns, answered_at, opened_at)
SELECT $1, t.id, $2, $3, $4, $5, t.state, t.shop_id, t.origin, t.valid_from, t.valid_until, t.why, t.first_seen,
    t.last_seen, t.accepts, t.cards, t.days, ARRAY(SELECT jsonb_array_elements_text(t.cores)),
    ARRAY(SELECT jsonb_array_elements_text(t.towns)), t.answered_at, $6
FROM unnest($7::uuid[], $8::text[], $9::uuid[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[],
    $14::timestamptz[], $15::timestamptz[], $16::int[], $17::int[], $18::int[], $19::jsonb[], $20::jsonb[],
    $21::timestamptz[])
    AS t (id, state, shop_id, origin, valid_from, valid_until, why, first_seen, last_seen, accepts, cards, days, cores,
        towns, answered_at)
"""
_COUNT = """
UPDATE merchant_aliases a SET first_seen = t.first_seen, last_seen = t.last_seen, accepts = t.accepts, cards = t.cards,
    days = t.days
FROM unnest($6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::int[], $10::int[], $11::int[])
    AS t (valid_from, first_seen, last_seen, accepts, cards, days)
WHERE a.operator_id = $1 AND a.network = $2 AND a.scheme = $3 AND a.value = $4 AND a.fingerprint = $5
    AND a.closed_at IS NULL AND a.valid_from = t.valid_from
"""
_LOOK_AGAIN = """
UPDATE purchase_matches SET undecided = true WHERE operator_id = $1 AND network = $2 AND fingerprint = $3
"""


async def ask_to_learn(
    connection: AsyncConnection, operator_id: UUID, keys: Iterable[Key], now: datetime, *, changes: bool = False
) -> None:
    """Ask, in the transaction that writes a lesson of these keys. `changes`: something else is to be believed."""
    asked = sorted(set(keys))
    if asked:
        columns = (
            [each.network for each in asked],
            [each.scheme for each in asked],
            [each.value for each in asked],
            [each.fingerprint for each in asked],
        )
        await connection.exec_driver_sql(_ASK, (operator_id, *columns, now, changes))


async def any_lessons(connection: AsyncConnection, operator_id: UUID, *, changes: bool) -> bool:
    """Whether any key waits to be looked at, or, with `changes`, to be learned."""
    return bool((await connection.exec_driver_sql(_ANY, (operator_id, changes))).scalar())


async def take_lessons(connection: AsyncConnection, operator_id: UUID, limit: int, *, changes: bool) -> list[Key]:
    """Take keys; the transaction that took them is done with them or leaves them asked for."""
    return [Key(*row) for row in await fetch(connection, _TAKE, (operator_id, limit, changes))]


async def answered_texts(connection: AsyncConnection, operator_id: UUID, keys: Sequence[Key]) -> list[Key]:
    """The texts under these identifiers of which persons were asked: what teaches the identifier may teach them too."""
    columns = ([each.network for each in keys], [each.scheme for each in keys], [each.value for each in keys])
    asked = set(keys)
    return sorted(
        Key(*row) for row in await fetch(connection, _TEXTS, (operator_id, *columns)) if Key(*row) not in asked
    )


async def lessons_of(
    connection: AsyncConnection, operator_id: UUID, key: Key, settings: MatchSettings
) -> list[Sighted | Answer]:
    """All lessons of a key. Where evidence is not asked of a purchase, it teaches its name and its time alone."""
    asked = (operator_id, key.network, key.value if key.scheme == TEXT else key.name, LESSONS_MAX)
    rows = await fetch(connection, _BY_TEXT if key.scheme == TEXT else _BY_NAME, asked)
    sightings = [_sighted(row, settings) for row in rows if not key.fingerprint or row.fingerprint == key.fingerprint]
    answers = await fetch(connection, _ANSWERS, (operator_id, key.network, key.scheme, key.value, key.fingerprint))
    return [*sightings, *(_answer(row) for row in answers)]


async def count(connection: AsyncConnection, operator_id: UUID, key: Key, settings: MatchSettings) -> bool:
    """Bring what was counted of a key up to date; answers whether something else is to be believed of it by now."""
    held, wanted = await _compared(connection, operator_id, key, settings)
    kept = {_meaning(each): each for each in held}
    fresh = [each for each in wanted if _meaning(each) in kept and each != kept[_meaning(each)]]
    if fresh:
        columns = (
            [each.valid_from for each in fresh],
            [each.first_seen for each in fresh],
            [each.last_seen for each in fresh],
            [each.accepts for each in fresh],
            [each.cards for each in fresh],
            [each.days for each in fresh],
        )
        await connection.exec_driver_sql(_COUNT, (operator_id, *_parts(key), *columns))
    return kept.keys() != {_meaning(each) for each in wanted}


async def learn(
    connection: AsyncConnection,
    operator_id: UUID,
    key: Key,
    settings: MatchSettings,
    shops: Mapping[str, UUID],
    now: datetime,
) -> tuple[Alias, ...]:
    """Write what is believed of a key by now; answers the aliases that are new. The caller keeps decisions out.

    Purchases under the key are asked to be matched again if one of them may be decided otherwise.
    """
    held, wanted = await _compared(connection, operator_id, key, settings)
    before, after = {_meaning(each) for each in held}, {_meaning(each) for each in wanted}
    closed = [each for each in held if _meaning(each) not in after]
    opened = [each for each in wanted if _meaning(each) not in before]
    if closed:
        ends = [each.valid_from for each in closed]
        await connection.exec_driver_sql(_CLOSE, (operator_id, *_parts(key), now, ends))
    if opened:
        await connection.exec_driver_sql(_OPEN, (operator_id, *_parts(key), now, *_columns(opened, shops, now)))
    if closed or opened:
        await _match_again(connection, operator_id, key, now)
    return tuple(opened)


async def _compared(
    connection: AsyncConnection, operator_id: UUID, key: Key, settings: MatchSettings
) -> tuple[tuple[Alias, ...], tuple[Alias, ...]]:
    """What is believed of a key, and what its lessons say."""
    lessons = await lessons_of(connection, operator_id, key, settings)
    held = await believed(connection, operator_id, key)
    wanted = believe(key, lessons)
    if held and wanted and sum(isinstance(each, Sighted) for each in lessons) >= LESSONS_MAX:
        begin = min(held[0].valid_from, wanted[0].valid_from)
        wanted = (replace(wanted[0], valid_from=begin), *wanted[1:])
    return held, wanted


async def believed(connection: AsyncConnection, operator_id: UUID, key: Key) -> tuple[Alias, ...]:
    """What is believed of a key, the earliest first."""
    rows = await fetch(connection, _BELIEVED, (operator_id, *_parts(key)))
    return tuple(alias_of(row) for row in rows)


async def _match_again(connection: AsyncConnection, operator_id: UUID, key: Key, now: datetime) -> None:
    if key.scheme == TEXT:
        await connection.exec_driver_sql(_LOOK_AGAIN, (operator_id, key.network, key.value))
    else:
        await ask_for_rematch(connection, operator_id, [key.name], now)


def _meaning(alias: Alias) -> tuple[object, ...]:
    """All but what is merely counted: by this purchases are decided."""
    return (
        alias.state,
        alias.shop,
        alias.origin,
        alias.valid_from,
        alias.valid_until,
        alias.why,
        alias.cores,
        alias.towns,
        alias.answered_at,
    )


def _sighted(row: Any, settings: MatchSettings) -> Sighted:
    outcome = msgspec.json.decode(row.record, type=Outcome)
    asked = settings.asks_evidence(row.purchased_at)
    return Sighted(
        ref=f"{row.shopper_id}/{row.purchase_ref}",
        at=row.purchased_at,
        card=str(row.card_id),
        fingerprint=row.fingerprint,
        core=outcome.core_name,
        facilitator=outcome.facilitator is not None,
        decision=outcome.decision if asked else Decision.REVIEW,
        shop=outcome.shop if asked else None,
        probability=outcome.probability if asked else 0.0,
        tier=outcome.tier if asked else None,
        rival=asked and is_rival(outcome),
    )


def _answer(row: Any) -> Answer:
    by, at, since, verdict, shop, origin, millionths = row
    probability = None if millionths is None else millionths / PPM
    return Answer(by, at, since, State(verdict), shop, Origin(origin), probability)


def _parts(key: Key) -> tuple[str, str, str, str]:
    return key.network, key.scheme, key.value, key.fingerprint


def _columns(aliases: Sequence[Alias], shops: Mapping[str, UUID], now: datetime) -> tuple[list[object], ...]:
    return (
        [uuid7(now) for _ in aliases],
        [each.state.value for each in aliases],
        [None if each.shop is None else shops[each.shop] for each in aliases],
        [each.origin.value for each in aliases],
        [each.valid_from for each in aliases],
        [each.valid_until for each in aliases],
        [each.why for each in aliases],
        [each.first_seen for each in aliases],
        [each.last_seen for each in aliases],
        [each.accepts for each in aliases],
        [each.cards for each in aliases],
        [each.days for each in aliases],
        [msgspec.json.encode(each.cores).decode() for each in aliases],
        [msgspec.json.encode(each.towns).decode() for each in aliases],
        [each.answered_at for each in aliases],
    )
