"""Gates over every page in a real Chromium: axe, policy, console, width, keyboard.

The matrix is every page, in French and English, light and dark, on a phone and on a desktop: all of it with
`EVERY_LOOK=1`, else every page in one look, another one for its neighbour. Lighthouse looks too where it is installed.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from looks import LOOKS, UNFOLD, WHOLE, Look
from playwright.async_api import Browser, Page
from test_browser import CHROMIUM, DESKTOP, FLAGS, NARROWEST, TOO_WIDE, WATCH_POLICY, chromium
from test_browser import assert_accessible as accessible
from whole_site import DOORS, SIGNING, Seen, WholeSite, entry_token

from cashback.auth.sessions import Role, Signer

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

SAMPLED = 27
"""One page of so many is walked through, in a short run, by what takes long."""
STOPS_MAX = 80
FOCUS = """
() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const x = Math.min(Math.max(box.left + Math.min(box.width / 2, 12), 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 12), 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const label = e.labels && e.labels[0];
  const seen = box.width < 2 || !top || e.contains(top) || top.contains(e) || (label && label.contains(top));
  e.dataset.stop ??= String(document.querySelectorAll("[data-stop]").length);
  return { stop: e.dataset.stop, seen: Boolean(seen), what: e.outerHTML.slice(0, 120) };
}
"""
STOPS = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((e) => !e.disabled && e.type !== "hidden" && e.tabIndex >= 0)
  .filter((e) => e.checkVisibility({ visibilityProperty: true }))
  .length
"""


class Visitor:
    """A browser's window of one door in one look; what it said and asked for is kept."""

    def __init__(self, page: Page, site: WholeSite) -> None:
        self.page = page
        self._site = site
        self.wrong: list[str] = []
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def _said(self, kind: str, text: str) -> None:
        # That a page told the browser to forget is said as an information.
        if kind in ("error", "warning", "assert"):
            self.wrong.append(f"{self.page.url}: {kind}: {text[:200]}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self._site.address).netloc:
            self.wrong.append(f"{self.page.url}: asked {url}")

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self._site.address}{path}", wait_until="load")
        broken = await self.page.evaluate("window.broken ?? []")
        self.wrong += [f"{path}: policy {each}" for each in broken]

    async def check(self, path: str) -> None:
        """axe, and nothing wider than the screen, with everything that folds unfolded."""
        await self.page.evaluate(UNFOLD)
        self.wrong += [f"{path}: too wide: {each}" for each in await self.page.evaluate(TOO_WIDE)]
        try:
            await accessible(self.page)
        except AssertionError as error:
            self.wrong.append(f"{path}: axe: {str(error).splitlines()[0][:600]}")


class Visitors:
    """A window of each door in one look, opened when it is first asked for."""

    def __init__(self, chromium: Browser, site: WholeSite, look: Look) -> None:
        self._chromium, self._site, self._look = chromium, site, look
        self._made: dict[str, Visitor] = {}

    async def at(self, door: str) -> Visitor:
        if door not in self._made:
            self._made[door] = await self._enter(door)
        return self._made[door]

    async def _enter(self, door: str) -> Visitor:
        size, scheme, language = self._look
        context = await self._chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            screen={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            has_touch=size[0] < 800,
            reduced_motion="reduce",
        )
        await context.add_init_script(WATCH_POLICY)
        # What a worker answers from its own copies is not what is looked at here.
        await context.add_init_script("Object.defineProperty(navigator, 'serviceWorker', { value: undefined })")
        visitor = Visitor(await context.new_page(), self._site)
        role = next(role for role, name in DOORS.items() if name == door)
        if role is not None:
            token = entry_token(Signer(SIGNING), self._site, role)
            await visitor.page.goto(f"{self._site.address}/enter?t={token}&l={language}")
        return visitor

    @property
    def wrong(self) -> list[str]:
        """What any window said or asked for."""
        return [each for visitor in self._made.values() for each in visitor.wrong]

    async def leave(self) -> None:
        for visitor in self._made.values():
            await visitor.page.context.close()


@asynccontextmanager
async def visitors(chromium: Browser, site: WholeSite, look: Look) -> AsyncIterator[Visitors]:
    """Who come in one look, and leave."""
    made = Visitors(chromium, site, look)
    yield made
    await made.leave()


async def addresses(site: WholeSite, language: str) -> list[tuple[str, str]]:
    """Door and address of every page."""
    return [(seen.door, seen.path) for seen in await site.pages(language)]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_every_page_is_accessible_and_clean(chromium: Browser, served: WholeSite, look: Look) -> None:
    place = LOOKS.index(look)
    async with visitors(chromium, served, look) as windows:
        for number, (door, path) in enumerate(await addresses(served, look[2])):
            if WHOLE or number % len(LOOKS) == place:
                window = await windows.at(door)
                await window.open(path)
                await window.check(path)
        assert not windows.wrong, "\n".join(windows.wrong)


