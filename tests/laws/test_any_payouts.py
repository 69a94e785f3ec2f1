"""Whatever is earned, refunded, paid out, refused, lost, returned and adjusted, in whatever order: no cent is lost.

Invariants, after every single step:
* the audit finds nothing: every asset sums to zero, nothing is below zero that may not be, each payout's transfers lead
  where its state says, what is in transit is the sum of the open payouts, each payout is paid once;
* a wallet is what its purchases entitle to and its adjustments, less what was paid: no cent is anywhere else.
At the end, when everything was looked up and told: each payout has ended in one state, and what the rail has carried
out and not sent back is exactly what the books call paid.

The rail remembers what it carried out by itself, and is asked nothing of it by the product that it does not tell.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from paid_world import Paid
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, START, World, a_world, purchase, refund

from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Asked as Adjusted
from cashback.adjustments.schemas import Kind
from cashback.adjustments.schemas import Reason as Why
from cashback.db.engine import open_engine
from cashback.errors import ProductError
from cashback.payouts import outcomes, storage
from cashback.payouts.fake_rail import FakeRail
from cashback.payouts.rails import (
    Accepted,
    Done,
    LookedUp,
    NotThere,
    Payment,
    Postponed,
    Recalled,
    Refused,
    Stranded,
    Submitted,
    TakenBack,
    Unknown,
)  # fmt: skip
from cashback.payouts.schemas import News, Outcome, RailName, State
from cashback.programmes.service import load_programme

ORDERS = ["accept", "done", "refuse", "busy", "lost_after", "lost_before", "strand"]
"""What the rail does with the next calls."""
EXAMPLES = 200 if os.environ.get("LAWS") == "thorough" else 4
SHOPPERS = ("anna", "ben")
Result = TypeVar("Result")

OFFERS = """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}, hold_days: 2, expires_after_days: 40,
     conditions: [%s]}
payouts:
  cooling_hours: 0
  assets: [{asset: EUR, minimum: "1.00", rails: stripe, automatic_at: "30.00", daily_cap_shopper: "60.00",
            daily_cap_operator: "90.00", approval_above: "25.00"}]
"""
PROGRAMMES = [
    CENTRE + OFFERS % "",
    CENTRE.replace('"1001"', '"0"').replace('"1002"', '"1001"').replace('"0"', '"1002"')
    + OFFERS % "{kind: shops, shops: [cafe]}",
]


class Bank(FakeRail):
    """A rail that does as it is told for the next call, and knows for itself what it has carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: deque[str] = deque()
        self.done: dict[str, Payment] = {}
        self.sent_back: set[str] = set()

    async def submit(self, payment: Payment, idempotency_key: str) -> Submitted:
        order = self.orders.popleft() if self.orders else "accept"
        answers: dict[str, Submitted] = {
            "accept": Accepted("r"), "done": Done("r"), "refuse": Refused("account_closed"),
            "busy": Postponed("busy"), "lost_after": Unknown("timeout"), "lost_before": Unknown("timeout"),
            "strand": Stranded("not_allowed"),
        }  # fmt: skip
        if order in ("accept", "done", "lost_after"):
            assert idempotency_key not in self.done, "carried out twice"
            self.done[idempotency_key] = payment
        return answers[order]

    async def look_up(self, payment: Payment, idempotency_key: str) -> LookedUp:
        if idempotency_key in self.sent_back:
            return Stranded("came_back")
        return Accepted("r") if idempotency_key in self.done else NotThere()

    async def take_back(self, payment: Payment, idempotency_key: str) -> Recalled:
        order = self.orders.popleft() if self.orders else ""
        return Postponed("busy") if order == "busy" else TakenBack()


