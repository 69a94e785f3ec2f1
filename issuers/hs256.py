"""JSON Web Tokens signed with HMAC-SHA256 (RFC 7515 and 7519, `alg` HS256), as two of the networks use them.

Nothing of a token is read before its signature is proven, and what it says of its own algorithm is never followed: a
token that claims another one is refused.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import msgspec

from issuers import proof
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused

AUTHORIZATION_HEADER = "authorization"
_HEADER = b'{"alg":"HS256","typ":"JWT"}'
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999 in unix seconds: beyond it no claim is a time."""


class Claims(msgspec.Struct, frozen=True):
    """The registered claims that the networks use (RFC 7519, section 4.1); times are unix seconds."""

    iss: str | None = None
    sub: str | None = None
    aud: Any = None
    exp: int | float | None = None
    nbf: int | float | None = None
    iat: int | float | None = None


class _Header(msgspec.Struct, frozen=True):
    alg: str
    crit: Any = None


_DECODE_HEADER = msgspec.json.Decoder(_Header)
_DECODE_CLAIMS = msgspec.json.Decoder(Claims)


def encoded(claims: Mapping[str, str | int], secret: bytes) -> str:
    """A token with these claims in this order, signed with `secret`."""
    signed = _base64url(_HEADER) + b"." + _base64url(msgspec.json.encode(claims))
    return (signed + b"." + _signature(signed, secret)).decode()


def presented(delivery: Delivery, scheme: str) -> str:
    """The token in `authorization: <scheme> <token>`; raises `SignatureRefused`. The scheme's case does not matter."""
    given, _, token = proof.header(delivery, AUTHORIZATION_HEADER).partition(" ")
    if given.lower() != scheme.lower() or not token:
        raise SignatureRefused(f"header {AUTHORIZATION_HEADER}: expected {scheme} and a token")
    return token


def proven(token: str, secrets: tuple[bytes, ...]) -> Claims:
    """The claims of a token that one of the usable secrets signed; raises `SignatureRefused`. Times are not checked."""
    head, _, rest = token.partition(".")
    body, _, given = rest.partition(".")
    signed = f"{head}.{body}".encode("utf-8", "replace")
    theirs = given.encode("utf-8", "replace")
    if not any(hmac.compare_digest(_signature(signed, secret), theirs) for secret in secrets):
        raise SignatureRefused(f"header {AUTHORIZATION_HEADER}: the token was not signed with this connection's secret")
    try:
        header = _DECODE_HEADER.decode(_opened(head))
        claims = _DECODE_CLAIMS.decode(_opened(body))
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SignatureRefused(f"header {AUTHORIZATION_HEADER}: the token is none: {str(error)[:120]}") from error
    if header.alg != "HS256" or header.crit is not None:
        raise SignatureRefused(
            f"header {AUTHORIZATION_HEADER}: expected alg HS256 and no crit, got {header.alg[:16]!r}"
        )
    return claims


def microseconds(claim: int | float | None, name: str) -> int:
    """A time claim as microseconds since 1970; raises `SignatureRefused` where it is missing or no time."""
    if claim is None or not 0 <= claim <= _LAST_SECOND:
        raise SignatureRefused(f"claim {name}: expected unix seconds")
    return round(claim * 1_000_000)


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _opened(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _signature(signed: bytes, secret: bytes) -> bytes:
    return _base64url(proof.hmac_key(secret).digest(signed))
