"""Signatures of messages after Standard Webhooks 1.0.0: made for what goes out, checked for who asks why not.

What is signed is `id.timestamp.body`, where the timestamp is that of the attempt. `v1` is HMAC-SHA256 under a secret
that both sides know (`whsec_`); `v1a` is ed25519, whose public half (`whpk_`) may be known to anybody. While a secret
is being rotated a message carries the signatures of the old and of the new one.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SECRET_PREFIX, PRIVATE_PREFIX, PUBLIC_PREFIX = "whsec_", "whsk_", "whpk_"
SECRET_BYTES_MIN, SECRET_BYTES_MAX, SECRET_BYTES = 24, 64, 32
ED25519_BYTES = 32
TOLERANCE = timedelta(minutes=5)
"""How far the timestamp of a message may be from the receiver's clock, either way."""
ID_MAX = 255
"""Characters of a message's id."""
SIGNATURES_MAX = 16
"""Signatures of one header that are looked at."""

SIGNATURE_BYTES = {"v1": 32, "v1a": 64}
_LAST_SECOND = 253_402_300_799
"""Of the year 9999."""

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class Secret(msgspec.Struct, frozen=True):
    """One secret of an endpoint. `key` is the HMAC key, or the private half of an ed25519 pair."""

    scheme: str
    """`v1` or `v1a`."""
    key: bytes
    until: datetime | None = None
    """When it stops signing, because another one took its place; None: it does not."""

    def told(self) -> str:
        """What the receiver needs: the shared secret of `v1`, the public key of `v1a`."""
        if self.scheme == "v1":
            return SECRET_PREFIX + base64.b64encode(self.key).decode()
        return PUBLIC_PREFIX + base64.b64encode(_public(self.key)).decode()

    def __repr__(self) -> str:
        return f"Secret({self.scheme})"


class Refused(Exception):
    """A message that does not prove its sender; `code` is stable and `detail` says what was expected."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def new_secret(scheme: str = "v1") -> Secret:
    """A secret that nobody has seen; ValueError for a scheme other than `v1` and `v1a`."""
    if scheme not in ("v1", "v1a"):
        raise ValueError(f"a signature's scheme is v1 or v1a, got {scheme[:20]!r}")
    return Secret(scheme, secrets.token_bytes(SECRET_BYTES if scheme == "v1" else ED25519_BYTES))


def read_secret(text: str) -> Secret:
    """A secret as it is written; ValueError tells what is wrong with it, and never quotes it."""
    for prefix, scheme, least, most in (
        (SECRET_PREFIX, "v1", SECRET_BYTES_MIN, SECRET_BYTES_MAX),
        (PRIVATE_PREFIX, "v1a", ED25519_BYTES, ED25519_BYTES),
    ):
        if text.startswith(prefix):
            key = _base64(text.removeprefix(prefix))
            if key is None or not least <= len(key) <= most:
                raise ValueError(f"behind {prefix} are expected {least} to {most} bytes in base64")
            return Secret(scheme, key)
    raise ValueError(f"a secret begins with {SECRET_PREFIX}, or {PRIVATE_PREFIX} for ed25519")


def sign(keys: Iterable[Secret], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt: signatures by every secret that has not ended, in the order given.

    ValueError when none signs any more, and for an id that could be read in two ways.
    """
    if not 1 <= len(message_id) <= ID_MAX or "." in message_id or not message_id.isascii():
        raise ValueError(f"a message's id has 1 to {ID_MAX} ASCII characters and no dot")
    timestamp = str(int(at.timestamp()))
    content = _content(message_id, timestamp, body)
    made = [_signature(each, content) for each in keys if each.until is None or each.until > at]
    if not made:
        raise ValueError("no secret of this endpoint signs any more")
    return {ID: message_id, TIMESTAMP: timestamp, SIGNATURE: " ".join(made)}


def verify(
    known: str, headers: Mapping[str, str], body: bytes, now: datetime, *, tolerance: timedelta = TOLERANCE
) -> None:
    """Check a message as its receiver would; `known` is a `whsec_` secret, or the `whpk_` or
    `whsk_` half of an ed25519 pair.

    Raises `Refused` with a code: missing_header, malformed, too_old, too_new, no_match. ValueError for a `known` that
    is neither.
    """
    given = {name.lower(): value for name, value in headers.items()}
    missing = next((name for name in (ID, TIMESTAMP, SIGNATURE) if not given.get(name)), None)
    if missing is not None:
        raise Refused("missing_header", f"the header {missing} is missing")
    message_id, timestamp, told = given[ID], given[TIMESTAMP], given[SIGNATURE]
    if len(message_id) > ID_MAX or "." in message_id:
        raise Refused("malformed", f"{ID}: expected up to {ID_MAX} characters without a dot")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Refused("malformed", f"{TIMESTAMP}: expected seconds since 1970, got {timestamp[:20]!r}")
    apart = now.timestamp() - int(timestamp)
    if abs(apart) > tolerance.total_seconds():
        late = apart > 0
        raise Refused(
            "too_old" if late else "too_new",
            f"{TIMESTAMP} is {abs(apart):.0f} s {'behind' if late else 'ahead of'} the clock, "
            f"at most {tolerance.total_seconds():.0f} s are accepted",
        )
    matches = _matcher(known)
    content = _content(message_id, timestamp, body)
    offered = told.split(" ")[:SIGNATURES_MAX]
    if not any(matches(each, content) for each in offered):
        raise _unmatched(offered, matches.scheme)


