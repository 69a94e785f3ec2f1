"""Sessions of people, and the short links that open them.

Both are one kind of token: a JSON payload and its HMAC-SHA256 (RFC 2104), each in base64url. The purpose is part of
what is signed, so a link can never be used as a cookie nor a cookie as a link. Nothing is stored: what a token says
holds until it expires, and changing the key ends every session at once.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

KEY_BYTES_MIN = 32
LINK_LIFETIME_MAX = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(hours=12)
TOKEN_LENGTH_MAX = 1024
"""A longer text is refused before any work is spent on it."""

SECURE_PREFIX = "__Host-"
"""Makes the browser insist on Secure, Path=/ and no Domain (RFC 6265bis, section 4.1.3.2)."""


class Role(StrEnum):
    """What a person came as."""

    SHOPPER = "shopper"
    """Sees one wallet: their own."""
    OPERATOR = "operator"
    """Sees the live feed and the traces of one operator."""


class Purpose(StrEnum):
    """What a token is for; part of what is signed."""

    SESSION = "session"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Session:
    """Who is looking, of which operator, until when (aware UTC)."""

    role: Role
    operator_id: UUID
    shopper_id: UUID | None
    expires_at: datetime

    def __post_init__(self) -> None:
        if (self.role is Role.SHOPPER) != (self.shopper_id is not None):
            raise ValueError(f"a session names a shopper if and only if its role is shopper, got {self.role.value}")


class _Payload(msgspec.Struct, frozen=True):
    role: Role
    operator: UUID
    shopper: UUID | None
    expires: int
    """Seconds since 1970 UTC, the first at which the token no longer holds."""


class Signer:
    """Makes and opens tokens with one key. `now` is always an argument."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES_MIN:
            raise ValueError(f"the session key must have at least {KEY_BYTES_MIN} bytes, got {len(key)}")
        self._key = key

    def session_token(self, session: Session) -> str:
        """The value of the cookie."""
        return self._seal(Purpose.SESSION, session)

    def entry_token(
        self,
        *,
        role: Role,
        operator_id: UUID,
        shopper_id: UUID | None,
        now: datetime,
        lifetime: timedelta = LINK_LIFETIME_MAX,
    ) -> str:
        """The `t` of `/enter?t=…`; ValueError when it would live longer than `LINK_LIFETIME_MAX`."""
        if not timedelta(0) < lifetime <= LINK_LIFETIME_MAX:
            raise ValueError(f"an entry link lives up to {LINK_LIFETIME_MAX}, got {lifetime}")
        return self._seal(Purpose.ENTRY, Session(role, operator_id, shopper_id, now + lifetime))

    def read_session(self, token: str, now: datetime) -> Session | None:
        """The session of a cookie; None when it is forged, of another purpose or over."""
        return self._open(Purpose.SESSION, token, now)

    def enter(self, token: str, now: datetime) -> Session | None:
        """The session that an entry link opens, living `SESSION_LIFETIME` from now; None when the link is no good."""
        entry = self._open(Purpose.ENTRY, token, now)
        if entry is None:
            return None
        return Session(entry.role, entry.operator_id, entry.shopper_id, now + SESSION_LIFETIME)

    def _seal(self, purpose: Purpose, session: Session) -> str:
        payload = msgspec.json.encode(
            _Payload(session.role, session.operator_id, session.shopper_id, int(session.expires_at.timestamp()))
        )
        return f"{_encode(payload)}.{_encode(self._mac(purpose, payload))}"

    def _open(self, purpose: Purpose, token: str, now: datetime) -> Session | None:
        if len(token) > TOKEN_LENGTH_MAX:
            return None
        body, _, mac = token.partition(".")
        try:
            payload, given = _decode(body), _decode(mac)
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(self._mac(purpose, payload), given):
            return None
        read = msgspec.json.decode(payload, type=_Payload)
        expires_at = datetime.fromtimestamp(read.expires, UTC)
        return Session(read.role, read.operator, read.shopper, expires_at) if now < expires_at else None

    def _mac(self, purpose: Purpose, payload: bytes) -> bytes:
        return hmac.digest(self._key, purpose.value.encode() + b"\0" + payload, hashlib.sha256)


def cookie_name(*, role: Role, secure: bool) -> str:
    """The name of a role's cookie over https (`secure`) and over plain http on a developer's machine.

    Each role has its own, so that one browser can hold a wallet and a console open side by side.
    """
    return f"{SECURE_PREFIX if secure else ''}{role.value}-cashback"


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
