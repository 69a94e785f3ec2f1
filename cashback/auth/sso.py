"""Single sign-on: secrets that an operator's own system signs with, links into the pages, sites that may frame one.

A link is used once: its name is written down in the transaction that lets its bearer in, and whoever shows it again is
refused, whichever process is asked.
"""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.auth import tickets
from cashback.auth.sessions import link_name
from cashback.auth.tickets import LIFETIME_MAX, OWN_KEY, SECRET_BYTES, Refused, Target, Ticket, plain_origin
from cashback.clock import zulu
from cashback.db.engine import fetch, transaction
from cashback.errors import Conflict, Invalid, NotFound, ScopeMissing
from cashback.ids import parse, show, uuid7
from cashback.programmes import audit_log
from webhooks.sealing import SealingKey, Unsealable, context

SECRETS_MAX = 4
"""In force at a time: a rotation needs two."""
ORIGINS_MAX = 20
PREFIX = "ssosec_"

_ORIGIN = re.compile(r"https?://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(:[1-9][0-9]{0,4})?")
_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1)(:[0-9]+)?")

_SECRETS = """
SELECT id, made_by, made_at, ends_at FROM sso_secrets WHERE operator_id = $1 AND (ends_at IS NULL OR ends_at > $2)
ORDER BY made_at, id
"""
_SEALED = """
SELECT sealed FROM sso_secrets WHERE operator_id = $1 AND id = $2 AND (ends_at IS NULL OR ends_at > $3)
"""
_MAKE = "INSERT INTO sso_secrets (operator_id, id, sealed, made_by, made_at) VALUES ($1, $2, $3, $4, $5)"
_END = """
UPDATE sso_secrets SET ends_at = $3 WHERE operator_id = $1 AND id = $2 AND (ends_at IS NULL OR ends_at > $4)
RETURNING id
"""
_LOCK = "SELECT 1 FROM operators WHERE operator_id = $1 FOR NO KEY UPDATE"
_ORIGINS = "SELECT origin FROM embed_origins WHERE operator_id = $1 ORDER BY origin"
_FORGET_ORIGINS = "DELETE FROM embed_origins WHERE operator_id = $1 AND NOT origin = ANY($2::text[])"
_ADD_ORIGINS = """
INSERT INTO embed_origins (operator_id, origin, added_at) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING
"""
_USE = """
INSERT INTO sso_nonces (operator_id, digest, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1
"""
_IS_USED = "SELECT 1 FROM sso_nonces WHERE operator_id = $1 AND digest = $2"
_UNUSE = "DELETE FROM sso_nonces WHERE operator_id = $1 AND digest = $2"
_TIDY = "DELETE FROM sso_nonces WHERE operator_id = $1 AND expires_at < $2"


@dataclass(frozen=True, slots=True)
class SecretShown:
    """A secret as it is listed: never what it is."""

    id: UUID
    made_by: str
    made_at: datetime
    ends_at: datetime | None


class SingleSignOn:
    """Makes and opens tickets: with the product's own key, or a secret of the operator's."""

    def __init__(self, *, session_key: bytes, master: SealingKey, public_url: str) -> None:
        self._own = hmac.digest(session_key, b"single sign-on", hashlib.sha256)
        self._master = master
        self.audience = public_url

    def link(
        self,
        operator_id: UUID,
        shopper: str,
        target: Target,
        *,
        origin: str | None = None,
        locale: Literal["en", "fr"] | None,
        now: datetime,
    ) -> tuple[str, Ticket]:
        """The token of a new link, and what it says."""
        nonce = base64.urlsafe_b64encode(os.urandom(24)).decode()
        issued_at = now.replace(microsecond=0)
        ticket = Ticket(operator_id, shopper, target, nonce, issued_at, issued_at + LIFETIME_MAX, origin, locale)
        return tickets.sign(ticket, key=self._own, key_name=OWN_KEY, audience=self.audience), ticket

    async def open(self, engine: AsyncEngine, token: str, now: datetime) -> Ticket:
        """A ticket that is genuine and holds now; Refused otherwise. Whether it was used already is not asked here."""
        sealed = tickets.read(token)
        if sealed.key_name == OWN_KEY:
            keys: tuple[bytes, ...] = (self._own,)
        else:
            keys = await self._secret(engine, sealed.operator_id, sealed.key_name, now)
        return sealed.prove(keys, audience=self.audience, now=now)

    async def _secret(self, engine: AsyncEngine, operator_id: UUID, name: str, now: datetime) -> tuple[bytes, ...]:
        try:
            secret_id = parse("sso", name)
        except ValueError:
            raise Refused("unknown_key") from None
        async with transaction(engine, operator_id) as connection:
            rows = await fetch(connection, _SEALED, (operator_id, secret_id, now))
        try:
            return tuple(self._master.open(row.sealed, _place(operator_id, secret_id)) for row in rows)
        except Unsealable:
            raise Refused("unsealable") from None

    async def make_secret(self, connection: AsyncConnection, actor: Actor, now: datetime) -> tuple[UUID, str]:
        """A new secret, told this once; those before it go on until they are ended. Conflict beyond `SECRETS_MAX`."""
        _require(actor, Scope.SHOPPERS)
        await connection.exec_driver_sql(_LOCK, (actor.operator_id,))
        if len(await secrets(connection, actor, now)) >= SECRETS_MAX:
            raise Conflict(f"{SECRETS_MAX} secrets are in force: end one first", code="too_many_secrets")
        secret_id, raw = uuid7(now), os.urandom(SECRET_BYTES)
        sealed = self._master.seal(raw, _place(actor.operator_id, secret_id))
        await connection.exec_driver_sql(_MAKE, (actor.operator_id, secret_id, sealed, actor.name, now))
        await audit_log.record(connection, actor, "sso.secret_made", show("sso", secret_id), {}, now)
        return secret_id, PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def note_made(
    connection: AsyncConnection, actor: Actor, shopper_id: UUID, mark: bytes, leads_to: str, now: datetime
) -> None:
    """Remember who made a link to somebody's wallet, by the name under which its use is written down; not the link."""
    detail = {"link": link_name(mark), "leads_to": leads_to}
    await audit_log.record(connection, actor, "link.made", show("shp", shopper_id), detail, now)


