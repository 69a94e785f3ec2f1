"""The shopper's app in a real Chromium: policy, accessibility, weight, and its flows by touch."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from builders import House, Shopper
from looks import Look, assert_whole, every_look
from playwright.async_api import Browser, expect
from portal_site import runtime_of, settings_of
from shopper_site import a_lending_house, a_plan, a_regular
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import Windows, chromium
from test_live_streams import free_port, serving
from web_site import entry_of_shopper

from cashback.app import build_app
from cashback.instalments.schemas import Plan

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

PAGES = {
    "wallet": "",
    "cash-out": "/cash-out",
    "offers": "/offers",
    "offer": "/offers/books",
    "score": "/score",
    "payments": "/payments",
    "plan": "/payments/{plan}",
    "move": "/payments/{plan}/move?number=2&day=2026-12-20",
    "withdraw": "/payments/{plan}/withdraw",
    "inbox": "/inbox",
    "me": "/me",
    "link": "/cards/link",
    "claims": "/claims",
    "terms": "/terms",
}


@dataclass(slots=True)
class Open:
    """The application on a port, its shopper, and a plan of theirs."""

    address: str
    house: House
    shopper: Shopper
    plan: Plan

    def path(self, name: str, language: str) -> str:
        return f"{self.address}/{language}/wallet{PAGES[name].format(plan=self.plan.ref)}"


@pytest.fixture(scope="module")
async def opened(engine: AsyncEngine) -> AsyncIterator[Open]:
    house = await a_lending_house(engine)
    shopper = await a_regular(house)
    plan = await a_plan(shopper)
    settings = settings_of(CASHBACK_PUBLIC_URL=f"http://127.0.0.1:{free_port()}")
    async with serving(build_app(runtime_of(engine, settings))) as address:
        yield Open(address, house, shopper, plan)


def window(chromium: Browser, opened: Open, **more: object):  # type: ignore[no-untyped-def]
    windows = Windows(chromium, opened)  # type: ignore[arg-type] - an address is all it needs
    return windows._open(f"/enter?t={entry_of_shopper(opened.shopper)}", **more)


@every_look
async def test_every_page_is_accessible_light_and_within_the_screen(
    chromium: Browser, opened: Open, look: Look
) -> None:
    size, scheme, language = look
    async with window(chromium, opened, size=size, scheme=scheme, language=language) as page:
        # What a worker answers from its own copies is not on the wire: here every page is loaded from the server.
        await page.evaluate("navigator.serviceWorker.ready.then((each) => each.unregister())")
        await page.add_init_script("Object.defineProperty(navigator, 'serviceWorker', { value: undefined })")
        for name in PAGES:
            await assert_whole(page, opened.path(name, language))


COPIES = """async () => (await caches.has("pages-1"))
    ? (await (await caches.open("pages-1")).keys()).map((each) => new URL(each.url).pathname).sort() : []"""


async def test_the_wallet_is_read_offline_forms_are_refused_and_signing_out_forgets(
    chromium: Browser, opened: Open
) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{opened.address}/enter?t={entry_of_shopper(opened.shopper)}&l=en")
    await page.evaluate("navigator.serviceWorker.ready")
    for name in ("cash-out", "wallet"):
        await page.goto(opened.path(name, "en"))
    await expect(page.locator("#offline")).to_be_hidden()
    await context.set_offline(True)
    await page.goto(opened.path("wallet", "en"))
    await expect(page.locator("#offline")).to_contain_text("this is what your wallet showed last")
    await expect(page.locator("#offline time")).to_contain_text("202")
    await expect(page.locator("#offline time")).to_contain_text("(Central European Time)")
    await expect(page.locator(".hero-amount")).to_be_visible()
    await page.goto(opened.path("score", "en"))
    await expect(page.get_by_role("heading")).to_have_text("You are offline")
    await page.goto(opened.path("cash-out", "en"))
    await page.get_by_label("IBAN").fill("FR1420041010050500013M02606")
    await page.get_by_label("Name on the account").fill("Camille Exemple")
    await page.get_by_role("button", name="Add a bank account").click()
    await expect(page.locator(".empty-hint")).to_contain_text("no money moved")
    await context.set_offline(False)
    await page.goto(opened.path("wallet", "en"))
    assert await page.evaluate(COPIES) == ["/en/wallet", "/en/wallet/cash-out"]
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(f"{opened.address}/")
    assert await page.evaluate(COPIES) == []
    await context.close()


async def test_the_app_can_be_installed(chromium: Browser, opened: Open) -> None:
    async with window(chromium, opened, language="fr") as page:
        manifest = await page.evaluate(
            "fetch(document.querySelector('link[rel=manifest]').href).then((each) => each.json())"
        )
        assert manifest["name"] == "Centre Lac"
        assert (manifest["lang"], manifest["start_url"], manifest["display"]) == ("fr", "/fr/wallet", "standalone")
        assert {each["purpose"] for each in manifest["icons"]} == {"any", "maskable"}
        for each in manifest["icons"]:
            size = await page.evaluate(
                "(src) => createImageBitmap ? fetch(src).then((a) => a.blob()).then(createImageBitmap)"
                ".then((b) => `${b.width}x${b.height}`) : ''",
                each["src"],
            )
            assert size == each["sizes"]
