"""Clearing files as a source: a file's records are appended to the inbox log as if they had come one by one.

A record becomes a message in the lane of its card: sealed, processed by the road, parked when it cannot be read, read
again after a repair. Its delivery id is the hash of its content, so a record is stored once, however often and in
however many files it comes: a file whose import died half way is completed by importing it again. That it was begun and
that it is done stand in the audit log under the SHA-256 of its bytes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor
from cashback.db.engine import fetch, transaction
from cashback.errors import Conflict, Invalid, NotFound
from cashback.programmes import audit_log
from cashback.programmes.connections import Connection
from issuers.adapter import Adapter, Delivery
from issuers.feed_place import FeedPlace
from issuers.file_formats import FORMATS, read_file
from issuers.files import FileContent, FileRefused
from issuers.mastercard_tgx2 import Trailer
from issuers.registry import adapter
from webhooks import inbox
from webhooks.messages import NewMessage, Receipt, subject_of
from webhooks.sealing import KeyRing

BATCH_MAX = 500
"""Records appended in one transaction."""

BEGUN = "file.begun"
IMPORTED = "file.imported"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that is in order, and who it is."""

    name: str
    """As the person called it; its last part, without folders."""
    sha256: str
    content: FileContent


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import."""

    stored: int
    """Records that were new."""
    known: int
    """Records that were in the log already, by this file or another."""
    earlier: datetime | None = None
    """When this very file had been imported; then nothing was done."""


def read(
    connection: Connection, format_name: str, name: str, data: bytes, place: FeedPlace | None, trailer: Trailer
) -> ReadFile:
    """The records of a file; raises Invalid, which names each line that is not as documented. Nothing is written."""
    if FORMATS[format_name].provider != connection.provider:
        raise Invalid(f"connection {connection.slug!r} is of {connection.provider}, which has no {format_name} file")
    try:
        content = read_file(format_name, data, place, trailer)
    except FileRefused as refused:
        raise Invalid("\n".join([f"{name}: the file was refused as a whole", *refused.problems])) from refused
    return ReadFile(name, hashlib.sha256(data).hexdigest(), content)


async def import_file(
    engine: AsyncEngine,
    keyring: KeyRing,
    actor: Actor,
    connection: Connection,
    file: ReadFile,
    now: datetime,
    stored: Callable[[int], object] = lambda _: None,
) -> Imported:
    """Append the records that are not in the log; `stored` is told after each commit how many are dealt with.

    Conflict when the same bytes were begun as another kind of file: some of their records may already count as such.
    """
    async with transaction(engine, actor.operator_id) as writing:
        earlier = await _earlier(writing, connection, file)
        if IMPORTED in earlier:
            return Imported(0, len(file.content.records), earlier[IMPORTED])
        if BEGUN not in earlier:
            await _record(writing, actor, BEGUN, connection, file, {}, now)
    messages = [_message(connection, file.content.event, record.body, now) for record in file.content.records]
    new = 0
    for start in range(0, len(messages), BATCH_MAX):
        batch = messages[start : start + BATCH_MAX]
        async with transaction(engine, actor.operator_id) as writing:
            await writing.exec_driver_sql(_BY_INDEX)
            receipts = await inbox.append(writing, actor.operator_id, batch, keyring)
        new += receipts.count(Receipt.STORED)
        stored(start + len(batch))
    async with transaction(engine, actor.operator_id) as writing:
        if IMPORTED not in await _earlier(writing, connection, file):
            detail = {"records": len(messages), "stored": new}
            await _record(writing, actor, IMPORTED, connection, file, detail, now)
    return Imported(new, len(messages) - new)


def _message(connection: Connection, event: str, body: bytes, now: datetime) -> NewMessage:
    dialect: Adapter = adapter(connection.provider)
    envelope = dialect.envelope(Delivery(body, {}, event))
    return NewMessage(
        connection_id=connection.id,
        delivery_id=envelope.delivery_id,
        event=event,
        digest=envelope.content_digest,
        subject=None if envelope.card_token is None else subject_of(dialect.name, envelope.card_token),
        received_at=now,
        body=body,
    )


async def _earlier(writing: AsyncConnection, connection: Connection, file: ReadFile) -> dict[str, datetime]:
    """What the audit log says of these bytes; until the transaction ends nobody else says more of this connection."""
    if not await fetch(writing, _LOCK, (connection.operator_id, connection.id)):
        raise NotFound(f"no open connection is called {connection.slug!r}", code="unknown_connection")
    rows = await fetch(writing, _EARLIER, (connection.operator_id, _subject(connection), file.sha256))
    for row in rows:
        if row.event != file.content.event:
            raise Conflict(
                f"{file.name}: the same file was imported as {row.event!r} at {row.at:%Y-%m-%d %H:%M}, "
                f"it cannot be {file.content.event!r} too",
                code="file_imported_otherwise",
            )
    return {row.action: row.at for row in rows}


async def _record(
    writing: AsyncConnection,
    actor: Actor,
    action: str,
    connection: Connection,
    file: ReadFile,
    more: dict[str, Any],
    now: datetime,
) -> None:
    detail = {"name": file.name, "sha256": file.sha256, "event": file.content.event} | more
    await audit_log.record(writing, actor, action, _subject(connection), detail, now)


def _subject(connection: Connection) -> str:
    return f"connection:{connection.slug}"


# Whether a record is in the log is asked of its index, however short the log is: it grows while it is asked.
_BY_INDEX = "SET LOCAL enable_seqscan = off"

_LOCK = "SELECT id FROM connections WHERE operator_id = $1::uuid AND id = $2::uuid AND active FOR UPDATE"

_EARLIER = """
SELECT action, at, detail->>'event' AS event FROM audit_log
WHERE operator_id = $1::uuid AND subject = $2::text AND action IN ('file.begun', 'file.imported')
    AND detail->>'sha256' = $3::text
ORDER BY id
"""
