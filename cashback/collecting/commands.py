"""What people do with a charge: try again before its day, or wait no longer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.collecting import asking, moves, storage
from cashback.collecting.asking import ATTEMPTS_MAX, intention
from cashback.collecting.calling import locked
from cashback.collecting.schemas import Collection, Kind, MandateState, State
from cashback.errors import Conflict, Forbidden, NotFound
from cashback.ids import show
from cashback.instalments import service as plans
from cashback.instalments.schemas import Plan, PlanState
from cashback.programmes import audit_log


async def retry_now(connection: AsyncConnection, actor: Actor, collection_id: UUID, now: datetime) -> Collection:
    """Charge what a collection could not take again, before its next day; answers the new one.

    Conflict for one that did not fail, while another one is under way, without a card that may be charged, where
    nothing of it is owed any more, and after `ATTEMPTS_MAX` refusals within 30 days.
    """
    failed = await _held(connection, actor, collection_id)
    plan = await plans.find(connection, actor.operator_id, failed.plan_id)
    await _check(connection, failed, plan, now)
    held = await storage.mandates_by_id(connection, actor.operator_id, [plan.mandate_id] if plan.mandate_id else [])
    mandate = next(iter(held.values()), None)
    if mandate is None or mandate.state is not MandateState.AGREED:
        raise Conflict(f"plan {plan.ref} has no card that may be charged: ask for another one", code="card_needed")
    owed = {number: plan.numbered(number).owed_minor for number in failed.parts}
    parts = {number: amount for number, amount in owed.items() if amount}
    if not parts:
        raise Conflict(f"nothing of collection {failed.ref} is owed any more", code="nothing_owed")
    made = intention(plan, mandate, Kind.DUE, parts, actor.name, now)
    await moves.begin(connection, actor, [made], now)
    return made


async def give_up(connection: AsyncConnection, actor: Actor, collection_id: UUID, now: datetime) -> Collection:
    """Wait for the shopper no longer: the next round cancels it at its rail. Conflict for one that waits for nobody."""
    held = await _held(connection, actor, collection_id)
    if held.state is not State.NEEDS_SHOPPER:
        raise Conflict(f"collection {held.ref} is {held.state}: it waits for nobody", code="collection_state")
    await storage.wait_no_longer(connection, actor.operator_id, held, now)
    await audit_log.record(connection, actor, "collection.waited_enough", held.ref, {}, now)
    return held


async def _check(connection: AsyncConnection, failed: Collection, plan: Plan, now: datetime) -> None:
    if failed.state is not State.FAILED or plan.state is not PlanState.ACTIVE:
        raise Conflict(
            f"collection {failed.ref} is {failed.state} and its plan {plan.state}: nothing is tried again",
            code="collection_state",
        )
    busy = await storage.under_way(connection, plan.shopper_id, plan.id)
    if busy is not None:
        raise Conflict(f"collection {busy.ref} of plan {plan.ref} is under way", code="collection_under_way")
    refused = await asking.refusals(connection, [plan], now)
    if any(refused.get((plan.id, number), 0) >= ATTEMPTS_MAX for number in failed.parts):
        raise Conflict(
            f"collection {failed.ref}: {ATTEMPTS_MAX} refusals within 30 days are all that card networks allow here",
            code="too_many_attempts",
        )


async def _held(connection: AsyncConnection, actor: Actor, collection_id: UUID) -> Collection:
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    found = await locked(connection, actor.operator_id, collection_id)
    if found is None:
        raise NotFound(f"there is no collection {show('col', collection_id)}", code="unknown_collection")
    return found
