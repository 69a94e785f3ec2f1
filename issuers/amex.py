"""American Express: authorizations and settlements of enrolled cards, behind a token that the receiver issues itself.

Format: integration code of one UK card-linked operator (github.com/piukhq/zephyrus and harmonia, 2019 to 2024), read
for its facts; Amex publishes no description. Other regions and versions may differ. What a reader must know:

* Nothing signs a body. `authorization: Token <JWT>` proves only that the sender went through the handshake less than
  five minutes ago (`amex_tokens`), which it does at the connection's address with `/authorize` behind it; the
  connection's TLS has to protect the rest.
* Two naming styles tell the two messages apart: an authorization has `transaction_id` and `cm_alias`, a settlement
  `transactionId` and `cardToken`. The values of the last two are the same card token.
* The two ids of one purchase have nothing in common. What both messages carry is the card, the merchant number and
  Amex's approval code: together they are the purchase. An authorization without an approval code cannot be joined
  to its settlement and would be counted beside it, so it is kept as OTHER; its settlement makes the purchase.
* `transaction_time` is Mountain Standard Time, seven hours behind UTC all year. `transactionDate` is the time of the
  purchase too, in London's time. Neither message says when it was made, so of two on one fact no one is later.
* A settlement below zero is a refund. It belongs to the purchase whose approval code it repeats, if it repeats one.
* Amounts are in major units, as text or number. Currencies are alphabetic in one message and numeric in the other, and
  not always ISO 4217: `UKL` stands for pounds sterling.
* `dpan` carries the last four digits of a wallet's device number if a wallet paid and does not say so: it is not read.
"""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from issuers import amex_tokens, hs256, proof, reading
from issuers.adapter import Delivery
from issuers.currencies import currency_code, minor_units
from issuers.currency_numbers import currency_of_number
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)

SCHEME = "Token"
MOUNTAIN_STANDARD_TIME = "America/Phoenix"
LONDON_TIME = "Europe/London"
HANDSHAKE_EVENT = "authorize"
"""The last segment of the address at which Amex asks for its token."""
_OWN_CURRENCY_CODES = {"UKL": "GBP"}

_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=False,
    identifier_schemes=("se_number",),
    pan_like_fields=(
        "transaction_id",
        "offer_id",
        "cm_alias",
        "merchant_number",
        "transactionId",
        "offerId",
        "cardToken",
        "merchantNumber",
        "recordId",
        "partnerId",
    ),
)


class _Authorization(msgspec.Struct):
    transaction_id: str | None = None
    cm_alias: str | None = None
    transaction_time: str | None = None
    transaction_amount: Decimal | None = None
    transaction_currency: str | None = None
    merchant_number: str | None = None
    approval_code: str | None = None


class _Settlement(msgspec.Struct, rename="camel"):
    transaction_id: str | None = None
    card_token: str | None = None
    transaction_date: str | None = None
    transaction_amount: Decimal | None = None
    currency_code: str | int | None = None
    merchant_number: str | None = None
    approval_code: str | None = None


class _Shape(msgspec.Struct, rename={"settlement_id": "transactionId", "card_token": "cardToken"}):
    """Enough to tell which message a body is, and whose card it concerns."""

    transaction_id: Any = None
    cm_alias: Any = None
    settlement_id: Any = None
    card_token: Any = None

    @property
    def is_authorization(self) -> bool:
        return self.transaction_id is not None or self.cm_alias is not None

    @property
    def is_settlement(self) -> bool:
        return self.settlement_id is not None or self.card_token is not None


_SHAPE = reading.decoder(_Shape)
_AUTHORIZATION = reading.decoder(_Authorization)
_SETTLEMENT = reading.decoder(_Settlement)

_ACKNOWLEDGEMENT = Acknowledgement(status=200, body=b'{"success":true}')


