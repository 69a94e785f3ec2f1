"""Stripe Issuing: events of the issuer itself, verified with the vendor's own SDK.

Format: github.com/stripe/openapi (2026-08-21) and docs.stripe.com/issuing/purchases. What a reader must know:

* An authorization is one object, sent again whole at every change, so it is one fact whose latest statement wins.
  `amount` is what is held: an incremental authorization raises it, a partial reversal lowers it, `reversed` and
  `expired` give back the rest, so they state an amount of zero. A reversed authorization cannot be captured any
  more (final); an expired one can. `closed` keeps its amount: the captures it lists say what was really paid.
* `pending_request` is money asked for, not yet authorised. It never counts. The real-time `.request` event is kept
  as OTHER; answering it is a decision with the cardholder's money, so do not register this endpoint for it.
* A capture is negative and names its authorization, or none (force capture): then it is a purchase of its own.
* Amounts are integers in Stripe's smallest unit, which differs from ISO 4217 for three currencies (docs.stripe.com/
  currencies): ISK and UGX are written with two decimals they do not have, MGA without the two it has.
* `amount` is in the account's currency, `merchant_amount` in the shop's, with the same sign; they differ only where
  the currencies do. Both are what is held, or what was captured or refunded. Where the two are told, the shop's is
  the event's amount and the account's stands beside it.
* `authorization_method` tells how the card was read. `keyed_in` may be a telephone order, so it tells no channel; a
  transaction does not repeat it.
* `network_id` identifies the seller within a card network; a terminal id is only unique beside it."""

from dataclasses import replace
from typing import Any

import msgspec

from issuers import reading
from issuers.adapter import Delivery
from issuers.currencies import bounded_minor, currency_code
from issuers.errors import Unreadable
from issuers.events import (
    Capabilities,
    CardEvent,
    Channel,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)
from issuers.stripe_cards import Card, Reference, card_facts, card_id, replacement
from issuers.stripe_webhooks import StripeWebhooks
from issuers.two_currencies import Amount, Told, optional_amount, shop_first

# The object of an event and what it carries of others: each may hold scheme identifiers of 13 to 19 digits.
_OBJECTS = ("data.object.", "data.object.transactions.", "data.previous_attributes.")
_IDENTIFIERS = (
    "id",
    "authorization",
    "balance_transaction",
    "card.id",
    "merchant_data.network_id",
    "merchant_data.terminal_id",
    "merchant_data.tax_id",
    "network_data",
    "token",
)
_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=("terminal", "network_id"),
    pan_like_fields=("id", *(f"{place}{field}" for place in _OBJECTS for field in _IDENTIFIERS)),
)


class _Merchant(msgspec.Struct):
    category_code: str | None = None
    city: str | None = None
    country: str | None = None
    name: str | None = None
    network_id: str | None = None
    terminal_id: str | None = None


class _Transaction(msgspec.Struct):
    id: str
    amount: int
    currency: str
    created: int
    type: str
    card: str | Card
    authorization: str | Reference | None = None
    merchant_amount: Any = None
    merchant_currency: Any = None
    merchant_data: _Merchant | None = None


class _Authorization(msgspec.Struct):
    id: str
    amount: int
    currency: str
    created: int
    approved: bool
    status: str
    card: str | Card
    authorization_method: str | None = None
    merchant_amount: Any = None
    merchant_currency: Any = None
    merchant_data: _Merchant | None = None
    transactions: list[_Transaction] = []


class _AuthorizationData(msgspec.Struct):
    object: _Authorization


class _TransactionData(msgspec.Struct):
    object: _Transaction


class _AuthorizationEvent(msgspec.Struct):
    created: int
    data: _AuthorizationData


class _TransactionEvent(msgspec.Struct):
    created: int
    data: _TransactionData


class _Head(msgspec.Struct):
    type: str


class _LaneObject(msgspec.Struct):
    id: str | None = None
    object: str | None = None
    card: str | Reference | None = None


class _LaneData(msgspec.Struct):
    object: _LaneObject | None = None


class _Lane(msgspec.Struct):
    data: _LaneData | None = None


_HEAD = reading.decoder(_Head)
_LANE = reading.decoder(_Lane)
_AUTHORIZATION = reading.decoder(_AuthorizationEvent)
_TRANSACTION = reading.decoder(_TransactionEvent)

_AUTHORIZATION_EVENTS = {
    "issuing_authorization.created": True,
    "issuing_authorization.updated": True,
    "issuing_authorization.request": False,
}
_TRANSACTION_EVENTS = ("issuing_transaction.created", "issuing_transaction.updated")
_CARD_EVENT = "issuing_card.created"
_CHANNELS = {
    "chip": Channel.IN_STORE,
    "contactless": Channel.IN_STORE,
    "swipe": Channel.IN_STORE,
    "online": Channel.ONLINE,
}


