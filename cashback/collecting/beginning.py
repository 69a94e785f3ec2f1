"""The first payment of a plan, with its shopper there, and cards that are authenticated without a charge.

What the shopper's client needs to confirm is answered and kept nowhere: who has it may confirm one payment, once.
What a client says of the outcome is never believed: it is asked of the rail.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.collecting import calling, mandates, moves, storage
from cashback.collecting.asking import intention
from cashback.collecting.calling import Collector, Task
from cashback.collecting.lending import contract_state
from cashback.collecting.rails import ChargeRail, NeedsShopper, Postponed, Succeeded, Unknown
from cashback.collecting.recording import Book
from cashback.collecting.sandbox_rail import CARDS, customer_of
from cashback.collecting.schemas import Collection, Kind, Mandate, MandateState, RailName, State
from cashback.db.engine import transaction
from cashback.db.unit import in_steps
from cashback.errors import Conflict, Forbidden, Invalid, NotFound, TryAgain
from cashback.ids import show
from cashback.instalments import service as plans
from cashback.instalments.schemas import InstalmentState, Lender, Plan, PlanState
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers

_Told = TypeVar("_Told")
_WAITS = {
    "proposed": "is being made: it is offered within seconds, and must be signed before anything is charged",
    "offered": "must be signed by its shopper before anything is charged",
    "signing": "is signed and on its way to the lender: ask again in a few seconds",
}
"""What the first payment waits for, by where the contract stands."""


@dataclass(frozen=True, slots=True)
class First:
    """Where the first payment of a plan stands, and what its shopper's client needs to confirm it."""

    collection: Collection
    secret: str | None = field(repr=False)
    """Opens one payment to whoever confirms it; None: nothing is to be confirmed."""
    declined: str | None = None
    """Why the last attempt failed, where another card may be tried."""


async def begin_first(
    collector: Collector,
    actor: Actor,
    plan_id: UUID,
    now: datetime,
    *,
    rail: RailName | None = None,
    mandate_id: UUID | None = None,
    card: str | None = None,
) -> First:
    """Ask for the first payment of a plan that opens; asked again, it answers how that stands.

    With a mandate, or one with which the plan was accepted and whose rail is the one to be used, its card is charged at
    once, with authentication; else the shopper gives a card on their client.
    `card` says how a simulated card behaves. Raises Conflict for a plan that does not open any more, Invalid for a card
    that cannot carry the plan, TryAgain when the rail cannot be reached.
    """
    await in_steps()
    collection = await _intend(collector, actor, plan_id, now, rail, mandate_id, card)
    if collection.state in (State.INTENDED, State.CALLING):
        await _know_customer(collector, actor, collection)
        return await _charge(collector, actor, collection, now)
    return await look(collector, actor, collection.id, now)


async def confirm(collector: Collector, actor: Actor, plan_id: UUID, now: datetime) -> First:
    """The client says that the shopper has confirmed: look at the rail how the plan's charge stands."""
    await in_steps()
    _may(actor)
    async with transaction(collector.engine, actor.operator_id) as connection:
        plan = await plans.find(connection, actor.operator_id, plan_id)
        every = await storage.of_plan(connection, plan.shopper_id, plan.id)
    if not every:
        raise Conflict(f"plan {plan.ref} was never charged", code="nothing_to_confirm")
    newest = next((each for each in every if each.ended_at is None), every[-1])
    return First(newest, None) if newest.ended_at is not None else await look(collector, actor, newest.id, now)


async def look(collector: Collector, actor: Actor, collection_id: UUID, now: datetime) -> First:
    """Ask the rail how a collection stands, record it, and answer what its shopper needs to confirm it."""
    await in_steps()
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        snapshot = await collector.road.snapshots.current(connection, operator_id)
        found = await calling.locked(connection, operator_id, collection_id)
        if found is None:
            raise NotFound(f"there is no collection {show('col', collection_id)}", code="unknown_collection")
        if found.ended_at is not None or found.state in (State.INTENDED, State.CALLING):
            return First(found, None)
        book = Book(connection, snapshot, actor, collector.road.keyring.master, now)
        call = await calling.claim(book, found, Task.LOOK_UP)
    answer = (await calling.make(collector, actor, [call], now))[0]
    return await _first(collector, operator_id, collection_id, answer)


