"""Mastercard Transaction Notifications: a client certificate and one JSON object in, an authorization out.

Format: the vendor's public pages (developer.mastercard.com/transaction-notifications, 2026). They name some fields and
leave the rest to a schema that is handed out with access. What a reader of this must know:

* Named for a notification: `transUid` (one of each authorization), `cardReference`, `referenceNumber`,
  `financialNetworkCode`, `settlementDate`; named for simulating one: `cardholderAmount`, `cardholderCurrency`,
  `merchantName`, `issuerResponse`, `transactionType`, `messageType`, `cleared`. These are read, no other is guessed.
* Not named: the time of the purchase, the shop's identifiers, the card's last digits. Whoever holds the schema gives
  their names as `NotificationNames`. Without them a purchase is known by its settlement day alone, which may be the
  day after, and its shop by its name alone, which matches none.
* Clearings are not pushed but searched for. Network code, reference number and settlement date together name a
  purchase, there and here.
* The values of the issuer's decision are only described, as approval and decline. What begins with neither states
  nothing, nor does any type of transaction or message but a purchase's authorization: no money moves on a guess.
* The amount is the cardholder's, in major units and the card's currency.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from issuers import mutual_tls, proof, reading
from issuers.adapter import Delivery
from issuers.currencies import minor_units
from issuers.currency_numbers import currency_of
from issuers.errors import Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)

_DAY = timedelta(days=1) - timedelta(microseconds=1)
_WHERE = "mastercard notification"
_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=False,
    links_refunds=False,
    precise_time=False,
    identifier_schemes=(),
    pan_like_fields=("transUid", "cardReference", "referenceNumber"),
    tells_hour=False,
)


@dataclass(frozen=True, slots=True)
class NotificationNames:
    """Where a notification tells what the public pages do not name: dotted paths, copied from Mastercard's schema."""

    purchased_at: str | None = None
    """An ISO 8601 time; without an offset it is read as UTC and marked so."""
    merchant_identifiers: tuple[tuple[str, str], ...] = ()
    """Identifier scheme and path, most precise first: `("mid", "merchant.id")`."""
    last_four: str | None = None


class _Message(msgspec.Struct, rename="camel"):
    trans_uid: str | None = None
    card_reference: str | None = None
    reference_number: str | int | None = None
    financial_network_code: str | None = None
    settlement_date: str | None = None
    cardholder_amount: Decimal | None = None
    cardholder_currency: str | int | None = None
    merchant_name: str | None = None
    issuer_response: str | None = None
    transaction_type: str | None = None
    message_type: str | None = None
    cleared: Any = None


class _Lane(msgspec.Struct, rename="camel"):
    """Enough to name the delivery and the card: all that the receiving path decodes."""

    trans_uid: str | None = None
    card_reference: str | None = None


_MESSAGE = reading.decoder(_Message)
_LANE = reading.decoder(_Lane)
_ANYTHING = reading.decoder(Any)

_ACKNOWLEDGEMENT = Acknowledgement(status=200, body=b'{"success":true}')


