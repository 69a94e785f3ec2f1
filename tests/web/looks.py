"""The eight looks of every page, and what a page must be in each.

In an ordinary run `tests/gates` looks at every page of the route table once, in one of the looks. With `EVERY_LOOK=1`
it looks at all of them in all eight, and the modules beside this one at their fuller desks too.
"""

import os

import pytest
from playwright.async_api import Page
from test_browser import DESKTOP, PHONE, TOO_WIDE, Scheme, assert_accessible

Look = tuple[tuple[int, int], Scheme, str]
LOOKS: list[Look] = [
    (size, scheme, language) for language in ("fr", "en") for scheme in ("light", "dark") for size in (PHONE, DESKTOP)
]
WHOLE = bool(os.environ.get("EVERY_LOOK"))
SCRIPT_MAX, PAGE_MAX = 30_000, 120_000
"""Bytes on the wire."""
_WEIGHT = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
    .map((each) => [new URL(each.name).pathname, each.encodedBodySize])"""
UNFOLD = "document.querySelectorAll('main details').forEach((each) => { each.open = true })"

_only_whole = pytest.mark.skipif(not WHOLE, reason="EVERY_LOOK=1 looks at this desk; tests/gates did at its pages")
every_look = pytest.mark.parametrize(
    "look", [pytest.param(look, marks=_only_whole) for look in (LOOKS if WHOLE else LOOKS[:1])], ids=str
)


async def assert_whole(page: Page, address: str) -> None:
    """Light on the wire, within the screen folded and unfolded, and accessible."""
    await page.goto(address)
    loaded = await page.evaluate(_WEIGHT)
    assert sum(each for path, each in loaded if path.endswith(".js")) <= SCRIPT_MAX, address
    assert 0 < sum(each for _, each in loaded) <= PAGE_MAX, address
    assert await page.evaluate(TOO_WIDE) == [], address
    await page.evaluate(UNFOLD)
    assert await page.evaluate(TOO_WIDE) == [], address
    await assert_accessible(page)
