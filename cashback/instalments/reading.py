"""Plans as others read them: what they tell of shoppers, and the operator's book."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.instalments import storage
from cashback.instalments.behaving import behaviour_of
from cashback.instalments.days import day_of
from cashback.instalments.schemas import Behaviour, Plan

AGES = ((1, 7), (8, 30), (31, 60), (61, 90), (91, None))
"""Days late, from and to."""

_LATE = ", ".join(
    "coalesce(sum(unpaid) FILTER (WHERE plan = 'active' AND $2::date - due_on "
    + (f">= {low}" if high is None else f"BETWEEN {low} AND {high}")
    + "), 0)::bigint"
    for low, high in AGES
)
_BOOK = f"""
WITH parts AS (
    SELECT p.currency, p.state AS plan, i.state, i.paid_minor, i.principal_minor, i.fee_minor, i.due_on,
        CASE WHEN i.state IN ('open', 'written_off') THEN i.principal_minor + i.fee_minor - i.paid_minor ELSE 0 END
            AS unpaid,
        CASE WHEN i.state = 'open' THEN i.principal_minor - greatest(0, i.paid_minor - i.fee_minor) ELSE 0 END
            AS open_principal
    FROM instalments i JOIN plans p ON p.shopper_id = i.shopper_id AND p.id = i.plan_id
    WHERE i.operator_id = $1 AND p.state <> 'cancelled'
)
SELECT currency,
    coalesce(sum(open_principal) FILTER (WHERE plan IN ('opening', 'active')), 0)::bigint AS exposure,
    coalesce(sum(unpaid) FILTER (WHERE plan = 'active'), 0)::bigint AS owed,
    coalesce(sum(unpaid) FILTER (WHERE plan = 'active' AND due_on = $2::date), 0)::bigint AS due_today,
    coalesce(sum(unpaid) FILTER (WHERE plan = 'active' AND due_on BETWEEN $2::date + 1 AND $2::date + 30), 0)::bigint
        AS due_30_days,
    array[{_LATE}] AS late,
    coalesce(sum(unpaid) FILTER (WHERE state = 'written_off'), 0)::bigint AS lost,
    coalesce(sum(paid_minor), 0)::bigint AS kept,
    coalesce(sum(fee_minor), 0)::bigint AS fees
FROM parts GROUP BY currency ORDER BY currency
"""  # noqa: S608 - built from constants
_PLANS = """
SELECT currency, state, count(*), sum(amount_minor)::bigint, sum(refunded_minor)::bigint,
    sum(excess_minor - returned_minor)::bigint
FROM plans WHERE operator_id = $1 GROUP BY currency, state ORDER BY currency, state
"""


@dataclass(frozen=True, slots=True)
class Book:
    """What an operator's plans amount to in one currency, in its minor units."""

    currency: str
    plans: dict[str, int]
    """How many, by state."""
    lent_minor: int
    """Principal of all plans that ever began."""
    refunded_minor: int
    exposure_minor: int
    """Open principal of plans that are opening or active."""
    owed_minor: int
    """Principal and fees still to be collected of active plans."""
    due_today_minor: int
    due_30_days_minor: int
    late_minor: dict[str, int]
    """Unpaid of active plans by days late: 1-7, 8-30, 31-60, 61-90, 91+."""
    collected_minor: int
    """Collected and kept."""
    to_return_minor: int
    """Collected, owed no more and not given back yet."""
    fees_minor: int
    lost_minor: int
    """Written off and not recovered."""

    @property
    def cost_of_risk_bps(self) -> int:
        """What was lost, in ten-thousandths of the principal of all plans that began; rounded down."""
        return self.lost_minor * 10_000 // self.lent_minor if self.lent_minor else 0


async def behaviours(connection: AsyncConnection, shopper_ids: Iterable[UUID], now: datetime) -> dict[UUID, Behaviour]:
    """What plans tell of each of these shoppers of one operator, whatever their number."""
    wanted = set(shopper_ids)
    plans: defaultdict[UUID, list[Plan]] = defaultdict(list)
    for each in await storage.of_shoppers(connection, wanted):
        plans[each.shopper_id].append(each)
    if not plans:
        return dict.fromkeys(wanted, Behaviour())
    zone = ZoneInfo(await storage.zone_of_shoppers(connection, wanted))
    return {each: behaviour_of(plans[each], now, zone) for each in wanted}


async def book(connection: AsyncConnection, operator_id: UUID, now: datetime) -> list[Book]:
    """The operator's book of plans, a currency at a time, as of this statement and the day of `now`."""
    today = day_of(now, ZoneInfo(await storage.zone_of(connection, operator_id)))
    states: defaultdict[str, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for row in await fetch(connection, _PLANS, (operator_id,)):
        states[row[0]][row[1]] = tuple(row[2:])
    parts = {row.currency: row for row in await fetch(connection, _BOOK, (operator_id, today))}
    return [_book(currency, found, parts.get(currency)) for currency, found in states.items()]


def _book(currency: str, states: dict[str, tuple[int, ...]], row: object) -> Book:
    begun = [each for state, each in states.items() if state not in ("opening", "cancelled")]
    figures = {name: getattr(row, name, 0) for name in ("exposure", "owed", "due_today", "due_30_days", "kept", "lost")}
    late = getattr(row, "late", None) or [0] * len(AGES)
    names = [f"{low}+" if high is None else f"{low}-{high}" for low, high in AGES]
    return Book(
        currency=currency,
        plans={state: each[0] for state, each in states.items()},
        lent_minor=sum(each[1] for each in begun),
        refunded_minor=sum(each[2] for each in begun),
        exposure_minor=figures["exposure"],
        owed_minor=figures["owed"],
        due_today_minor=figures["due_today"],
        due_30_days_minor=figures["due_30_days"],
        late_minor=dict(zip(names, late, strict=True)),
        collected_minor=figures["kept"],
        to_return_minor=sum(each[3] for each in states.values()),
        fees_minor=getattr(row, "fees", 0),
        lost_minor=figures["lost"],
    )
