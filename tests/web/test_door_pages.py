"""The doors in a real Chromium: a passkey of its virtual authenticator, accessibility, nothing too wide."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from builders import NOW, House, a_house, a_shopper
from playwright.async_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncEngine
from test_browser import DESKTOP, NARROWEST, PHONE, TOO_WIDE, WATCH_POLICY, assert_accessible, chromium
from web_site import MASTER, Site, a_site, entry_of_operator, entry_of_shopper, until

from cashback.actors import system
from cashback.auth import members
from cashback.auth.roles import MemberRole
from cashback.db.engine import fetch, transaction

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

ADA = "ada@centre.example"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def doors(engine: AsyncEngine) -> AsyncIterator[Site]:
    """The pages on a port under the name localhost, where browsers know passkeys."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    made = a_site(engine, demo=False, address=address, public_url=address)
    configuration = uvicorn.Config(made.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(configuration)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield made
    await made.hub.close()
    server.should_exit = True
    await serving


async def a_centre(engine: AsyncEngine) -> House:
    house = await a_house(engine, name="Centre Lac")
    actor = system(house.operator_id, "tests")
    async with transaction(engine, house.operator_id) as connection:
        await members.invite(connection, actor, MASTER, address=ADA, name="Ada", role=MemberRole.ADMIN, now=NOW)
    return house


@asynccontextmanager
async def a_page(browser: Browser, size: tuple[int, int] = PHONE, **more: Any) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        screen={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
        **more,
    )
    await context.add_init_script(WATCH_POLICY)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    yield page
    assert [each for each in said if "401" not in each and "403" not in each] == []
    if more.get("java_script_enabled", True):
        assert await page.evaluate("window.broken") == []
    await context.close()


async def enter_by_code(page: Page, site: Site, house: House, language: str = "en") -> None:
    await page.goto(f"{site.address}/{language}/operator/sign-in?centre=o{house.operator_id.hex}")
    await page.locator("input[name=address]").fill(ADA)
    await page.locator("form[method=post] button").last.click()
    await expect(page.locator("input[name=code]")).to_be_focused()
    await site.postbox.settle()
    found = re.search(r"[0-9]{8}", site.mailbox.letters[-1].text)
    assert found is not None
    await page.locator("input[name=code]").fill(found[0])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/operator/profile")


async def test_a_passkey_of_a_real_browser_is_added_and_signs_in(
    chromium: Browser, engine: AsyncEngine, doors: Site
) -> None:
    house = await a_centre(engine)
    async with a_page(chromium, DESKTOP) as page:
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        await enter_by_code(page, doors, house)
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_label("Passkeys").locator(".own-list")).to_contain_text("Chrome, Linux")
        kept = await session.send("WebAuthn.getCredentials", {"authenticatorId": added["authenticatorId"]})
        assert [each["rpId"] for each in kept["credentials"]] == ["localhost"]
        await page.get_by_role("button", name="Sign out", exact=True).first.click()
        await page.goto(f"{doors.address}/en/operator/sign-in?centre=o{house.operator_id.hex}")
        await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url("**/en/operator/overview")
        await session.send(
            "WebAuthn.setUserVerified", {"authenticatorId": added["authenticatorId"], "isUserVerified": False}
        )
        await page.goto(f"{doors.address}/en/operator/sign-in?centre=o{house.operator_id.hex}")
        await page.get_by_role("button", name="Use a passkey").click()
        await expect(page.locator(".passkey [role=alert]")).to_contain_text("That did not work")
    async with transaction(engine, house.operator_id) as connection:
        methods = await fetch(connection, "SELECT method, revoked_at IS NULL FROM sessions ORDER BY method")
    assert [tuple(row) for row in methods] == [("code", False), ("passkey", True)]


async def test_codes_need_no_scripts(chromium: Browser, engine: AsyncEngine, doors: Site) -> None:
    house = await a_centre(engine)
    async with a_page(chromium, java_script_enabled=False) as page:
        await enter_by_code(page, doors, house, "fr")
        await expect(page.locator("h1")).to_have_text("Vos accès")
        await page.get_by_role("button", name="Quitter").click()
        await page.goto(f"{doors.address}/fr/operator/live")
        await expect(page.get_by_role("link", name="Se connecter")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
async def test_the_doors_are_accessible_and_nothing_is_too_wide(
    chromium: Browser, engine: AsyncEngine, doors: Site, scheme: Any, size: tuple[int, int], tmp_path: Path
) -> None:
    house = await a_centre(engine)
    folder = Path(os.environ.get("DOOR_PICTURES", tmp_path))
    name = f"{'phone' if size == PHONE else 'desktop'}-{scheme}"
    async with a_page(chromium, size, color_scheme=scheme) as page:
        for path, file in (("sign-in", "centre"), (f"sign-in?centre=o{house.operator_id.hex}", "address")):
            await page.goto(f"{doors.address}/fr/{path}")
            await assert_accessible(page)
            await page.screenshot(path=folder / f"{file}-{name}.png")
        await page.locator("input[name=address]").fill("x@y.example")
        await page.locator("form[method=post] button").click()
        await page.locator("input[name=code]").fill("00000000")
        await page.keyboard.press("Enter")
        await expect(page.locator(".refusal")).to_be_visible()
        await assert_accessible(page)
        await page.screenshot(path=folder / f"code-{name}.png")
        await enter_by_code(page, doors, house, "fr")
        await assert_accessible(page)
        await page.screenshot(path=folder / f"profile-{name}.png")
        await page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
        assert await page.evaluate(TOO_WIDE.replace("screen.width", "innerWidth")) == []


async def test_a_stream_ends_soon_after_its_session_was_revoked(
    engine: AsyncEngine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cashback.web.streams.LOOK_SECONDS", 0.05)
    house = await a_house(engine)
    async with site.client() as browser:
        await browser.get("/enter", params={"t": entry_of_operator(house)})
        streaming = asyncio.create_task(browser.get("/en/operator/live/stream?heard=0"))
        await until(lambda: house.operator_id in site.hub._watchers)
        assert not streaming.done()
        async with transaction(engine, house.operator_id) as connection:
            await connection.exec_driver_sql("UPDATE sessions SET revoked_at = now()")
        async with asyncio.timeout(20):
            answer = await streaming
    assert answer.status_code == 200
    assert answer.text.startswith("retry: 3000")


async def test_a_device_that_is_signed_out_from_elsewhere_shows_nothing_any_more(
    chromium: Browser, engine: AsyncEngine, doors: Site
) -> None:
    shopper = await a_shopper(await a_centre(engine))
    wallet, profile = f"{doors.address}/en/wallet", f"{doors.address}/en/wallet/profile"
    async with a_page(chromium) as mine, a_page(chromium) as theirs:
        for page in (mine, theirs):
            await page.goto(f"{doors.address}/enter?t={entry_of_shopper(shopper)}&l=en")
            await page.wait_for_url(wallet)
        await mine.goto(profile)
        await mine.get_by_role("button", name="Sign out everywhere else").click()
        await expect(mine.get_by_role("status").last).to_contain_text("Every other device is signed out")
        await expect(mine.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)
        await theirs.goto(wallet)
        await expect(theirs.get_by_role("heading", level=1)).to_have_text("You are not signed in any more")
        await mine.goto(wallet)
        await expect(mine.get_by_role("heading", level=1)).to_have_text("Wallet")
