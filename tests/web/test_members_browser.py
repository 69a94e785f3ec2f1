"""Shops, imports, places to match, members and claims in a real Chromium: whole walks, accessibility, weight."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from builders import NOW, House, a_house, a_purchase, a_shopper
from counter_site import Counter
from looks import Look, assert_whole, every_look
from playwright.async_api import Browser, Page, expect
from portal_site import runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, PHONE, Windows, assert_accessible, chromium
from test_live_streams import free_port, serving
from test_members_pages import AGO, PNG, opened
from test_shops_pages import two_hundred, uploaded
from web_site import csrf_in, entry_of_operator

from cashback.app import build_app
from cashback.ids import show

__all__ = ["chromium"]
pytestmark = pytest.mark.browser


@dataclass(slots=True)
class Busy:
    """A console with something on every page, served on a port."""

    address: str
    counter: Counter
    house: House
    pages: dict[str, str]
    """By name: the address below the operator."""
    member: str

    def window(self, browser: Browser, **more: Any) -> AbstractAsyncContextManager[Page]:
        """A window of a member of the operator, who has no file open yet."""
        windows = Windows(browser, self)  # type: ignore[arg-type] - an address is all it needs
        return windows._open(f"/enter?t={entry_of_operator(self.house)}", **more)


@pytest.fixture(scope="module")
async def busy(engine: AsyncEngine) -> AsyncIterator[Busy]:
    house = await a_house(engine)
    camille = await a_shopper(house, reference="Camille Laurent")
    await a_purchase(camille, at=NOW - AGO)
    for hours, descriptor in ((1, "MAISON LUMIERE"), (2, "SPORT CIME LYON")):
        at = NOW - AGO + timedelta(hours=hours)
        await a_purchase(camille, minor=5_000 * hours, shop=None, at=at, descriptor=descriptor)
    settings = settings_of(CASHBACK_PUBLIC_URL=f"http://127.0.0.1:{free_port()}")
    runtime = runtime_of(engine, settings)
    app = build_app(runtime)
    async with serving(app) as address, httpx.AsyncClient(base_url=address) as client:
        await client.get("/enter", params={"t": entry_of_operator(house), "l": "en"})
        counter = Counter(app, runtime, house, client, csrf_in((await client.get("/en/operator/live")).text))
        member = show("shp", camille.shopper_id)
        yield Busy(address, counter, house, await fill(counter, camille.shopper_id), member)


async def fill(counter: Counter, shopper_id: Any) -> dict[str, str]:
    """Something on every page; their addresses."""
    await counter.done("/matches/begin", {"since": "2026-01-01"})
    await counter.work()
    await opened(counter, shopper_id)
    file, day = f"/members/{show('shp', shopper_id)}", (NOW - AGO).date().isoformat()
    told = {"key": "c1", "shop": "maison-lumiere", "day": day, "amount": "64", "last_four": "4242"}
    answer = await counter.post(f"{file}/claim", told, files={"picture": ("receipt.png", PNG, "image/png")})
    question = "/matches/one?network=sandbox&identifier=mid:99999999&text="
    parts = ("wallet", "purchases", "cards", "claims", "plans", "notices", "closing")
    return {
        "shops": "/shops",
        "shop": "/shops/maison-lumiere",
        "imports": "/shop-imports",
        "import": await uploaded(counter, two_hundred(), "cp1252"),
        "matches": "/matches",
        "match": question,
        "claims": "/claims?state=open&sort=claimed",
        "claim": answer.headers["location"].partition("/operator")[2].partition("?")[0],
        "members": "/members",
        "missing": f"{file}/missing?day={day}&shop=maison-lumiere",
        **{f"file-{part}": f"{file}/{part}" for part in parts},
    }


async def open_file(page: Page, busy: Busy, language: str) -> None:
    """Give the reason, as everybody must."""
    await page.goto(f"{busy.address}/{language}/operator/members/{busy.member}")
    await page.locator("input[name=why][value=missing]").check()
    await page.locator("main form.card button").click()
    await expect(page.locator(".opened")).to_be_visible()


@every_look
async def test_every_page_is_accessible_light_on_the_wire_and_within_the_screen(
    chromium: Browser, busy: Busy, look: Look
) -> None:
    size, scheme, language = look
    async with busy.window(chromium, size=size, scheme=scheme, language=language) as page:
        await page.goto(f"{busy.address}/{language}/operator/members/{busy.member}")
        await assert_accessible(page)
        await open_file(page, busy, language)
        for path in busy.pages.values():
            await assert_whole(page, f"{busy.address}/{language}/operator{path}")


async def test_three_faulty_rows_are_mended_and_applied_without_hesitation(chromium: Browser, busy: Busy) -> None:
    file = {"name": "boutiques.csv", "mimeType": "text/csv", "buffer": "\r\n".join(two_hundred()).encode("cp1252")}
    async with busy.window(chromium, size=DESKTOP, language="en") as page:
        await page.goto(f"{busy.address}/en/operator/shops")
        await page.get_by_role("link", name="Import a CSV file").click()
        await page.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[list-item]
        await page.get_by_role("button", name="Upload and check").click()
        await expect(page.get_by_role("heading", name="3 faulty rows to mend")).to_be_visible()
        wrong = page.locator("[aria-invalid=true]")
        await expect(wrong).to_have_count(3)
        for number, text in enumerate(("5651", "sandbox", "70000149")):
            await wrong.nth(number).fill(text)
        await page.get_by_role("button", name="Check these rows again").click()
        await page.get_by_role("button", name="Apply 200 rows").click()
        await expect(page.locator("main")).to_contain_text("there is nothing to apply")
    async with busy.window(chromium, size=PHONE, language="en", scripts=False) as page:
        await page.goto(f"{busy.address}/en/operator/shops?q=lot-149")
        await page.get_by_role("link", name="Boutique n° 149").click()
        await expect(page.locator("main")).to_contain_text("70000149")


async def test_a_missing_purchase_is_found_from_the_member_and_ends_in_the_wallet(
    chromium: Browser, busy: Busy
) -> None:
    async with busy.window(chromium, size=DESKTOP, language="en") as page:
        await open_file(page, busy, "en")
        await page.get_by_role("link", name="Missing").click()
        part = page.locator("main .part")
        await part.get_by_label("Day").first.fill((NOW - AGO).date().isoformat())
        await part.get_by_label("Amount paid").first.fill("50")
        await part.get_by_label("Shop").first.select_option("maison-lumiere")
        await page.get_by_role("button", name="Look", exact=True).click()
        found = page.locator(".record", has_text="MAISON LUMIERE")
        await expect(found).to_contain_text("nobody knows its shop")
        await found.locator("summary", has_text="This is the purchase").click()
        await found.get_by_label("Why, in words").fill("seen on the receipt")
        await found.get_by_role("button", name="This is the purchase").click()
        await expect(page.locator("main")).to_contain_text("The member is told.")
        await page.goto(f"{busy.address}/en/operator/members/{busy.member}/purchases")
        row = page.locator(".grid-row", has_text="€50.00")
        await expect(row).to_contain_text("+€2.50")
        assert await busy.counter.breaches() == []
