"""What falls due is taken once: on its day, or at the stated days after it, or not at all."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from charge_double import AUTHENTICATION, BankCard, ChargeDouble
from charged_world import Charged, charged_world
from sqlalchemy.ext.asyncio import AsyncEngine
from stripe_double import Fault
from world import START

from cashback.collecting import beginning
from cashback.collecting.schemas import MandateState, State
from cashback.errors import Conflict, Invalid
from cashback.instalments.schemas import InstalmentState, PlanState

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

DUE = [date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 31)]


@pytest.fixture
async def charged(engine: AsyncEngine) -> AsyncIterator[Charged]:
    async with ChargeDouble(START) as stripe:
        yield await charged_world(engine, stripe)


async def new_card(charged: Charged, card: str = "pm_new") -> None:
    """The shopper authenticates another card."""
    charged.stripe.cards.setdefault(card, BankCard())
    mandate, secret = await beginning.ask_for_card(
        charged.collector, charged.person(), await charged.shopper(), charged.now
    )
    charged.stripe.confirm(secret, card)
    await beginning.look_at_card(charged.collector, charged.person(), mandate.id, charged.now)


async def test_each_instalment_is_taken_on_its_day(charged: Charged) -> None:
    plan = await charged.an_active_plan(due=DUE)
    await charged.pass_to(date(2026, 11, 30))
    await charged.collect()
    assert len(await charged.collections(plan)) == 1
    for day in DUE[1:]:
        await charged.pass_to(day)
        await charged.collect()
        await charged.collect()
    assert await charged.states(plan) == [
        ("first", "succeeded", 100_00), ("due", "succeeded", 100_00), ("due", "succeeded", 100_00),
    ]  # fmt: skip
    done = await charged.plan(plan)
    assert done.state is PlanState.COMPLETED
    assert {each.late_since for each in done.instalments} == {None}
    assert charged.stripe.taken() == 300_00
    assert (await charged.notices()).count("instalment_soon") == 1
    await charged.audit()


async def test_a_refused_instalment_is_tried_at_the_stated_days_and_then_left(charged: Charged) -> None:
    charged.stripe.cards["pm_poor"] = BankCard(off_session="insufficient_funds")
    plan = await charged.an_active_plan("pm_poor", due=DUE)
    tried = []
    for day in range(1, 25):
        await charged.pass_to(date(2026, 12, day))
        before = len(charged.stripe.intents)
        await charged.collect()
        if len(charged.stripe.intents) > before:
            tried.append(day)
    assert tried == [1, 3, 5, 8]
    assert (await charged.plan(plan)).instalments[1].next_at is None
    told = await charged.notices()
    assert told.count("instalment_failed") == 3
    assert told.count("instalment_retry") == 3
    assert told.count("instalment_unpaid") == 1
    assert charged.stripe.taken() == 100_00
    await charged.audit()


@pytest.mark.parametrize("code", ["lost_card", "stolen_card", "pickup_card", "expired_card", "fraudulent"])
async def test_a_card_that_must_not_be_charged_again_is_not(charged: Charged, code: str) -> None:
    charged.stripe.cards["pm_gone"] = BankCard(off_session=code)
    plan = await charged.an_active_plan("pm_gone", due=DUE)
    for day in (1, 3, 5, 8, 31):
        await charged.pass_to(date(2026, 12, day))
        await charged.collect()
    assert await charged.states(plan) == [("first", "succeeded", 100_00), ("due", "failed", 100_00)]
    (mandate,) = await charged.mandates()
    assert (mandate.state, mandate.why) == (MandateState.DEAD, code)
    assert (await charged.notices()).count("card_needed") == 1
    with pytest.raises(Conflict) as refused:
        await charged.ask(plan)
    assert refused.value.code == "card_needed"
    await new_card(charged)
    await charged.wait(timedelta(days=1))
    await charged.collect()
    assert (await charged.plan(plan)).state is PlanState.COMPLETED
    assert (await charged.states(plan))[-1] == ("due", "succeeded", 200_00)
    await charged.audit()


async def test_a_bank_that_wants_the_shopper_brings_them_back(charged: Charged) -> None:
    charged.stripe.cards["pm_strict"] = BankCard(off_session=AUTHENTICATION)
    plan = await charged.an_active_plan("pm_strict", due=DUE)
    await charged.pass_to(DUE[1])
    await charged.collect()
    assert (await charged.states(plan))[-1] == ("due", "needs_shopper", 100_00)
    assert "instalment_confirm" in await charged.notices()
    told = await charged.confirm(plan)
    assert told.secret is not None
    charged.stripe.confirm(told.secret, "pm_strict")
    await charged.told()
    await charged.collect()
    assert (await charged.states(plan))[-1] == ("due", "succeeded", 100_00)
    assert charged.stripe.taken() == 200_00
    await charged.audit()


async def test_who_does_not_confirm_in_time_is_asked_again_on_the_next_day_of_retry(charged: Charged) -> None:
    charged.stripe.cards["pm_strict"] = BankCard(off_session=AUTHENTICATION)
    plan = await charged.an_active_plan("pm_strict", due=DUE)
    await charged.pass_to(DUE[1])
    await charged.collect()
    secret = (await charged.confirm(plan)).secret
    assert secret is not None
    for day in (2, 3):
        await charged.pass_to(date(2026, 12, day), 16)
        await charged.collect()
    assert charged.stripe.confirm(secret, "pm_strict") == "canceled"
    assert [state for _, state, _ in await charged.states(plan)] == ["succeeded", "failed", "needs_shopper"]
    assert (await charged.plan(plan)).instalments[1].failures == 1
    assert charged.stripe.taken() == 100_00
    await charged.audit()


@pytest.mark.parametrize("fault", ["drop", "lost", "down", "busy", "crash", "crash_after"])
async def test_a_lost_answer_never_takes_an_instalment_twice(charged: Charged, fault: str) -> None:
    plan = await charged.an_active_plan(due=DUE)
    await charged.pass_to(DUE[1])
    charged.stripe.faults.extend([Fault(fault, "payment_intents")] * 3)
    await charged.collect()
    charged.stripe.faults.clear()
    for _ in range(4):
        await charged.wait(timedelta(hours=13))
        await charged.collect()
    assert await charged.states(plan) == [("first", "succeeded", 100_00), ("due", "succeeded", 100_00)]
    assert charged.stripe.taken() == 200_00
    await charged.audit()


async def test_what_is_processed_for_days_is_waited_for(charged: Charged) -> None:
    charged.stripe.cards["pm_slow"] = BankCard(off_session="processing")
    plan = await charged.an_active_plan("pm_slow", due=DUE)
    await charged.pass_to(DUE[1])
    await charged.collect()
    assert (await charged.states(plan))[-1] == ("due", "processing", 100_00)
    with pytest.raises(Conflict) as refused:
        await charged.ask(plan)
    assert refused.value.code == "collection_under_way"
    await charged.wait(timedelta(days=2))
    await charged.collect()
    (intent,) = [each for each in charged.stripe.intents.values() if each["status"] == "processing"]
    charged.stripe.bank_decides(intent, agrees=True)
    await charged.told(times=2)
    await charged.collect()
    assert (await charged.plan(plan)).instalments[1].state is InstalmentState.PAID
    assert charged.stripe.taken() == 200_00
    await charged.audit()


async def test_everything_is_paid_at_once(charged: Charged) -> None:
    charged.stripe.cards["pm_quick"] = BankCard(on_session="challenge")
    plan = await charged.an_active_plan("pm_quick", due=DUE)
    made = await charged.ask(plan)
    assert (made.kind, made.parts) == ("all", {2: 100_00, 3: 100_00})
    await charged.collect()
    told = await charged.confirm(plan)
    assert told.secret is not None
    charged.stripe.confirm(told.secret, "pm_quick")
    await charged.confirm(plan)
    assert (await charged.plan(plan)).state is PlanState.COMPLETED
    await charged.pass_to(DUE[2])
    await charged.collect()
    assert charged.stripe.taken() == 300_00
    await charged.audit()


async def test_an_early_payment_that_nobody_confirms_leaves_the_due_day(charged: Charged) -> None:
    plan = await charged.an_active_plan(due=DUE)
    await charged.wait(timedelta(hours=1))
    await charged.ask(plan, [2])
    await charged.collect()
    await charged.wait(timedelta(hours=31))
    await charged.collect()
    assert [state for _, state, _ in await charged.states(plan)] == ["succeeded", "given_up"]
    await charged.pass_to(DUE[1])
    await charged.collect()
    assert (await charged.states(plan))[-1] == ("due", "succeeded", 100_00)
    assert (await charged.plan(plan)).instalments[1].failures == 0
    await charged.audit()


async def test_only_what_is_open_can_be_paid(charged: Charged) -> None:
    plan = await charged.an_active_plan(due=DUE)
    for numbers in ([1], [4]):
        with pytest.raises(Invalid) as refused:
            await charged.ask(plan, numbers)
        assert refused.value.code == "instalments"
    assert len(await charged.collections(plan)) == 1
    await charged.audit()


async def test_a_new_card_takes_over_while_the_old_one_waits_for_its_holder(charged: Charged) -> None:
    charged.stripe.cards["pm_strict"] = BankCard(off_session=AUTHENTICATION)
    plan = await charged.an_active_plan("pm_strict", due=DUE)
    await charged.pass_to(DUE[1])
    await charged.collect()
    await new_card(charged)
    await charged.wait(timedelta(hours=31))
    await charged.collect()
    assert [state for _, state, _ in await charged.states(plan)] == ["succeeded", "given_up", "succeeded"]
    assert (await charged.plan(plan)).instalments[1].failures == 0
    assert charged.stripe.taken() == 200_00
    await charged.audit()


async def test_a_card_taken_away_at_stripe_is_asked_for_again(charged: Charged) -> None:
    plan = await charged.an_active_plan(due=DUE)
    charged.stripe.detach("pm_ok")
    await charged.told()
    await charged.collect()
    assert [(each.state, each.why) for each in await charged.mandates()] == [
        (MandateState.DEAD, "payment_method_detached")
    ]
    await charged.pass_to(DUE[1])
    await charged.collect()
    assert len(await charged.collections(plan)) == 1
    await new_card(charged)
    await charged.wait(timedelta(days=1))
    await charged.collect()
    assert (await charged.states(plan))[-1] == ("due", "succeeded", 100_00)
    await charged.audit()


async def test_a_rail_that_is_closed_keeps_what_it_may_have_taken_unknown(charged: Charged) -> None:
    plan = await charged.an_active_plan(due=DUE)
    await charged.pass_to(DUE[1])
    charged.stripe.faults.append(Fault("drop", "payment_intents"))
    await charged.collect()
    async with charged.connection() as connection:
        await connection.exec_driver_sql("DELETE FROM charge_rails")
    await charged.wait(timedelta(hours=2))
    await charged.collect()
    assert (await charged.collections(plan))[-1].state is State.UNKNOWN
    await charged.open()
    await charged.wait(timedelta(hours=7))
    await charged.collect()
    assert await charged.states(plan) == [("first", "succeeded", 100_00), ("due", "succeeded", 100_00)]
    assert charged.stripe.taken() == 200_00
    await charged.audit()
