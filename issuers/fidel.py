"""Fidel (Select and the withdrawn Stream product): double HMAC in, `CardEvent` out.

Format: the vendor's public documentation (github.com/Enigmatic-Smile/docs, select/webhooks.md and
select/transactions.md, 2026-07-23). What a reader of it must know:

* The name of the event is only in the URL the integrator registered; without it the body is read by its shape.
* The authorization and the clearing of a purchase share `id`. A refund has its own `id`, a negative amount, and fires
  *both* `transaction.clearing` and `transaction.refund`: both state the fact `refund:<id>`. The `.qualified` events
  repeat a transaction with the vendor's own offer, which is not ours: they state the same facts as the plain ones.
* `amount` is in major units, `datetime` is the shop's local time without an offset, the other times are UTC.
* Fidel documents one clearing for a purchase, so a clearing is final.
* `cardPresent: true` is a purchase in store. Anything else tells no channel: only Visa says it at all, and a card that
  was not present may have been read out over the telephone.
* A brand is a chain of shops, not a shop: its id is no merchant identifier. The MID may differ between authorization
  and clearing, so Fidel's own location id comes first.
"""

import hashlib
import hmac
from binascii import b2a_base64
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from issuers import proof, reading
from issuers.adapter import Delivery
from issuers.countries import alpha_2
from issuers.currencies import currency_code, minor_units
from issuers.errors import SignatureRefused, Unreadable
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

SIGNATURE_HEADER = "x-fidel-signature"
TIMESTAMP_HEADER = "x-fidel-timestamp"

_KINDS = {
    "transaction.auth": EventKind.AUTHORIZATION,
    "transaction.auth.qualified": EventKind.AUTHORIZATION,
    "transaction.clearing": EventKind.CLEARING,
    "transaction.clearing.qualified": EventKind.CLEARING,
    "transaction.refund": EventKind.REFUND,
    "transaction.refund.qualified": EventKind.REFUND,
    "transaction.refund.match.qualified": EventKind.REFUND,
    # Named by the vendor's blog of 2025-09-11, not by its documentation.
    "transaction.refund.auth.qualified": EventKind.REFUND,
    "transaction.refund.clearing.qualified": EventKind.REFUND,
    "card.linked": EventKind.CARD_LINKED,
}

_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=False,
    identifier_schemes=("fidel_location", "mid"),
    pan_like_fields=(
        "id",
        "accountId",
        "programId",
        "cardId",
        "locationId",
        "originalTransactionId",
        "refundTransactionId",
        "authCode",
        "approvalCode",
        "card.id",
        "location.id",
        "location.searchBy",
        "identifiers",
        "seNumber",
        "mcLocationId",
        "mcAcquiringMid",
        "vmid",
        "vsid",
        "visaAcquiringMid",
        "result.transactions.vmid",
        "result.transactions.vsid",
    ),
)


class _Card(msgspec.Struct, rename="camel"):
    id: str | None = None
    last_numbers: str | None = None
    scheme: str | None = None
    metadata: Any = None
    updated: str | None = None


class _Location(msgspec.Struct, rename="camel"):
    id: str | None = None
    city: str | None = None
    country_code: str | None = None
    timezone: str | None = None


class _Brand(msgspec.Struct):
    name: str | None = None


class _Reference(msgspec.Struct):
    id: str | None = None


class _Identifiers(msgspec.Struct, rename={"mid": "MID"}):
    mid: str | int | None = None


class _Message(msgspec.Struct, rename="camel"):
    """The fields of a transaction, of a linked card and of a failed one that this dialect reads."""

    id: str | None = None
    event: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    datetime: str | None = None
    created: str | None = None
    updated: str | None = None
    auth: bool | None = None
    cleared: bool | None = None
    card_present: Any = None
    original_transaction_id: str | None = None
    original_transaction: _Reference | None = None
    merchant_descriptor: str | None = None
    merchant_category_code: str | None = None
    card: _Card | None = None
    location: _Location | None = None
    brand: _Brand | None = None
    identifiers: _Identifiers | None = None
    last_numbers: str | None = None
    scheme: str | None = None
    metadata: Any = None


class _Shape(msgspec.Struct, rename="camel"):
    """Enough to tell whether a body that no event name explains is about a card."""

    card: Any = None
    last_numbers: Any = None


