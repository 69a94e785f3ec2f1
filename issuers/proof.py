"""What every signed dialect shares: its secrets, its header, the moment it was signed and how long that is good for."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from issuers.adapter import Delivery
from issuers.errors import SignatureRefused, TimestampExpired

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WINDOW_SECONDS = 300
"""Five minutes, into the past and into the future: what Fidel, Stripe and Standard Webhooks recommend."""
_STAMP_MAX_DIGITS = 16
_BLOCK_BYTES = 64
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


class HmacKey:
    """HMAC-SHA256 under one secret, whose two key blocks are hashed once and not for every message.

    RFC 2104, section 4 describes it; for a short message it halves the work.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: bytes) -> None:
        block = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK_BYTES else secret).ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER_PAD))
        self._outer = hashlib.sha256(block.translate(_OUTER_PAD))

    def digest(self, message: bytes) -> bytes:
        """The 32 bytes of the code."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(maxsize=256)
def hmac_key(secret: bytes) -> HmacKey:
    """The prepared key of a secret; the secrets of the open connections are in memory anyway."""
    return HmacKey(secret)


def microseconds(moment: datetime) -> int:
    """An aware moment as integer microseconds since 1970-01-01 UTC."""
    return (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=256)
def usable_secrets(secrets: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The secrets that may prove something. An empty or blank one is a forgotten setting and never does."""
    usable = tuple(secret for secret in secrets if secret.strip())
    if not usable:
        raise SignatureRefused("no secret is configured for this connection, so nothing can be verified")
    return usable


def header(delivery: Delivery, name: str) -> str:
    """The value of a header the proof needs; raises `SignatureRefused` when it is missing or empty."""
    value = delivery.headers.get(name, "")
    if not value:
        raise SignatureRefused(f"header {name}: expected a value, got none")
    return value


def unix_stamp(text: str, name: str) -> int:
    """A decimal unix time of a header, in the unit the provider documents; raises `SignatureRefused`."""
    if not (text.isascii() and text.isdigit() and len(text) <= _STAMP_MAX_DIGITS):
        raise SignatureRefused(f"header {name}: expected a unix time, got {text[:32]!r}")
    return int(text)


def check_window(signed_at_us: int, now: datetime) -> None:
    """Raise `TimestampExpired` when the signature is more than five minutes away from `now`, before or after.

    Called after the signature was proven: only a genuine message is worth the word "expired".
    """
    # A float holds microseconds exactly until 2255, and is had for a third of what subtracting datetimes costs.
    age_seconds = (round(now.timestamp() * 1_000_000) - signed_at_us) / 1_000_000
    if abs(age_seconds) > WINDOW_SECONDS:
        direction = "ago" if age_seconds > 0 else "ahead"
        raise TimestampExpired(
            f"signed {abs(age_seconds):.0f} s {direction}: expected at most {WINDOW_SECONDS} s either way"
        )
