"""Keeping requests, finding them again, forgetting them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import parse
from cashback.request_log.schemas import Asked, Filters

KEPT = timedelta(days=7)
PAGE_MAX = 201
"""A page of 200, and one more that tells whether there is another."""
FORGOTTEN_MAX = 10_000
OUTCOMES = {"ok": (0, 399), "refused": (400, 499), "failed": (500, 999)}

_COLUMNS = (
    "operator_id, id, at, key_id, key_label, method, path, query, status, code, milliseconds, idempotency_key, "
    "asked, answered"
)
_RECORD = f"""
INSERT INTO api_requests ({_COLUMNS})
SELECT $1::uuid, n.* FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::int[], $10::text[], $11::int[], $12::text[], $13::text[], $14::text[]) AS n
ON CONFLICT DO NOTHING
"""  # noqa: S608 - built from constants
_PAGE = f"""
SELECT {_COLUMNS} FROM api_requests
WHERE operator_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR method = $3)
    AND status BETWEEN $4 AND $5 AND ($6::text IS NULL OR key_label = $6) AND strpos(path, $7) > 0
    AND ($9::text IS NULL OR code = $9) AND ($10::int IS NULL OR status = $10)
    AND ($11::text IS NULL OR idempotency_key = $11) AND ($12::uuid IS NULL OR id = $12)
    AND ($13 = '' OR strpos(path, $13) > 0 OR $13 IN (idempotency_key, key_label, code, status::text) OR id = $14::uuid)
ORDER BY id DESC LIMIT $8
"""  # noqa: S608 - built from constants
_ONE = f"SELECT {_COLUMNS} FROM api_requests WHERE operator_id = $1 AND id = $2"  # noqa: S608 - built from constants
_FORGET = """
DELETE FROM api_requests WHERE operator_id = $1 AND id IN (
    SELECT id FROM api_requests WHERE operator_id = $1 AND at < $2 LIMIT $3)
"""


async def record(connection: AsyncConnection, operator_id: UUID, requests: Sequence[Asked]) -> None:
    """Keep requests of one operator: one statement."""
    rows = [
        (
            each.id,
            each.at,
            each.key_id,
            each.key_label,
            each.method,
            each.path,
            each.query,
            each.status,
            each.code,
            each.milliseconds,
            each.idempotency_key,
            each.asked,
            each.answered,
        )
        for each in requests
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.exec_driver_sql(_RECORD, (operator_id, *columns))


async def page(
    connection: AsyncConnection, operator_id: UUID, filters: Filters, *, before: UUID | None = None, limit: int = 50
) -> list[Asked]:
    """Requests, the newest first; `before` is the last of the page before."""
    low, high = OUTCOMES.get(filters.outcome or "", (0, 999))
    limit = min(limit, PAGE_MAX)
    given = (
        *(operator_id, before, filters.method, low, high, filters.key_label, filters.path, limit),
        *(filters.code, filters.status, filters.idempotency_key, filters.request_id),
        *(filters.words, _id_or_none(filters.words)),
    )
    return [_asked(row) for row in await fetch(connection, _PAGE, given)]


async def find(connection: AsyncConnection, operator_id: UUID, request_id: UUID) -> Asked | None:
    """One request, or None."""
    rows = await fetch(connection, _ONE, (operator_id, request_id))
    return _asked(rows[0]) if rows else None


async def forget(connection: AsyncConnection, operator_id: UUID, now: datetime) -> int:
    """Delete some of what is older than `KEPT`; answers how many, `FORGOTTEN_MAX` at most."""
    return (await connection.exec_driver_sql(_FORGET, (operator_id, now - KEPT, FORGOTTEN_MAX))).rowcount


def _id_or_none(text: str) -> UUID | None:
    try:
        return parse("req", text)
    except ValueError:
        return None


def _asked(row: Any) -> Asked:
    return Asked(*tuple(row))
