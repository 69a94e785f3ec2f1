"""A world whose programme pays out, with a rail that is a fake, and builders of what payouts need."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import CENTRE, SHOPPER, START, World, a_world, day, purchase

from cashback.actors import Actor, Scope
from cashback.payouts import accounts, commands, gifts, opening, sepa_files, storage
from cashback.payouts.fake_rail import FakeRail
from cashback.payouts.paying import pay_due
from cashback.payouts.rails import Rails
from cashback.payouts.schemas import Account, Asked, Payout, RailName, State
from cashback.programmes.service import load_programme

IBAN = "FR1420041010050500013M02606"
OTHER_IBAN = "DE89370400440532013000"
DEBTOR = {"name": "Le Quai SAS", "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP"}

PAYING = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}}
payouts:
  assets:
    - {asset: EUR, minimum: "5.00", rails: [sepa, stripe, gift_card], daily_cap_shopper: "100.00",
       daily_cap_operator: "150.00", approval_above: "50.00"}
"""
)


@dataclass(slots=True)
class Paid:
    """A world that pays, and its fake rails."""

    world: World
    rail: FakeRail = field(default_factory=FakeRail)

    @property
    def rails(self) -> Rails:
        return Rails({RailName.STRIPE: lambda _: self.rail})

    @property
    def now(self) -> datetime:
        return self.world.now

    def person(self, name: str = "ada") -> Actor:
        scopes = frozenset({Scope.MONEY, Scope.PROGRAMME, Scope.SHOPPERS, Scope.READ})
        return Actor(self.world.operator_id, f"person:{name}", scopes)

    async def shopper(self, name: str = SHOPPER) -> UUID:
        return await self.world.stage.shopper(name)

    async def earn(self, euros: int, shopper: str = SHOPPER, *, at: float = 1) -> None:
        """So many euros available, from one purchase of ten times as much."""
        await self.world.link(f"card-{shopper}", shopper, at=START)
        body = purchase(f"buy-{shopper}-{at}", euros * 1000, at=day(at), card=f"card-{shopper}")
        await self.world.play(*body, at=max(self.now, day(at + 2)))

    async def open_rail(self, rail: RailName, told: Mapping[str, str]) -> None:
        async with self.world.connection() as connection:
            await opening.open_rail(connection, self.person(), self.master, rail, told, self.now)

    @property
    def master(self) -> Any:
        return self.world.stage.road.keyring.master

    async def account(
        self, rail: RailName = RailName.SEPA, told: Mapping[str, str] | None = None, shopper: str = SHOPPER
    ) -> Account:
        given = told or {"iban": IBAN, "holder": "Anna Exemple"}
        shopper_id = await self.shopper(shopper)
        async with self.world.connection() as connection:
            return await accounts.add(connection, self.person(), self.master, shopper_id, rail, given, self.now)

    async def stripe_account(self, shopper: str = SHOPPER) -> Account:
        """Opens the rail and adds a connected account that has cooled."""
        await self.open_rail(RailName.STRIPE, {"api_key": "sk_test_0123456789"})
        made = await self.account(RailName.STRIPE, {"account": f"acct_{shopper}000001"}, shopper)
        self.world.clock.advance(timedelta(hours=25))
        return made

    async def request(
        self, amount: int, shopper: str = SHOPPER, *, key: str = "k1", actor: Actor | None = None, **more: Any
    ) -> Payout:
        asked = Asked(await self.shopper(shopper), key, more.pop("asset", "EUR"), amount, **more)
        async with self.world.connection() as connection:
            return await commands.request(connection, actor or self.person(), asked, self.now)

    async def command(self, name: str, payout: Payout, actor: Actor | None = None, **more: Any) -> Payout:
        """`cancel`, `approve` or `stop`."""
        async with self.world.connection() as connection:
            done: Payout = await getattr(commands, name)(
                connection, actor or self.person(), payout.id, now=self.now, **more
            )
            return done

    async def pay(self, **more: Any) -> Mapping[str, int]:
        keyring = self.world.stage.road.keyring
        return await pay_due(
            self.world.engine, keyring, self.world.operator_id, more.get("rails", self.rails), self.now
        )

    async def file(self, out: Path) -> sepa_files.Batch:
        keyring = self.world.stage.road.keyring
        return await sepa_files.make_file(self.world.engine, keyring, self.person(), out, self.now)

    async def stock(self, *lines: str) -> tuple[int, int]:
        data = "\n".join(("code,asset,amount,expires_on", *lines)).encode()
        async with self.world.connection() as connection:
            programme = await load_programme(connection, self.world.operator_id)
            return await gifts.import_codes(connection, self.person(), programme, self.master, data, self.now)

    async def stored(self, payout: Payout) -> Payout:
        async with self.world.connection() as connection:
            return (await storage.by_id(connection, self.world.operator_id, [payout.id]))[payout.id]

    async def state(self, payout: Payout) -> tuple[State, str | None]:
        now = await self.stored(payout)
        return now.state, now.reason

    async def wallet(self, shopper: str = SHOPPER) -> tuple[int, int, int]:
        """Available, in transit and paid, in cents."""
        found = await self.world.rows(
            "SELECT available, in_transit, paid FROM balances WHERE shopper_id = $1 AND asset = 'EUR'",
            await self.shopper(shopper),
        )
        return tuple(found[0]) if found else (0, 0, 0)

    async def told(self, shopper: str = SHOPPER) -> list[str]:
        found = await self.world.rows(
            "SELECT kind FROM notices WHERE shopper_id = $1 ORDER BY told_at, key", await self.shopper(shopper)
        )
        return [row[0] for row in found]

    async def audit(self) -> None:
        await self.world.audit()


@asynccontextmanager
async def a_connection(paid: Paid) -> AsyncIterator[AsyncConnection]:
    async with paid.world.connection() as connection:
        yield connection


async def paid_world(engine: AsyncEngine, programme: str = PAYING) -> Paid:
    return Paid(await a_world(engine, programme))
