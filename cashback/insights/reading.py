"""Rows into values: what the wallet, the feed and the trace read alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.insights.house import House
from cashback.insights.schemas import CardView, Judgement, Place, PurchaseView, Step, Timing
from cashback.offers.uncertainty import days_of_zone, latest
from cashback.purchases.schemas import LAPSES_AFTER, PurchaseState
from cashback.rewards.explain import Considered, considered
from issuers.events import TimeBasis

PURCHASE_COLUMNS = """p.id, p.shopper_id, p.network, p.purchase_ref, p.card_id, p.state, p.authorised_minor,
    p.cleared_minor, p.refunded_minor + p.credited_minor AS given_back_minor, p.net_minor, p.currency, p.purchased_at,
    p.cleared_at, p.updated_at, p.merchant::text AS merchant, p.shop_id, s.name AS shop_name, s.floor, s.category,
    s.centre_id, s.brand, s.area, p.purchased_until, p.time_basis"""

_REWARDS = """
SELECT r.purchase_id, r.offer_id, o.code, r.offer_version, r.asset, r.state, r.amount, r.pending, r.available,
    r.expired, r.matures_at, r.expires_at - interval '1 microsecond' AS usable_until, r.trail::text AS trail, g.wanted,
    g.granted
FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, purchase_id)
JOIN rewards r ON r.shopper_id = k.shopper_id AND r.purchase_id = k.purchase_id
JOIN offers o ON o.operator_id = r.operator_id AND o.id = r.offer_id
LEFT JOIN grants g ON g.shopper_id = r.shopper_id AND g.purchase_id = r.purchase_id AND g.offer_id = r.offer_id
ORDER BY r.purchase_id, r.amount DESC, o.code
"""

# A purchase's own facts, those of the refunds assigned to it, and those of its witnesses.
_STEPS = """
WITH v AS (
    SELECT p.network, p.purchase_ref, v.network AS source, v.purchase_ref AS source_ref, v.state = 'witness' AS witness
    FROM unnest($2::text[], $3::text[]) AS k (network, ref)
    JOIN purchases p ON p.shopper_id = $1 AND p.network = k.network AND p.purchase_ref = k.ref
    JOIN purchases v ON v.shopper_id = $1
        AND (v.id = p.id OR v.witness_of = p.id OR (v.network = p.network AND v.credit_to = p.purchase_ref))
)
SELECT DISTINCT ON (v.network, v.purchase_ref, s.network, s.fact_ref)
    v.network, v.purchase_ref AS ref, v.witness, s.kind, s.occurred_at, s.amount_minor, s.currency, s.occurred_until,
    s.time_basis, s.purchase_at
FROM v JOIN statements s ON s.shopper_id = $1 AND s.network = v.source
    AND (s.group_ref = v.source_ref OR s.purchase_ref = v.source_ref)
ORDER BY v.network, v.purchase_ref, s.network, s.fact_ref, s.revision DESC, s.digest DESC
"""

_CARDS = """
SELECT DISTINCT ON (card_id) card_id, scheme, last_four, linked_at FROM cards
WHERE operator_id = $1 AND shopper_id = $2 AND card_id = ANY($3::uuid[]) ORDER BY card_id, linked_at DESC
"""

Refs = tuple[str, str]
"""Network and the source's reference of a purchase."""


def place_of(row: Any, house: House) -> Place:
    """Where a purchase was made, from a row of `PURCHASE_COLUMNS`."""
    merchant = msgspec.json.decode(row.merchant)
    centre = house.programme.centres.get(row.centre_id)
    return Place(
        shop=row.shop_name,
        centre=None if centre is None else centre.name,
        floor=row.floor,
        category=row.category if row.shop_name is not None else merchant.get("mcc"),
        descriptor=merchant.get("descriptor"),
        identifiers=tuple(_identifier(each) for each in merchant.get("identifiers", ())),
    )


def zone_of(row: Any, house: House) -> ZoneInfo:
    """The zone in which the purchase's dates are told."""
    centre = house.programme.centres.get(row.centre_id)
    return house.programme.zone if centre is None else centre.zone


def timing_of_purchase(row: Any, zone: ZoneInfo) -> Timing:
    """When a purchase was made, from a row of `PURCHASE_COLUMNS`."""
    return _timing(row.purchased_at, row.purchased_until, TimeBasis(row.time_basis), zone)


def timing_of_statement(row: Any, zone: ZoneInfo) -> Timing:
    """When what a statement tells happened; its basis is that of the purchase's own time where it tells one."""
    own = row.purchase_at is None or row.purchase_at == row.occurred_at
    basis = TimeBasis(row.time_basis) if own else TimeBasis.INSTANT
    return _timing(row.occurred_at, row.occurred_until, basis, zone)


def _timing(at: datetime, until: datetime, basis: TimeBasis, zone: ZoneInfo) -> Timing:
    last = latest(at, until, basis)
    if last is None:
        return Timing(at, None, basis)
    return Timing(*days_of_zone(at, last, zone), basis)


def card_of(row: Any) -> CardView:
    """A card from a row of its columns."""
    return CardView(row.card_id, row.scheme, row.last_four, row.linked_at)


