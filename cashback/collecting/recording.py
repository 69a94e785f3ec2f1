"""What the answer of a rail means: for the collection, for its mandate and for its plan, in one transaction.

The caller holds the programme's shared lock and the shopper's, in that order, and has read the collection under them.
A first payment that succeeded makes the plan begin: the books are opened, the sale is entered as evidence and settled,
or none of it happens. A plan that is given up was cancelled at the rail first, so that it never is both.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.checkout import enter_sale
from cashback.collecting import mandates, moves, storage
from cashback.collecting.codes import Class, class_of, ends_mandate
from cashback.collecting.rails import (
    Answer,
    Cancelled,
    Card,
    Declined,
    NeedsShopper,
    NotThere,
    Postponed,
    Processing,
    Succeeded,
    Unknown,
)
from cashback.collecting.schemas import BackState, Collection, Kind, Mandate, MandateState, Payback, State, Why
from cashback.ids import uuid7
from cashback.instalments import service as plans
from cashback.instalments import settings as plan_settings
from cashback.instalments.schemas import Plan, PlanState
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.rewards.snapshot import Snapshot
from webhooks.sealing import SealingKey

BACKOFF_FIRST = timedelta(minutes=1)
BACKOFF_MAX = timedelta(hours=6)
SHOPPER_WAITED_FOR = timedelta(hours=30)
"""How long a charge that must be confirmed stays open: it ends on a day before the next of the stated days."""
ASK_PROCESSING = timedelta(hours=12)
LAPSED = "lapsed"
"""The reason of what nobody came back for."""


class Book(NamedTuple):
    """Everything that recording stands on."""

    connection: AsyncConnection
    snapshot: Snapshot
    actor: Actor
    master: SealingKey
    now: datetime


async def record(book: Book, collection: Collection, answer: Answer, *, cancelling: bool, why: str = LAPSED) -> bool:
    """Move a collection to where an answer takes it; answers whether it is to be called (again) now. `why`: the reason
    of what is cancelled.

    Called it may be only where its rail does not know it; the caller then moves it to `calling`.
    """
    match answer:
        case Succeeded(ref, card):
            await _succeeded(book, collection, ref, card)
        case Processing(ref):
            await _waits(book, collection, State.PROCESSING, ref, None, book.now + ASK_PROCESSING)
        case NeedsShopper(ref, _, declined):
            await _needs_shopper(book, collection, ref, declined)
        case Declined(code, ref):
            await _failed(book, collection, code, ref)
        case Cancelled(ref):
            await _cancelled(book, collection, ref, why)
        case NotThere():
            if cancelling:
                await _cancelled(book, collection, None, why)
            elif collection.state is State.UNKNOWN:
                return True
            else:
                await _put_off(book, collection)
        case Postponed(reason) if collection.state is State.CALLING:
            at = collection.until or book.now + _backoff(collection, book.now)
            after = moves.to(collection, State.INTENDED, book.now, reason=reason, next_at=at)
            await moves.move(book.connection, book.actor, [(collection, after)], book.now)
        case Unknown(reason) if collection.state is State.CALLING:
            at = book.now + BACKOFF_FIRST
            after = moves.to(collection, State.UNKNOWN, book.now, reason=reason, next_at=at)
            await moves.move(book.connection, book.actor, [(collection, after)], book.now)
        case Postponed() | Unknown():
            await _put_off(book, collection)
    return False


async def give_up(book: Book, collection: Collection, reason: str) -> None:
    """End a collection that was never called, or of which its rail says that it cannot succeed any more."""
    after = moves.to(collection, State.GIVEN_UP, book.now, reason=reason)
    await moves.move(book.connection, book.actor, [(collection, after)], book.now)
    if collection.kind is Kind.FIRST:
        plan = await plans.find(book.connection, book.actor.operator_id, collection.plan_id)
        if plan.state is PlanState.OPENING:
            await plans.cancel(book.connection, book.actor, plan, reason, book.now)


async def _succeeded(book: Book, collection: Collection, ref: str, card: Card | None) -> None:
    plan = await plans.find(book.connection, book.actor.operator_id, collection.plan_id)
    after = moves.to(collection, State.SUCCEEDED, book.now, rail_ref=ref)
    if collection.kind is Kind.FIRST:
        await _begins(book, plan, collection, after, card)
        return
    await moves.move(book.connection, book.actor, [(collection, after)], book.now)
    await plans.collected(book.connection, book.actor, plan, collection.parts, book.now)


async def _begins(book: Book, plan: Plan, before: Collection, after: Collection, card: Card | None) -> None:
    """The plan begins, charged to the card that paid, whichever it was asked of; or all of it goes back."""
    held = await mandates.find(book.connection, book.actor.operator_id, before.mandate_id)
    agreed_before = held.state is MandateState.AGREED
    opens = plan.state is PlanState.OPENING
    unfit = mandates.refusal(card, plan.instalments[-1].due_on) if card is not None and opens else None
    if unfit is not None or not opens:
        await moves.move(book.connection, book.actor, [(before, after)], book.now)
        await _back_at_once(book, after, plan, unfit or LAPSED)
        if not agreed_before or (unfit is not None and card is not None and _is_of(book, held, card)):
            await mandates.end(book.connection, book.actor, held, mandates.REFUSED, book.now, ask=False)
        return
    mandate = held
    if card is not None:
        mandate = await mandates.of_card(book.connection, book.actor, book.master, held, card, book.now)
    after = replace(after, mandate_id=mandate.id)
    await moves.move(book.connection, book.actor, [(before, after)], book.now)
    if plan.mandate_id != mandate.id:
        plan = await plans.charge_to(book.connection, book.actor, plan, mandate.id, book.now)
    plan = await plans.activate(book.connection, book.actor, plan, book.now)
    await enter_sale(book.connection, book.snapshot, book.actor, plan, book.now)
    if not agreed_before:
        await mandates.serve_all(book.connection, book.actor, mandate, book.now, but=plan.id)


def _is_of(book: Book, mandate: Mandate, card: Card) -> bool:
    return mandates.charges(book.master, book.actor.operator_id, mandate, card)


async def _back_at_once(book: Book, collection: Collection, plan: Plan, reason: str) -> None:
    """The card was charged and the plan cannot begin: all of it goes back, outside the books that it never entered."""
    if plan.state is PlanState.OPENING:
        await plans.cancel(book.connection, book.actor, plan, reason, book.now)
    back = new_payback(collection, collection.amount_minor, Why.CANCELLED, book.now)
    await moves.begin_back(book.connection, book.actor, [back], book.now)


def new_payback(collection: Collection, amount_minor: int, why: Why, now: datetime) -> Payback:
    """A payback as it is when it was just asked for."""
    return Payback(
        shopper_id=collection.shopper_id,
        id=uuid7(now),
        plan_id=collection.plan_id,
        collection_id=collection.id,
        amount_minor=amount_minor,
        currency=collection.currency,
        why=why,
        state=BackState.INTENDED,
        reason=None,
        rail_ref=None,
        attempt=0,
        next_at=now,
        asked_at=now,
        ended_at=None,
        moves=1,
    )


async def _needs_shopper(book: Book, collection: Collection, ref: str, declined: str | None) -> None:
    if collection.state is State.NEEDS_SHOPPER:
        await _put_off(book, collection)
        return
    until = collection.until or book.now + SHOPPER_WAITED_FOR
    await _waits(book, collection, State.NEEDS_SHOPPER, ref, declined, until, until=until)
    if collection.kind is not Kind.FIRST:
        await _tell(book, collection, "instalment_confirm", {"day": _day(book, until)})


async def _waits(
    book: Book,
    collection: Collection,
    state: State,
    ref: str,
    reason: str | None,
    next_at: datetime,
    until: datetime | None = None,
) -> None:
    if collection.state is state:
        await storage.put_off(book.connection, book.actor.operator_id, [(collection, next_at)])
        return
    kept = until or collection.until
    after = moves.to(collection, state, book.now, reason=reason, next_at=next_at, rail_ref=ref, until=kept)
    await moves.move(book.connection, book.actor, [(collection, after)], book.now)


async def _failed(book: Book, collection: Collection, code: str, ref: str | None) -> None:
    """The bank said no. The plan is late or is tried again; a card that must not be charged again is dead."""
    if collection.kind is Kind.FIRST:
        await give_up(book, replace(collection, rail_ref=ref or collection.rail_ref), code)
        return
    after = moves.to(collection, State.FAILED, book.now, reason=code, rail_ref=ref)
    await moves.move(book.connection, book.actor, [(collection, after)], book.now)
    hard = ends_mandate(code)
    if hard:
        mandate = await mandates.find(book.connection, book.actor.operator_id, collection.mandate_id)
        await mandates.end(book.connection, book.actor, mandate, code, book.now)
    await _refused(book, collection, code, retry=not hard)


async def _refused(book: Book, collection: Collection, code: str, *, retry: bool) -> None:
    """Tell the plan, and the shopper: when it is tried again, or that it is not."""
    plan = await plans.find(book.connection, book.actor.operator_id, collection.plan_id)
    if plan.state is not PlanState.ACTIVE:
        return
    # Another card has taken over meanwhile: the instalment is not left to wait for one.
    retry = retry or plan.mandate_id != collection.mandate_id
    settings = await plan_settings.in_force(book.connection, book.actor.operator_id)
    plan = await plans.failed(
        book.connection, book.actor, plan, list(collection.parts), settings, book.now, reason=code, retry=retry
    )
    if collection.kind is not Kind.DUE or class_of(code) is Class.NEVER:
        return
    again = [plan.numbered(number).next_at for number in collection.parts]
    days = [each for each in again if each is not None]
    if days:
        await _tell(book, collection, "instalment_failed", {"day": _day(book, min(days))})
    else:
        await _tell(book, collection, "instalment_unpaid", {})


async def _cancelled(book: Book, collection: Collection, ref: str | None, why: str) -> None:
    """Nobody came back, or the card was replaced: it cannot succeed any more."""
    collection = replace(collection, rail_ref=ref or collection.rail_ref)
    mandate = await mandates.find(book.connection, book.actor.operator_id, collection.mandate_id)
    if collection.kind is not Kind.DUE or mandate.state is not MandateState.AGREED:
        await give_up(book, collection, why)
        return
    after = moves.to(collection, State.FAILED, book.now, reason="authentication_required")
    await moves.move(book.connection, book.actor, [(collection, after)], book.now)
    await _refused(book, collection, "authentication_required", retry=True)


async def _put_off(book: Book, collection: Collection) -> None:
    at = book.now + _backoff(collection, book.now)
    if collection.until is not None and collection.until > book.now:
        at = collection.until if collection.state is State.NEEDS_SHOPPER else min(at, collection.until)
    await storage.put_off(book.connection, book.actor.operator_id, [(collection, at)])


def _backoff(collection: Collection, now: datetime) -> timedelta:
    """Twice as long as it has been tried already: seldom after a day, never for ever."""
    return min(max(BACKOFF_FIRST, now - collection.asked_at), BACKOFF_MAX)


async def _tell(book: Book, collection: Collection, kind: str, more: Mapping[str, str | int]) -> None:
    params = {"asset": collection.currency, "amount": collection.amount_minor, **more}
    notice = Notice(collection.shopper_id, f"collection:{collection.id.hex}:{kind}", kind, params)
    await notifications.tell(book.connection, book.actor.operator_id, [notice], book.now)


def _day(book: Book, at: datetime) -> str:
    return at.astimezone(book.snapshot.programme.zone).date().isoformat()


def owed_parts(plan: Plan, parts: Mapping[int, int]) -> dict[int, int]:
    """What of these is still to be collected, by number: another payment or a refund may have come between."""
    kept = {number: min(amount, plans.unpaid_minor(plan.numbered(number))) for number, amount in parts.items()}
    return {number: amount for number, amount in kept.items() if amount > 0}


def charged_to(operator_id: UUID, master: SealingKey, mandate: Mandate) -> tuple[str, str | None]:
    """The rail's ids of customer and card; the card is None where the shopper is to give one."""
    told = mandates.opened(master, operator_id, mandate)
    method = told.get("method") if mandate.state is MandateState.AGREED else None
    return told.get("customer", ""), method
