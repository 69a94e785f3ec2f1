"""The life of a plan, as far as money comes and goes: accept, begin, collect, refuse, give back, give up.

Every function takes the caller's connection and never commits; the caller holds the shopper's lock and has read the
plan under it. Each answers the plan as it stands afterwards.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Conflict, NotFound
from cashback.instalments import moves, storage
from cashback.instalments.days import day_of, looked_at
from cashback.instalments.moves import Change, Posting, change
from cashback.instalments.opening import check, digest_of, opening
from cashback.instalments.schemas import Accepted, Instalment, InstalmentState, Lender, Plan, PlanState, Settings, Way
from cashback.ledger.chart import COLLECTED, OWED, PAYABLE_LENDER, PAYABLE_SHOP_PREFIX, PLAN_FEES, PLANS_LOST
from cashback.programmes.service import load_programme
from cashback.shoppers import service as shoppers

_A_DAY = timedelta(days=1)

VIEWED = "plan.viewed"
"""What the audit log calls it when somebody opens one person's plan."""


async def find(connection: AsyncConnection, operator_id: UUID, plan_id: UUID) -> Plan:
    """A plan as it stands, to look at; NotFound where there is none."""
    found = await storage.plans_of(connection, operator_id, [plan_id])
    if plan_id not in found:
        raise NotFound("there is no such plan", code="unknown_plan")
    return found[plan_id]


async def locked(connection: AsyncConnection, operator_id: UUID, plan_id: UUID) -> Plan:
    """A plan to be changed: its shopper is locked first, then it is read."""
    owners = await storage.owners(connection, operator_id, [plan_id])
    if plan_id not in owners:
        raise NotFound("there is no such plan", code="unknown_plan")
    await shoppers.lock(connection, owners.values())
    return await find(connection, operator_id, plan_id)


async def open_plan(
    connection: AsyncConnection, actor: Actor, accepted: Accepted, settings: Settings, now: datetime
) -> Plan:
    """Store what a shopper accepts; it waits for its first payment, and its principal counts as exposure from now on.

    The same key again answers the plan that it made. Raises Conflict for a key that came with other content, a decision
    that was used before, a purchase that is split already and an operator who offers no plans; Invalid for parts that
    are no schedule.
    """
    digest = digest_of(accepted)
    known = await storage.of_key(connection, accepted.shopper_id, accepted.key)
    if known is not None:
        if known.digest != digest:
            raise Conflict(f"the key of plan {known.ref} came again with other content", code="idempotency_key")
        return known
    if not await storage.are_offered(connection, actor.operator_id):
        raise Conflict("this operator offers no plans: tell how they are run first", code="instalments_not_offered")
    programme = await load_programme(connection, actor.operator_id)
    check(accepted, programme.currency)
    await _refuse_twice(connection, accepted)
    plan = opening(actor, accepted, digest, settings, programme.zone, now)
    detail = {"amount_minor": plan.amount_minor, "fee_minor": plan.fee_minor, "lender": plan.lender.value}
    await moves.begin(connection, actor, plan, {**detail, "way": plan.way.value}, now)
    return plan


