"""What no sum of days can tell: active members and groups over windows, cohorts by month, steps of those who joined.

Measured in sets by upkeep, now and then, and kept like the sums by day. Windows end with the day before, so that each
is of whole days and can be compared with the one before. Never commits.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.figures.daily import COUNTING, lock, midnight
from cashback.offers.holdout import PROGRAMME, held_out
from cashback.programmes.schemas import Programme

PERIODS = (7, 28, 84)
"""Days of the periods that can be chosen."""
WEEKS = 12
WEEK = "week"
"""The unit of measures over one week; those over a period have its number of days."""
MEASURED_APART = timedelta(hours=1)
ACTIVE, CARDS, COHORT = "active", "cards", "cohort"
STEPS = ("joined", "linked", "bought", "rewarded", "returned")
"""By the day somebody joined: each is of those who have taken the step before it."""
GROUP_FIGURES = ("members", "buyers", "spend", "squares")
FIFTHS, FIFTHS_DAYS, FIFTHS_APART = ("fifth_members", "fifth_spend"), 84, 28
"""Buyers of so many days in fifths by their last purchase and by how often they bought; the same so many days ago."""
_WALLETS = "('receipt', 'checkout')"
"""Networks of cards that nobody linked."""
_PAGE = 5_000

_ACTIVE = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
SELECT $1, 'active', w.day, w.unit, count(DISTINCT p.shopper_id)
FROM unnest($2::date[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS w(day, unit, since, until)
JOIN purchases p ON p.operator_id = $1 AND p.purchased_at >= w.since AND p.purchased_at < w.until
    AND p.state IN {COUNTING} AND p.shop_id IS NOT NULL
GROUP BY w.day, w.unit
ON CONFLICT (operator_id, figure, day, unit) DO UPDATE SET amount = excluded.amount
"""  # noqa: S608 - built from constants
_CARDS = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
SELECT $1, 'cards', w.day, '', count(*) FROM unnest($2::date[], $3::timestamptz[]) AS w(day, until)
JOIN cards c ON c.operator_id = $1 AND c.linked_at < w.until AND (c.unlinked_at IS NULL OR c.unlinked_at >= w.until)
WHERE c.network NOT IN {_WALLETS} GROUP BY w.day
"""  # noqa: S608 - built from constants
_SHOPPERS = f"""
SELECT DISTINCT shopper_id FROM cards
WHERE operator_id = $1 AND shopper_id > $2 AND network NOT IN {_WALLETS} ORDER BY shopper_id LIMIT $3
"""  # noqa: S608 - built from constants
_GROUPS = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
WITH windows AS (
    SELECT * FROM unnest($2::date[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS w(day, unit, since, until)
), eligible AS (
    SELECT c.shopper_id, min(c.linked_at) AS linked_at, max(coalesce(c.unlinked_at, 'infinity')) AS unlinked_at,
        bool_or(h.shopper_id IS NOT NULL) AS held
    FROM cards c LEFT JOIN unnest($6::uuid[]) AS h(shopper_id) ON h.shopper_id = c.shopper_id
    WHERE c.operator_id = $1 AND c.network NOT IN {_WALLETS} GROUP BY c.shopper_id
), spent AS (
    SELECT w.day, w.unit, p.shopper_id, sum(p.net_minor) AS spend
    FROM windows w JOIN purchases p ON p.operator_id = $1 AND p.purchased_at >= w.since AND p.purchased_at < w.until
    WHERE p.state IN {COUNTING} AND p.shop_id IS NOT NULL AND p.currency = $7
    GROUP BY w.day, w.unit, p.shopper_id
), grouped AS (
    SELECT w.day, w.unit, CASE WHEN e.held THEN 'held' ELSE 'offered' END AS side, count(*) AS members,
        count(s.shopper_id) AS buyers, coalesce(sum(s.spend), 0) AS spend,
        coalesce(sum(s.spend * s.spend), 0) AS squares
    FROM windows w JOIN eligible e ON e.linked_at < w.since AND e.unlinked_at > w.since
    LEFT JOIN spent s ON s.day = w.day AND s.unit = w.unit AND s.shopper_id = e.shopper_id
    GROUP BY w.day, w.unit, e.held
)
SELECT $1, g.side || '_' || f.figure, g.day, g.unit, f.amount FROM grouped g
CROSS JOIN LATERAL (VALUES ('members', g.members), ('buyers', g.buyers), ('spend', g.spend), ('squares', g.squares))
    AS f(figure, amount)
ON CONFLICT (operator_id, figure, day, unit) DO UPDATE SET amount = excluded.amount
"""  # noqa: S608 - built from constants
_FIFTHS = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
WITH bought AS (
    SELECT w.day, p.shopper_id, max(p.purchased_at) AS last, count(*) AS times, sum(p.net_minor) AS spend
    FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS w(day, since, until)
    JOIN purchases p ON p.operator_id = $1 AND p.purchased_at >= w.since AND p.purchased_at < w.until
    WHERE p.state IN {COUNTING} AND p.shop_id IS NOT NULL AND p.currency = $5
    GROUP BY w.day, p.shopper_id
), placed AS (
    SELECT day, spend, ntile(5) OVER (PARTITION BY day ORDER BY last, shopper_id) AS recent,
        ntile(5) OVER (PARTITION BY day ORDER BY times, spend, shopper_id) AS often
    FROM bought
)
SELECT $1, f.figure, p.day, p.recent || ',' || p.often, f.amount
FROM (SELECT day, recent, often, count(*) AS members, sum(spend) AS spend FROM placed GROUP BY 1, 2, 3) AS p
CROSS JOIN LATERAL (VALUES ('fifth_members', p.members), ('fifth_spend', p.spend)) AS f(figure, amount)
"""  # noqa: S608 - built from constants
_FORGET_WINDOWS = "DELETE FROM daily_figures WHERE operator_id = $1 AND figure = ANY($2) AND day = ANY($3)"
_FORGET_COHORTS = "DELETE FROM daily_figures WHERE operator_id = $1 AND figure = 'cohort' AND day = ANY($2)"
_COHORTS = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
SELECT $1, 'cohort', m.day, to_char(s.created_at AT TIME ZONE $5, 'YYYY-MM'), count(DISTINCT p.shopper_id)
FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS m(day, since, until)
JOIN purchases p ON p.operator_id = $1 AND p.purchased_at >= m.since AND p.purchased_at < m.until
    AND p.state IN {COUNTING} AND p.shop_id IS NOT NULL
JOIN shoppers s ON s.operator_id = $1 AND s.shopper_id = p.shopper_id
GROUP BY 3, 4
"""  # noqa: S608 - built from constants
_FORGET_STEPS = "DELETE FROM daily_figures WHERE operator_id = $1 AND figure = ANY($2)"
_STEPS = f"""
INSERT INTO daily_figures (operator_id, figure, day, unit, amount)
WITH reached AS (
    SELECT (s.created_at AT TIME ZONE $2)::date AS day, c.shopper_id IS NOT NULL AS linked,
        coalesce(p.times, 0) AS times, r.shopper_id IS NOT NULL AS rewarded
    FROM shoppers s
    LEFT JOIN (SELECT DISTINCT shopper_id FROM cards WHERE operator_id = $1 AND network NOT IN {_WALLETS}) AS c
        ON c.shopper_id = s.shopper_id
    LEFT JOIN (SELECT shopper_id, count(*) AS times FROM purchases
        WHERE operator_id = $1 AND state IN {COUNTING} AND shop_id IS NOT NULL GROUP BY shopper_id) AS p
        ON p.shopper_id = s.shopper_id
    LEFT JOIN (SELECT DISTINCT shopper_id FROM rewards WHERE operator_id = $1 AND amount > 0) AS r
        ON r.shopper_id = s.shopper_id
    WHERE s.operator_id = $1
), by_day AS (
    SELECT day, count(*) AS joined, count(*) FILTER (WHERE linked) AS linked,
        count(*) FILTER (WHERE linked AND times > 0) AS bought,
        count(*) FILTER (WHERE linked AND times > 0 AND rewarded) AS rewarded,
        count(*) FILTER (WHERE linked AND times > 1 AND rewarded) AS returned
    FROM reached GROUP BY day
)
SELECT $1, f.figure, day, '', f.amount FROM by_day CROSS JOIN LATERAL (VALUES ('joined', joined), ('linked', linked),
    ('bought', bought), ('rewarded', rewarded), ('returned', returned)) AS f(figure, amount)
"""  # noqa: S608 - built from constants
_MEASURED = "UPDATE figure_cursors SET measured_at = $2, months_due = '{}' WHERE operator_id = $1"