async def ask_for_card(
    collector: Collector,
    actor: Actor,
    shopper_id: UUID,
    now: datetime,
    *,
    rail: RailName | None = None,
    card: str | None = None,
) -> tuple[Mandate, str]:
    """Ask a shopper for a card without charging it; answers the mandate and what their client needs to confirm.

    Once they have, the card serves all their open plans.
    """
    await in_steps()
    _may(actor, shopper_id)
    name = await _rail(collector, actor.operator_id, rail)
    async with transaction(collector.engine, actor.operator_id) as connection:
        if not await shoppers.lock(connection, [shopper_id]):
            raise NotFound("there is no such shopper", code="unknown_shopper")
        mandate = await mandates.new(connection, actor, collector.road.keyring.master, shopper_id, name, now)
        mandate = await _simulated(collector, connection, actor, mandate, card)
    customer = await _customer(collector, actor, mandate)

    async def ask(opened: ChargeRail) -> NeedsShopper | Postponed | Unknown:
        return await opened.ask(mandate.id, customer, f"mandate-{mandate.id.hex}")

    answer = await _with_rail(collector, actor.operator_id, name, ask)
    if not isinstance(answer, NeedsShopper):
        raise _try_again(answer)
    async with transaction(collector.engine, actor.operator_id) as connection:
        await shoppers.lock(connection, [shopper_id])
        master = collector.road.keyring.master
        known = await mandates.find(connection, actor.operator_id, mandate.id)
        mandate = await mandates.know(connection, master, actor.operator_id, known, {}, rail_ref=answer.ref)
    return mandate, answer.secret


async def look_at_card(collector: Collector, actor: Actor, mandate_id: UUID, now: datetime) -> Mandate:
    """Ask the rail whether the shopper has authenticated a card; if so it serves all their open plans from now on.

    Raises TryAgain when the rail cannot be reached.
    """
    await in_steps()
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        mandate = await mandates.find(connection, operator_id, mandate_id)
    _may(actor, mandate.shopper_id)
    ref = mandate.rail_ref
    if mandate.state is not MandateState.ASKED or ref is None:
        return mandate
    answer = await _with_rail(collector, operator_id, mandate.rail, lambda opened: opened.asked(ref))
    if isinstance(answer, Unknown | Postponed):
        raise _try_again(answer)
    async with transaction(collector.engine, operator_id) as connection:
        await collector.road.snapshots.current(connection, operator_id)
        await shoppers.lock(connection, [mandate.shopper_id])
        mandate = await mandates.find(connection, operator_id, mandate_id)
        if mandate.state is not MandateState.ASKED:
            return mandate
        if not isinstance(answer, Succeeded) or answer.card is None:
            return mandate
        why = mandates.refusal(answer.card, now.date())
        if why is not None:
            ended = await mandates.end(connection, actor, mandate, why, now)
            notice = Notice(mandate.shopper_id, f"mandate:{mandate.id.hex}:card_refused", "card_refused", {})
            await notifications.tell(connection, operator_id, [notice], now)
            return ended
        agreed = await mandates.agree(connection, actor, collector.road.keyring.master, mandate, answer.card, now)
        await mandates.serve_all(connection, actor, agreed, now)
        return agreed


async def _intend(
    collector: Collector,
    actor: Actor,
    plan_id: UUID,
    now: datetime,
    rail: RailName | None,
    mandate_id: UUID | None,
    card: str | None,
) -> Collection:
    """The one collection of the plan's first payment, written down if it is not yet."""
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        await plans.find(connection, operator_id, plan_id)
    name = await _rail(collector, operator_id, rail)
    async with transaction(collector.engine, operator_id) as connection:
        plan = await plans.locked(connection, operator_id, plan_id)
        _may(actor, plan.shopper_id)
        busy = await storage.under_way(connection, plan.shopper_id, plan.id)
        if busy is not None and busy.kind is Kind.FIRST:
            return busy
        _check_opens(plan, now)
        if plan.lender is Lender.PARTNER:
            await _check_lender(connection, plan)
        if mandate_id is not None:
            last_due = plan.instalments[-1].due_on
            mandate = await mandates.usable(connection, operator_id, plan.shopper_id, mandate_id, last_due)
        elif (held := await _agreed(connection, operator_id, plan)) is not None and card is None and held.rail is name:
            mandate = held
        else:
            mandate = await mandates.new(connection, actor, collector.road.keyring.master, plan.shopper_id, name, now)
            mandate = await _simulated(collector, connection, actor, mandate, card)
        parts = {plan.instalments[0].number: plan.instalments[0].owed_minor}
        made = intention(plan, mandate, Kind.FIRST, parts, actor.name, now, until=plan.lapses_at)
        await moves.begin(connection, actor, [made], now)
        return made


def _check_opens(plan: Plan, now: datetime) -> None:
    lapsed = plan.lapses_at is None or plan.lapses_at <= now
    if plan.state is not PlanState.OPENING or lapsed or plan.instalments[0].state is not InstalmentState.OPEN:
        told = "has lapsed" if plan.state is PlanState.OPENING else f"is {plan.state}"
        raise Conflict(f"plan {plan.ref} {told}: it cannot begin any more", code="plan_state")


async def _charge(collector: Collector, actor: Actor, collection: Collection, now: datetime) -> First:
    operator_id = actor.operator_id
    async with transaction(collector.engine, operator_id) as connection:
        snapshot = await collector.road.snapshots.current(connection, operator_id)
        found = await calling.locked(connection, operator_id, collection.id)
        assert found is not None
        if found.state is not State.INTENDED:
            return First(found, None)
        book = Book(connection, snapshot, actor, collector.road.keyring.master, now)
        call = await calling.claim(book, found, Task.CHARGE)
    answer = (await calling.make(collector, actor, [call], now))[0]
    return await _first(collector, operator_id, collection.id, answer)


