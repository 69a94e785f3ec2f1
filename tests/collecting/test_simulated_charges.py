"""The rail of our own charges nobody, and behaves as its cards say; people look at charges and help them on."""

import pytest
from charge_double import ChargeDouble
from charged_world import LENDING, Charged
from sqlalchemy.ext.asyncio import AsyncEngine
from world import START, a_world

from cashback.collecting import commands
from cashback.collecting.schemas import MandateState, RailName
from cashback.errors import Conflict, Invalid
from cashback.instalments.schemas import Plan, PlanState


@pytest.fixture
async def charged(engine: AsyncEngine) -> Charged:
    made = Charged(await a_world(engine, LENDING), ChargeDouble(START))
    await made.open(RailName.SANDBOX, {})
    return made


async def begun(charged: Charged, card: str) -> Plan:
    plan = await charged.accept()
    first = await charged.begin(plan, card=card)
    assert first.secret is not None
    assert first.secret.startswith("simulation_secret_")
    await charged.confirm(plan)
    return await charged.plan(plan)


@pytest.mark.parametrize(
    ("card", "ends"),
    [
        ("sim_ok", [("first", "succeeded"), ("due", "succeeded")]),
        ("sim_decline", [("first", "succeeded"), ("due", "failed")]),
        ("sim_stolen", [("first", "succeeded"), ("due", "failed")]),
        ("sim_confirm", [("first", "succeeded"), ("due", "needs_shopper")]),
    ],
)
async def test_a_card_behaves_as_its_token_says(charged: Charged, card: str, ends: list[tuple[str, str]]) -> None:
    plan = await begun(charged, card)
    assert plan.state is PlanState.ACTIVE
    await charged.pass_to(plan.instalments[1].due_on)
    await charged.collect()
    assert [(kind, state) for kind, state, _ in await charged.states(plan)] == ends
    (mandate,) = await charged.mandates()
    assert (mandate.rail, mandate.state is MandateState.DEAD) == (RailName.SANDBOX, card == "sim_stolen")
    await charged.world.audit()


@pytest.mark.parametrize(("card", "reason"), [("sim_prepaid", "prepaid_card"), ("sim_expires", "card_expires")])
async def test_a_simulated_card_that_is_unfit_begins_no_plan(charged: Charged, card: str, reason: str) -> None:
    plan = await begun(charged, card)
    assert (plan.state, plan.reason) == (PlanState.CANCELLED, reason)
    await charged.collect()
    assert [each.state.value for each in await charged.paybacks(plan)] == ["succeeded"]
    await charged.world.audit()


async def test_a_card_that_is_not_simulated_here_is_refused(charged: Charged) -> None:
    plan = await charged.accept()
    with pytest.raises(Invalid) as refused:
        await charged.begin(plan, card="4242")
    assert refused.value.code == "unknown_card"
    assert await charged.collections(plan) == []


async def test_a_person_tries_again_at_once_and_not_too_often(charged: Charged) -> None:
    plan = await begun(charged, "sim_decline")
    await charged.pass_to(plan.instalments[1].due_on)
    await charged.collect()
    for _ in range(3):
        failed = (await charged.collections(plan))[-1]
        async with charged.connection() as connection:
            await commands.retry_now(connection, charged.person(), failed.id, charged.now)
        await charged.pass_to(charged.today, 10 + len(await charged.collections(plan)))
        await charged.collect()
    failed = (await charged.collections(plan))[-1]
    async with charged.connection() as connection:
        with pytest.raises(Conflict) as refused:
            await commands.retry_now(connection, charged.person(), failed.id, charged.now)
    assert refused.value.code == "too_many_attempts"
    assert len([state for _, state, _ in await charged.states(plan) if state == "failed"]) == 4
    await charged.world.audit()


async def test_a_person_waits_for_the_shopper_no_longer(charged: Charged) -> None:
    plan = await begun(charged, "sim_confirm")
    await charged.pass_to(plan.instalments[1].due_on)
    await charged.collect()
    waiting = (await charged.collections(plan))[-1]
    async with charged.connection() as connection:
        await commands.give_up(connection, charged.person(), waiting.id, charged.now)
    await charged.collect()
    assert [state for _, state, _ in await charged.states(plan)] == ["succeeded", "failed"]
    async with charged.connection() as connection:
        with pytest.raises(Conflict) as refused:
            await commands.give_up(connection, charged.person(), waiting.id, charged.now)
    assert refused.value.code == "collection_state"
    await charged.world.audit()
