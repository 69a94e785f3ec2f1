"""Shoppers with a history and a card, and questions about them, with boring defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import FIVE_PERCENT, SHOPPER, START, World, a_world, day, purchase

from cashback.actors import Actor, Scope, system
from cashback.decisions import accepting, asking, ficp, means, rulebooks
from cashback.decisions.accepting import Acceptance, Opened, Turned
from cashback.decisions.means import Declared
from cashback.decisions.rulebooks import Role
from cashback.decisions.schemas import Answered, Asked
from cashback.ids import show
from cashback.instalments.schemas import Settings
from cashback.instalments.settings import save as save_settings
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import card_facts
from cashback.shoppers.card_facts import CardFacts
from eligibility import Ficp, FicpStatus, Policy, encode, load_policy, shipped_policy
from eligibility.reading import plain

ASKED_ON = day(60, hour=4)
"""31 December 2026, long after the law of 20 November."""


def policy_with(name: str = "other", **figures: Any) -> bytes:
    """The shipped policy with some figures other."""
    value = plain(shipped_policy().figures) | figures | {"id": f"policy-{name}"}
    return encode(value)


def loaded(data: bytes) -> Policy:
    return load_policy(data)


@dataclass(slots=True)
class FakeFicp:
    """A lender: clear, unless told otherwise of a shopper."""

    lender: str = "Sandbox Lender"
    lends: bool = True
    listed: Mapping[str, FicpStatus] = field(default_factory=dict)
    answered: dict[str, Ficp] = field(default_factory=dict)

    async def consult(self, consultation: str, shopper: str, now: datetime, /) -> Ficp:
        """The same answer to the same consultation."""
        status = self.listed.get(shopper, FicpStatus.CLEAR)
        return self.answered.setdefault(
            consultation, Ficp(status=status, consulted_at=now, proof=f"sandbox:{consultation}")
        )


@dataclass(slots=True)
class House:
    """A world whose shoppers may be asked about. `lender` answers on the FICP."""

    world: World
    lender: FakeFicp = field(default_factory=FakeFicp)
    _keys: int = 0

    @property
    def actor(self) -> Actor:
        return system(self.world.operator_id, "tests")

    def person(self, name: str, *scopes: Scope) -> Actor:
        return Actor(self.world.operator_id, f"person:{name}", frozenset(scopes))

    @property
    def master(self) -> Any:
        return self.world.stage.road.keyring.master

    def key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    async def snapshot(self, connection: AsyncConnection) -> Snapshot:
        return await self.world.stage.road.snapshots.current(connection, self.world.operator_id)

    async def regular(self, shopper: str = SHOPPER, *, visits: int = 20, amount: int = 60_00, card: str = "") -> UUID:
        """A shopper who came every third day since the start, with a card of which everything is known."""
        card = card or f"card-of-{shopper}"
        shopper_id = await self.world.link(card, shopper, at=START)
        for number in range(visits):
            at = day(number * 3 + 1)
            shop = ("1001", "1002")[number % 2]
            bodies = purchase(f"{shopper}-{number}", amount, at=at, card=card, mid=shop)
            await self.world.tell(*bodies)
        await self.world.drain()
        await self.tell_card(shopper_id, card)
        return shopper_id

    async def tell_card(self, shopper_id: UUID, card: str, **facts: Any) -> None:
        known: dict[str, Any] = {"prepaid": False, "expires_on": date(2030, 1, 31), "strong_authentication": True}
        async with self.world.connection() as connection:
            card_id = await card_facts.card_of(connection, self.world.operator_id, shopper_id, "sandbox", card)
            told = CardFacts(card_id=card_id, source="tests", told_at=self.world.now, **known | facts)
            await card_facts.tell(connection, self.actor, shopper_id, told)

    async def declare(self, shopper_id: UUID, income: int | None = 2500_00, **more: Any) -> None:
        told = {"income_minor": income, "expenses_minor": 1000_00, "instalments_minor": 0} if income else {}
        declared = Declared(**{"of_age": True, "country": "FR"} | told | more)
        async with self.world.connection() as connection:
            await means.declare(connection, self.actor, self.master, shopper_id, declared, self.world.now)

    async def ask(self, shopper_id: UUID, amount: int = 90_00, **more: Any) -> Answered:
        """One question, the lender asked where its answer counts."""
        where = {} if "purchase_id" in more else {"shop": "cafe"}
        values: dict[str, Any] = {"key": self.key(), "currency": "EUR", "of_age": True, **where}
        asked = Asked(amount_minor=amount, **values | more)
        at = self.world.now
        async with self.world.connection() as connection:
            snapshot = await self.snapshot(connection)
            call = await asking.needs_lender(
                connection, snapshot, self.master, self.actor, shopper_id, asked, self.lender, at
            )
        if call is not None:
            told = await self.lender.consult(call.hex, show("shp", shopper_id), at)
            async with self.world.connection() as connection:
                await ficp.record(connection, shopper_id, call, told)
        async with self.world.connection() as connection:
            snapshot = await self.snapshot(connection)
            return await asking.ask(connection, snapshot, self.master, self.actor, shopper_id, asked, at)

    async def accept(self, answered: Answered, plan: str, **more: Any) -> Opened | Turned:
        if answered.decided.purchase_id is None:
            more = {"order_ref": f"order-of-{answered.decided.ref}", **more}
        acceptance = Acceptance(
            key=more.pop("key", None) or self.key(), decision_id=answered.decided.id, plan=plan, **more
        )
        async with self.world.connection() as connection:
            snapshot = await self.snapshot(connection)
            return await accepting.accept(connection, snapshot, self.master, self.actor, acceptance, self.world.now)

    async def load(self, role: Role, data: bytes | None, *, live_from: datetime | None = None) -> None:
        """Load rules and let a second person agree where one is needed."""
        writer, second = self.person("ada", Scope.PROGRAMME), self.person("bob", Scope.APPROVAL)
        now = self.world.now
        async with self.world.connection() as connection:
            rule = await rulebooks.load(connection, writer, role, data, words="as agreed", live_from=live_from, now=now)
            if rule.state == "waiting":
                await rulebooks.decide(connection, second, rule.id, approved=True, words="seen", now=now)

    async def audit(self) -> None:
        """What is due is done, and every invariant holds."""
        await self.world.pass_to(self.world.now)
        await self.world.audit()

    def pass_days(self, days: float) -> None:
        self.world.clock.move_to(self.world.now + timedelta(days=days))


async def a_house(engine: AsyncEngine, programme: str = FIVE_PERCENT) -> House:
    """A house on the day on which questions are asked."""
    house = House(await a_world(engine, programme))
    house.world.clock.move_to(ASKED_ON)
    async with house.world.connection() as connection:
        await save_settings(connection, house.actor, Settings(), house.world.now)
    return house
