"""Bodies at rest: AES-256-GCM under a random key per tenant and month, each of those sealed by one master key.

Deleting the key of a month destroys every body of that month, in the tables, in their dead rows and in every backup
that does not hold the key. A sealed value is `nonce (12 bytes) | ciphertext | tag (16 bytes)`, bound to the place it
belongs to: its context names tenant, table and row, so that a value copied elsewhere does not open.

Nonces are random; NIST SP 800-38D allows 2^32 of them under one key, which is 1,600 messages a second of one tenant
for a whole month.
"""

import hmac
import os
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncConnection

_Name = TypeVar("_Name")

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
KEYS_HELD_MAX = 1024
"""Unwrapped keys a process holds in memory; beyond that the oldest is forgotten and read again when needed."""


class Unsealable(Exception):
    """A sealed value does not open: another key, another place, or altered bytes."""


def context(*fields: bytes) -> bytes:
    """The place a sealed value is bound to. Each field is preceded by its length, so no two lists of fields agree."""
    return b"".join([len(field).to_bytes(4, "big") + field for field in fields])


class SealingKey:
    """One AES-256-GCM key."""

    __slots__ = ("_cipher", "_marks")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes, got {len(key)}")
        self._cipher = AESGCM(key)
        self._marks = hmac.digest(key, b"fingerprints", "sha256")

    def fingerprint(self, plaintext: bytes, place: bytes) -> bytes:
        """32 bytes that are the same for the same plaintext and place, and that nobody can guess without the key."""
        return hmac.digest(self._marks, context(place, plaintext), "sha256")

    def seal(self, plaintext: bytes, place: bytes) -> bytes:
        """Nonce, ciphertext and tag; `place` is what `context` made."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, place)

    def seal_each(self, values: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
        """Many plaintexts, each with its place: as `seal`, but the system is asked for random bytes once."""
        pairs = list(values)
        random, encrypt = os.urandom(NONCE_BYTES * len(pairs)), self._cipher.encrypt
        sealed = []
        for number, (plaintext, place) in enumerate(pairs):
            nonce = random[NONCE_BYTES * number : NONCE_BYTES * (number + 1)]
            sealed.append(nonce + encrypt(nonce, plaintext, place))
        return sealed

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """The plaintext; raises `Unsealable`."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise Unsealable(f"a sealed value has at least {NONCE_BYTES + TAG_BYTES} bytes, got {len(sealed)}")
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
        except InvalidTag:
            raise Unsealable("the value was sealed by another key, for another place, or was altered") from None


@lru_cache(maxsize=64)
def period_of(day: date) -> date:
    """The first day of the month that a message of this day is sealed in."""
    return day.replace(day=1)


class KeyRing:
    """The master key, and in memory the period keys it has opened. One per process."""

    def __init__(self, master: bytes) -> None:
        self.master = SealingKey(master)
        self._opened: dict[bytes, SealingKey] = {}
        self._committed: dict[tuple[UUID, date], SealingKey] = {}
        self._made_in: dict[tuple[UUID, date], int] = {}

    def unwrap(self, tenant: UUID, period: date, wrapped: bytes) -> SealingKey:
        """Open a period key; raises `Unsealable` when the master key is not the one that sealed it."""
        known = self._opened.get(wrapped)
        if known is None:
            try:
                known = SealingKey(self.master.open(wrapped, _key_context(tenant, period)))
            except Unsealable:
                raise Unsealable(
                    f"the master key does not open the inbox key of {period:%Y-%m}: is it the one of this database?"
                ) from None
            _hold(self._opened, wrapped, known)
        return known

    def committed_key(self, tenant: UUID, period: date) -> SealingKey | None:
        """The key of a month if memory holds it, known to be in the database."""
        return self._committed.get((tenant, period))

    async def period_key(self, connection: AsyncConnection, tenant: UUID, period: date) -> SealingKey:
        """The key that seals a month's messages, made if there is none; processes that meet here agree on one.

        A key made by a transaction that then rolls back is gone, so a key is remembered only once another
        transaction has seen it.
        """
        known = self.committed_key(tenant, period)
        if known is not None:
            return known
        made = self.master.seal(os.urandom(KEY_BYTES), _key_context(tenant, period))
        inserted = await connection.exec_driver_sql(_MAKE_KEY, (tenant, period, made))
        row = inserted.one_or_none()
        if row is not None:
            self._made_in[tenant, period] = row.xid
            return self.unwrap(tenant, period, made)
        found = (await connection.exec_driver_sql(_FIND_KEY, (tenant, period))).one()
        key = self.unwrap(tenant, period, found.wrapped)
        if self._made_in.get((tenant, period)) != found.xid:
            self._made_in.pop((tenant, period), None)
            _hold(self._committed, (tenant, period), key)
        return key

    async def existing_key(self, connection: AsyncConnection, tenant: UUID, period: date) -> SealingKey | None:
        """The key of a month for opening what it sealed; None when it was destroyed."""
        found = (await connection.exec_driver_sql(_FIND_KEY, (tenant, period))).one_or_none()
        return None if found is None else self.unwrap(tenant, period, found.wrapped)

    def forget(self, tenant: UUID, before: date) -> None:
        """Drop the tenant's keys of earlier months from memory."""
        for held in [held for held in self._committed if held[0] == tenant and held[1] < before]:
            del self._committed[held]
        self._opened.clear()


async def purge_keys(connection: AsyncConnection, tenant: UUID, before: date, keyring: KeyRing) -> int:
    """Destroy the keys of all months that ended by `before`; returns how many. Their bodies can never be read again."""
    month = period_of(before)
    purged = await connection.exec_driver_sql(_PURGE_KEYS, (tenant, month))
    keyring.forget(tenant, month)
    return purged.rowcount


def _key_context(tenant: UUID, period: date) -> bytes:
    return context(tenant.bytes, b"inbox_keys", b"wrapped", period.isoformat().encode())


def _hold(held: dict[_Name, SealingKey], name: _Name, key: SealingKey) -> None:
    if len(held) >= KEYS_HELD_MAX:
        del held[next(iter(held))]
    held[name] = key


_MAKE_KEY = """
INSERT INTO inbox_keys (tenant_id, period, wrapped) VALUES ($1::uuid, $2::date, $3::bytea)
ON CONFLICT (tenant_id, period) DO NOTHING
RETURNING pg_current_xact_id() AS xid
"""

_FIND_KEY = """
SELECT wrapped, pg_current_xact_id_if_assigned() AS xid FROM inbox_keys WHERE tenant_id = $1::uuid AND period = $2::date
"""

_PURGE_KEYS = "DELETE FROM inbox_keys WHERE tenant_id = $1::uuid AND period < $2::date"
