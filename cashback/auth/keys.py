"""API keys: random, shown once, kept as a hash, limited to scopes, replaceable with an overlap, revocable.

A key has 256 random bits, so a plain SHA-256 keeps it safe: there is nothing to guess (unlike a password).
"""

import base64
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import directory, fetch, transaction
from cashback.errors import Conflict, Invalid, NotFound, ScopeMissing, Unauthorised
from cashback.ids import show, uuid7
from cashback.programmes import audit_log

PREFIX = "ck_"
"""Every key begins so; new ones say their mode too: `ck_live_…`, `ck_test_…`."""
KEY_BYTES = 32
HINT_LETTERS = 4
"""Of the end of a key, shown in lists so that people can tell keys apart; 236 bits stay unknown."""
OVERLAP = timedelta(hours=24)
"""How long a key goes on opening after it was replaced, unless told otherwise."""
OVERLAP_MAX = timedelta(days=30)
KEYS_MAX = 200
"""In force at the same time, those that replace one another counted once."""
KEYS_LISTED = 500
"""At once, where nobody says how many."""

_UNKNOWN = "this API key is not known, or was revoked"
"""Alike for both: who presents a key learns nothing of whose it was."""

_COLUMNS = "id, label, scopes::text, hint, created_at, created_by, replaces, last_used_at, revoked_at, refused_at"
_CREATE = """
INSERT INTO api_keys (operator_id, id, label, digest, scopes, created_at, created_by, hint, replaces, family)
SELECT $1, $2::uuid, $3, $4, $5::jsonb, $6, $7, $8, $9::uuid,
    coalesce((SELECT family FROM api_keys WHERE operator_id = $1 AND id = $9::uuid), $2::uuid)
"""
_FIND = """
SELECT operator_id, id, family, label, scopes::text, revoked_at, mode FROM api_keys JOIN operators USING (operator_id)
WHERE digest = $1
"""
_REFUSED = """
UPDATE api_keys SET refused_at = $3
WHERE operator_id = $1 AND id = $2 AND (refused_at IS NULL OR refused_at < $3::timestamptz - interval '1 minute')
"""
_LOCK_LABELS = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_LABELS = "SELECT label FROM api_keys WHERE operator_id = $1 AND (revoked_at IS NULL OR revoked_at > $2)"
_MODE = "SELECT mode FROM operators WHERE operator_id = $1"
_REVOKE = """
UPDATE api_keys SET revoked_at = $3
WHERE operator_id = $1 AND label = $2 AND (revoked_at IS NULL OR revoked_at > $3) RETURNING id
"""
_OF_LABEL = f"""
SELECT {_COLUMNS} FROM api_keys WHERE operator_id = $1 AND label = $2 AND (revoked_at IS NULL OR revoked_at > $3)
ORDER BY created_at, id FOR UPDATE
"""  # noqa: S608 - built from constants
_REVOKE_ONE = """
UPDATE api_keys SET revoked_at = $3
WHERE operator_id = $1 AND id = $2 AND (revoked_at IS NULL OR revoked_at > $3) RETURNING label
"""
_LIST = f"""
SELECT {_COLUMNS} FROM api_keys
WHERE operator_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
ORDER BY created_at DESC, id DESC LIMIT $4
"""  # noqa: S608 - fixed
_BY_DIGEST = f"SELECT {_COLUMNS} FROM api_keys WHERE operator_id = $1 AND digest = $2"  # noqa: S608 - fixed
_LOCK = f"SELECT {_COLUMNS} FROM api_keys WHERE operator_id = $1 AND id = $2 FOR UPDATE"  # noqa: S608 - fixed
# A label is one key's at a time: what a key made was made while it opened. What replaces a key stands for it.
_MADE_BY = f"""
WITH RECURSIVE made AS (
    SELECT id, family, label, created_at, revoked_at FROM api_keys WHERE operator_id = $1 AND created_by = $2
    UNION
    SELECT k.id, k.family, k.label, k.created_at, k.revoked_at FROM made m JOIN api_keys k ON k.operator_id = $1
        AND k.created_at >= m.created_at AND (k.family = m.family
            OR (k.created_by = 'key:' || m.label AND (m.revoked_at IS NULL OR k.created_at <= m.revoked_at))))
SELECT {_COLUMNS} FROM api_keys
WHERE operator_id = $1 AND id IN (SELECT id FROM made) AND (revoked_at IS NULL OR revoked_at > $3)
ORDER BY created_at, id FOR UPDATE
"""  # noqa: S608 - built from constants
_IN_FORCE = "SELECT 1 FROM api_keys WHERE operator_id = $1 AND id = $2 AND (revoked_at IS NULL OR revoked_at > $3)"
_USED = """
UPDATE api_keys AS k SET last_used_at = u.at
FROM unnest($2::uuid[], $3::timestamptz[]) AS u (id, at)
WHERE k.operator_id = $1 AND k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.at - interval '1 minute')
"""


