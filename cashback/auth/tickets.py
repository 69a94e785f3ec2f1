"""Tickets of single sign-on: JSON Web Tokens (RFC 7519, HS256) that say who comes, as what, and until when.

Signed by this product for a link that it was asked for, or by the operator's own system with a secret that both know.
Pure: bytes and a time in, a ticket or a refusal out. Nothing a token says is believed before its signature is proven,
but its issuer and the name of its key, which only say where to look for the key. Of one that is proven and no good
all the same, which claim is wrong may be told, and the site that frames it may show that.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from cashback.ids import parse, show

LIFETIME_MAX = timedelta(minutes=10)
"""Between `iat` and `exp`."""
CLOCKS_DIFFER = timedelta(seconds=60)
"""So far a signer's clock may be ahead of ours."""
TOKEN_LENGTH_MAX = 2_048
SECRET_BYTES = 32
OWN_KEY = "cashback"
"""Names the key of this product in a token's header."""


class Target(StrEnum):
    """Where a ticket leads."""

    WALLET = "wallet"
    """The shopper's wallet, in a session of its own."""
    EMBED = "embed"
    """The page that links a card, inside a frame of another site; no session."""


class Trouble(StrEnum):
    """Why a link is no good, as the person and the developer who made it are told."""

    EXPIRED = "link_expired"
    """Its ten minutes are over."""
    USED = "link_used"
    """It let somebody in already."""
    SIGNATURE = "link_signature"
    """No key in force signed it."""
    CLOCK = "link_clock"
    """It is dated in the future, or holds longer than a link may: a clock is wrong."""
    NOT_READ = "link_refused"
    """It is no link of ours, or names a page, a site, a shopper or an address that is not meant."""


_TROUBLES = {
    "expired": Trouble.EXPIRED,
    "replayed": Trouble.USED,
    "forged": Trouble.SIGNATURE,
    "unknown_key": Trouble.SIGNATURE,
    "unsealable": Trouble.SIGNATURE,
    "not_yet": Trouble.CLOCK,
    "lives_too_long": Trouble.CLOCK,
}


@dataclass(frozen=True, slots=True)
class Proven:
    """What is known of a token that a key in force signed, whatever else is wrong with it."""

    operator_id: UUID
    origin: str | None
    """The site that it names, as browsers write it; whether it is registered is not known here."""


class Refused(Exception):
    """A token that is no good; `code` is for logs and its maker, `trouble` for whoever shows it.

    `claim`: the one that is wrong, of a token that is `proven` alone.
    """

    def __init__(self, code: str, *, proven: Proven | None = None, claim: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.proven = proven
        self.claim = claim

    @property
    def trouble(self) -> Trouble:
        """What may be told: of a token that is not proven, no more than that it is not."""
        return _TROUBLES.get(self.code, Trouble.NOT_READ)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who comes, and what for."""

    operator_id: UUID
    shopper: str
    """The operator's own name of the shopper."""
    target: Target
    nonce: str
    """No two tickets of an operator have the same; it is used once."""
    issued_at: datetime
    expires_at: datetime
    origin: str | None = None
    """Of the site that frames the page."""
    locale: Literal["en", "fr"] | None = None
    key_name: str = OWN_KEY
    """Of the key that signed it: this product's, or a secret of the operator's."""

    @property
    def proven(self) -> Proven:
        """What a refusal of this ticket may be shown by."""
        return Proven(self.operator_id, self.origin)

    @property
    def digest(self) -> bytes:
        """What is remembered of a ticket that was used."""
        return hashlib.sha256(self.nonce.encode()).digest()


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: Literal["HS256"]
    kid: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    typ: str = "JWT"


_Second = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]


