"""What a shopper may ask of a plan, what days do to it, and what all of that tells the score."""

from datetime import date, timedelta

import pytest
from plan_world import EXEMPT, LIGHT, Plans, days, plan_world, stands
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from world import day

from cashback.errors import Conflict, Forbidden, Invalid
from cashback.instalments.easing import early
from cashback.instalments.schemas import Lender


async def refused(plans: Plans, code: str, name: str, plan: object, *told: object) -> None:
    """The command is refused with its code, and nothing moved."""
    before = await state_of(plans.world.engine, plans.world.operator_id)
    with pytest.raises((Conflict, Invalid, Forbidden)) as raised:
        await plans.do(name, plan, *told)  # type: ignore[arg-type]
    assert raised.value.code == code
    assert await state_of(plans.world.engine, plans.world.operator_id) == before


async def test_paying_early_costs_nothing(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.begun(count=4, every=14, amount=400_00)
    assert early(plan, None) == {2: 100_00, 3: 100_00, 4: 100_00}
    assert early(plan, [3]) == {3: 100_00}
    for wrong in ([1], [5], [2, 9]):
        with pytest.raises(Invalid):
            early(plan, wrong)
    plan = await plans.do("collected", plan, early(plan, [3]))
    plan = await plans.do("collected", plan, early(plan, None))
    assert (plan.state, (await plans.behaviour()).instalments_on_time) == ("completed", 3)
    with pytest.raises(Conflict):
        early(plan, None)
    await plans.audit()


async def test_paid_twice_goes_back(engine: AsyncEngine) -> None:
    """A charge that was under way when everything was paid: what it took goes back to the card."""
    plans = await plan_world(engine)
    plan = await plans.do("collected", await plans.begun(), {2: 100_00, 3: 100_00})
    plan = await plans.do("collected", plan, {2: 100_00})
    assert (plan.state, plan.to_return_minor) == ("completed", 100_00)
    await plans.audit()
    await plans.do("returned", plan, 100_00)
    assert await plans.books() == {"cafe": -300_00, "plans:collected": 300_00}
    await plans.audit()


async def test_a_pause_moves_everything_once_and_forgives_being_late(engine: AsyncEngine) -> None:
    plans = await plan_world(engine, late_fee_minor=5_00)
    plan = await plans.begun()
    plans.world.clock.move_to(day(27))
    assert await plans.pass_days() == 1
    assert ((await plans.behaviour()).in_arrears, await plans.pass_days()) == (True, 0)
    plan = await plans.do("pause", await plans.read(plan))
    assert days(plan) == [date(2026, 11, 1), date(2026, 12, 28), date(2027, 1, 21)]
    assert (plan.regime, (await plans.behaviour()).worst_days_late_12m) == (EXEMPT, 0)
    await refused(plans, "paused_before", "pause", plan)
    plans.world.clock.move_to(day(57))
    assert [await plans.pass_days(), await plans.pass_days()] == [1, 0]
    assert (await plans.read(plan)).instalments[1].late_since is None
    plan = await plans.do("collected", plan, {2: 100_00})
    assert stands(plan)[1] == (100_00, 100_00, "paid")
    told = await plans.behaviour()
    assert (told.instalments_due, told.instalments_on_time, told.months_since_late) == (1, 1, None)
    await plans.audit()


MOVES = [
    (3, date(2027, 1, 10), "ok", "the last day of 50 after supply"),
    (3, date(2027, 1, 11), "outside_regime", "one day more: a credit"),
    (2, date(2026, 12, 29), "ok", "14 days later"),
    (2, date(2026, 12, 30), "day", "15 days later"),
    (2, date(2026, 12, 15), "day", "where it stands"),
    (2, date(2026, 12, 1), "ok", "14 days earlier"),
    (2, date(2026, 11, 30), "day", "15 days earlier"),
    (1, date(2026, 11, 22), "not_ahead", "paid"),
    (9, date(2026, 12, 2), "not_ahead", "there is none"),
]


@pytest.mark.parametrize(("number", "to", "expected", "why"), MOVES, ids=[each[3] for each in MOVES])
async def test_a_day_is_moved_within_the_law(
    engine: AsyncEngine, number: int, to: date, expected: str, why: str
) -> None:
    plans = await plan_world(engine)
    plans.world.clock.move_to(day(20))
    plan = await plans.begun()
    if expected != "ok":
        await refused(plans, expected, "move_day", plan, number, to)
        return
    plan = await plans.do("move_day", plan, number, to)
    assert plan.numbered(number).due_on == to
    await refused(plans, "moved_before", "move_day", plan, 2, date(2026, 12, 16))
    await plans.audit()


async def test_a_credit_may_end_later(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.begun(regime=LIGHT, lender=Lender.PARTNER, every=None)
    plan = await plans.do("move_day", plan, 3, date(2027, 1, 10))
    assert days(plan)[2] == date(2027, 1, 10)
    plans.world.clock.move_to(day(20))
    await refused(plans, "too_late", "withdraw", plan)


async def test_late_charged_and_given_up(engine: AsyncEngine) -> None:
    """The fee is cut down to 8 % of what is due, once, after the last retry; after 90 days the plan is written off."""
    plans = await plan_world(engine, late_fee_minor=10_00)
    plan = await plans.begun()
    plans.world.clock.move_to(day(24))
    plan = await plans.do("failed", plan, [2], plans.settings, reason="insufficient_funds", retry=True)
    assert (plan.instalments[1].failures, plan.instalments[1].late_since) == (1, None)
    assert plan.instalments[1].next_at == plans.now.replace(day=27, hour=5)
    for later, next_day in ((26, 29), (28, 2), (31, None)):
        plans.world.clock.move_to(day(later))
        plan = await plans.do("failed", plan, [2], plans.settings, reason="insufficient_funds", retry=True)
        told = plan.instalments[1].next_at
        assert (None if told is None else told.day) == next_day
    await plans.pass_days()
    assert stands(await plans.read(plan))[1] == (100_00, 0, "open")
    plans.world.clock.move_to(day(32))
    assert [await plans.pass_days(), await plans.pass_days()] == [1, 0]
    plan = await plans.read(plan)
    assert stands(plan)[1:] == [(108_00, 0, "open"), (100_00, 0, "open")]
    told = await plans.behaviour()
    assert (told.in_arrears, told.worst_days_late_12m, told.failed_authorisations) == (True, 8, 4)
    plans.world.clock.move_to(day(115))
    assert await plans.pass_days() == 1
    plan = await plans.read(plan)
    assert (plan.state, plan.reason) == ("written_off", "too_late")
    assert await plans.books() == {
        "cafe": -300_00, "plans:fees": -8_00, "plans:written_off": 208_00, "plans:collected": 100_00,
    }  # fmt: skip
    assert (await plans.behaviour()).open_incident
    plan = await plans.refund(plan, 300_00)
    assert (plan.state, plan.to_return_minor) == ("refunded", 100_00)
    await plans.audit()


async def test_a_stolen_card_is_not_tried_again_until_another_one_is_agreed_to(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.begun()
    early_refusal = await plans.do("failed", plan, [2], plans.settings, reason="stolen_card", retry=False)
    assert early_refusal.instalments[1] == plan.instalments[1]
    plans.world.clock.move_to(day(24))
    plan = await plans.do("failed", plan, [2], plans.settings, reason="stolen_card", retry=False)
    assert plan.instalments[1].next_at is None
    plan = await plans.do("charge_to", plan, plan.decision_id)
    assert plan.instalments[1].next_at == plans.now.replace(hour=5)
    await plans.audit()


async def test_what_a_late_payment_tells(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.begun()
    plans.world.clock.move_to(day(30))
    plan = await plans.do("collected", plan, {2: 100_00})
    plans.world.clock.move_to(day(48))
    plan = await plans.do("collected", plan, {3: 100_00})
    plans.world.clock.move_to(day(30 + 65))
    told = await plans.behaviour()
    assert (told.instalments_due, told.instalments_on_time, told.worst_days_late_12m) == (2, 1, 6)
    assert (told.months_since_late, told.plans_completed, told.clean_plans) == (2, 1, 0)
    assert (told.open_incident, told.in_arrears, told.plans_active) == (False, False, 0)
    plans.world.clock.move_to(day(30 + 366))
    assert (await plans.behaviour()).worst_days_late_12m == 0


async def test_what_is_open_of_all_plans(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    await plans.begun(count=3, every=24)
    await plans.open(count=2, every=14, amount=100_00)
    told = await plans.behaviour()
    assert (told.plans_active, told.exposure_minor) == (2, 300_00)
    assert told.open_monthly_minor == 200_00
    assert told.last_plan_at == plans.now
    assert (await plans.behaviour("nobody")).exposure_minor == 0


async def test_days_of_a_zone_are_counted_not_hours(engine: AsyncEngine) -> None:
    """Paid at 23:30 in Paris on its day is on time; half an hour after midnight is late."""
    plans = await plan_world(engine)
    first, second = await plans.begun(), await plans.begun(amount=200_00)
    plans.world.clock.move_to(day(24) + timedelta(hours=14.5))
    await plans.do("collected", first, {2: 100_00})
    plans.world.clock.move_to(day(24) + timedelta(hours=15.5))
    await plans.do("collected", second, {2: 66_66})
    told = await plans.behaviour()
    assert (told.instalments_due, told.instalments_on_time) == (2, 1)
    await plans.audit()
