"""Passkeys (WebAuthn level 3): added within a session, used to sign in without saying who one is.

Synced passkeys count nothing, so what stops a replay is the challenge: it is forgotten by the first answer, right or
wrong. An answer counts for one origin, one relying party and the browser that asked. User verification is required.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from cashback.auth import challenges
from cashback.auth.challenges import Purpose
from cashback.auth.sessions import Role, Session
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid, NotFound, Unauthorised
from cashback.ids import show, uuid7
from cashback.programmes import audit_log
from webhooks.sealing import SealingKey

PASSKEYS_MAX = 10
"""Of one person."""
ANSWER_MAX = 16 * 1024
CHALLENGE_BYTES = 32
HANDLE_BYTES = 16
"""Of somebody whose account is opened by the answer; nobody is looked up by it."""

_OF_SUBJECT = """
SELECT id, credential_id, label, added_at, used_at FROM passkeys
WHERE operator_id = $1 AND role = $2 AND subject_id = $3 ORDER BY added_at, id
"""
_ADD = """
INSERT INTO passkeys (operator_id, id, credential_id, role, subject_id, public_key, sign_count, backed_up, label,
    added_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (operator_id, credential_id) DO NOTHING RETURNING id
"""
_FIND = """
SELECT id, subject_id, public_key, sign_count FROM passkeys
WHERE operator_id = $1 AND role = $2 AND credential_id = $3
"""
_USED = """
UPDATE passkeys SET sign_count = $4, used_at = $5 WHERE operator_id = $1 AND id = $2 AND sign_count = $3 RETURNING id
"""
_REMOVE = "DELETE FROM passkeys WHERE operator_id = $1 AND role = $2 AND subject_id = $3 AND id = $4 RETURNING id"


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks for a passkey: the relying party's domain and the origin of its pages."""

    domain: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    id: UUID
    credential_id: bytes
    label: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose passkey answered, and what is to be written once they are let in."""

    passkey_id: UUID
    subject_id: UUID
    count_before: int
    count_now: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of an answer: its challenge, which is used up, and the passkey that it names."""

    answer: str
    challenge: bytes
    row: Any


def party_of(public_url: str) -> Party | None:
    """The relying party of an address; None where browsers know no passkeys: under an IP address, or without TLS."""
    parts = urlsplit(public_url)
    domain = parts.hostname or ""
    named = not domain.replace(".", "").isdigit() and ":" not in domain and domain != ""
    if not named or (parts.scheme != "https" and domain != "localhost"):
        return None
    return Party(domain, f"{parts.scheme}://{parts.netloc}")


async def of_subject(connection: AsyncConnection, session: Session) -> list[Passkey]:
    """The passkeys of whoever has this session, the oldest first."""
    rows = await fetch(connection, _OF_SUBJECT, (session.operator_id, session.role.value, session.subject_id))
    return [Passkey(row[0], bytes(row[1]), row[2], row[3], row[4]) for row in rows]


async def ask_to_add(
    connection: AsyncConnection, session: Session, party: Party, *, centre: str, name: str, now: datetime
) -> str:
    """The options of `navigator.credentials.create` as JSON; Conflict for who has ten already."""
    assert session.subject_id is not None, "who came as a role alone has no passkeys"
    held = await of_subject(connection, session)
    if len(held) >= PASSKEYS_MAX:
        raise Conflict(f"nobody has more than {PASSKEYS_MAX} passkeys: remove one first", code="too_many_passkeys")
    challenge = os.urandom(CHALLENGE_BYTES)
    await challenges.give(
        connection, session.operator_id, Purpose.PASSKEY_ADD, challenge, holder=session.id.bytes, now=now
    )
    known = [PublicKeyCredentialDescriptor(id=each.credential_id) for each in held]
    return _options(party, challenge, session.subject_id.bytes, centre=centre, name=name, known=known)


async def ask_to_join(
    connection: AsyncConnection,
    operator_id: UUID,
    party: Party,
    *,
    door: bytes,
    kept: bytes,
    master: SealingKey,
    centre: str,
    now: datetime,
) -> str:
    """The same for somebody who has no account yet; `kept` is sealed beside the challenge until the answer comes."""
    challenge = os.urandom(CHALLENGE_BYTES)
    await challenges.give(
        connection,
        operator_id,
        Purpose.PASSKEY_JOIN,
        challenge,
        holder=door,
        now=now,
        remembered=kept,
        master=master,
    )
    return _options(party, challenge, os.urandom(HANDLE_BYTES), centre=centre, name=centre, known=[])


def _options(
    party: Party,
    challenge: bytes,
    handle: bytes,
    *,
    centre: str,
    name: str,
    known: list[PublicKeyCredentialDescriptor],
) -> str:
    return options_to_json(
        generate_registration_options(
            rp_id=party.domain,
            rp_name=centre,
            user_id=handle,
            user_name=name,
            user_display_name=name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=known,
        )
    )


async def take_to_add(connection: AsyncConnection, session: Session, answer: str, now: datetime) -> Known | None:
    """Use up the challenge of an answer; None for one that was not this session's, or is over. To be committed."""
    challenge = _challenge(answer, adding=True)
    remembered = await challenges.take(
        connection, session.operator_id, Purpose.PASSKEY_ADD, challenge, holder=session.id.bytes, now=now
    )
    return None if remembered is None else Known(answer, challenge, None)


async def take_to_join(
    connection: AsyncConnection, operator_id: UUID, answer: str, *, door: bytes, master: SealingKey, now: datetime
) -> tuple[Known, bytes] | None:
    """The same of somebody who joins, with what was kept; None for an answer that was not this browser's."""
    challenge = _challenge(answer, adding=True)
    kept = await challenges.take(
        connection, operator_id, Purpose.PASSKEY_JOIN, challenge, holder=door, now=now, master=master
    )
    return None if kept is None else (Known(answer, challenge, None), kept)


def verified(known: Known, party: Party) -> VerifiedRegistration:
    """A new passkey whose answer holds; Invalid for one that does not verify."""
    try:
        return verify_registration_response(
            credential=known.answer,
            expected_challenge=known.challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise Invalid("this passkey does not verify", code="passkey_refused") from error


async def add(
    connection: AsyncConnection, session: Session, made: VerifiedRegistration, *, label: str, now: datetime
) -> UUID:
    """Keep a new passkey of whoever has this session. Conflict for one that is kept already."""
    assert session.subject_id is not None, "who came as a role alone has no passkeys"
    passkey_id = uuid7(now)
    row = (
        session.operator_id,
        passkey_id,
        made.credential_id,
        session.role.value,
        session.subject_id,
        made.credential_public_key,
        made.sign_count,
        made.credential_backed_up,
        label,
        now,
    )
    if not await fetch(connection, _ADD, row):
        raise Conflict("this passkey is kept already", code="passkey_known")
    await audit_log.record(connection, session.actor, "passkey.added", show("psk", passkey_id), {"label": label}, now)
    return passkey_id


async def remove(connection: AsyncConnection, session: Session, passkey_id: UUID, now: datetime) -> None:
    """Forget one of one's own passkeys; NotFound for any other."""
    row = (session.operator_id, session.role.value, session.subject_id, passkey_id)
    if not await fetch(connection, _REMOVE, row):
        raise NotFound("there is no such passkey", code="unknown_passkey")
    await audit_log.record(connection, session.actor, "passkey.removed", show("psk", passkey_id), {}, now)


async def ask_to_sign_in(
    connection: AsyncConnection, operator_id: UUID, party: Party, *, door: bytes, now: datetime
) -> str:
    """The options of `navigator.credentials.get` as JSON: the same for everybody, since they name no passkey."""
    challenge = os.urandom(CHALLENGE_BYTES)
    await challenges.give(connection, operator_id, Purpose.PASSKEY_SIGN_IN, challenge, holder=door, now=now)
    return options_to_json(
        generate_authentication_options(
            rp_id=party.domain, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
    )


async def take_to_sign_in(
    connection: AsyncConnection, operator_id: UUID, role: Role, answer: str, *, door: bytes, now: datetime
) -> Known | None:
    """Use up the challenge of an answer, and find its passkey; None for a challenge of another browser, or of none.

    To be committed before the answer is judged: an answer that does not verify has used it up all the same.
    """
    challenge = _challenge(answer, adding=False)
    remembered = await challenges.take(
        connection, operator_id, Purpose.PASSKEY_SIGN_IN, challenge, holder=door, now=now
    )
    if remembered is None:
        return None
    rows = await fetch(
        connection, _FIND, (operator_id, role.value, parse_authentication_credential_json(answer).raw_id)
    )
    return Known(answer, challenge, rows[0] if rows else None)


def judge(known: Known | None, party: Party) -> Proven:
    """Whose passkey it is. Unauthorised, always in the same words, for an answer that lets nobody in."""
    if known is None or known.row is None:
        raise Unauthorised("this passkey lets nobody in here", code="passkey_refused")
    passkey_id, subject_id, public_key, count = known.row
    try:
        verified = verify_authentication_response(
            credential=known.answer,
            expected_challenge=known.challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            credential_public_key=bytes(public_key),
            credential_current_sign_count=count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise Unauthorised("this passkey lets nobody in here", code="passkey_refused") from error
    return Proven(passkey_id, subject_id, count, verified.new_sign_count)


async def use(connection: AsyncConnection, operator_id: UUID, proven: Proven, now: datetime) -> None:
    """Write down that it was used; Unauthorised if it was removed, or used by somebody else, since it was read."""
    row = (operator_id, proven.passkey_id, proven.count_before, proven.count_now, now)
    if not await fetch(connection, _USED, row):
        raise Unauthorised("this passkey lets nobody in here", code="passkey_refused")


def _challenge(answer: str, *, adding: bool) -> bytes:
    """What an answer claims to answer. Invalid for what is no answer of an authenticator."""
    if len(answer) > ANSWER_MAX:
        raise Invalid(f"an answer of a passkey has at most {ANSWER_MAX} characters", code="bad_passkey_answer")
    try:
        parsed: Any = (
            parse_registration_credential_json(answer) if adding else parse_authentication_credential_json(answer)
        )
        return parse_client_data_json(parsed.response.client_data_json).challenge
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Invalid("expected the answer of a passkey as JSON", code="bad_passkey_answer") from error
