"""Posters: a QR code for each place they hang at, its files, and how many came by it, asked for a code, and joined."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import quote

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import NotFound, ProductError
from cashback.paging import Cut
from cashback.web.console.addresses import HOME, form
from cashback.web.console.frame import Call, calling, tried
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page, moment_cell, number_cell
from cashback.web.forms import Fields, form_of, one
from cashback.web.tenants import Tenant
from cashback.welcoming import domains, pages, posters
from cashback.welcoming.posters import Poster

PART = "posters"
DAYS = 90
"""How far back what came of posters is counted."""
CORRECTION = "q"
"""A quarter of a printed code may be dirty or torn."""
QUIET = 4
"""Modules of white around it, as ISO/IEC 18004 asks."""
FILES = {"svg": ("image/svg+xml", 10), "png": ("image/png", 24), "pdf": ("application/pdf", 10)}
"""Media type, and how large a module is: points of a document, pixels of a picture."""
TABLE = Table(
    "posters",
    (
        Column("label", "posters.label", sorts=True),
        Column("code", "posters.code"),
        Column("centre", "posters.centre"),
        Column("seen", "posters.seen", sorts=True, number=True),
        Column("asked", "posters.asked", sorts=True, number=True),
        Column("joined", "posters.joined", sorts=True, number=True),
        Column("made", "posters.made"),
    ),
    (Filter("q", "console.search"),),
    sort="-seen",
    icon="qr-code",
    empty="posters.none",
)


async def shown(request: Request) -> Response:
    """The list, with the form of a new one."""
    async with calling(request, Page.THEME) as call:
        return await _list(call)


async def make(request: Request) -> Response:
    """A new poster."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        await posters.make(
            call.connection,
            call.need(Scope.PROGRAMME),
            code=one(fields, "code").lower(),
            centre=one(fields, "centre"),
            label=one(fields, "label"),
            now=call.now,
        )
        return call.back_to(f"/posters/{one(fields, 'code').lower()}", done="poster_made")

    return await tried(request, Page.THEME, do, lambda call, refused: _list(call, refused, fields), changing=True)


async def poster(request: Request) -> Response:
    """One poster: its code to look at, its files, its address, what came of it."""
    async with calling(request, Page.THEME) as call:
        found = await _found(call)
        address = await address_of(call, found)
        welcome = await pages.read(call.connection, call.operator_id)
        return call.page(
            PART,
            "poster.html",
            found.label,
            poster=found,
            address=address,
            open=welcome.open,
            files=tuple(FILES),
            days=DAYS,
        )


async def file(request: Request) -> Response:
    """Its QR code as a file, made here."""
    kind = request.path_params["kind"]
    if kind not in FILES:
        raise NotFound("there is no such file", code="not_found")
    async with calling(request, Page.THEME) as call:
        found = await _found(call)
        address = await address_of(call, found)
    headers = {"content-disposition": f'attachment; filename="qr-{found.code}.{kind}"'}
    return Response(code_of(address, kind), media_type=FILES[kind][0], headers=headers)


def code_of(address: str, kind: str) -> bytes:
    """An address as a QR code: black on white, since a camera reads nothing else as well."""
    made = io.BytesIO()
    more = {"xmldecl": False, "svgns": True} if kind == "svg" else {}
    segno.make(address, error=CORRECTION, micro=False).save(
        made, kind=kind, scale=FILES[kind][1], border=QUIET, light="#ffffff", **more
    )
    return made.getvalue()


async def address_of(call: Call, found: Poster) -> str:
    """What the code says: under the own domain where one is served. Without a language: the phone has one."""
    base = await domains.address_of(call.connection, call.operator_id, call.web.doors.public_url)
    tenant = await _tenant(call)
    centre = f"{tenant.slug}.{found.centre}" if found.centre else tenant.slug
    return f"{base}/c/{quote(centre)}?s={found.code}"


async def _tenant(call: Call) -> Tenant:
    tenant = await call.web.tenants.of(call.operator_id)
    assert tenant is not None, "a member's operator is there"
    return tenant


async def _found(call: Call) -> Poster:
    code = call.request.path_params["code"]
    every = await posters.listed(call.connection, call.operator_id, _since(call))
    found = next((each for each in every if each.code and each.code == code), None)
    if found is None:
        raise NotFound("there is no such poster", code="unknown_poster")
    return found


async def _list(call: Call, refused: ProductError | None = None, typed: Fields | None = None) -> Response:
    given = {name: one(typed or {}, name) for name in ("code", "centre", "label")}
    places = await pages.places(call.connection, call.operator_id)
    return await list_page(
        call,
        PART,
        TABLE,
        _read,
        call.t("console.nav.posters"),
        template="posters.html",
        refused=refused,
        given=given,
        places=places,
        days=DAYS,
        lead=call.t("posters.lead", days=DAYS),
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    sought = (ask.get("q") or "").lower()
    every = await posters.listed(call.connection, call.operator_id, _since(call))
    found = [each for each in every if each.code or each.seen or each.asked or each.joined]
    found = [each for each in found if sought in f"{each.label} {each.code} {each.centre}".lower()]

    def key(each: Poster) -> tuple[str | int, str]:
        return (each.label if ask.sort == "label" else getattr(each, ask.sort), each.code)

    shown, cut = ask.cut_whole(found, key, str if ask.sort == "label" else int, str)
    return [_row(call, each) for each in shown], cut


def _row(call: Call, each: Poster) -> Row:
    cells = (
        Cell(each.label or call.t("posters.without")),
        Cell(each.code or "–", raw=each.code),
        Cell(each.centre or call.t("posters.everywhere"), raw=each.centre),
        number_cell(call, each.seen),
        number_cell(call, each.asked),
        number_cell(call, each.joined),
        moment_cell(call, each.made_at),
    )
    return Row(cells, href=call.address(f"/posters/{each.code}") if each.code else "")


def _since(call: Call) -> date:
    return call.now.date() - timedelta(days=DAYS)


ROUTES = [
    Route(f"{HOME}/posters", shown, methods=["GET"]),
    *form("/posters", make),
    Route(f"{HOME}/posters/{{code}}", poster),
    Route(f"{HOME}/posters/{{code}}/qr.{{kind}}", file),
]
