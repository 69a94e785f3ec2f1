"""Purchases of a shopper that may still be split into instalments, as a list to choose from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch

SHOWN_MAX = 20

_RECENT = """
SELECT p.id, s.name, s.category, p.net_minor, p.currency, p.purchased_at
FROM purchases p JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
WHERE p.shopper_id = $1 AND p.purchased_at >= $2 AND p.net_minor >= $3 AND p.currency = $4
    AND p.state IN ('authorized', 'cleared', 'partly_refunded') AND p.network <> 'checkout'
    AND NOT EXISTS (SELECT 1 FROM plans q WHERE q.shopper_id = p.shopper_id AND q.purchase_id = p.id
        AND q.state NOT IN ('cancelled', 'withdrawn'))
ORDER BY p.purchased_at DESC, p.id DESC LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class Splittable:
    """One purchase. The amount is in minor units of its currency."""

    id: UUID
    shop: str
    category: str
    amount_minor: int
    currency: str
    purchased_at: datetime


async def read_splittable(
    connection: AsyncConnection, shopper_id: UUID, currency: str, *, since: datetime, least_minor: int
) -> list[Splittable]:
    """The newest first; whether a plan is open for one is decided when it is asked for."""
    rows = await fetch(connection, _RECENT, (shopper_id, since, least_minor, currency, SHOWN_MAX))
    return [Splittable(*row) for row in rows]