class KeyRevoked(Unauthorised):
    """A key that was known and opens nothing any more; `holder` is as whom it acted, without any scope."""

    code = "api_key_unknown"

    def __init__(self, detail: str, holder: Actor) -> None:
        super().__init__(detail)
        self.holder = holder


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as people see it: everything but the key."""

    id: UUID
    label: str
    scopes: tuple[Scope, ...]
    hint: str
    """`ck_…7f2a`; empty of keys that were made before it was kept."""
    created_at: datetime
    created_by: str
    replaces: UUID | None
    last_used_at: datetime | None
    """To the minute."""
    revoked_at: datetime | None
    """From then on it opens nothing; ahead of now while a replaced key still does."""
    refused_at: datetime | None

    def opens(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.revoked_at is None or self.revoked_at > now


async def create_key(
    connection: AsyncConnection,
    actor: Actor,
    *,
    label: str,
    scopes: Iterable[Scope],
    now: datetime,
    replaces: UUID | None = None,
) -> str:
    """A new key, told this once. A key never gets the system's scope, nor one that its maker lacks.

    Conflict for the label of another key that still opens: in logs and lists a label is one key, with those that it
    replaced.
    """
    wanted = sorted(set(scopes))
    if not 1 <= len(label) <= 64 or not label.isprintable():
        raise Invalid("label: expected 1 to 64 printable characters")
    if not wanted:
        raise Invalid("scopes: expected at least one")
    lacking = [scope for scope in wanted if scope is Scope.SYSTEM or not actor.may(scope)]
    if lacking:
        raise ScopeMissing(f"{actor.name} cannot give the scope {lacking[0].value!r}", scope=lacking[0])
    if replaces is None:
        taken = await _labels(connection, actor.operator_id, now)
        if label in taken:
            raise Conflict(
                f"label {label!r} is that of a key in force; choose another one, or replace or revoke that key",
                code="label_taken",
            )
        if len(taken) >= KEYS_MAX:
            raise Conflict(f"{KEYS_MAX} keys are in force already; revoke one that is not used", code="too_many_keys")
    mode = (await connection.exec_driver_sql(_MODE, (actor.operator_id,))).scalar_one()
    key = f"{PREFIX}{mode}_" + base64.b32encode(os.urandom(KEY_BYTES)).decode().rstrip("=").lower()
    stored = msgspec.json.encode([scope.value for scope in wanted]).decode()
    hint = f"{key[: key.rindex('_') + 1]}…{key[-HINT_LETTERS:]}"
    row = (actor.operator_id, uuid7(now), label, _digest(key), stored, now, actor.name, hint, replaces)
    await connection.exec_driver_sql(_CREATE, row)
    await audit_log.record(connection, actor, "api_key.created", label, {"scopes": wanted}, now)
    return key


async def free_label(connection: AsyncConnection, operator_id: UUID, wanted: str, now: datetime) -> str:
    """The wanted label, with a number behind it if a key in force has it; it stays free until the transaction ends."""
    taken = await _labels(connection, operator_id, now)
    return next(each for each in (wanted, *(f"{wanted} {n}" for n in range(2, len(taken) + 3))) if each not in taken)


async def _labels(connection: AsyncConnection, operator_id: UUID, now: datetime) -> set[str]:
    """The labels of keys in force; nobody else gives one away before the transaction ends."""
    await _lock_labels(connection, operator_id)
    return {row.label for row in await fetch(connection, _LABELS, (operator_id, now))}


async def _lock_labels(connection: AsyncConnection, operator_id: UUID) -> None:
    """Let no other transaction make or replace keys of this operator before this one ends."""
    await connection.exec_driver_sql(_LOCK_LABELS, (f"api_keys:{operator_id}",))


async def list_keys(
    connection: AsyncConnection,
    actor: Actor,
    *,
    before: tuple[datetime, UUID] | None = None,
    limit: int = KEYS_LISTED,
) -> list[KeyView]:
    """Keys of the operator, the newest first, revoked ones too; `before`: made when, and the id, of one seen."""
    _require(actor, "list")
    row = (actor.operator_id, *(before or (None, None)), limit)
    return [_view(each) for each in await fetch(connection, _LIST, row)]


async def rotate_key(
    connection: AsyncConnection, actor: Actor, key_id: UUID, *, overlap: timedelta = OVERLAP, now: datetime
) -> str:
    """Another key of the same label and scopes, told this once; the old one opens for `overlap` more.

    NotFound for a key that is not there, Invalid for one that opens nothing any more or was replaced already.
    """
    _require(actor, "replace")
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise Invalid(f"overlap: expected 0 to {OVERLAP_MAX.days} days", code="bad_overlap")
    await _lock_labels(connection, actor.operator_id)
    rows = await fetch(connection, _LOCK, (actor.operator_id, key_id))
    if not rows:
        raise unknown_key(show("key", key_id))
    held = _view(rows[0])
    if held.revoked_at is not None:
        raise Invalid("this key was revoked or replaced already; make a new one", code="key_revoked")
    made = await create_key(connection, actor, label=held.label, scopes=held.scopes, now=now, replaces=key_id)
    await fetch(connection, _REVOKE_ONE, (actor.operator_id, key_id, now + overlap))
    detail = {"key": show("key", key_id), "overlap_seconds": int(overlap.total_seconds())}
    await audit_log.record(connection, actor, "api_key.rotated", held.label, detail, now)
    return made


async def revoke_key(connection: AsyncConnection, actor: Actor, key_id: UUID, *, now: datetime) -> bool:
    """Let one key open nothing from now on; False if it opened nothing already.

    Forbidden to who lacks a scope of the key: whoever could not make it does not stop what works with it.
    """
    _require(actor, "revoke")
    rows = await fetch(connection, _LOCK, (actor.operator_id, key_id))
    if not rows:
        raise unknown_key(show("key", key_id))
    held = _view(rows[0])
    if not held.opens(now):
        return False
    _may_end(actor, [held])
    await _revoke(connection, actor, held, now)
    return True


async def keys_made_by(connection: AsyncConnection, actor: Actor, maker: str, now: datetime) -> list[KeyView]:
    """The keys in force that an actor made, the oldest first; they go on opening when their maker has left.

    Those too that were made through such a key, and those that took the place of one, whoever put them there.
    """
    _require(actor, "list")
    return await _made_by(connection, actor.operator_id, maker, now)


async def count_made_by(connection: AsyncConnection, operator_id: UUID, maker: str, now: datetime) -> int:
    """How many they are: what is told to those who may not see keys."""
    return len(await _made_by(connection, operator_id, maker, now))


async def revoke_made_by(connection: AsyncConnection, actor: Actor, maker: str, now: datetime) -> list[KeyView]:
    """Let every key that an actor made open nothing from now on; answers which. Forbidden as in `revoke_key`."""
    _require(actor, "revoke")
    await _lock_labels(connection, actor.operator_id)
    held = await _made_by(connection, actor.operator_id, maker, now)
    _may_end(actor, held)
    for each in held:
        await _revoke(connection, actor, each, now)
    return held


async def revoke_keys(connection: AsyncConnection, actor: Actor, *, label: str, now: datetime) -> int:
    """Revoke every key of this label; answers how many. Forbidden as in `revoke_key`."""
    _require(actor, "revoke")
    await _lock_labels(connection, actor.operator_id)
    _may_end(actor, [_view(row) for row in await fetch(connection, _OF_LABEL, (actor.operator_id, label, now))])
    revoked = await fetch(connection, _REVOKE, (actor.operator_id, label, now))
    if not revoked:
        raise NotFound(f"there is no key {label!r} in force")
    await audit_log.record(connection, actor, "api_key.revoked", label, {"keys": len(revoked)}, now)
    return len(revoked)


def bearer_of(authorization: str) -> str:
    """The key in an `Authorization` field; the name of its scheme is written in any case (RFC 9110, section 11.1)."""
    scheme, _, key = authorization.strip().partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def view_of(connection: AsyncConnection, operator_id: UUID, key: str) -> KeyView:
    """A key of this operator as people see it."""
    return _view((await fetch(connection, _BY_DIGEST, (operator_id, _digest(key))))[0])


async def actor_of_key(engine: AsyncEngine, key: str, now: datetime) -> Actor:
    """Who presents this key; Unauthorised for one that is unknown, malformed or revoked."""
    if not key.startswith(PREFIX) or len(key) > 100:
        raise Unauthorised("expected the header: Authorization: Bearer ck_…", code="api_key_missing")
    async with directory(engine) as connection:
        rows = await fetch(connection, _FIND, (_digest(key),))
    row = rows[0] if rows else None
    if row is not None and row.revoked_at is not None and row.revoked_at <= now:
        # Somebody still presents it: its owner is shown when.
        async with transaction(engine, row.operator_id) as connection:
            await connection.exec_driver_sql(_REFUSED, (row.operator_id, row.id, now))
        holder = Actor(UUID(str(row.operator_id)), f"key:{row.label}", frozenset(), key_id=row.id)
        raise KeyRevoked(_UNKNOWN, holder)
    if row is None:
        raise Unauthorised(_UNKNOWN, code="api_key_unknown")
    held = frozenset(Scope(scope) for scope in msgspec.json.decode(row.scopes))
    return Actor(
        operator_id=UUID(str(row.operator_id)),
        name=f"key:{row.label}",
        scopes=held,
        test=row.mode == "test",
        key_id=row.id,
        key_family=row.family,
    )


async def in_force(connection: AsyncConnection, operator_id: UUID, key_id: UUID, now: datetime) -> bool:
    """Whether a key still opens: asked by what goes on long after it was presented."""
    return bool(await fetch(connection, _IN_FORCE, (operator_id, key_id, now)))


async def note_use(connection: AsyncConnection, operator_id: UUID, used: Sequence[tuple[UUID, datetime]]) -> None:
    """Remember when keys were used last, each at most once a minute; one statement."""
    if used:
        latest = dict(sorted(used, key=lambda each: each[1]))
        await connection.exec_driver_sql(_USED, (operator_id, list(latest), list(latest.values())))


def unknown_key(text: str) -> NotFound:
    """The refusal of an id that is no key's."""
    return NotFound(f"there is no key {text[:64]!r}", code="unknown_key")


