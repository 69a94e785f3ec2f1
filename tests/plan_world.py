"""A world whose shops sell in instalments, and builders of plans that shoppers accept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import FIVE_PERCENT, PARIS, SHOPPER, World, a_world, purchase

from cashback import checkout
from cashback.actors import Actor, Scope, system
from cashback.ids import uuid7
from cashback.instalments import easing, giving_up, passing, reading, remitting, service, settings
from cashback.instalments.schemas import Accepted, Behaviour, Lender, Part, Plan, Settings, Way
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers
from eligibility.schedule import Terms, schedule

EXEMPT, LIGHT, FULL = "exempt_50d", "light", "full"


@dataclass(slots=True)
class Plans:
    """A world that offers plans."""

    world: World
    settings: Settings = field(default_factory=Settings)
    _accepted: int = 0

    @property
    def now(self) -> datetime:
        return self.world.now

    @property
    def today(self) -> date:
        return self.now.astimezone(PARIS).date()

    @property
    def machine(self) -> Actor:
        return system(self.world.operator_id, "collecting")

    def person(self, name: str = "ada", *scopes: Scope) -> Actor:
        every = frozenset(scope for scope in Scope if scope is not Scope.SYSTEM)
        return Actor(self.world.operator_id, f"person:{name}", frozenset(scopes) or every)

    async def shop(self, code: str = "cafe") -> UUID:
        ((found,),) = await self.world.rows("SELECT id FROM shops WHERE code = $1", code)
        return UUID(str(found))

    async def accepted(self, amount: int = 300_00, *, count: int = 3, every: int | None = 24, fee: int = 0,
                       lender: Lender = Lender.MERCHANT, shopper: str = SHOPPER, regime: str = EXEMPT,
                       purchase: UUID | None = None, **more: Any) -> Accepted:  # fmt: skip
        """A quote as the product makes it, which a shopper accepts today."""
        self._accepted += 1
        terms = Terms(id=f"{count}x", count=count, every_days=every, fee_fixed_minor=fee)
        parts = [
            Part(due_on=each.due_on, principal_minor=each.principal_minor, fee_minor=each.fee_minor)
            for each in schedule(amount, terms, self.today)
        ]
        told: dict[str, Any] = {
            "shopper_id": await self.world.stage.shopper(shopper), "key": f"key-{self._accepted}",
            "decision_id": uuid7(self.now), "way": Way.CHECKOUT if purchase is None else Way.AFTER_PURCHASE,
            "lender": lender, "shop_id": await self.shop(),
            "order_ref": f"order-{self._accepted}" if purchase is None else None, "purchase_id": purchase,
            "mandate_id": uuid7(self.now), "currency": "EUR", "parts": tuple(parts),
            "terms": {"id": terms.id, "count": count}, "regime": regime, "is_credit": regime != EXEMPT, "taeg_bps": 0,
            "concluded_on": self.today,
        }  # fmt: skip
        return Accepted(**told | more)

    async def open(self, *accepted: Accepted, **more: Any) -> Plan:
        """Accept one."""
        quote = accepted[0] if accepted else await self.accepted(**more)
        async with self.world.connection() as connection:
            await shoppers.lock(connection, [quote.shopper_id])
            return await service.open_plan(connection, self.person(), quote, self.settings, self.now)

    async def begin(self, plan: Plan) -> Plan:
        """The first instalment is paid: one transaction, as the one who charges the card makes it."""
        async with self.world.connection() as connection:
            snapshot = await self.snapshot(connection)
            found = await service.locked(connection, self.world.operator_id, plan.id)
            active = await service.activate(connection, self.machine, found, self.now)
            return await checkout.enter_sale(connection, snapshot, self.machine, active, self.now)

    async def begun(self, **more: Any) -> Plan:
        return await self.begin(await self.open(**more))

    async def split(self, euros: int = 300, **more: Any) -> Plan:
        """A purchase that was recognised is split, lent by the partner."""
        ref = f"split-{self._accepted}"
        await self.world.play(*purchase(ref, euros * 100, at=self.now), at=self.now)
        ((found,),) = await self.world.rows("SELECT id FROM purchases WHERE purchase_ref = $1", ref)
        quote = await self.accepted(euros * 100, lender=Lender.PARTNER, regime=LIGHT, purchase=UUID(str(found)), **more)
        return await self.begin(await self.open(quote))

    async def snapshot(self, connection: AsyncConnection) -> Snapshot:
        return await self.world.stage.road.snapshots.current(connection, self.world.operator_id)

    async def do(self, name: str, plan: Plan, *told: Any, actor: Actor | None = None, **more: Any) -> Plan:
        """One command on a plan as it stands, in a transaction of its own."""
        module = next(each for each in (service, easing, giving_up) if hasattr(each, name))
        async with self.world.connection() as connection:
            found = await service.locked(connection, self.world.operator_id, plan.id)
            done: Plan = await getattr(module, name)(
                connection, actor or self.machine, found, *told, now=self.now, **more
            )
            return done

    async def refund(self, plan: Plan, minor: int, key: str = "r1", actor: Actor | None = None) -> Plan:
        async with self.world.connection() as connection:
            snapshot = await self.snapshot(connection)
            found = await service.locked(connection, self.world.operator_id, plan.id)
            return await checkout.refund(connection, snapshot, actor or self.person(), found, minor, key, self.now)

    async def withdraw(self, plan: Plan, actor: Actor | None = None) -> Plan:
        async with self.world.connection() as connection:
            snapshot = await self.snapshot(connection)
            found = await service.locked(connection, self.world.operator_id, plan.id)
            return await checkout.withdraw(connection, snapshot, actor or self.person(), found, self.now)

    async def pass_days(self) -> int:
        async with self.world.connection() as connection:
            return await passing.pass_days(connection, self.world.operator_id, self.now)

    async def remit(self, account: str, minor: int, key: str = "m1") -> int:
        async with self.world.connection() as connection:
            return await remitting.remit(connection, self.person(), account, "EUR", minor, key, self.now)

    async def read(self, plan: Plan) -> Plan:
        async with self.world.connection() as connection:
            return await service.find(connection, self.world.operator_id, plan.id)

    async def behaviour(self, shopper: str = SHOPPER) -> Behaviour:
        shopper_id = await self.world.stage.shopper(shopper)
        async with self.world.connection() as connection:
            return (await reading.behaviours(connection, [shopper_id], self.now))[shopper_id]

    async def books(self) -> dict[str, int]:
        """What stands on the accounts of plans, in minor units: what entered less what left; shops by their code."""
        rows = await self.world.rows(BOOKS)
        codes = {f"payable:shop:{each.hex}": code for each, code in await self.world.rows("SELECT id, code FROM shops")}
        return {codes.get(account, account): int(amount) for account, amount in rows if amount}

    async def audit(self) -> None:
        """Everything that waits is done, and every invariant holds."""
        await self.world.drain()
        await self.world.audit()

    async def told(self) -> list[str]:
        """Kinds of what Anna was told of plans, in order."""
        rows = await self.world.rows(
            "SELECT kind FROM notices WHERE kind LIKE 'plan%' OR kind LIKE 'instalment%' ORDER BY told_at, key"
        )
        return [kind for (kind,) in rows]


BOOKS = """
SELECT account, sum(amount) FROM (SELECT credit AS account, amount FROM transfers WHERE key LIKE 'plan:%'
    UNION ALL SELECT debit, -amount FROM transfers WHERE key LIKE 'plan:%') AS sides GROUP BY account ORDER BY account
"""


def stands(plan: Plan) -> list[tuple[int, int, str]]:
    """What each instalment is of now, what was paid of it, and where it stands."""
    return [(each.principal_minor + each.fee_minor, each.paid_minor, each.state.value) for each in plan.instalments]


def days(plan: Plan) -> Sequence[date]:
    return [each.due_on for each in plan.instalments]


async def plan_world(engine: AsyncEngine, programme: str = FIVE_PERCENT, **told: Any) -> Plans:
    """Anna's card is linked, and the operator offers plans."""
    made = Plans(await a_world(engine, programme), Settings(**told))
    await made.world.link()
    async with made.world.connection() as connection:
        await settings.save(connection, made.person(), made.settings, made.now)
    return made