class AmexAdapter:
    """Amex's dialect. See the module for what it takes for granted."""

    name = "amex"
    capabilities = _CAPABILITIES
    handshake_event = HANDSHAKE_EVENT

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check that the token is ours, under one of the secrets, and five minutes old at most. No body is signed."""
        issued = proof.usable_secrets(secrets)
        amex_tokens.check_token(hs256.presented(delivery, SCHEME), issued, now)

    def handshake(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> Acknowledgement:
        """The token that opens the deliveries of the next five minutes, for the credentials issued to Amex."""
        return Acknowledgement(status=200, body=amex_tokens.answer_handshake(delivery.body, secrets=secrets, now=now))

    def envelope(self, delivery: Delivery) -> Envelope:
        """Amex gives no event id: the id is a hash of event name and body, so it implies the content."""
        event = (delivery.event or "").encode("utf-8", "replace")
        digest = hashlib.sha256(b"%b\n%b" % (event, delivery.body)).digest()
        return Envelope(digest.hex(), digest, _card_token(delivery.body))

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """What the known operator answers."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The one fact of an authorization or a settlement, told apart by their names; none for another object."""
        shape = reading.read(_SHAPE, delivery.body, "amex message")
        if shape.is_authorization:
            return (_authorization(reading.read(_AUTHORIZATION, delivery.body, "amex authorization")),)
        if shape.is_settlement:
            return (_settlement(reading.read(_SETTLEMENT, delivery.body, "amex settlement")),)
        return ()

    def sign(
        self,
        body: bytes,  # noqa: ARG002, the contract's
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The token of a handshake at this moment; neither body nor URL nor event is signed. `ValueError` for a secret
        that holds no credentials."""
        try:
            client_id, client_secret = amex_tokens.credentials((secret,))[0]
        except SignatureRefused as error:
            raise ValueError(error.detail) from error
        token = amex_tokens.issue_token(client_id=client_id.decode(), secret=client_secret, now=now)
        return {"content-type": "application/json", hs256.AUTHORIZATION_HEADER: f"{SCHEME} {token}"}


def _card_token(body: bytes) -> str | None:
    try:
        shape = _SHAPE.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    told = shape.cm_alias if shape.is_authorization else shape.card_token
    return reading.token(told) if isinstance(told, str) else None


def _authorization(told: _Authorization) -> CardEvent:
    where = "amex authorization"
    card = reading.required_token(told.cm_alias, f"{where}: $.cm_alias")
    transaction = reading.required_token(told.transaction_id, f"{where}: $.transaction_id")
    currency = _currency(told.transaction_currency, f"{where}: $.transaction_currency")
    minor = _minor(told.transaction_amount, currency, f"{where}: $.transaction_amount")
    made_at, made_until, _ = reading.merchant_time(
        told.transaction_time, MOUNTAIN_STANDARD_TIME, f"{where}: $.transaction_time"
    )
    purchase = _purchase(card, told.merchant_number, told.approval_code)
    # An amount below zero would announce a refund; the settlement is the fact.
    counts = purchase is not None and minor >= 0
    kind = EventKind.AUTHORIZATION if counts else EventKind.OTHER
    return CardEvent(
        kind=kind,
        card_token=card,
        fact_ref=f"{kind.value}:{transaction}",
        revision=0,
        purchase_ref=purchase or transaction,
        occurred_at=made_at,
        occurred_until=made_until,
        # The zone is that of Amex's clock and never changes it, so the instant is certain.
        time_basis=TimeBasis.INSTANT,
        purchase_at=made_at,
        amount_minor=abs(minor),
        currency=currency,
        merchant=_merchant(told.merchant_number),
        card_scheme="amex",
    )


def _settlement(told: _Settlement) -> CardEvent:
    where = "amex settlement"
    card = reading.required_token(told.card_token, f"{where}: $.cardToken")
    transaction = reading.required_token(told.transaction_id, f"{where}: $.transactionId")
    currency = _currency(told.currency_code, f"{where}: $.currencyCode")
    minor = _minor(told.transaction_amount, currency, f"{where}: $.transactionAmount")
    made_at, made_until, basis = reading.merchant_time(
        told.transaction_date, LONDON_TIME, f"{where}: $.transactionDate"
    )
    purchase = _purchase(card, told.merchant_number, told.approval_code)
    is_refund = minor < 0
    kind = EventKind.REFUND if is_refund else EventKind.CLEARING
    return CardEvent(
        kind=kind,
        card_token=card,
        fact_ref=f"{kind.value}:{transaction}",
        revision=0,
        purchase_ref=transaction if is_refund else purchase or transaction,
        occurred_at=made_at,
        occurred_until=made_until,
        time_basis=basis,
        purchase_at=None if is_refund else made_at,
        amount_minor=abs(minor),
        currency=currency,
        refund_of=purchase if is_refund else None,
        merchant=_merchant(told.merchant_number),
        card_scheme="amex",
    )


def _purchase(card: str, merchant: str | None, approval: str | None) -> str | None:
    """What both messages of a purchase have in common, or None. Approval codes are short: alone they repeat."""
    place, code = (merchant or "").strip(), (approval or "").strip()
    if not place.strip("0") or not code.strip("0"):
        return None
    return reading.token(f"{card}/{place}/{code}")


def _currency(told: str | int | None, where: str) -> str:
    text = str(told or "").strip().upper()
    if not text:
        raise Unreadable(f"{where}: expected a currency, got none")
    if text.isascii() and text.isdigit():
        return currency_of_number(text)
    return currency_code(_OWN_CURRENCY_CODES.get(text, text))


def _minor(amount: Decimal | None, currency: str, where: str) -> int:
    if amount is None:
        raise Unreadable(f"{where}: expected an amount in major units, got none")
    return minor_units(amount, currency)


def _merchant(number: str | None) -> MerchantEvidence:
    return MerchantEvidence(identifiers=reading.identifiers(("se_number", number)))
