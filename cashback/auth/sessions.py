"""What a session is, the names of its cookies, and the short links that open one.

A session lives in the database (`session_store`); its cookie holds a random token and says nothing. A link is a JSON
payload and its HMAC-SHA256 (RFC 2104), each in base64url; it opens one session, once.
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from cashback.actors import Actor
from cashback.auth.roles import SCOPES, MemberRole
from cashback.ids import show

KEY_BYTES_MIN = 32
LINK_LIFETIME_MAX = timedelta(minutes=10)
TOKEN_LENGTH_MAX = 1024
"""A longer text is refused before any work is spent on it."""
_NONCE_BYTES = 12

SECURE_PREFIX = "__Host-"
"""Makes the browser insist on Secure, Path=/ and no Domain (RFC 6265bis, section 4.1.3.2)."""


class Role(StrEnum):
    """What a person came as."""

    SHOPPER = "shopper"
    """Sees one wallet: their own."""
    OPERATOR = "operator"
    """Works for one operator, as a `MemberRole`."""


class Method(StrEnum):
    """How a person proved who they are."""

    LINK = "link"
    """By a link of the operator's own application, of the command line or of the demonstration."""
    CODE = "code"
    """By a code that was sent to their address."""
    PASSKEY = "passkey"
    OIDC = "oidc"
    """By the operator's identity provider."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is looking, of which operator, until when (aware UTC)."""

    id: UUID
    role: Role
    operator_id: UUID
    subject_id: UUID | None
    """The shopper or the member; None for who came by a link as a role alone."""
    member_role: MemberRole | None
    """Set if and only if the role is operator."""
    method: Method
    opened_at: datetime
    expires_at: datetime
    csrf: str
    """What a form of one of this session's pages carries."""

    @property
    def shopper_id(self) -> UUID | None:
        """The shopper of a shopper's session."""
        return self.subject_id if self.role is Role.SHOPPER else None

    @property
    def actor(self) -> Actor:
        """Who acts by this session: `shopper:<id>`, `member:<id>`, or `link:<role>` of who came by a link alone."""
        if self.role is Role.SHOPPER:
            assert self.subject_id is not None, "a shopper's session names its shopper"
            return Actor(self.operator_id, f"shopper:{show('shp', self.subject_id)}", frozenset(), self.subject_id)
        assert self.member_role is not None, "an operator's session has a role"
        name = f"link:{self.member_role}" if self.subject_id is None else member_name(self.subject_id)
        return Actor(self.operator_id, name, SCOPES[self.member_role])


def link_name(mark: bytes) -> str:
    """What the audit log calls a link: made of its mark, and of no use for following it."""
    return mark[:12].hex()


def member_name(member_id: UUID) -> str:
    """What the audit log and rules of four eyes call a member."""
    return f"member:{show('mem', member_id)}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a link says."""

    role: Role
    operator_id: UUID
    shopper_id: UUID | None
    member_role: MemberRole | None
    expires_at: datetime
    mark: bytes
    """Names this link among all."""
    secret: str = ""
    """Of the operator's own, that signed it; empty for a link that this product made."""


class _Payload(msgspec.Struct, frozen=True):
    role: Role
    operator: UUID
    shopper: UUID | None
    works_as: MemberRole | None
    nonce: str
    expires: int
    """Seconds since 1970 UTC, the first at which the link no longer holds."""


class Signer:
    """Makes and reads links with one key. `now` is always an argument."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES_MIN:
            raise ValueError(f"the session key must have at least {KEY_BYTES_MIN} bytes, got {len(key)}")
        self._key = key

    def entry_token(
        self,
        *,
        role: Role,
        operator_id: UUID,
        shopper_id: UUID | None,
        now: datetime,
        lifetime: timedelta = LINK_LIFETIME_MAX,
        member_role: MemberRole | None = None,
    ) -> str:
        """The `t` of `/enter?t=…`; ValueError when it would live longer than `LINK_LIFETIME_MAX`.

        `member_role` is what an operator's link lets somebody work as, admin if left out.
        """
        if not timedelta(0) < lifetime <= LINK_LIFETIME_MAX:
            raise ValueError(f"an entry link lives up to {LINK_LIFETIME_MAX}, got {lifetime}")
        if (role is Role.SHOPPER) != (shopper_id is not None):
            raise ValueError(f"a link names a shopper if and only if its role is shopper, got {role.value}")
        works_as = (member_role or MemberRole.ADMIN) if role is Role.OPERATOR else None
        expires = int((now + lifetime).timestamp())
        nonce = _encode(os.urandom(_NONCE_BYTES))
        payload = msgspec.json.encode(_Payload(role, operator_id, shopper_id, works_as, nonce, expires))
        return f"{_encode(payload)}.{_encode(self._mac(payload))}"

    def read_entry(self, token: str, now: datetime) -> Entry | None:
        """What a link says; None when it is forged or over. Whether it was used already, the database knows."""
        if len(token) > TOKEN_LENGTH_MAX:
            return None
        body, _, mac = token.partition(".")
        try:
            payload, given = _decode(body), _decode(mac)
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(self._mac(payload), given):
            return None
        read = msgspec.json.decode(payload, type=_Payload)
        expires_at = datetime.fromtimestamp(read.expires, UTC)
        if now >= expires_at:
            return None
        return Entry(
            read.role, read.operator, read.shopper, read.works_as, expires_at, hashlib.sha256(payload).digest()
        )

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, b"entry\0" + payload, hashlib.sha256)


def cookie_name(*, role: Role, secure: bool) -> str:
    """The name of a role's cookie over https (`secure`) and over plain http on a developer's machine.

    Each role has its own, so that one browser can hold a wallet and a console open side by side.
    """
    return f"{SECURE_PREFIX if secure else ''}{role.value}-cashback"


def door_cookie_name(*, secure: bool) -> str:
    """The name of the cookie of a browser that is signing in: it ties codes, challenges and forms to that browser."""
    return f"{SECURE_PREFIX if secure else ''}door-cashback"


def csrf_of(token: str) -> str:
    """What the forms of a cookie's pages carry: made of its token, of no use for finding the token."""
    return _encode(hashlib.sha256(b"csrf\0" + token.encode()).digest())


def new_token() -> str:
    """256 random bits in base64url."""
    return _encode(os.urandom(32))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