async def measure(connection: AsyncConnection, programme: Programme, now: datetime) -> None:
    """Measure everything anew as of this day: what changed by months, the rest whole."""
    months = (await lock(connection, programme)).months_due
    today = now.astimezone(programme.zone).date()
    await _measure_windows(connection, programme, today)
    await _measure_fifths(connection, programme, today)
    await _measure_cohorts(connection, programme, months)
    operator_id = programme.operator_id
    await connection.exec_driver_sql(_FORGET_STEPS, (operator_id, list(STEPS)))
    await connection.exec_driver_sql(_STEPS, (operator_id, programme.zone.key))
    await connection.exec_driver_sql(_MEASURED, (operator_id, now))


def ends_of_weeks(today: date) -> list[date]:
    """The last days of the whole weeks before this day, the oldest first; weeks begin on Monday."""
    last = today - timedelta(days=today.weekday() + 1)
    return [last - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]


def windows(today: date) -> list[tuple[date, str, int]]:
    """What is measured on a day: last day, unit and length of each window."""
    yesterday = today - timedelta(days=1)
    periods = [(yesterday - timedelta(days=days * back), str(days), days) for days in PERIODS for back in (0, 1)]
    return periods + [(day, WEEK, 7) for day in ends_of_weeks(today)]


async def _measure_windows(connection: AsyncConnection, programme: Programme, today: date) -> None:
    asked, zone = windows(today), programme.zone
    days, units = [day for day, _, _ in asked], [unit for _, unit, _ in asked]
    since = [midnight(day - timedelta(days=length - 1), zone) for day, _, length in asked]
    until = [midnight(day + timedelta(days=1), zone) for day in days]
    figures = [ACTIVE, CARDS, *(f"{side}_{name}" for side in ("held", "offered") for name in GROUP_FIGURES)]
    await connection.exec_driver_sql(_FORGET_WINDOWS, (programme.operator_id, figures, days))
    values = (programme.operator_id, days, units, since, until)
    await connection.exec_driver_sql(_ACTIVE, values)
    ends = dict(zip(days, until, strict=True))
    await connection.exec_driver_sql(_CARDS, (programme.operator_id, list(ends), list(ends.values())))
    if programme.holdout_bps:
        held = await _held(connection, programme)
        await connection.exec_driver_sql(_GROUPS, (*values, held, programme.currency))


