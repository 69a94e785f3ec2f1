"""The whole application with somebody of the operator at its console; the worker runs by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from builders import House
from portal_site import runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import csrf_in, entry_of_operator, words

from cashback.app import Application, build_app
from cashback.audit import audit
from cashback.auth.roles import MemberRole
from cashback.db.engine import fetch, transaction
from cashback.ids import show
from cashback.pipeline import Road, drain
from cashback.runtime import Runtime


@dataclass(slots=True)
class Counter:
    """The console of one operator's house, opened by a member of some role."""

    app: Application
    runtime: Runtime
    house: House
    browser: httpx.AsyncClient
    csrf: str

    async def get(self, path: str, language: str = "en") -> httpx.Response:
        """A page, by its address below the operator."""
        return await self.browser.get(f"/{language}/operator{path}")

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form that one of the console's own pages sends."""
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        return await self.browser.post(
            f"/en/operator{path}", data={"csrf": self.csrf, **(data or {})}, headers=headers, **more
        )

    async def done(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> str:
        """The page that a form leads to; fails where the form was refused."""
        answer = await self.post(path, data, **more)
        assert answer.status_code == 303, answer.text
        return (await self.browser.get(answer.headers["location"])).text

    async def work(self) -> None:
        """What the worker would do now."""
        now = self.runtime.clock.now()
        await drain(self.runtime.engine, Road(self.runtime.keyring), self.house.operator_id, now)

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with transaction(self.runtime.engine, self.house.operator_id) as connection:
            return list(await fetch(connection, statement, values))

    async def breaches(self) -> list[str]:
        """What the audit of the books finds."""
        async with transaction(self.runtime.engine, self.house.operator_id) as connection:
            report = await audit(connection, self.house.operator_id, self.runtime.clock.now())
        return [str(each) for each in report.breaches]


@asynccontextmanager
async def at_the_counter(
    engine: AsyncEngine, house: House, role: MemberRole = MemberRole.ADMIN
) -> AsyncIterator[Counter]:
    """The console over HTTP without a network."""
    runtime = runtime_of(engine, settings_of())
    app = build_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.running(), httpx.AsyncClient(transport=transport, base_url=runtime.settings.public_url) as browser:
        await browser.get("/enter", params={"t": entry_of_operator(house, role), "l": "en"})
        csrf = csrf_in((await browser.get("/en/operator/live")).text)
        yield Counter(app, runtime, house, browser, csrf)
        await app.end_streams()


async def opened(counter: Counter, shopper_id: UUID, part: str = "") -> str:
    """The path of a file, once a reason was given."""
    path = f"/members/{show('shp', shopper_id)}"
    told = {"why": "missing", "words": "ticket 4711", "part": part}
    assert "Open because: A purchase or a reward is missing" in words(await counter.done(f"{path}/open", told))
    return path
