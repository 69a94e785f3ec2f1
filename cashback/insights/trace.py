"""Everything behind one purchase: what was told, how it was folded, which shop, which offers, what was posted."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import is_system
from cashback.errors import NotFound
from cashback.ids import parse, show
from cashback.insights.house import House
from cashback.insights.reading import PURCHASE_COLUMNS, purchase_views, timing_of_statement
from cashback.insights.schemas import (
    ClaimFound,
    Delivery,
    Evidence,
    PlaceFound,
    Posting,
    PurchaseView,
    ShopMatch,
    TraceView,
)
from cashback.merchants.evidence import Outcome, explain
from issuers.registry import RECEIPT
from webhooks.messages import lane_of, subject_of

DELIVERIES_SHOWN = 10
LANE_WINDOW = 5_000
"""Newest messages of the card's lane that are looked through: the log has no index by card."""

_PURCHASE = f"""
SELECT {PURCHASE_COLUMNS}, (p.told -> 'because')::text AS because
FROM purchases p LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
WHERE p.operator_id = $1 AND p.id = $2
"""  # noqa: S608 - built from constants

_EVIDENCE = """
SELECT s.network, s.kind, s.fact_ref, s.revision, s.amount_minor, s.currency, s.occurred_at, s.occurred_until,
    s.purchase_at, s.time_basis, s.final, s.recorded_at,
    row_number() OVER (PARTITION BY s.network, s.fact_ref ORDER BY s.revision DESC, s.digest DESC) = 1 AS current
FROM statements s
WHERE s.shopper_id = $1 AND (s.network, s.fact_ref, s.digest) IN (
    SELECT t.network, t.fact_ref, t.digest FROM purchases v
    JOIN statements t ON t.shopper_id = $1 AND t.network = v.network
        AND (t.group_ref = v.purchase_ref OR t.purchase_ref = v.purchase_ref)
    WHERE v.shopper_id = $1 AND (v.id = $2 OR v.witness_of = $2 OR (v.network = $3 AND v.credit_to = $4)))
ORDER BY s.occurred_at, s.recorded_at, s.network, s.fact_ref, s.revision
"""

_MATCH = """
SELECT i.network, i.scheme, i.value, i.valid_from, i.valid_until
FROM purchases v
CROSS JOIN LATERAL jsonb_array_elements_text(v.merchant -> 'identifiers') WITH ORDINALITY AS k (name, place)
JOIN merchant_identifiers i ON i.operator_id = v.operator_id AND i.network = v.network
    AND i.scheme = split_part(k.name, ':', 1) AND i.value = substr(k.name, strpos(k.name, ':') + 1)
WHERE v.shopper_id = $1 AND (v.id = $2 OR v.witness_of = $2) AND i.shop_id = $3
    AND (i.valid_from IS NULL OR i.valid_from <= v.purchased_at)
    AND (i.valid_until IS NULL OR v.purchased_at < i.valid_until)
ORDER BY v.id <> $2, k.place LIMIT 1
"""

_CLAIM = """
SELECT c.id, c.answered_by, c.words, c.answered_at, c.shop_id FROM claims c
WHERE c.shopper_id = $1 AND c.state = 'accepted' AND (c.purchase_id = $2 OR c.id = $3)
ORDER BY c.answered_at DESC LIMIT 1
"""

_PLACE = """
SELECT m.undecided, m.decision, m.basis, m.why, m.against, m.probability_ppm, m.tier,
    (SELECT a.state FROM merchant_aliases a WHERE a.operator_id = m.operator_id AND a.network = m.network
        AND a.scheme = m.scheme AND a.value = m.value AND a.fingerprint = m.text AND a.closed_at IS NULL
        AND a.valid_from <= $4 AND (a.valid_until IS NULL OR $4 < a.valid_until)) AS alias,
    (SELECT d.record::text FROM match_decisions d WHERE d.shopper_id = m.shopper_id AND d.network = m.network
        AND d.purchase_ref = m.purchase_ref ORDER BY d.decided_at DESC LIMIT 1) AS record
FROM purchase_matches m WHERE m.shopper_id = $1 AND m.network = $2 AND m.purchase_ref = $3
"""

_POSTINGS = """
SELECT t.id, t.debit, t.credit, t.asset, t.amount, t.reason, t.corrects, t.posted_at, r.offer_id, r.offer_version
FROM transfers t
LEFT JOIN rewards r ON r.shopper_id = t.shopper_id AND r.purchase_id = t.purchase_id
    AND starts_with(t.key, 'reward:' || replace(r.id::text, '-', '') || ':')
WHERE t.shopper_id = $1 AND t.purchase_id = $2 ORDER BY t.posted_at, t.id
"""
"""A transfer's key begins with the reward that it moves, see `rewards.plan`."""

_REFERENCE = "SELECT reference FROM shopper_references WHERE operator_id = $1 AND shopper_id = $2"

_CARD = """
SELECT token FROM cards WHERE operator_id = $1 AND shopper_id = $2 AND card_id = $3 ORDER BY linked_at DESC LIMIT 1
"""

_DELIVERIES = """
SELECT m.delivery_id, m.event, m.received_at, k.code, k.detail,
    (m.xid, m.ordinal) > (coalesce(u.xid, '0'::xid8), coalesce(u.ordinal, -1)) AS waiting, false AS conflict
FROM (SELECT * FROM inbox_messages WHERE tenant_id = $1 AND lane = $2 ORDER BY xid DESC, ordinal DESC LIMIT $4) m
LEFT JOIN inbox_cursors u ON u.tenant_id = $1 AND u.lane = $2
LEFT JOIN inbox_parked k ON k.tenant_id = $1 AND k.lane = $2 AND k.connection_id = m.connection_id
    AND k.delivery_id = m.delivery_id AND k.resolved_at IS NULL
WHERE m.subject = $3
UNION ALL
SELECT delivery_id, event, received_at, NULL, NULL, false, true FROM inbox_conflicts
WHERE tenant_id = $1 AND lane = $2 AND subject = $3
ORDER BY received_at DESC LIMIT $5
"""


