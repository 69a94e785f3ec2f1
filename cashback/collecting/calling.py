"""Charges what is due over the rails, and finds out what became of what is stuck.

A call is three steps, and a process may die between any two. *Claim*: in a transaction, under the shoppers' locks, the
collection is judged once more and becomes `calling`, with the attempt counted. *Call*: over the network, in no
transaction, with the collection's own key. *Record*: in a transaction of its own, if the collection still stands where
the claim left it. What is found in `calling` after a while was claimed by a process that died: nobody knows whether it
was called, so it is `unknown`, and what is unknown is looked up before anything else is done with it. So a card is
charged again only when its rail has said that it does not know the charge, and even then under the same id and key.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, system
from cashback.collecting import asking, moves, opening, storage
from cashback.collecting.rails import Answer, Charge, ChargeRail, ChargeRails, NotThere, Postponed, Unknown
from cashback.collecting.recording import LAPSED, Book, charged_to, give_up, owed_parts, record
from cashback.collecting.schemas import OFF_SESSION, Collection, Kind, Mandate, MandateState, RailName, State
from cashback.db.engine import transaction
from cashback.instalments import storage as plan_storage
from cashback.instalments.schemas import Plan, PlanState
from cashback.pipeline import Road
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers

ROUND_MAX = 100
"""Collections one round deals with."""
SIDE_BY_SIDE = 8
"""Calls one worker has under way for one operator."""
CLAIM_LAPSES = timedelta(minutes=10)
"""A call ends within its client's time limits, far sooner than this."""
RAIL_NOT_OPENED = "rail_not_opened"

_log = structlog.get_logger(__name__)


class Task(StrEnum):
    """What is asked of a rail."""

    CHARGE = "charge"
    LOOK_UP = "look_up"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Call:
    """One collection as the claim left it, and what its rail is to be asked."""

    task: Task
    collection: Collection
    rail: RailName
    charge: Charge
    why: str = LAPSED
    """The reason of what is cancelled."""


@dataclass(frozen=True, slots=True)
class Collector:
    """What charging stands on: the database, what the road holds in memory, and the rails."""

    engine: AsyncEngine
    road: Road
    rails: ChargeRails

    async def credentials(self, operator_id: UUID) -> dict[RailName, dict[str, str]]:
        """What the operator charges with. Secret."""
        async with transaction(self.engine, operator_id) as connection:
            return await opening.credentials(connection, operator_id, self.road.keyring.master)


@dataclass(slots=True)
class Tally:
    """What a round did, by what it took up and by how it was answered."""

    taken: int = 0
    answers: dict[str, int] = field(default_factory=dict)


async def run_due(collector: Collector, operator_id: UUID, now: datetime, *, limit: int = ROUND_MAX) -> Tally:
    """Deal with the collections that are due at `now`. Any number of processes may do so at once."""
    actor = system(operator_id, "collecting")
    async with transaction(collector.engine, operator_id) as connection:
        snapshot = await collector.road.snapshots.current(connection, operator_id)
        book = Book(connection, snapshot, actor, collector.road.keyring.master, now)
        due = await storage.lock_due(connection, operator_id, now, limit)
        calls = await _claim(book, due) if due else []
    tally = Tally(len(due))
    for answer in await make(collector, actor, calls, now):
        name = type(answer).__name__.lower()
        tally.answers[name] = tally.answers.get(name, 0) + 1
    return tally


async def make(collector: Collector, actor: Actor, calls: Sequence[Call], now: datetime) -> list[Answer]:
    """Make these calls, some side by side, and record each when it is answered; the answers in their order."""
    if not calls:
        return []
    credentials = await collector.credentials(actor.operator_id)
    opened: dict[RailName, ChargeRail] = {}
    free = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(call: Call) -> Answer:
        rail = opened.get(call.rail)
        async with free:
            answer = await _ask(rail, call)
            again = await _record(collector, actor, call, answer, now)
            if again is not None:
                answer = await _ask(rail, again)
                await _record(collector, actor, again, answer, now)
        return answer

    try:
        for name in {each.rail for each in calls} & collector.rails.opened_by.keys():
            if name in credentials:
                opened[name] = collector.rails.opened(name, credentials[name])
        return list(await asyncio.gather(*(one(call) for call in calls)))
    finally:
        for rail in opened.values():
            await rail.aclose()


async def claim(book: Book, collection: Collection, task: Task, *, why: str = LAPSED) -> Call:
    """One collection to be asked about now; to be charged it becomes `calling`. The caller holds its shopper."""
    operator_id = book.actor.operator_id
    if task is Task.CHARGE:
        collection = await _calling(book, collection)
    held = await storage.mandates_by_id(book.connection, operator_id, [collection.mandate_id])
    return replace(_call(book, task, collection, held[collection.mandate_id]), why=why)


