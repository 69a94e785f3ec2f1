"""Joining by oneself: an account is opened once an address, or a passkey, has proved itself, and never twice for one.

What was agreed to is kept in its very words, each apart, in the transaction that opens the account.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.auth.addresses import fingerprint, tell_address
from cashback.db.engine import fetch
from cashback.ids import show, uuid7
from cashback.programmes import audit_log
from cashback.shoppers import service as shoppers
from webhooks.sealing import SealingKey

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('joining:' || encode($1, 'hex'), 0))"
_KNOWN = "SELECT shopper_id FROM shopper_addresses WHERE operator_id = $1 AND fingerprint = $2"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who asks to join."""

    address: str
    """As `read_address` gave it; empty for who joins by a passkey alone."""
    language: str
    poster: str
    """By which poster they came; empty for none."""
    agreed: Mapping[str, str] = field(default_factory=dict)
    """Each thing that was agreed to, with its very words."""


def kept(newcomer: Newcomer) -> bytes:
    """As bytes, to be sealed until the proof comes."""
    return msgspec.json.encode(newcomer)


def read_kept(text: bytes) -> Newcomer:
    """Back from `kept`."""
    return msgspec.json.decode(text, type=Newcomer)


async def open_account(
    connection: AsyncConnection, master: SealingKey, operator_id: UUID, newcomer: Newcomer, now: datetime
) -> tuple[UUID, bool]:
    """The shopper, and whether they are new: two proofs of one address at the same time open one account."""
    door = Actor(operator_id, "door:join", frozenset({Scope.SHOPPERS}))
    if newcomer.address:
        mark = fingerprint(master, operator_id, newcomer.address)
        await fetch(connection, _LOCK, (mark,))
        known = await fetch(connection, _KNOWN, (operator_id, mark))
        if known:
            return known[0][0], False
    reference = f"joined-{uuid7(now).hex}"
    opened = await shoppers.open_shoppers(connection, door, [reference], locale=newcomer.language, now=now)
    shopper_id = opened[reference]
    if newcomer.address:
        await tell_address(connection, door, master, shopper_id, newcomer.address, now)
    subject = show("shp", shopper_id)
    themselves = Actor(operator_id, f"shopper:{subject}", frozenset(), shopper_id)
    await audit_log.record(connection, door, "shopper.joined", subject, {"poster": newcomer.poster}, now)
    for name, words in newcomer.agreed.items():
        detail = {
            "consent": name,
            "language": newcomer.language,
            "words": words,
            "words_sha256": hashlib.sha256(words.encode()).hexdigest(),
        }
        await audit_log.record(connection, themselves, "consent.given", subject, detail, now)
    return shopper_id, True
