"""The first payment of a plan: the shopper authenticates, the plan begins, or neither."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from charge_double import BankCard, ChargeDouble
from charged_world import Charged, charged_world
from sqlalchemy.ext.asyncio import AsyncEngine
from stripe_double import Fault
from world import START

from cashback.collecting import beginning, withdrawing
from cashback.collecting.schemas import Mandate, MandateState, RailName, State
from cashback.errors import Conflict, Invalid, TryAgain
from cashback.instalments import service
from cashback.instalments.schemas import Plan, PlanState

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
async def charged(engine: AsyncEngine) -> AsyncIterator[Charged]:
    async with ChargeDouble(START) as stripe:
        yield await charged_world(engine, stripe)


async def test_a_plan_begins_with_a_payment_that_its_shopper_authenticates(charged: Charged) -> None:
    plan = await charged.accept(300_00, fee=2_00)
    first = await charged.begin(plan)
    assert first.secret == "pi_2_secret"
    assert first.collection.state is State.NEEDS_SHOPPER
    assert (await charged.plan(plan)).state is PlanState.OPENING
    assert charged.stripe.confirm(first.secret) == "succeeded"
    done = await charged.confirm(plan)
    assert (done.collection.state, done.secret) == (State.SUCCEEDED, None)
    begun = await charged.plan(plan)
    assert begun.state is PlanState.ACTIVE
    assert [each.owed_minor for each in begun.instalments] == [0, 100_00, 100_00]
    (mandate,) = await charged.mandates()
    assert begun.mandate_id == mandate.id
    assert (mandate.state, mandate.last_four, mandate.funding) == (MandateState.AGREED, "4242", "debit")
    assert mandate.first_transaction == "ntid2"
    assert charged.stripe.intents["pi_2"]["setup_future_usage"] == "off_session"
    assert charged.stripe.taken() == 102_00
    await charged.audit()


async def test_asked_again_the_same_payment_is_answered(charged: Charged) -> None:
    plan = await charged.accept()
    first = await charged.begin(plan)
    again = await charged.begin(plan)
    assert (again.collection.id, again.secret) == (first.collection.id, first.secret)
    assert len(charged.stripe.intents) == 1
    await charged.audit()


async def test_a_message_alone_makes_the_worker_look(charged: Charged) -> None:
    plan = await charged.accept()
    first = await charged.begin(plan)
    assert first.secret is not None
    charged.stripe.confirm(first.secret)
    assert await charged.told(times=2, reverse=True) > 0
    await charged.collect()
    assert (await charged.plan(plan)).state is PlanState.ACTIVE
    assert await charged.states(plan) == [("first", "succeeded", 100_00)]
    await charged.audit()


async def test_what_a_client_says_is_not_believed(charged: Charged) -> None:
    plan = await charged.accept()
    await charged.begin(plan)
    told = await charged.confirm(plan)
    assert told.collection.state is State.NEEDS_SHOPPER
    assert (await charged.plan(plan)).state is PlanState.OPENING
    await charged.audit()


async def test_a_declined_card_may_be_followed_by_another(charged: Charged) -> None:
    charged.stripe.cards["pm_poor"] = BankCard(on_session="insufficient_funds")
    plan = await charged.accept()
    first = await charged.begin(plan)
    assert first.secret is not None
    charged.stripe.confirm(first.secret, "pm_poor")
    told = await charged.confirm(plan)
    assert (told.declined, told.secret) == ("insufficient_funds", first.secret)
    charged.stripe.confirm(first.secret, "pm_ok")
    await charged.confirm(plan)
    assert (await charged.plan(plan)).state is PlanState.ACTIVE
    await charged.audit()


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (BankCard(funding="prepaid"), "prepaid_card"),
        (BankCard(expires=(11, 2026)), "card_expires"),
    ],
)
async def test_a_card_that_cannot_carry_the_plan_is_given_its_money_back(
    charged: Charged, card: BankCard, reason: str
) -> None:
    charged.stripe.cards["pm_bad"] = card
    plan = await charged.accept()
    first = await charged.begin(plan)
    assert first.secret is not None
    charged.stripe.confirm(first.secret, "pm_bad")
    await charged.confirm(plan)
    cancelled = await charged.plan(plan)
    assert (cancelled.state, cancelled.reason) == (PlanState.CANCELLED, reason)
    await charged.collect()
    (back,) = await charged.paybacks(plan)
    assert (back.why, back.state, back.amount_minor) == ("cancelled", "succeeded", 100_00)
    assert charged.stripe.taken() == 0
    assert [each.state for each in await charged.mandates()] == [MandateState.DEAD]
    await charged.audit()


async def test_nobody_comes_back_and_the_payment_is_cancelled_first(charged: Charged) -> None:
    plan = await charged.accept()
    first = await charged.begin(plan)
    await charged.wait(timedelta(minutes=61))
    await charged.collect()
    assert charged.stripe.intents["pi_2"]["status"] == "canceled"
    lapsed = await charged.plan(plan)
    assert (lapsed.state, lapsed.reason) == (PlanState.CANCELLED, "lapsed")
    assert first.secret is not None
    assert charged.stripe.confirm(first.secret) == "canceled"
    assert charged.stripe.taken() == 0
    await charged.audit()


async def test_a_payment_that_succeeds_at_the_last_moment_wins(charged: Charged) -> None:
    plan = await charged.accept()
    first = await charged.begin(plan)
    await charged.wait(timedelta(minutes=61))
    assert first.secret is not None
    charged.stripe.confirm(first.secret)
    await charged.collect()
    assert (await charged.plan(plan)).state is PlanState.ACTIVE
    assert charged.stripe.taken() == 100_00
    await charged.audit()


async def test_a_plan_that_was_never_charged_lapses(charged: Charged) -> None:
    plan = await charged.accept()
    await charged.wait(timedelta(minutes=61))
    await charged.collect()
    assert (await charged.plan(plan)).state is PlanState.CANCELLED
    assert charged.stripe.calls == []
    with pytest.raises(Conflict) as refused:
        await charged.begin(plan)
    assert refused.value.code == "plan_state"
    await charged.audit()


@pytest.mark.parametrize("fault", ["drop", "lost", "down", "busy", "crash_after"])
async def test_a_payment_whose_answer_is_lost_is_found_again(charged: Charged, fault: str) -> None:
    plan = await charged.accept()
    charged.stripe.faults.extend([Fault(fault, "payment_intents")] * 3)
    with pytest.raises(TryAgain):
        await charged.begin(plan)
    charged.stripe.faults.clear()
    await charged.wait(timedelta(minutes=11))
    first = await charged.begin(plan)
    if first.secret is None:
        first = await charged.begin(plan)
    assert first.secret is not None
    assert len(charged.stripe.intents) == 1
    charged.stripe.confirm(first.secret)
    await charged.confirm(plan)
    assert (await charged.plan(plan)).state is PlanState.ACTIVE
    await charged.audit()


async def test_a_card_that_was_authenticated_before_is_charged_at_once(charged: Charged) -> None:
    charged.stripe.cards["pm_quick"] = BankCard(on_session="ok")
    mandate, secret = await beginning.ask_for_card(
        charged.collector, charged.person(), await charged.shopper(), charged.now
    )
    charged.stripe.confirm(secret, "pm_quick")
    agreed = await beginning.look_at_card(charged.collector, charged.person(), mandate.id, charged.now)
    assert agreed.state is MandateState.AGREED
    plan = await charged.accept()
    first = await charged.begin(plan, mandate_id=mandate.id)
    assert (first.secret, first.collection.state) == (None, State.SUCCEEDED)
    assert (await charged.plan(plan)).mandate_id == mandate.id
    await charged.audit()


async def a_plan_whose_held_card_is_refused(charged: Charged, held: Mandate) -> tuple[Plan, str]:
    """Accepted with a card that is refused while its shopper is there: they may give another one."""
    await charged.wait(timedelta(minutes=1))
    holder = charged.stripe.cards["pm_ok"].customer
    charged.stripe.cards["pm_ok"] = BankCard(on_session="insufficient_funds", customer=holder)
    plan = await charged.accept(mandate_id=held.id)
    first = await charged.begin(plan)
    assert (first.declined, first.collection.mandate_id) == ("insufficient_funds", held.id)
    assert first.secret is not None
    return plan, first.secret


async def test_a_plan_is_charged_to_the_card_that_paid_and_the_others_to_theirs(charged: Charged) -> None:
    charged.stripe.cards["pm_other"] = BankCard(last4="9999")
    earlier = await charged.an_active_plan()
    (held,) = await charged.mandates()
    plan, secret = await a_plan_whose_held_card_is_refused(charged, held)
    charged.stripe.confirm(secret, "pm_other")
    await charged.confirm(plan)
    kept, own = await charged.mandates()
    assert (kept, own.state, own.last_four) == (held, MandateState.AGREED, "9999")
    begun = await charged.plan(plan)
    assert (begun.state, begun.mandate_id) == (PlanState.ACTIVE, own.id)
    assert [each.mandate_id for each in await charged.collections(plan)] == [own.id]
    third, secret = await a_plan_whose_held_card_is_refused(charged, held)
    charged.stripe.confirm(secret, "pm_other")
    await charged.confirm(third)
    assert (await charged.plan(third)).mandate_id == own.id
    assert await charged.mandates() == [kept, own]
    await charged.pass_to(begun.instalments[1].due_on)
    await charged.collect()
    for each, card in ((earlier, "pm_ok"), (plan, "pm_other"), (third, "pm_other")):
        assert await charged.states(each) == [("first", "succeeded", 100_00), ("due", "succeeded", 100_00)]
        due = (await charged.collections(each))[-1]
        assert [intent["payment_method"] for intent in charged.stripe.charged(due.id.hex)] == [card]
    await charged.audit()


async def test_a_plan_that_keeps_its_card_takes_none_from_the_others(charged: Charged) -> None:
    charged.stripe.cards["pm_other"] = BankCard(last4="9999")
    earlier = await charged.an_active_plan()
    (held,) = await charged.mandates()
    plan, secret = await a_plan_whose_held_card_is_refused(charged, held)
    charged.stripe.confirm(secret, "pm_other")
    await charged.confirm(plan)
    charged.stripe.cards["pm_ok"].on_session = "ok"
    third = await charged.accept(mandate_id=held.id)
    await charged.begin(third)
    of_plans = [(await charged.plan(each)).mandate_id for each in (earlier, plan, third)]
    assert [each.id for each in await charged.mandates() if each.state is MandateState.AGREED] == of_plans[:2]
    assert of_plans[2] == held.id
    await charged.audit()


@pytest.mark.parametrize("left", [False, True])
async def test_an_unfit_second_card_leaves_the_card_of_the_other_plans(charged: Charged, *, left: bool) -> None:
    charged.stripe.cards["pm_bad"] = BankCard(last4="9999", funding="prepaid")
    earlier = await charged.an_active_plan()
    (held,) = await charged.mandates()
    plan, secret = await a_plan_whose_held_card_is_refused(charged, held)
    if left:
        async with charged.connection() as connection:
            opening = await service.locked(connection, charged.world.operator_id, plan.id)
            await service.cancel(connection, charged.person(), opening, "lapsed", charged.now)
    charged.stripe.confirm(secret, "pm_bad")
    await charged.confirm(plan)
    refused = await charged.plan(plan)
    assert (refused.state, refused.reason) == (PlanState.CANCELLED, "lapsed" if left else "prepaid_card")
    assert await charged.mandates() == [held]
    await charged.collect()
    assert [(each.state, each.amount_minor) for each in await charged.paybacks(plan)] == [("succeeded", 100_00)]
    await charged.pass_to(earlier.instalments[1].due_on)
    await charged.collect()
    assert await charged.states(earlier) == [("first", "succeeded", 100_00), ("due", "succeeded", 100_00)]
    await charged.audit()


async def test_a_held_card_that_turns_out_unfit_is_charged_no_more(charged: Charged) -> None:
    await charged.an_active_plan()
    (held,) = await charged.mandates()
    plan, secret = await a_plan_whose_held_card_is_refused(charged, held)
    card = charged.stripe.cards["pm_ok"]
    card.funding, card.on_session = "prepaid", "ok"
    charged.stripe.confirm(secret, "pm_ok")
    await charged.confirm(plan)
    assert (await charged.plan(plan)).reason == "prepaid_card"
    assert [each.state for each in await charged.mandates()] == [MandateState.DEAD]
    await charged.collect()
    await charged.audit()


async def test_a_held_card_whose_rail_was_closed_is_not_waited_for(charged: Charged) -> None:
    await charged.an_active_plan()
    (held,) = await charged.mandates()
    plan = await charged.accept(mandate_id=held.id)
    async with charged.connection() as connection:
        await connection.exec_driver_sql("DELETE FROM charge_rails")
    await charged.open(RailName.SANDBOX, {})
    first = await charged.begin(plan)
    assert (first.collection.state, first.collection.mandate_id == held.id) == (State.NEEDS_SHOPPER, False)
    await charged.confirm(plan)
    begun = await charged.plan(plan)
    assert (begun.state, begun.mandate_id) == (PlanState.ACTIVE, first.collection.mandate_id)
    assert [each.rail for each in await charged.mandates() if each.id == begun.mandate_id] == [RailName.SANDBOX]
    await charged.world.audit()


async def test_a_card_that_is_unfit_is_refused_before_anything_is_charged(charged: Charged) -> None:
    charged.stripe.cards["pm_old"] = BankCard(expires=(11, 2026))
    mandate, secret = await beginning.ask_for_card(
        charged.collector, charged.person(), await charged.shopper(), charged.now
    )
    charged.stripe.confirm(secret, "pm_old")
    await beginning.look_at_card(charged.collector, charged.person(), mandate.id, charged.now)
    plan = await charged.accept()
    with pytest.raises(Invalid) as refused:
        await charged.begin(plan, mandate_id=mandate.id)
    assert refused.value.code == "card_expires"
    assert charged.stripe.intents == {}
    assert await charged.states(plan) == []
    await charged.audit()


async def withdraw(charged: Charged, plan: Plan) -> Plan:
    return await withdrawing.withdraw(charged.collector, charged.person(), plan.id, charged.now)


async def test_withdrawn_from_before_it_is_paid_its_payment_can_be_confirmed_no_more(charged: Charged) -> None:
    plan = await charged.accept()
    first = await charged.begin(plan)
    assert first.secret is not None
    gone = await withdraw(charged, plan)
    assert (gone.state, gone.reason) == (PlanState.CANCELLED, "withdrawal")
    assert charged.stripe.intents["pi_2"]["status"] == "canceled"
    assert await charged.states(plan) == [("first", "given_up", 300_00 // 3)]
    assert charged.stripe.taken() == 0
    await charged.audit()


async def test_withdrawn_from_while_it_is_paid_the_payment_wins_and_is_undone(charged: Charged) -> None:
    plan = await charged.accept()
    first = await charged.begin(plan)
    assert first.secret is not None
    assert charged.stripe.confirm(first.secret) == "succeeded"
    gone = await withdraw(charged, plan)
    assert (gone.state, gone.to_return_minor) == (PlanState.WITHDRAWN, 100_00)
    await charged.collect()
    assert (await charged.plan(plan)).to_return_minor == 0
    assert charged.stripe.taken() == 0
    await charged.audit()


async def test_withdrawn_from_while_the_rail_is_down_the_worker_cancels_it(charged: Charged) -> None:
    plan = await charged.accept()
    await charged.begin(plan)
    charged.stripe.faults.extend([Fault("down")] * 3)
    with pytest.raises(TryAgain):
        await withdraw(charged, plan)
    assert (await charged.plan(plan)).state is PlanState.OPENING
    charged.stripe.faults.clear()
    await charged.wait(timedelta(minutes=2))
    await charged.collect()
    assert (await charged.plan(plan)).state is PlanState.CANCELLED
    assert charged.stripe.intents["pi_2"]["status"] == "canceled"
    await charged.audit()


FACTS = """
SELECT c.token, f.prepaid, f.expires_on, f.strong_authentication, f.source
FROM card_facts f JOIN cards c ON c.shopper_id = f.shopper_id AND c.card_id = f.card_id
"""


async def test_a_card_that_is_authenticated_is_known_to_decisions(charged: Charged) -> None:
    await charged.world.link("linked")
    await charged.world.link("other")
    async with charged.connection() as connection:
        ending = "UPDATE cards SET scheme = 'Visa', last_four = CASE token WHEN 'linked' THEN '4242' ELSE '1111' END"
        await connection.exec_driver_sql(ending + " WHERE network = 'sandbox'")
    plan = await charged.an_active_plan()
    (mandate,) = await charged.mandates()
    assert await charged.world.rows(FACTS) == [("linked", False, mandate.expires_on, True, "stripe")]
    assert plan.state is PlanState.ACTIVE
    await charged.audit()
