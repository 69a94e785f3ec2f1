"""What days do to plans by themselves: instalments become late, a late fee is added where one is set, what nobody pays
is given up. Run as often as anybody likes: what is done is not done again."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import system
from cashback.db.engine import fetch
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show
from cashback.instalments import moves, storage
from cashback.instalments import settings as told
from cashback.instalments.days import day_of
from cashback.instalments.moves import Change, Posting, change
from cashback.instalments.schemas import Instalment, InstalmentState, Plan, Settings
from cashback.instalments.service import written_off
from cashback.instalments.settings import LATE_FEE_MAX_BPS
from cashback.ledger.chart import OWED, PLAN_FEES
from cashback.money import Rounding, portion
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice

# What is due today is told once: the notice in the shopper's inbox remembers it.
_DUE_KEY = "'instalment:' || replace(i.plan_id::text, '-', '') || ':' || i.number || ':due:' || i.due_on"
_DUE = f"""
SELECT i.shopper_id, i.plan_id, i.number, i.due_on, i.paid_minor, p.currency, {_DUE_KEY} AS key,
    i.principal_minor + i.fee_minor - i.paid_minor AS owed
FROM instalments i JOIN plans p ON p.shopper_id = i.shopper_id AND p.id = i.plan_id
WHERE i.operator_id = $1 AND i.due_on = $2 AND i.state = 'open' AND p.state = 'active'
    AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.shopper_id = i.shopper_id AND n.key = {_DUE_KEY})
ORDER BY i.shopper_id, i.plan_id, i.number LIMIT $3
"""  # noqa: S608 - built from constants

PLANS_MAX = 200
"""Plans of one round."""
TOO_LATE = "too_late"
"""The reason of a plan that time has written off."""


async def pass_days(connection: AsyncConnection, operator_id: UUID, now: datetime) -> int:
    """Bring plans up to the day it is, and tell of what is due on it; answers how many were changed or told of.

    Plans of shoppers whom somebody else holds are passed over until the next time.
    """
    settings = await told.load(connection, operator_id)
    if settings is None:
        return 0
    today = day_of(now, ZoneInfo(await storage.zone_of(connection, operator_id)))
    given_up = today - timedelta(days=settings.write_off_days)
    plans = await storage.overdue(connection, operator_id, today, given_up, _fee_before(settings, today), PLANS_MAX)
    actor = system(operator_id, "instalments")
    await moves.move(connection, actor, [_passed(each, settings, today, given_up, now) for each in plans], now)
    return len(plans) + await _tell_due(connection, operator_id, today, now)


async def _tell_due(connection: AsyncConnection, operator_id: UUID, today: date, now: datetime) -> int:
    rows = await fetch(connection, _DUE, (operator_id, today, PLANS_MAX))
    notices = [
        Notice(row.shopper_id, row.key, "instalment_due", {"asset": row.currency, "amount": row.owed}) for row in rows
    ]
    messages = [
        event(
            "instalment.due",
            row.key,
            now,
            of=row.shopper_id,
            plan=show("pln", row.plan_id),
            shopper=show("shp", row.shopper_id),
            currency=row.currency,
            number=row.number,
            due_on=row.due_on.isoformat(),
            owed_minor=row.owed,
            paid_minor=row.paid_minor,
        )
        for row in rows
    ]
    await notifications.tell(connection, operator_id, notices, now)
    await events.tell(connection, operator_id, messages, now)
    return len(rows)


def _fee_before(settings: Settings, today: date) -> date | None:
    """Instalments due before that day are charged the late fee, if there is one: their last retry is over."""
    if not settings.late_fee_minor:
        return None
    return today - timedelta(days=max(settings.retry_days, default=0))


def _passed(plan: Plan, settings: Settings, today: date, given_up: date, now: datetime) -> Change:
    overdue = [each for each in plan.instalments if each.state is InstalmentState.OPEN and each.due_on < today]
    if any(each.due_on < given_up for each in overdue):
        return written_off(plan, TOO_LATE, now)
    before = _fee_before(settings, today)
    late = {each.number: _late(each, settings, before) for each in overdue}
    fees = sum(late[each.number].fee_minor - each.fee_minor for each in overdue)
    return change(
        plan, "late", parts=[late.get(each.number, each) for each in plan.instalments],
        detail={"numbers": sorted(late), "late_fee_minor": fees},
        postings=[Posting("late_fee", PLAN_FEES, OWED, fees)],
        told=[("instalment.late", each.number) for each in overdue if each.late_since is None],
        notices=[("plan_late_fee", {"amount": fees})] if fees else [],
    )  # fmt: skip


def _late(part: Instalment, settings: Settings, fee_before: date | None) -> Instalment:
    fee = 0
    if fee_before is not None and part.due_on < fee_before and part.number > 1 and part.fee_minor == 0:
        fee = min(settings.late_fee_minor, portion(part.owed_minor, LATE_FEE_MAX_BPS, Rounding.DOWN))
    since = part.late_since or part.due_on + timedelta(days=1)
    return replace(part, late_since=since, fee_minor=part.fee_minor + fee)
