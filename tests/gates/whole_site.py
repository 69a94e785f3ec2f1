"""The whole application over a small demonstration, and every page of it: found by following links from the doors."""

import asyncio
import re
from base64 import b64encode
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import httpx
from starlette.routing import Match, Route

from cashback.app import Application, build_app
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Role, Signer
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.demo.seeding import Plan, seed
from cashback.runtime import Runtime
from cashback.settings import read_settings
from cashback.wakeups import LocalWakeups
from cashback.web.app import routes
from webhooks.sealing import KeyRing

MASTER = bytes(range(32))
SIGNING = b"test key of 32 bytes, never used"
PLAN = Plan(shoppers=4, days=4)
OF_A_ROUTE = 2
"""So many addresses of one route are looked at: the first that links lead to."""
PAGES_MAX = 600


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody comes in, as what; nobody is a stranger."""

    name: str
    begin: tuple[str, ...]
    role: Role | None = None


DOORS = (
    Door("stranger", ("/{locale}", "/{locale}/welcome", "/{locale}/offline", "/{locale}/erased", "/{locale}/sign-in",
                      "/{locale}/operator/sign-in", "/{locale}/nowhere")),
    Door("shopper", ("/{locale}/wallet",), Role.SHOPPER),
    Door("operator", ("/{locale}/operator", "/{locale}/operator/live", "/{locale}/developer/start"), Role.OPERATOR),
)  # fmt: skip


@dataclass(slots=True)
class Seen:
    """One address that answered."""

    door: str
    path: str
    route: str
    status: int
    kind: str
    text: str
    wire: int
    """Bytes on the wire, packed."""
    headers: httpx.Headers

    @property
    def is_page(self) -> bool:
        """A whole page, not a part of one, a file or a stream."""
        return self.kind.startswith("text/html") and "<html" in self.text


@dataclass(slots=True)
class WholeSite:
    """The application, its browsers by door, and what was seen."""

    app: Application
    address: str
    browsers: dict[str, httpx.AsyncClient]
    operator_id: UUID
    shopper_id: UUID
    runtime: Runtime
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    """By language."""

    async def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        async with transaction(self.runtime.engine, self.operator_id) as connection:
            return [tuple(row) for row in await fetch(connection, statement, values)]

    async def look(self, door: str, path: str) -> Seen:
        """One address, as this door's browser sees it."""
        async with self.browsers[door].stream("GET", path, headers={"accept-encoding": "gzip"}) as answer:
            kind = answer.headers.get("content-type", "")
            raw = b"" if kind.startswith("text/event-stream") else await _raw(answer)
            text = ""
            if kind.startswith("text/html"):
                packed = answer.headers.get("content-encoding") == "gzip"
                text = (_unpacked(raw) if packed else raw).decode()
        return Seen(door, path, route_of(path), answer.status_code, kind, text, len(raw), answer.headers)

    async def crawl(self, language: str) -> list[Seen]:
        """Every page that links lead to, a few of each route, in one language."""
        if language not in self.seen:
            found: list[Seen] = []
            for door in DOORS:
                found += await self._crawl(door, language)
            self.seen[language] = found
        return self.seen[language]

    async def _crawl(self, door: Door, language: str) -> list[Seen]:
        queue = deque(path.replace("{locale}", language) for path in (*door.begin, *BEGIN.get(door.name, ())))
        known, visits, found = set(queue), Counter[str](), list[Seen]()
        while queue and len(found) < PAGES_MAX:
            path = queue.popleft()
            route = route_of(path)
            if route in LEFT_ALONE or visits[route] >= OF_A_ROUTE:
                continue
            visits[route] += 1
            seen = await self.look(door.name, path)
            found.append(seen)
            if seen.status in (301, 302, 303, 307):
                targets = [seen.headers["location"]]
            else:
                targets = re.findall(r'(?:href|hx-get)="([^"]+)"', seen.text)
            for target in targets:
                follow = urlsplit(urljoin(path, unescape(target)))
                wanted = follow.path + (f"?{follow.query}" if follow.query else "")
                mine = follow.path.startswith(f"/{language}/") and not follow.netloc
                if mine and wanted not in known and opened_by(door, follow.path):
                    known.add(wanted)
                    queue.append(wanted)
        return found


