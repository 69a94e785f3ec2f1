"""The bytes of sealed rows taken apart again, and the hash of a block. Pure."""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, LargeBinary, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from cashback.books.sealed import Bound, Key, Range
from webhooks.sealing import context

GENESIS = bytes(32)
"""What the first block of a chain follows."""
_DOMAIN = b"cashback.seal.1"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_COMPRESSION = 1

Fields = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One link of a chain: so many rows of a range, all that its hash covers, and the hash."""

    operator_id: UUID
    chain: str
    number: int
    first_position: int
    rows: int
    range: Range
    columns: tuple[str, ...]
    content: bytes
    previous: bytes
    sealed_at: datetime
    hash: bytes = b""

    @property
    def last_position(self) -> int:
        """The position of its last row."""
        return self.first_position + self.rows - 1

    def hashed(self) -> bytes:
        """SHA-256 of every field, each preceded by its length."""
        fields = (
            _DOMAIN,
            self.previous,
            self.operator_id.bytes,
            self.chain.encode(),
            *(number.to_bytes(8, "big") for number in (self.number, self.first_position, self.rows)),
            _bound(self.range.after),
            _bound(self.range.through),
            context(*(name.encode() for name in self.columns)),
            self.content,
            self.sealed_at.astimezone(UTC).isoformat(timespec="microseconds").encode(),
        )
        return hashlib.sha256(context(*fields)).digest()


def _bound(bound: Bound) -> bytes:
    key = b"" if bound.key is None else context(*(part.encode() for part in bound.key))
    return context(bound.place.to_bytes(8, "big", signed=True), key)


def packed(body: bytes) -> tuple[bytes, bytes]:
    """The SHA-256 of rows, and the copy of them that the block keeps."""
    return hashlib.sha256(body).digest(), zlib.compress(body, _COMPRESSION)


def unpacked(copy: bytes) -> bytes:
    """The rows of a copy; ValueError if it was altered."""
    try:
        return zlib.decompress(copy)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def lengths(body: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each row; ValueError where the bytes are no rows."""
    at, end = 0, len(body)
    short, long = struct.Struct(">h").unpack_from, struct.Struct(">i").unpack_from
    try:
        while at < end:
            begin = at
            (fields,) = short(body, at)
            at += 2
            for _ in range(fields):
                (length,) = long(body, at)
                at += 4 if length < 0 else 4 + length
            yield begin, at
    except struct.error as error:
        raise ValueError(f"the rows end in the middle of a row: {error}") from error


def fields_of(body: bytes) -> list[Fields]:
    """The fields of each row as bytes."""
    found: list[Fields] = []
    for begin, end in lengths(body):
        at, fields = begin + 2, []
        while at < end:
            length = int.from_bytes(body[at : at + 4], "big", signed=True)
            at += 4
            fields.append(None if length < 0 else body[at : at + length])
            at += max(length, 0)
        found.append(tuple(fields))
    return found


def value_of(table: Table, column: str, field: bytes | None) -> Any:
    """A field as a person reads it: PostgreSQL's binary value of the column's type."""
    if field is None:
        return None
    kind = table.columns[column].type
    try:
        if isinstance(kind, Uuid):
            return UUID(bytes=field)
        if isinstance(kind, BigInteger):
            return int.from_bytes(field, "big", signed=True)
        if isinstance(kind, Boolean):
            return field != b"\x00"
        if isinstance(kind, DateTime):
            return (_EPOCH + timedelta(microseconds=int.from_bytes(field, "big", signed=True))).isoformat()
        if isinstance(kind, LargeBinary):
            return field.hex()
        return (field[1:] if isinstance(kind, JSONB) else field).decode()
    except (ValueError, OverflowError):
        return field.hex()


def key_of(table: Table, columns: Sequence[str], key: Sequence[str], fields: Fields) -> Key:
    """The key of a row, as text."""
    places = {name: place for place, name in enumerate(columns)}
    return tuple(str(value_of(table, name, fields[places[name]])) for name in key)
