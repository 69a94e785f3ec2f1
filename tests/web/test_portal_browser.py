"""The developer portal and the live wallet in a real Chromium: policy, accessibility, size, and what scripts add."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from builders import NOW, House, Shopper, a_purchase, a_shopper
from looks import Look, assert_whole, every_look
from playwright.async_api import Browser, Page, expect
from portal_site import Portal, a_test_house, runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, Windows, chromium
from test_live_streams import free_port, serving
from web_site import csrf_in, entry_of_operator, entry_of_shopper

from cashback.app import build_app
from cashback.ids import show

__all__ = ["chromium"]
pytestmark = pytest.mark.browser


@dataclass(slots=True)
class Busy:
    """A portal with something on every page, served on a port."""

    address: str
    portal: Portal
    house: House
    shopper: Shopper
    pages: dict[str, str]
    """By name: the address below the portal."""

    def open(self, browser: Browser, page: str, **more: Any) -> AbstractAsyncContextManager[Page]:
        """One page in a window of its own, as somebody of the operator."""
        return self._open(browser, page, more)

    @asynccontextmanager
    async def _open(self, browser: Browser, page: str, more: dict[str, Any]) -> AsyncIterator[Page]:
        windows = Windows(browser, self)  # type: ignore[arg-type] - an address is all it needs
        language = more.get("language", "fr")
        path = f"/enter?t={entry_of_operator(self.house)}&p=developer"
        async with windows._open(path, **more) as window:
            await window.goto(f"{self.address}/{language}/developer/{self.pages[page]}")
            yield window


@pytest.fixture(scope="module")
async def busy(engine: AsyncEngine) -> AsyncIterator[Busy]:
    house = await a_test_house(engine)
    shopper = await a_shopper(house)
    settings = settings_of(CASHBACK_PUBLIC_URL=f"http://127.0.0.1:{free_port()}")
    runtime = runtime_of(engine, settings)
    app = build_app(runtime)
    async with serving(app) as address, httpx.AsyncClient(base_url=address) as client:
        await client.get("/enter", params={"t": entry_of_operator(house)})
        csrf = csrf_in((await client.get("/en/developer/start")).text)
        portal = Portal(app, runtime, house, client, csrf)
        pages = await fill(portal)
        yield Busy(address, portal, house, shopper, pages)


async def fill(portal: Portal) -> dict[str, str]:
    """A key that was used, endpoints that answer well and badly, purchases; the addresses of all pages."""
    await portal.post("endpoints/new", {"url": "http://127.0.0.1:9/events"})
    await portal.post("endpoints/new", {"url": "http://127.0.0.1:9/crm", "type": ["reward.*", "payout.*"]})
    made = await portal.post("keys/new", {"label": "till integration", "scope": ["read", "shoppers", "webhooks"]})
    (key,) = set(re.findall(r"ck_(?:live|test)_[a-z2-7]{52}", made.text))
    headers = {"authorization": f"Bearer {key}"}
    await portal.browser.get("/v1/event-types", headers=headers)
    await portal.browser.get("/v1/wallets/nobody", headers=headers)
    body = {"references": ["customer-1042"], "locale": "fr"}
    await portal.browser.post("/v1/shoppers", headers={**headers, "idempotency-key": "first-1"}, json=body)
    await portal.app.requests_written()
    await portal.post("simulator/card")
    await portal.post("simulator/run", {"scenario": "partial_refund", "amount": "48.00"})
    await portal.work()
    portal.answer = 500
    ran = await portal.post("simulator/run", {"scenario": "clear", "amount": "90.00", "shop": "3"})
    await portal.work()
    deliveries = re.findall(r"/deliveries/(whe_\w+/msg_\w+)", (await portal.get("deliveries?state=pending")).text)
    endpoint = deliveries[0].partition("/")[0]
    requests = re.findall(r"/requests/(req_\w+)", (await portal.get("requests?method=POST")).text)
    plain = ("start", "reference", "keys", "endpoints", "deliveries", "requests", "signatures", "errors")
    return {
        **{name: name for name in plain},
        "operations": "reference/webhooks",
        "events": "reference/events",
        "endpoint": f"endpoints/{endpoint}",
        "delivery": f"deliveries/{deliveries[0]}",
        "request": f"requests/{requests[0]}",
        "simulator": ran.headers["location"].partition("/developer/")[2],
    }


PAGES = (
    "start", "reference", "operations", "events", "keys", "endpoints", "endpoint", "deliveries", "delivery", "requests",
    "request", "simulator", "signatures", "errors",
)  # fmt: skip


@every_look
async def test_every_page_is_accessible_light_on_the_wire_and_within_the_screen(
    chromium: Browser, busy: Busy, look: Look
) -> None:
    size, scheme, language = look
    async with busy.open(chromium, "start", size=size, scheme=scheme, language=language) as page:
        for name in PAGES:
            await assert_whole(page, f"{busy.address}/{language}/developer/{busy.pages[name]}")


async def test_samples_are_copied_and_operations_found_while_one_types(chromium: Browser, busy: Busy) -> None:
    async with busy.open(chromium, "reference", size=DESKTOP, language="en") as page:
        everything = await page.locator(".operation:visible").count()
        await page.locator("input[name=q]").fill("api-keys")
        await expect(page.locator(".operation:visible")).to_have_count(4)
        assert everything > 50
        await page.locator("input[name=q]").fill("zzzz")
        await expect(page.locator("#nothing-found")).to_be_visible()
    async with busy.open(chromium, "start", size=DESKTOP, language="en") as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.locator("#step-2 [data-copy]").click()
        await expect(page.locator("#said")).to_have_text("Copied")
        assert "curl " in await page.evaluate("navigator.clipboard.readText()")


async def test_a_delivery_and_both_sides_of_the_simulator_follow_what_happens(chromium: Browser, busy: Busy) -> None:
    async with busy.open(chromium, "delivery", size=DESKTOP, language="en") as page:
        await expect(page.locator(".part-head .chip")).to_have_text("Pending")
        busy.portal.answer = 200
        await page.get_by_role("button", name="Send this again").click()
        await busy.portal.work()
        await expect(page.locator(".part-head .chip")).to_have_text("Delivered", timeout=15_000)
    async with busy.open(chromium, "simulator", size=DESKTOP, language="en") as page:
        before = await page.locator("#effects .facts").first.locator(".fact").count()
        await page.locator("input[name=amount]").fill("77.00")
        await page.get_by_role("button", name="Run").click()
        await expect(page.locator(".form-end .notice")).to_contain_text("Webhooks accepted: 2")
        await busy.portal.work()
        rows = page.locator("#effects .facts").first.locator(".fact")
        await expect(rows).not_to_have_count(before, timeout=15_000)


async def test_a_wallet_changes_by_itself_and_polls_where_it_gets_no_stream(chromium: Browser, busy: Busy) -> None:
    windows = Windows(chromium, busy)  # type: ignore[arg-type] - an address is all it needs
    async with windows._open(f"/enter?t={entry_of_shopper(busy.shopper)}", language="en") as page:
        await expect(page.locator("#wallet")).to_be_visible()
        bought = await a_purchase(busy.shopper)
        await busy.portal.runtime.live.tell(busy.house.operator_id)
        await expect(page.locator(f"#{show('pur', bought)}")).to_be_visible(timeout=4_000)
        await expect(page.locator("#wallet-news")).to_have_text("Your wallet has been updated")
    async with windows._open(f"/enter?t={entry_of_shopper(busy.shopper)}", language="en") as page:
        await page.route("**/wallet/stream*", lambda route: route.fulfill(status=204))
        await page.reload()
        bought = await a_purchase(busy.shopper, at=NOW - timedelta(hours=1))
        await expect(page.locator(f"#{show('pur', bought)}")).to_be_visible(timeout=15_000)
