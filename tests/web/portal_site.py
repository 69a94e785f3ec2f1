"""The whole application with its portal, over one of the invented centres, and a worker that is run by hand."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from builders import NOW, House, a_house
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import csrf_in, entry_of_operator

from cashback.app import Application, build_app
from cashback.auth.roles import MemberRole
from cashback.clock import HeldClock
from cashback.courier.rounds import Courier
from cashback.db.engine import transaction
from cashback.live import Live, LocalLive
from cashback.pipeline import Road, drain
from cashback.programmes.models import operators
from cashback.runtime import Runtime
from cashback.settings import Settings, read_settings
from cashback.wakeups import LocalWakeups
from webhooks.egress import Egress
from webhooks.schedule import Answer
from webhooks.sealing import KeyRing

ADDRESS = "http://portal.test"
SETTINGS = {
    "CASHBACK_MODE": "demo",
    "CASHBACK_PUBLIC_URL": ADDRESS,
    "CASHBACK_SESSION_KEY": b64encode(b"test key of 32 bytes, never used").decode(),
    "DATABASE_URL": "postgresql://elsewhere/nothing",
}


@dataclass(slots=True)
class Portal:
    """The application of one operator's house; `answers` says what its endpoints answer."""

    app: Application
    runtime: Runtime
    house: House
    browser: httpx.AsyncClient
    csrf: str
    answer: int = 200

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """A page, by its address below the portal in English."""
        return await self.browser.get(f"/en/developer/{path}", **more)

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form that one of the portal's own pages sends."""
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        form = {"csrf": self.csrf, **(data or {})}
        return await self.browser.post(f"/en/developer/{path}", data=form, headers=headers, **more)

    async def work(self) -> None:
        """What the worker would do now: the road, then the courier."""
        await drain(self.runtime.engine, Road(self.runtime.keyring), self.house.operator_id, NOW)
        courier = Courier(self.runtime.engine, self.runtime.keyring, self.runtime.clock, self._post)
        await courier.begin_round([self.house.operator_id])
        await courier.quiet()

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(self.answer, None, 12, "thank you")


def settings_of(**more: str) -> Settings:
    """Settings as the environment would give them."""
    return read_settings({**SETTINGS, **more})


async def a_test_house(engine: AsyncEngine) -> House:
    """A centre of the test mode."""
    house = await a_house(engine)
    async with transaction(engine, house.operator_id) as connection:
        await connection.execute(
            update(operators).where(operators.c.operator_id == house.operator_id).values(mode="test")
        )
    return house


def runtime_of(engine: AsyncEngine, settings: Settings, live: Live | None = None) -> Runtime:
    """What a process runs on, at a time that stands still."""
    keyring, egress = KeyRing(settings.master_key), Egress(loopback=True)
    return Runtime(settings, engine, HeldClock(NOW), keyring, LocalWakeups(), egress, live=live or LocalLive())


@asynccontextmanager
async def a_portal(engine: AsyncEngine, house: House, role: MemberRole = MemberRole.ADMIN) -> AsyncIterator[Portal]:
    """The portal over HTTP without a network, with a person of the operator inside."""
    runtime = runtime_of(engine, settings_of())
    app = build_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.running(), httpx.AsyncClient(transport=transport, base_url=runtime.settings.public_url) as browser:
        entered = await browser.get("/enter", params={"t": entry_of_operator(house, role), "l": "en", "p": "developer"})
        assert entered.headers["location"] == "/en/developer/start"
        csrf = csrf_in((await browser.get("/en/developer/start")).text)
        yield Portal(app, runtime, house, browser, csrf)
        await app.end_streams()