class MastercardAdapter:
    """Mastercard's dialect. See the module for what it takes for granted, and `names` for what it has to be told."""

    name = "mastercard"

    def __init__(self, names: NotificationNames | None = None) -> None:
        self._names = names or NotificationNames()
        paths = tuple(path for _, path in self._names.merchant_identifiers)
        self.capabilities = replace(
            _CAPABILITIES,
            identifier_schemes=tuple(scheme for scheme, _ in self._names.merchant_identifiers),
            pan_like_fields=_CAPABILITIES.pan_like_fields + paths,
        )

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check the client certificate that the proxy hands on; the body is not signed (`issuers/mutual_tls.py`)."""
        mutual_tls.verify(delivery, secrets, now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """Mastercard's `transUid`, else a hash of the body."""
        digest = hashlib.sha256(delivery.body).digest()
        try:
            lane = _LANE.decode(delivery.body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Envelope(digest.hex(), digest, None)
        return Envelope(reading.token(lane.trans_uid) or digest.hex(), digest, reading.token(lane.card_reference))

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Mastercard asks for `success` at once, before anything is validated; else it tries again for a day."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The authorization or the decline of a purchase; none for whatever is not surely one of them."""
        message = reading.read(_MESSAGE, delivery.body, _WHERE)
        kind = _kind(message)
        if kind is None:
            return ()
        whole = reading.read(_ANYTHING, delivery.body, _WHERE)
        return (_authorization(message, kind, whole, self._names),)

    def sign(
        self,
        body: bytes,  # noqa: ARG002, the contract's
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,  # noqa: ARG002, the contract's
    ) -> dict[str, str]:
        """What the proxy hands on of the sandbox certificate; `ValueError` for a secret that names another one."""
        return mutual_tls.headers_for(secret)


def _kind(message: _Message) -> EventKind | None:
    if message.cleared not in (None, False):
        return None
    if (message.message_type or "AUTH").strip().upper() not in ("AUTH", "AUTHORIZATION", "AUTHORISATION"):
        return None
    if (message.transaction_type or "PURCHASE").strip().upper() != "PURCHASE":
        return None
    decision = (message.issuer_response or "").strip().upper()
    if decision.startswith("APPROV"):
        return EventKind.AUTHORIZATION
    return EventKind.DECLINE if decision.startswith("DECLIN") else None


def _authorization(message: _Message, kind: EventKind, whole: Any, names: NotificationNames) -> CardEvent:
    statement = reading.required_token(message.trans_uid, f"{_WHERE}: $.transUid")
    if message.cardholder_amount is None or message.cardholder_currency is None:
        raise Unreadable(f"{_WHERE}: expected cardholderAmount and cardholderCurrency, one of them is missing")
    currency = currency_of(str(message.cardholder_currency), f"{_WHERE}: $.cardholderCurrency")
    amount = minor_units(message.cardholder_amount, currency)
    if amount < 0:
        raise Unreadable(f"{_WHERE}: $.cardholderAmount: expected zero or more, got {amount} minor units")
    earliest, latest, basis = _time(message, whole, names)
    return CardEvent(
        kind=kind,
        card_token=reading.required_token(message.card_reference, f"{_WHERE}: $.cardReference"),
        fact_ref=f"{kind.value}:{statement}",
        revision=0 if basis is TimeBasis.DATE else proof.microseconds(earliest),
        purchase_ref=_purchase(message, statement),
        occurred_at=earliest,
        occurred_until=latest,
        time_basis=basis,
        purchase_at=earliest,
        amount_minor=amount,
        currency=currency,
        merchant=MerchantEvidence(
            identifiers=reading.identifiers(
                *((scheme, _told(whole, path)) for scheme, path in names.merchant_identifiers)
            ),
            descriptor=message.merchant_name or None,
        ),
        last_four=_last_four(whole, names.last_four),
        card_scheme="mastercard",
    )


def _purchase(message: _Message, statement: str) -> str:
    """What a clearing of the same purchase can be matched by; the statement itself where a part of it is missing."""
    parts = (message.financial_network_code, message.reference_number, message.settlement_date)
    told = [str(part).strip() for part in parts if part is not None]
    named = reading.token(":".join(told)) if len(told) == len(parts) and all(told) else None
    return named or statement


def _time(message: _Message, whole: Any, names: NotificationNames) -> tuple[datetime, datetime, TimeBasis]:
    if names.purchased_at:
        return reading.merchant_time(_told(whole, names.purchased_at), None, f"{_WHERE}: $.{names.purchased_at}")
    text = (message.settlement_date or "").strip()
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{_WHERE}: $.settlementDate: expected an ISO 8601 date, got {text[:32]!r}") from error
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return begins, begins + _DAY, TimeBasis.DATE


def _last_four(whole: Any, path: str | None) -> str | None:
    text = _told(whole, path) if path else None
    # Written as a number they have lost their leading zeros.
    return text.zfill(4) if text and text.isascii() and text.isdigit() and len(text) <= 4 else None


def _told(whole: Any, path: str) -> str | None:
    """The text or the whole number at a dotted path, or None."""
    found = whole
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else None
