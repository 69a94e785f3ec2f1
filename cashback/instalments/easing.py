"""What a shopper may ask of an active plan: pay early, move a day, pause, withdraw. None of it costs anything.

A day is moved for convenience, once, and stays within the law under which the plan was concluded: it is classified
again with its new last day. A pause is a delay granted free of charge for a debt that exists; it makes no other
contract of the plan, so that an exempt one stays exempt. docs/instalments.md says what was read of the law and
what was not.

Every function takes the caller's connection and never commits; the caller holds the shopper's lock.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden, Invalid
from cashback.instalments import moves, storage
from cashback.instalments.days import day_of, looked_at
from cashback.instalments.moves import Change, Posting, change
from cashback.instalments.schemas import Instalment, InstalmentState, Lender, Plan, PlanState
from cashback.instalments.service import unpaid_minor
from cashback.ledger.chart import OWED, PLAN_FEES
from eligibility.calendar_days import add_months
from eligibility.regime import SHORT_MONTHS, Credit, Regime, classify

PAUSE_DAYS = 30
MOVE_MAX_DAYS = 14
"""How far from where it stands a day is moved at most, earlier or later."""
PAY_BACK_DAYS = 30
"""L. 312-26: within them what was lent comes back after a withdrawal."""


def require_for(actor: Actor, plan: Plan) -> None:
    """Forbidden for who is neither the shopper nor may act for shoppers."""
    if actor.shopper_id != plan.shopper_id and (actor.shopper_id is not None or not actor.may(Scope.SHOPPERS)):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.SHOPPERS.value!r}", code="scope_missing")


def early(plan: Plan, numbers: Collection[int] | None) -> dict[int, int]:
    """What is to be charged to pay some instalments before their day, or (None) all that is left: amounts by number.

    Free of charge. Invalid for an instalment that there is not or of which nothing is owed; Conflict where nothing of
    the plan can be paid. What was written off may be paid too.
    """
    if plan.state not in (PlanState.ACTIVE, PlanState.WRITTEN_OFF):
        raise Conflict(f"plan {plan.ref} is {plan.state}: nothing of it can be paid", code="plan_state")
    payable = {each.number: unpaid_minor(each) for each in plan.instalments if unpaid_minor(each)}
    wanted = payable.keys() if numbers is None else set(numbers)
    if not wanted <= payable.keys():
        raise Invalid(
            f"plan {plan.ref}: expected some of the instalments {sorted(payable)}, got {sorted(wanted)}",
            code="instalments",
        )
    if not wanted:
        raise Conflict(f"nothing of plan {plan.ref} is owed", code="nothing_owed")
    return {number: payable[number] for number in sorted(wanted)}


async def pause(connection: AsyncConnection, actor: Actor, plan: Plan, now: datetime) -> Plan:
    """Nothing falls due for 30 days; what is open moves on together, and what was late is late no more. Once a plan."""
    require_for(actor, plan)
    _require_active(plan)
    if plan.pauses:
        raise Conflict(f"plan {plan.ref} was paused before: once is all", code="paused_before")
    zone = await _zone(connection, actor)
    today = day_of(now, zone)
    until = today + timedelta(days=PAUSE_DAYS)
    first = min(each.due_on for each in plan.instalments if each.state is InstalmentState.OPEN)
    by = max(timedelta(days=PAUSE_DAYS), until - first)
    parts = [
        replace(each, due_on=each.due_on + by, next_at=looked_at(each.due_on + by, zone), late_since=None)
        if each.state is InstalmentState.OPEN
        else each
        for each in plan.instalments
    ]
    following = next(each for each in parts if each.state is InstalmentState.OPEN)
    done = change(
        plan, "paused", parts=parts, pauses=1, paused_until=until,
        detail={"until": until.isoformat(), "days": by.days},
        notices=[("plan_paused", {"amount": following.owed_minor, "day": following.due_on.isoformat()})],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def move_day(
    connection: AsyncConnection, actor: Actor, plan: Plan, number: int, day: date, now: datetime
) -> Plan:
    """One instalment that is not due yet falls due on another day, once a plan.

    Invalid for a day that is not ahead, more than 14 days away from where it stands, past its neighbours, or beyond
    what the law of the plan allows.
    """
    require_for(actor, plan)
    _require_active(plan)
    if plan.shifts:
        raise Conflict(f"a day of plan {plan.ref} was moved before: once is all", code="moved_before")
    zone = await _zone(connection, actor)
    parts = _moved(plan, number, day, day_of(now, zone), zone)
    if not _same_law(plan, max(each.due_on for each in parts)):
        raise Invalid(
            f"plan {plan.ref} stands under {plan.regime}: with {day.isoformat()} it would not any more",
            code="outside_regime",
        )
    part = plan.numbered(number)
    done = change(
        plan, "moved", parts=parts, shifts=1,
        detail={"number": number, "from": part.due_on.isoformat(), "to": day.isoformat()},
        notices=[("plan_moved", {"amount": part.owed_minor, "day": day.isoformat()})],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def withdraw(connection: AsyncConnection, actor: Actor, plan: Plan, now: datetime) -> Plan:
    """The shopper withdraws from a credit within 14 days: its fee goes back, what is open is due within 30 days, and
    when that is paid the plan is withdrawn.

    Conflict for what is no credit, after the last day, and for a plan that is not active. At checkout the sale is
    undone too: `cashback.checkout.withdraw` does both.
    """
    require_for(actor, plan)
    zone = await _zone(connection, actor)
    today = day_of(now, zone)
    if plan.withdraw_until is None:
        raise Conflict(f"plan {plan.ref} is no credit: it is undone by returning what was bought", code="no_credit")
    if today > plan.withdraw_until:
        raise Conflict(f"plan {plan.ref} could be withdrawn from until {plan.withdraw_until}", code="too_late")
    _require_active(plan)
    last = today + timedelta(days=PAY_BACK_DAYS)
    parts = [_to_pay_back(each, last, zone) for each in plan.instalments]
    fee = sum(each.fee_minor for each in plan.instalments)
    paid = sum(min(each.paid_minor, each.fee_minor) for each in plan.instalments)
    owed = sum(each.owed_minor for each in parts)
    done = change(
        plan, "withdrawing", parts=parts, withdrawn_on=today, excess_minor=plan.excess_minor + paid,
        detail={"fee_minor": fee, "to_return_minor": paid, "owed_minor": owed},
        postings=[Posting("fees", OWED, PLAN_FEES, fee)],
        notices=[("plan_withdrawing", {"amount": owed, "day": last.isoformat()})],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


def _to_pay_back(part: Instalment, last: date, zone: ZoneInfo) -> Instalment:
    free = replace(part, fee_minor=0, paid_minor=part.paid_minor - min(part.paid_minor, part.fee_minor))
    if part.state is not InstalmentState.OPEN:
        return free
    due = min(part.due_on, last)
    return replace(free, due_on=due, next_at=looked_at(due, zone) if due != part.due_on else part.next_at)


def _require_active(plan: Plan) -> None:
    if plan.state is not PlanState.ACTIVE:
        raise Conflict(f"plan {plan.ref} is {plan.state}, not active", code="plan_state")
    if plan.withdrawn_on is not None:
        raise Conflict(f"plan {plan.ref} was withdrawn from", code="withdrawn_before")


def days_open(plan: Plan, today: date) -> dict[int, tuple[date, date]]:
    """By the number of each instalment that may be moved: the first and the last day it may be moved to."""
    found: dict[int, tuple[date, date]] = {}
    if plan.shifts or plan.state is not PlanState.ACTIVE or plan.withdrawn_on is not None:
        return found
    for part in plan.instalments:
        if part.state is not InstalmentState.OPEN or part.due_on <= today:
            continue
        first, last = _between(plan, part, today)
        others = max((each.due_on for each in plan.instalments if each.number != part.number), default=date.min)
        while last > part.due_on and not _same_law(plan, max(others, last)):
            last -= timedelta(days=1)
        if first < part.due_on or part.due_on < last:
            found[part.number] = (first, last)
    return found


def _between(plan: Plan, part: Instalment, today: date) -> tuple[date, date]:
    """The first and the last day between its neighbours, and near enough, whatever the law says."""
    before = max((each.due_on for each in plan.instalments if each.number < part.number), default=today)
    after = min(
        (each.due_on for each in plan.instalments if each.number > part.number and each.state is InstalmentState.OPEN),
        default=date.max,
    )
    first = max(before, today, part.due_on - timedelta(days=MOVE_MAX_DAYS + 1)) + timedelta(days=1)
    return first, min(after - timedelta(days=1), part.due_on + timedelta(days=MOVE_MAX_DAYS))


def _moved(plan: Plan, number: int, day: date, today: date, zone: ZoneInfo) -> list[Instalment]:
    part = next((each for each in plan.instalments if each.number == number), None)
    if part is None or part.state is not InstalmentState.OPEN or part.due_on <= today:
        raise Invalid(f"instalment {number} of plan {plan.ref} is not ahead: its day cannot be moved", code="not_ahead")
    first, last = _between(plan, part, today)
    if not first <= day <= last or day == part.due_on:
        raise Invalid(f"expected another day from {first} to {last}, got {day}", code="day")
    to = replace(part, due_on=day, next_at=looked_at(day, zone))
    return [to if each.number == number else each for each in plan.instalments]


def _same_law(plan: Plan, last_day: date) -> bool:
    """Whether a plan with another last day stands under the law under which it was concluded."""
    concluded = max(each.planned_on for each in plan.instalments)
    if last_day <= concluded:
        return True
    within = add_months(plan.concluded_on, SHORT_MONTHS)
    if plan.regime == Regime.LIGHT and concluded <= within < last_day:
        return False
    return _law(plan, last_day) == _law(plan, concluded)


def _law(plan: Plan, last_day: date) -> Regime:
    large = plan.regime == Regime.EXEMPT_14D
    credit = Credit(
        amount_minor=plan.amount_minor, charges_minor=plan.fee_minor, concluded_on=plan.concluded_on,
        supplied_on=plan.concluded_on, last_due_on=last_day, third_party=plan.lender is Lender.PARTNER,
        assigned=bool(plan.terms.get("assigned")), large_company=large, online=large,
    )  # fmt: skip
    return classify(credit).regime


async def _zone(connection: AsyncConnection, actor: Actor) -> ZoneInfo:
    return ZoneInfo(await storage.zone_of(connection, actor.operator_id))


async def _made(connection: AsyncConnection, actor: Actor, done: Change, now: datetime) -> Plan:
    await moves.move(connection, actor, [done], now)
    return done.after
