"""Money back to cards: from the charges it came by, the newest first, once.

What a plan has collected and owes to nobody is spread over its charges as soon as it stands in the plan; each part is
given back by one call with a key of its own, as a charge is made. A payback that fails is not repeated by itself: the
card may be gone, and a person settles it another way or asks for it again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, system
from cashback.collecting import moves, storage
from cashback.collecting.calling import CLAIM_LAPSES, RAIL_NOT_OPENED, Collector, Tally
from cashback.collecting.rails import (
    Answer,
    Back,
    ChargeRail,
    Declined,
    NotThere,
    Postponed,
    Processing,
    Succeeded,
    Unknown,
)
from cashback.collecting.recording import BACKOFF_FIRST, BACKOFF_MAX, new_payback
from cashback.collecting.schemas import BackState, Collection, Payback, RailName, Why
from cashback.db.engine import fetch, transaction
from cashback.errors import NotFound
from cashback.instalments import moves as plan_moves
from cashback.instalments import service as plans
from cashback.instalments import storage as plan_storage
from cashback.instalments.moves import Posting
from cashback.instalments.schemas import Plan
from cashback.ledger.chart import COLLECTED, OWED
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.shoppers import service as shoppers

ROUND_MAX = 100
ASK_PROCESSING = timedelta(hours=24)

_log = structlog.get_logger(__name__)

_TO_SPREAD = """
SELECT p.id FROM plans p JOIN shoppers s ON s.shopper_id = p.shopper_id
WHERE p.operator_id = $1 AND p.excess_minor > p.returned_minor AND p.excess_minor > p.returned_minor + coalesce((
    SELECT sum(b.amount_minor) FROM paybacks b
    WHERE b.shopper_id = p.shopper_id AND b.plan_id = p.id AND b.why = 'excess' AND b.state <> 'succeeded'), 0)
