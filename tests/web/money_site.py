"""A centre whose money desk has something in each queue, and the console of somebody who works there."""

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from builders import NOW, House, Shopper
from console_site import Console, a_console
from shopper_site import IBAN, a_lending_house, a_plan, a_regular
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import csrf_in, entry_of_operator

from cashback.actors import Actor, system
from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Asked as AdjustmentAsked
from cashback.adjustments.schemas import Kind, Reason
from cashback.auth import members
from cashback.auth.roles import SCOPES, MemberRole
from cashback.auth.sessions import member_name
from cashback.collecting.partners import ficp_of
from cashback.db.engine import fetch, transaction
from cashback.decisions import asking, ficp, means, reviewing
from cashback.decisions.means import Declared
from cashback.decisions.schemas import Asked as Question
from cashback.ids import parse, show, uuid7
from cashback.payouts import accounts, commands, opening, sepa_files
from cashback.payouts.schemas import Asked, Payout, RailName
from cashback.pipeline import Road
from cashback.programmes.service import load_programme
from cashback.shoppers import service as shoppers


@dataclass(slots=True)
class Desk:
    """The console of a house, its regular member, and what waits there."""

    console: Console
    shopper: Shopper
    road: Road
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def house(self) -> House:
        return self.console.house

    @property
    def engine(self) -> AsyncEngine:
        return self.house.engine

    def person(self, name: str, role: MemberRole = MemberRole.ADMIN) -> Actor:
        """Somebody else who works there."""
        return Actor(self.house.operator_id, f"person:{name}", SCOPES[role])

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with transaction(self.engine, self.house.operator_id) as connection:
            return list(await fetch(connection, statement, values))

    async def payout(self, amount: int, key: str) -> Payout:
        """The member asks for so much."""
        async with transaction(self.engine, self.house.operator_id) as connection:
            member = Actor(self.house.operator_id, "shopper:camille", frozenset(), self.shopper.shopper_id)
            asked = Asked(self.shopper.shopper_id, key, "EUR", amount, RailName.SEPA)
            return await commands.request(connection, member, asked, NOW)

    async def agreed(self, payout: Payout) -> None:
        """Somebody else agrees to it."""
        async with transaction(self.engine, self.house.operator_id) as connection:
            await commands.approve(connection, self.person("ada"), payout.id, words="Seen", now=NOW)

    async def adjustment(self, by: Actor | None = None, amount: int = 25_00) -> str:
        """An adjustment that waits for a second person."""
        async with transaction(self.engine, self.house.operator_id) as connection:
            programme = await load_programme(connection, self.house.operator_id)
            asked = AdjustmentAsked(uuid7(NOW).hex, Kind.GOODWILL, "EUR", amount, Reason.COMPLAINT, "A lost bag")
            actor = by or self.person("hugo", MemberRole.SUPPORT)
            made = await adjustments.ask(connection, actor, programme, self.shopper.shopper_id, asked, NOW)
            return show("adj", made.id)

    async def give(self, amount: int) -> None:
        """So much more in the member's wallet, as two people agreed."""
        adjustment_id = parse("adj", await self.adjustment(self.person("ada"), amount))
        async with transaction(self.engine, self.house.operator_id) as connection:
            await adjustments.approve(connection, self.person("eve"), adjustment_id, "Agreed", NOW)

    async def member(self, name: str, role: MemberRole) -> tuple[str, Actor]:
        """Somebody who was invited: their id and the actor they are."""
        async with transaction(self.engine, self.house.operator_id) as connection:
            made: UUID = await members.invite(
                connection,
                self.person("root"),
                self.road.keyring.master,
                address=f"{name}.{uuid7(NOW).hex[-8:]}@lac.example",
                name=name.capitalize(),
                role=role,
                now=NOW,
            )
        return show("mem", made), Actor(self.house.operator_id, member_name(made), SCOPES[role])

    async def contested(self) -> str:
        """A refused decision that the member asks people to look at again."""
        operator_id, master = self.house.operator_id, self.road.keyring.master
        actor = system(operator_id, "tests")
        said = Declared(
            of_age=True, country="FR", income_minor=1_450_00, expenses_minor=1_300_00, instalments_minor=0
        )  # fmt: skip
        asked = Question(
            key=f"q{uuid7(NOW).hex}", amount_minor=1_200_00, currency="EUR", shop="maison-lumiere", plans=("4x",)
        )
        async with transaction(self.engine, operator_id) as connection:
            await shoppers.lock(connection, [self.shopper.shopper_id])
            await means.declare(connection, actor, master, self.shopper.shopper_id, said, NOW)
            snapshot = await self.road.snapshots.current(connection, operator_id)
            lender, shopper_id = await ficp_of(connection, operator_id, master), self.shopper.shopper_id
            call = await asking.needs_lender(connection, snapshot, master, actor, shopper_id, asked, lender, NOW)
        if call is not None:
            told = await lender.consult(call.hex, show("shp", self.shopper.shopper_id), NOW)
            async with transaction(self.engine, operator_id) as connection:
                await ficp.record(connection, self.shopper.shopper_id, call, told)
        async with transaction(self.engine, operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, operator_id)
            answered = await asking.ask(connection, snapshot, master, actor, self.shopper.shopper_id, asked, NOW)
            assert answered.decided.outcome == "refused"
            review = await reviewing.contest(connection, master, actor, answered.decided.id, "I have a new job.", NOW)
            return review.ref

    async def file(self) -> str:
        """A file with everything that is ready, made by somebody else."""
        with tempfile.TemporaryDirectory() as folder:
            made = await sepa_files.make_file(
                self.engine, self.road.keyring, self.person("ada"), Path(folder, "f.xml"), NOW
            )
        return made.ref


