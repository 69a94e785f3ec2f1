"""The console over HTTP without a network, with a member of the operator inside."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from builders import House
from portal_site import runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import csrf_in, entry_of_operator

from cashback.app import Application, build_app
from cashback.auth.roles import MemberRole
from cashback.runtime import Runtime

TAG = re.compile(r"<[^>]+>")


@dataclass(slots=True)
class Console:
    """The application of one operator's house, and the browser of somebody who works there."""

    app: Application
    runtime: Runtime
    house: House
    browser: httpx.AsyncClient
    csrf: str

    async def get(self, path: str, *, language: str = "en", **more: Any) -> httpx.Response:
        """A page, by its address below the operator, such as `/offers`."""
        return await self.browser.get(f"/{language}/operator{path}", **more)

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form that one of the console's own pages sends; redirects are not followed."""
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        form = {"csrf": self.csrf, **(data or {})}
        return await self.browser.post(f"/en/operator{path}", data=form, headers=headers, **more)


@asynccontextmanager
async def a_console(engine: AsyncEngine, house: House, role: MemberRole = MemberRole.ADMIN) -> AsyncIterator[Console]:
    """The console, opened by a link for somebody of this role."""
    runtime = runtime_of(engine, settings_of())
    app = build_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.running(), httpx.AsyncClient(transport=transport, base_url=runtime.settings.public_url) as browser:
        entered = await browser.get("/enter", params={"t": entry_of_operator(house, role), "l": "en"})
        assert entered.status_code == 303, entered.text
        csrf = csrf_in((await browser.get("/en/operator/profile")).text)
        yield Console(app, runtime, house, browser, csrf)
        await app.end_streams()


def text_of(page: str) -> str:
    """What a page says, without its tags, in one line."""
    return " ".join(TAG.sub(" ", page).split())


def rows_of(page: str) -> list[list[str]]:
    """The cells of a list, row by row."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [[text_of(cell) for cell in re.findall(r"<td.*?</td>", row, re.S)] for row in body.split("</tr>")[:-1]]
