"""Connections to providers: the address a provider posts to, and the secrets that prove it was the provider.

Secrets are sealed by the master key for this one row and leave the database only into the receiving process's memory.
The directory of all operators' connections is read before any operator is known, and kept for a few seconds.
"""

import asyncio
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import directory, transaction
from cashback.errors import Conflict, Invalid, NotFound, ScopeMissing
from cashback.ids import uuid7
from cashback.programmes.operators import is_live
from webhooks.sealing import SealingKey, Unsealable, context

MAX_AGE_SECONDS = 5.0
"""A connection that was closed or rotated is still judged by its old row for at most this long."""
UNKNOWN_RELOAD_SECONDS = 1.0
"""An unknown name reads the database again at most this often, however many strangers knock."""
MADE_UP = frozenset({"sandbox", "sandbox_bank"})
"""Providers whose purchases nobody made."""
SECRET_MAX_BYTES = 16 * 1024
"""The longest are the certificates of the authorities that a signer is believed by."""

_log = structlog.get_logger(__name__)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Connection:
    """An active connection, with its secrets in the clear: newest first, two while rotating."""

    operator_id: UUID
    id: UUID
    slug: str
    provider: str
    registered_url: str
    secrets: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Connection({self.slug!r}, provider={self.provider!r})"


async def open_connection(
    connection: AsyncConnection,
    actor: Actor,
    *,
    slug: str,
    provider: str,
    registered_url: str,
    secret: bytes,
    providers: Collection[str],
    master: SealingKey,
    now: datetime,
) -> UUID:
    """Create a connection; `providers` are the names that have an adapter. Conflict when the slug is taken."""
    _require_programme(actor)
    if not _SLUG.fullmatch(slug):
        raise Invalid(f"slug {slug[:64]!r}: expected 1 to 64 lower-case letters, digits and inner dashes")
    if provider not in providers:
        raise Invalid(f"provider {provider[:64]!r} is not known; expected one of {', '.join(sorted(providers))}")
    if provider in MADE_UP and await is_live(connection, actor.operator_id):
        raise Invalid(
            f"{provider} tells of purchases that nobody made: only a test operator may connect it "
            "(cashback operators twin)",
            code="test_mode_only",
        )
    address = urlsplit(registered_url)
    if address.scheme not in ("http", "https") or not address.netloc or registered_url.endswith("/"):
        raise Invalid(
            "registered_url: expected http(s)://host/path without a slash at its end, as given to the provider"
        )
    connection_id = uuid7(now)
    sealed = _sealed(master, actor.operator_id, connection_id, (_checked(secret),))
    row = (actor.operator_id, connection_id, slug, provider, registered_url, sealed, now)
    try:
        async with connection.begin_nested():
            await connection.exec_driver_sql(_OPEN, row)
    except IntegrityError as error:
        raise Conflict(f"the connection name {slug!r} is taken; choose another", code="connection_exists") from error
    await _record(connection, actor, "connection.opened", slug, {"provider": provider, "url": registered_url}, now)
    return connection_id


async def rotate_secret(
    connection: AsyncConnection,
    actor: Actor,
    *,
    slug: str,
    secret: bytes,
    keep_previous: bool,
    master: SealingKey,
    now: datetime,
) -> None:
    """Give a connection a new secret. With `keep_previous` the last one still proves, until the next rotation;
    rotating to the same secret without it ends the overlap."""
    _require_programme(actor)
    row = (await connection.exec_driver_sql(_FOR_ROTATION, (actor.operator_id, slug))).one_or_none()
    if row is None:
        raise NotFound(f"no connection is called {slug[:64]!r}", code="unknown_connection")
    newest = _checked(secret)
    previous = [old for old in _opened(master, row) if old != newest][:1] if keep_previous else []
    sealed = _sealed(master, actor.operator_id, row.id, (newest, *previous))
    await connection.exec_driver_sql(_ROTATE, (actor.operator_id, row.id, sealed))
    await _record(connection, actor, "connection.rotated", slug, {"secrets": 1 + len(previous)}, now)


async def close_connection(connection: AsyncConnection, actor: Actor, *, slug: str, now: datetime) -> None:
    """Stop accepting webhooks of a connection; to the outside it is as if it did not exist."""
    _require_programme(actor)
    closed = await connection.exec_driver_sql(_CLOSE, (actor.operator_id, slug))
    if closed.rowcount != 1:
        raise NotFound(f"no open connection is called {slug[:64]!r}", code="unknown_connection")
    await _record(connection, actor, "connection.closed", slug, {}, now)


async def providers_of(connection: AsyncConnection, operator_id: UUID) -> frozenset[str]:
    """The providers to whom an operator has an active connection."""
    rows = await connection.exec_driver_sql(_PROVIDERS, (operator_id,))
    return frozenset(row[0] for row in rows)


