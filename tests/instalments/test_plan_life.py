"""The life of a plan: stories with their books, as docs/instalments.md works them out, and an audit at each end."""

from datetime import timedelta

import pytest
from plan_world import LIGHT, days, plan_world, stands
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from world import clearing, day, refund

from cashback.actors import Scope
from cashback.errors import Conflict, Forbidden, Invalid, ProductError
from cashback.instalments.schemas import Lender, RefundPolicy


async def test_paid_to_the_end(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.open(fee=2_00)
    assert (await plans.books(), (await plans.behaviour()).exposure_minor) == ({}, 300_00)
    plan = await plans.begin(plan)
    books = {"cafe": -300_00, "plans:fees": -2_00, "shopper:owed": 200_00, "plans:collected": 102_00}
    assert await plans.books() == books
    assert await plans.world.wallet() == {"EUR": (15_00, 0, 0, 0)}
    plan = await plans.do("collected", plan, {2: 100_00})
    plan = await plans.do("collected", plan, {3: 100_00})
    assert (plan.state, plan.owed_minor, (await plans.behaviour()).exposure_minor) == ("completed", 0, 0)
    assert await plans.books() == {"cafe": -300_00, "plans:fees": -2_00, "plans:collected": 302_00}
    assert await plans.remit(f"payable:shop:{(await plans.shop()).hex}", 300_00) == 1
    assert await plans.remit(f"payable:shop:{(await plans.shop()).hex}", 300_00) == 0
    assert await plans.books() == {"plans:fees": -2_00, "plans:collected": 2_00}
    assert await plans.told() == ["plan_activated", "instalment_paid", "plan_completed"]
    await plans.audit()


async def test_a_key_opens_one_plan(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    quote = await plans.accepted()
    first = await plans.open(quote)
    before = await state_of(plans.world.engine, plans.world.operator_id)
    assert (await plans.open(quote)).id == first.id
    other = await plans.accepted(200_00, key=quote.key)
    used = await plans.accepted(decision_id=quote.decision_id)
    for wrong, code in ((other, "idempotency_key"), (used, "decision_used")):
        with pytest.raises(Conflict) as refused:
            await plans.open(wrong)
        assert refused.value.code == code
    assert await state_of(plans.world.engine, plans.world.operator_id) == before


async def test_what_cannot_be_accepted(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    quote = await plans.accepted()
    first, second, third = quote.parts
    wrong = {
        "never_ours": {"purchase": quote.decision_id},
        "order_missing": {"order_ref": None},
        "currency": {"currency": "PLN"},
        "schedule": {"parts": (first, third, second)},
    }
    before = await state_of(plans.world.engine, plans.world.operator_id)
    for code, more in wrong.items():
        with pytest.raises(Invalid) as refused:
            await plans.open(**more)
        assert refused.value.code == code
        assert code != "order_missing" or refused.value.detail.startswith("order_ref: expected your own name")
    assert await state_of(plans.world.engine, plans.world.operator_id) == before


async def test_a_plan_that_never_began_leaves_nothing(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.do("cancel", await plans.open(), "lapsed")
    assert (plan.state, plan.reason, await plans.books()) == ("cancelled", "lapsed", {})
    assert (await plans.behaviour()).exposure_minor == 0
    late = await plans.do("collected", plan, {1: 100_00})
    assert (late.to_return_minor, await plans.books()) == (100_00, {"shopper:owed": -100_00, "plans:collected": 100_00})
    assert (await plans.do("returned", late, 100_00)).to_return_minor == 0
    assert await plans.books() == {}
    await plans.audit()


REFUNDS = [
    (RefundPolicy.NEXT, [(100_00, 100_00, "paid"), (40_00, 0, "open"), (100_00, 0, "open")]),
    (RefundPolicy.LAST, [(100_00, 100_00, "paid"), (100_00, 0, "open"), (40_00, 0, "open")]),
    (RefundPolicy.REAMORTISE, [(100_00, 100_00, "paid"), (70_00, 0, "open"), (70_00, 0, "open")]),
]


@pytest.mark.parametrize(("policy", "left"), REFUNDS)
async def test_a_refund_shrinks_what_is_left(
    engine: AsyncEngine, policy: RefundPolicy, left: list[tuple[int, int, str]]
) -> None:
    plans = await plan_world(engine, refund_policy=policy)
    plan = await plans.refund(await plans.begun(), 60_00)
    assert stands(plan) == left
    assert stands(await plans.refund(plan, 60_00)) == left
    with pytest.raises(Conflict):
        await plans.refund(plan, 50_00)
    assert await plans.books() == {"cafe": -240_00, "shopper:owed": 140_00, "plans:collected": 100_00}
    assert await plans.world.wallet() == {"EUR": (12_00, 0, 0, 0)}
    await plans.audit()


async def test_a_refund_of_more_than_is_left_goes_back_to_the_card(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.do("collected", await plans.begun(), {2: 100_00})
    plan = await plans.refund(plan, 130_00)
    assert stands(plan) == [(100_00, 100_00, "paid"), (70_00, 70_00, "paid"), (0, 0, "void")]
    assert (plan.state, plan.to_return_minor) == ("completed", 30_00)
    assert await plans.books() == {"cafe": -170_00, "shopper:owed": -30_00, "plans:collected": 200_00}
    with pytest.raises(Invalid):
        await plans.refund(plan, 170_01, "r2")
    plan = await plans.do("returned", plan, 30_00)
    assert await plans.books() == {"cafe": -170_00, "plans:collected": 170_00}
    plan = await plans.refund(plan, 170_00, "r2")
    assert (plan.state, plan.to_return_minor, await plans.world.wallet()) == ("refunded", 170_00, {})
    await plans.audit()


async def test_the_shop_gives_everything_back(engine: AsyncEngine) -> None:
    """The fee goes back too: with the sale its credit ends. What comes in too late goes back as well."""
    plans = await plan_world(engine)
    plan = await plans.refund(await plans.begun(fee=3_00), 300_00)
    assert (plan.state, plan.to_return_minor, plan.owed_minor) == ("refunded", 103_00, 0)
    assert await plans.books() == {"shopper:owed": -103_00, "plans:collected": 103_00}
    plan = await plans.do("collected", plan, {2: 100_00})
    assert plan.to_return_minor == 203_00
    assert (await plans.do("returned", plan, 203_00)).to_return_minor == 0
    assert (await plans.books(), await plans.world.wallet()) == ({}, {})
    assert (await plans.behaviour()).instalments_due == 0
    await plans.audit()


async def test_a_shop_that_was_paid_pays_back(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    account = f"payable:shop:{(await plans.shop()).hex}"
    gone = await plans.begun()
    assert await plans.remit(account, 100_00, "m1") == 1
    await plans.refund(gone, 300_00)
    with pytest.raises(Invalid):
        await plans.remit(account, 1, "m2")
    await plans.begun(amount=120_00)
    assert await plans.remit(account, -60_00, "m3") == 2
    await plans.audit()
    assert await plans.books() == {"cafe": -80_00, "shopper:owed": -20_00, "plans:collected": 100_00}


async def test_withdrawing_at_checkout_undoes_the_sale(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.begun(fee=2_00, regime=LIGHT, lender=Lender.PARTNER)
    plan = await plans.do("lender_paid", plan)
    assert await plans.books() == {
        "payable:lender": -300_00, "plans:fees": -2_00, "shopper:owed": 200_00, "plans:collected": 102_00,
    }  # fmt: skip
    plans.world.clock.move_to(day(14))
    plan = await plans.withdraw(plan)
    assert (plan.state, plan.to_return_minor, await plans.world.wallet()) == ("withdrawn", 102_00, {})
    await plans.do("returned", plan, 102_00)
    assert await plans.books() == {}
    await plans.audit()


async def test_withdrawing_from_a_split_pays_back_what_was_lent(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.split(fee=2_00, every=None)
    assert await plans.books() == {
        "payable:lender": -300_00, "plans:fees": -2_00, "shopper:owed": 200_00, "plans:collected": 102_00,
    }  # fmt: skip
    plan = await plans.withdraw(plan)
    assert (plan.state, plan.to_return_minor, plan.owed_minor) == ("active", 2_00, 200_00)
    assert max(days(plan)) == plans.today + timedelta(days=30)
    plan = await plans.do("collected", plan, {2: 100_00, 3: 100_00})
    assert plan.state == "withdrawn"
    await plans.do("returned", plan, 2_00)
    assert await plans.books() == {"payable:lender": -300_00, "plans:collected": 300_00}
    assert await plans.remit("payable:lender", 300_00) == 1
    assert await plans.books() == {}
    await plans.audit()


async def test_who_cannot_withdraw(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    exempt, light = await plans.begun(), await plans.begun(regime=LIGHT)
    assert (await plans.withdraw(await plans.open())).state == "cancelled"
    plans.world.clock.move_to(day(15))
    before = await state_of(plans.world.engine, plans.world.operator_id)
    for plan, code in ((exempt, "no_credit"), (light, "too_late")):
        with pytest.raises(Conflict) as refused:
            await plans.withdraw(plan)
        assert refused.value.code == code
    with pytest.raises(Forbidden):
        await plans.withdraw(light, plans.person("eve", Scope.MONEY))
    assert await state_of(plans.world.engine, plans.world.operator_id) == before


async def test_a_split_purchase_that_is_refunded_keeps_its_plan(engine: AsyncEngine) -> None:
    """Its shop refunds the card with which it was paid; the cashback follows, and the shopper is told."""
    plans = await plan_world(engine)
    plan = await plans.split()
    body = refund("back", 300_00, at=plans.now, of="split-0")
    await plans.world.play(body, at=day(3))
    assert (await plans.read(plan)).owed_minor == 200_00
    assert await plans.world.wallet() == {}
    assert "plan_purchase_refunded" in await plans.told()
    with pytest.raises(Conflict):
        await plans.refund(plan, 10_00)
    await plans.audit()


async def test_given_up_and_paid_after_all(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.begun()
    asked = await plans.do("write_off", plan, "moved abroad", actor=plans.person("ada"))
    assert asked.state == "active"
    with pytest.raises(Forbidden):
        await plans.do("write_off", plan, "again", actor=plans.person("ada"))
    plan = await plans.do("write_off", plan, "seen", actor=plans.person("bob"))
    assert (plan.state, plan.owed_minor) == ("written_off", 0)
    assert await plans.books() == {"cafe": -300_00, "plans:written_off": 200_00, "plans:collected": 100_00}
    plan = await plans.do("recover", plan, 150_00)
    assert await plans.books() == {"cafe": -300_00, "plans:written_off": 50_00, "plans:collected": 250_00}
    plan = await plans.refund(plan, 100_00)
    assert (plan.state, plan.to_return_minor) == ("written_off", 50_00)
    assert await plans.books() == {"cafe": -200_00, "shopper:owed": -50_00, "plans:collected": 250_00}
    plan = await plans.do("recover", plan, 7_00)
    assert plan.to_return_minor == 57_00
    assert (await plans.behaviour()).exposure_minor == 0
    await plans.audit()


async def test_a_card_purchase_of_the_same_amount_is_another_one(engine: AsyncEngine) -> None:
    """What is sold in instalments is charged in parts and not by the shop: no network tells it whole. Both earn."""
    plans = await plan_world(engine)
    plan = await plans.begun()
    await plans.world.play(clearing("network-1", 300_00, at=plans.now, final=True), at=plans.now)
    assert await plans.world.wallet() == {"EUR": (30_00, 0, 0, 0)}
    await plans.world.play(refund("network-2", 60_00, at=day(1), of="network-1"), at=day(1))
    plan = await plans.read(plan)
    assert (plan.refunded_minor, plan.owed_minor) == (0, 200_00)
    assert await plans.world.wallet() == {"EUR": (27_00, 0, 0, 0)}
    plan = await plans.refund(plan, 60_00)
    assert plan.refunded_minor == 60_00
    assert await plans.world.wallet() == {"EUR": (24_00, 0, 0, 0)}
    await plans.audit()


async def test_an_operator_without_settings_offers_no_plans(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    quote = await plans.accepted()
    await plans.world.rows("DELETE FROM instalment_settings RETURNING 1")
    with pytest.raises(Conflict) as refused:
        await plans.open(quote)
    assert refused.value.code == "instalments_not_offered"


async def test_a_plan_begins_once(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.begun()
    before = await state_of(plans.world.engine, plans.world.operator_id)
    commands: list[tuple[str, tuple[object, ...]]] = [("cancel", ("late",)), ("recover", (1_00,)), ("returned", (1,))]
    for name, told in commands:
        with pytest.raises(ProductError):
            await plans.do(name, plan, *told)
    with pytest.raises(Conflict):
        await plans.begin(plan)
    with pytest.raises(Forbidden):
        await plans.refund(plan, 1_00, actor=plans.person("eve", Scope.SHOPPERS))
    assert await state_of(plans.world.engine, plans.world.operator_id) == before
