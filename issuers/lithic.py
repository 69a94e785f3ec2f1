"""Lithic, an issuer processor: card transactions sent again whole at every change, `CardEvent`s out.

Format: github.com/lithic-com/lithic-python (2026-06-23, types of the transaction) and docs.lithic.com (events API,
transaction flow). What a reader must know:

* A transaction is one object with the list of its events so far. Each event is one fact, named by the event's token,
  and every message states all of them anew: `updated` says which statement is the latest.
* Several authorizations of one transaction add up (an incremental one augments). An advice does not: it overrides what
  was authorised before it, so the earlier authorizations and reversals of the object then state zero.
* A result other than APPROVED moved nothing. A transaction that ends as DECLINED holds nothing either, whatever its
  first event said (the network answered in Lithic's place, or a single-message purchase timed out).
* A reversal and an expiry give the held amount back. A clearing may still come after both, and several may come.
* A financial authorization is purchase and clearing in one message; nothing more is collected.
* A return may be an event of the purchase's own transaction, which links it, or, more often, a transaction of its own.
  A return reversal takes a return back: the return then states what is left of it.
* A credit authorization announces a return and a balance inquiry asks: neither moves money.
* Amounts are in the smallest unit of the currency. `amounts.merchant` is what was paid at the till and in the till's
  currency; a refund in full is equal to it, which amounts converted on two days are not. `amounts.cardholder` is the
  same in the billing currency of the account and stands beside it, where the currencies differ. What is settled and
  what is held are in Lithic's own settlement currency and are not read.
* `card.*` events carry no time at all, so they state nothing here. No message carries the last four digits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from issuers import proof, reading, standard_webhooks
from issuers.adapter import Delivery
from issuers.countries import alpha_2
from issuers.currencies import bounded_minor, currency_code
from issuers.errors import Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Channel,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)
from issuers.two_currencies import Amount, Told, account_beside, optional_amount

TRANSACTION_EVENT = "card_transaction.updated"

_KINDS = {
    "AUTHORIZATION": EventKind.AUTHORIZATION,
    "AUTHORIZATION_ADVICE": EventKind.AUTHORIZATION,
    "AUTHORIZATION_REVERSAL": EventKind.REVERSAL,
    "AUTHORIZATION_EXPIRY": EventKind.REVERSAL,
    "CLEARING": EventKind.CLEARING,
    "FINANCIAL_AUTHORIZATION": EventKind.CLEARING,
    "CORRECTION_DEBIT": EventKind.CLEARING,
    "RETURN": EventKind.REFUND,
    "FINANCIAL_CREDIT_AUTHORIZATION": EventKind.REFUND,
    "CORRECTION_CREDIT": EventKind.REFUND,
}
_ASKED = frozenset({"AUTHORIZATION", "AUTHORIZATION_ADVICE", "FINANCIAL_AUTHORIZATION"})
"""Events that somebody answers; refused, they are declines."""

_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=("terminal", "mid"),
    pan_like_fields=(
        "token",
        "account_token",
        "card_token",
        "financial_account_token",
        "replacement_for",
        "acquirer_reference_number",
        "merchant.acceptor_id",
        "merchant.acquiring_institution_id",
        "pos.terminal.acceptor_terminal_id",
        "events.token",
        "events.network_info",
    ),
)


class _Money(msgspec.Struct):
    amount: int
    currency: str


class _Amounts(msgspec.Struct):
    merchant: _Money | None = None
    cardholder: Any = None


class _Event(msgspec.Struct):
    token: str
    type: str
    result: str
    created: str
    amounts: _Amounts | None = None


class _Merchant(msgspec.Struct):
    acceptor_id: str | None = None
    city: str | None = None
    country: str | None = None
    descriptor: str | None = None
    mcc: str | None = None


class _EntryMode(msgspec.Struct):
    card: str | None = None
    cardholder: str | None = None
    pan: str | None = None


class _Terminal(msgspec.Struct):
    acceptor_terminal_id: str | None = None


class _Pos(msgspec.Struct):
    entry_mode: _EntryMode | None = None
    terminal: _Terminal | None = None


class _Transaction(msgspec.Struct):
    token: str
    card_token: str
    created: str
    status: str | None = None
    updated: str | None = None
    network: str | None = None
    merchant: _Merchant | None = None
    pos: _Pos | None = None
    events: list[_Event] | None = None


class _Head(msgspec.Struct):
    event_type: str | None = None
    card_token: str | None = None
    events: msgspec.Raw = msgspec.Raw(b"null")


class _Lane(msgspec.Struct):
    card_token: str | None = None


_HEAD = reading.decoder(_Head)
_LANE = reading.decoder(_Lane)
_TRANSACTION = reading.decoder(_Transaction)

_ACKNOWLEDGEMENT = Acknowledgement(status=200)


@dataclass(slots=True)
class _Fact:
    """One event as the whole object lets it be understood; `told` is what it still stands for."""

    event: _Event
    kind: EventKind
    happened_at: datetime
    told: Told


class LithicAdapter:
    """Lithic's dialect. See the module for how one object becomes several facts."""

    name = "lithic"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check `webhook-signature` over id, timestamp and raw body, as Standard Webhooks says."""
        standard_webhooks.verify(delivery, secrets, now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """The signed `webhook-id`, the same for every delivery of one event; the digest is of every byte."""
        digest = hashlib.sha256(delivery.body)
        message_id = reading.token(delivery.headers.get(standard_webhooks.ID_HEADER))
        return Envelope(message_id or digest.hexdigest(), digest.digest(), _card_token(delivery.body))

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """A 200 ends Lithic's retries; the body is ignored."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """One event for each event of a card transaction; none for every other message."""
        head = reading.read(_HEAD, delivery.body, "lithic message")
        unnamed = head.event_type is None and head.card_token is not None and bytes(head.events) != b"null"
        if head.event_type != TRANSACTION_EVENT and not unnamed:
            return ()
        return _transaction(reading.read(_TRANSACTION, delivery.body, "lithic transaction"))

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The headers of a delivery, under an id made of the body; `ValueError` without a usable secret."""
        message_id = "msg_" + hashlib.sha256(body).hexdigest()[:32]
        return standard_webhooks.sign(body, secret=secret, message_id=message_id, now=now)


def _card_token(body: bytes) -> str | None:
    try:
        return reading.token(_LANE.decode(body).card_token)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _transaction(stated: _Transaction) -> tuple[CardEvent, ...]:
    where = "lithic transaction"
    facts = _facts(stated)
    if not facts:
        return ()
    transaction = reading.required_token(stated.token, f"{where}: $.token")
    card = reading.required_token(stated.card_token, f"{where}: $.card_token")
    begun = any(fact.event.type in _ASKED for fact in facts)
    bought = begun or any(fact.event.type == "CLEARING" for fact in facts)
    made_at = reading.instant(stated.created, f"{where}: $.created")
    revision = _revision(stated, facts)
    merchant = _merchant(stated)
    scheme = stated.network.lower() if stated.network and stated.network != "UNKNOWN" else None
    events = []
    for fact in facts:
        token = reading.required_token(fact.event.token, f"{where}: $.events[].token")
        refund = fact.kind is EventKind.REFUND
        events.append(
            CardEvent(
                kind=fact.kind,
                card_token=card,
                fact_ref=f"{fact.kind.value}:{token}",
                revision=revision,
                purchase_ref=token if refund else transaction,
                occurred_at=fact.happened_at,
                occurred_until=fact.happened_at,
                time_basis=TimeBasis.INSTANT,
                purchase_at=made_at if begun and not refund and fact.kind is not EventKind.OTHER else None,
                amount_minor=fact.told.minor,
                currency=fact.told.currency,
                other_minor=fact.told.other_minor,
                other_currency=fact.told.other_currency,
                final=fact.event.type == "FINANCIAL_AUTHORIZATION" and fact.kind is EventKind.CLEARING,
                refund_of=transaction if refund and bought else None,
                merchant=merchant,
                card_scheme=scheme,
            )
        )
    return tuple(events)


def _facts(stated: _Transaction) -> list[_Fact]:
    """The events in the order they happened, each with what the others leave of its amount."""
    facts = [_fact(event, place) for place, event in enumerate(stated.events or ())]
    facts.sort(key=lambda fact: fact.happened_at)
    for place, fact in enumerate(facts):
        approved = fact.event.result == "APPROVED"
        if fact.event.type == "AUTHORIZATION_ADVICE" and approved:
            _clear(facts[:place], EventKind.AUTHORIZATION, EventKind.REVERSAL)
        elif fact.event.type == "RETURN_REVERSAL" and approved:
            _take_back(facts[:place], _money(fact.event, "$.events[]"))
    if stated.status == "DECLINED":
        for fact in facts:
            if fact.event.type in _ASKED and fact.kind is not EventKind.DECLINE:
                fact.told = _nothing(fact.told)
    return facts


def _fact(event: _Event, place: int) -> _Fact:
    where = f"$.events[{place}]"
    kind = _KINDS.get(event.type, EventKind.OTHER)
    if event.result != "APPROVED":
        kind = EventKind.DECLINE if event.type in _ASKED else EventKind.OTHER
    told = Told(0, "XXX") if kind is EventKind.OTHER else _money(event, where)
    happened_at = reading.instant(event.created, f"lithic transaction: {where}.created")
    return _Fact(event, kind, happened_at, told)


def _money(event: _Event, where: str) -> Told:
    paid = event.amounts.merchant if event.amounts else None
    if event.amounts is None or paid is None:
        raise Unreadable(f"lithic transaction: {where}.amounts.merchant: expected amount and currency, got none")
    shop = Amount(_positive(paid.amount, paid.currency), currency_code(paid.currency))
    billed = event.amounts.cardholder if isinstance(event.amounts.cardholder, dict) else {}
    return account_beside(shop, optional_amount(billed.get("amount"), billed.get("currency"), _positive))


def _positive(amount: int, _currency: str) -> int:
    """Lithic's smallest unit is that of ISO 4217; the event's type gives the sign."""
    return bounded_minor(abs(amount))


def _nothing(told: Told) -> Told:
    return told._replace(minor=0, other_minor=None if told.other_minor is None else 0)


def _clear(facts: Sequence[_Fact], *kinds: EventKind) -> None:
    for fact in facts:
        if fact.kind in kinds:
            fact.told = _nothing(fact.told)


def _take_back(facts: Sequence[_Fact], taken: Told) -> None:
    """Lessen the latest returns first; what exceeds them was returned in another transaction."""
    for fact in reversed(facts):
        if fact.kind is EventKind.REFUND and taken.minor:
            fact.told, taken = _less(fact.told, taken), _less(taken, fact.told)


def _less(told: Told, taken: Told) -> Told:
    """What is left, and nothing below zero. In the account's currency only where both told it and it agrees."""
    left = max(0, told.minor - taken.minor)
    if not left:
        return _nothing(told)
    if told.other_minor is None or taken.other_minor is None or told.other_currency != taken.other_currency:
        return Told(left, told.currency)
    beside = Amount(told.other_minor - taken.other_minor, told.other_currency or "")
    return account_beside(Amount(left, told.currency), beside)