async def purchase_views(
    connection: AsyncConnection, house: House, shopper_id: UUID, rows: Iterable[Any]
) -> tuple[PurchaseView, ...]:
    """One shopper's rows of `PURCHASE_COLUMNS` with rewards, offers, steps and card; three queries for all of them."""
    given = list(rows)
    if not given:
        return ()
    rewards = await read_rewards(connection, house, given)
    looked_at = await considered(connection, house.snapshot, [(row.shopper_id, row.id) for row in given])
    steps = await _steps(
        connection, shopper_id, {(row.network, row.purchase_ref): zone_of(row, house) for row in given}
    )
    timings = {row.id: timing_of_purchase(row, zone_of(row, house)) for row in given}
    cards = await _cards(connection, house.programme.operator_id, shopper_id, {row.card_id for row in given})
    return tuple(
        PurchaseView(
            id=row.id,
            shopper_id=row.shopper_id,
            network=row.network,
            state=row.state,
            place=place_of(row, house),
            zone=zone_of(row, house),
            currency=row.currency,
            authorised_minor=row.authorised_minor,
            cleared_minor=row.cleared_minor,
            given_back_minor=row.given_back_minor,
            net_minor=row.net_minor,
            purchased_at=timings[row.id].at,
            timing=timings[row.id],
            cleared_at=row.cleared_at,
            lapses_at=row.purchased_at + LAPSES_AFTER if row.state == PurchaseState.AUTHORIZED else None,
            card=cards.get(row.card_id),
            judgements=judgements(row, house, rewards.get(row.id, []), looked_at.get(row.id, ())),
            steps=tuple(sorted(steps.get((row.network, row.purchase_ref), ()), key=lambda step: step.at)),
        )
        for row in given
    )


def _identifier(text: str) -> tuple[str, str]:
    scheme, _, value = text.partition(":")
    return scheme, value


async def read_rewards(
    connection: AsyncConnection, house: House, purchases: list[Any]
) -> Mapping[UUID, list[Judgement]]:
    """The rewards of these purchases, by purchase, the largest first."""
    held: defaultdict[UUID, list[Judgement]] = defaultdict(list)
    keys = ([row.shopper_id for row in purchases], [row.id for row in purchases])
    for row in await connection.exec_driver_sql(_REWARDS, keys):
        offer = house.offer(row.offer_id, row.offer_version)
        held[row.purchase_id].append(
            Judgement(
                offer_id=row.offer_id,
                offer_code=row.code,
                names=offer.names,
                version=row.offer_version,
                live_from=offer.live_from,
                asset=house.asset(row.asset),
                state=row.state,
                amount=row.amount,
                pending=row.pending,
                available=row.available,
                expired=row.expired,
                matures_at=row.matures_at,
                usable_until=row.usable_until,
                hold_days=offer.hold_days,
                wanted=row.wanted,
                granted=row.granted,
                trail=msgspec.json.decode(row.trail),
            )
        )
    return held


def judgements(
    row: Any, house: House, rewarded: list[Judgement], looked_at: Iterable[Considered]
) -> tuple[Judgement, ...]:
    """The rewards, then every other offer that was live for this purchase, held against it once more."""
    if row.shop_id is None or not PurchaseState(row.state).may_earn():
        return tuple(rewarded)
    known = {each.offer_id for each in rewarded}
    others = []
    for each in looked_at:
        offer = each.offer
        if offer.offer_id in known:
            continue
        told = house.offer(offer.offer_id, offer.version)
        others.append(
            Judgement(
                offer_id=offer.offer_id,
                offer_code=offer.code,
                names=told.names,
                version=offer.version,
                live_from=told.live_from,
                asset=house.asset(offer.asset),
                state="not_applied",
                amount=0,
                pending=0,
                available=0,
                expired=0,
                matures_at=None,
                usable_until=None,
                hold_days=told.hold_days,
                wanted=None,
                granted=None,
                trail=each.trail,
            )
        )
    return (*rewarded, *others)


async def _steps(
    connection: AsyncConnection, shopper_id: UUID, refs: Mapping[Refs, ZoneInfo]
) -> Mapping[Refs, list[Step]]:
    networks, references = [ref[0] for ref in refs], [ref[1] for ref in refs]
    told: defaultdict[Refs, list[Step]] = defaultdict(list)
    rows = (await connection.exec_driver_sql(_STEPS, (shopper_id, networks, references))).all()
    own = {(row.network, row.ref, row.kind) for row in rows if not row.witness}
    for row in rows:
        if row.witness and (row.network, row.ref, row.kind) in own:
            continue
        timing = timing_of_statement(row, refs[row.network, row.ref])
        told[row.network, row.ref].append(Step(row.kind, row.occurred_at, timing, row.amount_minor, row.currency))
    return told


async def _cards(
    connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, card_ids: set[UUID]
) -> Mapping[UUID, CardView]:
    rows = await connection.exec_driver_sql(_CARDS, (operator_id, shopper_id, list(card_ids)))
    return {row.card_id: card_of(row) for row in rows}
