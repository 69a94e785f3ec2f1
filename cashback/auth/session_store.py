"""Sessions in the database: opened, read, seen, listed, revoked. Tokens are kept as hashes: what is stored opens none.

Reading takes one query by the hash of the token. Whoever changes what a person may do revokes their sessions in the
same transaction, so that no request that begins after it is answered as before.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Entry, Method, Role, Session, csrf_of, link_name, new_token
from cashback.db.engine import directory, fetch, transaction
from cashback.errors import NotFound, Unauthorised
from cashback.ids import show, uuid7
from cashback.programmes import audit_log

SEEN_EVERY = timedelta(minutes=1)
"""How far `seen_at` may be behind: a session that is used costs one small write a minute."""
DEVICE_MAX = 80
READ_MAX = 4
"""Cookies of one request that are looked up."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When a session ends by itself: unused for so long, and at the latest."""

    idle: timedelta
    absolute: timedelta


LINK_LIFETIME = Lifetime(idle=timedelta(hours=12), absolute=timedelta(hours=12))
LIFETIMES = {
    Role.SHOPPER: Lifetime(idle=timedelta(days=14), absolute=timedelta(days=90)),
    Role.OPERATOR: Lifetime(idle=timedelta(hours=1), absolute=timedelta(hours=12)),
}
"""Of sessions that a person signed in to; those of links live for `LINK_LIFETIME`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session and the token of its cookie, told this once."""

    session: Session
    token: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its owner sees it."""

    id: UUID
    method: Method
    device: str
    opened_at: datetime
    seen_at: datetime
    works_as: MemberRole | None = None
    """Of who came by a link to the console: there is no member to tell it."""


_OPEN = """
INSERT INTO sessions (operator_id, id, digest, role, subject_id, member_role, method, link, device, opened_at, seen_at,
    idle_seconds, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)
ON CONFLICT (operator_id, link) DO NOTHING RETURNING id
"""
_THERE = "SELECT 1 FROM shoppers WHERE operator_id = $1 AND shopper_id = $2 AND erased_at IS NULL FOR SHARE"
_IN_FORCE = "revoked_at IS NULL AND expires_at > {now} AND seen_at + make_interval(secs => idle_seconds) > {now}"
_READ = f"""
SELECT digest, operator_id, id, role, subject_id, member_role, method, opened_at, seen_at, expires_at, link
FROM sessions WHERE digest = ANY($1::bytea[]) AND {_IN_FORCE.format(now="$2")}
"""  # noqa: S608 - built from constants
_OF_LINK = "SELECT 1 FROM sessions WHERE operator_id = $1 AND link = $2"
_SEEN = """
UPDATE sessions SET seen_at = $3 WHERE operator_id = $1 AND id = $2 AND seen_at < $3 AND revoked_at IS NULL
"""
_LIST = f"""
SELECT id, method, device, opened_at, seen_at FROM sessions
WHERE operator_id = $1 AND role = $2 AND subject_id = $3 AND {_IN_FORCE.format(now="$4")} ORDER BY seen_at DESC, id
"""  # noqa: S608 - built from constants
_OF_LINKS = f"""
SELECT id, method, device, opened_at, seen_at, member_role FROM sessions
WHERE operator_id = $1 AND role = 'operator' AND subject_id IS NULL AND {_IN_FORCE.format(now="$2")}
ORDER BY seen_at DESC, id
"""  # noqa: S608 - built from constants
_REVOKE = """
UPDATE sessions SET revoked_at = $4, revoked_why = $5
WHERE operator_id = $1 AND role = $2 AND subject_id IS NOT DISTINCT FROM $3::uuid AND revoked_at IS NULL
    AND ($6::uuid IS NULL OR id = $6) AND ($7::uuid IS NULL OR id <> $7)
