"""Offers at the desk in a real Chromium: an offer is written, costed, approved by a second person and stopped."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from builders import NOW, House, a_purchase, a_shopper
from looks import Look, assert_whole, every_look
from playwright.async_api import Browser, Page, expect
from portal_site import a_test_house, runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, NARROWEST, Windows, chromium
from test_live_streams import free_port, serving
from web_site import csrf_in, entry_of_operator

from cashback.app import build_app
from cashback.auth.roles import MemberRole

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

PAGES = (
    "/offers", "/offer-new?template=visits", "/offers/five-percent", "/offers/five-percent/edit",
    "/offers/waiting/approval", "/offer-budgets",
)  # fmt: skip


@dataclass(slots=True)
class Desk:
    """The console on a port, and who enters it."""

    address: str
    house: House
    app: Any

    def open(
        self, browser: Browser, role: MemberRole = MemberRole.EDITOR, **more: Any
    ) -> AbstractAsyncContextManager[Page]:
        """A window of somebody of this role."""
        windows = Windows(browser, self)  # type: ignore[arg-type] - an address is all it needs
        return windows._open(f"/enter?t={entry_of_operator(self.house, role)}", **more)


@pytest.fixture(scope="module")
async def desk(engine: AsyncEngine) -> AsyncIterator[Desk]:
    house = await a_test_house(engine)
    shopper = await a_shopper(house)
    for days, minor in ((1, 84_90), (5, 45_00), (12, 12_00)):
        await a_purchase(shopper, minor=minor, shop="librairie-du-lac", at=NOW - timedelta(days=days))
    app = build_app(runtime_of(engine, settings_of(CASHBACK_PUBLIC_URL=f"http://127.0.0.1:{free_port()}")))
    async with serving(app) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            await client.get("/enter", params={"t": entry_of_operator(house, MemberRole.EDITOR)})
            csrf = csrf_in((await client.get("/en/operator/offer-new")).text)
            draft = {"name.en": "Ten", "name.fr": "Dix", "r.kind": "percent", "r.asset": "EUR", "r.rate_bps": "10"}
            form = {**draft, "csrf": csrf, "code": "waiting", "budget": "500", "revision": "0", "do": "submit"}
            sent = await client.post("/en/operator/offer-new", data=form, headers={"sec-fetch-site": "same-origin"})
            assert sent.status_code == 303
        yield Desk(address, house, app)


async def test_an_offer_is_written_costed_approved_and_stopped_by_two_people(chromium: Browser, desk: Desk) -> None:
    async with desk.open(chromium, size=DESKTOP, language="en") as page:
        await page.goto(f"{desk.address}/en/operator/offer-new?template=percent")
        await page.locator("input[name='name.en']").fill("Books")
        await page.locator("input[name='name.fr']").fill("Livres")
        # The one member there is might be held out of it.
        await page.locator("input[name=holdout]").fill("")
        await expect(page.locator(".cost-figures .is-total dd")).to_contain_text("€6.50", timeout=15_000)
        await page.locator("select[name=new]").select_option("categories")
        await page.locator("button[value=add]").click()
        await expect(page.locator("#aside")).to_contain_text("This is needed")
        await page.get_by_label("bookshops").check()
        await expect(page.locator(".sentence").first).to_contain_text("bookshops")
        await expect(page.locator(".sentence").nth(1)).to_contain_text("librairies")
        rate = page.locator("input[name='r.rate_bps']")
        await rate.fill("lots")
        await expect(page.locator("#e-r-rate_bps")).to_contain_text("Expected a percentage")
        await rate.fill("10")
        await expect(page.locator("#e-r-rate_bps")).to_be_empty()
        await expect(page.locator(".cost-figures .is-total dd")).to_contain_text("€12.99", timeout=15_000)
        assert await page.evaluate("document.activeElement.name") == "r.rate_bps", "typing goes on where it was"
        field = page.locator("select[name='c.0.field']")
        await field.focus()
        await field.select_option("shop")
        await expect(page.locator("input[name='c.0.shops_new']")).to_be_visible()
        assert await page.evaluate("document.activeElement.name") == "c.0.field"
        await page.locator("button[value='remove.0']").click()
        await expect(page.locator("input[name='c.0.shops_new']")).to_have_count(0)
        asked: list[str] = []

        async def stay(dialog: Any) -> None:
            asked.append(dialog.type)
            await dialog.dismiss()

        page.on("dialog", stay)
        await page.get_by_role("link", name="Shops", exact=True).click(no_wait_after=True)
        await expect(page.locator("#editor")).to_be_visible()
        assert asked == ["beforeunload"], "nobody loses what they typed"
        await page.get_by_role("button", name="Send for approval").click()
        await expect(page.locator(".notice").first).to_contain_text("sent for approval")
    async with desk.open(chromium, MemberRole.APPROVER, size=DESKTOP, language="en") as page:
        await page.goto(f"{desk.address}/en/operator/offers/books/approval")
        await expect(page.locator("#cost")).to_contain_text("Would have cost", timeout=15_000)
        await page.get_by_role("button", name="Approve").click()
        await expect(page.locator(".notice").first).to_contain_text("approved")
    async with desk.open(chromium, size=DESKTOP, language="en") as page:
        await page.goto(f"{desk.address}/en/operator/offers/books")
        await page.locator("summary", has_text="Emergency stop").click()
        await page.locator("form[action$='/stop'] input[name=reason]").fill("pays twice")
        await page.get_by_role("button", name="Stop now").click()
        await expect(page.locator(".part-head .chip").first).to_have_text("Ended")


@every_look
async def test_every_page_is_accessible_light_on_the_wire_and_within_the_screen(
    chromium: Browser, desk: Desk, look: Look
) -> None:
    size, scheme, language = look
    async with desk.open(chromium, size=size, scheme=scheme, language=language) as page:
        for path in PAGES:
            await assert_whole(page, f"{desk.address}/{language}/operator{path}")


async def test_the_editor_works_without_scripts_and_on_the_narrowest_screen(chromium: Browser, desk: Desk) -> None:
    async with desk.open(chromium, size=NARROWEST, language="en", scripts=False) as page:
        await page.goto(f"{desk.address}/en/operator/offer-new?template=percent")
        await page.locator("select[name=new]").select_option("shops")
        await page.locator("button[value=add]").click()
        await page.locator("input[name='c.1.shops_new']").fill("Sport Cime")
        await page.locator(".pick-new button").click()
        await expect(page.locator(".pick")).to_have_text("Sport Cime")
        await page.locator("input[name='name.en']").fill("Sport")
        await page.locator("input[name='name.fr']").fill("Sport en ville")
        await page.get_by_role("button", name="Save the draft").click()
        await expect(page.locator(".notice").first).to_contain_text("The draft is saved")
