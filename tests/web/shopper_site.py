"""The whole application around one shopper of an invented centre that pays out, lends and has offers to activate."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from builders import NOW, House, Shopper, a_house, a_purchase, a_shopper
from centre_lac import FIVE_PERCENT, TEN_POINTS
from plan_world import EXEMPT, LIGHT
from portal_site import runtime_of, settings_of
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import csrf_in, entry_of_shopper

from cashback import checkout
from cashback.actors import system
from cashback.app import Application, build_app
from cashback.collecting import opening as charging
from cashback.collecting.calling import Collector
from cashback.collecting.rounds import CHARGE_RAILS, collect_due
from cashback.collecting.schemas import RailName as ChargeRail
from cashback.db.engine import fetch, transaction
from cashback.ids import uuid7
from cashback.instalments import service as plans
from cashback.instalments import settings as plan_settings
from cashback.instalments.schemas import Accepted, Lender, Part, Plan, Settings, Way
from cashback.pipeline import Road
from cashback.programmes.connections import open_connection
from cashback.programmes.models import operators, programmes
from cashback.runtime import Runtime
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers
from cashback.shoppers.card_facts import CardFacts
from eligibility.schedule import Terms, schedule
from issuers.registry import ADAPTERS

IBAN = "FR1420041010050500013M02606"
PAYOUTS = {
    "payouts": {
        "cooling_hours": 24,
        "assets": [
            {
                "asset": "EUR",
                "minimum": "5.00",
                "rails": ["sepa", "gift_card"],
                "daily_cap_shopper": "100.00",
                "approval_above": "15.00",
            }
        ],
    }
}
WEEKEND = {
    "currency": "EUR",
    "name": {"en": "8% on books", "fr": "8 % sur les livres"},
    "promise": {"en": "8% back on books, once a month.", "fr": "8 % remboursés sur les livres, une fois par mois."},
    "conditions": [{"kind": "activated"}, {"kind": "categories", "categories": ["5942"]}],
    "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 800, "cap_per_purchase": 800},
    "limits": [{"measure": "times", "at_most": 1, "per": "shopper", "period": "month"}],
    "hold_days": 7,
}
FIFTH = {
    "currency": "EUR",
    "name": {"en": "Fifth visit", "fr": "Cinquième visite"},
    "conditions": [{"kind": "categories", "categories": ["5411"]}, {"kind": "stamp_card", "every": 5}],
    "reward": {"kind": "fixed", "asset": "EUR", "amount": 200},
}
OFFERED: Mapping[str, Mapping[str, Any]] = {
    "five-percent": FIVE_PERCENT,
    "ten-points": TEN_POINTS,
    "books": WEEKEND,
    "fifth-visit": FIFTH,
}


@dataclass(slots=True)
class App:
    """The application, its shopper, and a browser of theirs."""

    app: Application
    runtime: Runtime
    house: House
    shopper: Shopper
    browser: httpx.AsyncClient
    csrf: str

    @property
    def road(self) -> Road:
        return Road(self.runtime.keyring)

    async def get(self, path: str = "", language: str = "en") -> httpx.Response:
        """A page, by its address below the wallet."""
        return await self.browser.get(f"/{language}/wallet{path}")

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form that one of the app's own pages sends."""
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        form = {"csrf": self.csrf, **(data or {})}
        return await self.browser.post(f"/en/wallet{path}", data=form, headers=headers, **more)

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with transaction(self.runtime.engine, self.house.operator_id) as connection:
            return list(await fetch(connection, statement, values))

    async def work(self) -> None:
        """What the worker would charge now."""
        collector = Collector(self.runtime.engine, self.road, CHARGE_RAILS)
        await collect_due(collector, self.house.operator_id, self.runtime.clock.now())