async def secrets(connection: AsyncConnection, actor: Actor, now: datetime) -> list[SecretShown]:
    """Those in force, the oldest first."""
    _require(actor, Scope.SHOPPERS)
    return [SecretShown(*row) for row in await fetch(connection, _SECRETS, (actor.operator_id, now))]


async def end_secret(
    connection: AsyncConnection, actor: Actor, secret_id: UUID, overlap: timedelta, now: datetime
) -> datetime:
    """Let a secret prove nothing any more once the overlap is over; answers when that is."""
    _require(actor, Scope.SHOPPERS)
    ends_at = now + overlap
    if not await fetch(connection, _END, (actor.operator_id, secret_id, ends_at, now)):
        raise NotFound(f"there is no secret {show('sso', secret_id)} in force", code="unknown_secret")
    detail = {"ends_at": zulu(ends_at)}
    await audit_log.record(connection, actor, "sso.secret_ended", show("sso", secret_id), detail, now)
    return ends_at


async def origins(connection: AsyncConnection, operator_id: UUID) -> list[str]:
    """The sites that may frame the page that links a card, as browsers write them, in alphabetical order."""
    return sorted({plain_origin(origin) for (origin,) in await fetch(connection, _ORIGINS, (operator_id,))})


async def set_origins(
    connection: AsyncConnection, actor: Actor, told: Sequence[str], *, loopback: bool, now: datetime
) -> list[str]:
    """Let these sites and no others frame it. `loopback`: this machine over http too, for a demonstration."""
    _require(actor, Scope.PROGRAMME)
    wanted = sorted({plain_origin(each) for each in told})
    if len(wanted) > ORIGINS_MAX:
        raise Invalid(f"origins: expected at most {ORIGINS_MAX}", code="bad_origin")
    for each in wanted:
        secure = _ORIGIN.fullmatch(each) is not None and each.startswith("https://")
        if not (secure or (loopback and _LOOPBACK.fullmatch(each))):
            raise Invalid(f"origins: expected such as https://crm.example, got {each[:64]!r}", code="bad_origin")
    await connection.exec_driver_sql(_FORGET_ORIGINS, (actor.operator_id, wanted))
    await connection.exec_driver_sql(_ADD_ORIGINS, (actor.operator_id, wanted, now))
    await audit_log.record(connection, actor, "embed.origins_set", "embed", {"origins": wanted}, now)
    return wanted


async def use(connection: AsyncConnection, ticket: Ticket, now: datetime) -> None:
    """Take a ticket, once for ever; Refused when it was taken before."""
    await connection.exec_driver_sql(_TIDY, (ticket.operator_id, now - LIFETIME_MAX))
    if not await fetch(connection, _USE, (ticket.operator_id, ticket.digest, ticket.expires_at)):
        raise Refused("replayed", proven=ticket.proven)


async def is_used(connection: AsyncConnection, ticket: Ticket) -> bool:
    """Whether a ticket was taken already."""
    return bool(await fetch(connection, _IS_USED, (ticket.operator_id, ticket.digest)))


async def give_back(connection: AsyncConnection, ticket: Ticket) -> None:
    """Nothing came of what a ticket was taken for: it may be shown again."""
    await connection.exec_driver_sql(_UNUSE, (ticket.operator_id, ticket.digest))


def _place(operator_id: UUID, secret_id: UUID) -> bytes:
    return context(operator_id.bytes, b"sso_secrets", b"sealed", secret_id.bytes)


def _require(actor: Actor, scope: Scope) -> None:
    if not actor.may(scope):
        raise ScopeMissing(f"{actor.name} lacks the scope {scope.value!r}", scope=scope)
