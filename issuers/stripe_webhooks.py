"""What all of Stripe's webhooks have in common: the proof by the vendor's own SDK, the envelope, the answer."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from stripe import SignatureVerificationError, WebhookSignature

from issuers import proof, reading
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused
from issuers.events import Acknowledgement, Envelope

SIGNATURE_HEADER = "stripe-signature"

_ANYTHING = reading.decoder(Any)
_CANONICAL = msgspec.json.Encoder(order="deterministic")
_ACKNOWLEDGEMENT = Acknowledgement(status=200, body=b'{"received":true}')


class StripeWebhooks:
    """Proof, envelope and answer of an endpoint of Stripe's; what its events mean is each adapter's own."""

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Let the SDK check `Stripe-Signature`, then check its stamp against `now`.

        The SDK reads the system's clock and accepts stamps of the future, so it is called without a tolerance.
        """
        usable = proof.usable_secrets(secrets)
        given = proof.header(delivery, SIGNATURE_HEADER)
        if not any(_sdk_accepts(delivery.body, given, secret) for secret in usable):
            raise SignatureRefused(f"header {SIGNATURE_HEADER} does not fit the body: expected t=<unix s>,v1=<hex>")
        stamp = next(item for item in given.split(",") if item.startswith("t="))
        proof.check_window(proof.unix_stamp(stamp[2:], SIGNATURE_HEADER) * 1_000_000, now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """The event's own id. `pending_webhooks` counts down between deliveries of one event: not in the digest."""
        hashed = hashlib.sha256(delivery.body)
        event_id = None
        try:
            event = _ANYTHING.decode(delivery.body)
            if isinstance(event, dict):
                event.pop("pending_webhooks", None)
                hashed = hashlib.sha256(_CANONICAL.encode(event))
                event_id = event.get("id")
        except (msgspec.MsgspecError, RecursionError, ValueError):
            pass
        kept = reading.token(event_id) if isinstance(event_id, str) else None
        return Envelope(kept or hashed.hexdigest(), hashed.digest(), self.lane(delivery.body))

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Any 2xx ends Stripe's retries."""
        return _ACKNOWLEDGEMENT

    def lane(self, body: bytes) -> str | None:
        """What the message is about: messages about the same thing are read in one order."""
        raise NotImplementedError

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The header of a delivery; neither URL nor event name is signed."""
        stamp = proof.microseconds(now) // 1_000_000
        signed = WebhookSignature.generate_signature_header(body.decode(), secret.decode(), timestamp=stamp)
        return {"content-type": "application/json", SIGNATURE_HEADER: signed}


def _sdk_accepts(body: bytes, given: str, secret: bytes) -> bool:
    try:
        return bool(WebhookSignature.verify_header(body, given, secret.decode(), tolerance=None))
    except (SignatureVerificationError, ValueError, TypeError):
        # ValueError: a body or secret that is not UTF-8; TypeError: a signature that is not ASCII.
        return False