async def _first(collector: Collector, operator_id: UUID, collection_id: UUID, answer: object) -> First:
    if isinstance(answer, Postponed | Unknown):
        raise _try_again(answer)
    async with transaction(collector.engine, operator_id) as connection:
        stored = (await storage.by_id(connection, operator_id, [collection_id]))[collection_id]
    if isinstance(answer, NeedsShopper) and stored.state is State.NEEDS_SHOPPER:
        return First(stored, answer.secret, answer.declined)
    return First(stored, None)


async def _know_customer(collector: Collector, actor: Actor, collection: Collection) -> None:
    """Before anything is charged the rail's name of the customer is kept: by it a lost charge is found again."""
    async with transaction(collector.engine, actor.operator_id) as connection:
        mandate = await mandates.find(connection, actor.operator_id, collection.mandate_id)
    await _customer(collector, actor, mandate)


async def _customer(collector: Collector, actor: Actor, mandate: Mandate) -> str:
    master = collector.road.keyring.master
    known = mandates.opened(master, actor.operator_id, mandate).get("customer")
    if known is not None:
        return known

    async def ask(opened: ChargeRail) -> str | Postponed | Unknown:
        return await opened.customer(mandate.id, f"customer-{mandate.id.hex}")

    answer = await _with_rail(collector, actor.operator_id, mandate.rail, ask)
    if not isinstance(answer, str):
        raise _try_again(answer)
    async with transaction(collector.engine, actor.operator_id) as connection:
        await shoppers.lock(connection, [mandate.shopper_id])
        stored = await mandates.find(connection, actor.operator_id, mandate.id)
        held = mandates.opened(master, actor.operator_id, stored).get("customer")
        if held is None:
            await mandates.know(connection, master, actor.operator_id, stored, {"customer": answer})
        return held or answer


async def _simulated(
    collector: Collector, connection: AsyncConnection, actor: Actor, mandate: Mandate, card: str | None
) -> Mandate:
    """Of a simulated card how it behaves and that it looks like the shopper's own is told; of a real one nothing is."""
    if card is None:
        return mandate
    if mandate.rail is not RailName.SANDBOX or card not in CARDS:
        known = ", ".join(CARDS)
        raise Invalid(f"card {card[:40]!r} is no simulated card; expected one of {known}", code="unknown_card")
    linked = await card_facts.to_charge(connection, actor.operator_id, mandate.shopper_id)
    told = {"customer": customer_of(card) if linked is None else customer_of(card, linked.scheme, linked.last_four)}
    return await mandates.know(connection, collector.road.keyring.master, actor.operator_id, mandate, told)


async def _agreed(connection: AsyncConnection, operator_id: UUID, plan: Plan) -> Mandate | None:
    """The card with which the plan was accepted, if it can still carry it."""
    if plan.mandate_id is None:
        return None
    try:
        return await mandates.usable(
            connection, operator_id, plan.shopper_id, plan.mandate_id, plan.instalments[-1].due_on
        )
    except Invalid:
        return None


async def _check_lender(connection: AsyncConnection, plan: Plan) -> None:
    """What a partner lends exists through its contract: nothing is charged before the partner is bound."""
    state = await contract_state(connection, plan)
    if state != "signed":
        why = _WAITS.get(state or "", f"is {state}")
        raise Conflict(f"the lender's contract of plan {plan.ref} {why}", code="lender_pending")


async def _with_rail(
    collector: Collector, operator_id: UUID, name: RailName, ask: Callable[[ChargeRail], Awaitable[_Told]]
) -> _Told | Unknown:
    credentials = await collector.credentials(operator_id)
    if name not in credentials:
        return Unknown(calling.RAIL_NOT_OPENED)
    opened = collector.rails.opened(name, credentials[name])
    try:
        return await ask(opened)
    finally:
        await opened.aclose()


async def _rail(collector: Collector, operator_id: UUID, named: RailName | None) -> RailName:
    """The rail that is named, else the one that the operator has opened; a real one before a simulation."""
    credentials = await collector.credentials(operator_id)
    known = [each for each in RailName if each in credentials]
    if named is not None and named not in known:
        raise Conflict(f"{named} is not open: tell what is charged with first", code="rail_not_opened")
    if not known:
        raise Conflict("no rail is open: tell what cards are charged with first", code="rail_not_opened")
    return named or known[0]


def _may(actor: Actor, shopper_id: UUID | None = None) -> None:
    if actor.may(Scope.MONEY) or (shopper_id is not None and actor.shopper_id == shopper_id):
        return
    raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")


def _try_again(answer: Postponed | Unknown) -> TryAgain:
    return TryAgain(f"the card could not be asked: {answer.reason}; the same call may be made again", code="no_answer")
