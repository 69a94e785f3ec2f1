"""Exports: everything of one kind over a span of time, from one snapshot, row by row; memory does not grow."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.insights.listings import CARDS, MOVEMENTS, PURCHASES, REWARDS, SHOPPERS, SHOWN, flat

ROWS_AT_ONCE = 1_000


class ExportKind(StrEnum):
    """What is exported."""

    SHOPPERS = "shoppers"
    """Opened in the span."""
    CARDS = "cards"
    """Linked in the span."""
    PURCHASES = "purchases"
    """Made in the span, as they stand now."""
    REWARDS = "rewards"
    """Of the purchases made in the span, as they stand now."""
    MOVEMENTS = "movements"
    """Posted in the span; never changed afterwards."""


@dataclass(frozen=True, slots=True)
class _Whole:
    prefix: str
    statement: str
    """Of the operator, from (not before) an instant until (not including) another."""


_WHOLE = {
    ExportKind.SHOPPERS: _Whole(
        "shp", f"{SHOPPERS} AND s.created_at >= $2 AND s.created_at < $3 ORDER BY n.shopper_id"
    ),
    ExportKind.CARDS: _Whole(
        "crd", f"{CARDS} AND c.linked_at >= $2 AND c.linked_at < $3 ORDER BY c.shopper_id, c.card_id, c.linked_at"
    ),
    ExportKind.PURCHASES: _Whole(
        "pur",
        f"{PURCHASES} AND {SHOWN} AND p.purchased_at >= $2 AND p.purchased_at < $3 ORDER BY p.purchased_at, p.id",
    ),
    ExportKind.REWARDS: _Whole(
        "rwd",
        f"{REWARDS} AND p.purchased_at >= $2 AND p.purchased_at < $3 ORDER BY p.purchased_at, p.id, r.offer_id",
    ),
    ExportKind.MOVEMENTS: _Whole(
        "trf",
        f"{MOVEMENTS} AND t.shopper_id <> t.operator_id AND t.posted_at >= $2 AND t.posted_at < $3"
        " ORDER BY t.posted_at, t.id",
    ),
}


async def rows_of(
    connection: AsyncConnection, operator_id: UUID, kind: ExportKind, since: datetime, until: datetime
) -> AsyncGenerator[dict[str, Any], None]:
    """Every row, flat, as one statement sees them: nothing is missing or twice, whatever is written meanwhile."""
    whole = _WHOLE[kind]
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async for row in driver.cursor(whole.statement, operator_id, since, until, prefetch=ROWS_AT_ONCE):
        yield flat(row, whole.prefix)
