"""Money back to cards: what was taken too much goes back, once, to the charges it came by, the newest first."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from charge_double import BankCard, ChargeDouble
from charged_world import Charged, charged_world
from sqlalchemy.ext.asyncio import AsyncEngine
from stripe_double import Fault
from world import START

from cashback import checkout
from cashback.collecting import paybacks
from cashback.errors import Conflict
from cashback.instalments import service
from cashback.instalments.schemas import Plan, PlanState

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

DUE = [date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 31)]


@pytest.fixture
async def charged(engine: AsyncEngine) -> AsyncIterator[Charged]:
    async with ChargeDouble(START) as stripe:
        yield await charged_world(engine, stripe)


async def give_back(charged: Charged, plan: Plan, minor: int) -> None:
    """The shop gives so much of the sale back."""
    async with charged.connection() as connection:
        snapshot = await charged.world.stage.road.snapshots.current(connection, charged.world.operator_id)
        held = await service.locked(connection, charged.world.operator_id, plan.id)
        await checkout.refund(connection, snapshot, charged.person(), held, minor, f"refund {minor}", charged.now)


async def paid_twice(charged: Charged) -> Plan:
    """A plan of which two of three instalments are paid."""
    plan = await charged.an_active_plan(due=DUE)
    await charged.pass_to(DUE[1])
    await charged.collect()
    return await charged.plan(plan)


async def test_a_full_refund_goes_back_to_the_charges_it_came_by(charged: Charged) -> None:
    plan = await paid_twice(charged)
    await give_back(charged, plan, 300_00)
    await charged.collect()
    first, second = await charged.collections(plan)
    assert {(each.collection_id, each.amount_minor, each.state.value) for each in await charged.paybacks(plan)} == {
        (second.id, 100_00, "succeeded"),
        (first.id, 100_00, "succeeded"),
    }
    done = await charged.plan(plan)
    assert (done.state, done.to_return_minor) == (PlanState.REFUNDED, 0)
    assert charged.stripe.taken() == 0
    await charged.audit()


async def test_what_exceeds_goes_back_newest_first(charged: Charged) -> None:
    plan = await paid_twice(charged)
    await give_back(charged, plan, 250_00)
    await charged.collect()
    first, second = await charged.collections(plan)
    assert {each.collection_id: each.amount_minor for each in await charged.paybacks(plan)} == {
        second.id: 100_00,
        first.id: 50_00,
    }
    assert charged.stripe.taken() == 50_00
    await charged.audit()


@pytest.mark.parametrize("fault", ["drop", "lost", "down", "busy", "crash", "crash_after"])
async def test_a_lost_answer_gives_nothing_back_twice(charged: Charged, fault: str) -> None:
    plan = await paid_twice(charged)
    await give_back(charged, plan, 300_00)
    charged.stripe.faults.append(Fault(fault, "refunds"))
    await charged.collect()
    charged.stripe.faults.clear()
    for _ in range(4):
        await charged.wait(timedelta(hours=13))
        await charged.collect()
    assert {each.state.value for each in await charged.paybacks(plan)} == {"succeeded"}
    assert charged.stripe.taken() == 0
    assert len(charged.stripe.refunds) == 2
    await charged.audit()


async def test_a_refund_that_is_long_on_its_way_is_waited_for(charged: Charged) -> None:
    charged.stripe.refund_outcome = "pending"
    plan = await paid_twice(charged)
    await give_back(charged, plan, 250_00)
    await charged.collect()
    assert {each.state.value for each in await charged.paybacks(plan)} == {"processing"}
    assert (await charged.plan(plan)).to_return_minor == 150_00
    for refund in charged.stripe.refunds.values():
        charged.stripe.end_refund(refund, "succeeded")
    await charged.told(times=2, reverse=True)
    await charged.collect()
    assert (await charged.plan(plan)).to_return_minor == 0
    await charged.audit()


async def test_a_refund_that_comes_back_is_to_be_given_again_by_a_person(charged: Charged) -> None:
    plan = await paid_twice(charged)
    await give_back(charged, plan, 220_00)
    await charged.collect()
    (refund,) = [each for each in charged.stripe.refunds.values() if each["amount"] == 20_00]
    charged.stripe.end_refund(refund, "failed")
    await charged.told()
    await charged.collect()
    back = next(each for each in await charged.paybacks(plan) if each.amount_minor == 20_00)
    assert (back.state, back.reason) == ("failed", "expired_or_canceled_card")
    assert (await charged.plan(plan)).to_return_minor == 20_00
    await charged.collect()
    assert len(charged.stripe.refunds) == 2
    await charged.audit()
    other = next(each for each in await charged.paybacks(plan) if each.amount_minor == 100_00)
    async with charged.connection() as connection:
        with pytest.raises(Conflict) as refused:
            await paybacks.ask_again(connection, charged.person(), other.id, charged.now)
    assert refused.value.code == "payback_state"


async def test_a_refund_that_comes_between_makes_the_charge_smaller(charged: Charged) -> None:
    plan = await charged.an_active_plan(due=DUE)
    await charged.wait(timedelta(minutes=1))
    made = await charged.ask(plan, [2])
    await give_back(charged, plan, 100_00)
    assert made.amount_minor == 100_00
    await charged.collect()
    (_, second) = await charged.collections(plan)
    assert second.amount_minor == 50_00
    await charged.audit()


async def test_a_refund_while_the_card_is_being_charged_gives_the_excess_back(charged: Charged) -> None:
    charged.stripe.cards["pm_slow"] = BankCard(off_session="processing")
    plan = await charged.an_active_plan("pm_slow", due=DUE)
    await charged.pass_to(DUE[1])
    await charged.collect()
    await give_back(charged, plan, 300_00)
    (intent,) = [each for each in charged.stripe.intents.values() if each["status"] == "processing"]
    charged.stripe.bank_decides(intent, agrees=True)
    await charged.told()
    await charged.collect()
    assert charged.stripe.taken() == 0
    assert (await charged.plan(plan)).to_return_minor == 0
    await charged.audit()
