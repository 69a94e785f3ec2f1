"""Sign-in by a code that is sent to an address: ten minutes, one browser, five tries, once.

An address that is nobody's is answered alike and costs the same statements. Whoever guesses must ask for a code for
each five tries. So codes are counted by address, and once many were asked for in a day they are longer and come slower:
guessing stays hopeless however many networks do it, no mailbox is flooded, and the code that was sent still lets in.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.auth import mail
from cashback.auth.addresses import fingerprint
from cashback.auth.members import BOOTSTRAP
from cashback.auth.sessions import Role
from cashback.db.engine import fetch
from cashback.errors import TooMany, Unauthorised
from cashback.ids import uuid7
from cashback.programmes import audit_log
from webhooks.sealing import SealingKey, context

DIGITS = 8
DIGITS_LATER = 12
CODES_SHORT = 50
"""Of one address in a day; those after them have `DIGITS_LATER`."""
GAP = timedelta(minutes=1)
GAP_MAX = timedelta(hours=1)
"""Codes after `CODES_SHORT` come slower: the first `GAP` after the first code of the day, each next one twice as long
after the one before, at last `GAP_MAX`. So an address is sent at most 78 in a counted day. The chance that a guess of
them lets somebody in is below 1 in 100,000 a day: any 24 hours touch two counted days, and
2 × (50 × 5 ÷ 10⁸ + 28 × 5 ÷ 10¹²) = 0.5 in 100,000."""
DAY = timedelta(days=1)
LIFETIME = timedelta(minutes=10)
TRIES_MAX = 5
PLACE = "{code}"

_FIND: dict[Role, str] = {
    Role.SHOPPER: """
SELECT shopper_id FROM shopper_addresses WHERE operator_id = $1 AND fingerprint = $2 AND $3::timestamptz IS NOT NULL
""",
    Role.OPERATOR: """
SELECT id FROM members m WHERE operator_id = $1 AND fingerprint = $2 AND invited_at > $3 AND issuer IS NULL
    AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.operator_id = $1 AND p.role = 'operator' AND p.subject_id = m.id)
""",
}
_FORGET = "DELETE FROM sign_in_codes WHERE operator_id = $1 AND door = $2"
_MAKE = """
INSERT INTO sign_in_codes (operator_id, id, door, role, fingerprint, subject_id, digest, made_at, expires_at, joining)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_TRY = """
UPDATE sign_in_codes SET tries = tries + 1
WHERE operator_id = $1 AND door = $2 AND role = $3 AND used_at IS NULL AND expires_at > $4 AND tries < $5
RETURNING id, fingerprint, subject_id, digest, joining
"""
_USE = "UPDATE sign_in_codes SET used_at = $3 WHERE operator_id = $1 AND id = $2"
_COUNT = """
INSERT INTO sign_in_code_counts AS c (operator_id, role, fingerprint, codes, since) VALUES ($1, $2, $3, 1, $4)
ON CONFLICT (operator_id, role, fingerprint) DO UPDATE SET
    codes = CASE WHEN c.since <= $5 THEN 1 ELSE c.codes + 1 END,
    since = CASE WHEN c.since <= $5 THEN $4 ELSE c.since END
RETURNING codes, since
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a code, from one browser."""

    operator_id: UUID
    role: Role
    address: str
    """As `read_address` gave it."""
    door: bytes
    joining: bytes = b""
    """Of somebody who wants to join: what is kept, sealed, until the code is entered. It is sent to every address."""


@dataclass(frozen=True, slots=True)
class Joining:
    """The right code of an address that is nobody's yet, and what was kept with it."""

    kept: bytes


@dataclass(frozen=True, slots=True)
class Wording:
    """How the letter is worded; `PLACE` stands where the code is to be."""

    subject: str
    text: str


def earliest(codes: int) -> timedelta:
    """How long after a day's first code so many may have been sent."""
    gaps = (min(GAP * 2 ** min(number, 6), GAP_MAX) for number in range(codes - CODES_SHORT))
    return sum(gaps, timedelta(0))


async def send_code(
    connection: AsyncConnection, master: SealingKey, asked: Asked, wording: Wording, now: datetime
) -> None:
    """Make a code and mean to send it; the browser's earlier one ends. The same work for an unknown address.

    TooMany where one address was sent so many that the next comes later; the code before it goes on.
    """
    mark = fingerprint(master, asked.operator_id, asked.address)
    digits = await _digits(connection, asked, mark, now)
    found = await fetch(connection, _FIND[asked.role], (asked.operator_id, mark, now - BOOTSTRAP))
    subject_id = found[0][0] if found else None
    code, code_id = f"{secrets.randbelow(10**digits):0{digits}d}", uuid7(now)
    digest = _digest(master, asked.operator_id, code_id, code)
    until = now + LIFETIME
    await connection.exec_driver_sql(_FORGET, (asked.operator_id, asked.door))
    sealed = master.seal(asked.joining, _place(asked.operator_id, code_id)) if asked.joining else None
    row = (asked.operator_id, code_id, asked.door, asked.role.value, mark, subject_id, digest, now, until, sealed)
    await connection.exec_driver_sql(_MAKE, row)
    to = asked.address if found or asked.joining else ""
    letter = mail.Letter(to, wording.subject.replace(PLACE, code), wording.text.replace(PLACE, code))
    await mail.write(connection, asked.operator_id, master, letter, now=now, until=until)


async def try_code(
    connection: AsyncConnection,
    master: SealingKey,
    *,
    operator_id: UUID,
    role: Role,
    door: bytes,
    code: str,
    now: datetime,
) -> UUID | Joining | Unauthorised:
    """The shopper or member whom the code lets in, or who joins by it, or the refusal as a value: that it was tried
    must be committed."""
    tried = await fetch(connection, _TRY, (operator_id, door, role.value, now, TRIES_MAX))
    if not tried:
        return _wrong()
    code_id, mark, subject_id, digest, sealed = tried[0]
    right = hmac.compare_digest(_digest(master, operator_id, code_id, code), bytes(digest))
    if not right or (subject_id is None and sealed is None):
        failed = Actor(operator_id, "stranger", frozenset())
        detail = {"role": role.value, "method": "code"}
        await audit_log.record(connection, failed, "sign_in.failed", f"address:{bytes(mark)[:6].hex()}", detail, now)
        return _wrong()
    await connection.exec_driver_sql(_USE, (operator_id, code_id, now))
    if subject_id is None:
        return Joining(master.open(bytes(sealed), _place(operator_id, code_id)))
    found: UUID = subject_id
    return found


async def _digits(connection: AsyncConnection, asked: Asked, mark: bytes, now: datetime) -> int:
    """How long this code is, which is counted by this; one after the other for an address."""
    row = (asked.operator_id, asked.role.value, mark, now, now - DAY)
    codes, since = (await fetch(connection, _COUNT, row))[0]
    comes_at = since + min(earliest(codes), DAY)
    if now < comes_at:
        raise TooMany("too many codes were asked for this address", retry_after=comes_at - now)
    return DIGITS if codes <= CODES_SHORT else DIGITS_LATER


def _wrong() -> Unauthorised:
    return Unauthorised("this code is not right, or holds no more", code="code_refused")


def _place(operator_id: UUID, code_id: UUID) -> bytes:
    return context(operator_id.bytes, b"sign_in_codes", b"joining", code_id.bytes)


def _digest(master: SealingKey, operator_id: UUID, code_id: UUID, code: str) -> bytes:
    return master.fingerprint(
        code.encode("utf-8", "replace"), context(operator_id.bytes, b"sign_in_codes", code_id.bytes)
    )
