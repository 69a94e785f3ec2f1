"""What the inbox takes and gives: messages, the lanes and subjects they are filed under, receipts, cursors."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from webhooks.sealing import KeyRing, Unsealable, context

LANES = 16
"""How many readers can work side by side. Fixed for the life of a database: the lane is part of the key."""
SUBJECT_BYTES = 16
DELIVERY_ID_MAX = 255
"""Characters of a delivery id that are stored as they are; a longer one is stored as its hash."""


class Receipt(StrEnum):
    """What became of a message that was handed to `append`."""

    STORED = "stored"
    """It is new and in the log."""
    DUPLICATE = "duplicate"
    """The same delivery, with the same content, is in the log already."""
    CONFLICT = "conflict"
    """The log holds other content under this delivery's id; this one was kept aside for a person to look at."""


class NewMessage(msgspec.Struct, frozen=True):
    """A verified message on its way into the log."""

    connection_id: UUID
    delivery_id: str
    event: str | None
    digest: bytes
    """SHA-256 of the content that may not vary between deliveries of one event."""
    subject: bytes | None
    """What `subject_of` made of the card; None when it concerns no card."""
    received_at: datetime
    body: bytes


class Message(msgspec.Struct, frozen=True):
    """A message in the log."""

    lane: int
    xid: int
    ordinal: int
    connection_id: UUID
    delivery_id: str
    event: str | None
    digest: bytes
    subject: bytes | None
    received_at: datetime
    body: bytes | None
    """None when nobody can read it any more: its month's key was destroyed, or the stored bytes were altered."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A message whose delivery id is in the log with other content."""

    lane: int
    connection_id: UUID
    delivery_id: str
    event: str | None
    digest: bytes
    received_at: datetime
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a lane was read; the row is locked while the transaction that read it lives."""

    tenant: UUID
    lane: int
    xid: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How far behind the readers of a tenant are."""

    waiting: int
    """Messages that can be read now; at most `inbox.DEPTH_COUNTED_MAX` of each lane are counted."""
    held_back: int
    """Committed messages that an older transaction, still running somewhere on the server, keeps from being read."""
    oldest_waiting_at: datetime | None
    oldest_held_back_at: datetime | None
    """Alarm on its age: it is how long that transaction has been in the way."""


def subject_of(network: str, card_token: str) -> bytes:
    """What stands for a card in the log: 16 bytes, so that nothing of the provider's token is stored in the clear."""
    token = card_token.encode("utf-8", "replace")
    named = b"%b%b%b" % (_network_place(network), len(token).to_bytes(4, "big"), token)
    return hashlib.blake2b(named, digest_size=SUBJECT_BYTES).digest()


@lru_cache(maxsize=64)
def _network_place(network: str) -> bytes:
    return context(network.encode())


def lane_of(subject: bytes | None, delivery_id: str) -> int:
    """The lane of a message: its card's, or when it concerns no card that of its delivery id."""
    if subject is None:
        subject = hashlib.blake2b(delivery_id.encode("utf-8", "replace"), digest_size=SUBJECT_BYTES).digest()
    return subject[0] % LANES


def storable_delivery_id(delivery_id: str) -> str:
    """The id itself, or its hash where PostgreSQL could not store or index it (NUL, lone surrogates, too long)."""
    if len(delivery_id) <= DELIVERY_ID_MAX and delivery_id.isprintable():
        return delivery_id
    return "sha256:" + hashlib.sha256(delivery_id.encode("utf-8", "surrogatepass")).hexdigest()


def opened(tenant: UUID, row: Any, keyring: KeyRing) -> Message:
    """A row of the log, read together with its month's `wrapped` key, as a message."""
    place = message_place(tenant, row.connection_id, row.delivery_id)
    return Message(
        lane=row.lane,
        xid=row.xid,
        ordinal=row.ordinal,
        connection_id=row.connection_id,
        delivery_id=row.delivery_id,
        event=row.event,
        digest=row.digest,
        subject=row.subject,
        received_at=row.received_at,
        body=opened_body(tenant, row, keyring, place),
    )


def opened_body(tenant: UUID, row: Any, keyring: KeyRing, place: bytes) -> bytes | None:
    """The body of a row, or None; raises `Unsealable` only when the master key is the wrong one."""
    if row.wrapped is None:
        return None
    key = keyring.unwrap(tenant, row.key_period, row.wrapped)
    try:
        return key.open(row.body, place)
    except Unsealable:
        return None


def message_place(tenant: UUID, connection_id: UUID, delivery_id: str) -> bytes:
    """What a body in the log is sealed for."""
    last = delivery_id.encode()
    return b"%b%b%b" % (_connection_place(tenant.int, connection_id.int), len(last).to_bytes(4, "big"), last)


@lru_cache(maxsize=1024)
def _connection_place(tenant: int, connection_id: int) -> bytes:
    # By number: the hash of a UUID is worked out in Python.
    return context(UUID(int=tenant).bytes, b"inbox_messages", b"body", UUID(int=connection_id).bytes)


def conflict_place(tenant: UUID, connection_id: UUID, delivery_id: str, digest: bytes) -> bytes:
    """What a body that was kept aside is sealed for."""
    return context(tenant.bytes, b"inbox_conflicts", b"body", connection_id.bytes, delivery_id.encode(), digest)
