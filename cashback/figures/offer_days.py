"""What offers gave, day by day: counted by upkeep from purchases and rewards, read by pages.

A purchase may change for weeks after its day, so a day is counted again: the last days every few minutes, those of the
last two months once a day. Each day is one statement over the purchases of that day, by index.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch

FRESH_DAYS = 3
FRESH_FOR = timedelta(minutes=5)
MOVING_DAYS = 62
"""Refunds and clearings still come for so long."""
MOVING_FOR = timedelta(hours=24)
DAYS_AT_ONCE = 31
"""Days that one round counts at most."""

_FIRST = "SELECT min(purchased_at) FROM purchases WHERE operator_id = $1"
_COUNTED = "SELECT day, counted_at FROM offer_days_counted WHERE operator_id = $1"
_CLEAR = "DELETE FROM offer_days WHERE operator_id = $1 AND day = $2"
_COUNT = """
WITH made AS (
    SELECT p.shopper_id, p.shop_id, p.net_minor, r.offer_id, r.amount, r.state,
        NOT EXISTS (SELECT 1 FROM purchases q WHERE q.shopper_id = p.shopper_id AND q.shop_id = p.shop_id
            AND q.purchased_at < p.purchased_at AND q.net_minor > 0) AS first_here
    FROM purchases p JOIN rewards r ON r.shopper_id = p.shopper_id AND r.purchase_id = p.id
    WHERE p.operator_id = $1 AND r.operator_id = $1 AND p.purchased_at >= $3 AND p.purchased_at < $4
        AND (r.amount > 0 OR r.state = 'held_out')
), in_shops AS (
    SELECT offer_id, shop_id, count(*) AS n, sum(net_minor) AS spent, sum(amount) AS given
    FROM made WHERE amount > 0 AND shop_id IS NOT NULL GROUP BY offer_id, shop_id
), of_shops AS (
    SELECT offer_id, jsonb_object_agg(replace(shop_id::text, '-', ''), jsonb_build_array(n, spent, given)) AS shops
    FROM in_shops GROUP BY offer_id
)
INSERT INTO offer_days (operator_id, offer_id, day, purchases, shoppers, newcomers, held_out, net_minor, amount, shops)
SELECT $1, m.offer_id, $2, count(*) FILTER (WHERE m.amount > 0),
    count(DISTINCT m.shopper_id) FILTER (WHERE m.amount > 0), count(*) FILTER (WHERE m.amount > 0 AND m.first_here),
    count(*) FILTER (WHERE m.state = 'held_out'), coalesce(sum(m.net_minor) FILTER (WHERE m.amount > 0), 0),
    coalesce(sum(m.amount), 0), coalesce(s.shops, '{}'::jsonb)
FROM made m LEFT JOIN of_shops s ON s.offer_id = m.offer_id
GROUP BY m.offer_id, s.shops
"""
_MARK = """
INSERT INTO offer_days_counted (operator_id, day, counted_at) VALUES ($1, $2, $3)
ON CONFLICT (operator_id, day) DO UPDATE SET counted_at = excluded.counted_at
"""
_TOTALS = """
SELECT offer_id, sum(purchases)::bigint, sum(held_out)::bigint, sum(net_minor)::bigint, sum(amount)::bigint
FROM offer_days WHERE operator_id = $1 AND offer_id = ANY($2::uuid[]) GROUP BY offer_id
"""
_DAYS = """
SELECT day, purchases, shoppers, newcomers, held_out, net_minor, amount, shops::text FROM offer_days
WHERE operator_id = $1 AND offer_id = $2 ORDER BY day
"""
_AS_OF = "SELECT max(counted_at) FROM offer_days_counted WHERE operator_id = $1"


@dataclass(frozen=True, slots=True)
class Given:
    """What one offer gave in all; `net_minor` in the programme's currency, `amount` in the reward's asset."""

    purchases: int = 0
    held_out: int = 0
    net_minor: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class OfferDay:
    """What one offer gave for the purchases of one local day."""

    day: date
    purchases: int
    shoppers: int
    newcomers: int
    held_out: int
    net_minor: int
    amount: int
    shops: Mapping[str, Sequence[int]]
    """By the id of a shop in hex: purchases, spent, given."""


def due(first: date, today: date, counted: Mapping[date, datetime], now: datetime) -> list[date]:
    """The days to count now, the most urgent first: never counted, then those whose count is old. Pure."""
    days = [today - timedelta(days=n) for n in range((today - first).days + 1)]
    wanted = []
    for place, day in enumerate(days):
        at = counted.get(day)
        keeps = FRESH_FOR if place < FRESH_DAYS else MOVING_FOR
        if at is None or (place < MOVING_DAYS and now - at >= keeps):
            wanted.append(day)
    return wanted[:DAYS_AT_ONCE]


async def count_due(connection: AsyncConnection, operator_id: UUID, zone: ZoneInfo, now: datetime) -> int:
    """Count what is due; answers how many days. Nothing where nobody has bought anything."""
    ((first,),) = await fetch(connection, _FIRST, (operator_id,))
    if first is None:
        return 0
    counted = {each.day: each.counted_at for each in await fetch(connection, _COUNTED, (operator_id,))}
    days = due(first.astimezone(zone).date(), now.astimezone(zone).date(), counted, now)
    for day in days:
        await count_day(connection, operator_id, day, zone, now)
    return len(days)


async def count_day(connection: AsyncConnection, operator_id: UUID, day: date, zone: ZoneInfo, now: datetime) -> None:
    """Count the purchases of one local day anew."""
    since, until = (
        datetime.combine(each, time(0), tzinfo=zone).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    await connection.exec_driver_sql(_CLEAR, (operator_id, day))
    await connection.exec_driver_sql(_COUNT, (operator_id, day, since, until))
    await connection.exec_driver_sql(_MARK, (operator_id, day, now))


async def totals(connection: AsyncConnection, operator_id: UUID, offers: Sequence[UUID]) -> dict[UUID, Given]:
    """What each of these offers gave, as far as days were counted."""
    return {row[0]: Given(*row[1:]) for row in await fetch(connection, _TOTALS, (operator_id, list(offers)))}


async def days_of(connection: AsyncConnection, operator_id: UUID, offer_id: UUID) -> list[OfferDay]:
    """The days on which purchases were rewarded by an offer, or held out of it, in their order."""
    rows = await fetch(connection, _DAYS, (operator_id, offer_id))
    return [
        OfferDay(day, purchases, shoppers, newcomers, held_out, net_minor, amount, msgspec.json.decode(shops))
        for day, purchases, shoppers, newcomers, held_out, net_minor, amount, shops in rows
    ]


async def as_of(connection: AsyncConnection, operator_id: UUID) -> datetime | None:
    """When anything was counted last."""
    ((at,),) = await fetch(connection, _AS_OF, (operator_id,))
    found: datetime | None = at
    return found


def by_shop(days: Sequence[OfferDay]) -> list[tuple[UUID, int, int, int]]:
    """Shops with purchases, spent and given over all days, those that were given most first."""
    purchases: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for each in days:
        for shop, (n, net_minor, amount) in each.shops.items():
            purchases[shop] += n
            spent[shop] += net_minor
            given[shop] += amount
    order = sorted(given, key=lambda shop: (-given[shop], shop))
    return [(UUID(hex=shop), purchases[shop], spent[shop], given[shop]) for shop in order]
