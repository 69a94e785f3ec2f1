"""Whatever is accepted, paid, refused, paid early, refunded, paused, moved, withdrawn, given up and recovered, in any
order and each thing twice: no cent is lost, and nobody owes more than they agreed to.

After every step the whole audit finds nothing, and
* what is left of the principal and what was refunded are the amount of each plan;
* exposure is the open principal of plans that are open;
* nothing that an instalment is of grows, but by the late fee that was agreed to.
At the end everything that is owed is paid and everything that is to go back goes back: what was collected is what the
sales were of, and the fees.
"""

import asyncio
import os
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from plan_world import EXEMPT, LIGHT, Plans, plan_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import refund

from cashback.db.engine import open_engine
from cashback.errors import ProductError
from cashback.instalments import storage
from cashback.instalments.schemas import Lender, Plan, PlanState, RefundPolicy, Way

EXAMPLES = 200 if os.environ.get("LAWS") == "thorough" else 5
STEPS = 14
Result = TypeVar("Result")
PLACES = st.integers(0, 20)
ENDED = {PlanState.COMPLETED, PlanState.WITHDRAWN, PlanState.REFUNDED, PlanState.CANCELLED, PlanState.WRITTEN_OFF}


class Lives(RuleBasedStateMachine):
    """One operator and one shopper with several plans."""

    url = ""
    ended: ClassVar[list[PlanState]] = []
    """What became of all plans of all lives."""

    @initialize(policy=st.sampled_from(RefundPolicy), late_fee=st.sampled_from([0, 0, 4_00]))
    def begin(self, policy: RefundPolicy, late_fee: int) -> None:
        self.runner = asyncio.Runner()
        self.engine: AsyncEngine | None = None
        self.number = 0
        self.most: dict[tuple[Any, int], int] = {}
        self.splits: dict[Any, str] = {}
        self.run(self._begin(policy, late_fee))

    async def _begin(self, policy: RefundPolicy, late_fee: int) -> None:
        self.engine = open_engine(self.url, pool_size=4)
        self.plans: Plans = await plan_world(self.engine, refund_policy=policy, late_fee_minor=late_fee)
        await self.plans.begun()

    def run(self, work: Awaitable[Result]) -> Result:
        async def awaited() -> Result:
            return await work

        return self.runner.run(awaited())

    def twice(self, work: Any) -> None:
        """The same thing again is the same thing, or is refused; it never moves anything."""
        with suppress(ProductError):
            self.run(work())
        before = self.run(self._standing())
        with suppress(ProductError):
            self.run(work())
        assert self.run(self._standing()) == before

    async def _standing(self) -> object:
        rows = await self.plans.world.rows("SELECT count(*) FROM transfers")
        return rows, [(each.state, each.instalments, each.refunded_minor) for each in await self._all()]

    async def _all(self) -> list[Plan]:
        shopper_id = await self.plans.world.stage.shopper("anna")
        async with self.plans.world.connection() as connection:
            return sorted(await storage.of_shoppers(connection, [shopper_id]), key=lambda each: each.id)

    def one(self, place: int, *states: str) -> Plan | None:
        found = [each for each in self.run(self._all()) if not states or each.state.value in states]
        return found[place % len(found)] if found else None

    @rule(amount=st.sampled_from([3_00, 100_01, 999_99]), count=st.integers(2, 4), fee=st.sampled_from([0, 1_50]),
          credit=st.booleans(), begins=st.sampled_from([True, True, False]))  # fmt: skip
    def buy(self, amount: int, count: int, fee: int, credit: bool, begins: bool) -> None:
        told = {"regime": LIGHT, "lender": Lender.PARTNER, "fee": fee} if credit else {"regime": EXEMPT}
        amount = max(amount, count * 100)
        plan = self.run(self.plans.open(amount=amount, count=count, every=15, **told))
        if begins:
            self.twice(lambda: self.plans.begin(plan))

    @rule()
    def split(self) -> None:
        self.number += 1
        plan = self.run(self.plans.split(120))
        rows = self.run(self.plans.world.rows("SELECT purchase_ref FROM purchases WHERE id = $1", plan.purchase_id))
        self.splits[plan.id] = rows[0][0]

    @rule(place=PLACES, number=st.integers(1, 4), share=st.sampled_from([1, 1, 2]))
    def pay(self, place: int, number: int, share: int) -> None:
        """What a card was charged, whatever became of the plan since: nothing is refused that was taken."""
        plan = self.one(place)
        if plan and plan.state is not PlanState.OPENING and number <= len(plan.instalments):
            minor = max(1, (plan.numbered(number).planned_minor) // share)
            self.run(self.plans.do("collected", plan, {number: minor}))

    @rule(place=PLACES, retry=st.booleans())
    def refuse(self, place: int, retry: bool) -> None:
        plan = self.one(place, "active")
        if plan:
            numbers = [each.number for each in plan.instalments if each.owed_minor]
            told = {"reason": "insufficient_funds", "retry": retry}
            self.run(self.plans.do("failed", plan, numbers, self.plans.settings, **told))

    @rule(place=PLACES, percent=st.sampled_from([1, 40, 100]))
    def refund(self, place: int, percent: int) -> None:
        plan = self.one(place)
        if plan:
            self.number += 1
            key, minor = f"r{self.number}", max(1, (plan.amount_minor - plan.refunded_minor) * percent // 100)
            self.twice(lambda: self.plans.refund(plan, minor, key))

    @rule(place=PLACES, minor=st.sampled_from([5_00, 120_00]))
    def refund_at_the_network(self, place: int, minor: int) -> None:
        if self.splits:
            self.number += 1
            ref = sorted(self.splits.values())[place % len(self.splits)]
            self.run(self.plans.world.play(refund(f"n{self.number}", minor, at=self.plans.now, of=ref)))

    @rule(place=PLACES, command=st.sampled_from(["pause", "withdraw", "cancel", "lender_paid", "write_off"]))
    def command(self, place: int, command: str) -> None:
        plan = self.one(place)
        if plan is None:
            return
        if command == "withdraw":
            self.twice(lambda: self.plans.withdraw(plan))
        elif command == "write_off":
            with suppress(ProductError):
                self.run(self.plans.do("write_off", plan, "gone", actor=self.plans.person("ada")))
            self.twice(lambda: self.plans.do("write_off", plan, "gone", actor=self.plans.person("bob")))
        else:
            told = ("lapsed",) if command == "cancel" else ()
            self.twice(lambda: self.plans.do(command, plan, *told))

    @rule(place=PLACES, number=st.integers(2, 4), by=st.integers(-3, 14))
    def move_a_day(self, place: int, number: int, by: int) -> None:
        plan = self.one(place, "active")
        if plan and number <= len(plan.instalments):
            day = plan.numbered(number).due_on + timedelta(days=by)
            self.twice(lambda: self.plans.do("move_day", plan, number, day))

    @rule(place=PLACES)
    def give_back(self, place: int) -> None:
        owing = [each for each in self.run(self._all()) if each.to_return_minor]
        if owing:
            plan = owing[place % len(owing)]
            self.twice(lambda: self.plans.do("returned", plan, plan.to_return_minor))

    @rule()
    def pass_on(self) -> None:
        self.number += 1
        self.run(self._pass_on())

    async def _pass_on(self) -> None:
        accounts = [f"payable:shop:{(await self.plans.shop()).hex}", "payable:lender"]
        for account in accounts:
            left = sum(each for each in await self._left(account))
            if left:
                assert await self.plans.remit(account, left, f"m{self.number}{account}")
                assert await self.plans.remit(account, left, f"m{self.number}{account}") == 0

    async def _left(self, account: str) -> list[int]:
        return [
            sum(part.paid_minor - min(part.paid_minor, part.fee_minor) for part in each.instalments)
            - each.remitted_minor
            for each in await self._all()
            if (account == "payable:lender") == (each.funded_at is not None)
        ]

    @rule(days=st.sampled_from([1, 10, 31, 95]))
    def time_passes(self, days: int) -> None:
        self.run(self.plans.world.pass_to(self.plans.now + timedelta(days=days)))
        self.run(self.plans.pass_days())
        assert self.run(self.plans.pass_days()) == 0

    @invariant()
    def the_books_are_whole(self) -> None:
        if not hasattr(self, "plans"):
            return
        assert self.run(self.plans.world.report()).breaches == []
        plans = self.run(self._all())
        exposed = 0
        for plan in plans:
            parts = plan.instalments
            assert sum(each.principal_minor for each in parts) + plan.refunded_minor == plan.amount_minor
            assert plan.way is Way.CHECKOUT or plan.refunded_minor == 0
            late = 2 if plan.state in (PlanState.ACTIVE, PlanState.WRITTEN_OFF) else 0
            assert (
                sum(each.fee_minor for each in parts) <= plan.fee_minor + late * 2 * self.plans.settings.late_fee_minor
            )
            for each in parts:
                assert each.principal_minor <= self.most.get((plan.id, each.number), each.planned_minor)
                self.most[plan.id, each.number] = each.principal_minor
            if plan.state in (PlanState.OPENING, PlanState.ACTIVE):
                exposed += sum(each.open_principal_minor for each in parts)
        assert self.run(self.plans.behaviour()).exposure_minor == exposed

    def teardown(self) -> None:
        if not hasattr(self, "plans"):
            return
        try:
            self.run(self._end())
        finally:
            assert self.engine is not None
            self.run(self.engine.dispose())
            self.runner.close()

    async def _end(self) -> None:
        for plan in await self._all():
            if plan.state is PlanState.OPENING:
                await self.plans.do("cancel", plan, "lapsed")
            elif plan.owed_minor:
                await self.plans.do("collected", plan, {each.number: each.owed_minor for each in plan.instalments})
        for plan in await self._all():
            if plan.to_return_minor:
                await self.plans.do("returned", plan, plan.to_return_minor)
        self.number += 1
        await self._pass_on()
        plans = await self._all()
        self.ended.extend(each.state for each in plans)
        assert {each.state for each in plans} <= ENDED
        books = await self.plans.books()
        lost = books.pop("plans:written_off", 0)
        owed = books.pop("cafe", 0) + books.pop("payable:lender", 0)
        kept = books.pop("plans:collected", 0)
        assert kept + books.pop("plans:fees", 0) + owed + lost == 0
        assert books == {}
        assert lost == sum(
            part.principal_minor + part.fee_minor - part.paid_minor
            for each in plans if each.state is PlanState.WRITTEN_OFF for part in each.instalments
        )  # fmt: skip
        await self.plans.world.drain()
        assert (await self.plans.world.report()).breaches == []


def test_any_life_of_plans_keeps_every_cent(database_url: str) -> None:
    machine = type("LivesThere", (Lives,), {"url": database_url, "ended": []})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
    assert machine.ended, "no plan was ever made"
