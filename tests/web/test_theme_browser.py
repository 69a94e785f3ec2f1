"""The white label in a real Chromium: strangers, the editor as one types, accessibility, weight, no script needed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from builders import House, Shopper, a_house, a_shopper
from looks import Look, assert_whole, every_look
from playwright.async_api import Browser, Page, expect
from portal_site import runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, Windows, assert_accessible, chromium
from test_live_streams import free_port, serving
from test_welcome_pages import open_welcome, slug
from web_site import entry_of_operator, entry_of_shopper

from cashback.app import build_app

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

STRANGERS = ("welcome", "c/{slug}", "c/{slug}/terms", "sign-in/join?centre={slug}")
MINE = ("wallet/preferences", "operator/theme", "operator/welcome", "operator/posters", "operator/posters/north")
YELLOW = "#ffdb00"


@dataclass(slots=True)
class Open:
    """The application on a port, one operator of it, and a shopper."""

    address: str
    house: House
    shopper: Shopper


@pytest.fixture(scope="module")
async def opened(engine: AsyncEngine) -> AsyncIterator[Open]:
    house = await a_house(engine)
    await open_welcome(house)
    settings = settings_of(CASHBACK_PUBLIC_URL=f"http://localhost:{free_port()}")
    async with serving(build_app(runtime_of(engine, settings))) as address:
        yield Open(address, house, await a_shopper(house))


def window(chromium: Browser, opened: Open, **more: object):  # type: ignore[no-untyped-def]
    windows = Windows(chromium, opened)  # type: ignore[arg-type] - an address is all it needs
    return windows._open(f"/enter?t={entry_of_operator(opened.house)}", **more)


async def enter_wallet(page: Page, opened: Open) -> None:
    await page.goto(f"{opened.address}/enter?t={entry_of_shopper(opened.shopper)}&l=en")
    await page.evaluate("navigator.serviceWorker.ready.then((each) => each.unregister())")
    await page.add_init_script("Object.defineProperty(navigator, 'serviceWorker', { value: undefined })")


async def test_a_look_is_tried_while_it_is_typed_published_and_worn_by_the_wallet(
    chromium: Browser, opened: Open
) -> None:
    async with window(chromium, opened, size=DESKTOP, language="en") as page:
        await page.goto(f"{opened.address}/en/operator/theme")
        await page.get_by_label("Brand colour", exact=True).fill(YELLOW)
        await expect(page.locator(".phone").first.locator(f"rect[fill='{YELLOW}']").first).to_be_attached()
        await page.get_by_text("The three other colours").click()
        await page.get_by_label("Soft shade", exact=True).fill("pinkish")
        await page.get_by_label("Text on the brand", exact=True).fill("#ffffff")
        await expect(page.locator(".theme-check")).to_contain_text("Too close")
        await expect(page.locator(".theme-check")).to_contain_text("with what stood there before")
        await expect(page.locator(".phone").first.locator(f"rect[fill='{YELLOW}']").first).to_be_attached()
        await page.get_by_label("Soft shade", exact=True).fill("")
        await page.locator(".theme-use").click()
        await expect(page.locator(".theme-check")).not_to_contain_text("Too close")
        await expect(page.get_by_label("Text on the brand", exact=True)).not_to_have_value("#ffffff")
        await page.get_by_role("button", name="Publish").click()
        await expect(page.locator(".notice").first).to_contain_text("shoppers see it now")
        await enter_wallet(page, opened)
        await page.goto(f"{opened.address}/en/wallet")
        assert await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand')") == YELLOW
        await assert_accessible(page)


@every_look
async def test_every_page_is_accessible_light_and_within_the_screen(
    chromium: Browser, opened: Open, look: Look
) -> None:
    size, scheme, language = look
    async with window(chromium, opened, size=size, scheme=scheme, language=language) as page:
        await enter_wallet(page, opened)
        for name in (*STRANGERS, *MINE):
            await assert_whole(page, f"{opened.address}/{language}/{name.format(slug=slug(opened.house))}")


async def test_the_nearest_centre_is_first_and_its_place_is_sent_nowhere(chromium: Browser, opened: Open) -> None:
    context = await chromium.new_context(geolocation={"latitude": 46.4, "longitude": 6.6}, permissions=["geolocation"])
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{opened.address}/en/welcome", wait_until="networkidle")
    await page.evaluate("""() => {
        const list = document.getElementById("centres");
        const [far, near] = [list.children[0], list.children[0].cloneNode(true)];
        [[far, 4885660, 235220, "Far"], [near, 4640000, 659000, "Near"]].forEach(([each, north, east, name]) => {
            each.dataset.latitude = north;
            each.dataset.longitude = east;
            each.querySelector(".row-name").textContent = name;
        });
        list.append(near);
        return new Promise((loaded) => document.head.append(Object.assign(document.createElement("script"), {
            type: "module", src: document.querySelector("script[src*=welcome]").src + "&again", onload: loaded,
        })));
    }""")
    before = len(asked)
    await page.get_by_role("button", name="Nearest first").click()
    await expect(page.locator("#near-said")).to_have_text("The nearest centre is first.")
    await expect(page.locator("#centres .row-name").first).to_have_text("Near")
    await expect(page.locator("#centres [data-away]").nth(1)).to_contain_text("km")
    assert [url for url in asked[before:] if "welcome.js" not in url] == []
    await context.close()


async def test_joining_and_the_editor_need_no_scripts(chromium: Browser, opened: Open) -> None:
    async with window(chromium, opened, scripts=False, language="en") as page:
        await page.goto(f"{opened.address}/en/operator/theme")
        await page.get_by_label("Brand colour", exact=True).fill("#7a1fa2")
        await page.get_by_role("button", name="Look at it").click()
        await expect(page.get_by_label("Brand colour", exact=True)).to_have_value("#7a1fa2")
        await expect(page.locator(".phone").first.locator("rect[fill='#7a1fa2']").first).to_be_attached()
        await page.goto(f"{opened.address}/en/c/{slug(opened.house)}?s=north")
        await page.get_by_role("link", name="Join for free").first.click()
        await page.get_by_label("E-mail address").fill("noor@example.org")
        await page.get_by_label("I am 16 years old or older").check()
        await page.get_by_label("I accept the terms").check()
        await page.get_by_role("button", name="Join by e-mail").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
        await expect(page.locator("main")).to_contain_text("opens your account at")
