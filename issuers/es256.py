"""JSON Web Tokens signed with ECDSA on P-256 (RFC 7515 and 7518, `alg` ES256), and the keys they are checked with.

A key is a JSON Web Key (RFC 7517) as its owner hands it out. Nothing of a token but the name of its key is read before
its signature is proven, and a token that claims another algorithm is refused.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from issuers.errors import SignatureRefused, UnknownKey

_NUMBER_BYTES = 32
_TOKEN_MAX = 4096
_HASH = ec.ECDSA(hashes.SHA256())


class Key(msgspec.Struct, frozen=True):
    """The members of a JSON Web Key that are used. `d` is there only where somebody signs: in a sandbox."""

    kid: str
    kty: str
    crv: str
    x: str
    y: str
    alg: str = "ES256"
    d: str | None = None
    expired_at: int | None = None
    """Unix seconds after which the owner no longer signs with it; None for a key in use."""


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str
    crit: Any = None


_DECODE_KEY = msgspec.json.Decoder(Key)
_DECODE_HEADER = msgspec.json.Decoder(_Header)


@lru_cache(maxsize=256)
def key_of(secret: bytes) -> tuple[Key, ec.EllipticCurvePublicKey] | None:
    """The key in a secret, or None where there is none on P-256."""
    try:
        key = _DECODE_KEY.decode(secret)
        if (key.kty, key.crv, key.alg) != ("EC", "P-256", "ES256"):
            return None
        numbers = ec.EllipticCurvePublicNumbers(_number(key.x), _number(key.y), ec.SECP256R1())
        return key, numbers.public_key()
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def proven(token: str, secrets: tuple[bytes, ...]) -> tuple[Key, bytes]:
    """The key that signed a token and the token's claims as JSON; raises `SignatureRefused`. Times are not checked."""
    if len(token) > _TOKEN_MAX:
        raise SignatureRefused(f"token: expected at most {_TOKEN_MAX} characters")
    head, _, rest = token.partition(".")
    claims, _, signature = rest.partition(".")
    try:
        header = _DECODE_HEADER.decode(_bytes(head))
        raw = _bytes(signature)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SignatureRefused("token: expected three parts in base64url, header, claims and signature") from error
    if header.alg != "ES256" or header.crit is not None:
        raise SignatureRefused(f"token: expected alg ES256 and nothing critical, got {header.alg[:16]!r}")
    known = [found for found in map(key_of, secrets) if found is not None and found[0].kid == header.kid]
    if not known:
        raise UnknownKey(f"token: the key {header.kid[:64]!r} is none of this connection's yet", header.kid)
    if len(raw) == 2 * _NUMBER_BYTES:
        der = encode_dss_signature(
            int.from_bytes(raw[:_NUMBER_BYTES], "big"), int.from_bytes(raw[_NUMBER_BYTES:], "big")
        )
        for key, public in known:
            try:
                public.verify(der, f"{head}.{claims}".encode(), _HASH)
                return key, _bytes(claims)
            except (InvalidSignature, ValueError):
                continue
    raise SignatureRefused("token: the signature is not that of the key it names")


def signed(claims: Any, secret: bytes) -> str:
    """A token with these claims; `ValueError` for a secret without a private key."""
    found = key_of(secret)
    if found is None or not found[0].d:
        raise ValueError("expected a JSON Web Key on P-256 with its private part `d`")
    key, public = found
    private = ec.EllipticCurvePrivateNumbers(_number(key.d or ""), public.public_numbers()).private_key()
    header = msgspec.json.encode({"alg": "ES256", "kid": key.kid, "typ": "JWT"})
    text = f"{_text(header)}.{_text(msgspec.json.encode(claims))}"
    r, s = decode_dss_signature(private.sign(text.encode(), _HASH))
    return f"{text}.{_text(r.to_bytes(_NUMBER_BYTES, 'big') + s.to_bytes(_NUMBER_BYTES, 'big'))}"


def _bytes(text: str) -> bytes:
    """What a text says in base64url without padding, written in the one way there is: a last character whose unused
    bits are set, or one that readers skip, would be another token with the same signature."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if text.isascii() else b""
    if _text(raw) != text:
        raise ValueError("expected base64url without padding, in its canonical form")
    return raw


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
