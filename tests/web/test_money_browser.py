"""The money desk in a real Chromium: policy, accessibility, size, what fits a phone, and a few long walks."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from builders import NOW
from console_site import Console
from money_site import Desk, fill, furnished
from playwright.async_api import Browser, Page, expect
from portal_site import runtime_of, settings_of
from shopper_site import a_lending_house, a_regular
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, PHONE, TOO_WIDE, Scheme, Windows, assert_accessible, chromium
from test_live_streams import free_port, serving
from test_portal_browser import OPEN_ALL, WEIGHT
from web_site import csrf_in, entry_of_operator

from cashback.app import build_app
from cashback.pipeline import Road

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

LOOKS: list[tuple[tuple[int, int], Scheme, str]] = [(PHONE, "dark", "fr"), (DESKTOP, "light", "en")]
EVERY_LOOK: list[tuple[tuple[int, int], Scheme, str]] = [
    (size, scheme, language) for size in (PHONE, DESKTOP) for scheme in ("light", "dark") for language in ("fr", "en")
]
WHOLE = bool(os.environ.get("EVERY_LOOK"))
"""All looks of all pages: the review of a release."""


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


@pytest.mark.parametrize("look", EVERY_LOOK if WHOLE else LOOKS, ids=str)
async def test_every_screen_is_accessible_light_on_the_wire_and_within_the_screen(
    chromium: Browser, served: Served, look: tuple[tuple[int, int], Scheme, str]
) -> None:
    size, scheme, language = look
    windows = Windows(chromium, served)  # type: ignore[arg-type] - an address is all it needs
    async with windows._open(entered(served), size=size, scheme=scheme, language=language) as page:
        for number, name in enumerate(served.pages):
            # Half of the screens in one look, half in the other; all of them in all looks when it is asked for.
            if not WHOLE and number % len(LOOKS) != LOOKS.index(look):
                continue
            await page.goto(served.url(name, language))
            loaded = await page.evaluate(WEIGHT)
            assert sum(each for path, each in loaded if path.endswith(".js")) <= 30_000, name
            assert 0 < sum(each for _, each in loaded) <= 120_000, name
            await page.evaluate(OPEN_ALL)
            assert await page.evaluate(TOO_WIDE) == [], name
            await assert_accessible(page)


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