ORDER BY p.shopper_id, p.id LIMIT $2 FOR NO KEY UPDATE OF s SKIP LOCKED
"""


class Task(StrEnum):
    """What is asked of a rail."""

    GIVE = "give"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Call:
    """One payback as the claim left it."""

    task: Task
    payback: Payback
    rail: RailName
    back: Back


async def spread(connection: AsyncConnection, actor: Actor, now: datetime) -> int:
    """Write down what is to be given back of which charge; answers how many paybacks."""
    ids = [row[0] for row in await fetch(connection, _TO_SPREAD, (actor.operator_id, ROUND_MAX))]
    if not ids:
        return 0
    found = (await plan_storage.plans_of(connection, actor.operator_id, ids)).values()
    keys = [(each.shopper_id, each.id) for each in found]
    charges: defaultdict[UUID, list[Collection]] = defaultdict(list)
    for charge in await storage.succeeded_of(connection, keys):
        charges[charge.plan_id].append(charge)
    backs: defaultdict[UUID, list[Payback]] = defaultdict(list)
    for back in await storage.paybacks_of(connection, keys):
        backs[back.plan_id].append(back)
    made = [each for plan in found for each in portions(plan, charges[plan.id], backs[plan.id], now)]
    await moves.begin_back(connection, actor, made, now)
    return len(made)


def portions(plan: Plan, charges: Sequence[Collection], backs: Sequence[Payback], now: datetime) -> list[Payback]:
    """What is to be given back of a plan that is not yet on its way, spread over its charges, the newest first. Pure.

    No charge gives back more than was taken by it.
    """
    on_its_way = sum(
        each.amount_minor for each in backs if each.why is Why.EXCESS and each.state is not BackState.SUCCEEDED
    )
    left = plan.to_return_minor - on_its_way
    given: defaultdict[UUID, int] = defaultdict(int)
    for each in backs:
        given[each.collection_id] += each.amount_minor
    made: list[Payback] = []
    for charge in charges:
        part = min(left, charge.amount_minor - given[charge.id])
        if part > 0:
            made.append(new_payback(charge, part, Why.EXCESS, now))
            left -= part
    return made


async def run_due(collector: Collector, operator_id: UUID, now: datetime) -> Tally:
    """Spread what is to be given back, give it back, and find out what became of what is stuck."""
    actor = system(operator_id, "collecting")
    async with transaction(collector.engine, operator_id) as connection:
        await spread(connection, actor, now)
    async with transaction(collector.engine, operator_id) as connection:
        due = await storage.lock_paybacks_due(connection, operator_id, now, ROUND_MAX)
        calls = await _claim(connection, actor, due, now) if due else []
    tally = Tally(len(due))
    credentials = await collector.credentials(operator_id) if calls else {}
    opened: dict[RailName, ChargeRail] = {}
    try:
        for call in calls:
            if call.rail not in opened and call.rail in credentials and call.rail in collector.rails.opened_by:
                opened[call.rail] = collector.rails.opened(call.rail, credentials[call.rail])
            answer = await _ask(opened.get(call.rail), call)
            again = await _record(collector, actor, call, answer, now)
            if again is not None:
                answer = await _ask(opened.get(call.rail), again)
                await _record(collector, actor, again, answer, now)
            name = f"back_{type(answer).__name__.lower()}"
            tally.answers[name] = tally.answers.get(name, 0) + 1
    finally:
        for rail in opened.values():
            await rail.aclose()
    return tally


async def ask_again(connection: AsyncConnection, actor: Actor, payback_id: UUID, now: datetime) -> Payback:
    """Have a payback that failed tried once more; anything else of it raises Conflict."""
    owner = await storage.paybacks_by_id(connection, actor.operator_id, [payback_id])
    await shoppers.lock(connection, [each.shopper_id for each in owner.values()])
    found = (await storage.paybacks_by_id(connection, actor.operator_id, [payback_id])).get(payback_id)
    if found is None:
        raise NotFound("there is no such payback", code="unknown_payback")
    after = moves.back_to(found, BackState.CALLING, now, next_at=now)
    await moves.move_back(connection, actor, [(found, after)], now)
    return after


async def _claim(connection: AsyncConnection, actor: Actor, due: Sequence[Payback], now: datetime) -> list[Call]:
    charges = await storage.by_id(connection, actor.operator_id, {each.collection_id for each in due})
    held = await storage.mandates_by_id(connection, actor.operator_id, {each.mandate_id for each in charges.values()})
    moved: list[tuple[Payback, Payback]] = []
    calls: list[Call] = []
    looked: list[tuple[Payback, datetime]] = []
    for each in due:
        after, task = each, Task.LOOK
        if each.state is BackState.INTENDED:
            after, task = _calling(each, now), Task.GIVE
            moved.append((each, after))
        elif each.state is BackState.CALLING:
            after = moves.back_to(each, BackState.UNKNOWN, now, reason="no_answer", next_at=now + CLAIM_LAPSES)
            moved.append((each, after))
        else:
            looked.append((each, now + CLAIM_LAPSES))
        charge = charges[each.collection_id]
        calls.append(_call(task, after, charge, held[charge.mandate_id].rail))
    await moves.move_back(connection, actor, moved, now)
    await storage.put_paybacks_off(connection, actor.operator_id, looked)
    return calls


def _calling(payback: Payback, now: datetime) -> Payback:
    return moves.back_to(payback, BackState.CALLING, now, next_at=now + CLAIM_LAPSES, attempt=payback.attempt + 1)


def _call(task: Task, payback: Payback, charge: Collection, rail: RailName) -> Call:
    back = Back(payback.id, charge.rail_ref or "", payback.amount_minor, payback.attempt, payback.rail_ref)
    return Call(task, payback, rail, back)


async def _ask(rail: ChargeRail | None, call: Call) -> Answer:
    if rail is None:
        return Postponed(RAIL_NOT_OPENED) if call.task is Task.GIVE else Unknown(RAIL_NOT_OPENED)
    try:
        if call.task is Task.GIVE:
            return await rail.give_back(call.back, f"payback-{call.payback.id.hex}")
        return await rail.look_for(call.back)
    except Exception as error:
        # Whatever it was, the call may have been carried out: the payback is looked up.
        _log.exception("payback.rail_failed", rail=call.rail.value, payback=call.payback.ref)
        return Unknown(type(error).__name__)


async def _record(collector: Collector, actor: Actor, call: Call, answer: Answer, now: datetime) -> Call | None:
    """Record what came of a call; answers the one that must be made now because a look-up found nothing."""
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        await shoppers.lock(connection, [call.payback.shopper_id])
        stored = (await storage.paybacks_by_id(connection, operator_id, [call.payback.id]))[call.payback.id]
        if stored.moves != call.payback.moves:
            return None  # Somebody else has learnt it first.
        if isinstance(answer, NotThere) and stored.state is BackState.UNKNOWN:
            after = _calling(stored, now)
            await moves.move_back(connection, actor, [(stored, after)], now)
            charge = (await storage.by_id(connection, operator_id, [stored.collection_id]))[stored.collection_id]
            return _call(Task.GIVE, after, charge, call.rail)
        after_ = _step(stored, answer, now)
        if after_ is None:
            at = None if stored.state is BackState.SUCCEEDED else now + _backoff(stored, now)
            await storage.put_paybacks_off(connection, operator_id, [(stored, at)])
            return None
        await moves.move_back(connection, actor, [(stored, after_)], now)
        await _follow(connection, actor, stored, after_, now)
        return None


def _step(payback: Payback, answer: Answer, now: datetime) -> Payback | None:
    """What an answer makes of a payback; None: it stays, and is asked about later."""
    match answer:
        case Succeeded(ref) if payback.state is not BackState.SUCCEEDED:
            return moves.back_to(payback, BackState.SUCCEEDED, now, rail_ref=ref)
        case Processing(ref) if payback.state in (BackState.CALLING, BackState.UNKNOWN):
            return moves.back_to(payback, BackState.PROCESSING, now, rail_ref=ref, next_at=now + ASK_PROCESSING)
        case Declined(code, ref):
            return moves.back_to(payback, BackState.FAILED, now, reason=code, rail_ref=ref)
        case Postponed(reason) if payback.state is BackState.CALLING:
            return moves.back_to(payback, BackState.INTENDED, now, reason=reason, next_at=now + _backoff(payback, now))
        case Unknown(reason) if payback.state is BackState.CALLING:
            return moves.back_to(payback, BackState.UNKNOWN, now, reason=reason, next_at=now + BACKOFF_FIRST)
    return None


async def _follow(connection: AsyncConnection, actor: Actor, before: Payback, after: Payback, now: datetime) -> None:
    """What it means for the plan; what never stood in the books changes nothing there."""
    if after.why is Why.EXCESS and after.state is BackState.SUCCEEDED:
        plan = await plans.find(connection, actor.operator_id, after.plan_id)
        await plans.returned(connection, actor, plan, after.amount_minor, now)
    if after.why is Why.EXCESS and before.state is BackState.SUCCEEDED:
        plan = await plans.find(connection, actor.operator_id, after.plan_id)
        await _came_back(connection, actor, plan, after.amount_minor, now)
    if after.why is Why.CANCELLED and after.state is BackState.SUCCEEDED:
        params: dict[str, str | int] = {"asset": after.currency, "amount": after.amount_minor}
        notice = Notice(after.shopper_id, f"payback:{after.id.hex}", "payment_given_back", params)
        await notifications.tell(connection, actor.operator_id, [notice], now)


async def _came_back(connection: AsyncConnection, actor: Actor, plan: Plan, amount_minor: int, now: datetime) -> None:
    """The bank sent back what was given to it: it is to be given back again."""
    done = plan_moves.change(
        plan,
        "came_back",
        detail={"returned_minor": -amount_minor},
        returned_minor=plan.returned_minor - amount_minor,
        postings=[Posting("came_back", OWED, COLLECTED, amount_minor)],
    )
    await plan_moves.move(connection, actor, [done], now)


def _backoff(payback: Payback, now: datetime) -> timedelta:
    if payback.state is BackState.PROCESSING:
        return ASK_PROCESSING
    return min(max(BACKOFF_FIRST, now - payback.asked_at), BACKOFF_MAX)