@asynccontextmanager
async def a_money_desk(engine: AsyncEngine, role: MemberRole = MemberRole.ADMIN) -> AsyncIterator[Desk]:
    """The desk, its member with an account that has cooled, and the account that pays."""
    house = await a_lending_house(engine)
    shopper = await a_regular(house)
    async with a_console(engine, house, role) as console:
        desk = Desk(console, shopper, Road(console.runtime.keyring))
        await furnished(desk)
        yield desk


async def furnished(desk: Desk) -> None:
    """The account that pays, an account of the member's that has cooled, and something in their wallet."""
    actor, master = system(desk.house.operator_id, "tests"), desk.road.keyring.master
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        payer = {"name": "Centre Lac", "iban": IBAN}
        await opening.open_rail(connection, actor, master, RailName.SEPA, payer, NOW)
        told = {"iban": "FR7630006000011234567890189", "holder": "Camille Exemple"}
        before = NOW - timedelta(days=3)
        await accounts.add(connection, actor, master, desk.shopper.shopper_id, RailName.SEPA, told, before)
    await desk.give(200_00)


async def fill(desk: Desk) -> dict[str, str]:
    """Something in each queue: by name, the address of its page below the operator."""
    plan = await a_plan(desk.shopper)
    waiting = await desk.payout(20_00, "large")
    await desk.payout(6_00, "small")
    batch = await desk.file()
    ready = await desk.payout(7_00, "next")
    review, adjustment = await desk.contested(), await desk.adjustment()
    member, _ = await desk.member("nadia", MemberRole.FINANCE)
    line = (await desk.rows("SELECT id FROM audit_log ORDER BY id DESC LIMIT 1"))[0][0]
    return {
        "payouts": "/payouts",
        "payout": f"/payouts/{waiting.ref}",
        "ready": f"/payouts/{ready.ref}",
        "files": "/payouts/files",
        "file": f"/payouts/files/{batch}",
        "adjustments": "/adjustments",
        "adjustment": f"/adjustments/{adjustment}",
        "settlement": "/settlement",
        "preview": "/settlement/preview?period=2026-10&now=1",
        "seller": "/settlement/seller",
        "funders": "/funders",
        "funder": "/funders/operator",
        "bank": "/bank",
        "book": "/book",
        "charges": "/book/charges",
        "plan": f"/book/{plan.ref}",
        "decisions": "/decisions",
        "review": f"/decisions/{review}",
        "team": "/team",
        "member": f"/team/{member}",
        "audit": "/audit",
        "line": f"/audit/{show('aud', line)}",
    }


@asynccontextmanager
async def somebody(desk: Desk, role: MemberRole) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Another browser at the same console, for somebody of this role, and what its forms carry."""
    transport = httpx.ASGITransport(desk.console.app, raise_app_exceptions=False)
    base = desk.console.runtime.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=base) as browser:
        await browser.get("/enter", params={"t": entry_of_operator(desk.house, role), "l": "en"})
        yield browser, csrf_in((await browser.get("/en/operator/profile")).text)


LISTS = (
    "payouts", "files", "file", "adjustments", "settlement", "funders", "bank", "book", "charges", "plan", "decisions",
    "team", "audit",
)  # fmt: skip


def ids_in(page: str, prefix: str) -> list[str]:
    """Ids of a kind in a page, in their order, each once."""
    return list(dict.fromkeys(re.findall(rf"{prefix}_[0-9a-hjkmnp-tv-z]{{26}}", page)))