class StripeIssuingAdapter(StripeWebhooks):
    """Stripe Issuing's dialect. See the module for how its objects become facts."""

    name = "stripe"
    capabilities = _CAPABILITIES

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The facts of an authorization (with its captures), of a transaction, of a card given in another's place."""
        event = reading.read(_HEAD, delivery.body, "stripe event").type
        if event in _AUTHORIZATION_EVENTS:
            read = reading.read(_AUTHORIZATION, delivery.body, f"stripe {event}")
            return _authorization(read.data.object, read.created, decided=_AUTHORIZATION_EVENTS[event])
        if event in _TRANSACTION_EVENTS:
            stated = reading.read(_TRANSACTION, delivery.body, f"stripe {event}")
            return _transaction(stated.data.object, stated.created)
        if event == _CARD_EVENT:
            return replacement(delivery.body)
        return ()

    def lane(self, body: bytes) -> str | None:
        """The card."""
        return _card_token(body)


def _card_token(body: bytes) -> str | None:
    try:
        lane = _LANE.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    told = lane.data.object if lane.data else None
    if told is not None and told.object == "issuing.card":
        return reading.token(told.id)
    card = None if told is None else told.card
    return reading.token(card.id if isinstance(card, Reference) else card)


def _authorization(stated: _Authorization, told_at: int, *, decided: bool) -> tuple[CardEvent, ...]:
    minor = _iso_minor(stated.amount, stated.currency)
    if not decided or minor < 0:
        # A negative authorization announces a refund; the refund transaction is the fact.
        kind = EventKind.OTHER
    else:
        kind = EventKind.AUTHORIZATION if stated.approved else EventKind.DECLINE
    subject = "request" if kind is EventKind.OTHER else "authorization"
    given_back = kind is EventKind.AUTHORIZATION and stated.status in ("reversed", "expired")
    told = _told(stated, minor, nothing=given_back)
    made_at = reading.unix_instant(stated.created, "stripe authorization: $.data.object.created")
    authorization = reading.required_token(stated.id, "stripe authorization: $.data.object.id")
    fact = CardEvent(
        kind=kind,
        card_token=card_id(stated.card),
        fact_ref=f"{subject}:{authorization}",
        revision=told_at * 1_000_000,
        purchase_ref=authorization,
        occurred_at=made_at,
        occurred_until=made_at,
        time_basis=TimeBasis.INSTANT,
        purchase_at=made_at,
        amount_minor=told.minor,
        currency=told.currency,
        other_minor=told.other_minor,
        other_currency=told.other_currency,
        final=stated.status == "reversed" or (stated.status == "closed" and bool(stated.transactions)),
        merchant=replace(_merchant(stated.merchant_data), channel=_CHANNELS.get(stated.authorization_method or "")),
        **card_facts(stated.card),
    )
    captures = [event for listed in stated.transactions for event in _transaction(listed, told_at)]
    return (fact, *captures)


def _transaction(stated: _Transaction, told_at: int) -> tuple[CardEvent, ...]:
    where = f"stripe transaction of type {stated.type[:32]}"
    transaction = reading.required_token(stated.id, f"{where}: $.data.object.id")
    linked = stated.authorization
    authorization = reading.token(linked.id if isinstance(linked, Reference) else linked)
    minor = _iso_minor(stated.amount, stated.currency)
    told = _told(stated, minor, nothing=False)
    if stated.type == "capture":
        kind, minor, purchase, refund_of = EventKind.CLEARING, -minor, authorization or transaction, None
    elif stated.type == "refund":
        kind, purchase, refund_of = EventKind.REFUND, transaction, authorization
    else:
        return ()
    if minor < 0:
        raise Unreadable(f"{where}: expected a capture below zero and a refund above it, got {stated.amount}")
    happened_at = reading.unix_instant(stated.created, f"{where}: $.data.object.created")
    return (
        CardEvent(
            kind=kind,
            card_token=card_id(stated.card),
            fact_ref=f"{kind.value}:{transaction}",
            revision=told_at * 1_000_000,
            purchase_ref=purchase,
            occurred_at=happened_at,
            occurred_until=happened_at,
            time_basis=TimeBasis.INSTANT,
            amount_minor=told.minor,
            currency=told.currency,
            other_minor=told.other_minor,
            other_currency=told.other_currency,
            refund_of=refund_of,
            merchant=_merchant(stated.merchant_data),
            **card_facts(stated.card),
        ),
    )


def _told(stated: _Authorization | _Transaction, minor: int, *, nothing: bool) -> Told:
    """The amount in the shop's currency where it is told; zero in both where the hold was given back."""
    account = Amount(minor, currency_code(stated.currency))
    shop = optional_amount(stated.merchant_amount, stated.merchant_currency, _iso_minor)
    if nothing:
        account, shop = account._replace(minor=0), shop._replace(minor=0) if shop else None
    return shop_first(account, shop)


def _iso_minor(amount: int, currency: str) -> int:
    code = currency_code(currency)
    if code == "MGA":
        return bounded_minor(amount * 100)
    if code in ("ISK", "UGX"):
        whole, rest = divmod(amount, 100)
        if rest:
            raise Unreadable(f"stripe amount: {code} is written in hundreds, got {amount}")
        return bounded_minor(whole)
    return bounded_minor(amount)


def _merchant(told: _Merchant | None) -> MerchantEvidence:
    if told is None:
        return MerchantEvidence()
    terminal = f"{told.network_id}/{told.terminal_id}" if told.network_id and told.terminal_id else None
    return MerchantEvidence(
        identifiers=reading.identifiers(("terminal", terminal), ("network_id", told.network_id)),
        descriptor=told.name,
        category_code=told.category_code,
        city=told.city,
        country=told.country,
    )
