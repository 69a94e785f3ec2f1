"""Pictures of every page into `docs/screens`: phone and desktop, light and dark, and a gallery to look through.

Starts a demonstration of its own, comes in as each role, follows every link once, and takes what it was led to. Needs
the environment of development and Chromium (`--chromium PATH`); a page that no link leads to is named in the gallery.
"""

import argparse
import asyncio
import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCREENS = ROOT / "docs" / "screens"

sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 - the path comes first
from PIL import Image  # noqa: E402
from playwright.async_api import Browser, FloatRect, async_playwright  # noqa: E402

from bench.pages.deeds import do_all  # noqa: E402
from bench.pages.places import Found, Place, entered, entries, find  # noqa: E402
from cashback.clock import SystemClock  # noqa: E402

PORT = 8179
START_SECONDS = 300
COLOURS = 32
DESKTOP_SHOWN = 1000
"""Pixels that a desktop page is scaled to; the limit of the whole is `BYTES_MAX`."""
BYTES_MAX = 12 * 1024 * 1024
SIDE_BY_SIDE = 2
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
SETTLE_MS = 250
"""What follows the page's own load: fonts, the first event of a stream."""
WHO = {
    "stranger": "Strangers",
    "shopper": "The shopper's app",
    "operator": "The operator's console",
    "integrator": "The developer portal",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a page."""

    name: str
    width: int
    height: int
    most: int
    """Pixels of height that are kept."""
    dark: bool

    @property
    def share(self) -> int:
        """Of the gallery's width, in per cent."""
        return 18 if self.width < 600 else 30

    def options(self) -> dict[str, Any]:
        """Of the browser's context."""
        return {
            "viewport": {"width": self.width, "height": self.height},
            "color_scheme": "dark" if self.dark else "light",
            "reduced_motion": "reduce",
            "locale": "en-GB",
            "has_touch": self.width < 600,
        }


LOOKS = tuple(
    Look(f"{device}-{'dark' if dark else 'light'}", width, height, most, dark)
    for device, width, height, most in (("phone", 390, 844, 1_700), ("desktop", 1440, 900, 1_300))
    for dark in (False, True)
)


@contextlib.contextmanager
def demonstration(folder: Path, port: int) -> Iterator[str]:
    """A demonstration on this port; its address."""
    log = folder / "output.txt"
    line = [sys.executable, "-m", "cashback.cli", "demo", "--folder", str(folder / "demo"), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["PYTHONPATH"] = str(ROOT)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*line, "--shoppers", "40", "--days", "75"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (opened := re.search(r"^  open +(http://\S+)", log.read_text(), re.MULTILINE)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the demonstration does not start:\n{log.read_text()}")
            time.sleep(0.2)
        yield opened[1].rstrip("/")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def name_of(template: str) -> str:
    """A page's name in files: its address without language and braces."""
    words = re.sub(r"^/\{locale\}", "", template).strip("/")
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "start"


def small(picture: bytes, look: Look) -> bytes:
    """The same picture in few colours, a desktop's scaled down."""
    with Image.open(io.BytesIO(picture)) as opened:
        shown = opened.convert("RGB")
    if look.width > DESKTOP_SHOWN:
        height = shown.height * DESKTOP_SHOWN // shown.width
        shown = shown.resize((DESKTOP_SHOWN, height), Image.Resampling.LANCZOS)
    kept = io.BytesIO()
    shown.quantize(COLOURS, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


async def take(browser: Browser, look: Look, cookies: dict[str, list[Any]], places: list[Place], url: str) -> None:
    """Every page in one look, a few at a time."""
    gate = asyncio.Semaphore(SIDE_BY_SIDE)
    async with AsyncExitStack() as stack:
        contexts = {}
        for who, held in cookies.items():
            contexts[who] = await stack.enter_async_context(await browser.new_context(**look.options()))
            await contexts[who].add_cookies(held)

        async def one(place: Place) -> None:
            async with gate:
                page = await contexts[place.who].new_page()
                try:
                    await page.goto(f"{url}{place.address}", wait_until="load")
                    await page.evaluate("document.fonts.ready")
                    await page.wait_for_timeout(SETTLE_MS)
                    tall = await page.evaluate("document.documentElement.scrollHeight")
                    clip: FloatRect = {
                        "x": 0,
                        "y": 0,
                        "width": look.width,
                        "height": min(max(tall, look.height), look.most),
                    }
                    picture = await page.screenshot(full_page=True, animations="disabled", clip=clip)
                finally:
                    await page.close()
            path = SCREENS / f"{name_of(place.template)}--{look.name}.png"
            path.write_bytes(await asyncio.to_thread(small, picture, look))

        await asyncio.gather(*(one(place) for place in places))


def gallery(found: Found, places: list[Place]) -> str:
    """The README: every page with its four pictures, by whom it is for."""
    lines = [
        "# Screens",
        "",
        "Every page, phone and desktop, light and dark. Taken by `tools/screens.py` from a demonstration.",
        "",
    ]
    for who, title in WHO.items():
        mine = sorted((each for each in places if each.who == who), key=lambda each: each.template)
        lines += [f"## {title}", ""] if mine else []
        for place in mine:
            name = name_of(place.template)
            pictures = (
                f'<img src="{name}--{look.name}.png" width="{look.share}%" alt="{name}, {look.name}">' for look in LOOKS
            )
            lines += [f"### `{place.template}`", "", "<p>", *pictures, "</p>", ""]
    missing = found.missing()
    if missing:
        lines += ["## Not here", "", "No link of the demonstration leads to these:", ""]
        lines += [f"* `{each}`" for each in missing] + [""]
    return "\n".join(lines)


async def main(chromium: str, url: str, looks: Sequence[Look]) -> None:
    """Find, take, write."""
    transport = httpx.AsyncHTTPTransport()
    async with AsyncExitStack() as stack:
        async with httpx.AsyncClient(base_url=url) as stranger:
            doors = await entries(stranger)
        browsers = {door.who: await stack.enter_async_context(entered(transport, url, door)) for door in doors}
        for refused in await do_all(browsers, SystemClock().now().date()):
            print(f"not done: {refused}")
        found = await find(browsers)
        cookies = {
            who: [{"name": each.name, "value": each.value or "", "url": url} for each in browser.client.cookies.jar]
            for who, browser in browsers.items()
        }
    places = found.of_pages()
    print(f"{len(places)} pages, {len(found.missing())} that nothing leads to; answered an error: {found.broken}")
    if len(looks) == len(LOOKS):
        shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for look in looks:
            begin = time.monotonic()
            await take(browser, look, cookies, places, url)
            print(f"{look.name}: {time.monotonic() - begin:.0f} s")
        await browser.close()
    (SCREENS / "README.md").write_text(gallery(found, places))
    size = sum(each.stat().st_size for each in SCREENS.iterdir())
    print(f"{len(places) * len(looks)} pictures, {size / 1024 / 1024:.1f} MB")
    if size > BYTES_MAX:
        raise SystemExit(f"docs/screens holds {size} bytes, at most {BYTES_MAX} are meant to be kept")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--chromium", default=shutil.which("chromium") or "/usr/bin/chromium", help="the browser")
    asked.add_argument("--port", type=int, default=PORT, help="of the demonstration")
    asked.add_argument("--url", help="a demonstration that runs already")
    asked.add_argument("--look", choices=[each.name for each in LOOKS], help="one look alone, while pages are written")
    given = asked.parse_args()
    looks = [each for each in LOOKS if given.look in (None, each.name)]
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="cashback-screens-")))
        asyncio.run(main(given.chromium, given.url or held.enter_context(demonstration(folder, given.port)), looks))