async def test_nothing_is_cut_on_the_narrowest_screen_or_in_the_largest_text(
    chromium: Browser, served: WholeSite
) -> None:
    wrong: list[str] = []
    for size in (NARROWEST, DESKTOP):
        async with visitors(chromium, served, (size, "light", "fr")) as windows:
            for number, (door, path) in enumerate(await addresses(served, "fr")):
                if not WHOLE and number % SAMPLED:
                    continue
                window = await windows.at(door)
                await window.open(path)
                if size == DESKTOP:
                    await window.page.evaluate("document.documentElement.style.fontSize = '200%'")
                await window.page.evaluate(UNFOLD)
                wrong += [f"{size} {path}: {each}" for each in await window.page.evaluate(TOO_WIDE)]
    assert not wrong, "\n".join(wrong)


async def test_the_keyboard_reaches_everything_and_nothing_hides_where_it_is(
    chromium: Browser, served: WholeSite
) -> None:
    wrong: list[str] = []
    async with visitors(chromium, served, (DESKTOP, "light", "en")) as windows:
        for number, (door, path) in enumerate(await addresses(served, "en")):
            if not WHOLE and number % SAMPLED:
                continue
            window = await windows.at(door)
            await window.open(path)
            wanted = min(await window.page.evaluate(STOPS), STOPS_MAX)
            stops: set[str] = set()
            for _ in range(wanted):
                await window.page.keyboard.press("Tab")
                found = await window.page.evaluate(FOCUS)
                if found is None:
                    break
                stops.add(found["stop"])
                if not found["seen"]:
                    wrong.append(f"{path}: hidden while focused: {found['what']}")
            # Radio buttons of a group are one stop, so that a page may have fewer stops than fields; never a trap.
            if len(stops) < min(wanted, 3):
                wrong.append(f"{path}: {len(stops)} stops of {wanted}")
    assert not wrong, "\n".join(wrong)


async def test_forms_and_links_work_without_scripts(chromium: Browser, served: WholeSite) -> None:
    context = await chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    token = entry_token(Signer(SIGNING), served, Role.SHOPPER)
    await page.goto(f"{served.address}/enter?t={token}&l=en")
    for part in ("", "/offers", "/cash-out", "/payments", "/inbox", "/me", "/me/erasure"):
        await page.goto(f"{served.address}/en/wallet{part}")
        assert await page.locator("h1").count() == 1, part
    await page.goto(f"{served.address}/en/wallet/me/erasure")
    assert "A payment in instalments is open" in await page.inner_text("main")
    await page.get_by_role("link", name="My payments").click()
    assert page.url.endswith("/en/wallet/payments")
    await page.goto(f"{served.address}/en/wallet/claims")
    await page.locator("main form[enctype] button[type=submit]").click()
    assert "3 things to mend" in await page.inner_text("main")
    await context.close()


LIGHTHOUSE = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")
CATEGORIES = {"performance": 0.95, "accessibility": 1, "best-practices": 1, "seo": 1}
"""The least score of each."""
TRACES_MAX = 3
"""Now and then it loses the trace of a page that loaded well (NO_NAVSTART)."""


@pytest.mark.skipif(not WHOLE or LIGHTHOUSE is None, reason="Lighthouse is not installed, or this is a short run")
async def test_lighthouse_finds_nothing(served: WholeSite, tmp_path: Path) -> None:
    """Every page as its slow phone loads it; LIGHTHOUSE_ONLY=wallet: those whose path has that expression."""
    only, low = os.environ.get("LIGHTHOUSE_ONLY", ""), []
    for seen in await served.pages("en"):
        if seen.status == 200 and re.search(only, seen.path):
            told = await _lighthouse(served, seen, tmp_path)
            scores = {name: told["categories"][name]["score"] for name in CATEGORIES}
            print(seen.path, scores, flush=True)
            if any(scores[name] is None or scores[name] < least for name, least in CATEGORIES.items()):
                found = [f"{name} {each['score']}" for name, each in told["audits"].items() if each["score"] == 0]
                low.append(f"{seen.path}: {scores}: {', '.join(found)}")
    assert not low, "\n".join(low)


async def _lighthouse(site: WholeSite, seen: Seen, folder: Path) -> dict[str, Any]:
    cookies = "; ".join(f"{name}={value}" for name, value in site.browsers[seen.door].cookies.items())
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    for _ in range(TRACES_MAX):
        if await _traced(site, seen, cookies, report) == 0:
            break
    return cast("dict[str, Any]", json.loads(report.read_text()))


async def _traced(site: WholeSite, seen: Seen, cookies: str, report: Path) -> int:
    assert LIGHTHOUSE is not None
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        *LIGHTHOUSE.split(), f"{site.address}{seen.path}", "--output=json", f"--output-path={report}", "--quiet",
        f"--only-categories={','.join(CATEGORIES)}", f"--extra-headers={json.dumps({'Cookie': cookies})}",
        f"--chrome-flags={' '.join(FLAGS)}", env={**os.environ, "CHROME_PATH": CHROMIUM},
    )  # fmt: skip
    return await process.wait()
