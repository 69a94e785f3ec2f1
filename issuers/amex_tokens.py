"""Amex's handshake: the receiver itself issues the token that Amex then shows with every message.

Amex posts `{"client_id", "client_secret"}` to an endpoint of the receiver's and gets `{"api_key": <token>}`, an HS256
JWT with `exp, nbf, iss, aud, iat, sub` that is good for 300 seconds (seen in the integration code of one UK operator,
github.com/piukhq/zephyrus). The client secret is the key of the token as well, so a connection keeps one secret and a
rotation is two of them for a while. All pure: the endpoint belongs to whoever serves HTTP.
"""

import hmac
from datetime import datetime

import msgspec

from issuers import hs256, proof
from issuers.errors import SignatureRefused, TimestampExpired

LIFETIME_SECONDS = 300
ISSUER = "rewards-receiver"
AUDIENCE = "amex-messages"
"""Neither is Amex's affair. They keep a token made for another purpose under the same secret from passing here."""


class _Handshake(msgspec.Struct):
    client_id: str
    client_secret: str


_DECODE = msgspec.json.Decoder(_Handshake)


def answer_handshake(body: bytes, *, client_id: str, secrets: tuple[bytes, ...], now: datetime) -> bytes:
    """The JSON answer to Amex's handshake, with a token under the secret that Amex showed.

    Raises `SignatureRefused` for other credentials, for a body that has none and when no secret is configured; answer
    that with a 403. Every comparison takes the same time whatever is shown.
    """
    usable = proof.usable_secrets(secrets)
    try:
        shown = _DECODE.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SignatureRefused("amex handshake: expected client_id and client_secret as texts") from error
    right_client = hmac.compare_digest(shown.client_id.encode("utf-8", "replace"), client_id.encode())
    secret = shown.client_secret.encode("utf-8", "replace")
    right_secret = sum(hmac.compare_digest(secret, each) for each in usable) > 0
    if not (client_id and right_client and right_secret):
        raise SignatureRefused("amex handshake: client_id or client_secret is not the one issued to Amex")
    return msgspec.json.encode({"api_key": issue_token(client_id=client_id, secret=secret, now=now)})


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
    """Raise `SignatureRefused` or `TimestampExpired` unless `issue_token` made it under one of the usable secrets.

    A token may seem up to five minutes early: two machines of the receiver's need not agree on the time.
    """
    claims = hs256.proven(token, secrets)
    if claims.iss != ISSUER or claims.aud != AUDIENCE or not claims.sub:
        raise SignatureRefused(f"the token: expected iss {ISSUER}, aud {AUDIENCE} and a sub")
    issued_at_us = hs256.microseconds(claims.iat, "iat")
    begins_at_us = hs256.microseconds(claims.nbf, "nbf")
    expires_at_us = hs256.microseconds(claims.exp, "exp")
    proof.check_window(issued_at_us, now)
    proof.check_window(begins_at_us, now)
    if proof.microseconds(now) > expires_at_us:
        raise TimestampExpired("the token: it has expired by its exp")
