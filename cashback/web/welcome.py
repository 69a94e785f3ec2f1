"""What strangers see: the centres they may choose, and the page of one, which a poster's QR code leads to.

Nobody is asked who they are. Where somebody stands is looked at by their own browser and sent nowhere.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.insights.house import House
from cashback.offers.conditions.who import Activated
from cashback.offers.effects.plain import Percent
from cashback.offers.effects.scale import Scale
from cashback.offers.kinds import PersonalKind
from cashback.programmes.schemas import Centre
from cashback.rewards.running import Running
from cashback.web.context import Told, check_language, scene_of, told_of, web_of
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked
from cashback.web.security import HEADERS
from cashback.web.shopper.offer_facts import OfferView, shops_of, view_of
from cashback.web.tenants import Tenant, tenant_at
from cashback.welcoming import pages, posters
from cashback.welcoming.pages import Welcome

OFFERS_SHOWN = 12
SOUGHT_MAX = 80
POSTER_MAX = 32
LOCATING = HEADERS["permissions-policy"].replace("geolocation=()", "geolocation=(self)")
"""The page with the list may ask the browser where it is; no other page may."""


@dataclass(frozen=True, slots=True)
class Landing:
    """One centre, or one programme, as strangers meet it."""

    tenant: Tenant
    welcome: Welcome
    house: House
    centre: Centre | None
    told: Told
    name: str
    """Of the centre where the programme has several, else as the programme is called."""


async def welcome(request: Request) -> Response:
    """The promise in one sentence, three steps, and the centres; one alone is opened at once."""
    check_language(request)
    web, language, at = web_of(request), language_asked(request), tenant_at(request)
    sought = request.query_params.get("q", "").replace("\0", "").strip()[:SOUGHT_MAX]
    found = await pages.find_open(web.engine, sought, None if at is None else at.slug)
    if at is not None and len(found) == 1 and not sought:
        return RedirectResponse(f"/{language}/c/{found[0].tenant}.{found[0].code}", status_code=303)
    t = Translator(language)
    values = {"centres": found, "sought": sought, "tenant": at}
    response = web.pages.page("welcome.html", scene_of(request, t("welcome.title"), None, "narrow", values))
    response.headers["permissions-policy"] = LOCATING
    return response


async def poster(request: Request) -> Response:
    """The address of a QR code: to the page in the language of the phone."""
    query = f"?{request.url.query}" if request.url.query else ""
    centre = quote(str(request.path_params["centre"]))
    return RedirectResponse(f"/{language_asked(request)}/c/{centre}{query}", status_code=303)


async def landing(request: Request) -> Response:
    """The page of a poster: the promise, what is on offer today, and a way in. Counted by poster and day."""
    check_language(request)
    found, came_by = await landing_of(request), poster_of(request)
    web, told, t = web_of(request), found.told, found.told.t
    async with transaction(web.engine, found.tenant.id) as connection:
        if request.method == "GET":
            await posters.count(connection, found.tenant.id, came_by, posters.Step.SEEN, told.now.date())
    offered = _open_offers(found)
    views = [view_of(each, found.house, told) for each in offered]
    values = told.values(
        landing=found,
        promise=promise_of(offered, found),
        offers=sorted(views, key=_order)[:OFFERS_SHOWN],
        more=max(0, len(views) - OFFERS_SHOWN),
        join=f"/{t.language}/sign-in/join?{urlencode(asked_of(found.tenant, came_by))}",
        sign_in=f"/{t.language}/sign-in?{urlencode({'centre': found.tenant.slug})}",
    )
    return web.pages.page("landing.html", scene_of(request, found.name, found.house, "narrow", values))


async def terms(request: Request) -> Response:
    """The terms in force, in the language of the page."""
    check_language(request)
    found = await landing_of(request)
    title = found.told.t("welcome.terms")
    values = found.told.values(landing=found, text=found.welcome.terms(found.told.t.language))
    return web_of(request).pages.page("terms.html", scene_of(request, title, found.house, "narrow", values))


async def landing_of(request: Request) -> Landing:
    """The centre of the address: `<operator>`, `<operator>.<centre>`, or under an operator's own domain `<centre>`.

    NotFound for one that is not there, or receives no strangers.
    """
    web, at = web_of(request), tenant_at(request)
    slug, _, code = str(request.path_params["centre"]).partition(".")
    tenant = await web.tenants.called(slug) if at is None else at
    if at is not None and not code and slug != at.slug:
        code, slug = slug, at.slug
    if tenant is None or slug != tenant.slug:
        raise NotFound("there is no such centre", code="unknown_centre")
    now, language = web.clock.now(), language_asked(request)
    async with transaction(web.engine, tenant.id) as connection:
        received = await pages.read(connection, tenant.id)
        house = await web.houses.current(connection, tenant.id)
    centre = next((each for each in house.programme.centres.values() if each.code == code), None)
    if not received.open or (code and centre is None):
        raise NotFound("there is no such centre", code="unknown_centre")
    several = len(house.programme.centres) > 1
    name = centre.name if centre is not None and several else house.name
    return Landing(tenant, received, house, centre, told_of(house, language, now), name)


def poster_of(request: Request) -> str:
    """By which poster somebody came, as the address says."""
    return request.query_params.get("s", "").replace("\0", "")[:POSTER_MAX]


def asked_of(tenant: Tenant, poster: str) -> dict[str, str]:
    """What the address of the form says: whose, and by which poster."""
    return {"centre": tenant.slug} | ({"s": poster} if poster else {})


def promise_of(offered: list[Running], found: Landing) -> str:
    """The best of what is on offer to everybody, in one sentence; nothing is promised that is not live."""
    t, tongue, name = found.told.t, found.told.formats.tongue, found.name
    rates = [
        rate for each in offered for rate in _rates(each) if found.house.asset(each.offer.asset).currency is not None
    ]
    if not rates:
        return t("welcome.promise.any", name=name)
    key = "welcome.promise.rate" if len(set(rates)) == 1 else "welcome.promise.up_to"
    return t(key, rate=tongue.rate(max(rates)), name=name)


def _rates(running: Running) -> list[int]:
    reward = running.offer.terms.reward
    if isinstance(reward, Percent):
        return [reward.rate_bps]
    return [each.rate_bps for each in reward.steps] if isinstance(reward, Scale) else []


def _open_offers(found: Landing) -> list[Running]:
    """What runs now for everybody, at this centre: nothing that depends on who somebody is."""
    now = found.told.now
    running = [
        Running(offer, [], [], None)
        for offer in found.house.book.offers
        if offer.live(now) and offer.opens <= now < offer.closes and not _is_personal(offer.terms.conditions)
    ]
    if found.centre is None:
        return running
    here = found.centre.id
    return [each for each in running if any(shop.centre_id == here for shop in shops_of(each.offer, found.house))]


def _is_personal(conditions: object) -> bool:
    assert isinstance(conditions, (list, tuple))
    return any(isinstance(each, PersonalKind) and not isinstance(each, Activated) for each in conditions)


def _order(view: OfferView) -> tuple[bool, str]:
    return view.needs_activation, view.name