class _Claims(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    iss: str
    aud: str
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    jti: Annotated[str, msgspec.Meta(min_length=16, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
    iat: _Second
    exp: _Second
    target: Target = Target.WALLET
    origin: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    locale: Literal["en", "fr"] | None = None


class _Loose(msgspec.Struct):
    """What is read of claims before they are held against their rules."""

    iss: str
    origin: object = None


_HEADER = msgspec.json.Decoder(_Header)
_CLAIMS = msgspec.json.Decoder(_Claims)
_LOOSE = msgspec.json.Decoder(_Loose)
_CLAIM_AT = re.compile(r"\$\.(\w+)|field `([^`]{1,40})")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A token that was read and not yet proven: where its key is to be looked for."""

    operator_id: UUID
    key_name: str
    signed: bytes
    signature: bytes
    body: bytes
    """The claims, as they were signed."""
    origin: str | None

    def prove(self, keys: tuple[bytes, ...], *, audience: str, now: datetime) -> Ticket:
        """The ticket, if one of the keys signed it and it holds now, here."""
        if not any(hmac.compare_digest(hmac.digest(key, self.signed, hashlib.sha256), self.signature) for key in keys):
            raise Refused("forged")
        proven = Proven(self.operator_id, self.origin)
        try:
            claims = _CLAIMS.decode(self.body)
        except (msgspec.MsgspecError, RecursionError) as error:
            named = _CLAIM_AT.search(str(error))
            raise Refused("claims", proven=proven, claim=(named[1] or named[2]) if named else "") from None
        issued_at, expires_at = datetime.fromtimestamp(claims.iat, UTC), datetime.fromtimestamp(claims.exp, UTC)
        if claims.aud != audience:
            raise Refused("other_audience", proven=proven, claim="aud")
        if not timedelta(0) < expires_at - issued_at <= LIFETIME_MAX:
            raise Refused("lives_too_long", proven=proven, claim="exp")
        if issued_at > now + CLOCKS_DIFFER:
            raise Refused("not_yet", proven=proven, claim="iat")
        if now >= expires_at:
            raise Refused("expired", proven=proven)
        if (claims.target is Target.EMBED) != (claims.origin is not None):
            raise Refused("origin_and_target", proven=proven, claim="origin")
        return Ticket(
            operator_id=self.operator_id,
            shopper=claims.sub,
            target=claims.target,
            nonce=claims.jti,
            issued_at=issued_at,
            expires_at=expires_at,
            origin=self.origin,
            locale=claims.locale,
            key_name=self.key_name,
        )


def sign(ticket: Ticket, *, key: bytes, key_name: str, audience: str) -> str:
    """The token of a ticket."""
    claims = _Claims(
        iss=show("opr", ticket.operator_id),
        aud=audience,
        sub=ticket.shopper,
        jti=ticket.nonce,
        iat=int(ticket.issued_at.timestamp()),
        exp=int(ticket.expires_at.timestamp()),
        target=ticket.target,
        origin=ticket.origin,
        locale=ticket.locale,
    )
    head = msgspec.json.encode(_Header("HS256", key_name))
    signed = _encode(head) + b"." + _encode(msgspec.json.encode(claims))
    return (signed + b"." + _encode(hmac.digest(key, signed, hashlib.sha256))).decode()


def read(token: str) -> Sealed:
    """A token's parts; Refused for what is none of these tokens."""
    if len(token) > TOKEN_LENGTH_MAX or token.count(".") != 2:
        raise Refused("malformed")
    try:
        head, body, mac = (_decode(part) for part in token.encode("ascii").split(b"."))
        header, claims = _HEADER.decode(head), _LOOSE.decode(body)
        operator_id = parse("opr", claims.iss)
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError, ValueError, RecursionError):
        raise Refused("malformed") from None
    if header.typ.upper() != "JWT":
        raise Refused("malformed")
    origin = plain_origin(claims.origin) if isinstance(claims.origin, str) else None
    return Sealed(operator_id, header.kid, token.rpartition(".")[0].encode(), mac, body, origin)


def plain_origin(origin: str) -> str:
    """A site as browsers write it: the port that its scheme has by itself is never said."""
    site, _, port = origin.rpartition(":")
    return site if (origin.partition(":")[0], port) in (("https", "443"), ("http", "80")) else origin


def _encode(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _decode(text: bytes) -> bytes:
    raw = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(raw) != text:
        raise ValueError("not the shortest way to write it")
    return raw
