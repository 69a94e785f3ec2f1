"""How strangers are received: whether they may join, their age, the terms, where the centres are, and own domains."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import Invalid, ProductError
from cashback.ids import parse, show
from cashback.web.console.addresses import HOME, form
from cashback.web.console.frame import Call, calling, tried
from cashback.web.context import web_of
from cashback.web.forms import Fields, form_of, one
from cashback.welcoming import domains, pages
from cashback.welcoming.pages import AGES, TERMS_MAX, TOWN_MAX, Place, Welcome

PART = "welcome"
BODY_MAX_BYTES = 256 * 1024
"""Terms in two languages, as forms write them."""
DEGREE = re.compile(r"-?[0-9]{1,3}(?:[.,][0-9]{1,8})?")


async def shown(request: Request) -> Response:
    """The page."""
    async with calling(request, Page.THEME) as call:
        return await _page(call)


async def save(request: Request) -> Response:
    """Keep how strangers are received."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        await pages.save(call.connection, actor, _welcome(fields), call.now)
        return call.back_to("/welcome", done="welcome_saved")

    return await tried(request, Page.THEME, do, lambda call, refused: _page(call, refused, typed=fields), changing=True)


async def save_places(request: Request) -> Response:
    """Keep where the centres are."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        await pages.save_places(call.connection, actor, _places(fields), call.now)
        return call.back_to("/welcome", done="places_saved")

    return await tried(request, Page.THEME, do, lambda call, refused: _page(call, refused, typed=fields), changing=True)


async def add_domain(request: Request) -> Response:
    """Say that a domain is the operator's: the page shows what its DNS must say."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        await domains.tell(call.connection, call.need(Scope.TEAM), one(fields, "domain", 300), call.now)
        return call.back_to("/welcome", done="domain_told")

    return await tried(request, Page.THEME, do, lambda call, refused: _page(call, refused, typed=fields))


async def check_domain(request: Request) -> Response:
    """Ask the DNS, in no transaction, and keep what it said."""
    fields = await form_of(request)
    name = one(fields, "domain", 300)
    try:
        async with calling(request, Page.THEME) as call:
            domain = await domains.find(call.connection, call.need(Scope.TEAM), name)
        found = await domains.look(web_of(request).resolver, domain)
        async with calling(request, Page.THEME) as call:
            served = await domains.checked(call.connection, call.need(Scope.TEAM), domain, found, call.now)
    except ProductError as refused:
        async with calling(request, Page.THEME) as call:
            return await _page(call, refused)
    call.web.tenants.forget()
    return call.back_to("/welcome", done="domain_served" if served and found == "proved" else "domain_looked")


async def remove_domain(request: Request) -> Response:
    """Serve a domain no more."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        await domains.remove(call.connection, call.need(Scope.TEAM), one(fields, "domain", 300), call.now)
        return call.back_to("/welcome", done="domain_removed")

    response = await tried(request, Page.THEME, do, lambda call, refused: _page(call, refused))
    web_of(request).tenants.forget()
    return response


async def _page(call: Call, refused: ProductError | None = None, typed: Fields | None = None) -> Response:
    welcome = await pages.read(call.connection, call.operator_id)
    given = {
        "open": "yes" if welcome.open else "",
        "minimum_age": str(welcome.minimum_age),
        "terms_en": welcome.terms_en,
        "terms_fr": welcome.terms_fr,
        "domain": "",
    }
    places = [_written(each) for each in await pages.places(call.connection, call.operator_id)]
    if typed is not None and "minimum_age" in typed:
        given |= {"open": ""} | {name: values[-1] for name, values in typed.items() if name in given}
    elif typed is not None:
        given["domain"] = typed.get("domain", [""])[-1]
        places = [each | {name: _typed(typed, name, each) for name in _PLACE if name in typed} for each in places]
    return call.page(
        PART,
        "welcome.html",
        call.t("console.nav.welcome"),
        refused=refused,
        given=given,
        version=welcome.version(call.t.language) if welcome.terms(call.t.language) else "",
        places=places,
        domains=await domains.listed(call.connection, call.operator_id),
        ages=AGES,
        terms_most=TERMS_MAX,
        town_most=TOWN_MAX,
        team=call.may(Scope.TEAM),
        address=call.web.doors.public_url,
    )


_PLACE = ("town", "latitude", "longitude")


def _written(place: Place) -> dict[str, Any]:
    return {
        "id": show("ctr", place.centre_id),
        "name": place.name,
        "town": place.town,
        "latitude": _degrees(place.latitude_e5),
        "longitude": _degrees(place.longitude_e5),
    }


def _typed(fields: Fields, name: str, place: dict[str, Any]) -> str:
    """What was typed for this centre; what stands there where the form does not hold it."""
    ids = fields.get("centre", [])
    position = ids.index(place["id"]) if place["id"] in ids else -1
    values = fields[name]
    return values[position] if 0 <= position < len(values) else str(place[name])


def _welcome(fields: Fields) -> Welcome:
    age = one(fields, "minimum_age")
    if not age.isascii() or not age.isdecimal() or len(age) > 3:
        raise Invalid(f"minimum_age: expected {AGES[0]} to {AGES[1]}, got {age[:20]!r}", code="welcome_age")
    texts = [one(fields, name, TERMS_MAX + 1).replace("\r\n", "\n") for name in ("terms_en", "terms_fr")]
    return Welcome(bool(one(fields, "open")), int(age), *texts)


def _places(fields: Fields) -> list[Place]:
    rows = zip(*(fields.get(name, []) for name in ("centre", *_PLACE)), strict=False)
    return [_place(*row) for row in rows]


def _place(centre: str, town: str, latitude: str, longitude: str) -> Place:
    try:
        centre_id = parse("ctr", centre)
    except ValueError:
        raise Invalid(f"centre {centre[:40]!r}: expected one of the programme", code="welcome_place") from None
    return Place(centre_id, "", "", " ".join(town.split()), _e5(latitude), _e5(longitude))


def _e5(text: str) -> int | None:
    """`48,8566` as 4885660; None of an empty field."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not plain:
        return None
    try:
        if not DEGREE.fullmatch(plain):
            raise InvalidOperation
        return int(Decimal(plain.replace(",", ".")) * 100_000)
    except InvalidOperation:
        raise Invalid(f"expected degrees such as 48.8566, got {text[:20]!r}", code="welcome_place") from None


def _degrees(value: int | None) -> str:
    return "" if value is None else f"{Decimal(value) / 100_000:.5f}"


ROUTES = [
    Route(f"{HOME}/welcome", shown, methods=["GET"]),
    *form("/welcome", save, most=BODY_MAX_BYTES),
    *form("/welcome/places", save_places),
    *form("/welcome/domains", add_domain),
    *form("/welcome/domains/check", check_domain),
    *form("/welcome/domains/remove", remove_domain),
]
