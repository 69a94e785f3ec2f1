"""A world whose operator offers plans and charges cards over the double, and builders of what plans need."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from charge_double import BankCard, ChargeDouble
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import CENTRE, PARIS, SHOPPER, World, a_world

from cashback.actors import Actor, Scope
from cashback.collecting import asking, beginning, opening, storage
from cashback.collecting.beginning import First
from cashback.collecting.calling import Collector
from cashback.collecting.rails import ChargeRails
from cashback.collecting.rounds import collect_due
from cashback.collecting.sandbox_rail import SandboxRail
from cashback.collecting.schemas import Collection, Mandate, Payback, RailName
from cashback.collecting.stripe_rail import StripeChargeRail
from cashback.instalments import charge_news, service
from cashback.instalments import settings as plan_settings
from cashback.instalments.schemas import Accepted, Lender, Part, Plan, Settings, Way
from cashback.shoppers.service import lock
from issuers.adapter import Delivery
from issuers.registry import adapter
from issuers.stripe_charges_api import StripeChargesApi

LENDING = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}}
"""
)
KEY = "sk_test_0123456789"


def hasty(credentials: Mapping[str, str]) -> StripeChargeRail:
    """The rail of Stripe whose client repeats nothing by itself: each fault is seen."""
    url = credentials["base_url"]
    return StripeChargeRail(StripeChargesApi(KEY, base_url=url, network_retries=0, timeout_seconds=5))


HASTY = ChargeRails({RailName.STRIPE: hasty, RailName.SANDBOX: SandboxRail.opened})


