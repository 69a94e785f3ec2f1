"""Standard Webhooks: proof and signature of the networks that sign as it says.

Format: github.com/standard-webhooks/standard-webhooks. Headers `webhook-id` (the same for every delivery of one event),
`webhook-timestamp` (unix seconds) and `webhook-signature`, a space-separated list of `v1,<base64 of HMAC-SHA256>` over
`<id>.<timestamp>.<body>`; five minutes of tolerance either way. A secret is the text `whsec_<base64 of the key>`.
"""

import hmac
from base64 import b64decode, b64encode
from datetime import datetime

from issuers import proof
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
_SECRET_PREFIX = b"whsec_"
_SIGNATURES_MAX = 16


def verify(delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
    """Check that one signature of the list was made with one of the secrets, and that it is fresh.

    Raises `SignatureRefused` or `TimestampExpired`.
    """
    usable = proof.usable_secrets(secrets)
    message_id = proof.header(delivery, ID_HEADER)
    stamp = proof.header(delivery, TIMESTAMP_HEADER)
    signed_at = proof.unix_stamp(stamp, TIMESTAMP_HEADER)
    given = proof.header(delivery, SIGNATURE_HEADER).split(" ")[:_SIGNATURES_MAX]
    signatures = [item[3:].encode("utf-8", "replace") for item in given if item.startswith("v1,")]
    signed = _signed(message_id, stamp, delivery.body)
    expected = [_signature(signed, key) for key in map(_key, usable) if key]
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures):
        raise SignatureRefused(f"header {SIGNATURE_HEADER}: expected v1,<base64> that fits id, timestamp and body")
    proof.check_window(signed_at * 1_000_000, now)


def sign(body: bytes, *, secret: bytes, message_id: str, now: datetime) -> dict[str, str]:
    """The three headers of a delivery and its content type. `ValueError` when the secret is not `whsec_<base64>`."""
    key = _key(secret)
    if not key:
        raise ValueError("secret: expected whsec_ and base64 of at least one byte")
    stamp = str(proof.microseconds(now) // 1_000_000)
    return {
        "content-type": "application/json",
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: stamp,
        SIGNATURE_HEADER: "v1," + _signature(_signed(message_id, stamp, body), key).decode(),
    }


def _key(secret: bytes) -> bytes:
    """The key inside a textual secret; empty, and so never used, when the text is not one."""
    if not secret.startswith(_SECRET_PREFIX):
        return b""
    try:
        return b64decode(secret[len(_SECRET_PREFIX) :], validate=True)
    except ValueError:
        return b""


def _signed(message_id: str, stamp: str, body: bytes) -> bytes:
    return f"{message_id}.{stamp}.".encode("utf-8", "replace") + body


def _signature(signed: bytes, key: bytes) -> bytes:
    return b64encode(proof.hmac_key(key).digest(signed))
