"""Amex's handshake: the receiver itself issues the token that Amex then shows with every message.

Amex posts `{"client_id", "client_secret"}` to an endpoint of the receiver's and gets `{"api_key": <token>}`, an HS256
JWT with `exp, nbf, iss, aud, iat, sub` that is good for 300 seconds (seen in the integration code of one UK operator,
github.com/piukhq/zephyrus). The client secret is the key of the token as well.

The secret of such a connection is the text `<client id>:<client secret>`, both issued to Amex by the operator, the
client secret of at least 16 visible ASCII characters: nobody gets to one by trying, so tries need not be counted and
nobody can lock Amex out by making them. While credentials are rotated there are two. All pure: HTTP is the receiver's.
"""

import hmac
import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from issuers import hs256, proof
from issuers.errors import SignatureRefused, TimestampExpired

LIFETIME_SECONDS = 300
ISSUER = "rewards-receiver"
AUDIENCE = "amex-messages"
"""Neither is Amex's affair. They keep a token made for another purpose under the same secret from passing here."""
HANDSHAKE_MAX_BYTES = 4096

_SECRET = re.compile(rb"([!-9;-~]{1,128}):([!-~]{16,})")
_EXPECTED = "<client id>:<client secret of at least 16 characters>"


class Credentials(NamedTuple):
    """What was issued to Amex."""

    client_id: bytes
    client_secret: bytes


class _Handshake(msgspec.Struct):
    client_id: str
    client_secret: str


_DECODE = msgspec.json.Decoder(_Handshake)


def credentials(secrets: tuple[bytes, ...]) -> tuple[Credentials, ...]:
    """What the secrets of a connection say; raises `SignatureRefused` when none of them says it."""
    return _credentials(proof.usable_secrets(secrets))


def answer_handshake(body: bytes, *, secrets: tuple[bytes, ...], now: datetime) -> bytes:
    """The JSON answer to Amex's handshake, with a token under the client secret that Amex showed.

    Raises `SignatureRefused`, with the status 403, for other credentials, for a body that has none and when no secret
    is configured. Every comparison takes the same time whatever is shown, and all of them are made.
    """
    try:
        issued = credentials(secrets)
        shown = _DECODE.decode(body[: HANDSHAKE_MAX_BYTES + 1])
    except SignatureRefused as refusal:
        raise SignatureRefused(f"amex handshake: {refusal.detail}", status=403) from refusal
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SignatureRefused("amex handshake: expected client_id and client_secret as texts", status=403) from error
    client_id = shown.client_id.encode("utf-8", "replace")
    secret = shown.client_secret.encode("utf-8", "replace")
    fits = [
        hmac.compare_digest(client_id, each.client_id) & hmac.compare_digest(secret, each.client_secret)
        for each in issued
    ]
    if not any(fits):
        raise SignatureRefused("amex handshake: client_id or client_secret is not the one issued to Amex", status=403)
    token = issue_token(client_id=shown.client_id, secret=secret, now=now)
    return msgspec.json.encode({"api_key": token})


def issue_token(*, client_id: str, secret: bytes, now: datetime) -> str:
    """A token for `client_id`, good from `now` for 300 seconds."""
    issued_at = proof.microseconds(now) // 1_000_000
    claims: dict[str, str | int] = {
        "exp": issued_at + LIFETIME_SECONDS,
        "nbf": issued_at,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": issued_at,
        "sub": client_id,
    }
    return hs256.encoded(claims, secret)


def check_token(token: str, secrets: tuple[bytes, ...], now: datetime) -> None:
    """Raise `SignatureRefused` or `TimestampExpired` unless `issue_token` made it for one of the secrets' credentials.

    A token may seem up to five minutes early: two machines of the receiver's need not agree on the time.
    """
    issued = credentials(secrets)
    claims = hs256.proven(token, tuple(each.client_secret for each in issued))
    if claims.iss != ISSUER or claims.aud != AUDIENCE or not claims.sub:
        raise SignatureRefused(f"the token: expected iss {ISSUER}, aud {AUDIENCE} and a sub")
    if claims.sub.encode("utf-8", "replace") not in [each.client_id for each in issued]:
        raise SignatureRefused("the token: expected its sub to be the client id issued to Amex")
    issued_at_us = hs256.microseconds(claims.iat, "iat")
    begins_at_us = hs256.microseconds(claims.nbf, "nbf")
    expires_at_us = hs256.microseconds(claims.exp, "exp")
    proof.check_window(issued_at_us, now)
    proof.check_window(begins_at_us, now)
    if proof.microseconds(now) > expires_at_us:
        raise TimestampExpired("the token: it has expired by its exp")


@lru_cache(maxsize=256)
def _credentials(usable: tuple[bytes, ...]) -> tuple[Credentials, ...]:
    found = [_SECRET.fullmatch(secret) for secret in usable]
    issued = tuple(Credentials(parts[1], parts[2]) for parts in found if parts is not None)
    if not issued:
        raise SignatureRefused(f"no secret of this connection can be used: expected {_EXPECTED}")
    return issued