@dataclass(slots=True)
class Charged:
    """A world that charges cards over a double of Stripe."""

    world: World
    stripe: ChargeDouble
    rails: ChargeRails = field(default_factory=lambda: HASTY)
    settings: Settings = field(default_factory=Settings)

    @property
    def now(self) -> datetime:
        return self.world.now

    @property
    def today(self) -> date:
        return self.now.astimezone(PARIS).date()

    @property
    def collector(self) -> Collector:
        return Collector(self.world.engine, self.world.stage.road, self.rails)

    def person(self, name: str = "ada") -> Actor:
        scopes = frozenset({Scope.MONEY, Scope.PROGRAMME, Scope.SHOPPERS, Scope.READ})
        return Actor(self.world.operator_id, f"person:{name}", scopes)

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.world.connection()

    async def shopper(self, name: str = SHOPPER) -> UUID:
        return await self.world.stage.shopper(name)

    async def open(self, rail: RailName = RailName.STRIPE, told: Mapping[str, str] | None = None) -> None:
        """Say how plans are run, and what cards are charged with."""
        given = {"api_key": KEY, "base_url": self.stripe.url} if told is None else told
        async with self.connection() as connection:
            await plan_settings.save(connection, self.person(), self.settings, self.now)
            master = self.world.stage.road.keyring.master
            await opening.open_rail(connection, self.person(), master, rail, given, self.now)

    async def accept(
        self,
        amount: int = 300_00,
        *,
        shopper: str = SHOPPER,
        count: int = 3,
        days: int = 30,
        fee: int = 0,
        due: list[date] | None = None,
        **more: Any,
    ) -> Plan:
        """A plan that a shopper accepted: equal parts, so many days apart, the first today."""
        size = amount // count
        dates = due or [self.today + timedelta(days=days * number) for number in range(count)]
        principals = [amount - size * (count - 1), *([size] * (count - 1))]
        parts = tuple(
            Part(due_on=day, principal_minor=part, fee_minor=fee if number == 0 else 0)
            for number, (day, part) in enumerate(zip(dates, principals, strict=True))
        )
        shop_id = (await self.world.rows("SELECT id FROM shops WHERE code = 'cafe'"))[0][0]
        accepted = Accepted(
            shopper_id=await self.shopper(shopper),
            key=more.pop("key", uuid4().hex),
            decision_id=uuid4(),
            way=more.pop("way", Way.CHECKOUT),
            lender=more.pop("lender", Lender.MERCHANT),
            shop_id=shop_id,
            order_ref=more.pop("order_ref", uuid4().hex),
            purchase_id=more.pop("purchase_id", None),
            mandate_id=more.pop("mandate_id", None),
            currency="EUR",
            parts=parts,
            terms={},
            regime="full",
            is_credit=True,
            taeg_bps=0,
            concluded_on=self.today,
        )
        async with self.connection() as connection:
            await self.world.stage.road.snapshots.current(connection, self.world.operator_id)
            await lock(connection, [accepted.shopper_id])
            return await service.open_plan(connection, self.person(), accepted, self.settings, self.now)

    async def begin(self, plan: Plan, **more: Any) -> First:
        return await beginning.begin_first(self.collector, self.person(), plan.id, self.now, **more)

    async def confirm(self, plan: Plan) -> First:
        return await beginning.confirm(self.collector, self.person(), plan.id, self.now)

    async def an_active_plan(self, card: str = "pm_ok", **more: Any) -> Plan:
        """A plan whose first payment was made with a card."""
        plan = await self.accept(**more)
        first = await self.begin(plan)
        assert first.secret is not None
        self.stripe.confirm(first.secret, card)
        await self.confirm(plan)
        return await self.plan(plan)

    async def collect(self) -> Mapping[str, int]:
        """One worker's round."""
        return await collect_due(self.collector, self.world.operator_id, self.now)

    async def pass_to(self, day: date, hour: int = 9) -> None:
        """Let time pass until the morning of a day, here and at Stripe."""
        at = datetime(day.year, day.month, day.day, hour, tzinfo=PARIS)
        await self.wait(at - self.now)

    async def wait(self, by: timedelta) -> None:
        self.world.clock.advance(by)
        self.stripe.advance(by)

    async def ask(self, plan: Plan, numbers: list[int] | None = None) -> Collection:
        """Pay some instalments early, or all that is left."""
        async with self.connection() as connection:
            held = await service.locked(connection, self.world.operator_id, plan.id)
            return await asking.ask(connection, self.person(), held, numbers, self.now)

    async def told(self, *, times: int = 1, reverse: bool = False) -> int:
        """Stripe's events, through the dialect and the step of the road that keeps them."""
        events, self.stripe.events = self.stripe.events * times, []
        facts = [
            fact
            for body in (reversed(events) if reverse else events)
            for fact in adapter("stripe_charges").parse(Delivery(body, {}))
        ]
        async with self.connection() as connection:
            await charge_news.take_news(connection, self.world.operator_id, facts, self.now)
        return len(facts)

    async def plan(self, plan: Plan) -> Plan:
        async with self.connection() as connection:
            return await service.find(connection, self.world.operator_id, plan.id)

    async def collections(self, plan: Plan) -> list[Collection]:
        async with self.connection() as connection:
            return await storage.of_plan(connection, plan.shopper_id, plan.id)

    async def paybacks(self, plan: Plan) -> list[Payback]:
        async with self.connection() as connection:
            return await storage.paybacks_of(connection, [(plan.shopper_id, plan.id)])

    async def mandates(self, shopper: str = SHOPPER) -> list[Mandate]:
        async with self.connection() as connection:
            return await storage.mandates_of(connection, await self.shopper(shopper))

    async def notices(self, shopper: str = SHOPPER) -> list[str]:
        found = await self.world.rows(
            "SELECT kind FROM notices WHERE shopper_id = $1 ORDER BY told_at, key", await self.shopper(shopper)
        )
        return [row[0] for row in found]

    async def states(self, plan: Plan) -> list[tuple[str, str, int]]:
        """Kind, state and amount of every collection, oldest first."""
        return [(each.kind.value, each.state.value, each.amount_minor) for each in await self.collections(plan)]

    async def audit(self) -> None:
        """The books are whole, and say what Stripe says."""
        await self.world.audit()
        held = await self.world.rows(
            "SELECT coalesce(sum(CASE WHEN credit = 'plans:collected' THEN amount ELSE -amount END), 0)::bigint "
            "FROM transfers WHERE 'plans:collected' IN (debit, credit)"
        )
        outside = await self.world.rows(
            "SELECT coalesce(sum(c.amount_minor), 0)::bigint FROM collections c WHERE c.state = 'succeeded' "
            "AND EXISTS (SELECT 1 FROM paybacks b WHERE b.collection_id = c.id AND b.why = 'cancelled' "
            "AND b.state <> 'succeeded')"
        )
        assert held[0][0] + outside[0][0] == self.stripe.taken()


async def charged_world(engine: AsyncEngine, stripe: ChargeDouble, **more: Any) -> Charged:
    """An operator who offers plans; `pm_ok` always pays."""
    charged = Charged(await a_world(engine, LENDING), stripe, settings=Settings(**more))
    stripe.cards["pm_ok"] = BankCard()
    await charged.open()
    return charged
