"""The money desk in a real Chromium: policy, accessibility, size, what fits a phone, and a few long walks."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from builders import NOW
from console_site import Console
from looks import Look, assert_whole, every_look
from money_site import Desk, fill, furnished
from playwright.async_api import Browser, Page, expect
from portal_site import runtime_of, settings_of
from shopper_site import a_lending_house, a_regular
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, Windows, chromium
from test_live_streams import free_port, serving
from web_site import csrf_in, entry_of_operator

from cashback.app import build_app
from cashback.pipeline import Road

__all__ = ["chromium"]
pytestmark = pytest.mark.browser


@dataclass(slots=True)
class Served:
    """A money desk with something in each queue, on a port."""

    address: str
    desk: Desk
    pages: dict[str, str]

    def url(self, name: str, language: str) -> str:
        return f"{self.address}/{language}/operator{self.pages.get(name, name)}"


@pytest.fixture(scope="module")
async def served(engine: AsyncEngine) -> AsyncIterator[Served]:
    house = await a_lending_house(engine)
    shopper = await a_regular(house)
    runtime = runtime_of(engine, settings_of(CASHBACK_PUBLIC_URL=f"http://127.0.0.1:{free_port()}"))
    app = build_app(runtime)
    async with serving(app) as address, httpx.AsyncClient(base_url=address) as client:
        await client.get("/enter", params={"t": entry_of_operator(house), "l": "en"})
        csrf = csrf_in((await client.get("/en/operator/profile")).text)
        desk = Desk(Console(app, runtime, house, client, csrf), shopper, Road(runtime.keyring))
        await furnished(desk)
        yield Served(address, desk, await fill(desk))


def entered(served: Served) -> str:
    return f"/enter?t={entry_of_operator(served.desk.house)}&l=en"


@every_look
async def test_every_screen_is_accessible_light_on_the_wire_and_within_the_screen(
    chromium: Browser, served: Served, look: Look
) -> None:
    size, scheme, language = look
    windows = Windows(chromium, served)  # type: ignore[arg-type] - an address is all it needs
    async with windows._open(entered(served), size=size, scheme=scheme, language=language) as page:
        for name in served.pages:
            await assert_whole(page, served.url(name, language))


async def test_a_person_works_the_queues_from_the_list_to_the_answer(chromium: Browser, served: Served) -> None:
    windows = Windows(chromium, served)  # type: ignore[arg-type] - an address is all it needs
    async with windows._open(entered(served), size=DESKTOP, language="en") as page:
        await _payout(page, served)
        await _settle(page, served)
        await page.goto(served.url("/team", "en"))
        await page.get_by_label("Name", exact=True).fill("Ada Martin")
        await page.get_by_label("Address", exact=True).fill("ada@lac.example")
        await page.get_by_role("button", name="Invite").click()
        await expect(page.get_by_role("status").first).to_contain_text("Invited")
        await page.goto(served.url("/audit", "en"))
        await page.locator("select[name=what]").select_option("access")
        await expect(page.locator("tbody")).to_contain_text("Invited somebody")
        await expect(page).to_have_url(re.compile("what=access"))


async def _payout(page: Page, served: Served) -> None:
    await page.goto(served.url("/payouts?state=decide", "en"))
    await page.locator("tbody .row-link").first.click()
    await page.get_by_label("Why, in words that others will read").fill("Looked at the purchases")
    await page.get_by_role("button", name="Agree").click()
    await expect(page.get_by_role("status").first).to_contain_text("Your agreement is written down")
    await expect(page.locator("main")).to_contain_text("One more person is needed")


async def _settle(page: Page, served: Served) -> None:
    await page.goto(served.url("/settlement", "en"))
    await page.get_by_role("button", name="Look at it").click()
    await expect(page.locator("#counted")).to_contain_text("Agrees with the ledger")
    await page.get_by_role("button", name="Issue the settlements (1)").click()
    await expect(page.get_by_role("status").first).to_contain_text("The period is issued")
    assert NOW.month == 11, "the month that is offered first is the last one that is over"
