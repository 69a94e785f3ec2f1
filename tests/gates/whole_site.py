"""The whole application over a small demonstration, and every page of it: found by following links from the doors."""

import asyncio
import gzip
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from furnish import furnish
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import Match, Route
from web_site import csrf_in

from cashback.app import Application, build_app
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Role, Signer
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.demo.seeding import SLUG, Plan, seed
from cashback.ids import show
from cashback.programmes.operators import find_operator
from cashback.runtime import Runtime
from cashback.settings import read_settings
from cashback.wakeups import LocalWakeups
from cashback.web.app import routes
from webhooks.sealing import KeyRing

MASTER = bytes(range(32))
SIGNING = b"test key of 32 bytes, never used"
PLAN = Plan(shoppers=4, days=4)


DOORS = {None: "stranger", Role.SHOPPER: "shopper", Role.OPERATOR: "operator"}


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
    addresses: dict[str, str] = field(default_factory=dict)
    """By route: an address of it, its language left open."""
    empty: list[str] = field(default_factory=list)
    """Routes that nothing of this house answers to."""
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    """By language."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with transaction(self.runtime.engine, self.operator_id) as connection:
            yield connection

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

    async def open_everything(self, language: str) -> list[Seen]:
        """Every route of the table that answers with something, by an address that this house has; asked once."""
        if language not in self.seen:
            self.seen[language] = [
                await self.look(door_of(route), path.replace("{locale}", language))
                for route, path in self.addresses.items()
            ]
        return self.seen[language]

    async def pages(self, language: str) -> list[Seen]:
        """Of those the whole pages."""
        return [each for each in await self.open_everything(language) if each.is_page]


def door_of(path: str) -> str:
    """Whose browser asks for a route."""
    part = [*path.split("/"), "", "", ""][2]
    if "sign-in" in path:
        return "stranger"
    return {"wallet": "shopper", "operator": "operator", "developer": "operator"}.get(part, "stranger")


async def _raw(answer: httpx.Response) -> bytes:
    return b"".join([chunk async for chunk in answer.aiter_raw()])


def _unpacked(raw: bytes) -> bytes:
    return gzip.decompress(raw)


ROUTES: list[Route] = [route for route in routes() if "GET" in (route.methods or ())]
LEADS_ON = frozenset({"home", "back"})
"""Endpoints that only lead to another page, as after a change of language."""
LEFT_ALONE: dict[str, str] = {
    "/static/{path:path}": "files",
    "/enter": "a door that needs a ticket",
    "/sso": "a door that needs a ticket",
    "/sign-in/oidc/{operator}": "a door of another house",
    "/{locale}/embed/link": "needs a ticket, and has gates of its own in tests/app",
    "/{locale}/sign-in/code": "after a code was sent; tests/doors",
    "/{locale}/operator/sign-in/code": "after a code was sent; tests/doors",
    "/{locale}/developer/deliveries/{id}/{message}": "needs a receiver; tests/web/test_portal_browser.py",
    "/{locale}/developer/endpoints/{id}": "needs an endpoint; tests/web/test_portal_browser.py",
    "/{locale}/developer/requests/{id}": "needs a request; tests/web/test_portal_browser.py",
    "/{locale}/operator/offer-trials/{key}": "a part of the editor while it reckons",
    "/{locale}/operator/live/rows": "a part of the feed",
    "/{locale}/wallet/inbox/open": "leads on to what a notice is about",
    "/{locale}/operator/bank/difference": "needs a bank file that differs; tests of the money desk",
    "/{locale}/operator/matches/one": "needs a question; tests of matching",
    "/theme/{tenant}/logo/{mark}.png": "a picture",
    "/theme/{tenant}/{version:int}.css": "a style",
    "/theme/{tenant}/{version:int}/icon-{size}.png": "a picture",
    **{route.path: "a stream that never ends" for route in ROUTES if route.path.endswith("/stream")},
    **{route.path: "leads on" for route in ROUTES if getattr(route.endpoint, "__name__", "") in LEADS_ON},
}
"""Routes that no gate looks at, and why."""
QUERIES = {
    "/{locale}/sign-in/join": f"?centre={SLUG}",
    "/{locale}/operator/settlement/preview": "?period=2026-10",
}
"""What an address must ask for to show anything."""
S = "{shopper}"
_OFFER, _IMPORT, _SETTLEMENT = (
    "SELECT code FROM offers",
    "imp SELECT id FROM shop_imports",
    "stl SELECT id FROM settlements",
)
_MINE = f"pur SELECT id FROM purchases WHERE shopper_id = '{S}' AND shop_id IS NOT NULL"
_DECISION = f"dec SELECT id FROM decisions WHERE shopper_id = '{S}'"
_PLAN = f"pln SELECT id FROM plans WHERE shopper_id = '{S}'"
FILLED: dict[str, tuple[str, ...]] = {
    "/icon/{size}.png": ("=192",),
    "/c/{centre}": ("SELECT code FROM centres",),
    "/{locale}/c/{centre}": ("SELECT code FROM centres",),
    "/{locale}/c/{centre}/terms": ("SELECT code FROM centres",),
    "/{locale}/wallet/purchases/{id}": (_MINE,),
    "/{locale}/wallet/offers/{code}": (_OFFER,),
    "/{locale}/wallet/payments/split/{id}": (f"{_MINE} AND state = 'cleared' ORDER BY net_minor DESC",),
    "/{locale}/wallet/payments/{id}": (_PLAN,),
    "/{locale}/wallet/payments/{id}/{deed}": (f"{_PLAN} AND state = 'active'", "=pay"),
    "/{locale}/wallet/payments/decisions/{id}": (_DECISION,),
    "/{locale}/wallet/payments/decisions/{id}/plan": (f"{_DECISION} AND plan_id IS NOT NULL",),
    "/{locale}/wallet/payments/decisions/{id}/sheet/{plan}": (f"{_DECISION} AND outcome <> 'refused'", "=3x"),
    "/{locale}/wallet/payments/decisions/{id}/sheet/{plan}.pdf": (f"{_DECISION} AND outcome <> 'refused'", "=3x"),
    "/{locale}/operator/purchases/{id}": ("pur SELECT id FROM purchases WHERE shop_id IS NOT NULL",),
    "/{locale}/developer/reference/{group}": ("=shoppers",),
    "/{locale}/operator/overview/{name}.csv": ("=steps",),
    "/{locale}/operator/payouts/files/{id}": ("bat SELECT id FROM payout_batches",),
    "/{locale}/operator/payouts/{id}": ("pyt SELECT id FROM payouts",),
    "/{locale}/operator/adjustments/{id}": ("adj SELECT id FROM adjustments",),
    "/{locale}/operator/settlement/{id}": (_SETTLEMENT,),
    "/{locale}/operator/settlement/{id}/pdf": (_SETTLEMENT,),
    "/{locale}/operator/settlement/{id}/csv": (_SETTLEMENT,),
    "/{locale}/operator/settlement/{id}/movements": (_SETTLEMENT,),
    "/{locale}/operator/funders/{name}": ("=operator",),
    "/{locale}/operator/book/{id}": ("pln SELECT id FROM plans",),
    "/{locale}/operator/members/{id}": ("={member}",),
    "/{locale}/operator/members/{id}/{part}": ("={member}", "=purchases"),
    "/{locale}/wallet/payments/{id}/contract": (f"{_PLAN} AND lender = 'partner'",),
    "/{locale}/operator/team/{id}": ("mem SELECT id FROM members WHERE removed_at IS NULL",),
    "/{locale}/operator/audit/{id}": ("aud SELECT id FROM audit_log",),
    "/{locale}/operator/offers/{code}": (_OFFER,),
    "/{locale}/operator/offers/{code}/edit": (_OFFER,),
    "/{locale}/operator/offers/{code}/approval": (_OFFER,),
    "/{locale}/operator/offers/{code}/days.csv": (_OFFER,),
    "/{locale}/operator/offers/{code}/shops.csv": (_OFFER,),
    "/{locale}/operator/shops/{code}": ("SELECT code FROM shops",),
    "/{locale}/operator/shop-imports/{id}": (_IMPORT,),
    "/{locale}/operator/shop-imports/{id}/errors.csv": (_IMPORT,),
    "/{locale}/operator/claims/{id}": ("clm SELECT id FROM claims",),
    "/{locale}/operator/claims/{id}/picture": ("clm SELECT id FROM claims",),
    "/{locale}/operator/decisions/{id}": ("rev SELECT id FROM decision_reviews",),
    "/{locale}/operator/posters/{code}": ("SELECT code FROM posters",),
    "/{locale}/operator/posters/{code}/qr.{kind}": ("SELECT code FROM posters", "=svg"),
}
"""By route with parameters: what stands in each, `=` a text, else a statement with the prefix of the id before it."""


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
        made = WholeSite(app, address, {}, UUID(int=0), UUID(int=0), runtime)
        made.operator_id, made.shopper_id = await _people(made)
        await furnish(made)
        await _address(made)
        for role, name in DOORS.items():
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            browser = httpx.AsyncClient(transport=transport, base_url=address)
            if role is not None:
                await browser.get("/enter", params={"t": entry_token(signer, made, role), "l": "en"})
            made.browsers[name] = browser
        await _open_file(made)
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
    operator_id = await find_operator(site.runtime.engine, SLUG)
    assert operator_id is not None
    site.operator_id = operator_id
    rows = await site.rows(
        "SELECT p.shopper_id FROM purchases p LEFT JOIN plans l ON l.shopper_id = p.shopper_id"
        " GROUP BY 1 ORDER BY count(DISTINCT l.id) DESC, count(*) DESC LIMIT 1"
    )
    return operator_id, rows[0][0]  # type: ignore[return-value]


async def _address(site: WholeSite) -> None:
    """An address of every route."""
    for route in ROUTES:
        path = route.path
        if path in LEFT_ALONE or (route.param_convertors.keys() - {"locale"} and path not in FILLED):
            continue
        parameters = [name for name in re.findall(r"{([a-z_]+)(?::[a-z]+)?}", path) if name != "locale"]
        for name, told in zip(parameters, FILLED.get(path, ()), strict=True):
            filled = await _filled(site, told)
            if filled is None:
                site.empty.append(path)
                break
            path = re.sub(r"{" + name + r"(?::[a-z]+)?}", filled, path)
        else:
            site.addresses[route.path] = path + QUERIES.get(route.path, "")


async def _filled(site: WholeSite, told: str) -> str | None:
    if told.startswith("="):
        return told[1:].replace("{member}", show("shp", site.shopper_id))
    prefix, _, statement = ("", "", told) if told.startswith("SELECT") else told.partition(" ")
    rows = await site.rows(f"{statement} LIMIT 1".replace(S, str(site.shopper_id)))
    if not rows:
        return None
    return show(prefix, rows[0][0]) if prefix else str(rows[0][0])  # type: ignore[arg-type]


async def _open_file(site: WholeSite) -> None:
    """The operator says why they open the member's file: from then on its pages show it."""
    browser, path = site.browsers["operator"], f"/en/operator/members/{show('shp', site.shopper_id)}"
    page = (await browser.get(path)).text
    form = {"csrf": csrf_in(page), "why": re.findall(r'name="why"[^>]*value="([^"]+)"|<option value="([^"]+)"', page)}
    form["why"] = next(each for pair in form["why"] for each in pair if each)
    await browser.post(f"{path}/open", data=form | {"words": "a gate"}, headers={"sec-fetch-site": "same-origin"})
