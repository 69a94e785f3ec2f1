"""The pages in a real Chromium: what only a browser can tell.

Needs a `chromium` on the PATH; nothing is downloaded. The policy is never bypassed: axe runs under it too.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from builders import NOW, House, Shopper, a_house, a_purchase, a_shopper
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from story import FIRST, Story
from web_site import Site, entry_of_operator, entry_of_shopper

from cashback.db.engine import transaction
from cashback.ids import show
from cashback.programmes.models import assets

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, NARROWEST, DESKTOP = (390, 844), (320, 700), (1440, 900)
Scheme = Literal["light", "dark"]
UNFOLDED_LOOKS: list[tuple[tuple[int, int], Scheme, str]] = (
    [(size, scheme, language) for size in (PHONE, DESKTOP) for scheme in ("light", "dark") for language in ("fr", "en")]
    if os.environ.get("EVERY_LOOK")
    else [(PHONE, "dark", "fr"), (DESKTOP, "light", "en")]
)
"""In which what unfolds or opens beside a page is looked at; the pages themselves `tests/gates` looks at."""
WATCH_POLICY = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.broken.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
ON_TOP = """
e => { const box = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(box.x + 8, box.y + 8)) }
"""
HIDDEN_PIXELS = "e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
LINES_OF_TEXT = "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length }"
TOO_WIDE = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => !e.closest(".sr, .skip, template, [hidden]") && getComputedStyle(e).clipPath === "none")
  .map((e) => [e.getBoundingClientRect(), e])
  .filter(([box, e]) => box.width > 0 && (box.right > screen.width + 0.5 || box.left < -0.5) && !e.closest("thead"))
  .map(([box, e]) => `${e.tagName}.${e.className} ${box.left}-${box.right}`)
"""


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


