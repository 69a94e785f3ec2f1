"""Trials that nobody waits for: found by what they ask, given up for a newer question, and told of when they fail."""

from datetime import date, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, a_world, day

from cashback.actors import Actor, Scope
from cashback.backtest.service import ONE_AT_A_TIME
from cashback.backtest.trials import LOST_AFTER, Asking, State, Trial, Trials, find, newest_of
from cashback.clock import HeldClock
from cashback.db.engine import transaction
from cashback.errors import Forbidden
from cashback.offers.terms import Terms

TERMS = {
    "currency": "EUR",
    "conditions": [{"kind": "minimum_spend", "amount": 1000}],
    "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 500},
}
FIRST, UNTIL = date(2026, 1, 1), date(2026, 2, 1)


def asking(rate_bps: int = 500, until: date = UNTIL) -> Asking:
    reward = {"kind": "percent", "asset": "EUR", "rate_bps": rate_bps}
    return Asking("tried", Terms.model_validate({**TERMS, "reward": reward}), FIRST, until)


async def found(engine: AsyncEngine, actor: Actor, key: bytes) -> Trial:
    async with transaction(engine, actor.operator_id) as connection:
        trial = await find(connection, actor.operator_id, key)
    assert trial is not None
    return trial


async def test_the_same_question_is_one_trial_and_its_answer_stays(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    actor, trials = world.stage.actor, Trials(engine, HeldClock(day(40)))
    key = await trials.begin(actor, asking())
    assert await trials.begin(actor, asking()) == key
    assert (await found(engine, actor, key)).under_way(day(40))
    await trials.settled()
    done = await found(engine, actor, key)
    assert (done.state, done.actor) == (State.DONE, actor.name)
    assert done.answer is not None
    assert done.answer["offer"] == "tried"
    other = await trials.begin(actor, asking(until=UNTIL + timedelta(days=1)))
    assert other != key
    await trials.settled()
    async with transaction(engine, actor.operator_id) as connection:
        terms = await newest_of(connection, actor.operator_id, "tried", asking().terms.digest())
        nothing = await newest_of(connection, actor.operator_id, "tried", b"other terms")
    assert terms is not None
    assert nothing is None


async def test_who_types_on_gives_up_the_trial_before(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    actor, trials = world.stage.actor, Trials(engine, HeldClock(day(40)))
    async with ONE_AT_A_TIME:
        first = await trials.begin(actor, asking(500))
        second = await trials.begin(actor, asking(600))
    await trials.settled()
    assert (await found(engine, actor, second)).state is State.DONE
    given_up = await found(engine, actor, first)
    assert given_up.state in (State.STOPPED, State.WAITING)
    assert not given_up.under_way(day(40) + LOST_AFTER)
    async with ONE_AT_A_TIME:
        third = await trials.begin(actor, asking(700))
        await trials.close()
    assert (await found(engine, actor, third)).answer is None


async def test_a_trial_that_fails_says_why_and_strangers_may_not_ask(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    actor, trials = world.stage.actor, Trials(engine, HeldClock(day(40)))
    key = await trials.begin(actor, Asking("tried", asking().terms, UNTIL, FIRST))
    await trials.settled()
    failed = await found(engine, actor, key)
    assert failed.state is State.FAILED
    assert "expected a later end" in (failed.error or "")
    viewer = Actor(actor.operator_id, "member:viewer", frozenset({Scope.READ}))
    with pytest.raises(Forbidden):
        await trials.begin(viewer, asking(900))
