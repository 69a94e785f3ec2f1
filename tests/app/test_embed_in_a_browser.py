"""The page in a frame of another site, in a real Chromium: what the site is told, and what a browser forbids.

Needs a `chromium` on the PATH; nothing is downloaded.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from app_desk import DEMO, EVERY_SCOPE
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER, World, a_world

from cashback.actors import system
from cashback.app import build_app, server
from cashback.auth.keys import create_key
from cashback.programmes.connections import open_connection
from cashback.runtime import Runtime
from cashback.settings import read_settings
from cashback.wakeups import LocalWakeups
from issuers.registry import ADAPTERS

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--no-sandbox")
PICTURES = os.environ.get("EMBED_PICTURES")
"""A folder: what is seen is kept there, to be looked at."""
HOST = """<!doctype html><title>crm</title><script>
window.told = [];
addEventListener("message", ({ origin, data }) => window.told.push({ origin, ...data }));
</script><iframe src="{url}" width="100%" height="900" title="card"></iframe>"""


@dataclass(frozen=True, slots=True)
class Street:
    """The product, and a shop window that frames it."""

    world: World
    product: str
    key: str
    host: str
    pages: dict[str, str]

    async def frame(self, locale: str) -> str:
        """The address of a page of the other site, with a fresh frame in it."""
        async with httpx.AsyncClient(base_url=self.product, headers={"authorization": f"Bearer {self.key}"}) as api:
            await api.put(f"/v1/shoppers/{SHOPPER}", json={})
            await api.put("/v1/embed-origins", json={"origins": [self.host]})
            body = {"origin": self.host, "locale": locale}
            made = await api.post(f"/v1/shoppers/{SHOPPER}/embed-links", json=body)
        name = f"/{len(self.pages)}"
        self.pages[name] = HOST.replace("{url}", made.json()["url"])
        return self.host + name


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def serving(pages: dict[str, str]) -> AsyncIterator[int]:
    """Another site."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = pages.get(head.split(" ")[1], "").encode()
        kind = "text/html; charset=utf-8"
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.fixture
async def street(engine: AsyncEngine) -> AsyncIterator[Street]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH")
    world, port = await a_world(engine), free_port()
    settings = read_settings({**DEMO, "CASHBACK_PUBLIC_URL": f"http://127.0.0.1:{port}"})
    keyring = world.stage.road.keyring
    actor = system(world.operator_id, "tests")
    async with world.connection() as connection:
        key = await create_key(connection, actor, label="crm", scopes=EVERY_SCOPE, now=world.now)
        await open_connection(
            connection,
            actor,
            slug=f"sandbox-{world.operator_id.hex[-12:]}",
            provider="sandbox",
            registered_url="https://rewards.example/webhooks/sandbox",
            secret=b"a secret of the sandbox network!",
            providers=ADAPTERS,
            master=keyring.master,
            now=world.now,
        )
    product = server(
        build_app(Runtime(settings, engine, world.clock, keyring, LocalWakeups())), host="127.0.0.1", port=port
    )
    running, pages = asyncio.create_task(product.serve()), dict[str, str]()
    async with serving(pages) as host:
        while not product.started:  # noqa: ASYNC110, uvicorn offers nothing to wait for
            await asyncio.sleep(0.01)
        yield Street(world, settings.public_url, key, f"http://127.0.0.1:{host}", pages)
    product.should_exit = True
    await running


@pytest.fixture
async def browser(street: Street) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        await opened.close()


async def in_page(browser: Browser, address: str, act: Callable[[Page], Awaitable[Any]], **more: Any) -> list[Any]:
    """What the other site was told, and what the browser complained of."""
    context = await browser.new_context(viewport={"width": more.pop("width", 390), "height": 1000}, **more)
    page, said = await context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    await page.goto(address)
    await act(page)
    told = await page.evaluate("window.told") if more.get("java_script_enabled", True) else []
    await context.close()
    # That an answer was a refusal is told by the browser too; the test expects it or fails elsewhere.
    assert [each for each in said if not each.startswith("Failed to load resource")] == []
    return list(told)


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def test_a_card_is_linked_and_the_site_that_frames_the_page_is_told(street: Street, browser: Browser) -> None:
    async def act(page: Page) -> None:
        frame = page.frame_locator("iframe")
        await expect(frame.locator(".embed-number")).to_be_visible()
        await picture(page, "form-phone")
        await frame.locator("#number").fill("4970 1000 0000 1234")
        await expect(frame.locator("#number")).to_have_value("")
        await frame.locator("#number").fill("4970 1000 0000 1009")
        await expect(frame.locator("#number")).to_have_value("")
        await expect(frame.locator("input[value=cb]")).to_be_checked()
        for box in await frame.locator("input[type=checkbox]").all():
            await expect(box).not_to_be_checked()
            await box.check()
        found = await Axe().run(page.frames[1])
        assert [each["id"] for each in found.response["violations"]] == []
        await frame.locator("button").click()
        await expect(frame.locator(".embed-done")).to_be_visible()
        await picture(page, "done-phone")
        await page.wait_for_function("window.told.some((each) => each.type === 'card.linked')")
        told.extend(await page.evaluate("window.told"))
        await page.reload()
        await expect(frame.locator("[role=alert]")).to_be_visible()
        await expect(frame.locator("form")).to_have_count(0)
        await page.wait_for_function("window.told.some((each) => each.type === 'link.refused')")
        await picture(page, "used-phone")

    told: list[Any] = []
    told += await in_page(browser, await street.frame("fr"), act, color_scheme="light")
    assert {each["origin"] for each in told} == {street.product}
    assert {each["source"] for each in told} == {"cashback"}
    (linked,) = [each for each in told if each["type"] == "card.linked"]
    ((token, last_four),) = await street.world.rows("SELECT token, last_four FROM cards")
    assert (last_four, linked["last_four"], linked["scheme"]) == ("1009", "1009", "cb")
    assert token not in str(told)
    (refused,) = [each for each in told if each["type"] == "link.refused"]
    assert refused["reason"] == "used"
    assert any(each["type"] == "resize" and each["height"] > 100 for each in told)


async def test_it_works_without_a_script_and_says_what_is_missing(street: Street, browser: Browser) -> None:
    async def act(page: Page) -> None:
        frame = page.frame_locator("iframe")
        await expect(frame.locator(".embed-number")).to_be_hidden()
        await frame.locator("input[value=refused]").check()
        for box in await frame.locator("input[type=checkbox]").all():
            await box.check()
        await frame.locator("button").click()
        await expect(frame.locator("[role=alert]")).to_be_visible()
        await picture(page, "refused-dark")
        await frame.locator("input[value=mastercard]").check()
        await frame.locator("button").click()
        await expect(frame.locator(".embed-done")).to_be_visible()
        await picture(page, "done-dark")

    address = await street.frame("en")
    await in_page(browser, address, act, java_script_enabled=False, color_scheme="dark", width=640)
    assert await street.world.rows("SELECT last_four FROM cards") == [("4444",)]


async def test_another_site_cannot_frame_it(street: Street, browser: Browser) -> None:
    address = await street.frame("fr")
    async with serving(street.pages) as other:
        page = await browser.new_page()
        await page.goto(address.replace(street.host, f"http://127.0.0.1:{other}"))
        await expect(page.frame_locator("iframe").locator("form")).to_have_count(0)
        assert await page.evaluate("window.told") == []
    assert await street.world.rows("SELECT 1 FROM cards") == []
