"""The book as it was last counted: what sums over every plan is kept for the pages, with the moment it is of.

Counting reads every plan and instalment, which takes a second for a hundred thousand plans; so the worker counts, and a
page reads one row. Nothing decides by it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import system
from cashback.db.engine import fetch
from cashback.instalments import reading, remitting
from cashback.instalments.reading import Book
from cashback.instalments.remitting import Remittance

EVERY = timedelta(minutes=1)

_AT = "SELECT counted_at FROM instalment_counts WHERE operator_id = $1"
_READ = "SELECT counted_at, body::text FROM instalment_counts WHERE operator_id = $1"
_KEEP = """
INSERT INTO instalment_counts (operator_id, counted_at, body) VALUES ($1, $2, $3::jsonb)
ON CONFLICT (operator_id) DO UPDATE SET counted_at = excluded.counted_at, body = excluded.body
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """The book, a currency at a time, and what is to be passed on, as of `at`."""

    at: datetime
    books: tuple[Book, ...]
    parties: tuple[Remittance, ...]


async def count(connection: AsyncConnection, operator_id: UUID, now: datetime) -> Counted:
    """Count now; keeps nothing."""
    books = await reading.book(connection, operator_id, now)
    parties = await remitting.to_pass_on(connection, system(operator_id, "book"))
    return Counted(now, tuple(books), tuple(parties))


async def keep(connection: AsyncConnection, operator_id: UUID, now: datetime) -> None:
    """Count now, and keep it for the pages."""
    counted = await count(connection, operator_id, now)
    body = {"books": [asdict(each) for each in counted.books], "parties": [asdict(each) for each in counted.parties]}
    await connection.exec_driver_sql(_KEEP, (operator_id, now, msgspec.json.encode(body).decode()))


async def keep_if_due(connection: AsyncConnection, operator_id: UUID, now: datetime) -> bool:
    """Count again what was counted a minute ago or before; False if it is newer."""
    rows = await fetch(connection, _AT, (operator_id,))
    if rows and now - rows[0][0] < EVERY:
        return False
    await keep(connection, operator_id, now)
    return True


async def read(connection: AsyncConnection, operator_id: UUID, now: datetime) -> Counted:
    """As it was last counted; counted now where it never was."""
    rows = await fetch(connection, _READ, (operator_id,))
    if not rows:
        return await count(connection, operator_id, now)
    body = msgspec.json.decode(rows[0][1])
    return Counted(
        rows[0][0],
        tuple(Book(**each) for each in body["books"]),
        tuple(Remittance(**each) for each in body["parties"]),
    )
