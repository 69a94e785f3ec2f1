"""The people of an operator: invited by their address, with one role each. A change of them ends their sessions.

Nobody gives a role that may do more than they may themselves, and the last admin stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.auth import keys, session_store
from cashback.auth.addresses import fingerprint, read_address
from cashback.auth.keys import KeyView
from cashback.auth.roles import SCOPES, MemberRole
from cashback.auth.sessions import Role, member_name
from cashback.db.engine import fetch
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import parse, show, uuid7
from cashback.programmes import audit_log
from webhooks.sealing import SealingKey, context

NAME_MAX = 80
MEMBERS_MAX = 1_000
"""Of one operator."""
BOOTSTRAP = timedelta(days=7)
"""For so long after the invitation a member without a passkey may sign in by a code."""

_COLUMNS = "id, sealed, role, invited_by, invited_at, joined_at"
_LIST = f"""
SELECT {_COLUMNS}, (SELECT count(*) FROM passkeys p WHERE p.operator_id = m.operator_id AND p.role = 'operator'
    AND p.subject_id = m.id), issuer IS NOT NULL
FROM members m WHERE operator_id = $1 AND removed_at IS NULL ORDER BY invited_at, id
"""  # noqa: S608 - built from constants
_INVITE = """
INSERT INTO members (operator_id, id, sealed, fingerprint, role, invited_by, invited_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (operator_id, fingerprint) DO NOTHING RETURNING id
"""
_COUNT = "SELECT count(*) FROM members WHERE operator_id = $1 AND removed_at IS NULL"
_NAMES = "SELECT id, sealed FROM members WHERE operator_id = $1 AND id = ANY($2::uuid[]) AND removed_at IS NULL"
_OF_ROLES = "SELECT id, sealed FROM members WHERE operator_id = $1 AND role = ANY($2::text[]) AND removed_at IS NULL"
_LOCK_OPERATOR = "SELECT 1 FROM operators WHERE operator_id = $1 FOR NO KEY UPDATE"
_ROLES = "SELECT id, role FROM members WHERE operator_id = $1 AND removed_at IS NULL ORDER BY id FOR UPDATE"
_BY_ADDRESS = "SELECT id FROM members WHERE operator_id = $1 AND fingerprint = $2"
_SET_ROLE = "UPDATE members SET role = $3 WHERE operator_id = $1 AND id = $2"
_REMOVE = """
UPDATE members SET removed_at = $3, sealed = ''::bytea, fingerprint = NULL, issuer = NULL, subject = NULL
WHERE operator_id = $1 AND id = $2
"""
_RESET = "UPDATE members SET invited_at = $3, issuer = NULL, subject = NULL WHERE operator_id = $1 AND id = $2"
_FORGET_PASSKEYS = "DELETE FROM passkeys WHERE operator_id = $1 AND role = 'operator' AND subject_id = $2"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works for the operator."""

    id: UUID
    name: str
    address: str
    role: MemberRole
    invited_by: str
    invited_at: datetime
    joined_at: datetime | None
    passkeys: int
    vouched: bool
    """Whether the operator's identity provider has vouched for them."""


@dataclass(frozen=True, slots=True)
class KeysLeft:
    """The keys in force that a member made, by themselves or through one of these; seen by who may see keys."""

    number: int
    seen: Sequence[KeyView]


async def list_members(connection: AsyncConnection, actor: Actor, master: SealingKey) -> list[Member]:
    """Everybody, the longest invited first."""
    _may(actor)
    rows = await fetch(connection, _LIST, (actor.operator_id,))
    return [_member(row, actor.operator_id, master) for row in rows]


async def names_of(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, actors: Iterable[str]
) -> dict[str, str]:
    """By what the audit log calls them: the names of those of these actors who are members now."""
    ids = {}
    for each in set(actors):
        kind, _, named = each.partition(":")
        if kind == "member":
            ids[parse("mem", named)] = each
    found = {}
    for member_id, sealed in await fetch(connection, _NAMES, (operator_id, list(ids))) if ids else ():
        opened = master.open(bytes(sealed), _place(operator_id, member_id))
        found[ids[member_id]] = msgspec.json.decode(opened, type=tuple[str, str])[0]
    return found


async def addresses_of(connection: AsyncConnection, operator_id: UUID, master: SealingKey, scope: Scope) -> list[str]:
    """The addresses of everybody whose role holds a scope."""
    roles = [role.value for role, scopes in SCOPES.items() if scope in scopes]
    return [
        msgspec.json.decode(master.open(bytes(sealed), _place(operator_id, member_id)), type=tuple[str, str])[1]
        for member_id, sealed in await fetch(connection, _OF_ROLES, (operator_id, roles))
    ]


async def invite(
    connection: AsyncConnection,
    actor: Actor,
    master: SealingKey,
    *,
    address: str,
    name: str,
    role: MemberRole,
    now: datetime,
) -> UUID:
    """Let somebody sign in, by a code for the first seven days. Conflict if they are a member already."""
    _may(actor)
    _may_give(actor, role)
    plain, shown = read_address(address), " ".join(name.split())
    if not 1 <= len(shown) <= NAME_MAX or not shown.isprintable():
        raise Invalid(f"name: expected 1 to {NAME_MAX} printable characters", code="bad_name")
    await fetch(connection, _LOCK_OPERATOR, (actor.operator_id,))
    if (await fetch(connection, _COUNT, (actor.operator_id,)))[0][0] >= MEMBERS_MAX:
        raise Conflict(f"an operator has at most {MEMBERS_MAX} members", code="too_many_members")
    member_id = uuid7(now)
    sealed = master.seal(msgspec.json.encode([shown, plain]), _place(actor.operator_id, member_id))
    mark = fingerprint(master, actor.operator_id, plain)
    row = (actor.operator_id, member_id, sealed, mark, role.value, actor.name, now)
    if not await fetch(connection, _INVITE, row):
        raise Conflict("somebody with this address is a member already", code="member_exists")
    await audit_log.record(connection, actor, "member.invited", show("mem", member_id), {"role": role.value}, now)
    return member_id


async def find(connection: AsyncConnection, actor: Actor, master: SealingKey, address: str) -> UUID:
    """The member of this address, or NotFound."""
    _may(actor)
    mark = fingerprint(master, actor.operator_id, read_address(address))
    rows = await fetch(connection, _BY_ADDRESS, (actor.operator_id, mark))
    if not rows:
        raise NotFound("there is no member with this address", code="unknown_member")
    found: UUID = rows[0][0]
    return found


async def change_role(
    connection: AsyncConnection, actor: Actor, member_id: UUID, role: MemberRole, now: datetime
) -> bool:
    """Let a member work as something else, and end their sessions; False if they did already."""
    _may(actor)
    before = await _lock(connection, actor, member_id, stays_admin=role is MemberRole.ADMIN)
    _may_give(actor, role)
    _may_give(actor, before)
    if before is role:
        return False
    await connection.exec_driver_sql(_SET_ROLE, (actor.operator_id, member_id, role.value))
    await session_store.revoke_all(connection, actor, Role.OPERATOR, member_id, now, why="role changed")
    detail = {"from": before.value, "to": role.value}
    await audit_log.record(connection, actor, "member.role_changed", show("mem", member_id), detail, now)
    return True


async def remove(
    connection: AsyncConnection, actor: Actor, member_id: UUID, now: datetime, *, revoke_keys: bool = False
) -> KeysLeft:
    """Let somebody in no more: sessions end, passkeys, name and address are forgotten. What they did stays told.

    Answers the keys in force that they made. With `revoke_keys` these open nothing from now on either; otherwise
    whoever has them goes on.
    """
    _may(actor)
    _may_give(actor, await _lock(connection, actor, member_id, stays_admin=False))
    await connection.exec_driver_sql(_REMOVE, (actor.operator_id, member_id, now))
    await connection.exec_driver_sql(_FORGET_PASSKEYS, (actor.operator_id, member_id))
    await session_store.revoke_all(connection, actor, Role.OPERATOR, member_id, now, why="removed")
    await audit_log.record(connection, actor, "member.removed", show("mem", member_id), {}, now)
    if revoke_keys:
        ended = await keys.revoke_made_by(connection, actor, member_name(member_id), now)
        return KeysLeft(len(ended), ended)
    return await keys_left(connection, actor, member_id, now)


async def keys_left(connection: AsyncConnection, actor: Actor, member_id: UUID, now: datetime) -> KeysLeft:
    """The keys in force that go on when a member leaves."""
    maker = member_name(member_id)
    if actor.may(Scope.KEYS):
        made = await keys.keys_made_by(connection, actor, maker, now)
        return KeysLeft(len(made), made)
    return KeysLeft(await keys.count_made_by(connection, actor.operator_id, maker, now), [])


async def reset(connection: AsyncConnection, actor: Actor, member_id: UUID, now: datetime) -> None:
    """Let a member who lost their passkey begin anew, as if just invited: passkeys are forgotten, sessions end."""
    _may(actor)
    _may_give(actor, await _lock(connection, actor, member_id, stays_admin=True))
    await connection.exec_driver_sql(_RESET, (actor.operator_id, member_id, now))
    await connection.exec_driver_sql(_FORGET_PASSKEYS, (actor.operator_id, member_id))
    await session_store.revoke_all(connection, actor, Role.OPERATOR, member_id, now, why="reset")
    await audit_log.record(connection, actor, "member.reset", show("mem", member_id), {}, now)


async def _lock(connection: AsyncConnection, actor: Actor, member_id: UUID, *, stays_admin: bool) -> MemberRole:
    """Hold all members, so that of two admins who remove each other one stays; the role of this one."""
    roles = {row[0]: MemberRole(row[1]) for row in await fetch(connection, _ROLES, (actor.operator_id,))}
    if member_id not in roles:
        raise NotFound("there is no such member", code="unknown_member")
    admins = [each for each, role in roles.items() if role is MemberRole.ADMIN]
    if admins == [member_id] and not stays_admin:
        raise Conflict("this is the last admin: make somebody else one first", code="last_admin")
    return roles[member_id]


def _may(actor: Actor) -> None:
    if not actor.may(Scope.TEAM):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.TEAM.value!r}", code="scope_missing")


def _may_give(actor: Actor, role: MemberRole) -> None:
    lacking = sorted(scope for scope in SCOPES[role] if not actor.may(scope))
    if lacking:
        raise Forbidden(
            f"{actor.name} cannot decide about the role {role.value!r}: it may {lacking[0].value!r}",
            code="role_too_high",
        )


def _member(row: Sequence[Any], operator_id: UUID, master: SealingKey) -> Member:
    member_id, sealed, role, invited_by, invited_at, joined_at, passkeys, vouched = row
    opened = master.open(bytes(sealed), _place(operator_id, member_id))
    name, address = msgspec.json.decode(opened, type=tuple[str, str])
    return Member(
        member_id,
        name,
        address,
        MemberRole(role),
        invited_by,
        invited_at,
        joined_at,
        passkeys,
        vouched,
    )


def _place(operator_id: UUID, member_id: UUID) -> bytes:
    return context(operator_id.bytes, b"members", b"sealed", member_id.bytes)
