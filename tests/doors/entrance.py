"""A centre whose doors are tried: its admin Ada, its shopper Anna, and what browsers do to come in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from authenticator import Authenticator
from builders import NOW, House, Shopper, a_house, a_shopper
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import MASTER, Site, a_site, csrf_in

from cashback.actors import Actor, system
from cashback.auth import members
from cashback.auth.addresses import tell_address
from cashback.auth.oidc import Providers
from cashback.auth.roles import MemberRole
from cashback.db.engine import fetch, transaction

ADA, VERA, ANNA = "ada@centre.example", "vera@centre.example", "anna@shoppers.example"
OWN = {"origin": "https://pages.test", "host": "pages.test"}
MEMBERS, SHOPPERS = "/en/operator/sign-in", "/en/sign-in"


@dataclass(slots=True)
class Entrance:
    """One centre and its pages over https."""

    site: Site
    house: House
    anna: Shopper
    ada: UUID

    @property
    def engine(self) -> AsyncEngine:
        return self.house.engine

    @property
    def slug(self) -> str:
        return f"o{self.house.operator_id.hex}"

    @property
    def admin(self) -> Actor:
        return system(self.house.operator_id, "tests")

    async def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        async with transaction(self.engine, self.house.operator_id) as connection:
            return [tuple(row) for row in await fetch(connection, statement, parameters)]

    async def invite(self, address: str, role: MemberRole) -> UUID:
        async with transaction(self.engine, self.house.operator_id) as connection:
            return await members.invite(
                connection, self.admin, MASTER, address=address, name="Some Body", role=role, now=self.site.clock.now()
            )

    @asynccontextmanager
    async def browser(self, address: str = "127.0.0.1") -> AsyncIterator["Browser"]:
        """A browser without any cookie, at a network address."""
        transport = httpx.ASGITransport(app=self.site.app, raise_app_exceptions=False, client=(address, 5))
        async with httpx.AsyncClient(transport=transport, base_url="https://pages.test") as client:
            yield Browser(self, client)

    async def log(self, action: str) -> list[tuple[Any, ...]]:
        """Actor and detail of each line of the audit log with this action."""
        statement = "SELECT actor, detail::text FROM audit_log WHERE action = $1 ORDER BY id"
        return await self.rows(statement, action)


@dataclass(slots=True)
class Browser:
    """What a person does."""

    entrance: Entrance
    client: httpx.AsyncClient

    @property
    def query(self) -> str:
        return f"?centre={self.entrance.slug}"

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def token(self, page: str) -> str:
        """What the forms of a page carry."""
        return csrf_in((await self.get(page)).text)

    async def submit(self, path: str, page: str, **fields: str) -> httpx.Response:
        """Submit a form of a page."""
        return await self.client.post(path, data={"csrf": await self.token(page), **fields}, headers=OWN)

    async def ask_code(self, base: str, address: str) -> httpx.Response:
        """Ask for a code, and wait until the letter has left."""
        answer = await self.submit(base, base + self.query, centre=self.entrance.slug, address=address)
        await self.entrance.site.postbox.settle()
        return answer

    def code(self, digits: int = 8) -> str:
        """The code of the newest letter."""
        found = re.search(rf"\b[0-9]{{{digits}}}\b", self.entrance.site.mailbox.letters[-1].text)
        assert found is not None
        return found[0]

    async def enter_code(self, base: str, code: str) -> httpx.Response:
        page = f"{base}/code{self.query}"
        return await self.submit(page, page, code=code)

    async def sign_in(self, base: str, address: str) -> httpx.Response:
        """By a code, from the first page to the last."""
        await self.ask_code(base, address)
        return await self.enter_code(base, self.code())

    async def json(self, path: str, page: str, body: str = "{}") -> httpx.Response:
        """What the script of a page sends."""
        headers = {**OWN, "content-type": "application/json", "x-csrf-token": await self.token(page)}
        return await self.client.post(path, content=body, headers=headers)

    async def add_passkey(self, device: Authenticator, profile: str = "/en/operator/profile") -> httpx.Response:
        options = (await self.json(f"{profile}/passkeys/options", profile)).json()
        return await self.json(f"{profile}/passkeys", profile, device.create(options))

    async def challenge(self, base: str = MEMBERS) -> dict[str, Any]:
        asked = await self.json(f"{base}/passkey/options{self.query}", base + self.query)
        assert asked.status_code == 200, asked.text
        told: dict[str, Any] = asked.json()
        return told

    async def answer(self, answer: str, base: str = MEMBERS) -> httpx.Response:
        return await self.json(f"{base}/passkey{self.query}", base + self.query, answer)


async def an_entrance(engine: AsyncEngine, providers: Providers | None = None) -> Entrance:
    """A centre of its own, whose admin and shopper have addresses."""
    house = await a_house(engine)
    anna = await a_shopper(house)
    site = a_site(engine, demo=False, secure=True, providers=providers)
    made = Entrance(site, house, anna, house.operator_id)
    made.ada = await made.invite(ADA, MemberRole.ADMIN)
    async with transaction(engine, house.operator_id) as connection:
        await tell_address(connection, made.admin, MASTER, anna.shopper_id, ANNA, NOW)
    return made
