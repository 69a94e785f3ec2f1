"""What a shopper's plans tell of them, for the score. Pure.

An instalment counts once it was due, paid or given up: not while it is ahead, not when a refund or a withdrawal ended
it, and not the first, which is paid with the purchase. It is late when it is paid after its day; a day that was moved
and a pause change the day, and so never count against anybody. What the card refused counts where the day had come.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cashback.instalments.days import day_of
from cashback.instalments.schemas import OPEN_PLANS, Behaviour, Instalment, InstalmentState, Plan, PlanState
from eligibility.calendar_days import months_between

MONTH_DAYS = 28
"""As `eligibility.schedule` counts what meets in one month."""
_YEAR = timedelta(days=365)


def behaviour_of(plans: Iterable[Plan], now: datetime, zone: ZoneInfo) -> Behaviour:
    """What all plans of one shopper tell at an instant."""
    today = day_of(now, zone)
    begun = [each for each in plans if each.state is not PlanState.CANCELLED]
    active = [each for each in begun if each.state in OPEN_PLANS]
    counted = [part for each in begun for part in _counted(each, today)]
    late = [(part, _late_until(part, today, zone)) for part in counted if _is_late(part, today)]
    recent = [(until - part.due_on).days for part, until in late if until > today - _YEAR]
    arrears = [
        part for each in begun if each.state is PlanState.ACTIVE for part in each.instalments if _overdue(part, today)
    ]
    lost = [part for part in counted if part.state is InstalmentState.WRITTEN_OFF and part.paid_minor < _whole(part)]
    completed = [each for each in begun if each.state is PlanState.COMPLETED]
    return Behaviour(
        instalments_due=len(counted),
        instalments_on_time=len(counted) - len(late),
        worst_days_late_12m=max(recent, default=0),
        months_since_late=months_between(max(until for _, until in late), today) if late else None,
        open_incident=bool(arrears or lost),
        plans_completed=len(completed),
        clean_plans=sum(not any(part.late_since for part in each.instalments) for each in completed),
        failed_authorisations=sum(part.failures for each in begun for part in each.instalments),
        plans_active=len(active),
        in_arrears=bool(arrears),
        exposure_minor=sum(each.exposure_minor for each in active),
        open_monthly_minor=_busiest([part for each in active for part in each.instalments if part.owed_minor]),
        last_plan_at=max((each.accepted_at for each in begun), default=None),
    )


def _counted(plan: Plan, today: date) -> list[Instalment]:
    return [part for part in plan.instalments[1:] if part.paid_at or part.state is InstalmentState.WRITTEN_OFF
            or _overdue(part, today)]  # fmt: skip


def _overdue(part: Instalment, today: date) -> bool:
    return part.state is InstalmentState.OPEN and part.due_on < today


def _is_late(part: Instalment, today: date) -> bool:
    return part.late_since is not None or part.state is InstalmentState.WRITTEN_OFF or _overdue(part, today)


def _late_until(part: Instalment, today: date, zone: ZoneInfo) -> date:
    return today if part.paid_at is None else day_of(part.paid_at, zone)


def _whole(part: Instalment) -> int:
    return part.principal_minor + part.fee_minor


def _busiest(parts: Sequence[Instalment]) -> int:
    """The most that is owed within a month of 28 days; what is overdue is owed today and counts with what comes."""
    days = [(part.due_on, part.owed_minor) for part in parts]
    return max(
        (sum(owed for day, owed in days if begin <= day < begin + timedelta(days=MONTH_DAYS)) for begin, _ in days),
        default=0,
    )
