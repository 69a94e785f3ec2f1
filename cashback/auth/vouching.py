"""An operator's identity provider, and the member whom it vouches for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.auth.addresses import fingerprint, read_address
from cashback.auth.oidc import Client, Vouched, check_issuer
from cashback.db.engine import fetch
from cashback.errors import Forbidden, Invalid, NotFound, Unauthorised
from cashback.programmes import audit_log
from webhooks.egress import Egress
from webhooks.sealing import SealingKey, context

LABEL_MAX = 40
TEXT_MAX = 500
CALLBACK = "/sign-in/oidc/{operator}"
"""The path to register with the provider, below the public address: each operator has its own, so that what one
operator's provider answers is never taken for the answer of another's."""

_SET = """
INSERT INTO identity_providers (operator_id, issuer, client_id, sealed, label, told_by, told_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (operator_id) DO UPDATE SET issuer = $2, client_id = $3, sealed = $4, label = $5, told_by = $6, told_at = $7
"""
_READ = "SELECT issuer, client_id, sealed, label FROM identity_providers WHERE operator_id = $1"
_REMOVE = "DELETE FROM identity_providers WHERE operator_id = $1 RETURNING issuer"
_KNOWN = "SELECT id FROM members WHERE operator_id = $1 AND issuer = $2 AND subject = $3 AND removed_at IS NULL"
_BIND = """
UPDATE members SET issuer = $3, subject = $4
WHERE operator_id = $1 AND fingerprint = $2 AND issuer IS DISTINCT FROM $3 AND removed_at IS NULL RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Provider:
    """What is known of an operator's identity provider."""

    label: str
    client: Client


async def set_provider(
    connection: AsyncConnection,
    actor: Actor,
    master: SealingKey,
    *,
    issuer: str,
    client_id: str,
    secret: str,
    label: str,
    egress: Egress,
    now: datetime,
) -> None:
    """Let an identity provider vouch for members. Invalid for what cannot be one, or `egress` would not ask."""
    _may(actor)
    checked = check_issuer(issuer, egress)
    for name, text, most in (
        ("client id", client_id, TEXT_MAX),
        ("secret", secret, TEXT_MAX),
        ("label", label, LABEL_MAX),
    ):
        if not 1 <= len(text) <= most or not text.isprintable():
            raise Invalid(f"{name}: expected 1 to {most} printable characters", code="bad_provider")
    sealed = master.seal(secret.encode(), _place(actor.operator_id))
    row = (actor.operator_id, checked, client_id, sealed, label, actor.name, now)
    await connection.exec_driver_sql(_SET, row)
    await audit_log.record(connection, actor, "identity_provider.set", checked, {"client_id": client_id}, now)


async def remove_provider(connection: AsyncConnection, actor: Actor, now: datetime) -> None:
    """Let it vouch no more; NotFound when there was none."""
    _may(actor)
    removed = await fetch(connection, _REMOVE, (actor.operator_id,))
    if not removed:
        raise NotFound("there is no identity provider", code="no_provider")
    await audit_log.record(connection, actor, "identity_provider.removed", removed[0][0], {}, now)


def callback_of(public_url: str, slug: str) -> str:
    """The address that an operator registers with its provider."""
    return f"{public_url}{CALLBACK.format(operator=slug)}"


async def provider_of(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, callback: str
) -> Provider | None:
    """The operator's identity provider, ready to be asked; `callback` is where it sends people back to."""
    rows = await fetch(connection, _READ, (operator_id,))
    if not rows:
        return None
    issuer, client_id, sealed, label = rows[0]
    secret = master.open(bytes(sealed), _place(operator_id)).decode()
    return Provider(label, Client(issuer, client_id, secret, callback))


async def member_of(connection: AsyncConnection, operator_id: UUID, master: SealingKey, vouched: Vouched) -> UUID:
    """The member whom the provider means: who came by it before, else who was invited by the address it has verified.

    Unauthorised, in the same words for a stranger and for a member of somebody else's, when there is none.
    """
    rows = await fetch(connection, _KNOWN, (operator_id, vouched.issuer, vouched.subject))
    if not rows and vouched.address is not None:
        try:
            mark = fingerprint(master, operator_id, read_address(vouched.address))
        except Invalid:
            mark = b""
        rows = await fetch(connection, _BIND, (operator_id, mark, vouched.issuer, vouched.subject))
    if not rows:
        raise Unauthorised("the identity provider lets nobody in: no member is known by it", code="provider_refused")
    found: UUID = rows[0][0]
    return found


def _may(actor: Actor) -> None:
    if not actor.may(Scope.TEAM):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.TEAM.value!r}", code="scope_missing")


def _place(operator_id: UUID) -> bytes:
    return context(operator_id.bytes, b"identity_providers", b"sealed")