def opened_by(door: Door, path: str) -> bool:
    """Whether an address is one that this door's browser asks for; the others are somebody else's part of the house."""
    part = ([*path.split("/"), "", ""])[2]
    within = "sign-in" in path
    if door.name == "shopper":
        return part == "wallet"
    if door.name == "operator":
        return part in ("operator", "developer") and not within
    return part not in ("wallet", "operator", "developer") or within


async def _raw(answer: httpx.Response) -> bytes:
    return b"".join([chunk async for chunk in answer.aiter_raw()])


def _unpacked(raw: bytes) -> bytes:
    import gzip

    return gzip.decompress(raw)


ROUTES: list[Route] = [route for route in routes() if "GET" in (route.methods or ())]
LEFT_ALONE = frozenset(
    {"/static/{path:path}", "/enter", "/sso", "/sign-in/oidc", "/{locale}/operator/sign-in/oidc"}
    | {route.path for route in ROUTES if route.path.endswith("/stream")}
)
"""Files, doors that need a ticket or another house, and streams that never end."""
BEGIN: dict[str, tuple[str, ...]] = {}


def route_of(path: str) -> str:
    """The route of the table that answers an address; empty for none."""
    scope = {"type": "http", "method": "GET", "path": urlsplit(path).path, "headers": []}
    for route in ROUTES:
        if route.matches(scope)[0] is Match.FULL:
            return route.path
    return ""


@asynccontextmanager
async def whole_site(
    new_database: Callable[[], object], address: str = "http://127.0.0.1:8000"
) -> AsyncIterator[WholeSite]:
    """Seeded, built, with a browser for each door."""
    url = await new_database()  # type: ignore[misc]
    owner, engine = open_engine(url, role=None, pool_size=1), open_engine(url, pool_size=6)
    keyring, clock = KeyRing(MASTER), SystemClock()
    await seed(engine, owner, keyring, PLAN, clock.now(), address, lambda _: None)
    await owner.dispose()
    settings = read_settings(
        {
            "CASHBACK_MODE": "demo",
            "CASHBACK_PUBLIC_URL": address,
            "CASHBACK_SESSION_KEY": b64encode(SIGNING).decode(),
            "DATABASE_URL": url,
        }
    )
    runtime = Runtime(settings=settings, clock=clock, engine=engine, wakeups=LocalWakeups(), keyring=keyring)
    app = build_app(runtime)
    signer = Signer(SIGNING)
    async with app.running():
        async with engine.begin() as connection:
            await connection.exec_driver_sql("SELECT 1")
        made = WholeSite(app, address, {}, UUID(int=0), UUID(int=0), runtime)
        made.operator_id, made.shopper_id = await _people(made)
        for door in DOORS:
            browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address)
            if door.role is not None:
                token = entry_token(signer, made, door.role)
                await browser.get("/enter", params={"t": token, "l": "en"})
            made.browsers[door.name] = browser
        yield made
        await app.end_streams()
        await asyncio.gather(*(each.aclose() for each in made.browsers.values()))
    await engine.dispose()


def entry_token(signer: Signer, site: WholeSite, role: Role) -> str:
    """A fresh link's token, of the shopper or of an admin."""
    operator = role is Role.OPERATOR
    return signer.entry_token(
        role=role,
        operator_id=site.operator_id,
        shopper_id=None if operator else site.shopper_id,
        now=site.runtime.clock.now(),
        member_role=MemberRole.ADMIN if operator else None,
    )


async def _people(site: WholeSite) -> tuple[UUID, UUID]:
    """The operator whose programme it is, and its shopper with the most to show."""
    from cashback.demo.seeding import SLUG
    from cashback.programmes.operators import find_operator

    operator_id = await find_operator(site.runtime.engine, SLUG)
    assert operator_id is not None
    site.operator_id = operator_id
    rows = await site.rows(
        "SELECT p.shopper_id FROM purchases p LEFT JOIN plans l ON l.shopper_id = p.shopper_id"
        " GROUP BY 1 ORDER BY count(DISTINCT l.id) DESC, count(*) DESC LIMIT 1"
    )
    return operator_id, rows[0][0]  # type: ignore[return-value]


SHOTS = Path(__file__).parent
