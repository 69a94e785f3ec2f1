"""The statements that keep what banks told and read it back. Everything of one file is written by few statements."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.iso20022.entries import Direction
from cashback.iso20022.status_report import TransferStatus
from cashback.reconciliation.movements import Movement

ROWS_MAX = 5_000
"""Movements written by one statement."""
LISTED_MAX = 200

_PUT_FILE = """
INSERT INTO bank_files (operator_id, id, digest, source, name, movements, statuses, first_on, last_on, imported_by,
    imported_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (operator_id, digest) DO NOTHING RETURNING id
"""
_FILE = "SELECT id, imported_at FROM bank_files WHERE operator_id = $1 AND digest = $2"
_FILES = f"""
SELECT id, source, name, movements, statuses, first_on, last_on, imported_by, imported_at FROM bank_files
WHERE operator_id = $1 ORDER BY id DESC LIMIT {LISTED_MAX}
"""  # noqa: S608 - built from constants
_COLUMNS = """source, account, last_four, statement, entry, part, direction, amount_minor, currency, booked, booked_on,
    value_on, code, bank_ref, end_to_end, batch_ref, return_reason, charge"""
_PUT_ENTRIES = f"""
INSERT INTO bank_entries (operator_id, file_id, {_COLUMNS}, refs, digest)
SELECT $1, $2, t.source, t.account, t.last_four, t.statement, t.entry, t.part, t.direction, t.amount_minor, t.currency,
    t.booked, t.booked_on, t.value_on, t.code, t.bank_ref, t.end_to_end, t.batch_ref, t.return_reason, t.charge,
    CASE WHEN t.refs = '' THEN '{{}}' ELSE string_to_array(t.refs, '|') END, t.digest
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::int[], $9::text[], $10::bigint[],
    $11::text[], $12::bool[], $13::date[], $14::date[], $15::text[], $16::text[], $17::text[], $18::text[],
    $19::text[], $20::bool[], $21::text[], $22::bytea[]) AS t ({_COLUMNS}, refs, digest)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - built from constants
_OTHERWISE = """
SELECT e.source, e.statement, e.entry, e.part, f.name FROM bank_entries e
JOIN unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::bytea[])
    AS t (source, account, statement, entry, part, digest)
    ON t.source = e.source AND t.account = e.account AND t.statement = e.statement AND t.entry = e.entry
        AND t.part = e.part
JOIN bank_files f ON f.operator_id = e.operator_id AND f.id = e.file_id
WHERE e.operator_id = $1 AND e.digest <> t.digest ORDER BY 1, 2, 3, 4 LIMIT 1
"""
_PUT_STATUSES = """
INSERT INTO bank_statuses (operator_id, file_id, number, level, order_ref, batch_ref, end_to_end, status, outcome,
    reasons, told_at)
SELECT $1, $2, t.number, t.level, t.order_ref, t.batch_ref, t.end_to_end, t.status, t.outcome,
    CASE WHEN t.reasons = '' THEN '{}' ELSE string_to_array(t.reasons, '|') END, $3
FROM unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
    AS t (number, level, order_ref, batch_ref, end_to_end, status, outcome, reasons)
"""
_ENTRIES = f"""
SELECT {_COLUMNS}, refs FROM bank_entries
WHERE operator_id = $1 AND (booked_on >= $2 OR booked_on >= $3 AND refs <> '{{}}')
ORDER BY source, account, statement, entry, part
"""  # noqa: S608 - built from constants
_REJECTED = """
SELECT level, order_ref, batch_ref, end_to_end, coalesce(reasons[1], status) FROM bank_statuses
WHERE operator_id = $1 AND outcome IN ('rejected', 'cancelled') AND told_at >= $2 ORDER BY told_at, file_id, number
"""
_PUT_NOTE = """
INSERT INTO bank_notes (operator_id, id, subject, finding, difference_minor, currency, words, noted_by, noted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_NOTES = """
SELECT DISTINCT ON (subject) subject, finding, difference_minor, currency, words, noted_by, noted_at FROM bank_notes
WHERE operator_id = $1 ORDER BY subject, id DESC
"""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was imported."""

    id: UUID
    source: str
    name: str
    movements: int
    statuses: int
    first_on: date | None
    last_on: date | None
    imported_by: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What a person said of a difference."""

    subject: str
    finding: str
    difference_minor: int
    currency: str
    words: str
    noted_by: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    """A bank's refusal of an order, a batch or one payment."""

    level: str
    order_ref: str
    batch_ref: str | None
    end_to_end: str | None
    reason: str


