"""A worker that charges cards and ends at any of its statements, or with its rail's answer lost: taken once, never
skipped, whole books.

Each instalment is worked by a worker that ends at another statement than the one before; then another worker finds it
as it was left. The rail remembers every call: none may repeat what was carried out, whatever was recorded of it. In a
short run the ways to end share a seventh of the statements; with `CRASH_ROUNDS` each statement ends a worker in each
way.
"""

import asyncio
import os
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from charge_double import ChargeDouble
from charged_world import LENDING, Charged
from crash_house import Crash, Fault, dies, failing, is_cancelled, loses_its_connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from world import PARIS, a_world

from cashback import checkout
from cashback.collecting import beginning
from cashback.collecting.fake_rail import FakeChargeRail
from cashback.collecting.rails import Back, Charge, ChargeRails
from cashback.collecting.rails import Charged as Answered
from cashback.collecting.rounds import collect_due
from cashback.collecting.schemas import Collection, RailName, State
from cashback.errors import Conflict
from cashback.instalments import service
from cashback.instalments.schemas import InstalmentState, Plan, PlanState

pytestmark = pytest.mark.crash

STATEMENTS_MAX = 300
ENDS: dict[str, tuple[Fault, bool]] = {
    "before": (dies, False),
    "after": (dies, True),
    "cancelled": (is_cancelled, False),
    "cut": (loses_its_connection, False),
}
PLACES = list(range(1, STATEMENTS_MAX))


def places_of(end: str) -> list[int]:
    """The statements at which workers end in this way."""
    if int(os.environ.get("CRASH_ROUNDS", "20")) > 20:
        return PLACES
    return PLACES[7 * list(ENDS).index(end) :: 7 * len(ENDS)]


class DyingRail(FakeChargeRail):
    """A rail whose caller dies when it has carried the charge out, as often as it is told to."""

    deaths = 0

    async def charge(self, charge: Charge, idempotency_key: str) -> Answered:
        assert idempotency_key not in self.taken, "what was charged is called again"
        answer = await super().charge(charge, idempotency_key)
        self._die()
        return answer

    async def give_back(self, back: Back, idempotency_key: str) -> Answered:
        assert idempotency_key not in self.given, "what was given back is called again"
        answer = await super().give_back(back, idempotency_key)
        self._die()
        return answer

    def _die(self) -> None:
        if self.deaths:
            self.deaths -= 1
            raise Crash


async def a_world_that_charges(engine: AsyncEngine) -> tuple[Charged, DyingRail]:
    rail = DyingRail()
    world = await a_world(engine, LENDING)
    charged = Charged(world, ChargeDouble(world.now), ChargeRails({RailName.SANDBOX: lambda _: rail}))
    await charged.open(RailName.SANDBOX, {})
    return charged, rail


async def a_long_plan(charged: Charged) -> Plan:
    """Twelve instalments on twelve days, the first of them paid."""
    days = [charged.today + timedelta(days=number) for number in range(12)]
    plan = await charged.accept(1200_00, count=12, due=days)
    await charged.begin(plan)
    return await charged.plan(plan)


async def ends_at(monkeypatch: pytest.MonkeyPatch, end: str, place: int, step: Callable[[], Awaitable[object]]) -> bool:
    """Run a step that ends at a place; whether it passed untouched because it has fewer statements."""
    fault, after = ENDS[end]
    with failing(monkeypatch, fault, at=place, after=after) as done:
        try:
            await step()
        except (Crash, CancelledError, DBAPIError, ExceptionGroup):
            assert len(done) >= place
            return False
    return len(done) < place


def taken_of(rail: DyingRail, plan: Plan) -> int:
    """What was charged for a plan."""
    return sum(each.amount_minor for each in rail.taken.values() if each.plan_id == plan.id)


@pytest.mark.parametrize("end", ENDS)
async def test_an_instalment_whose_charge_ends_anywhere_is_taken_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    charged, rail = await a_world_that_charges(engine)
    plan = await a_long_plan(charged)
    for place in places_of(end):
        if (await charged.plan(plan)).state is PlanState.COMPLETED:
            assert taken_of(rail, plan) == 1200_00
            plan = await a_long_plan(charged)
        paid = sum(each.state is InstalmentState.PAID for each in (await charged.plan(plan)).instalments)
        await charged.pass_to(charged.today + timedelta(days=1))
        passed = await ends_at(monkeypatch, end, place, charged.collect)
        for _ in range(4):
            charged.world.clock.advance(timedelta(minutes=11))
            await charged.collect()
        stored = await charged.plan(plan)
        assert [each.state for each in stored.instalments[: paid + 1]] == [InstalmentState.PAID] * (paid + 1)
        assert taken_of(rail, plan) == (paid + 1) * 100_00
        assert {each.late_since for each in stored.instalments} == {None}
        if passed:
            break
    else:
        raise AssertionError(f"the worker did not pass in {STATEMENTS_MAX} attempts")
    assert place > 25
    await charged.world.audit()