async def activate(connection: AsyncConnection, actor: Actor, plan: Plan, now: datetime) -> Plan:
    """The first instalment was paid: the plan stands in the books, and the others fall due on their days.

    After a purchase the partner has lent by then: it is owed, and not the shop. Conflict unless the plan is opening.
    """
    zone = await _zone(connection, actor)
    first, *rest = plan.instalments
    paid = replace(first, paid_minor=first.owed_minor, state=InstalmentState.PAID, paid_at=now)
    parts = (paid, *(replace(each, next_at=looked_at(each.due_on, zone)) for each in rest))
    lent = replace(plan, funded_at=now) if plan.way is Way.AFTER_PURCHASE else plan
    postings = (
        Posting("opened", lent_by(lent), OWED, plan.amount_minor),
        Posting("fee", PLAN_FEES, OWED, plan.fee_minor),
        Posting("collected", OWED, COLLECTED, paid.paid_minor),
    )
    detail = {"collected_minor": paid.paid_minor}
    done = change(
        plan, "activated", state=PlanState.ACTIVE, parts=parts, detail=detail, postings=postings, lapses_at=None,
        funded_at=lent.funded_at, told=[("instalment.paid", 1)],
        notices=[("plan_activated", {"amount": paid.paid_minor, "day": rest[0].due_on.isoformat()})],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def collected(
    connection: AsyncConnection, actor: Actor, plan: Plan, parts: Mapping[int, int], now: datetime
) -> Plan:
    """Money came in for instalments, by number. What is more than an instalment owes, because a refund or another
    payment came first, is to be given back: it stands in `excess_minor`. What was written off is recovered.

    Conflict while the plan opens: its first payment activates it.
    """
    if plan.state is PlanState.OPENING:
        raise Conflict(f"plan {plan.ref} is opening: its first payment activates it", code="plan_state")
    today = day_of(now, await _zone(connection, actor))
    after, recovered, kept = [], 0, 0
    for each in plan.instalments:
        taken = min(parts.get(each.number, 0), unpaid_minor(each))
        after.append(_with(each, taken, today, now) if taken else each)
        kept += taken
        recovered += taken if each.state is InstalmentState.WRITTEN_OFF else 0
    total = sum(parts.values())
    ends = plan.state is PlanState.ACTIVE and not any(each.state is InstalmentState.OPEN for each in after)
    state = _end_of(plan) if ends else None
    paid = [new.number for new, old in zip(after, plan.instalments, strict=True) if new.state is not old.state]
    done = change(
        plan, "collected", state=state, parts=after, excess_minor=plan.excess_minor + total - kept,
        detail={"collected_minor": total, "recovered_minor": recovered, "excess_minor": total - kept},
        postings=(
            Posting("collected", OWED, COLLECTED, total - recovered),
            Posting("recovered", PLANS_LOST, COLLECTED, recovered),
        ),
        told=[("instalment.paid", number) for number in paid],
        notices=[("plan_" + state.value if state else "instalment_paid", {"amount": total})],
        closed_at=now if ends else plan.closed_at,
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def recover(connection: AsyncConnection, actor: Actor, plan: Plan, amount_minor: int, now: datetime) -> Plan:
    """Money came in for a plan that was written off, the earliest instalments first; Conflict for any other plan."""
    if plan.state is not PlanState.WRITTEN_OFF:
        raise Conflict(f"plan {plan.ref} is {plan.state}: nothing of it is to be recovered", code="plan_state")
    lost = [each for each in plan.instalments if each.state is InstalmentState.WRITTEN_OFF]
    parts: dict[int, int] = {}
    for each in lost:
        parts[each.number] = min(amount_minor - sum(parts.values()), unpaid_minor(each))
    parts[lost[-1].number] += amount_minor - sum(parts.values())
    return await collected(connection, actor, plan, parts, now)


async def failed(
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    numbers: Collection[int],
    settings: Settings,
    now: datetime,
    *,
    reason: str,
    retry: bool,
) -> Plan:
    """The card refused these instalments. They are tried again on the next of the stated days, or never by themselves
    (`retry` false: a lost or stolen card; or no day is left). What was asked for before its day counts for nothing.
    """
    zone = await _zone(connection, actor)
    today = day_of(now, zone)
    after = [
        _refused(each, settings if retry else None, today, zone)
        if each.number in numbers and each.state is InstalmentState.OPEN and each.due_on <= today
        else each
        for each in plan.instalments
    ]
    late = [
        each.number for each, old in zip(after, plan.instalments, strict=True) if each.late_since and not old.late_since
    ]
    done = change(
        plan, "refused", parts=after, detail={"numbers": sorted(numbers), "reason": reason, "retry": retry},
        told=[("instalment.late", number) for number in late],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def cancel(connection: AsyncConnection, actor: Actor, plan: Plan, reason: str, now: datetime) -> Plan:
    """Give up a plan that never began; Conflict for any other."""
    parts = [replace(each, state=InstalmentState.VOID, next_at=None) for each in plan.instalments]
    done = change(
        plan, "cancelled", state=PlanState.CANCELLED, parts=parts, reason=reason, detail={"reason": reason},
        lapses_at=None, closed_at=now, notices=[("plan_cancelled", {"amount": plan.amount_minor})],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def returned(connection: AsyncConnection, actor: Actor, plan: Plan, amount_minor: int, now: datetime) -> Plan:
    """Money went back to the card; Conflict for more than is to be given back."""
    if not 0 < amount_minor <= plan.to_return_minor:
        raise Conflict(
            f"plan {plan.ref} has {plan.to_return_minor} to give back, got {amount_minor}", code="nothing_to_return"
        )
    done = change(
        plan, "returned", detail={"returned_minor": amount_minor}, returned_minor=plan.returned_minor + amount_minor,
        postings=[Posting("returned", COLLECTED, OWED, amount_minor)],
        notices=[("plan_given_back", {"amount": amount_minor})],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def lender_paid(connection: AsyncConnection, actor: Actor, plan: Plan, now: datetime) -> Plan:
    """The partner paid the shop what it lends at checkout, less what was refunded: it is owed from now on, no shop is.

    Once: told again it changes nothing. Conflict for a plan that no partner lends or that has not begun.
    """
    if plan.lender is not Lender.PARTNER or plan.state in (PlanState.OPENING, PlanState.CANCELLED):
        raise Conflict(f"plan {plan.ref} is {plan.state}, lent by {plan.lender}: no partner pays it", code="plan_state")
    if plan.funded_at is not None:
        return plan
    amount = plan.amount_minor - plan.refunded_minor
    done = change(
        plan, "funded", detail={"amount_minor": amount}, funded_at=now,
        postings=[Posting("funded", PAYABLE_LENDER, lent_by(plan), amount)],
    )  # fmt: skip
    return await _made(connection, actor, done, now)


async def entered(connection: AsyncConnection, actor: Actor, plan: Plan, purchase_id: UUID, now: datetime) -> Plan:
    """The sale of a plan stands among the purchases: what is given back of it, the plan follows."""
    done = change(plan, "entered", detail={}, purchase_id=purchase_id)
    return await _made(connection, actor, done, now)


async def charge_to(connection: AsyncConnection, actor: Actor, plan: Plan, mandate_id: UUID, now: datetime) -> Plan:
    """The shopper agreed to another card for what is still to be collected; what was given up is tried today."""
    zone = await _zone(connection, actor)
    today = day_of(now, zone)
    parts = [
        replace(each, next_at=looked_at(max(each.due_on, today), zone)) if each.owed_minor else each
        for each in plan.instalments
    ]
    after = parts if plan.state is PlanState.ACTIVE else plan.instalments
    return await _made(connection, actor, change(plan, "mandate", parts=after, mandate_id=mandate_id), now)


async def give_up(connection: AsyncConnection, actor: Actor, plan: Plan, reason: str, now: datetime) -> Plan:
    """Write off what is owed of an active plan; what still comes in is recovery."""
    return await _made(connection, actor, written_off(plan, reason, now), now)


def written_off(plan: Plan, reason: str, now: datetime) -> Change:
    """The change by which an active plan is given up. Pure."""
    lost = plan.owed_minor
    parts = [
        replace(each, state=InstalmentState.WRITTEN_OFF, next_at=None) if each.state is InstalmentState.OPEN else each
        for each in plan.instalments
    ]
    return change(
        plan, "written_off", state=PlanState.WRITTEN_OFF, parts=parts, reason=reason, closed_at=now,
        detail={"amount_minor": lost, "reason": reason},
        postings=[Posting("written_off", OWED, PLANS_LOST, lost)],
        notices=[("plan_written_off", {"amount": lost})],
    )  # fmt: skip


def lent_by(plan: Plan) -> str:
    """The account of whoever is owed what is collected: the partner once it has paid, else the shop."""
    return PAYABLE_LENDER if plan.funded_at is not None else f"{PAYABLE_SHOP_PREFIX}{plan.shop_id.hex}"


def unpaid_minor(part: Instalment) -> int:
    """What may still come in for an instalment: what is open of it, or what was given up."""
    if part.state is InstalmentState.WRITTEN_OFF:
        return part.principal_minor + part.fee_minor - part.paid_minor
    return part.owed_minor


def _end_of(plan: Plan) -> PlanState:
    return PlanState.COMPLETED if plan.withdrawn_on is None else PlanState.WITHDRAWN


def _with(part: Instalment, taken: int, today: date, now: datetime) -> Instalment:
    """An instalment for which so much more came in."""
    after = replace(part, paid_minor=part.paid_minor + taken)
    if part.state is not InstalmentState.OPEN or after.owed_minor:
        return after
    late = part.late_since or (part.due_on + _A_DAY if today > part.due_on else None)
    return replace(after, state=InstalmentState.PAID, paid_at=now, next_at=None, late_since=late)


def _refused(part: Instalment, settings: Settings | None, today: date, zone: ZoneInfo) -> Instalment:
    days = [] if settings is None else [part.due_on + timedelta(days=each) for each in sorted(settings.retry_days)]
    following = next((looked_at(day, zone) for day in days if day > today), None)
    late = part.late_since or (part.due_on + _A_DAY if today > part.due_on else None)
    return replace(part, failures=part.failures + 1, next_at=following, late_since=late)


async def _refuse_twice(connection: AsyncConnection, accepted: Accepted) -> None:
    """Conflict where the decision was accepted before, or the purchase is split already."""
    held = await storage.of_shoppers(connection, [accepted.shopper_id])
    if any(each.decision_id == accepted.decision_id for each in held):
        raise Conflict("this decision was accepted before", code="decision_used")
    ended = (PlanState.CANCELLED, PlanState.WITHDRAWN)
    if accepted.purchase_id is not None and any(
        each.purchase_id == accepted.purchase_id and each.state not in ended for each in held
    ):
        raise Conflict("this purchase is paid in instalments already", code="purchase_split")


async def _zone(connection: AsyncConnection, actor: Actor) -> ZoneInfo:
    return ZoneInfo(await storage.zone_of(connection, actor.operator_id))


async def _made(connection: AsyncConnection, actor: Actor, done: Change, now: datetime) -> Plan:
    await moves.move(connection, actor, [done], now)
    return done.after
