"""Finds addresses of every page by following its links, as somebody would who clicks on everything, once as each role.

The table of routes says what there is to find, so a new page is found by being linked.
"""

import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
from starlette.routing import Route

from cashback.demo.seeding import SLUG
from cashback.web.app import routes

LANGUAGE = "en"
OF_EACH = 3
"""Addresses that are kept of one page, and pages of one kind whose links are followed."""
_FIRST_WORDS = ("static", "enter", "leave", "v1", "theme", "sso")
"""Addresses that lead to no page."""


@dataclass(frozen=True, slots=True)
class Place:
    """One address of a page; `part`: what htmx asks for, not a whole page."""

    template: str
    address: str
    who: str
    part: bool


@dataclass(slots=True)
class Found:
    """What clicking found."""

    places: list[Place] = field(default_factory=list)
    broken: list[tuple[str, str, int]] = field(default_factory=list)
    """Who was led where, and was answered an error."""

    def of_pages(self) -> list[Place]:
        """One whole page of each kind and role that opened it first."""
        first: dict[str, Place] = {}
        for each in self.places:
            if not each.part:
                first.setdefault(each.template, each)
        return list(first.values())

    def missing(self) -> list[str]:
        """Templates of pages that no link led to; an address that takes a form is one that a form leads to."""
        forms = {each.path for each in routes() if isinstance(each, Route) and "POST" in (each.methods or ())}
        known = {each.template for each in self.places}
        return [each.path for each in pages() if each.path not in known | forms]


def pages() -> list[Route]:
    """What there is to find: routes that are asked by GET and end."""
    asked = (each for each in routes() if isinstance(each, Route) and "GET" in (each.methods or ()))
    return [each for each in asked if not each.path.endswith(("/stream", ".pdf", ".csv")) and not _first(each.path)]


def _first(path: str) -> bool:
    return path.split("/")[1] in _FIRST_WORDS


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "a" and told.get("href") and "download" not in told:
            self.found.append((told["href"] or "", False))
        if tag == "form" and told.get("method", "get").lower() == "get" and told.get("action"):  # type: ignore[union-attr]
            self.found.append((told["action"] or "", False))
        if told.get("hx-get"):
            self.found.append((told["hx-get"] or "", True))


@dataclass(frozen=True, slots=True)
class Entry:
    """A way in: who comes, and by which link; a stranger has none and knows some addresses."""

    who: str
    link: str
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody who came in, and where they begin."""

    client: httpx.AsyncClient
    starts: tuple[str, ...]


async def entries(client: httpx.AsyncClient) -> list[Entry]:
    """A stranger, and the role links of a demonstration's start page: a shopper, an administrator, an integrator."""
    start = await client.get("/", headers={"accept-language": LANGUAGE})
    links = [link for link, _ in _Links(start.text).found if link.startswith("/enter?")]
    named = {"shopper": links[0]}
    for link in links:
        if link.endswith("&p=developer"):
            named["integrator"] = link
    # The console as administrator is the link of the button, which stands before those of the other roles.
    button = re.search(r'class="button primary" href="(/enter\?[^"]+)"', start.text)
    assert button is not None, "the start page has no link into the console"
    named["operator"] = button[1].replace("&amp;", "&")
    doors = tuple(f"/{LANGUAGE}/{door}?centre={SLUG}" for door in ("sign-in", "operator/sign-in"))
    return [Entry("stranger", "", ("/", *doors)), *(Entry(who, link) for who, link in named.items())]


@asynccontextmanager
async def entered(transport: httpx.AsyncBaseTransport, base: str, entry: Entry) -> AsyncIterator[Browser]:
    """A browser that came in by the link."""
    async with httpx.AsyncClient(transport=transport, base_url=base, timeout=120) as client:
        if not entry.link:
            yield Browser(client, entry.known)
            return
        answer = await client.get(entry.link)
        if answer.status_code != 303:
            raise RuntimeError(f"the link of {entry.who} answered {answer.status_code}")
        yield Browser(client, (answer.headers["location"], *entry.known))


async def find(browsers: Mapping[str, Browser]) -> Found:
    """Follow every link as each of them."""
    found, table = Found(), pages()
    kept: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
    for who, browser in browsers.items():
        waiting: deque[tuple[str, bool]] = deque((each, False) for each in browser.starts)
        seen: set[tuple[str, bool]] = set()
        while waiting:
            address, part = waiting.popleft()
            template = _template(table, address)
            if template is None or (address, part) in seen or len(kept[template, part]) >= OF_EACH:
                continue
            seen.add((address, part))
            answer = await browser.client.get(address, headers={"hx-request": "true"} if part else {})
            if answer.is_redirect:
                waiting.append((answer.headers["location"], False))
            elif answer.status_code >= 400:
                found.broken.append((who, address, answer.status_code))
            elif answer.is_success and answer.headers.get("content-type", "").startswith("text/html"):
                if address not in kept[template, part]:
                    kept[template, part].add(address)
                    found.places.append(Place(template, address, who, part))
                waiting.extend(_of_here(_Links(answer.text).found, address))
    return found


def _of_here(links: Iterable[tuple[str, bool]], address: str) -> list[tuple[str, bool]]:
    whole = ((urlsplit(urljoin(address, link)), part) for link, part in links)
    return [
        (each.path + (f"?{each.query}" if each.query else ""), part)
        for each, part in whole
        if not each.netloc and each.path.startswith("/")
    ]


def _template(table: Iterable[Route], address: str) -> str | None:
    """The route of an address, None where it leads to no page in our language."""
    path = urlsplit(address).path
    for each in table:
        matched = each.path_regex.match(path)
        if matched:
            return each.path if matched.groupdict().get("locale", LANGUAGE) == LANGUAGE else None
    return None
