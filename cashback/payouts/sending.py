"""Sends the payouts that are due over the rails that are called, and finds out what became of those that are stuck.

A call is three steps, and a process may die between any two. *Claim*: in a transaction, under the shoppers' locks,
the payout is judged once more and becomes `sending`, with the attempt counted. *Call*: over the network, in no
transaction, with the payout's own key. *Record*: in a transaction, if the payout still stands where the claim left
it. What is found in `sending` after a while was claimed by a process that died: nobody knows whether it was called,
so it is `unknown`, and what is unknown is looked up before anything else is done with it. So a payout is called
again only when its rail has said that it does not know it, and even then with the same key.
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
from cashback.db.engine import transaction
from cashback.payouts import accounts, gifts, opening, storage
from cashback.payouts.moves import Move, move, to
from cashback.payouts.policy import load_policy
from cashback.payouts.rails import (
    Accepted,
    Answer,
    Done,
    NotThere,
    Payment,
    Postponed,
    Rail,
    Rails,
    Refused,
    Stranded,
    TakenBack,
    Unknown,
    key_of,
)
from cashback.payouts.rules import LOOK_AGAIN, approve_by_rules
from cashback.payouts.schemas import IN_FILES, Payout, RailName, Reason, State
from cashback.programmes.schemas import Programme, currency_of
from cashback.programmes.service import load_programme, lock_revision_shared
from cashback.shoppers import service as shoppers
from webhooks.sealing import KeyRing

ROUND_MAX = 100
"""Payouts one round deals with."""
SIDE_BY_SIDE = 8
"""Calls one worker has under way for one operator."""
CLAIM_LAPSES = timedelta(minutes=10)
"""A call ends within its client's time limits, far sooner than this."""
BACKOFF_FIRST = timedelta(minutes=1)
BACKOFF_MAX = timedelta(hours=6)
ASK_AFTER_SENT = timedelta(hours=24)
"""What was sent is looked up once a day, should its rail's message be lost."""
_UNSENT_DUE = (State.REQUESTED, State.HELD, State.APPROVED)
_SENT_DUE = (State.SENDING, State.UNKNOWN, State.SENT, State.RECALLING)

_log = structlog.get_logger(__name__)


class Task(StrEnum):
    """What is asked of a rail."""

    SUBMIT = "submit"
    LOOK_UP = "look_up"
    TAKE_BACK = "take_back"


@dataclass(frozen=True, slots=True)
class Call:
    """One payout as the claim left it, and what its rail is to be asked."""

    task: Task
    payout: Payout
    payment: Payment


@dataclass(slots=True)
class Tally:
    """What a round did, by what it asked and by how it was answered."""

    taken: int = 0
    answers: dict[str, int] = field(default_factory=dict)


async def run_due(
    engine: AsyncEngine, keyring: KeyRing, operator_id: UUID, rails: Rails, now: datetime, *, limit: int = ROUND_MAX
) -> Tally:
    """Deal with the payouts that are due at `now`, at most `limit`. Any number of processes may do so at once."""
    tally = Tally()
    actor = system(operator_id, "payouts")
    calls, taken = await _claim(engine, keyring, actor, now, limit)
    tally.taken = taken
    while calls:
        answers = await _call(engine, keyring, operator_id, rails, calls)
        for each in answers:
            name = type(each).__name__.lower()
            tally.answers[name] = tally.answers.get(name, 0) + 1
        calls = await _record(engine, actor, list(zip(calls, answers, strict=True)), now)
    return tally


