"""One application for all tests of offers, and the browsers of people of several operators and roles on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from builders import House
from console_site import Console
from web_site import csrf_in, entry_of_operator

from cashback.auth.roles import MemberRole
from cashback.web.console.offers.desk import OfferDesk


@asynccontextmanager
async def someone(served: Console, house: House, role: MemberRole = MemberRole.ADMIN) -> AsyncIterator[Console]:
    """A person of an operator, in a browser of their own."""
    transport = httpx.ASGITransport(served.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=served.runtime.settings.public_url) as browser:
        await browser.get("/enter", params={"t": entry_of_operator(house, role), "l": "en"})
        csrf = csrf_in((await browser.get("/en/operator/profile")).text)
        yield Console(served.app, served.runtime, house, browser, csrf)


def desk_of(console: Console) -> OfferDesk:
    """What the console's process works on."""
    return console.app._hubs.desk