RETURNING id
"""


async def open_session(
    connection: AsyncConnection,
    *,
    operator_id: UUID,
    role: Role,
    subject_id: UUID | None,
    method: Method,
    device: str,
    now: datetime,
    member_role: MemberRole | None = None,
    link: bytes | None = None,
    secret: str = "",
    replaces: Session | None = None,
) -> Opened | None:
    """A session with a token that nobody had before; the one it replaces in the browser ends. `secret` signed the link.

    None when `link`, which opens one session alone, has opened one already. Unauthorised for a shopper who was erased.
    """
    if role is Role.SHOPPER and not await fetch(connection, _THERE, (operator_id, subject_id)):
        raise Unauthorised("nobody is let in by this any more", code="shopper_erased")
    lifetime = LINK_LIFETIME if method is Method.LINK else LIFETIMES[role]
    token, session_id, expires_at = new_token(), uuid7(now), now + lifetime.absolute
    idle_seconds = int(lifetime.idle.total_seconds())
    shown = "".join(letter for letter in device if letter.isprintable())[:DEVICE_MAX]
    row = (
        operator_id,
        session_id,
        _digest(token),
        role.value,
        subject_id,
        None if member_role is None else member_role.value,
        method.value,
        link,
        shown,
        now,
        idle_seconds,
        expires_at,
    )
    if not await fetch(connection, _OPEN, row):
        return None
    session = Session(session_id, role, operator_id, subject_id, member_role, method, now, expires_at, csrf_of(token))
    if replaces is not None and replaces.operator_id == operator_id:
        await revoke(connection, replaces.actor, replaces, now, why="replaced", session_id=replaces.id)
    detail = {"role": role.value, "method": method.value}
    if link is not None:
        detail |= {"link": link_name(link)} | ({"secret": secret} if secret else {})
    await audit_log.record(connection, session.actor, "session.opened", show("ses", session_id), detail, now)
    return Opened(session, token)


async def enter(
    connection: AsyncConnection, entry: Entry, *, device: str, replaces: Session | None, now: datetime
) -> Opened | None:
    """The session that a link opens; None when it has opened one already."""
    return await open_session(
        connection,
        operator_id=entry.operator_id,
        role=entry.role,
        subject_id=entry.shopper_id,
        member_role=entry.member_role,
        method=Method.LINK,
        link=entry.mark,
        secret=entry.secret,
        device=device,
        replaces=replaces,
        now=now,
    )


async def has_opened(connection: AsyncConnection, entry: Entry) -> bool:
    """Whether a link has opened its session already."""
    return bool(await fetch(connection, _OF_LINK, (entry.operator_id, entry.mark)))


async def read(engine: AsyncEngine, tokens: Sequence[str], now: datetime) -> dict[str, Session]:
    """The sessions of these tokens that are in force, by token; what was not seen for a minute is marked as seen."""
    digests = {_digest(token): token for token in tokens[:READ_MAX]}
    async with directory(engine) as connection:
        rows = await fetch(connection, _READ, (list(digests), now))
    found: dict[str, Session] = {}
    for digest, operator_id, session_id, role, subject_id, member_role, method, opened_at, seen_at, ends, _ in rows:
        token = digests[bytes(digest)]
        works_as = None if member_role is None else MemberRole(member_role)
        found[token] = Session(
            session_id,
            Role(role),
            operator_id,
            subject_id,
            works_as,
            Method(method),
            opened_at,
            ends,
            csrf_of(token),
        )
        if now - seen_at >= SEEN_EVERY:
            async with transaction(engine, operator_id) as connection:
                await connection.exec_driver_sql(_SEEN, (operator_id, session_id, now))
    return found


async def opened_by(engine: AsyncEngine, token: str, link: bytes, now: datetime) -> bool:
    """Whether the session of this token is in force and was opened by this link."""
    async with directory(engine) as connection:
        rows = await fetch(connection, _READ, ([_digest(token)], now))
    return any(row.link is not None and bytes(row.link) == link for row in rows)


async def of_subject(connection: AsyncConnection, session: Session, now: datetime) -> list[Listed]:
    """The sessions in force of whoever has this one, the last used first; only itself for who came as a role alone."""
    if session.subject_id is None:
        return []
    return await of_person(connection, session.operator_id, session.role, session.subject_id, now)


async def of_person(
    connection: AsyncConnection, operator_id: UUID, role: Role, subject_id: UUID, now: datetime
) -> list[Listed]:
    """The sessions in force of a shopper or a member, the last used first."""
    rows = await fetch(connection, _LIST, (operator_id, role.value, subject_id, now))
    return [Listed(row[0], Method(row[1]), row[2], row[3], row[4]) for row in rows]


async def of_links(connection: AsyncConnection, operator_id: UUID, now: datetime) -> list[Listed]:
    """The sessions in force of those who came to the console by a link, as a role alone; the last used first."""
    rows = await fetch(connection, _OF_LINKS, (operator_id, now))
    return [Listed(row[0], Method(row[1]), row[2], row[3], row[4], MemberRole(row[5])) for row in rows]


async def revoke(
    connection: AsyncConnection,
    actor: Actor,
    session: Session,
    now: datetime,
    *,
    why: str,
    session_id: UUID | None = None,
) -> int:
    """End one session of this session's person, or all but this one; answers how many. NotFound for what is not theirs.

    Who came as a role alone has this session and no other.
    """
    if session.subject_id is None and session_id != session.id:
        raise NotFound("there is no such session", code="unknown_session")
    kept = None if session_id is not None else session.id
    row = (session.operator_id, session.role.value, session.subject_id, now, why, session_id, kept)
    ended = await fetch(connection, _REVOKE, row)
    if session_id is not None and not ended:
        raise NotFound("there is no such session", code="unknown_session")
    for (each,) in ended:
        await audit_log.record(connection, actor, "session.revoked", show("ses", each), {"why": why}, now)
    return len(ended)


async def revoke_all(
    connection: AsyncConnection, actor: Actor, role: Role, subject_id: UUID, now: datetime, *, why: str
) -> int:
    """End every session of a person; answers how many."""
    ended = await fetch(connection, _REVOKE, (actor.operator_id, role.value, subject_id, now, why, None, None))
    for (each,) in ended:
        await audit_log.record(connection, actor, "session.revoked", show("ses", each), {"why": why}, now)
    return len(ended)


async def end(
    connection: AsyncConnection,
    actor: Actor,
    role: Role,
    subject_id: UUID | None,
    session_id: UUID,
    now: datetime,
    *,
    why: str,
) -> None:
    """End one session of somebody else's; without a subject one of a console link. NotFound for what is not theirs."""
    row = (actor.operator_id, role.value, subject_id, now, why, session_id, None)
    if not await fetch(connection, _REVOKE, row):
        raise NotFound("there is no such session", code="unknown_session")
    await audit_log.record(connection, actor, "session.revoked", show("ses", session_id), {"why": why}, now)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
