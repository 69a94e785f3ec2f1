"""Withdrawing from a plan: a first payment that its shopper could still confirm is cancelled at the rail first, so that
no card is charged for a plan that is over. A payment that succeeds at the last moment wins, and is then undone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback import checkout
from cashback.actors import Actor
from cashback.collecting import calling, storage
from cashback.collecting.calling import Call, Collector, Task
from cashback.collecting.recording import Book, give_up
from cashback.collecting.schemas import Collection, State
from cashback.db.engine import transaction
from cashback.db.unit import in_steps
from cashback.errors import TryAgain
from cashback.instalments import easing
from cashback.instalments import service as plans
from cashback.instalments.schemas import Plan, PlanState

WITHDRAWAL = "withdrawal"


async def withdraw(collector: Collector, actor: Actor, plan_id: UUID, now: datetime) -> Plan:
    """Withdraw from a plan, as `checkout.withdraw`; one that opens with a payment under way is over once its rail has
    cancelled that payment. Raises TryAgain where the rail cannot be reached: the worker goes on trying.
    """
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        # Seen without a lock: what a request does in steps must hold none of them before.
        seen = await plans.find(connection, operator_id, plan_id)
        under_way = await _first_payment(connection, seen)
    if under_way is None:
        async with transaction(collector.engine, operator_id) as connection:
            snapshot = await collector.road.snapshots.current(connection, operator_id)
            plan, busy = await _read(connection, operator_id, plan_id)
            if busy is not None:
                raise TryAgain("a payment began at this moment; withdraw again", code="no_answer")
            return await checkout.withdraw(connection, snapshot, actor, plan, now)
    easing.require_for(actor, seen)
    await in_steps()
    call = await _claim(collector, actor, plan_id, now)
    if call is not None:
        await calling.make(collector, actor, [call], now)
    async with transaction(collector.engine, operator_id) as connection:
        snapshot = await collector.road.snapshots.current(connection, operator_id)
        plan, busy = await _read(connection, operator_id, plan_id)
        if plan.state is PlanState.CANCELLED:
            return plan
        if busy is not None:
            raise TryAgain("the payment that is under way could not be cancelled yet; it will be", code="no_answer")
        return await checkout.withdraw(connection, snapshot, actor, plan, now)


async def _read(connection: AsyncConnection, operator_id: UUID, plan_id: UUID) -> tuple[Plan, Collection | None]:
    """The plan under its lock, and its first payment if that is under way."""
    plan = await plans.locked(connection, operator_id, plan_id)
    return plan, await _first_payment(connection, plan)


async def _first_payment(connection: AsyncConnection, plan: Plan) -> Collection | None:
    opens = plan.state is PlanState.OPENING
    return await storage.under_way(connection, plan.shopper_id, plan.id) if opens else None


async def _claim(collector: Collector, actor: Actor, plan_id: UUID, now: datetime) -> Call | None:
    """Written down before the rail is called: whatever dies, the shopper is waited for no longer. None: there is
    nothing to call about."""
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        snapshot = await collector.road.snapshots.current(connection, operator_id)
        _, busy = await _read(connection, operator_id, plan_id)
        if busy is None:
            return None
        book = Book(connection, snapshot, actor, collector.road.keyring.master, now)
        if busy.state is State.INTENDED:
            await give_up(book, busy, WITHDRAWAL)
            return None
        if busy.state is State.CALLING:
            raise TryAgain("the payment is being made at this moment; withdraw again", code="no_answer")
        await storage.wait_no_longer(connection, operator_id, busy, now)
        return await calling.claim(book, busy, Task.CANCEL, why=WITHDRAWAL)
