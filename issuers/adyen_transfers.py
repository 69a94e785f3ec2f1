"""Version 4 of Adyen's issuing webhooks: a transfer, sent again whole with the events that led to its status.

What a reader must know:

* The register mutations of an event say what it did, whatever its status is called: `reserved` below zero holds money,
  above zero lets it go, `balance` below zero is paid, above zero comes back. `amount` is used where there are none.
* Each event is one fact, `<kind>:<event id>`, stated again by every later message; `sequenceNumber` is the revision.
* A payment is an outgoing transfer. A refund is an incoming one with an id of its own. What comes back within one
  transfer is one fact, the sum so far, because a reversed refund takes away what an earlier event gave.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from issuers import reading
from issuers.adyen_parts import (
    NO_PURCHASE,
    Amount,
    Counterparty,
    Moment,
    Reference,
    channel,
    evidence,
    iso_minor,
    moment,
)
from issuers.currencies import bounded_minor, currency_code
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind

TRANSFER_TYPES = frozenset(("balancePlatform.transfer.created", "balancePlatform.transfer.updated"))
_WHERE = "adyen transfer"

_PURCHASES = (None, "payment", "capture")
_CREDITS = ("refund", "captureReversal")
_FIRST_HOLDS = ("authorised", "adviceAuthorised")
_HOLDS = (*_FIRST_HOLDS, "authAdjustmentAuthorised")
_REFUSALS = ("refused", "adviceRefused", "error")
_RELEASES = ("cancelled", "expired", *_REFUSALS)
_RETURNS = {"refunded": 1, "captureReversed": 1, "refundReversed": -1}
_SEQUENCE_MAX = 2**31


class _Mutation(msgspec.Struct):
    currency: str
    balance: int | None = None
    reserved: int | None = None


class _Event(msgspec.Struct, rename="camel"):
    id: str | None = None
    type: str | None = None
    status: str | None = None
    amount: Amount | None = None
    booking_date: str | None = None
    mutations: list[_Mutation] | None = None


class _CategoryData(msgspec.Struct, rename="camel"):
    pan_entry_mode: str | None = None
    processing_type: str | None = None


class _Transfer(msgspec.Struct, rename="camel"):
    amount: Amount
    id: str | None = None
    type: str | None = None
    status: str | None = None
    direction: str | None = None
    category_data: _CategoryData | None = None
    counterparty: Counterparty | None = None
    payment_instrument: Reference | None = None
    events: list[_Event] | None = None
    event_id: str | None = None
    sequence_number: int | None = None
    created_at: str | None = None
    creation_date: str | None = None
    updated_at: str | None = None


class _Message(msgspec.Struct):
    data: _Transfer


class _Category(msgspec.Struct):
    category: str | None = None


class _Head(msgspec.Struct):
    data: _Category


_HEAD = reading.decoder(_Head)
_MESSAGE = reading.decoder(_Message)


def transfer_facts(body: bytes) -> tuple[CardEvent, ...]:
    """The facts of a payment by an issued card or of a refund to it; none of any other transfer."""
    if reading.read(_HEAD, body, _WHERE).data.category != "issuedCard":
        return ()
    told = reading.read(_MESSAGE, body, _WHERE).data
    way = told.category_data or _CategoryData()
    if way.processing_type in NO_PURCHASE:
        return ()
    if told.type in _CREDITS or (told.type in _PURCHASES and told.direction == "incoming"):
        return tuple(_returned(told, _accounting(told), refund_of=None))
    if told.type in _PURCHASES:
        return tuple(_payment(told))
    return ()


def _accounting(told: _Transfer) -> Sequence[_Event]:
    """The events that move money; where a message lists none, its own status is the one it tells of."""
    if told.events:
        return [each for each in told.events if each.type in (None, "accounting")]
    return [_Event(id=told.event_id, status=told.status)]


def _payment(told: _Transfer) -> Iterator[CardEvent]:
    events = _accounting(told)
    held = any(each.status in _HOLDS for each in events)
    for each in events:
        if each.status in _HOLDS:
            kind, minor, currency = EventKind.AUTHORIZATION, *_held(told, each)
            if minor < 0:
                # An adjustment may also lower what is held.
                kind, minor = EventKind.REVERSAL, -minor
        elif each.status in _REFUSALS and not held:
            kind, (minor, currency) = EventKind.DECLINE, _absolute(told.amount)
        elif each.status in _RELEASES:
            kind, (minor, currency) = EventKind.REVERSAL, _change(told, each, "reserved", 1)
        elif each.status == "captured":
            kind, (minor, currency) = EventKind.CLEARING, _change(told, each, "balance", -1)
        else:
            continue
        if minor > 0:
            event_id = reading.required_token(each.id, f"{_WHERE}: $.data.events[].id")
            fact = _fact(told, kind, f"{kind.value}:{event_id}", _when(told, each))
            yield replace(fact, amount_minor=minor, currency=currency)
    yield from _returned(told, events, refund_of=reading.token(told.id))


def _returned(told: _Transfer, events: Sequence[_Event], *, refund_of: str | None) -> Iterator[CardEvent]:
    """What came back to the card within this transfer so far, as one fact; nothing while nothing came."""
    returns = [each for each in events if each.status in _RETURNS]
    if not returns:
        return
    changes = [_came_back(told, each) for each in returns]
    currencies = {currency for _, currency in changes}
    if len(currencies) > 1:
        raise Unreadable(f"{_WHERE}: expected all refunds in one currency, got {', '.join(sorted(currencies))}")
    kind = EventKind.REFUND
    happened = _when(told, returns[0])
    yield replace(
        _fact(told, kind, f"{kind.value}:{told.id}", happened),
        amount_minor=bounded_minor(max(0, sum(minor for minor, _ in changes))),
        currency=currencies.pop(),
        refund_of=refund_of,
        # When a refund's own transfer began says nothing about the purchase.
        purchase_at=_made(told).at if refund_of else None,
        time_basis=_made(told).basis if refund_of else happened.basis,
    )


def _came_back(told: _Transfer, event: _Event) -> tuple[int, str]:
    moved = _moved(told, event, "balance")
    if moved is not None:
        return moved
    # A refund is a transfer of its own, so its amount is that of the transfer.
    amount = event.amount or (told.amount if event.status == "refunded" and told.direction == "incoming" else None)
    if amount is None:
        raise _no_amount(event)
    minor, currency = _absolute(amount)
    return minor * _RETURNS[event.status or ""], currency


def _held(told: _Transfer, event: _Event) -> tuple[int, str]:
    """By how much this event changes what is held: above zero more, below zero less."""
    moved = _moved(told, event, "reserved")
    if moved is not None:
        return -moved[0], moved[1]
    if event.status not in _FIRST_HOLDS:
        # Whether the amount of an adjustment is the new one or the difference is not documented.
        raise Unreadable(f"{_WHERE}: event {event.status}: expected mutations, which alone tell the difference")
    return _absolute(event.amount or told.amount)


def _change(told: _Transfer, event: _Event, register: str, sign: int) -> tuple[int, str]:
    moved = _moved(told, event, register)
    if moved is not None:
        return moved[0] * sign, moved[1]
    if event.amount is None:
        raise _no_amount(event)
    return _absolute(event.amount)


def _moved(told: _Transfer, event: _Event, register: str) -> tuple[int, str] | None:
    """The change of one register in ISO minor units, or None where the event has no mutations."""
    if not event.mutations:
        return None
    currencies = {each.currency for each in event.mutations}
    currency = currencies.pop() if len(currencies) == 1 else told.amount.currency
    chosen = [each for each in event.mutations if each.currency == currency]
    if not chosen:
        raise Unreadable(f"{_WHERE}: event {event.status}: expected a mutation in {currency[:16]!r}, there is none")
    moved = sum((each.balance if register == "balance" else each.reserved) or 0 for each in chosen)
    return iso_minor(moved, currency), currency_code(currency)


def _absolute(amount: Amount) -> tuple[int, str]:
    return abs(iso_minor(amount.value, amount.currency)), currency_code(amount.currency)


def _no_amount(event: _Event) -> Unreadable:
    return Unreadable(f"{_WHERE}: event {str(event.status)[:32]}: expected mutations or an amount, got neither")


def _fact(told: _Transfer, kind: EventKind, fact_ref: str, happened: Moment) -> CardEvent:
    """A fact of this transfer, still without its amount."""
    transfer = reading.required_token(told.id, f"{_WHERE}: $.data.id")
    card = told.payment_instrument.id if told.payment_instrument else None
    way = told.category_data or _CategoryData()
    made = _made(told)
    return CardEvent(
        kind=kind,
        card_token=reading.required_token(card, f"{_WHERE}: $.data.paymentInstrument.id"),
        fact_ref=fact_ref,
        revision=_revision(told.sequence_number),
        purchase_ref=transfer,
        occurred_at=happened.at,
        occurred_until=happened.at,
        time_basis=made.basis,
        purchase_at=made.at,
        merchant=evidence(
            told.counterparty.merchant if told.counterparty else None,
            channel(way.pan_entry_mode, way.processing_type),
        ),
    )


def _revision(sequence_number: int | None) -> int:
    """Counts from 1; a message without one is older than any that has it."""
    number = sequence_number or 0
    if not 0 <= number <= _SEQUENCE_MAX:
        raise Unreadable(f"{_WHERE}: $.data.sequenceNumber: expected a number from 1, got {str(number)[:32]}")
    return number


def _when(told: _Transfer, event: _Event) -> Moment:
    text = event.booking_date or told.updated_at or told.creation_date
    return moment(text, f"{_WHERE}: $.data.events[].bookingDate")


def _made(told: _Transfer) -> Moment:
    """When the transfer began. `creationDate` is of the message, so it is the last to be asked."""
    first = next((each.booking_date for each in told.events or () if each.booking_date), None)
    return moment(told.created_at or first or told.creation_date, f"{_WHERE}: $.data.createdAt")
