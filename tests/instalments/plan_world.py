"""A world whose shops sell in instalments, and builders of plans that shoppers accept."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, PARIS, SHOPPER, World, a_world

from cashback.actors import Actor, Scope, system
from cashback.ids import uuid7
from cashback.instalments import service, settings
from cashback.instalments.schemas import Accepted, Lender, Part, Plan, Settings, Way
from eligibility.schedule import Terms, schedule

EXEMPT, LIGHT = "exempt_50d", "light"


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

    def person(self, name: str = "ada") -> Actor:
        scopes = frozenset(scope for scope in Scope if scope is not Scope.SYSTEM)
        return Actor(self.world.operator_id, f"person:{name}", scopes)

    async def shop(self, code: str = "cafe") -> UUID:
        ((found,),) = await self.world.rows("SELECT id FROM shops WHERE code = $1", code)
        return UUID(str(found))

    async def accepted(self, amount: int = 300_00, *, count: int = 3, every: int | None = 24, fee: int = 0,
                       way: Way = Way.CHECKOUT, lender: Lender = Lender.MERCHANT, shopper: str = SHOPPER,
                       regime: str = EXEMPT, purchase: UUID | None = None, **more: Any) -> Accepted:  # fmt: skip
        """A quote as the product makes it, which a shopper accepts today."""
        self._accepted += 1
        terms = Terms(id=f"{count}x", count=count, every_days=every, fee_fixed_minor=fee)
        parts = [
            Part(due_on=each.due_on, principal_minor=each.principal_minor, fee_minor=each.fee_minor)
            for each in schedule(amount, terms, self.today)
        ]
        told: dict[str, Any] = {
            "shopper_id": await self.world.stage.shopper(shopper), "key": f"key-{self._accepted}",
            "decision_id": uuid7(self.now), "way": way, "lender": lender, "shop_id": await self.shop(),
            "order_ref": f"order-{self._accepted}" if way is Way.CHECKOUT else None, "purchase_id": purchase,
            "mandate_id": uuid7(self.now), "currency": "EUR", "parts": tuple(parts),
            "terms": {"id": terms.id, "count": count}, "regime": regime, "is_credit": regime != EXEMPT, "taeg_bps": 0,
            "concluded_on": self.today,
        }  # fmt: skip
        return Accepted(**told | more)

    async def open(self, **more: Any) -> Plan:
        """Accept one."""
        accepted = await self.accepted(**more)
        async with self.world.connection() as connection:
            await storage_lock(connection, accepted.shopper_id)
            return await service.open_plan(connection, self.person(), accepted, self.settings, self.now)

    async def do(self, name: str, plan: Plan, *arguments: Any, actor: Actor | None = None, **more: Any) -> Plan:
        """One function of the service on a plan as it stands, in a transaction of its own."""
        async with self.world.connection() as connection:
            now = await service.locked(connection, self.world.operator_id, plan.id)
            done: Plan = await getattr(service, name)(
                connection, actor or self.machine, now, *arguments, now=self.now, **more
            )
            return done

    async def read(self, plan: Plan) -> Plan:
        async with self.world.connection() as connection:
            return await service.find(connection, self.world.operator_id, plan.id)

    async def books(self, shopper: str | None = None) -> dict[str, int]:
        """What stands on the accounts of plans, in minor units: what entered less what left; shops by their code."""
        rows = await self.world.rows(BOOKS)
        codes = {f"payable:shop:{each.hex}": code for each, code in await self.world.rows("SELECT id, code FROM shops")}
        return {codes.get(account, account): int(amount) for account, amount in rows if amount}


BOOKS = """
SELECT account, sum(amount) FROM (SELECT credit AS account, amount FROM transfers WHERE key LIKE 'plan:%'
    UNION ALL SELECT debit, -amount FROM transfers WHERE key LIKE 'plan:%') AS sides GROUP BY account ORDER BY account
"""


async def storage_lock(connection: Any, shopper_id: UUID) -> None:
    from cashback.shoppers.service import lock

    await lock(connection, [shopper_id])


async def plan_world(engine: AsyncEngine, programme: str = FIVE_PERCENT, **told: Any) -> Plans:
    """Anna's card is linked, and the operator offers plans."""
    made = Plans(await a_world(engine, programme), Settings(**told))
    await made.world.link()
    async with made.world.connection() as connection:
        await settings.save(connection, made.person(), made.settings, made.now)
    return made