async def _claim(
    engine: AsyncEngine, keyring: KeyRing, actor: Actor, now: datetime, limit: int
) -> tuple[list[Call], int]:
    """Write down what is to be asked of which rail; answers the calls, and how many payouts were looked at."""
    operator_id = actor.operator_id
    async with transaction(engine, operator_id) as connection:
        await lock_revision_shared(connection, operator_id)
        due = await storage.lock_due(connection, operator_id, (*_UNSENT_DUE, *_SENT_DUE), now, limit)
        if not due:
            return [], 0
        programme = await load_programme(connection, operator_id)
        unsent = [each for each in due if each.state in _UNSENT_DUE]
        claimed = await _claim_unsent(connection, actor, programme, unsent, now) if unsent else []
        tasks = [(Task.SUBMIT, each) for each in claimed]
        tasks += await _claim_sent(connection, actor, [each for each in due if each.state in _SENT_DUE], now)
        ids = [each.account_id for _, each in tasks if each.account_id is not None]
        told = await accounts.opened(connection, operator_id, keyring.master, ids)
        return [Call(task, each, _payment(each, told)) for task, each in tasks], len(due)


async def _claim_unsent(
    connection: AsyncConnection, actor: Actor, programme: Programme, due: Sequence[Payout], now: datetime
) -> list[Payout]:
    """Judge anew what was not sent; what may go becomes `sending`, a gift card is given at once."""
    policy = await load_policy(connection, actor.operator_id)
    moves, stays = await approve_by_rules(connection, programme, policy, due, now)
    await move(connection, actor, moves, now)
    await storage.put_off(connection, actor.operator_id, stays)
    moved = {each.before.id for each in moves}
    going = [each for each in due if each.state is State.APPROVED and each.id not in moved]
    cards = [each for each in going if each.rail is RailName.GIFT_CARD]
    given = await gifts.give(connection, actor.operator_id, cards, now.astimezone(programme.zone).date(), now)
    steps = [
        to(each, State.PAID)
        if each.id in given
        else to(each, State.HELD, reason=Reason.OUT_OF_STOCK, next_at=now + LOOK_AGAIN)
        for each in cards
    ]
    called = [each for each in going if each.rail is not RailName.GIFT_CARD and each.rail not in IN_FILES]
    sending = [_sending(each, now) for each in called]
    await move(connection, actor, [*steps, *sending], now)
    return [each.after for each in sending]


async def _claim_sent(
    connection: AsyncConnection, actor: Actor, due: Sequence[Payout], now: datetime
) -> list[tuple[Task, Payout]]:
    """What a process left behind, what nobody knows, what is long on its way, and what must be fetched back."""
    lapsed = [to(each, State.UNKNOWN, reason=Reason.NO_ANSWER) for each in due if each.state is State.SENDING]
    await move(connection, actor, lapsed, now)
    after = {each.before.id: each.after for each in lapsed}
    asked = [after.get(each.id, each) for each in due]
    await storage.put_off(connection, actor.operator_id, [(each, now + CLAIM_LAPSES) for each in asked])
    return [(Task.TAKE_BACK if each.state is State.RECALLING else Task.LOOK_UP, each) for each in asked]


async def _call(
    engine: AsyncEngine, keyring: KeyRing, operator_id: UUID, rails: Rails, calls: Sequence[Call]
) -> list[Answer]:
    """Ask the rails, some calls side by side; what a client raises is an answer that nobody understands."""
    async with transaction(engine, operator_id) as connection:
        credentials = await opening.credentials(connection, operator_id, keyring.master)
    opened: dict[RailName, Rail] = {}
    free = asyncio.Semaphore(SIDE_BY_SIDE)
    try:
        for name in {each.payout.rail for each in calls} & rails.opened_by.keys():
            if name in credentials:
                opened[name] = rails.opened(name, credentials[name])

        async def one(call: Call) -> Answer:
            rail = opened.get(call.payout.rail)
            async with free:
                return await _ask(rail, call)

        return list(await asyncio.gather(*(one(call) for call in calls)))
    finally:
        for rail in opened.values():
            await rail.aclose()


