"""Sales at checkout as purchases: what the provider sells in instalments is entered as evidence and settled like every
other purchase, and so is what is refunded of it. So plan and cashback move together, in one transaction.

The source is linked like an instrument, once a shopper, from their first plan on. Every function takes the caller's
connection and never commits; the caller holds the programme's shared lock (it has the snapshot in force).
"""

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope, system
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid, TryAgain
from cashback.instalments import easing, service
from cashback.instalments.schemas import Plan, PlanState, Way
from cashback.purchases import service as purchases
from cashback.purchases import statements as evidence
from cashback.purchases.schemas import PurchaseKey, Statement
from cashback.rewards.service import settle
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.registry import CHECKOUT

_REFUND = """
SELECT amount_minor FROM statements WHERE shopper_id = $1 AND network = $2 AND fact_ref = $3
ORDER BY recorded_at LIMIT 1
"""
_WITHDRAWAL = "withdrawal"
"""The key of the refund by which a sale is undone; no provider's own key is told without its prefix."""


async def enter_sale(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, plan: Plan, now: datetime) -> Plan:
    """The first instalment of a checkout plan was paid: its sale stands among the purchases and earns.

    In the transaction that activates the plan, after `instalments.service.activate`. Entered again it changes nothing.
    """
    if plan.way is not Way.CHECKOUT or plan.purchase_id is not None:
        return plan
    touched = await evidence.record(
        connection, snapshot.operator_id, [await _stated(connection, snapshot, plan, _sale(snapshot, plan), now)], now
    )
    await settle(connection, snapshot, touched, now)
    row = (await purchases.purchases_of(connection, [_key(plan)]))[_key(plan)]
    return await service.entered(connection, actor, plan, row.id, now)


async def refund(
    connection: AsyncConnection, snapshot: Snapshot, actor: Actor, plan: Plan, minor: int, key: str, now: datetime
) -> Plan:
    """The shop gives back part of a checkout sale, or all of it; the same key again answers the plan as it stands.

    The plan shrinks by its policy, what was paid too much goes back to the card, and the cashback follows. Forbidden
    without the scope `money`; Conflict for a key that came with another amount and for a plan that has no sale; Invalid
    for more than is left of the sale.
    """
    shoppers.require(actor, Scope.MONEY)
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise Invalid("an idempotency key has 1 to 200 printable characters")
    return await _refund(connection, snapshot, plan, minor, f"key:{key}", now)


async def withdraw(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, plan: Plan, now: datetime) -> Plan:
    """The shopper withdraws within 14 days.

    At checkout the sale is undone with its credit (L. 312-52): nothing is owed, all that was paid goes back to the
    card, the cashback is taken back. After a purchase what was lent comes back within 30 days. A plan that is only
    opening is cancelled. Raises as `instalments.easing.withdraw`.
    """
    if plan.state is PlanState.OPENING:
        easing.require_for(actor, plan)
        return await service.cancel(connection, actor, plan, _WITHDRAWAL, now)
    withdrawing = await easing.withdraw(connection, actor, plan, now)
    if plan.way is Way.AFTER_PURCHASE:
        return withdrawing
    left = withdrawing.amount_minor - withdrawing.refunded_minor
    return await _refund(connection, snapshot, withdrawing, left, _WITHDRAWAL, now)


async def _refund(
    connection: AsyncConnection, snapshot: Snapshot, plan: Plan, minor: int, key: str, now: datetime
) -> Plan:
    fact = f"refund:{plan.id.hex}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    known = await fetch(connection, _REFUND, (plan.shopper_id, CHECKOUT, fact))
    if known:
        if known[0][0] != minor:
            raise Conflict(f"this key came before with a refund of {known[0][0]}", code="idempotency_key")
        return plan
    if plan.purchase_id is None or plan.way is not Way.CHECKOUT:
        raise Conflict(f"plan {plan.ref} has no sale at checkout to refund", code="no_sale")
    left = plan.amount_minor - plan.refunded_minor
    if not 0 < minor <= left:
        raise Invalid(f"expected a refund of 1 to {left}, got {minor}", code="refund_exceeds")
    stated = await _stated(connection, snapshot, plan, _given_back(snapshot, plan, minor, fact, now), now)
    touched = await evidence.record(connection, snapshot.operator_id, [stated], now)
    await settle(connection, snapshot, touched, now)
    return await service.find(connection, snapshot.operator_id, plan.id)


def _key(plan: Plan) -> PurchaseKey:
    return PurchaseKey(plan.shopper_id, CHECKOUT, plan.ref)


async def _stated(
    connection: AsyncConnection, snapshot: Snapshot, plan: Plan, event: CardEvent, now: datetime
) -> Statement:
    token = (CHECKOUT, plan.shopper_id.hex)
    links = await shoppers.links_of_tokens(connection, snapshot.operator_id, [token])
    if token not in links:
        await shoppers.link(
            connection, system(snapshot.operator_id, "checkout"), shopper_id=plan.shopper_id, network=CHECKOUT,
            token=plan.shopper_id.hex, linked_at=plan.accepted_at, last_four=None, scheme=None, now=now,
        )  # fmt: skip
        links = await shoppers.links_of_tokens(connection, snapshot.operator_id, [token])
    mine = [each.card_id for each in links[token] if each.shopper_id == plan.shopper_id]
    if not mine:
        raise TryAgain("the sales of this shopper could not be linked")
    return evidence.statement(event, network=CHECKOUT, shopper_id=plan.shopper_id, card_id=mine[0])


def _place(snapshot: Snapshot, plan: Plan) -> MerchantEvidence:
    shop = snapshot.shops.shops[plan.shop_id]
    return MerchantEvidence((MerchantIdentifier("shop", shop.code),))


def _sale(snapshot: Snapshot, plan: Plan) -> CardEvent:
    return CardEvent(
        kind=EventKind.CLEARING, card_token=plan.shopper_id.hex, fact_ref=f"sale:{plan.id.hex}", revision=1,
        purchase_ref=plan.ref, occurred_at=plan.accepted_at, occurred_until=plan.accepted_at,
        time_basis=TimeBasis.INSTANT, purchase_at=plan.accepted_at, amount_minor=plan.amount_minor,
        currency=plan.currency, final=True, merchant=_place(snapshot, plan),
    )  # fmt: skip


def _given_back(snapshot: Snapshot, plan: Plan, minor: int, fact: str, now: datetime) -> CardEvent:
    return CardEvent(
        kind=EventKind.REFUND, card_token=plan.shopper_id.hex, fact_ref=fact, revision=1, purchase_ref=fact,
        occurred_at=now, occurred_until=now, time_basis=TimeBasis.INSTANT, amount_minor=minor, currency=plan.currency,
        refund_of=plan.ref, merchant=_place(snapshot, plan),
    )  # fmt: skip
