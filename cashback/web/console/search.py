"""The console's search: one field over members, shops, offers and purchases; an id goes straight to what it names.

Members are looked up for roles that open them, on the page only and not while typing: who looked, and whom that found,
is written into the audit log, without what was typed.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.auth.roles import OPENED_BY, Page
from cashback.ids import parse_or_none, show
from cashback.insights import search
from cashback.insights.members import masked, these
from cashback.insights.search import Found, Wanted
from cashback.web.console.addresses import HOME
from cashback.web.console.counter import members_sought
from cashback.web.console.frame import Call, calling
from cashback.web.rendering import wants_fragment

_DIRECT = {"pur": ("purchases", Page.TRACE), "shp": ("members", Page.MEMBERS)}
"""Ids whose page has them in its address."""
_LISTS = {"member": "/members", "shop": "/shops", "offer": "/offers", "purchase": "/search"}
"""Where all hits of a kind are."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the answer; without `href` this member opens no page for it."""

    name: str
    sub: str
    href: str
    icon: str


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind; `more` leads to all of them where these are the first."""

    kind: str
    hits: list[Hit]
    more: str


async def find(request: Request) -> Response:
    """The page of a search, or for htmx its suggestions. An id leads to its object at once."""
    async with calling(request, Page.OVERVIEW) as call:
        text = request.query_params.get("q", "").replace("\0", "").strip()[: search.TEXT_MAX]
        typing = wants_fragment(request)
        direct = _direct(call, text)
        if direct and not typing:
            return RedirectResponse(direct, status_code=303)
        asked = search.wanted(text)
        whole = request.query_params.get("all") == "purchases" and not typing
        found = await _find(call, asked, typing=typing, whole=whole) if text else []
        groups = [_group(call, text, kind, hits, whole=whole) for kind, hits in search.sorts(found)]
        return call.page(
            "search",
            "search.html",
            call.t("console.search"),
            fragment="_found.html",
            q=text,
            direct=direct,
            found=groups,
            opens_members=_opens(call, Page.MEMBERS),
            opens_purchases=_opens(call, Page.TRACE),
            of_purchases=asked.of_purchases,
        )


def _group(call: Call, text: str, kind: str, hits: list[Found], *, whole: bool) -> Group:
    """The first hits of a kind; where there are more, where all of them are."""
    most = search.PURCHASES_MOST if whole and kind == "purchase" else search.SHOWN
    more = ""
    if len(hits) > most and most == search.SHOWN:
        query = {"q": text, "all": "purchases"} if kind == "purchase" else {"q": text}
        more = f"{call.address(_LISTS[kind])}?{urlencode(query)}"
    return Group(kind, [_hit(call, each) for each in hits[:most]], more)


async def _find(call: Call, asked: Wanted, *, typing: bool, whole: bool) -> list[Found]:
    house, connection, text = call.programme, call.connection, asked.text
    found: list[Found] = []
    if _opens(call, Page.MEMBERS) and not typing:
        found += await _members(call, asked)
    if (shop_id := parse_or_none("sho", text)) is not None:
        found += await search.find_shop(connection, house, shop_id)
    found += await search.find_shops(connection, house, text)
    found += await search.find_offers(connection, house, text, call.t.language)
    if _opens(call, Page.TRACE) and asked.of_purchases:
        most = search.PURCHASES_MOST if whole else search.SHOWN + 1
        found += await search.find_purchases(connection, house, asked, most)
    return found


async def _members(call: Call, asked: Wanted) -> list[Found]:
    """Members, where what was typed can mean one: a day or an amount alone means purchases."""
    if asked.of_purchases and not asked.last_four and not asked.rest:
        return []
    sought = members_sought.read(call, asked.text)
    ids = await members_sought.find(call, sought, by_the_way=True)
    rows = await these(call.connection, call.operator_id, ids[: search.SHOWN + 1])
    found = []
    for row in rows:
        names, _ = members_sought.cards_told(call, members_sought.cards_shown(row, sought))
        found.append(Found("member", row.id, "", masked(row.reference), names, row.joined_at))
    return found


def _direct(call: Call, text: str) -> str:
    """Where an id leads; empty for what is none, and for a page that this role does not open."""
    prefix = text.partition("_")[0]
    path, page = _DIRECT.get(prefix, ("", Page.OVERVIEW))
    if not path or parse_or_none(prefix, text) is None or not _opens(call, page):
        return ""
    return call.address(f"/{path}/{text}")


def _opens(call: Call, page: Page) -> bool:
    return call.session.member_role in OPENED_BY[page]


def _hit(call: Call, found: Found) -> Hit:
    t, formats = call.t, call.formats
    if found.kind == "member":
        joined = "" if found.at is None else t("search.joined", day=formats.day(found.at, call.zone))
        sub = " · ".join(each for each in (joined, found.sub) if each)
        return Hit(found.name, sub, call.address(f"/members/{show('shp', found.id)}"), "user")
    if found.kind == "shop":
        place = " · ".join(filter(None, (found.sub, formats.floor(found.floor))))
        return Hit(found.name, place, call.address(f"/shops/{found.code}"), "store")
    if found.kind == "offer":
        return Hit(found.name, found.sub, call.address(f"/offers/{found.code}"), "tag")
    when = "" if found.at is None else formats.moment(found.at, call.zone)
    name = f"{formats.money(found.amount_minor, found.currency)} · {found.name or t('live.unmatched_shop')}"
    return Hit(name, when, call.address(f"/purchases/{show('pur', found.id)}"), "receipt")


ROUTES = [Route(f"{HOME}/search", find)]