async def a_lending_house(engine: AsyncEngine) -> House:
    """A centre that pays out by bank and gift card, runs plans, and charges simulated cards."""
    house = await a_house(engine, offered=OFFERED)
    runtime = runtime_of(engine, settings_of())
    actor = system(house.operator_id, "tests")
    async with transaction(engine, house.operator_id) as connection:
        own = programmes.c.operator_id == house.operator_id
        await connection.execute(update(programmes).where(own).values(document=PAYOUTS))
        own = operators.c.operator_id == house.operator_id
        await connection.execute(update(operators).where(own).values(mode="test"))
        await plan_settings.save(connection, actor, Settings(), NOW)
        master = runtime.keyring.master
        await charging.open_rail(connection, actor, master, ChargeRail.SANDBOX, {}, NOW)
        lender = {"url": charging.SIMULATED_LENDER, "token": "simulation"}
        await charging.open_lender(connection, actor, master, lender, NOW)
        await open_connection(
            connection, actor, slug=f"s{house.operator_id.hex[-12:]}", provider="sandbox",
            registered_url="http://portal.test/webhooks/sandbox", secret=b"whsec_dGVzdHRlc3R0ZXN0dGVzdA==",
            providers=ADAPTERS.keys(), master=master, now=NOW,
        )  # fmt: skip
    return house


async def a_regular(house: House, reference: str = "camille", **card: str) -> Shopper:
    """A shopper with a year of purchases and a card of which everything is known."""
    shopper = await a_shopper(house, reference=reference, **card)
    for week in range(1, 27):
        await a_purchase(
            shopper,
            minor=45_00 + week * 100,
            shop=("marche-frais", "maison-lumiere", "librairie-du-lac")[week % 3],
            at=NOW - timedelta(days=7 * week),
        )
    await a_purchase(shopper, minor=220_00, shop="maison-lumiere", at=NOW - timedelta(days=3))
    await a_purchase(shopper, minor=18_50, shop="atelier-coton", at=NOW - timedelta(days=1))
    async with transaction(house.engine, house.operator_id) as connection:
        await shoppers.lock(connection, [shopper.shopper_id])
        assert shopper.card_id is not None
        facts = CardFacts(
            card_id=shopper.card_id,
            prepaid=False,
            expires_on=date(2030, 1, 31),
            strong_authentication=True,
            source="tests",
            told_at=NOW,
        )
        await card_facts.tell(connection, system(house.operator_id, "tests"), shopper.shopper_id, facts)
    return shopper


TERMS = Terms(id="3x", count=3, every_days=24, fee_fixed_minor=0)


async def a_plan(
    shopper: Shopper, amount: int = 300_00, *, regime: str = LIGHT, began: bool = True, mandate: UUID | None = None
) -> Plan:
    """A plan of three instalments that the shopper has accepted at the checkout, its first one paid."""
    house, actor = shopper.house, system(shopper.house.operator_id, "tests")
    today = NOW.date()
    parts = [
        Part(due_on=each.due_on, principal_minor=each.principal_minor, fee_minor=each.fee_minor)
        for each in schedule(amount, TERMS, today)
    ]
    accepted = Accepted(
        shopper_id=shopper.shopper_id,
        key=f"plan-{uuid7(NOW).hex}",
        decision_id=uuid7(NOW),
        way=Way.CHECKOUT,
        lender=Lender.MERCHANT,
        shop_id=house.shop_ids["maison-lumiere"],
        order_ref=f"order-{uuid7(NOW).hex}",
        purchase_id=None,
        mandate_id=mandate,
        currency="EUR",
        parts=tuple(parts),
        terms={"id": "3x", "count": 3},
        regime=regime,
        is_credit=regime != EXEMPT,
        taeg_bps=0,
        concluded_on=today,
    )
    async with transaction(house.engine, house.operator_id) as connection:
        await shoppers.lock(connection, [shopper.shopper_id])
        plan = await plans.open_plan(connection, actor, accepted, Settings(), NOW)
        if not began:
            return plan
        active = await plans.activate(connection, actor, plan, NOW)
        snapshot = await Road(runtime_of(house.engine, settings_of()).keyring).snapshots.current(
            connection, house.operator_id
        )
        return await checkout.enter_sale(connection, snapshot, actor, active, NOW)


@asynccontextmanager
async def an_app(engine: AsyncEngine, house: House, shopper: Shopper) -> AsyncIterator[App]:
    """The application over HTTP without a network, with a shopper inside."""
    runtime = runtime_of(engine, settings_of())
    app = build_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.running(), httpx.AsyncClient(transport=transport, base_url=runtime.settings.public_url) as browser:
        await browser.get("/enter", params={"t": entry_of_shopper(shopper), "l": "en"})
        csrf = csrf_in((await browser.get("/en/wallet")).text)
        yield App(app, runtime, house, shopper, browser, csrf)
        await app.end_streams()
