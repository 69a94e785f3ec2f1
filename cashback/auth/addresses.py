"""E-mail addresses of people: read, found by a keyed fingerprint, sealed at rest. Personal data, never logged."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.auth import session_store
from cashback.auth.safety_letters import tell_of_address
from cashback.auth.sessions import Role, Session
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid, NotFound
from cashback.ids import show
from cashback.programmes import audit_log
from cashback.shoppers import service as shoppers
from webhooks.sealing import SealingKey, context

ADDRESS_MAX = 254
"""RFC 5321, section 4.5.3.1.3, without the brackets."""
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
"""What browsers accept in a field of type email (HTML, section 4.10.5.1.5), with a domain of two labels at least."""

_TELL = """
INSERT INTO shopper_addresses (operator_id, fingerprint, shopper_id, sealed, told_by, told_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (operator_id, fingerprint) DO NOTHING RETURNING shopper_id
"""
_OF_SHOPPER = "SELECT fingerprint FROM shopper_addresses WHERE operator_id = $1 AND shopper_id = $2"
_SEALED = {
    Role.SHOPPER: "SELECT sealed FROM shopper_addresses WHERE operator_id = $1 AND shopper_id = $2",
    Role.OPERATOR: "SELECT sealed FROM members WHERE operator_id = $1 AND id = $2 AND removed_at IS NULL",
}
_OF_SHOPPERS = """
SELECT shopper_id, sealed FROM shopper_addresses WHERE operator_id = $1 AND shopper_id = ANY($2::uuid[])
"""
_FORGET = "DELETE FROM shopper_addresses WHERE operator_id = $1 AND shopper_id = $2"


def read_address(text: str) -> str:
    """The address in small letters; Invalid, without naming it, for what is none."""
    address = text.strip().lower()
    if len(address) > ADDRESS_MAX or not _ADDRESS.fullmatch(address):
        raise Invalid("expected an e-mail address such as name@example.org", code="bad_address")
    return address


def fingerprint(master: SealingKey, operator_id: UUID, address: str) -> bytes:
    """The same for the same address of an operator, and of no use without the key."""
    return master.fingerprint(address.encode(), context(operator_id.bytes, b"addresses"))


async def address_of(connection: AsyncConnection, session: Session, master: SealingKey) -> str:
    """The address of whoever has this session, for their own eyes; empty where none is known."""
    if session.subject_id is None:
        return ""
    rows = await fetch(connection, _SEALED[session.role], (session.operator_id, session.subject_id))
    if not rows:
        return ""
    table = b"members" if session.role is Role.OPERATOR else b"shopper_addresses"
    place = context(session.operator_id.bytes, table, b"sealed", session.subject_id.bytes)
    opened = master.open(bytes(rows[0][0]), place)
    return opened.decode() if session.role is Role.SHOPPER else msgspec.json.decode(opened, type=tuple[str, str])[1]


async def open_addresses(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, shopper_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """The addresses of shoppers, of those who have one: to write to them, and for nothing else."""
    rows = await fetch(connection, _OF_SHOPPERS, (operator_id, list(shopper_ids)))
    return {
        shopper_id: master.open(
            bytes(sealed), context(operator_id.bytes, b"shopper_addresses", b"sealed", shopper_id.bytes)
        ).decode()
        for shopper_id, sealed in rows
    }


async def tell_address(
    connection: AsyncConnection, actor: Actor, master: SealingKey, shopper_id: UUID, address: str, now: datetime
) -> bool:
    """Say by which address a shopper signs in; another one ends their sessions, and both are written to.

    False if it was this one already.

    Conflict if it is another shopper's.
    """
    shoppers.require(actor, Scope.SHOPPERS)
    plain = read_address(address)
    mark = fingerprint(master, actor.operator_id, plain)
    if not await shoppers.lock(connection, [shopper_id]):
        raise NotFound("there is no such shopper", code="unknown_shopper")
    held = await fetch(connection, _OF_SHOPPER, (actor.operator_id, shopper_id))
    if held and bytes(held[0][0]) == mark:
        return False
    before = await open_addresses(connection, actor.operator_id, master, [shopper_id])
    await connection.exec_driver_sql(_FORGET, (actor.operator_id, shopper_id))
    place = context(actor.operator_id.bytes, b"shopper_addresses", b"sealed", shopper_id.bytes)
    row = (actor.operator_id, mark, shopper_id, master.seal(plain.encode(), place), actor.name, now)
    if not await fetch(connection, _TELL, row):
        raise Conflict("this address is another shopper's", code="address_taken")
    if held:
        await session_store.revoke_all(connection, actor, Role.SHOPPER, shopper_id, now, why="address changed")
        await tell_of_address(
            connection, actor.operator_id, master, shopper_id, before=before[shopper_id], after=plain, now=now
        )
    subject = show("shp", shopper_id)
    await audit_log.record(connection, actor, "shopper.address_told", subject, {"changed": bool(held)}, now)
    return True