class Payouts(RuleBasedStateMachine):
    """One operator, two shoppers, one rail."""

    url = ""
    ended: ClassVar[list[State]] = []
    """What became of all payouts of all lives."""

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.engine: AsyncEngine | None = None
        self.number = 0
        self.bought: list[tuple[str, str]] = []
        self.run(self._begin())

    async def _begin(self) -> None:
        self.engine = open_engine(self.url, pool_size=6)
        world: World = await a_world(self.engine, PROGRAMMES[0])
        self.bank = Bank()
        self.paid = Paid(world, self.bank)
        await self.paid.open_rail(RailName.STRIPE, {"api_key": "sk_test_0123456789"})
        for name in SHOPPERS:
            await world.link(f"card-{name}", name, at=START)
            await self.paid.account(RailName.STRIPE, {"account": f"acct_{name}000001"}, name)
            self.bought.append((name, f"first-{name}"))
            first = purchase(f"first-{name}", 400_00, at=START + timedelta(hours=1), card=f"card-{name}")
            await world.play(*first, at=START + timedelta(days=4))

    def run(self, work: Awaitable[Result]) -> Result:
        async def awaited() -> Result:
            return await work

        return self.runner.run(awaited())

    def try_(self, work: Awaitable[Any]) -> None:
        with suppress(ProductError):
            self.run(work)

    @property
    def world(self) -> World:
        return self.paid.world

    @rule(shopper=st.sampled_from(SHOPPERS), euros=st.sampled_from([20, 80, 300]))
    def earn(self, shopper: str, euros: int) -> None:
        self.number += 1
        ref, at = f"p{self.number}", self.world.now - timedelta(hours=1)
        mid = "1001" if self.number % 3 else "1002"
        self.bought.append((shopper, ref))
        self.run(self.world.play(*purchase(ref, euros * 100, at=at, card=f"card-{shopper}", mid=mid)))

    @rule(share=st.sampled_from([5_00, 80_00, 300_00]), place=st.integers(0, 20))
    def refund_one(self, share: int, place: int) -> None:
        if self.bought:
            self.number += 1
            shopper, ref = self.bought[place % len(self.bought)]
            body = refund(f"r{self.number}", share, at=self.world.now, of=ref, card=f"card-{shopper}")
            self.run(self.world.play(body))

    @rule(days=st.sampled_from([1, 3, 41]))
    def time_passes(self, days: int) -> None:
        self.run(self.world.pass_to(self.world.now + timedelta(days=days)))

    @rule(programme=st.sampled_from(range(len(PROGRAMMES))))
    def match_again(self, programme: int) -> None:
        async def work() -> None:
            await self.world.apply(PROGRAMMES[programme])
            await self.world.drain()

        self.run(work())

    @rule(
        wanted=st.lists(
            st.tuples(st.sampled_from(SHOPPERS), st.sampled_from([1_00, 7_50, 26_00])), min_size=1, max_size=3
        ),
        orders=st.lists(st.sampled_from(ORDERS), max_size=3),
    )
    def cash_out(self, wanted: list[tuple[str, int]], orders: list[str]) -> None:
        """Each is asked for twice; then the worker comes, whose rail does as it is told."""
        for shopper, amount in wanted:
            self.number += 1
            for _ in range(2):
                self.try_(self.paid.request(amount, shopper, key=f"k{self.number}"))
        self.work(orders)

    @rule(
        command=st.sampled_from(["cancel", "approve", "approve", "stop"]),
        place=st.integers(0, 20),
        who=st.sampled_from(["bob", "cleo"]),
    )
    def answer(self, command: str, place: int, who: str) -> None:
        payouts = self.run(self._payouts())
        if payouts:
            words = {} if command == "cancel" else {"words": "seen"}
            payout = payouts[place % len(payouts)]
            for _ in range(2):
                self.try_(self.paid.command(command, payout, self.paid.person(who), **words))

    @rule(orders=st.lists(st.sampled_from(ORDERS), max_size=3))
    def work(self, orders: list[str]) -> None:
        self.bank.orders = deque(orders)
        self.run(self.paid.pay())
        self.bank.orders.clear()

    @rule(minutes=st.sampled_from([2, 30, 1500]))
    def later(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        self.run(self.paid.pay())

    @rule(place=st.integers(0, 20), outcome=st.sampled_from(list(Outcome)), source=st.integers(0, 3))
    def told(self, place: int, outcome: Outcome, source: int) -> None:
        """The rail tells of something that it has carried out; what it says once it may say again."""
        payouts = {f"payout-{each.id.hex}": each for each in self.run(self._payouts())}
        known = [key for key in self.bank.done if key in payouts]
        if known:
            key = known[place % len(known)]
            if outcome is Outcome.FAILED:
                self.bank.sent_back.add(key)
            news = News(payouts[key].id, f"s{source}-{outcome}", outcome, "came_back", "r", self.world.now)
            self.run(self._tell([news, replace(news, told_at=self.world.now - timedelta(days=1))]))

    @rule(shopper=st.sampled_from(SHOPPERS), amount=st.sampled_from([5_00, -3_00]))
    def adjust(self, shopper: str, amount: int) -> None:
        self.number += 1
        self.try_(self._adjust(shopper, amount, f"a{self.number}"))

    @invariant()
    def the_books_are_whole(self) -> None:
        if not hasattr(self, "paid"):
            return
        report = self.run(self.world.report())
        assert report.breaches == []
        astray = self.run(self.world.rows(ASTRAY))
        assert astray == []

    def teardown(self) -> None:
        if not hasattr(self, "paid"):
            return
        try:
            self.run(self._settle())
        finally:
            assert self.engine is not None
            self.run(self.engine.dispose())
            self.runner.close()

    async def _settle(self) -> None:
        await self.world.apply(PROGRAMMES[0].replace(', automatic_at: "30.00"', ""))
        for _ in range(8):
            self.world.clock.advance(timedelta(hours=25))
            for each in await self._payouts():
                if each.state is State.WAITING_APPROVAL:
                    await self.paid.command("stop", each, words="nobody agrees")
            await self.paid.pay()
        payouts = {f"payout-{each.id.hex}": each for each in await self._payouts()}
        await self._tell(
            [
                News(
                    payouts[key].id,
                    "end",
                    Outcome.FAILED if key in self.bank.sent_back else Outcome.PAID,
                    "x",
                    "r",
                    self.world.now,
                )
                for key in self.bank.done
            ]
        )
        await self.paid.pay()
        ends = await self._payouts()
        self.ended.extend(each.state for each in ends)
        assert {each.state for each in ends} <= {
            State.PAID,
            State.FAILED,
            State.RETURNED,
            State.CANCELLED,
            State.STOPPED,
        }
        delivered = {key for key in self.bank.done if key not in self.bank.sent_back}
        assert delivered == {f"payout-{each.id.hex}" for each in ends if each.state is State.PAID}
        await self.world.drain()
        assert (await self.world.report()).breaches == []

    async def _payouts(self) -> list[Any]:
        async with self.world.connection() as connection:
            return await storage.listed(connection, self.world.operator_id, None, None, 1000)

    async def _tell(self, news: list[News]) -> None:
        async with self.world.connection() as connection:
            await storage.save_news(connection, self.world.operator_id, news, self.world.now)
        await outcomes.apply_news(self.world.engine, self.world.operator_id, self.world.now)

    async def _adjust(self, shopper: str, amount: int, key: str) -> None:
        shopper_id = await self.paid.shopper(shopper)
        asked = Adjusted(key=key, kind=Kind.CORRECTION, asset="EUR", amount=amount, reason=Why.TOLD_WRONG, words="x")
        async with self.world.connection() as connection:
            programme = await load_programme(connection, self.world.operator_id)
            made = await adjustments.ask(
                connection, self.paid.person("ada"), programme, shopper_id, asked, self.world.now
            )
            await adjustments.approve(connection, self.paid.person("bob"), made.id, "seen", self.world.now)


ASTRAY = """
SELECT b.shopper_id, b.pending + b.available + b.in_transit + b.paid + b.expired, r.amount, a.amount
FROM balances b
LEFT JOIN (SELECT shopper_id, sum(pending + available + expired) AS amount FROM rewards GROUP BY 1) AS r
    ON r.shopper_id = b.shopper_id
LEFT JOIN (SELECT shopper_id, sum(CASE credit WHEN 'shopper:available' THEN amount ELSE -amount END) AS amount
    FROM transfers WHERE key LIKE 'adjustment:%' GROUP BY 1) AS a ON a.shopper_id = b.shopper_id
WHERE b.asset = 'EUR' AND b.pending + b.available + b.in_transit + b.paid + b.expired
    <> coalesce(r.amount, 0) + coalesce(a.amount, 0)
"""


def test_any_sequence_of_payouts_keeps_every_cent(database_url: str) -> None:
    machine = type("PayoutsThere", (Payouts,), {"url": database_url, "ended": []})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
    assert machine.ended, "no payout was ever made"