async def read_trace(connection: AsyncConnection, house: House, purchase_id: UUID) -> TraceView:
    """The trace of one purchase of the house's operator; NotFound when there is none."""
    operator_id = house.programme.operator_id
    row = (await connection.exec_driver_sql(_PURCHASE, (operator_id, purchase_id))).first()
    if row is None:
        raise NotFound(f"there is no purchase {show('pur', purchase_id)}")
    (purchase,) = await purchase_views(connection, house, row.shopper_id, [row])
    references = await connection.exec_driver_sql(_REFERENCE, (operator_id, row.shopper_id))
    match = await _match(connection, row)
    claim = None if match is not None else await _claim(connection, row)
    found = match is not None or claim is not None
    return TraceView(
        purchase=purchase,
        purchase_ref=row.purchase_ref,
        evidence=await _evidence(connection, row, purchase.zone),
        because=() if row.because is None else tuple(msgspec.json.decode(row.because)),
        match=match,
        claim=claim,
        place=None if found else await _place(connection, row),
        postings=await _postings(connection, house, purchase),
        deliveries=await _deliveries(connection, operator_id, row),
        shopper_reference=references.scalar(),
    )


async def read_purchase_of(connection: AsyncConnection, house: House, purchase_id: UUID) -> PurchaseView:
    """One purchase of the house's operator as its shopper sees it; NotFound when there is none."""
    rows = (await connection.exec_driver_sql(_PURCHASE, (house.programme.operator_id, purchase_id))).all()
    if not rows:
        raise NotFound(f"there is no purchase {show('pur', purchase_id)}", code="unknown_purchase")
    (view,) = await purchase_views(connection, house, rows[0].shopper_id, rows)
    return view


async def _evidence(connection: AsyncConnection, row: Any, zone: ZoneInfo) -> tuple[Evidence, ...]:
    told = await connection.exec_driver_sql(_EVIDENCE, (row.shopper_id, row.id, row.network, row.purchase_ref))
    return tuple(
        Evidence(
            network=each.network,
            kind=each.kind,
            fact_ref=each.fact_ref,
            revision=each.revision,
            amount_minor=each.amount_minor,
            currency=each.currency,
            timing=timing_of_statement(each, zone),
            time_basis=each.time_basis,
            final=each.final,
            recorded_at=each.recorded_at,
            current=each.current,
        )
        for each in told
    )


async def _match(connection: AsyncConnection, row: Any) -> ShopMatch | None:
    if row.shop_id is None:
        return None
    found = (await connection.exec_driver_sql(_MATCH, (row.shopper_id, row.id, row.shop_id))).first()
    return None if found is None else ShopMatch(**found._mapping)


async def _claim(connection: AsyncConnection, row: Any) -> ClaimFound | None:
    """The claim that is evidence of this purchase: of one that others told, or standing alone under its own id."""
    if row.shop_id is None:
        return None
    own = parse("clm", row.purchase_ref) if row.network == RECEIPT else None
    found = (await connection.exec_driver_sql(_CLAIM, (row.shopper_id, row.id, own))).first()
    if found is None or found.shop_id != row.shop_id:
        return None
    by_itself = is_system(found.answered_by)
    return ClaimFound(found.id, found.answered_by, by_itself, found.words or "", found.answered_at)


async def _place(connection: AsyncConnection, row: Any) -> PlaceFound | None:
    arguments = (row.shopper_id, row.network, row.purchase_ref, row.purchased_at)
    found = (await connection.exec_driver_sql(_PLACE, arguments)).first()
    if found is None:
        return None
    outcome = None if found.record is None else msgspec.json.decode(found.record, type=Outcome)
    return PlaceFound(
        undecided=found.undecided,
        decision=found.decision,
        basis=found.basis,
        why=found.why,
        against=tuple(found.against),
        probability_ppm=found.probability_ppm,
        tier=found.tier,
        alias=found.alias,
        explanation=() if outcome is None else tuple(explain(outcome).splitlines()),
    )


async def _postings(connection: AsyncConnection, house: House, purchase: PurchaseView) -> tuple[Posting, ...]:
    rows = await connection.exec_driver_sql(_POSTINGS, (purchase.shopper_id, purchase.id))
    return tuple(
        Posting(
            id=row.id,
            debit=row.debit,
            credit=row.credit,
            asset=house.asset(row.asset),
            amount=row.amount,
            reason=row.reason,
            hold_days=None if row.offer_id is None else house.offer(row.offer_id, row.offer_version).hold_days,
            corrects=row.corrects,
            posted_at=row.posted_at,
        )
        for row in rows
    )


async def _deliveries(connection: AsyncConnection, operator_id: UUID, row: Any) -> tuple[Delivery, ...]:
    token = (await connection.exec_driver_sql(_CARD, (operator_id, row.shopper_id, row.card_id))).scalar()
    if token is None:
        return ()
    subject = subject_of(row.network, token)
    arguments = (operator_id, lane_of(subject, ""), subject, LANE_WINDOW, DELIVERIES_SHOWN)
    rows = await connection.exec_driver_sql(_DELIVERIES, arguments)
    return tuple(Delivery(each.delivery_id, each.event, each.received_at, _state(each), each.detail) for each in rows)


def _state(row: Any) -> str:
    if row.conflict:
        return "conflict"
    if row.code is not None:
        return "parked"
    return "waiting" if row.waiting else "read"