class _Lane(msgspec.Struct, rename="camel"):
    """Enough to tell whose card a body concerns: all that the receiving path decodes."""

    id: str | None = None
    card_id: str | None = None
    last_numbers: str | None = None
    card: _Reference | None = None


_MESSAGE = reading.decoder(_Message)
_SHAPE = reading.decoder(_Shape)
_LANE = reading.decoder(_Lane)


class FidelAdapter:
    """Fidel's dialect. See the module for what it takes for granted."""

    name = "fidel"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check `x-fidel-signature` over raw body, registered URL and `x-fidel-timestamp` (UTC milliseconds)."""
        usable = proof.usable_secrets(secrets)
        stamp = proof.header(delivery, TIMESTAMP_HEADER)
        signed_at_ms = proof.unix_stamp(stamp, TIMESTAMP_HEADER)
        given = proof.header(delivery, SIGNATURE_HEADER).encode("utf-8", "replace")
        signed = delivery.body + delivery.url.encode() + stamp.encode()
        for secret in usable:
            if hmac.compare_digest(_signature(signed, secret), given):
                break
        else:
            raise SignatureRefused(
                f"header {SIGNATURE_HEADER} does not fit the body, the registered URL and {TIMESTAMP_HEADER}"
            )
        proof.check_window(signed_at_ms * 1000, now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """Fidel gives no event id: the id is a hash of event name and body, so it implies the content."""
        event = (delivery.event or "").encode("utf-8", "replace")
        digest = hashlib.sha256(b"%b\n%b" % (event, delivery.body)).digest()
        return Envelope(digest.hex(), digest, _card_token(delivery))

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Fidel waits 20 s for a 200 and ignores the body."""
        return Acknowledgement(status=200)

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """One fact of a transaction or card event; none for what concerns a programme, a location or a brand."""
        kind = _KINDS.get(delivery.event) if delivery.event is not None else None
        if kind is None and not _may_concern_a_card(delivery.body):
            return ()
        message = reading.read(_MESSAGE, delivery.body, f"fidel {delivery.event or 'message'}")
        if delivery.event is None:
            # The one documented body that names its event is that of a failed card.
            kind = None if message.event else _kind_by_shape(message)
        match kind:
            case EventKind.CARD_LINKED:
                return (_card_linked(message),)
            case EventKind.AUTHORIZATION | EventKind.CLEARING | EventKind.REFUND:
                return (_transaction(message, kind),)
            case _:
                return _other(message)

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The two headers of a delivery. The event is not signed but for its place in the URL."""
        stamp = str(proof.microseconds(now) // 1000)
        return {
            "content-type": "application/json",
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: _signature(body + url.encode() + stamp.encode(), secret).decode(),
        }


def _signature(signed: bytes, secret: bytes) -> bytes:
    # The base64 text of the first digest, not its bytes, is the message of the second.
    key = proof.hmac_key(secret)
    inner = b2a_base64(key.digest(signed), newline=False)
    return b2a_base64(key.digest(inner), newline=False)


def _card_token(delivery: Delivery) -> str | None:
    try:
        lane = _LANE.decode(delivery.body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    if lane.card is not None:
        return reading.token(lane.card.id)
    # A linked card is the body itself; a missing-transaction request names its card.
    is_the_card = lane.last_numbers is not None or delivery.event == "card.linked"
    return reading.token(lane.id if is_the_card else lane.card_id)


def _may_concern_a_card(body: bytes) -> bool:
    """Whether a body that no event name explains has a transaction or a card in it."""
    shape = reading.read(_SHAPE, body, "fidel message")
    return shape.card is not None or shape.last_numbers is not None


def _kind_by_shape(message: _Message) -> EventKind | None:
    if message.card is None:
        return EventKind.CARD_LINKED if message.last_numbers is not None else None
    if message.amount is None:
        return None
    if message.amount.is_signed() and not message.amount.is_zero():
        return EventKind.REFUND
    if message.cleared:
        return EventKind.CLEARING
    if message.auth:
        return EventKind.AUTHORIZATION
    raise Unreadable("fidel transaction: expected auth, cleared or a negative amount, as the URL names no event")


def _transaction(message: _Message, kind: EventKind) -> CardEvent:
    where = "fidel transaction"
    if message.amount is None or message.currency is None or message.card is None:
        raise Unreadable(f"{where}: expected amount, currency and card, one of them is missing")
    transaction = reading.required_token(message.id, f"{where}: $.id")
    currency = currency_code(message.currency)
    signed_minor = minor_units(message.amount, currency)
    # A refund also comes under the name of a clearing: its sign tells, whatever the event is called.
    if signed_minor < 0:
        kind = EventKind.REFUND
    location = message.location or _Location()
    happened_at, happened_until, basis = reading.merchant_time(
        message.datetime, location.timezone, f"{where}: $.datetime"
    )
    stated_at = _stated_at(message, where)
    purchase_at = happened_at
    if kind is EventKind.CLEARING and stated_at is not None:
        # `datetime` stays the time of the purchase; the clearing itself happened when Fidel last updated the row.
        happened_at = happened_until = stated_at
    return CardEvent(
        kind=kind,
        card_token=reading.required_token(message.card.id, f"{where}: $.card.id"),
        fact_ref=f"{kind.value}:{transaction}",
        revision=proof.microseconds(stated_at) if stated_at else 0,
        purchase_ref=transaction,
        occurred_at=happened_at,
        occurred_until=happened_until,
        time_basis=basis,
        purchase_at=None if kind is EventKind.REFUND else purchase_at,
        amount_minor=abs(signed_minor),
        currency=currency,
        final=kind is EventKind.CLEARING,
        refund_of=_refunded(message) if kind is EventKind.REFUND else None,
        merchant=_merchant(message, location),
        last_four=message.card.last_numbers,
        card_scheme=message.card.scheme.lower() if message.card.scheme else None,
        metadata=reading.string_values(message.card.metadata),
    )


def _stated_at(message: _Message, where: str) -> datetime | None:
    text = message.updated or message.created
    return reading.instant(text, f"{where}: $.updated") if text else None


def _refunded(message: _Message) -> str | None:
    original = message.original_transaction.id if message.original_transaction else None
    return reading.token(message.original_transaction_id) or reading.token(original)


def _merchant(message: _Message, location: _Location) -> MerchantEvidence:
    mid = message.identifiers.mid if message.identifiers else None
    return MerchantEvidence(
        identifiers=reading.identifiers(("fidel_location", location.id), ("mid", mid)),
        descriptor=message.merchant_descriptor or (message.brand.name if message.brand else None),
        category_code=message.merchant_category_code,
        city=location.city,
        country=alpha_2(location.country_code),
        channel=Channel.IN_STORE if message.card_present is True else None,
    )


def _card_linked(message: _Message) -> CardEvent:
    if message.card is not None:
        raise Unreadable("fidel card.linked: expected the card itself, got a body with a card in it")
    card = reading.required_token(message.id, "fidel card.linked: $.id")
    linked_at = reading.instant(message.created, "fidel card.linked: $.created")
    stated_at = _stated_at(message, "fidel card.linked")
    return CardEvent(
        kind=EventKind.CARD_LINKED,
        card_token=card,
        fact_ref=f"card_linked:{card}",
        revision=proof.microseconds(stated_at) if stated_at else 0,
        purchase_ref=card,
        occurred_at=linked_at,
        occurred_until=linked_at,
        time_basis=TimeBasis.INSTANT,
        last_four=message.last_numbers,
        card_scheme=message.scheme.lower() if message.scheme else None,
        metadata=reading.string_values(message.metadata),
    )


def _other(message: _Message) -> tuple[CardEvent, ...]:
    """An event about a card that changes nothing (`card.failed`, a name of tomorrow): kept, never acted upon."""
    card = reading.token(message.card.id) if message.card else None
    # A failed card is wrapped, and carries its own time inside.
    told = message.updated or message.created or (message.card.updated if message.card else None)
    if card is None or told is None:
        return ()
    stated_at = reading.instant(told, "fidel message: $.updated")
    return (
        CardEvent(
            kind=EventKind.OTHER,
            card_token=card,
            fact_ref=f"other:{message.id or card}",
            revision=proof.microseconds(stated_at),
            purchase_ref=message.id or card,
            occurred_at=stated_at,
            occurred_until=stated_at,
            time_basis=TimeBasis.INSTANT,
        ),
    )
