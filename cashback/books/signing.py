"""Signing the heads of chains: a chain alone does not stop whoever owns the database from writing all of it anew.

The key is made when it is first used and sealed under the master key; who keeps its public half and a signed head
elsewhere can tell later whether what lies before that head is still the same.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.books.sealed import SEALED
from cashback.books.service import head
from cashback.db.engine import fetch
from cashback.errors import Invalid
from cashback.ids import uuid7
from webhooks.sealing import SealingKey, context

_DOMAIN = b"cashback.head.1"

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 5602))"
_KEYS = "SELECT id, public_key, private_key FROM signing_keys WHERE operator_id = $1 ORDER BY made_at DESC, id DESC"
_KEEP_KEY = """
INSERT INTO signing_keys (operator_id, id, public_key, private_key, made_at) VALUES ($1, $2, $3, $4, $5)
"""
_LAST = """
SELECT DISTINCT ON (chain) chain, number, signed_at FROM seal_signatures WHERE operator_id = $1
ORDER BY chain, number DESC
"""
_SIGNED = """
SELECT chain, number, position, hash, signed_at, key_id, signature FROM seal_signatures
WHERE operator_id = $1 AND chain = $2 ORDER BY number
"""
_KEEP = """
INSERT INTO seal_signatures (operator_id, chain, number, position, hash, signed_at, key_id, signature)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """What was signed: a block of a chain, the position of its last row, its hash and when; and by which key."""

    operator_id: UUID
    chain: str
    number: int
    position: int
    hash: bytes
    signed_at: datetime
    key_id: UUID
    signature: bytes = b""

    def message(self) -> bytes:
        """The bytes under the signature."""
        return context(
            _DOMAIN,
            self.operator_id.bytes,
            self.chain.encode(),
            self.number.to_bytes(8, "big"),
            self.position.to_bytes(8, "big"),
            self.hash,
            self.signed_at.astimezone(UTC).isoformat(timespec="microseconds").encode(),
        )

    def signed_by(self, public_key: bytes) -> bool:
        """Whether the signature is of this key."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.message())
        except (InvalidSignature, ValueError):
            return False
        return True

    def exported(self) -> dict[str, Any]:
        """As it is kept elsewhere; `read_head` reads it back."""
        return {
            "operator": str(self.operator_id),
            "chain": self.chain,
            "number": self.number,
            "position": self.position,
            "hash": self.hash.hex(),
            "signed_at": self.signed_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "key": str(self.key_id),
            "signature": base64.b64encode(self.signature).decode(),
        }


def read_head(told: Mapping[str, Any]) -> SignedHead:
    """A head that was exported; Invalid says what is wrong with it."""
    try:
        return SignedHead(
            operator_id=UUID(told["operator"]),
            chain=str(told["chain"]),
            number=int(told["number"]),
            position=int(told["position"]),
            hash=bytes.fromhex(told["hash"]),
            signed_at=datetime.fromisoformat(told["signed_at"]),
            key_id=UUID(told["key"]),
            signature=base64.b64decode(told["signature"], validate=True),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(
            f"this is no signed head as `cashback books head` prints it: {error!r}", code="no_head"
        ) from error


def read_heads(text: str) -> list[SignedHead]:
    """The heads of a file that `cashback books head` printed; Invalid where it is none."""
    try:
        told = json.loads(text)
        listed = told["heads"]
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(f"expected what `cashback books head` prints, an object with `heads`: {error}") from error
    return [read_head(each) for each in listed]


def read_public_key(text: str) -> bytes:
    """32 bytes in base64 as `cashback books head` prints them; Invalid otherwise."""
    try:
        key = base64.b64decode(text, validate=True)
        Ed25519PublicKey.from_public_bytes(key)
    except (binascii.Error, ValueError) as error:
        raise Invalid(f"{text[:64]!r} is no Ed25519 public key: expected 32 bytes in base64", code="no_key") from error
    return key


async def public_keys(connection: AsyncConnection, operator_id: UUID) -> dict[UUID, bytes]:
    """The public keys of an operator, the newest first."""
    return {row.id: row.public_key for row in await fetch(connection, _KEYS, (operator_id,))}


async def signed_heads(connection: AsyncConnection, operator_id: UUID, chain: str) -> list[SignedHead]:
    """Every signature of a chain, in order."""
    return [SignedHead(operator_id, *row) for row in await fetch(connection, _SIGNED, (operator_id, chain))]


async def sign(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, now: datetime, *, daily: bool = False
) -> list[SignedHead]:
    """Sign the head of every chain that has moved since it was last signed; `daily`: and not again on one day (UTC).

    Two processes at once sign each head once.
    """
    await connection.exec_driver_sql(_LOCK, (str(operator_id),))
    before = {row.chain: row for row in await fetch(connection, _LAST, (operator_id,))}
    signed: list[SignedHead] = []
    for chain in (each.chain for each in SEALED):
        last, told = await head(connection, operator_id, chain), before.get(chain)
        if last is None or (told is not None and told.number >= last.number):
            continue
        if daily and told is not None and told.signed_at.astimezone(UTC).date() >= now.astimezone(UTC).date():
            continue
        key_id, key = await _newest_key(connection, operator_id, master, now)
        made = SignedHead(operator_id, chain, last.number, last.last_position, last.hash, now, key_id)
        signature = key.sign(made.message())
        row = (operator_id, chain, made.number, made.position, made.hash, now, key_id, signature)
        await connection.exec_driver_sql(_KEEP, row)
        signed.append(SignedHead(*row))
    return signed


async def _newest_key(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, now: datetime
) -> tuple[UUID, Ed25519PrivateKey]:
    for row in await fetch(connection, _KEYS, (operator_id,)):
        return row.id, Ed25519PrivateKey.from_private_bytes(master.open(row.private_key, _place(operator_id, row.id)))
    return await make_key(connection, operator_id, master, now)


async def make_key(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, now: datetime
) -> tuple[UUID, Ed25519PrivateKey]:
    """A new key, by which heads are signed from now on; what was signed by others stays theirs."""
    key_id, key = uuid7(now), Ed25519PrivateKey.generate()
    sealed = master.seal(key.private_bytes_raw(), _place(operator_id, key_id))
    row = (operator_id, key_id, key.public_key().public_bytes_raw(), sealed, now)
    await connection.exec_driver_sql(_KEEP_KEY, row)
    return key_id, key


def _place(operator_id: UUID, key_id: UUID) -> bytes:
    return context(operator_id.bytes, b"signing_keys", key_id.bytes)