def _require(actor: Actor, what: str) -> None:
    if not actor.may(Scope.KEYS):
        raise ScopeMissing(f"{actor.name} cannot {what} keys; it lacks the scope 'keys'", scope=Scope.KEYS)


def _may_end(actor: Actor, held: Sequence[KeyView]) -> None:
    for each in held:
        lacking = [scope for scope in each.scopes if not actor.may(scope)]
        if lacking:
            raise ScopeMissing(
                f"{actor.name} cannot end the key {each.label!r}: it may {lacking[0].value!r}", scope=lacking[0]
            )


async def _made_by(connection: AsyncConnection, operator_id: UUID, maker: str, now: datetime) -> list[KeyView]:
    return [_view(row) for row in await fetch(connection, _MADE_BY, (operator_id, maker, now))]


async def _revoke(connection: AsyncConnection, actor: Actor, held: KeyView, now: datetime) -> None:
    await connection.exec_driver_sql(_REVOKE_ONE, (actor.operator_id, held.id, now))
    detail = {"key": show("key", held.id)}
    await audit_log.record(connection, actor, "api_key.revoked", held.label, detail, now)


def _view(row: Any) -> KeyView:
    return KeyView(
        id=row.id,
        label=row.label,
        scopes=tuple(Scope(each) for each in msgspec.json.decode(row.scopes)),
        hint=row.hint,
        created_at=row.created_at,
        created_by=row.created_by,
        replaces=row.replaces,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        refused_at=row.refused_at,
    )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
