"""Gates over every page of the route table, without a browser: it answers, in its language, strict, and light.

A page that nobody listed fails: `whole_site` must know an address of each route, or say why no gate looks at it.
"""

import gzip
import os
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from whole_site import FILLED, LEFT_ALONE, ROUTES, Seen, WholeSite

from cashback.web.assets import Assets

SCRIPT_MAX = 30 * 1024
PAGE_MAX = 120 * 1024
EVERYTHING = bool(os.environ.get("EVERY_LOOK"))
LANGUAGES = ("en", "fr")
MONTHS = {
    "en": r"\b(janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|janv\.|févr\.|déc\.)",
    "fr": r"\b(January|February|March|April|June|July|August|September|October|November|December)\b",
}
"""Of the other language."""
RAW = re.compile(r"(?:^|[:=(] ?)None(?:$|[,)])|\bundefined\b|\bNaN\b|UUID\(|datetime\.|Texts\(|<[A-Z]\w+\.[A-Z_]+")
"""What no reader should ever see."""


class Document(HTMLParser):
    """A page as gates see it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language = ""
        self.assets: list[str] = []
        self.wrong: list[str] = []
        self.headings = 0
        self.texts: list[str] = []
        self._quiet = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._quiet += tag in ("script", "style", "code", "pre")
        self.headings += tag == "h1"
        if tag == "html":
            self.language = told.get("lang") or ""
        self.wrong += [f"{tag} {name}" for name, _ in attrs if name == "style" or re.match(r"on[a-z]+$", name)]
        self.wrong += [f"{tag} {name}" for name, _ in attrs if name.startswith(("hx-on", "hx-live"))]
        if tag == "script" and not told.get("src"):
            self.wrong.append("a script within the page")
        source = told.get("src") if tag in ("script", "img") else told.get("href") if tag == "link" else None
        if source and (tag != "link" or told.get("rel") in ("stylesheet", "preload", "modulepreload", "icon")):
            self.assets.append(source)
        if tag == "use" and told.get("href"):
            self.assets.append(str(told["href"]).partition("#")[0])

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("script", "style", "code", "pre")

    def handle_data(self, data: str) -> None:
        if not self._quiet and data.strip():
            self.texts.append(" ".join(data.split()))


def test_every_route_is_looked_at_or_says_why_not() -> None:
    with_parameters = {route.path for route in ROUTES if route.param_convertors.keys() - {"locale"}}
    assert sorted(with_parameters - FILLED.keys() - LEFT_ALONE.keys()) == [], "give whole_site.FILLED an address of it"
    assert sorted((FILLED.keys() | LEFT_ALONE.keys()) - {route.path for route in ROUTES}) == []


async def test_every_route_has_something_to_show(site: WholeSite) -> None:
    assert sorted(set(site.empty) - LONG_PAST) == [], (
        "the demonstration has nothing of it: add it there, or to tests/gates/furnish.py"
    )


LONG_PAST = {
    "/{locale}/operator/payouts/files/{id}",
    "/{locale}/operator/settlement/{id}",
    "/{locale}/operator/settlement/{id}/csv",
    "/{locale}/operator/settlement/{id}/movements",
    "/{locale}/operator/settlement/{id}/pdf",
    "/{locale}/wallet/payments/{id}/contract",
    "/{locale}/wallet/payments/decisions/{id}/plan",
    "/{locale}/wallet/payments/decisions/{id}/sheet/{plan}",
    "/{locale}/wallet/payments/decisions/{id}/sheet/{plan}.pdf",
}
"""What a month brings about, and a few days do not."""


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_answers_in_its_language(site: WholeSite, language: str) -> None:
    wrong: list[str] = []
    for seen in await site.open_everything(language):
        if seen.status >= 400:
            wrong.append(f"{seen.status} {seen.path}: {' '.join(Document(seen.text).texts)[:200]}")
    assert not wrong, "\n".join(wrong)
    pages = await site.pages(language)
    assert len(pages) > 40
    for seen in pages:
        document = Document(seen.text)
        if document.language != (language if "/{locale}" in seen.route else document.language):
            wrong.append(f"{seen.path}: lang={document.language!r}")
        if document.headings != 1:
            wrong.append(f"{seen.path}: {document.headings} h1")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_page_speaks_the_other_language_or_the_language_of_programs(site: WholeSite, language: str) -> None:
    wrong = []
    for seen in await site.pages(language):
        if "/{locale}" not in seen.route or seen.route.startswith("/{locale}/developer"):
            continue
        for text in Document(seen.text).texts:
            if re.search(MONTHS[language], text) or RAW.search(text):
                wrong.append(f"{seen.path}: {text[:120]}")
    assert not wrong, "\n".join(wrong)


async def test_every_page_is_strict(site: WholeSite) -> None:
    wrong = []
    for seen in await site.pages("en"):
        policy = seen.headers.get("content-security-policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy or "*" in policy or "http:" in policy:
            wrong.append(f"{seen.path}: {policy}")
        document = Document(seen.text)
        wrong += [f"{seen.path}: {each}" for each in document.wrong]
        wrong += [f"{seen.path}: {each}" for each in document.assets if urlsplit(each).netloc]
        if seen.headers.get("x-content-type-options") != "nosniff":
            wrong.append(f"{seen.path}: may be sniffed")
    assert not wrong, "\n".join(wrong)


async def test_every_page_is_light(site: WholeSite) -> None:
    heavy, heaviest = [], (0, 0, "")
    for seen in await site.pages("en"):
        scripts, styles = await weights(site, seen)
        total = seen.wire + scripts + styles
        heaviest = max(heaviest, (total, scripts, seen.path))
        if scripts > SCRIPT_MAX or total > PAGE_MAX:
            heavy.append(f"{seen.path}: {total} bytes, {scripts} of them script")
    assert not heavy, "\n".join(heavy)
    print(f"the heaviest page: {heaviest[2]}, {heaviest[0]} bytes, {heaviest[1]} of them script")


_sizes: dict[str, tuple[int, list[str]]] = {}


async def weights(site: WholeSite, seen: Seen) -> tuple[int, int]:
    """Bytes of scripts, and of all other files that a page loads, packed, each file once."""
    wanted, known, scripts, others = list(Document(seen.text).assets), set[str](), 0, 0
    while wanted:
        address = wanted.pop()
        path = urlsplit(address).path
        if path in known:
            continue
        known.add(path)
        size, more = await _weight(site, seen.door, address)
        wanted += more
        if path.endswith(".js"):
            scripts += size
        else:
            others += size
    return scripts, others


async def _weight(site: WholeSite, door: str, address: str) -> tuple[int, list[str]]:
    if address not in _sizes:
        answer = await site.browsers[door].get(address, headers={"accept-encoding": "identity"})
        assert answer.status_code == 200, address
        raw = answer.content
        packed = raw if address.partition("?")[0].endswith((".woff2", ".png")) else gzip.compress(raw, 9)
        more: Iterable[str] = ()
        path = urlsplit(address).path
        if path.endswith(".js"):
            more = re.findall(r"""(?:from|import)\s*\(?["'](/static/[^"']+|\./[^"']+)["']""", raw.decode())
        elif path.endswith(".css"):
            more = re.findall(r"""url\(["']?([^"')]+)["']?\)""", raw.decode())
        base = path.rpartition("/")[0]
        following = [each if each.startswith("/") else f"{base}/{each.removeprefix('./')}" for each in more]
        _sizes[address] = len(packed), [each for each in following if not each.startswith(f"{base}/data:")]
    return _sizes[address]


def test_the_packed_files_are_what_is_served() -> None:
    assets = Assets()
    assert assets.url("app.css").startswith("/static/app.css?v=")
