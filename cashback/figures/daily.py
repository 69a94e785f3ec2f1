"""Sums by day, counted again for the days in which something changed: the same whatever was counted before.

A purchase says when it was changed, a transfer when it was posted. The clocks of processes differ and transactions
commit late, so each round looks back over `MARGIN`; a day counted twice is a day counted once. Never commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.programmes.schemas import Programme

MARGIN = timedelta(minutes=10)
COUNTING = "('authorized', 'cleared', 'partly_refunded')"
"""States in which a purchase is spend: `PurchaseState.may_earn`."""
TOLD = "told"
"""By network, the second of 1970 in which something of it last changed; all on the day `SOURCES_DAY`."""
SOURCES_DAY = date(1970, 1, 1)
RECOGNISED, UNPLACED, SALES = "recognised", "unplaced", "sales"
GIVEN, TAKEN_BACK, CONFIRMED, EXPIRED, PAID = "given", "taken_back", "confirmed", "expired", "paid"
OF_PURCHASES = (RECOGNISED, UNPLACED, SALES)
"""By the day of the purchase and its currency: purchases with a shop and without one, and the net of the first."""
OF_THE_LEDGER = (GIVEN, TAKEN_BACK, CONFIRMED, EXPIRED, PAID)
"""By the day of posting and the asset."""
HELD = ("pending", "available")
"""By the day of posting and the asset: how much more or less members held at its end. All days together: now."""

_OPEN = """
INSERT INTO figure_cursors (operator_id, zone, counted_at) VALUES ($1, $2, 'epoch') ON CONFLICT DO NOTHING
"""
_LOCK = "SELECT zone, counted_at, measured_at, months_due FROM figure_cursors WHERE operator_id = $1 FOR UPDATE"
_BEGIN_ANEW = """
UPDATE figure_cursors SET zone = $2, counted_at = 'epoch', measured_at = NULL, months_due = '{}' WHERE operator_id = $1
"""
_FORGET_ALL = "DELETE FROM daily_figures WHERE operator_id = $1"
_COUNTED = """
UPDATE figure_cursors SET counted_at = greatest(counted_at, $2),
    months_due = (SELECT coalesce(array_agg(DISTINCT month), '{}') FROM unnest(months_due || $3::date[]) AS month)
WHERE operator_id = $1
"""
_CHANGED_DAYS = """
SELECT DISTINCT (told.at AT TIME ZONE $3)::date AS day
FROM purchases p CROSS JOIN LATERAL (VALUES (p.purchased_at), (p.cleared_at)) AS told(at)
WHERE p.operator_id = $1 AND p.updated_at >= $2 AND told.at IS NOT NULL ORDER BY day
"""
"""The day of the clearing too: until an authorization comes late, a purchase is taken to have been made then."""
_KEEP_SOURCES = """
INSERT INTO daily_figures AS f (operator_id, figure, day, unit, amount)
SELECT $1, 'told', $3, network, floor(extract(epoch FROM max(updated_at))) FROM purchases
WHERE operator_id = $1 AND updated_at >= $2 AND network NOT IN ('receipt', 'checkout') GROUP BY network
ON CONFLICT (operator_id, figure, day, unit) DO UPDATE SET amount = greatest(f.amount, excluded.amount)
"""
_FORGET_DAYS = "DELETE FROM daily_figures WHERE operator_id = $1 AND figure = ANY($2) AND day = ANY($3)"
_FORGET_FROM = "DELETE FROM daily_figures WHERE operator_id = $1 AND figure = ANY($2) AND day >= $3"
PURCHASES_BY_DAY = f"""
SELECT d.day, p.currency, count(*) FILTER (WHERE p.shop_id IS NOT NULL) AS recognised,
    count(*) FILTER (WHERE p.shop_id IS NULL) AS unplaced,
    coalesce(sum(p.net_minor) FILTER (WHERE p.shop_id IS NOT NULL), 0) AS sales
FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS d(day, since, until)
JOIN purchases p ON p.operator_id = $1 AND p.purchased_at >= d.since AND p.purchased_at < d.until
WHERE p.state IN {COUNTING}
GROUP BY d.day, p.currency
"""  # noqa: S608 - built from constants
_KEEP_PURCHASES = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
SELECT $1, f.figure, c.day, c.currency, f.amount FROM ({PURCHASES_BY_DAY}) AS c
CROSS JOIN LATERAL (VALUES ('recognised', c.recognised), ('unplaced', c.unplaced), ('sales', c.sales))
    AS f(figure, amount) WHERE f.amount <> 0
"""  # noqa: S608 - built from constants
LEDGER_BY_DAY = """
WITH moved AS (
    SELECT (posted_at AT TIME ZONE $2)::date AS day, asset, debit, credit, sum(amount) AS amount
    FROM transfers WHERE operator_id = $1 AND posted_at >= $3 GROUP BY 1, 2, 3, 4
)
SELECT m.day, m.asset, f.figure, sum(f.sign * m.amount) AS amount FROM moved m CROSS JOIN LATERAL (VALUES
    ('given', m.debit LIKE 'funder:%' AND m.credit LIKE 'shopper:%', 1),
    ('taken_back', m.debit LIKE 'shopper:%' AND m.credit LIKE 'funder:%', 1),
    ('confirmed', m.debit = 'shopper:pending' AND m.credit = 'shopper:available', 1),
    ('expired', m.credit = 'shopper:expired', 1), ('paid', m.credit = 'shopper:paid', 1),
    ('pending', m.credit = 'shopper:pending', 1), ('pending', m.debit = 'shopper:pending', -1),
    ('available', m.credit = 'shopper:available', 1), ('available', m.debit = 'shopper:available', -1)
) AS f(figure, holds, sign) WHERE f.holds GROUP BY m.day, m.asset, f.figure
"""
_KEEP_LEDGER = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
SELECT $1, figure, day, asset, amount FROM ({LEDGER_BY_DAY}) AS l WHERE amount <> 0
"""  # noqa: S608 - built from constants


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far an operator's figures have been kept."""

    counted_at: datetime
    measured_at: datetime | None
    months_due: Sequence[date]


async def lock(connection: AsyncConnection, programme: Programme) -> Cursor:
    """Hold an operator's figures until the transaction ends; in another zone than before they begin anew."""
    operator_id, zone = programme.operator_id, programme.zone.key
    await connection.exec_driver_sql(_OPEN, (operator_id, zone))
    found = (await fetch(connection, _LOCK, (operator_id,)))[0]
    if found.zone != zone:
        await begin_anew(connection, programme)
        found = (await fetch(connection, _LOCK, (operator_id,)))[0]
    return Cursor(found.counted_at, found.measured_at, found.months_due)


async def begin_anew(connection: AsyncConnection, programme: Programme) -> None:
    """Forget every figure of an operator; the next round counts all of them from the rows."""
    await connection.exec_driver_sql(_FORGET_ALL, (programme.operator_id,))
    await connection.exec_driver_sql(_BEGIN_ANEW, (programme.operator_id, programme.zone.key))


async def count(connection: AsyncConnection, programme: Programme, now: datetime) -> int:
    """Count the days again in which purchases or transfers changed since the last round; answers how many."""
    operator_id, zone = programme.operator_id, programme.zone
    since = (await lock(connection, programme)).counted_at - MARGIN
    rows = await fetch(connection, _CHANGED_DAYS, (operator_id, since, zone.key))
    days = [row.day for row in rows]
    await connection.exec_driver_sql(_FORGET_DAYS, (operator_id, list(OF_PURCHASES), days))
    await connection.exec_driver_sql(_KEEP_PURCHASES, (operator_id, *bounds(days, zone)))
    await connection.exec_driver_sql(_KEEP_SOURCES, (operator_id, since, SOURCES_DAY))
    first = since.astimezone(zone).date()
    await connection.exec_driver_sql(_FORGET_FROM, (operator_id, [*OF_THE_LEDGER, *HELD], first))
    await connection.exec_driver_sql(_KEEP_LEDGER, (operator_id, zone.key, midnight(first, zone)))
    months = sorted({day.replace(day=1) for day in days})
    await connection.exec_driver_sql(_COUNTED, (operator_id, now, months))
    return len(days)


def bounds(days: Sequence[date], zone: ZoneInfo) -> tuple[list[date], list[datetime], list[datetime]]:
    """The days, and for each its first instant and that of the day after."""
    return (
        list(days),
        [midnight(day, zone) for day in days],
        [midnight(day + timedelta(days=1), zone) for day in days],
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day."""
    return datetime.combine(day, time(), zone)


async def differing(connection: AsyncConnection, operator_id: UUID, zone: ZoneInfo, days: Sequence[date]) -> list[Any]:
    """Which kept sums of these days are not what the purchases say: rows of figure, day, unit, kept, counted."""
    return list(await fetch(connection, _DIFFERING, (operator_id, *bounds(days, zone))))


_DIFFERING = f"""
WITH counted AS (
    SELECT f.figure, c.day, c.currency AS unit, f.amount::numeric FROM ({PURCHASES_BY_DAY}) AS c
    CROSS JOIN LATERAL (VALUES ('recognised', c.recognised), ('unplaced', c.unplaced), ('sales', c.sales))
        AS f(figure, amount) WHERE f.amount <> 0
), kept AS (
    SELECT figure, day, unit, amount FROM daily_figures
    WHERE operator_id = $1 AND figure IN ('recognised', 'unplaced', 'sales') AND day = ANY($2::date[])
)
SELECT figure, day, unit, k.amount AS kept, c.amount AS counted
FROM kept k FULL JOIN counted c USING (figure, day, unit) WHERE k.amount IS DISTINCT FROM c.amount ORDER BY 1, 2, 3
"""  # noqa: S608 - built from constants
