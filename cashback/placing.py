"""Finding places beside the road: look at purchases that no identifier named, record what evidence says, learn.

Three steps, each a transaction of its own, safe to repeat and to run beside themselves:

* what was not looked at is read, held against the catalogue (no transaction is open and no shopper locked meanwhile),
  recorded, and settled by the same function as every other change of a reward;
* keys that have new lessons are learned while no decision is under way, and their purchases asked to be matched again;
* the road's own `rematch` settles those.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import fetch, transaction, work_on
from cashback.merchants.evidence import Catalogue, Decision, EvidenceMatcher, Outcome, Sighting
from cashback.merchants.lessons import answered_texts, any_lessons, ask_to_learn, count, learn, take_lessons
from cashback.merchants.memo.aliases import Key, keys_of
from cashback.merchants.outlets import Entries, load_entries
from cashback.merchants.places import ppm, sighting_digest, sighting_of
from cashback.merchants.service import load_shops
from cashback.merchants.settings import load_settings
from cashback.programmes.service import lock_programme
from cashback.purchases.schemas import PurchaseKey
from cashback.rewards.service import settle
from cashback.rewards.snapshot import Snapshots
from cashback.shoppers import service as shoppers

LOOKED_AT_MAX = 200
"""Purchases looked at in one step."""
LEARNED_MAX = 50
"""Keys looked at in one transaction, and learned in one that keeps every decision out."""

_log = structlog.get_logger(__name__)

_UNDECIDED = """
SELECT m.shopper_id, m.network, m.purchase_ref, p.card_id, p.purchased_at, p.merchant::text AS merchant
FROM purchase_matches m
JOIN purchases p ON p.shopper_id = m.shopper_id AND p.network = m.network AND p.purchase_ref = m.purchase_ref
WHERE m.operator_id = $1 AND m.undecided ORDER BY m.shopper_id, m.network, m.purchase_ref LIMIT $2
"""
_LOOKED_AT = """
UPDATE purchase_matches m SET undecided = false
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS k (shopper_id, network, ref)
WHERE m.operator_id = $1 AND m.shopper_id = k.shopper_id AND m.network = k.network AND m.purchase_ref = k.ref
"""
# Under the shopper's lock: of several decisions on one purchase the last one is the latest, whatever the clock says.
_RECORD = """
INSERT INTO match_decisions (operator_id, shopper_id, network, purchase_ref, sighting, catalogue, names, card_id,
    purchased_at, decision, shop, probability_ppm, tier, fingerprint, record, decided_at)
SELECT $1, t.shopper_id, t.network, t.ref, t.sighting, $2, ARRAY(SELECT jsonb_array_elements_text(t.names)), t.card_id,
    t.purchased_at, t.decision, t.shop, t.ppm, t.tier, t.fingerprint, t.record,
    greatest($3, (SELECT max(d.decided_at) + interval '1 microsecond' FROM match_decisions d
        WHERE d.shopper_id = t.shopper_id AND d.network = t.network AND d.purchase_ref = t.ref))
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::bytea[], $8::jsonb[], $9::uuid[], $10::timestamptz[], $11::text[],
    $12::text[], $13::int[], $14::text[], $15::text[], $16::jsonb[])
    AS t (shopper_id, network, ref, sighting, names, card_id, purchased_at, decision, shop, ppm, tier, fingerprint,
        record)
ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class Matchers:
    """One compiled matcher of each operator, in memory; compiled anew when its catalogue has changed."""

    make: Callable[[Catalogue], EvidenceMatcher] = EvidenceMatcher
    _held: dict[UUID, tuple[Entries, EvidenceMatcher]] = field(default_factory=dict)

    async def of(self, operator_id: UUID, entries: Entries) -> EvidenceMatcher:
        """The matcher of a catalogue."""
        held = self._held.get(operator_id)
        if held is None or held[0] != entries:
            matcher = await asyncio.to_thread(
                lambda: self.make(Catalogue.compile(entries.outlets, brands=entries.brands))
            )
            held = self._held[operator_id] = (entries, matcher)
        return held[1]


async def find_places(
    engine: AsyncEngine, snapshots: Snapshots, matchers: Matchers, operator_id: UUID, now: datetime
) -> int:
    """Look at what was not looked at yet and learn what follows; answers how many purchases and keys that were."""
    async with transaction(engine, operator_id) as connection:
        if await load_settings(connection, operator_id) is None:
            return 0
        snapshot = await snapshots.current(connection, operator_id)
        rows = await fetch(connection, _UNDECIDED, (operator_id, LOOKED_AT_MAX))
        shops, centres = snapshot.shops.shops.values(), snapshot.programme.centres
        entries = await load_entries(connection, operator_id, shops, centres) if rows else None
    if entries is not None:
        matcher = await matchers.of(operator_id, entries)
        merchants = [msgspec.json.decode(row.merchant) for row in rows]
        sightings = [sighting_of(each) for each in merchants]
        outcomes = await asyncio.to_thread(_match, matcher, sightings)
        looked_at = list(zip(rows, merchants, outcomes, strict=True))
        await _record(engine, snapshots, operator_id, entries, looked_at, now)
    return len(rows) + await _learn(engine, operator_id, now)