async def _measure_fifths(connection: AsyncConnection, programme: Programme, today: date) -> None:
    yesterday, zone = today - timedelta(days=1), programme.zone
    days = [yesterday, yesterday - timedelta(days=FIFTHS_APART)]
    since = [midnight(day - timedelta(days=FIFTHS_DAYS - 1), zone) for day in days]
    until = [midnight(day + timedelta(days=1), zone) for day in days]
    await connection.exec_driver_sql(_FORGET_WINDOWS, (programme.operator_id, list(FIFTHS), days))
    values = (programme.operator_id, days, since, until, programme.currency)
    await connection.exec_driver_sql(_FIFTHS, values)


async def _held(connection: AsyncConnection, programme: Programme) -> list[UUID]:
    """Who of those that ever linked a card receives no offer."""
    operator_id, share = programme.operator_id, programme.holdout_bps
    held: list[UUID] = []
    last = UUID(int=0)
    while rows := await fetch(connection, _SHOPPERS, (operator_id, last, _PAGE)):
        ids = [row.shopper_id for row in rows]
        held += [each for each in ids if held_out(operator_id, PROGRAMME, share, each)]
        last = ids[-1]
    return held


async def _measure_cohorts(connection: AsyncConnection, programme: Programme, months: Sequence[date]) -> None:
    await connection.exec_driver_sql(_FORGET_COHORTS, (programme.operator_id, list(months)))
    since = [midnight(month, programme.zone) for month in months]
    until = [midnight(next_month(month), programme.zone) for month in months]
    zone = programme.zone.key
    await connection.exec_driver_sql(_COHORTS, (programme.operator_id, list(months), since, until, zone))


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
