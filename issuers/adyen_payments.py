"""Version 1 of Adyen's issuing webhooks: payments, outgoing and incoming transfers. Deprecated by Adyen, still sent.

What a reader must know:

* An update repeats the amount that was authorised; `modification.amount` is what the event changed, above zero where
  money is let go. The vendor's sample of a partial cancellation is called `Expired`: the amount is read, not the word.
* There are no event ids, and a payment may be released or captured in parts, so such a fact is named by the
  resource, the event's time and its amount. A retry repeats all three.
* `paymentId` of a capture is the payment. That of a refund is the refund request, which names no purchase. The request
  moves no money; the refund is told by `incomingTransfer.updated`.
* Without a payment instrument a message is about no card.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from issuers import proof, reading
from issuers.adyen_parts import (
    NO_PURCHASE,
    Amount,
    Counterparty,
    Merchant,
    Reference,
    channel,
    evidence,
    iso_minor,
    moment,
)
from issuers.currencies import currency_code
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind

PAYMENT_TYPES = frozenset(
    (
        "balancePlatform.payment.created",
        "balancePlatform.payment.updated",
        "balancePlatform.outgoingTransfer.created",
        "balancePlatform.outgoingTransfer.updated",
        "balancePlatform.incomingTransfer.created",
        "balancePlatform.incomingTransfer.updated",
    )
)


class _Modification(msgspec.Struct):
    amount: Amount | None = None


class _Payment(msgspec.Struct, rename="camel"):
    id: str | None = None
    payment_id: str | None = None
    creation_date: str | None = None
    status: str | None = None
    amount: Amount | None = None
    modification: _Modification | None = None
    merchant_data: Merchant | None = None
    counterparty: Counterparty | None = None
    payment_instrument: Reference | None = None
    processing_type: str | None = None


class _Message(msgspec.Struct):
    type: str
    data: _Payment


_MESSAGE = reading.decoder(_Message)


def payment_facts(body: bytes) -> tuple[CardEvent, ...]:
    """The fact of a message about a card; none where it is about an account alone."""
    message = reading.read(_MESSAGE, body, "adyen payment")
    told = message.data
    event = message.type.removeprefix("balancePlatform.")
    where = f"adyen {event}"
    if told.payment_instrument is None:
        if told.merchant_data is not None:
            raise Unreadable(f"{where}: expected $.data.paymentInstrument beside merchantData")
        return ()
    fact = _FACTS.get((event, told.status))
    if fact is None and not (told.id and told.creation_date and told.payment_instrument.id):
        return ()
    base = _base(told, where)
    return (base if fact is None or told.processing_type in NO_PURCHASE else fact(told, base, where),)


def _base(told: _Payment, where: str) -> CardEvent:
    """The message as one that changes nothing: what every fact of it is made from."""
    resource = reading.required_token(told.id, f"{where}: $.data.id")
    card = told.payment_instrument.id if told.payment_instrument else None
    happened = moment(told.creation_date, f"{where}: $.data.creationDate")
    seller = told.merchant_data or (told.counterparty.merchant if told.counterparty else None)
    return CardEvent(
        kind=EventKind.OTHER,
        card_token=reading.required_token(card, f"{where}: $.data.paymentInstrument.id"),
        fact_ref=f"other:{resource}",
        revision=max(0, proof.microseconds(happened.at)),
        purchase_ref=reading.token(told.payment_id) or resource,
        occurred_at=happened.at,
        occurred_until=happened.at,
        time_basis=happened.basis,
        merchant=evidence(seller, channel(told.processing_type)),
    )


def _asked(told: _Payment, base: CardEvent, where: str) -> CardEvent:
    """An authorization or its refusal. Above zero it announces a refund, zero checks the account: neither buys."""
    minor, currency = _minor(told.amount, f"{where}: $.data.amount")
    if minor >= 0:
        return replace(base, amount_minor=minor, currency=currency)
    kind = EventKind.AUTHORIZATION if told.status == "Authorised" else EventKind.DECLINE
    return replace(
        base,
        kind=kind,
        fact_ref=f"{kind.value}:{told.id}",
        purchase_at=base.occurred_at,
        amount_minor=-minor,
        currency=currency,
    )


def _adjustment(told: _Payment, base: CardEvent, where: str) -> CardEvent:
    """What an update changed of the authorised amount. A refund request that ends changes none."""
    authorised, _ = _minor(told.amount, f"{where}: $.data.amount")
    change = told.modification.amount if told.modification else None
    minor, currency = _minor(change, f"{where}: $.data.modification.amount")
    if authorised >= 0 or minor == 0:
        return base
    if minor < 0 and told.status != "AuthAdjustmentAuthorised":
        raise Unreadable(f"{where}: $.data.modification.amount: expected what was let go, above zero, got {minor}")
    kind = EventKind.REVERSAL if minor > 0 else EventKind.AUTHORIZATION
    return replace(
        base,
        kind=kind,
        fact_ref=_part(kind, told, base, abs(minor)),
        amount_minor=abs(minor),
        currency=currency,
    )


def _capture(told: _Payment, base: CardEvent, where: str) -> CardEvent:
    minor, currency = _moved(told, where)
    if minor >= 0:
        raise Unreadable(f"{where}: expected a captured amount below zero, got {minor}")
    kind = EventKind.CLEARING
    return replace(base, kind=kind, fact_ref=_part(kind, told, base, -minor), amount_minor=-minor, currency=currency)


def _refund(told: _Payment, base: CardEvent, where: str) -> CardEvent:
    minor, currency = _moved(told, where)
    if minor <= 0:
        raise Unreadable(f"{where}: expected a refunded amount above zero, got {minor}")
    return replace(base, kind=EventKind.REFUND, fact_ref=f"refund:{told.id}", amount_minor=minor, currency=currency)


def _part(kind: EventKind, told: _Payment, base: CardEvent, minor: int) -> str:
    return f"{kind.value}:{told.id}/{base.revision}/{minor}"


def _moved(told: _Payment, where: str) -> tuple[int, str]:
    change = told.modification.amount if told.modification else None
    return _minor(change or told.amount, f"{where}: $.data.amount")


def _minor(amount: Amount | None, where: str) -> tuple[int, str]:
    if amount is None:
        raise Unreadable(f"{where}: expected an amount, got none")
    return iso_minor(amount.value, amount.currency), currency_code(amount.currency)


_FACTS: Mapping[tuple[str, str | None], Callable[[_Payment, CardEvent, str], CardEvent]] = {
    ("payment.created", "Authorised"): _asked,
    ("payment.created", "Refused"): _asked,
    ("payment.created", "Error"): _asked,
    ("payment.updated", "Expired"): _adjustment,
    ("payment.updated", "Cancelled"): _adjustment,
    ("payment.updated", "AuthAdjustmentAuthorised"): _adjustment,
    ("outgoingTransfer.created", "Captured"): _capture,
    ("incomingTransfer.updated", "Refunded"): _refund,
}