async def _claim(book: Book, due: Sequence[Collection]) -> list[Call]:
    """Write down what is to be asked of which rail."""
    operator_id = book.actor.operator_id
    plans = await plan_storage.plans_of(book.connection, operator_id, {each.plan_id for each in due})
    held = await storage.mandates_by_id(book.connection, operator_id, {each.mandate_id for each in due})
    calls: list[Call] = []
    looked: list[tuple[Collection, datetime]] = []
    for each in due:
        mandate = held[each.mandate_id]
        if each.state is State.INTENDED:
            judged = await _judge(book, each, plans[each.plan_id], mandate)
            if judged is not None:
                calls.append(_call(book, Task.CHARGE, await _calling(book, judged), mandate))
            continue
        if each.state is State.CALLING:
            lapsed = moves.to(each, State.UNKNOWN, book.now, reason="no_answer")
            await moves.move(book.connection, book.actor, [(each, lapsed)], book.now)
            each = lapsed
        over = each.until is not None and each.until <= book.now
        calls.append(_call(book, Task.CANCEL if over else Task.LOOK_UP, each, mandate))
        looked.append((each, book.now + CLAIM_LAPSES))
    await storage.put_off(book.connection, operator_id, looked)
    return calls


async def _judge(book: Book, collection: Collection, plan: Plan, mandate: Mandate) -> Collection | None:
    """What is to be charged as the plan stands now; None: nothing, and it was given up. It was never called."""
    if collection.kind is Kind.FIRST:
        if plan.state is PlanState.OPENING and collection.until is not None and collection.until > book.now:
            return collection
        await give_up(book, collection, LAPSED)
        return None
    parts = owed_parts(plan, collection.parts)
    replaced = plan.mandate_id != mandate.id
    if mandate.state is not MandateState.AGREED and collection.kind is Kind.DUE and not replaced:
        await asking.wait_for_card(book.connection, plan, collection.parts)
    if not parts or mandate.state is not MandateState.AGREED:
        await give_up(book, collection, "nothing_owed" if not parts else "card_needed")
        return None
    # Once its rail was called an amount stands for ever: the same key with another amount is refused there.
    if collection.attempt:
        return collection
    return replace(collection, parts=parts, amount_minor=sum(parts.values()))


async def _calling(book: Book, collection: Collection) -> Collection:
    after = moves.to(
        collection, State.CALLING, book.now, next_at=book.now + CLAIM_LAPSES, attempt=collection.attempt + 1
    )
    await moves.move(book.connection, book.actor, [(collection, after)], book.now)
    return after


def _call(book: Book, task: Task, collection: Collection, mandate: Mandate) -> Call:
    customer, method = charged_to(book.actor.operator_id, book.master, mandate)
    charge = Charge(
        collection_id=collection.id,
        plan_id=collection.plan_id,
        amount_minor=collection.amount_minor,
        currency=collection.currency,
        customer=customer,
        method=method,
        off_session=collection.kind in OFF_SESSION,
        keep=collection.kind is Kind.FIRST,
        shown=collection.state is State.NEEDS_SHOPPER,
        attempt=collection.attempt,
        rail_ref=collection.rail_ref,
    )
    return Call(task, collection, mandate.rail, charge)


def key_of(collection: Collection) -> str:
    """The idempotency key of a collection at its rail: the same for every attempt."""
    return f"collection-{collection.id.hex}"


async def _ask(rail: ChargeRail | None, call: Call) -> Answer:
    if rail is None:
        # Nothing was called: what is about to be charged may wait, what may have been charged stays unknown.
        return Postponed(RAIL_NOT_OPENED) if call.task is Task.CHARGE else Unknown(RAIL_NOT_OPENED)
    key = key_of(call.collection)
    try:
        match call.task:
            case Task.CHARGE:
                return await rail.charge(call.charge, key)
            case Task.LOOK_UP:
                return await rail.look_up(call.charge)
            case Task.CANCEL:
                return await rail.cancel(call.charge, key)
    except Exception as error:
        # Whatever it was, the call may have been carried out: the collection is looked up.
        _log.exception("collection.rail_failed", rail=call.rail.value, collection=call.collection.ref)
        return Unknown(type(error).__name__)


async def _record(collector: Collector, actor: Actor, call: Call, answer: Answer, now: datetime) -> Call | None:
    """Record what came of a call; answers the one that must be made now because a look-up found nothing."""
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        snapshot: Snapshot = await collector.road.snapshots.current(connection, operator_id)
        await shoppers.lock(connection, [call.collection.shopper_id])
        stored = (await storage.by_id(connection, operator_id, [call.collection.id]))[call.collection.id]
        if stored.moves != call.collection.moves or stored.ended_at is not None:
            return None  # Somebody else has learnt it first.
        book = Book(connection, snapshot, actor, collector.road.keyring.master, now)
        again = await record(book, stored, answer, cancelling=call.task is Task.CANCEL, why=call.why)
        return await claim(book, stored, Task.CHARGE) if again and isinstance(answer, NotThere) else None


def by_state(counts: Mapping[str, int]) -> str:
    """What a round did as people read it."""
    return ", ".join(f"{name} {count}" for name, count in counts.items())


async def locked(connection: AsyncConnection, operator_id: UUID, collection_id: UUID) -> Collection | None:
    """A collection as it stands once its shopper is locked; None where there is none."""
    found = (await storage.by_id(connection, operator_id, [collection_id])).get(collection_id)
    if found is None:
        return None
    await shoppers.lock(connection, [found.shopper_id])
    return (await storage.by_id(connection, operator_id, [collection_id])).get(collection_id)
