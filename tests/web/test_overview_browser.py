"""The overview, the tests and the search in a real Chromium: policy, accessibility, weight, and the keyboard."""

import re
from datetime import timedelta

import pytest
from builders import NOW, House, a_house, a_purchase, a_shopper
from looks import Look, assert_whole, every_look
from playwright.async_api import Browser, expect
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, PHONE, Windows, assert_accessible, chromium
from test_overview_pages import count
from web_site import Site

from cashback.db.engine import transaction
from cashback.programmes.models import programmes

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

PAGES = ("overview", "tests", "segments", "search?q=ma")


@pytest.fixture(scope="module")
async def centre(engine: AsyncEngine) -> House:
    """Two members with a month of purchases, one of them held out of an offer; everything counted."""
    house = await a_house(engine)
    for name in ("Marie", "Marc"):
        shopper = await a_shopper(house, reference=name)
        for day in range(1, 40, 4):
            await a_purchase(shopper, minor=20_00 + day * 100, at=NOW - timedelta(days=day))
    async with transaction(engine, house.operator_id) as connection:
        held = update(programmes).where(programmes.c.operator_id == house.operator_id)
        await connection.execute(held.values(holdout_bps=1_000, revision=programmes.c.revision + 1))
    await count(house)
    return house


@every_look
async def test_every_page_is_accessible_light_on_the_wire_and_within_the_screen(
    chromium: Browser, served: Site, centre: House, look: Look
) -> None:
    size, scheme, language = look
    async with Windows(chromium, served).operator(centre, size=size, scheme=scheme, language=language) as page:
        for name in PAGES:
            await assert_whole(page, f"{served.address}/{language}/operator/{name}")


async def test_the_keyboard_searches_helps_and_jumps_and_can_be_switched_off(
    chromium: Browser, served: Site, centre: House
) -> None:
    async with Windows(chromium, served).operator(centre, size=DESKTOP, language="en") as page:
        await page.goto(f"{served.address}/en/operator/overview")
        await page.keyboard.press("/")
        await expect(page.locator("#finder")).to_be_focused()
        await page.keyboard.type("maison")
        await expect(page.locator("#found")).to_contain_text("Maison Lumière")
        await assert_accessible(page)
        await page.keyboard.press("Escape")
        await expect(page.locator("#found")).to_be_empty()
        await page.locator("h1").click()
        await page.keyboard.press("?")
        await expect(page.locator("#keys")).to_be_visible()
        await assert_accessible(page)
        await page.get_by_role("button", name="Turn the shortcuts off").click()
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await expect(page.locator("#finder")).not_to_be_focused()
        await page.get_by_role("button", name="Keyboard shortcuts").click()
        await page.get_by_role("button", name="Turn the shortcuts on").click()
        await page.keyboard.press("Escape")
        await page.keyboard.press("g")
        await page.keyboard.press("h")
        await expect(page).to_have_url(re.compile("/en/operator/tests"))
        await page.locator("#finder").fill("boulangerie")
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("Results for “boulangerie”")


async def test_without_scripts_the_figures_are_there_and_the_search_answers(
    chromium: Browser, served: Site, centre: House
) -> None:
    async with Windows(chromium, served).operator(centre, size=PHONE, language="en", scripts=False) as page:
        await page.goto(f"{served.address}/en/operator/overview")
        await page.locator(".period a", has_text="7 days").click()
        await expect(page.locator(".kpis")).to_contain_text("Sales at shops")
        await expect(page.locator(".chart-narrow").first).to_be_visible()
        await page.locator("#finder").fill("cinéma")
        await page.keyboard.press("Enter")
        await expect(page.locator(".found-list")).to_contain_text("Cinéma Rive")