async def _ask(rail: Rail | None, call: Call) -> Answer:
    if rail is None:
        # Nothing was called: what is about to be sent may wait, what may have been sent stays unknown.
        return Postponed(Reason.RAIL_NOT_OPENED) if call.task is Task.SUBMIT else Unknown(Reason.RAIL_NOT_OPENED)
    key = key_of(call.payout)
    try:
        match call.task:
            case Task.SUBMIT:
                return await rail.submit(call.payment, key)
            case Task.LOOK_UP:
                return await rail.look_up(call.payment, key)
            case Task.TAKE_BACK:
                return await rail.take_back(call.payment, key)
    except Exception as error:
        # Whatever it was, the call may have been carried out: the payout is looked up.
        _log.exception("payout.rail_failed", rail=call.payout.rail.value, payout=call.payout.ref)
        return Unknown(type(error).__name__)


async def _record(
    engine: AsyncEngine, actor: Actor, answered: Sequence[tuple[Call, Answer]], now: datetime
) -> list[Call]:
    """Record what came of the calls; answers those that must be made now because a look-up found nothing."""
    operator_id = actor.operator_id
    async with transaction(engine, operator_id) as connection:
        await shoppers.lock(connection, [call.payout.shopper_id for call, _ in answered])
        stored = await storage.by_id(connection, operator_id, [call.payout.id for call, _ in answered])
        moves: list[Move] = []
        waits: list[tuple[Payout, datetime]] = []
        again: list[Call] = []
        for call, answer in answered:
            payout = stored[call.payout.id]
            if payout.moves != call.payout.moves:
                continue  # Its rail told us first, by a message.
            step = _step(payout, call.task, answer, now)
            if step is None:
                waits.append((payout, now + _backoff(payout, now)))
                continue
            moves.append(step)
            if step.after.state is State.SENDING:
                again.append(Call(Task.SUBMIT, step.after, _again(call.payment, step.after)))
        await move(connection, actor, moves, now)
        await storage.put_off(connection, operator_id, waits)
        return again


def _step(payout: Payout, task: Task, answer: Answer, now: datetime) -> Move | None:
    """What an answer makes of a payout; None: it stays, and is asked about later."""
    later = now + ASK_AFTER_SENT
    match answer:
        case Done(ref):
            return to(payout, State.PAID, rail_ref=ref)
        case Accepted(ref):
            return None if payout.state is State.SENT else to(payout, State.SENT, rail_ref=ref, next_at=later)
        case TakenBack():
            return to(payout, State.FAILED, reason=payout.reason)
        case Stranded(reason, ref):
            return to(payout, State.RECALLING, reason=reason, rail_ref=ref, next_at=now)
        case Refused(reason):
            return to(payout, State.FAILED, reason=reason)
        case NotThere():
            return _sending(payout, now) if payout.state is State.UNKNOWN else None
        case Postponed(reason):
            if task is not Task.SUBMIT:
                return None
            return to(payout, State.APPROVED, reason=reason, next_at=now + _backoff(payout, now))
        case Unknown(reason):
            if task is not Task.SUBMIT:
                return None
            return to(payout, State.UNKNOWN, reason=reason, next_at=now + BACKOFF_FIRST)


def _sending(payout: Payout, now: datetime) -> Move:
    return to(
        payout,
        State.SENDING,
        next_at=now + CLAIM_LAPSES,
        attempt=payout.attempt + 1,
        first_sent_at=payout.first_sent_at or now,
    )


def _backoff(payout: Payout, now: datetime) -> timedelta:
    """Twice as long as it has been tried already: seldom after a day, never for ever."""
    since = now - (payout.first_sent_at or now)
    return ASK_AFTER_SENT if payout.state is State.SENT else min(max(BACKOFF_FIRST, since), BACKOFF_MAX)


def _payment(payout: Payout, told: Mapping[UUID, Mapping[str, str]]) -> Payment:
    account = told.get(payout.account_id, {}) if payout.account_id is not None else {}
    currency = currency_of(payout.asset)
    assert currency is not None
    return Payment(
        payout_id=payout.id,
        amount_minor=payout.amount,
        currency=currency,
        account=account,
        attempt=payout.attempt,
        rail_ref=payout.rail_ref,
    )


def _again(payment: Payment, payout: Payout) -> Payment:
    return replace(payment, attempt=payout.attempt, rail_ref=payout.rail_ref)