class Windows:
    """Opens pages; when one closes, its console, its requests and its policy must have been clean."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site

    def shopper(self, shopper: Shopper, **more: Any) -> AbstractAsyncContextManager[Page]:
        return self._open(f"/enter?t={entry_of_shopper(shopper)}", **more)

    def operator(self, house: House, **more: Any) -> AbstractAsyncContextManager[Page]:
        """At the live feed, whose tests these are; the console itself begins with the overview."""
        return self._open(f"/enter?t={entry_of_operator(house)}", then="operator/live", **more)

    def stranger(self, path: str, **more: Any) -> AbstractAsyncContextManager[Page]:
        return self._open(f"{path}?", **more)

    @asynccontextmanager
    async def _open(
        self,
        path: str,
        *,
        size: tuple[int, int] = PHONE,
        language: str = "fr",
        scheme: Scheme = "light",
        scripts: bool = True,
        sharpness: float = 1,
        then: str = "",
    ) -> AsyncIterator[Page]:
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            screen={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            device_scale_factor=sharpness,
            has_touch=size[0] < 800,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{self._site.address}{path}&l={language}")
        if then:
            await page.goto(f"{self._site.address}/{language}/{then}")
        yield page
        assert said == []
        origin = urlsplit(self._site.address).netloc
        assert [url for url in asked if urlsplit(url).scheme != "data" and urlsplit(url).netloc != origin] == []
        if scripts:
            assert await page.evaluate("window.broken") == []
        await context.close()


@pytest.fixture
def windows(chromium: Browser, served: Site) -> Windows:
    return Windows(chromium, served)


async def assert_accessible(page: Page) -> None:
    """No violation of axe's rules, and no text of exactly its background's colour, which axe calls incomplete."""
    options = {"runOnly": RULES, "resultTypes": ["violations", "incomplete"]}
    found = (await Axe().run(page, options=options)).response
    violations = [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]
    assert violations == []
    hidden = [
        node["html"][:160]
        for each in found["incomplete"]
        for node in each["nodes"]
        for check in (*node["any"], *node["all"], *node["none"])
        if isinstance(check.get("data"), dict) and check["data"].get("messageKey") == "equalRatio"
    ]
    assert hidden == []


@pytest.mark.parametrize(("size", "scheme", "language"), UNFOLDED_LOOKS)
async def test_the_wallet_is_accessible(
    windows: Windows, story: Story, language: str, scheme: Scheme, size: tuple[int, int]
) -> None:
    async with windows.shopper(story.camille, language=language, scheme=scheme, size=size) as page:
        await page.locator("details.why").nth(4).evaluate("each => { each.open = true }")
        await assert_accessible(page)


@pytest.mark.parametrize(("size", "scheme", "language"), UNFOLDED_LOOKS)
async def test_the_feed_and_its_drawer_are_accessible(
    windows: Windows, story: Story, language: str, scheme: Scheme, size: tuple[int, int]
) -> None:
    async with windows.operator(story.house, language=language, scheme=scheme, size=size) as page:
        await expect(page.locator("#live-time")).not_to_be_empty()
        await assert_accessible(page)
        await page.locator(".row-link").first.click()
        await expect(page.locator("#drawer .trace-foot")).to_be_visible()
        await assert_accessible(page)


@pytest.mark.parametrize("who", ["noah", "lea"])
async def test_a_debt_and_an_empty_wallet_are_accessible(windows: Windows, story: Story, who: str) -> None:
    async with windows.shopper(getattr(story, who)) as page:
        await assert_accessible(page)


async def test_start_page_and_trace_page_are_accessible(windows: Windows, story: Story) -> None:
    async with windows.stranger("/fr") as page:
        await assert_accessible(page)
    async with windows.operator(story.house, size=DESKTOP) as page:
        await page.goto(page.url.replace("/live", f"/purchases/{show('pur', story.why_nothing)}"))
        await assert_accessible(page)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_nothing_is_wider_than_the_narrowest_screen(windows: Windows, story: Story, language: str) -> None:
    async with windows.shopper(story.camille, size=NARROWEST, language=language) as page:
        await page.locator("details.why").evaluate_all("all => all.forEach((each) => { each.open = true })")
        assert await page.evaluate(TOO_WIDE) == []
    async with windows.operator(story.house, size=NARROWEST, language=language) as page:
        assert await page.evaluate(TOO_WIDE) == []
        await page.goto(page.url.replace("/live", f"/purchases/{show('pur', story.why_nothing)}"))
        assert await page.evaluate(TOO_WIDE) == []
    async with windows.stranger(f"/{language}", size=NARROWEST) as page:
        assert await page.evaluate(TOO_WIDE) == []


async def test_a_phone_shows_the_centres_name_whole_and_a_shoppers_in_one_line(
    windows: Windows, engine: AsyncEngine, story: Story
) -> None:
    house = await a_house(engine, name="Westfield Club Polska", created_at=FIRST)
    shopper = await a_shopper(house, reference="Camille Laurent")
    await a_purchase(shopper, at=NOW - timedelta(days=30))
    async with transaction(engine, house.operator_id) as connection:
        wordy = update(assets).where(assets.c.operator_id == house.operator_id, assets.c.code == "PTS")
        await connection.execute(wordy.values(name_fr="participations au tirage"))
    async with windows.shopper(shopper) as page:
        name = page.locator(".brand-name")
        assert await name.inner_text() == "Westfield Club Polska"
        assert await name.evaluate(HIDDEN_PIXELS) == [0, 0]
    async with windows.stranger("/fr") as page:
        name = page.locator(".door-name", has_text="Camille Laurent").first
        assert await name.evaluate(LINES_OF_TEXT) == 1


async def test_why_opens_without_scripts(windows: Windows, story: Story) -> None:
    async with windows.shopper(story.camille, scripts=False) as page:
        line = page.locator(f"#{show('pur', story.why_nothing)}")
        await expect(line.locator(".why-body")).to_be_hidden()
        await line.locator("summary").click()
        await expect(line.locator(".line.is-missed")).to_contain_text("Achat minimum de 30,00 €")


async def test_filters_and_traces_work_without_scripts(windows: Windows, story: Story) -> None:
    async with windows.operator(story.house, scripts=False, size=DESKTOP) as page:
        await page.get_by_label("Boutique ou libellé").fill("pharma")
        await page.keyboard.press("Enter")
        await expect(page.locator(".feed-row")).to_have_count(1)
        await page.locator(".row-link").click()
        await expect(page.locator("h1")).to_have_text("Pharmacie centrale")


async def test_why_opens_with_the_keyboard_and_nothing_covers_it(windows: Windows, story: Story) -> None:
    async with windows.shopper(story.camille) as page:
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.closest('.purchase')?.id") == show("pur", story.why_nothing):
                break
        await page.keyboard.press("Enter")
        headline = page.locator(f"#{show('pur', story.why_nothing)} .why-headline")
        await expect(headline).to_be_in_viewport(ratio=1)
        assert await headline.evaluate(ON_TOP)
        await page.keyboard.press("Enter")
        await expect(headline).to_be_hidden()


async def test_the_wallet_follows_a_new_purchase_and_keeps_what_is_open(windows: Windows, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    first = await a_purchase(shopper, at=NOW - timedelta(days=2))
    async with windows.shopper(shopper, language="en") as page:
        await page.locator(f"#{show('pur', first)} summary").click()
        await expect(page.locator(".hero-pending strong")).to_have_text("€4.25")
        second = await a_purchase(shopper, minor=100_00, at=NOW - timedelta(minutes=1))
        await expect(page.locator(f"#{show('pur', second)}")).to_be_visible(timeout=15_000)
        await expect(page.locator(".hero-pending strong")).to_have_text("€9.25")
        await expect(page.locator(f"#{show('pur', first)} .why-body")).to_be_visible()
        await expect(page.locator("#wallet-news")).to_have_text("Your wallet has been updated")
        third = await a_purchase(shopper, minor=40_00, at=NOW - timedelta(seconds=30))
        await expect(page.locator(f"#{show('pur', third)}")).to_be_visible(timeout=15_000)


async def test_a_live_row_arrives_changes_and_waits_while_paused(windows: Windows, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    async with windows.operator(house, size=DESKTOP, language="en") as page:
        await expect(page.locator("#feed-empty")).to_be_visible()
        await expect(page.locator("#live-time")).not_to_be_empty()
        first = await a_purchase(shopper, at=NOW - timedelta(minutes=3))
        row = page.locator(f"#{show('pur', first)}")
        await expect(row).to_contain_text("+€4.25 · +10 points", timeout=15_000)
        await expect(page.locator("#feed-empty")).to_have_count(0)
        await expect(page.locator("#live-new")).to_have_text("1 new")
        await expect(page.locator(".stat-value").first).to_have_text("1", timeout=15_000)
        await page.locator("#live-pause").click()
        await expect(page.locator("#live-word")).to_have_text("Paused")
        second = await a_purchase(shopper, shop="sport-cime", at=NOW - timedelta(minutes=2))
        await expect(page.locator("#live-new")).to_have_text("1 new", timeout=15_000)
        await expect(page.locator(f"#{show('pur', second)}")).to_have_count(0)
        await page.locator("#live-new").click()
        await expect(page.locator(".feed-row").first).to_have_attribute("id", show("pur", second))
        await page.locator(f"#{show('pur', second)} .col-amount").click(force=True)
        await expect(page.locator("#trace-title")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.locator("#drawer")).to_be_hidden()
        await expect(page.locator(f"#{show('pur', second)} .row-link")).to_be_focused()


async def test_filters_change_rows_address_and_stream(windows: Windows, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    await a_purchase(shopper, at=NOW - timedelta(minutes=9))
    async with windows.operator(house, size=DESKTOP, language="en") as page:
        await page.locator("select[name=matched]").select_option("no")
        await expect(page.locator(".feed-row")).to_have_count(0)
        await expect(page).to_have_url(re.compile("matched=no"))
        await expect(page.locator("#live-time")).not_to_be_empty()
        unmatched = await a_purchase(shopper, shop=None, at=NOW - timedelta(seconds=2))
        await a_purchase(shopper, at=NOW - timedelta(seconds=1))
        await expect(page.locator(f"#{show('pur', unmatched)}")).to_be_visible(timeout=15_000)
        await expect(page.locator(".feed-row")).to_have_count(1)


async def test_a_browser_that_gets_no_stream_polls_and_says_when_the_feed_is_lost(
    windows: Windows, story: Story
) -> None:
    async with windows.operator(story.house, size=DESKTOP, language="en") as page:
        await expect(page.locator("#live-word")).to_have_text("Live")
        await page.route("**/live/stream*", lambda route: route.fulfill(status=204))
        await page.reload()
        await expect(page.locator("#live-word")).to_have_text("Every 5 s")
        await page.route("**/live/rows*", lambda route: route.fulfill(status=200, body="not json"))
        await page.reload()
        await expect(page.locator("#live-lost")).to_contain_text("Feed lost at")
        await page.unroute_all()
        await page.locator("#live-retry").click()
        await expect(page.locator("#live-word")).to_have_text("Live")
        await expect(page.locator("#live-lost")).to_be_hidden()


async def test_the_language_switch_keeps_the_page(windows: Windows, story: Story) -> None:
    async with windows.operator(story.house, size=DESKTOP) as page:
        await page.goto(f"{page.url}?matched=yes")
        await page.get_by_role("link", name="English").click()
        await expect(page).to_have_url(re.compile(r"/en/operator/live\?matched=yes"))
        await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_dark_is_dark(windows: Windows, story: Story) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    async with windows.shopper(story.camille, scheme="dark") as page:
        assert await page.evaluate(background) == "rgb(14, 21, 27)"
    async with windows.shopper(story.camille) as page:
        assert await page.evaluate(background) == "rgb(244, 246, 248)"


async def test_a_page_stays_light_on_the_wire(windows: Windows, story: Story) -> None:
    weight = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
        .map((each) => [new URL(each.name).pathname, each.encodedBodySize])"""
    async with windows.shopper(story.camille) as page:
        loaded = await page.evaluate(weight)
    scripts = sum(size for path, size in loaded if path.endswith(".js"))
    assert 0 < scripts <= 30_000
    assert sum(size for _, size in loaded) <= 120_000