def _match(matcher: EvidenceMatcher, sightings: Sequence[Sighting]) -> list[Outcome]:
    """The outcomes; what cannot be matched stands alone and waits for a person, everything else goes through."""
    try:
        return matcher.match_many(sightings)
    except Exception:
        if len(sightings) == 1:
            _log.exception("placing.unreadable", descriptor=sightings[0].descriptor)
            return [_UNREADABLE]
        half = len(sightings) // 2
        return _match(matcher, sightings[:half]) + _match(matcher, sightings[half:])


_UNREADABLE = Outcome(
    decision=Decision.REVIEW,
    shop=None,
    probability=0.0,
    margin=0.0,
    tier=None,
    tie=False,
    conflict=False,
    fingerprint="",
    core_name="",
    facilitator=None,
    candidates=(),
    evidence=(),
    removed=(),
    reason="no_name",
    thresholds=(1.0, 0.0),
    model="none",
)


async def _record(
    engine: AsyncEngine,
    snapshots: Snapshots,
    operator_id: UUID,
    entries: Entries,
    looked_at: Sequence[tuple[Any, dict[str, Any], Outcome]],
    now: datetime,
) -> None:
    """Record the outcomes and settle their purchases."""
    async with transaction(engine, operator_id, sets=True) as connection:
        await work_on(connection, len(looked_at))
        snapshot = await snapshots.current(connection, operator_id)
        rows = [row for row, _, _ in looked_at]
        there = set(await shoppers.lock(connection, {row.shopper_id for row in rows}))
        await connection.exec_driver_sql(_RECORD, (operator_id, *_columns(entries, looked_at, now)))
        refs = ([row.shopper_id for row in rows], [row.network for row in rows], [row.purchase_ref for row in rows])
        await connection.exec_driver_sql(_LOOKED_AT, (operator_id, *refs))
        await ask_to_learn(connection, operator_id, _keys(looked_at), now)
        touched = [
            PurchaseKey(row.shopper_id, row.network, row.purchase_ref) for row in rows if row.shopper_id in there
        ]
        await settle(connection, snapshot, touched, now, corrected=True)


async def _learn(engine: AsyncEngine, operator_id: UUID, now: datetime) -> int:
    """Look at keys that have new lessons, and learn those of which something else is to be believed; answers how many.

    Most lessons change nothing but counts, and keep nobody out. Only a change waits until no decision is under way.
    """
    async with transaction(engine, operator_id) as connection:
        settings = await load_settings(connection, operator_id)
        keys = await take_lessons(connection, operator_id, LEARNED_MAX, changes=False)
        texts = await answered_texts(connection, operator_id, keys)
        if settings is not None:
            moved = [each for each in (*keys, *texts) if await count(connection, operator_id, each, settings)]
            await ask_to_learn(connection, operator_id, moved, now, changes=True)
    async with transaction(engine, operator_id) as connection:
        if not await any_lessons(connection, operator_id, changes=True):
            return len(keys)
        # Before the keys are taken: who decides asks for keys to be learned, and holds the programme's lock by then.
        await lock_programme(connection, operator_id)
        changed = await take_lessons(connection, operator_id, LEARNED_MAX, changes=True)
        if settings is not None:
            shops = {shop.code: shop.id for shop in await load_shops(connection, operator_id)}
            for key in changed:
                await learn(connection, operator_id, key, settings, shops, now)
        return len(keys) + len(changed)


def _keys(looked_at: Sequence[tuple[Any, dict[str, Any], Outcome]]) -> set[Key]:
    return {
        key
        for row, merchant, outcome in looked_at
        for key in keys_of(row.network, merchant["identifiers"], outcome.fingerprint)
    }


def _columns(
    entries: Entries, looked_at: Sequence[tuple[Any, dict[str, Any], Outcome]], now: datetime
) -> tuple[Any, ...]:
    rows = [row for row, _, _ in looked_at]
    outcomes = [outcome for _, _, outcome in looked_at]
    return (
        entries.digest(outcomes[0].model),
        now,
        [row.shopper_id for row in rows],
        [row.network for row in rows],
        [row.purchase_ref for row in rows],
        [sighting_digest(row.network, merchant) for row, merchant, _ in looked_at],
        [msgspec.json.encode(merchant["identifiers"]).decode() for _, merchant, _ in looked_at],
        [row.card_id for row in rows],
        [row.purchased_at for row in rows],
        [each.decision.value for each in outcomes],
        [each.shop for each in outcomes],
        [ppm(each.probability) for each in outcomes],
        [None if each.tier is None else each.tier.value for each in outcomes],
        [each.fingerprint for each in outcomes],
        [msgspec.json.encode(each).decode() for each in outcomes],
    )