async def load_connections(
    engine: AsyncEngine, master: SealingKey, *, of: UUID | None = None
) -> Mapping[str, Connection]:
    """The active connections of all operators, or of one, by slug; the secrets are empty where they do not open."""
    async with directory(engine) if of is None else transaction(engine, of) as reading:
        rows = (await reading.exec_driver_sql(_LOAD)).all()
    return {
        row.slug: Connection(
            operator_id=row.operator_id,
            id=row.id,
            slug=row.slug,
            provider=row.provider,
            registered_url=row.registered_url,
            secrets=_opened_or_none(master, row),
        )
        for row in rows
    }


class ConnectionDirectory:
    """All active connections in memory, read again when they grow old or a name is not among them."""

    def __init__(self, engine: AsyncEngine, master: SealingKey) -> None:
        self._engine = engine
        self._master = master
        self._by_slug: Mapping[str, Connection] = {}
        self._loaded_at = -float("inf")
        self._loading = asyncio.Lock()

    def known(self, slug: str) -> Connection | None:
        """The connection of this name if memory holds it and is fresh enough: the usual case, without waiting."""
        age = time.monotonic() - self._loaded_at
        return self._by_slug.get(slug) if age <= MAX_AGE_SECONDS else None

    async def find(self, slug: str) -> Connection | None:
        """The active connection of this name, or None. At most one query runs, whoever asks meanwhile."""
        found = self.known(slug)
        if found is not None:
            return found
        async with self._loading:
            if time.monotonic() - self._loaded_at > UNKNOWN_RELOAD_SECONDS:
                self._by_slug = await load_connections(self._engine, self._master)
                self._loaded_at = time.monotonic()
        return self._by_slug.get(slug)

    def forget(self) -> None:
        """Read again at the next question: called by the process that has just changed a connection."""
        self._loaded_at = -float("inf")


def _require_programme(actor: Actor) -> None:
    if not actor.may(Scope.PROGRAMME):
        raise ScopeMissing(f"{actor.name} lacks the scope {Scope.PROGRAMME.value!r}", scope=Scope.PROGRAMME)


def _checked(secret: bytes) -> bytes:
    if not secret.strip() or len(secret) > SECRET_MAX_BYTES:
        raise Invalid(
            f"secret: expected 1 to {SECRET_MAX_BYTES} bytes that are not blank; an empty secret proves nothing"
        )
    return secret


def _place(operator_id: UUID, connection_id: UUID) -> bytes:
    return context(operator_id.bytes, b"connections", b"secrets", connection_id.bytes)


def _sealed(master: SealingKey, operator_id: UUID, connection_id: UUID, secrets: tuple[bytes, ...]) -> bytes:
    return master.seal(msgspec.msgpack.encode(secrets), _place(operator_id, connection_id))


def _opened(master: SealingKey, row: Any) -> tuple[bytes, ...]:
    opened = master.open(row.secrets, _place(row.operator_id, row.id))
    return msgspec.msgpack.decode(opened, type=tuple[bytes, ...])


def _opened_or_none(master: SealingKey, row: Any) -> tuple[bytes, ...]:
    """No secrets at all where they do not open: that connection then proves nothing, and no other one suffers."""
    try:
        return _opened(master, row)
    except Unsealable as error:
        _log.error("connection_unsealable", connection=row.slug, error=str(error))
        return ()


async def _record(
    connection: AsyncConnection, actor: Actor, action: str, slug: str, detail: dict[str, str | int], now: datetime
) -> None:
    text = msgspec.json.encode(detail).decode()
    await connection.exec_driver_sql(
        _RECORD, (actor.operator_id, uuid7(now), now, actor.name, action, f"connection:{slug}", text)
    )


_OPEN = """
INSERT INTO connections (operator_id, id, slug, provider, registered_url, secrets, created_at)
VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::bytea, $7::timestamptz)
"""

_FOR_ROTATION = """
SELECT operator_id, id, secrets FROM connections WHERE operator_id = $1::uuid AND slug = $2::text FOR UPDATE
"""

_ROTATE = "UPDATE connections SET secrets = $3::bytea WHERE operator_id = $1::uuid AND id = $2::uuid"

_CLOSE = "UPDATE connections SET active = false WHERE operator_id = $1::uuid AND slug = $2::text AND active"

_LOAD = "SELECT operator_id, id, slug, provider, registered_url, secrets FROM connections WHERE active"

_PROVIDERS = "SELECT DISTINCT provider FROM connections WHERE operator_id = $1::uuid AND active"

_RECORD = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
VALUES ($1::uuid, $2::uuid, $3::timestamptz, $4::text, $5::text, $6::text, $7::jsonb)
"""