@pytest.mark.parametrize("end", ENDS)
async def test_a_first_payment_that_ends_anywhere_begins_a_plan_or_none(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Whoever asks again is answered; what was charged begins its plan, with its sale and its cashback."""
    charged, rail = await a_world_that_charges(engine)
    for begun, place in enumerate(places_of(end), start=1):
        plan = await charged.accept(300_00)
        passed = await ends_at(monkeypatch, end, place, lambda: charged.begin(plan))  # noqa: B023, called at once
        for _ in range(3):
            charged.world.clock.advance(timedelta(minutes=11))
            await charged.collect()
            if (await charged.plan(plan)).state is PlanState.OPENING:
                await beginning.begin_first(charged.collector, charged.person(), plan.id, charged.now)
        stored = await charged.plan(plan)
        assert (stored.state, stored.purchase_id is None) == (PlanState.ACTIVE, False)
        assert taken_of(rail, plan) == 100_00
        assert await charged.world.rows("SELECT count(*), sum(amount)::bigint FROM rewards") == [(begun, begun * 30_00)]
        if passed:
            break
    else:
        raise AssertionError(f"the worker did not pass in {STATEMENTS_MAX} attempts")
    assert place > 25
    await charged.world.audit()


@pytest.mark.parametrize("end", ENDS)
async def test_money_back_that_ends_anywhere_is_given_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    charged, rail = await a_world_that_charges(engine)
    for plans, place in enumerate(places_of(end), start=1):
        plan = await charged.accept(300_00)
        await charged.begin(plan)
        async with charged.connection() as connection:
            snapshot = await charged.world.stage.road.snapshots.current(connection, charged.world.operator_id)
            held = await service.locked(connection, charged.world.operator_id, plan.id)
            await checkout.refund(connection, snapshot, charged.person(), held, 300_00, "all", charged.now)
        passed = await ends_at(monkeypatch, end, place, charged.collect)
        for _ in range(4):
            charged.world.clock.advance(timedelta(minutes=11))
            await charged.collect()
        stored = await charged.plan(plan)
        assert (stored.state, stored.to_return_minor) == (PlanState.REFUNDED, 0)
        assert sum(each.amount_minor for each in rail.given.values()) == plans * 100_00
        if passed:
            break
    else:
        raise AssertionError(f"the worker did not pass in {STATEMENTS_MAX} attempts")
    assert place > 25
    await charged.world.audit()


async def test_a_worker_that_dies_when_its_rail_has_charged_leaves_a_charge_that_is_looked_up(
    engine: AsyncEngine,
) -> None:
    charged, rail = await a_world_that_charges(engine)
    plans = [await a_long_plan(charged) for _ in range(4)]
    await charged.pass_to(charged.today + timedelta(days=1))
    rail.deaths = 3
    with pytest.raises(Crash):
        await charged.collect()
    charged.world.clock.advance(timedelta(minutes=11))
    await charged.collect()
    for plan in plans:
        assert taken_of(rail, plan) == 200_00
        assert (await charged.collections(plan))[-1].state is State.SUCCEEDED
    await charged.world.audit()


async def test_two_workers_and_a_shopper_who_pays_everything_take_nothing_twice(engine: AsyncEngine) -> None:
    """A due instalment and a payment of all that is left race: one is under way, the other is refused or finds less."""
    charged, rail = await a_world_that_charges(engine)
    for _ in range(6):
        plan = await a_long_plan(charged)
        await charged.pass_to(charged.today + timedelta(days=1))

        paying = [charged.ask(plan), charged.ask(plan)]
        first, second, *_ = await asyncio.gather(*paying, charged.collect(), charged.collect(), return_exceptions=True)
        refused = [each for each in (first, second) if not isinstance(each, Collection)]
        assert refused
        assert {each.code for each in refused if isinstance(each, Conflict)} <= {"collection_under_way", "nothing_owed"}
        assert all(isinstance(each, Conflict) for each in refused)
        for _ in range(3):
            charged.world.clock.advance(timedelta(minutes=11))
            await charged.collect()
        stored = await charged.plan(plan)
        assert taken_of(rail, plan) == 1200_00 - stored.owed_minor
        assert stored.excess_minor == 0
    await charged.world.audit()


CLOCKS = (
    (date(2027, 1, 31), [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]),
    (date(2028, 1, 31), [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]),
    (date(2027, 2, 26), [date(2027, 2, 26), date(2027, 3, 28), date(2027, 4, 27)]),
    (date(2027, 9, 30), [date(2027, 9, 30), date(2027, 10, 31), date(2027, 11, 30)]),
)


@pytest.mark.parametrize(("start", "due"), CLOCKS)
async def test_no_day_of_the_calendar_and_no_clock_skips_or_doubles(
    engine: AsyncEngine, start: date, due: list[date]
) -> None:
    """Month ends, a leap day, both days on which clocks are changed; workers whose clocks differ, one of them by an
    hour backwards."""
    charged, rail = await a_world_that_charges(engine)
    await charged.pass_to(start)
    plan = await charged.accept(due=due)
    await charged.begin(plan)
    for day in due[1:]:
        for minutes in (350, 365, 380, 500):
            at = datetime.combine(day, time(), PARIS) + timedelta(minutes=minutes)
            for skew in (timedelta(minutes=15), -timedelta(minutes=15), -timedelta(hours=1), timedelta()):
                await collect_due(charged.collector, charged.world.operator_id, (at + skew).astimezone(UTC))
    stored = await charged.plan(plan)
    assert stored.state is PlanState.COMPLETED
    assert taken_of(rail, plan) == 300_00
    assert len(await charged.collections(plan)) == 3
    paid = [each.paid_at.astimezone(PARIS).date() for each in stored.instalments if each.paid_at is not None]
    assert paid == due
    await charged.world.audit()
