"""From purchases and plans to what a decision knows of a shopper. Pure: rows in, `eligibility.History` out.

Months are windows of 30 days counted back from now, so a month's end changes nobody's score. Amounts are minor units of
the programme's currency, net of what was given back. Several purchases of one day are one visit; a purchase that was
given back in full is none. What was bought in a shop that sells gift cards or stored value does not count: it is money
that was moved, not shopping.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import isqrt
from uuid import UUID

from cashback.instalments.schemas import Behaviour
from eligibility import History

STORED_VALUE = frozenset({"6540", "6051", "4829"})
"""ISO 18245: stored value bought or loaded, quasi-cash, money orders."""
LOOKED_BACK_DAYS = 400
"""As far as purchases stay open (DESIGN, section 3)."""
WINDOW_DAYS = 30
WINDOWS_MAX = 12
VISITS_DAYS = 90
ACTIVE_WINDOWS = 6
GAP_VISITS_MIN = 3
REFUNDS_MIN = 5
"""Fewer refunds than this are nobody's habit."""
BPS = 10_000


@dataclass(frozen=True, slots=True)
class Bought:
    """One purchase that counts. `day`: in the programme's zone."""

    at: datetime
    day: date
    net_minor: int
    gave_back: bool
    shop_id: UUID


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a shopper beside purchases and plans."""

    linked_at: datetime | None
    """Since when they have had a card linked; None: never."""
    lost_disputes: int
    refused_at: datetime | None
    """The last refusal after which the policy asks for a pause."""


def history_of(
    bought: Sequence[Bought], behaviour: Behaviour, beside: Beside, *, usual_refunds_bps: int | None, now: datetime
) -> History:
    """What a decision looks at. `usual_refunds_bps`: what 95 of 100 shoppers do not exceed; None: not known yet."""
    kept = [each for each in bought if each.net_minor > 0]
    days = sorted({each.day for each in kept})
    linked = 0 if beside.linked_at is None else max((now - beside.linked_at).days, 0)
    windows = _windows(kept, linked, now)
    return History(
        visits_total=len(days),
        days_linked=linked,
        months_linked=linked // WINDOW_DAYS,
        active_months_6=len({_window(each, now) for each in kept} & set(range(ACTIVE_WINDOWS))),
        gap_variation_bps=gap_variation_bps(days),
        days_since_visit=None if not kept else max((now - max(each.at for each in kept)).days, 0),
        visits_90d=len({each.day for each in kept if now - each.at < timedelta(days=VISITS_DAYS)}),
        distinct_shops=len({each.shop_id for each in kept}),
        median_basket_minor=median([each.net_minor for each in kept]),
        median_month_minor=median(windows),
        lost_chargebacks=beside.lost_disputes,
        refund_excess_bps=refund_excess_bps(bought, usual_refunds_bps),
        instalments_due=behaviour.instalments_due,
        instalments_on_time=behaviour.instalments_on_time,
        worst_days_late_12m=behaviour.worst_days_late_12m,
        months_since_late=behaviour.months_since_late,
        open_incident=behaviour.open_incident,
        plans_completed=behaviour.plans_completed,
        clean_plans=behaviour.clean_plans,
        failed_authorisations=behaviour.failed_authorisations,
        plans_active=behaviour.plans_active,
        in_arrears=behaviour.in_arrears,
        exposure_minor=behaviour.exposure_minor,
        open_monthly_minor=behaviour.open_monthly_minor,
        last_plan_at=behaviour.last_plan_at,
        last_refusal_at=beside.refused_at,
    )


def _window(each: Bought, now: datetime) -> int:
    return max((now - each.at).days, 0) // WINDOW_DAYS


def _windows(kept: Sequence[Bought], linked: int, now: datetime) -> list[int]:
    """Spend in each whole window since the link, the empty ones included."""
    count = min(linked // WINDOW_DAYS, WINDOWS_MAX)
    sums = [0] * count
    for each in kept:
        place = _window(each, now)
        if place < count:
            sums[place] += each.net_minor
    return sums


def median(values: Sequence[int]) -> int | None:
    """The middle value, of an even number the lower one of the two; None of nothing."""
    return sorted(values)[(len(values) - 1) // 2] if values else None


def gap_variation_bps(days: Sequence[date]) -> int | None:
    """Standard deviation of the gaps between visits over their mean, rounded down; None under three visits."""
    if len(days) < GAP_VISITS_MIN:
        return None
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    count, total = len(gaps), sum(gaps)
    spread = count * sum(gap * gap for gap in gaps) - total * total
    return isqrt(spread * BPS * BPS) // total


def refund_share_bps(purchases: int, given_back: int) -> int:
    """How many of so many purchases were given back, wholly or in part, rounded down."""
    return given_back * BPS // purchases if purchases else 0


def refund_excess_bps(bought: Sequence[Bought], usual_bps: int | None) -> int:
    """By how much the share of refunds is beyond what is usual; 0 under five refunds, and while nothing is usual."""
    given_back = sum(each.gave_back for each in bought)
    if usual_bps is None or given_back < REFUNDS_MIN:
        return 0
    return max(refund_share_bps(len(bought), given_back) - usual_bps, 0)