def proves(secret: Secret, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures of a message, whose headers are written in small letters, is this secret's.

    Whatever the time is, and whether or not the secret has ended.
    """
    key = secret.key if secret.scheme == "v1" else _public(secret.key)
    matches, content = _Matcher(secret.scheme, key), _content(headers[ID], headers[TIMESTAMP], body)
    return any(matches(each, content) for each in headers[SIGNATURE].split(" ")[:SIGNATURES_MAX])


def instant_of(headers: Mapping[str, str]) -> datetime:
    """When a message says that it was signed, aware UTC; headers are those that `verify` has read."""
    return datetime.fromtimestamp(min(int(headers[TIMESTAMP]), _LAST_SECOND), UTC)


def _unmatched(offered: Sequence[str], scheme: str) -> Refused:
    """Why none of the signatures is one: malformed where none could be, else no_match."""
    flaws = [_flaw(each) for each in offered]
    if all(flaws):
        return Refused("malformed", f"{SIGNATURE}: {flaws[0]}")
    schemes = {each.partition(",")[0] for each, flaw in zip(offered, flaws, strict=True) if flaw is None}
    if scheme not in schemes:
        told = ", ".join(sorted(schemes))
        return Refused("no_match", f"the message is signed by {told} alone, and this secret is one of {scheme}")
    return Refused("no_match", f"none of {len(offered)} signatures is one of this body under this secret")


def _flaw(offered: str) -> str | None:
    """What keeps this from being a signature of anything; None: nothing."""
    scheme, comma, text = offered.partition(",")
    size = SIGNATURE_BYTES.get(scheme)
    if not comma or size is None:
        return "expected 'v1,' or 'v1a,' and a signature in base64"
    signature = _base64(text)
    if signature is None:
        return f"behind '{scheme},' are expected {size} bytes in base64, got {len(text)} characters that are none"
    return None if len(signature) == size else f"the signature has {len(signature)} bytes, expected {size}"


def _matcher(known: str) -> "_Matcher":
    if known.startswith(PUBLIC_PREFIX):
        key = _base64(known.removeprefix(PUBLIC_PREFIX))
        if key is None or len(key) != ED25519_BYTES:
            raise ValueError(f"behind {PUBLIC_PREFIX} are expected {ED25519_BYTES} bytes in base64")
        return _Matcher("v1a", key)
    if not known.startswith((SECRET_PREFIX, PRIVATE_PREFIX)):
        raise ValueError(
            f"expected {SECRET_PREFIX} and a secret, or {PUBLIC_PREFIX} or {PRIVATE_PREFIX} and a key of ed25519"
        )
    secret = read_secret(known)
    return _Matcher("v1", secret.key) if secret.scheme == "v1" else _Matcher("v1a", _public(secret.key))


class _Matcher:
    """Compares signatures of one scheme with what its key makes of the content."""

    def __init__(self, scheme: str, key: bytes) -> None:
        self.scheme, self._key = scheme, key

    def __call__(self, offered: str, content: bytes) -> bool:
        scheme, _, text = offered.partition(",")
        signature = _base64(text)
        if scheme != self.scheme or signature is None:
            return False
        if scheme == "v1":
            return hmac.compare_digest(signature, hmac.digest(self._key, content, sha256))
        try:
            Ed25519PublicKey.from_public_bytes(self._key).verify(signature, content)
        except InvalidSignature:
            return False
        return True


def _signature(secret: Secret, content: bytes) -> str:
    if secret.scheme == "v1":
        made = hmac.digest(secret.key, content, sha256)
    else:
        made = Ed25519PrivateKey.from_private_bytes(secret.key).sign(content)
    return f"{secret.scheme},{base64.b64encode(made).decode()}"


def _content(message_id: str, timestamp: str, body: bytes) -> bytes:
    return b"%b.%b.%b" % (message_id.encode("utf-8", "replace"), timestamp.encode(), body)


def _public(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _base64(text: str) -> bytes | None:
    """The bytes, or None for anything that is not strict base64: one signature has one way to be written."""
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return octets if base64.b64encode(octets).decode() == text else None