async def put_file(connection: AsyncConnection, operator_id: UUID, file: StoredFile, digest: bytes) -> bool:
    """Keep that a file was imported; False if its bytes were before. Another import of them waits for this one."""
    row = (file.source, file.name, file.movements, file.statuses, file.first_on, file.last_on, file.imported_by)
    return bool(await fetch(connection, _PUT_FILE, (operator_id, file.id, digest, *row, file.imported_at)))


async def imported_at(connection: AsyncConnection, operator_id: UUID, digest: bytes) -> datetime:
    """When these bytes were imported."""
    (found,) = await fetch(connection, _FILE, (operator_id, digest))
    told: datetime = found.imported_at
    return told


async def put_movements(
    connection: AsyncConnection, operator_id: UUID, file_id: UUID, movements: Sequence[Movement]
) -> int:
    """Keep the movements that are new; answers how many were."""
    added = 0
    for start in range(0, len(movements), ROWS_MAX):
        rows = [_row(each) for each in movements[start : start + ROWS_MAX]]
        done = await connection.exec_driver_sql(_PUT_ENTRIES, (operator_id, file_id, *_columns(rows)))
        added += done.rowcount
    return added


async def told_otherwise(
    connection: AsyncConnection, operator_id: UUID, movements: Sequence[Movement]
) -> tuple[str, str, int, int, str] | None:
    """The first movement that an earlier file told with other content: source, statement, entry, part, that file."""
    for start in range(0, len(movements), ROWS_MAX):
        page = movements[start : start + ROWS_MAX]
        keys = [(one.source, one.account, one.statement, one.entry, one.part, _digest(one)) for one in page]
        rows = await fetch(connection, _OTHERWISE, (operator_id, *_columns(keys)))
        if rows:
            return tuple(rows[0])
    return None


async def put_statuses(
    connection: AsyncConnection, operator_id: UUID, file_id: UUID, statuses: Sequence[TransferStatus], now: datetime
) -> None:
    """Keep the statuses of a report."""
    for start in range(0, len(statuses), ROWS_MAX):
        rows = [
            (number, one.level.value, one.file_id, one.batch_id, one.end_to_end, one.status, one.outcome.value, reasons)
            for number, one in enumerate(statuses[start : start + ROWS_MAX], start + 1)
            for reasons in ("|".join(each.replace("|", " ") for each in one.reasons),)
        ]
        await connection.exec_driver_sql(_PUT_STATUSES, (operator_id, file_id, now, *_columns(rows)))


async def movements_since(
    connection: AsyncConnection, operator_id: UUID, since: date, named_since: date
) -> list[Movement]:
    """What was booked from a day on, and from an earlier one what names a reference."""
    rows = await fetch(connection, _ENTRIES, (operator_id, since, named_since))
    return [_movement(row) for row in rows]


async def rejections(connection: AsyncConnection, operator_id: UUID, since: datetime) -> list[Rejection]:
    """What banks refused to carry out, as they told it, oldest first."""
    return [Rejection(*row) for row in await fetch(connection, _REJECTED, (operator_id, since))]


async def put_note(connection: AsyncConnection, operator_id: UUID, note_id: UUID, note: Note) -> None:
    """Keep what a person said; the newest of a subject holds."""
    await connection.exec_driver_sql(_PUT_NOTE, (operator_id, note_id, *astuple(note)))


async def notes(connection: AsyncConnection, operator_id: UUID) -> dict[str, Note]:
    """The newest note of each subject."""
    return {row.subject: Note(*row) for row in await fetch(connection, _NOTES, (operator_id,))}


async def files(connection: AsyncConnection, operator_id: UUID) -> list[StoredFile]:
    """The files that were imported, the newest first."""
    return [StoredFile(*row) for row in await fetch(connection, _FILES, (operator_id,))]


def _row(one: Movement) -> tuple[Any, ...]:
    told = (one.source, one.account, one.last_four, one.statement, one.entry, one.part, one.direction.value)
    amount = (one.amount_minor, one.currency, one.booked, one.booked_on, one.value_on)
    names = (one.code, one.bank_ref, one.end_to_end, one.batch_ref, one.return_reason, one.charge)
    return (*told, *amount, *names, "|".join(one.references), _digest(one))


def _movement(row: Any) -> Movement:
    values: list[Any] = [*row[:6], Direction(row.direction), *row[7:18], tuple(row.refs)]
    return Movement(*values)


def _digest(one: Movement) -> bytes:
    return hashlib.sha256(msgspec.json.encode(one)).digest()


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