def _revision(stated: _Transaction, facts: Sequence[_Fact]) -> int:
    # Neither the clock nor the list ever goes back; the list's length tells two states of one second apart.
    latest = reading.instant(stated.updated, "lithic transaction: $.updated") if stated.updated else None
    return proof.microseconds(latest or facts[-1].happened_at) + len(facts)


def _merchant(stated: _Transaction) -> MerchantEvidence:
    told = stated.merchant or _Merchant()
    pos = stated.pos or _Pos()
    terminal_id = pos.terminal.acceptor_terminal_id if pos.terminal else None
    # A merchant that is not known makes no terminal known.
    terminal = f"{told.acceptor_id}/{terminal_id}" if told.acceptor_id not in (None, "", "0") and terminal_id else None
    return MerchantEvidence(
        identifiers=reading.identifiers(("terminal", terminal), ("mid", told.acceptor_id)),
        descriptor=told.descriptor,
        category_code=told.mcc,
        city=told.city,
        country=alpha_2(told.country),
        channel=_channel(pos.entry_mode or _EntryMode()),
    )


def _channel(told: _EntryMode) -> Channel | None:
    """In store where card and cardholder were both there; online where it says so. A mail order is neither."""
    if told.card == "PRESENT" and told.cardholder == "PRESENT":
        return Channel.IN_STORE
    if told.card == "NOT_PRESENT" and (told.pan == "ECOMMERCE" or told.cardholder == "ELECTRONIC_ORDER"):
        return Channel.ONLINE
    return None
