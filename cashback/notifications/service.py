"""Telling shoppers: in the transaction of what is told, so that neither exists alone. The inbox is read here too."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show
from cashback.notifications.schemas import Notice, Told
from cashback.notifications.topics import topic_of

_TELL = """
INSERT INTO notices (operator_id, shopper_id, key, kind, params, told_at, read_at, to_mail)
SELECT $1, t.shopper_id, t.key, t.kind, t.params, $7::timestamptz,
    CASE WHEN p.wanted IS FALSE THEN $7::timestamptz END, true
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::text[]) AS t (shopper_id, key, kind, params, topic)
LEFT JOIN notice_preferences p ON p.shopper_id = t.shopper_id AND p.topic = t.topic AND p.channel = 'inbox'
ON CONFLICT (shopper_id, key) DO NOTHING
"""
_INBOX = """
SELECT shopper_id, key, kind, params::text, told_at, read_at FROM notices
WHERE shopper_id = $1 AND ($3::timestamptz IS NULL OR (told_at, key) < ($3, $4::text))
ORDER BY told_at DESC, key DESC LIMIT $2
"""
_READ = "UPDATE notices SET read_at = $2 WHERE shopper_id = $1 AND read_at IS NULL AND told_at <= $2"
_READ_ONE = """
UPDATE notices SET read_at = coalesce(read_at, $3) WHERE shopper_id = $1 AND key = $2
RETURNING shopper_id, key, kind, params::text, told_at, read_at
"""


async def tell(connection: AsyncConnection, operator_id: UUID, notices: Sequence[Notice], now: datetime) -> None:
    """Put each into its shopper's inbox, once: what was told under a key stays as it was told.

    What they muted there is kept as read. Whether a letter goes out too is decided when letters are written.
    """
    if not notices:
        return
    ordered = sorted(notices, key=lambda each: (each.shopper_id, each.key))
    await connection.exec_driver_sql(
        _TELL,
        (
            operator_id,
            [each.shopper_id for each in ordered],
            [each.key for each in ordered],
            [each.kind for each in ordered],
            [msgspec.json.encode(each.params).decode() for each in ordered],
            [topic_of(each.kind).value for each in ordered],
            now,
        ),
    )
    told = [
        event(
            "notice.told",
            f"{each.shopper_id.hex}:{sha256(each.key.encode()).hexdigest()}",
            now,
            of=each.shopper_id,
            shopper=show("shp", each.shopper_id),
            kind=each.kind,
        )
        for each in ordered
    ]
    await events.tell(connection, operator_id, told, now)


async def inbox(
    connection: AsyncConnection, shopper_id: UUID, limit: int = 50, after: tuple[datetime, str] | None = None
) -> list[Told]:
    """What a shopper was told, the newest first, after what was told at this instant under this key."""
    return [
        Told(Notice(row[0], row[1], row[2], msgspec.json.decode(row[3])), row[4], row[5])
        for row in await fetch(connection, _INBOX, (shopper_id, limit, *(after or (None, None))))
    ]


async def mark_read(connection: AsyncConnection, shopper_id: UUID, now: datetime) -> None:
    """Everything told until now has been seen."""
    await connection.exec_driver_sql(_READ, (shopper_id, now))


async def read_one(connection: AsyncConnection, shopper_id: UUID, key: str, now: datetime) -> Told | None:
    """One message has been seen; None: there is no such message."""
    for row in await fetch(connection, _READ_ONE, (shopper_id, key, now)):
        return Told(Notice(row[0], row[1], row[2], msgspec.json.decode(row[3])), row[4], row[5])
    return None
