"""The statements on adjustments and on what people may do alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.adjustments.schemas import Adjustment, Asked, Kind, Reason, State
from cashback.db.engine import fetch

_COLUMNS = """id, shopper_id, digest, kind, asset, amount, reason, words, purchase_id, state, asked_by, asked_at,
    decided_by, decided_at, answer"""
_OF_KEY = f"SELECT {_COLUMNS} FROM adjustments WHERE shopper_id = $1 AND key = $2"  # noqa: S608 - constants
_ONE = f"SELECT {_COLUMNS} FROM adjustments WHERE operator_id = $1 AND id = $2"  # noqa: S608 - constants
_LISTED = f"""
SELECT {_COLUMNS} FROM adjustments WHERE operator_id = $1 AND ($2::text IS NULL OR state = $2)
    AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4
"""  # noqa: S608 - built from constants
_OF_SHOPPER = f"""
SELECT {_COLUMNS} FROM adjustments WHERE shopper_id = $1 ORDER BY id DESC LIMIT $2
"""  # noqa: S608 - built from constants
_SAVE = """
INSERT INTO adjustments (operator_id, shopper_id, id, key, digest, kind, asset, amount, reason, words, purchase_id,
    state, asked_by, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', $12, $13)
"""
_DECIDE = """
UPDATE adjustments SET state = $3, decided_by = $4, decided_at = $5, answer = $6
WHERE shopper_id = $1 AND id = $2 AND state = 'waiting'
"""
_ALONE = """
SELECT coalesce(sum(abs(amount)), 0)::bigint FROM adjustments
WHERE operator_id = $1 AND asked_by = $2 AND decided_by = $2 AND asset = $3 AND state = 'posted' AND asked_at > $4
"""
_LIMITS = "SELECT scope, asset, alone_max FROM adjustment_limits WHERE operator_id = $1 ORDER BY scope, asset"
_SET_LIMIT = """
INSERT INTO adjustment_limits (operator_id, scope, asset, alone_max) VALUES ($1, $2, $3, $4)
ON CONFLICT (operator_id, scope, asset) DO UPDATE SET alone_max = EXCLUDED.alone_max
"""
_PURCHASE = "SELECT EXISTS (SELECT 1 FROM purchases WHERE shopper_id = $1 AND id = $2)"
_LOCK_PERSON = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
LIMIT_WINDOW = timedelta(hours=24)
"""What a person may adjust alone is counted over so long."""


async def of_key(connection: AsyncConnection, shopper_id: UUID, key: str) -> Adjustment | None:
    """The adjustment that came with a key."""
    return _first(await fetch(connection, _OF_KEY, (shopper_id, key)))


async def one(connection: AsyncConnection, operator_id: UUID, adjustment_id: UUID) -> Adjustment | None:
    """One by its id."""
    return _first(await fetch(connection, _ONE, (operator_id, adjustment_id)))


async def listed(
    connection: AsyncConnection, operator_id: UUID, state: State | None, after: UUID | None, limit: int
) -> list[Adjustment]:
    """A page of them, the newest first."""
    values = (operator_id, None if state is None else state.value, after, limit)
    return [_adjustment(row) for row in await fetch(connection, _LISTED, values)]


async def of_shopper(connection: AsyncConnection, shopper_id: UUID, limit: int) -> list[Adjustment]:
    """The newest of one shopper."""
    return [_adjustment(row) for row in await fetch(connection, _OF_SHOPPER, (shopper_id, limit))]


async def save(
    connection: AsyncConnection,
    operator_id: UUID,
    shopper_id: UUID,
    adjustment_id: UUID,
    asked: Asked,
    digest: bytes,
    by: str,
    now: datetime,
) -> None:
    """Keep what was asked for; it waits until it is decided."""
    await connection.exec_driver_sql(
        _SAVE,
        (
            operator_id,
            shopper_id,
            adjustment_id,
            asked.key,
            digest,
            asked.kind.value,
            asked.asset,
            asked.amount,
            asked.reason.value,
            asked.words,
            asked.purchase_id,
            by,
            now,
        ),
    )


async def decide(
    connection: AsyncConnection, found: Adjustment, state: State, by: str, answer: str | None, now: datetime
) -> None:
    """Write down what was decided of one that waits."""
    await connection.exec_driver_sql(_DECIDE, (found.shopper_id, found.id, state.value, by, now, answer))


async def has_purchase(connection: AsyncConnection, shopper_id: UUID, purchase_id: UUID) -> bool:
    """Whether a purchase is this shopper's."""
    return bool((await connection.exec_driver_sql(_PURCHASE, (shopper_id, purchase_id))).scalar())


async def done_alone(connection: AsyncConnection, operator_id: UUID, by: str, asset: str, now: datetime) -> int:
    """What a person adjusted alone in the last 24 hours, both ways added up; nobody else counts it until we commit."""
    await connection.exec_driver_sql(_LOCK_PERSON, (f"adjusts:{operator_id}:{by}:{asset}",))
    found = await connection.exec_driver_sql(_ALONE, (operator_id, by, asset, now - LIMIT_WINDOW))
    return int(found.scalar_one())


async def limits(connection: AsyncConnection, operator_id: UUID) -> dict[tuple[str, str], int]:
    """By scope and asset: how much a person may adjust alone in 24 hours."""
    return {(row[0], row[1]): row[2] for row in await fetch(connection, _LIMITS, (operator_id,))}


async def set_limit(connection: AsyncConnection, operator_id: UUID, scope: str, asset: str, alone_max: int) -> None:
    """Say how much."""
    await connection.exec_driver_sql(_SET_LIMIT, (operator_id, scope, asset, alone_max))


def _first(rows: Any) -> Adjustment | None:
    return next((_adjustment(row) for row in rows), None)


def _adjustment(row: Any) -> Adjustment:
    return Adjustment(
        row[0], row[1], row[2], Kind(row[3]), row[4], row[5], Reason(row[6]), row[7], row[8], State(row[9]), *row[10:]
    )
