"""Builders of statements and folded purchases for the pure functions, where every argument has a boring default."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cashback.purchases.fold import facts, fold
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, PurchaseState, Statement
from issuers.events import EventKind, TimeBasis

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SHOPPER_ID = UUID(int=1)
CARD_ID = UUID(int=2)
ALWAYS = (LinkInterval(CARD_ID, SHOPPER_ID, NOON - 900 * DAY, None),)
"""The card was linked long before anything happened."""


def a_statement(
    kind: EventKind,
    amount: int = 20_00,
    *,
    fact: str | None = None,
    day: float = 0,
    purchase: str = "p",
    of: str | None = None,
    revision: int = 0,
    final: bool = False,
    made_on: float | None = None,
    card_id: UUID = CARD_ID,
    currency: str = "EUR",
    identifiers: tuple[str, ...] = ("mid:1",),
    channel: str | None = None,
) -> Statement:
    """A statement of one fact, `day` days after `NOON`; `of` is the purchase that a refund names."""
    at = NOON + day * DAY
    name = fact or f"{kind.value}:{purchase}"
    content = (kind, amount, name, day, purchase, of, revision, final, made_on, currency, identifiers, channel)
    merchant = {"identifiers": list(identifiers), "descriptor": "SHOP", "mcc": None, "city": None, "country": None}
    return Statement(
        shopper_id=SHOPPER_ID,
        network="sandbox",
        fact_ref=name,
        digest=hashlib.sha256(repr(content).encode()).digest()[:16],
        revision=revision,
        kind=kind,
        purchase_ref=purchase,
        group_ref=of or purchase,
        card_id=card_id,
        amount_minor=amount,
        currency=currency,
        occurred_at=at,
        occurred_until=at,
        time_basis="instant",
        purchase_at=None if made_on is None else NOON + made_on * DAY,
        final=final,
        merchant=merchant if channel is None else {**merchant, "channel": channel},
    )


def folded(*statements: Statement, now: float = 2, links: tuple[LinkInterval, ...] = ALWAYS) -> Folded:
    """The fold of these statements, `now` days after `NOON`."""
    key = PurchaseKey(SHOPPER_ID, "sandbox", statements[0].group_ref)
    return fold(key, list(facts(statements).values()), links, NOON + now * DAY)


def a_purchase(
    ref: str = "p",
    amount: int = 20_00,
    *,
    day: float = 0,
    state: PurchaseState = PurchaseState.CLEARED,
    refunded: int = 0,
    card_id: UUID = CARD_ID,
    currency: str = "EUR",
    network: str = "sandbox",
    identifiers: tuple[str, ...] = ("mid:1",),
) -> Folded:
    """A folded purchase that cleared when it was made, or the open credit of a refund."""
    at = NOON + day * DAY
    credit = state is PurchaseState.CREDIT
    return Folded(
        key=PurchaseKey(SHOPPER_ID, network, ref),
        card_id=card_id,
        state=state,
        authorised_minor=0 if credit else amount,
        cleared_minor=0 if credit else amount,
        refunded_minor=amount if credit else refunded,
        credited_minor=0,
        net_minor=0 if credit else amount - refunded,
        currency=currency,
        purchased_at=at,
        cleared_at=None if credit else at,
        place_key=identifiers[0] if identifiers else "",
        merchant={"identifiers": list(identifiers)},
        purchased_until=at,
        time_basis=TimeBasis.INSTANT,
    )


def a_credit(ref: str = "r", amount: int = 20_00, *, day: float = 5, **more: object) -> Folded:
    """An open credit: a refund that names no purchase."""
    return a_purchase(ref, amount, day=day, state=PurchaseState.CREDIT, **more)  # type: ignore[arg-type]
