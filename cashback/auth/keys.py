"""API keys: random, shown once, kept as a hash, limited to scopes, revocable.

A key has 256 random bits, so a plain SHA-256 keeps it safe: there is nothing to guess (unlike a password).
"""

import base64
import hashlib
import os
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import directory, fetch
from cashback.errors import Forbidden, Invalid, NotFound, Unauthorised
from cashback.ids import uuid7
from cashback.programmes import audit_log

PREFIX = "ck_"
"""Every key begins so; new ones say their mode too: `ck_live_…`, `ck_test_…`."""
KEY_BYTES = 32

_CREATE = """
INSERT INTO api_keys (operator_id, id, label, digest, scopes, created_at) VALUES ($1, $2, $3, $4, $5::jsonb, $6)
"""
_FIND = """
SELECT operator_id, label, scopes::text, mode FROM api_keys JOIN operators USING (operator_id)
WHERE digest = $1 AND revoked_at IS NULL
"""
_MODE = "SELECT mode FROM operators WHERE operator_id = $1"
_REVOKE = """
UPDATE api_keys SET revoked_at = $3 WHERE operator_id = $1 AND label = $2 AND revoked_at IS NULL RETURNING id
"""


async def create_key(
    connection: AsyncConnection, actor: Actor, *, label: str, scopes: Iterable[Scope], now: datetime
) -> str:
    """A new key, told this once. A key never gets the system's scope, nor one that its maker lacks."""
    wanted = sorted(set(scopes))
    if not 1 <= len(label) <= 64 or not label.isprintable():
        raise Invalid("label: expected 1 to 64 printable characters")
    if not wanted:
        raise Invalid("scopes: expected at least one")
    lacking = [scope for scope in wanted if scope is Scope.SYSTEM or not actor.may(scope)]
    if lacking:
        raise Forbidden(f"{actor.name} cannot give the scope {lacking[0].value!r}", code="scope_missing")
    mode = (await connection.exec_driver_sql(_MODE, (actor.operator_id,))).scalar_one()
    key = f"{PREFIX}{mode}_" + base64.b32encode(os.urandom(KEY_BYTES)).decode().rstrip("=").lower()
    stored = msgspec.json.encode([scope.value for scope in wanted]).decode()
    await connection.exec_driver_sql(_CREATE, (actor.operator_id, uuid7(now), label, _digest(key), stored, now))
    await audit_log.record(connection, actor, "api_key.created", label, {"scopes": wanted}, now)
    return key


async def revoke_keys(connection: AsyncConnection, actor: Actor, *, label: str, now: datetime) -> int:
    """Revoke every key of this label; answers how many."""
    if not actor.may(Scope.SYSTEM):
        raise Forbidden(f"{actor.name} cannot revoke keys", code="scope_missing")
    revoked = await fetch(connection, _REVOKE, (actor.operator_id, label, now))
    if not revoked:
        raise NotFound(f"there is no key {label!r} in force")
    await audit_log.record(connection, actor, "api_key.revoked", label, {"keys": len(revoked)}, now)
    return len(revoked)


async def actor_of_key(engine: AsyncEngine, key: str) -> Actor:
    """Who presents this key; Unauthorised for one that is unknown, malformed or revoked."""
    if not key.startswith(PREFIX) or len(key) > 100:
        raise Unauthorised("expected the header: Authorization: Bearer ck_…", code="api_key_missing")
    async with directory(engine) as connection:
        rows = await fetch(connection, _FIND, (_digest(key),))
    if not rows:
        raise Unauthorised("this API key is not known, or was revoked", code="api_key_unknown")
    operator_id, label, scopes, mode = rows[0]
    held = frozenset(Scope(scope) for scope in msgspec.json.decode(scopes))
    return Actor(operator_id=UUID(str(operator_id)), name=f"key:{label}", scopes=held, test=mode == "test")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
