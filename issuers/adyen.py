"""Adyen Issuing: events of the issuer itself. The current transfer webhooks (version 4) and the older payment ones.

Format: github.com/Adyen/adyen-openapi (2026-07-01), docs.adyen.com/issuing/webhook-types. What a reader must know:

* The two generations tell the same payments under different ids: register one of them.
* The signature covers the raw body and nothing else: no URL, no time. An old message verifies for ever; only its id
  keeps it from counting twice.
* A relayed authorisation asks for a decision about the cardholder's money and tells no time. It states nothing; do
  not register this endpoint for it.
* The card is the payment instrument's id. Messages show neither its last digits nor its network.
"""

import hashlib
import hmac
from binascii import b2a_base64
from datetime import datetime
from functools import lru_cache

import msgspec

from issuers import proof, reading
from issuers.adapter import Delivery
from issuers.adyen_parts import SCHEMES, Reference
from issuers.adyen_payments import PAYMENT_TYPES, payment_facts
from issuers.adyen_transfers import TRANSFER_TYPES, transfer_facts
from issuers.errors import SignatureRefused
from issuers.events import Acknowledgement, Capabilities, CardEvent, Envelope

SIGNATURE_HEADER = "hmacsignature"

_IDENTIFIERS = (
    "id",
    "paymentId",
    "eventId",
    "paymentInstrument.id",
    "merchantData.acquirerId",
    "merchantData.merchantId",
    "counterparty.merchant.acquirerId",
    "counterparty.merchant.merchantId",
    "schemeTraceId",
    "schemeUniqueTransactionId",
    "categoryData.schemeTraceId",
    "categoryData.schemeUniqueTransactionId",
    "events.id",
    "events.arn",
    "events.transactionId",
)
_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=SCHEMES,
    # A relayed authorisation has its fields at the top.
    pan_like_fields=(*(f"data.{field}" for field in _IDENTIFIERS), *_IDENTIFIERS),
)


class _Head(msgspec.Struct):
    type: str


class _LaneData(msgspec.Struct, rename="camel"):
    event_id: str | None = None
    sequence_number: int | None = None
    payment_instrument: Reference | None = None


class _Lane(msgspec.Struct, rename="camel"):
    data: _LaneData | None = None
    payment_instrument: Reference | None = None


_HEAD = reading.decoder(_Head)
_LANE = reading.decoder(_Lane)

_ACKNOWLEDGEMENT = Acknowledgement(status=200)


class AdyenAdapter:
    """Adyen Issuing's dialect. See the module for what it takes for granted."""

    name = "adyen"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:  # noqa: ARG002, no time
        """Check `HmacSignature` over the raw body. A secret is the key as Adyen shows it, in hex digits."""
        usable = proof.usable_secrets(secrets)
        given = proof.header(delivery, SIGNATURE_HEADER).encode("utf-8", "replace")
        for secret in usable:
            key = _key(secret)
            if key is not None and hmac.compare_digest(_signature(delivery.body, key), given):
                return
        raise SignatureRefused(f"header {SIGNATURE_HEADER} does not fit the body: expected base64 under a hex key")

    def envelope(self, delivery: Delivery) -> Envelope:
        """The id of the latest event with the number of the webhook, else a hash of the body.

        The number is there because a webhook may be sent without a new event.
        """
        digest = hashlib.sha256(delivery.body).digest()
        try:
            lane = _LANE.decode(delivery.body)
            data = lane.data or _LaneData()
            delivery_id = reading.token(f"{data.event_id}/{data.sequence_number or 0}" if data.event_id else None)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Envelope(digest.hex(), digest, None)
        card = data.payment_instrument or lane.payment_instrument
        return Envelope(delivery_id or digest.hex(), digest, reading.token(card.id) if card else None)

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Any 2xx accepts."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The facts of a transfer or of a payment; none of any other webhook of a balance platform."""
        event = reading.read(_HEAD, delivery.body, "adyen webhook").type
        if event in TRANSFER_TYPES:
            return transfer_facts(delivery.body)
        if event in PAYMENT_TYPES:
            return payment_facts(delivery.body)
        return ()

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,  # noqa: ARG002, no time is signed
    ) -> dict[str, str]:
        """The header of a delivery. `ValueError` for a secret that is no key."""
        key = _key(secret)
        if key is None:
            raise ValueError("secret: expected a key of at least one byte in hex digits")
        return {"content-type": "application/json", SIGNATURE_HEADER: _signature(body, key).decode()}


@lru_cache(maxsize=256)
def _key(secret: bytes) -> bytes | None:
    try:
        return bytes.fromhex(secret.decode("ascii").strip()) or None
    except ValueError:
        return None


def _signature(body: bytes, key: bytes) -> bytes:
    return b2a_base64(proof.hmac_key(key).digest(body), newline=False)
