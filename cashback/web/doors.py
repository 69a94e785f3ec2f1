"""Ways in and out: the start page, the short link that opens a session, and leaving."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.auth import session_store
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Entry, Role, cookie_name
from cashback.auth.tickets import Trouble
from cashback.db.engine import directory, transaction
from cashback.errors import NotFound, Unauthorised
from cashback.insights.doors import OperatorDoor, ShopperDoor, read_operators, read_shopper_doors
from cashback.insights.feed import read_pulse
from cashback.insights.house import House
from cashback.insights.schemas import Pulse
from cashback.web import changing
from cashback.web.context import Web, check_language, scene_of, session_if_any, session_of, told_of, web_of
from cashback.web.devices import device_of
from cashback.web.formats import Formats
from cashback.web.guard import forget, keep_session
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked
from cashback.web.tenants import tenant_at
from cashback.welcoming import pages as welcoming


@dataclass(frozen=True, slots=True)
class Centre:
    """One operator on the demonstration's start page, with ready-made links."""

    name: str
    operator_link: str
    portal_link: str
    team_links: tuple[tuple[MemberRole, str], ...]
    """To the console as each of the other roles."""
    poster_link: str
    """To the page of strangers; empty where there is none."""
    formats: Formats
    pulse: Pulse
    shoppers: tuple[tuple[ShopperDoor, str], ...]


async def start(request: Request) -> Response:
    """In demo mode the role links; otherwise a page that says where the wallet opens.

    Under an operator's own domain its welcome.
    """
    if "locale" in request.path_params:
        check_language(request)
    web, language = web_of(request), language_asked(request)
    t = Translator(language)
    if tenant_at(request) is not None:
        return RedirectResponse(f"/{language}/welcome", status_code=303)
    if not web.demo:
        found = bool(await welcoming.find_open(web.engine))
        return web.pages.page("closed.html", scene_of(request, t("start.closed"), None, "narrow", {"open": found}))
    async with directory(web.engine) as connection:
        operators = await read_operators(connection)
    centres = [centre for each in operators if (centre := await _centre(web, each, language)) is not None]
    scene = scene_of(request, t("start.title"), None, "narrow", {"centres": centres})
    return web.pages.page("start.html", scene)


async def enter(request: Request) -> Response:
    """Open the session of an entry link, once, then leave the link's address. Where somebody else is signed in, ask.

    The browser that it was opened in may follow the link again, to the session that it has.
    """
    return await _enter(request, request.query_params, asks=True)


async def enter_instead(request: Request) -> Response:
    """The same, of a person who was asked and said so by a form of the session that ends by it."""
    form = await request.form()
    return await _enter(request, {name: text for name, text in form.items() if isinstance(text, str)}, asks=False)


async def _enter(request: Request, told: Mapping[str, str], *, asks: bool) -> Response:
    web = web_of(request)
    now = web.clock.now()
    entry, language = _entry(web, told, now), language_asked_of(request, told)
    home = home_of(entry, language, told.get("p", ""))
    if asks and changing.asks(request, entry):
        async with transaction(web.engine, entry.operator_id) as connection:
            if await session_store.has_opened(connection, entry):
                raise _used()
        fields = {name: told[name] for name in ("t", "l", "p") if name in told}
        return await changing.question(request, entry, home=home_of(entry, language), fields=fields)
    response, held = RedirectResponse(home, status_code=303), session_if_any(request, entry.role)
    async with transaction(web.engine, entry.operator_id) as connection:
        opened = await session_store.enter(connection, entry, device=device_of(request), replaces=held, now=now)
    if opened is not None:
        await changing.end_elsewhere(web, held, entry, now)
        keep_session(web, response, opened)
        return response
    token = request.cookies.get(cookie_name(role=entry.role, secure=web.secure), "")
    if not await session_store.opened_by(web.engine, token, entry.mark, now):
        raise _used()
    return response


async def leave(request: Request) -> Response:
    """End the session of the role that is named (`?role=shopper`); one of another role goes on."""
    role, web = Role(request.query_params["role"]), web_of(request)
    session = session_of(request, role)
    async with transaction(web.engine, session.operator_id) as connection:
        await session_store.revoke(
            connection, session.actor, session, web.clock.now(), why="left", session_id=session.id
        )
    response = RedirectResponse("/", status_code=303)
    forget(web, response, cookie_name(role=role, secure=web.secure))
    return response


PORTAL = "developer"


def home_of(entry: Entry, language: str, part: str = "") -> str:
    """Where a role begins; the part `developer` is where integrators do."""
    if entry.role is Role.SHOPPER:
        return f"/{language}/wallet"
    return f"/{language}/developer/start" if part == PORTAL else f"/{language}/operator/overview"


def _entry(web: Web, told: Mapping[str, str], now: datetime) -> Entry:
    entry = web.signer.read_entry(told.get("t", ""), now)
    if entry is None:
        raise Unauthorised("this link is no good any more")
    return entry


def _used() -> Unauthorised:
    return Unauthorised("this link was used already", code=Trouble.USED.value)


def language_asked_of(request: Request, told: Mapping[str, str]) -> str:
    """The language an entry link names (`&l=fr`), else the browser's."""
    asked = told.get("l")
    return asked if asked in ("en", "fr") else language_asked(request)


async def _centre(web: Web, operator: OperatorDoor, language: str) -> Centre | None:
    now = web.clock.now()
    async with transaction(web.engine, operator.operator_id) as connection:
        try:
            house: House = await web.houses.current(connection, operator.operator_id)
        except NotFound:
            return None
        shoppers = await read_shopper_doors(connection, house)
        pulse = await read_pulse(connection, house, now)
        receives = (await welcoming.read(connection, operator.operator_id)).open

    def link(role: Role, shopper: ShopperDoor | None, works_as: MemberRole | None = None) -> str:
        shopper_id = None if shopper is None else shopper.shopper_id
        token = web.signer.entry_token(
            role=role, operator_id=operator.operator_id, shopper_id=shopper_id, now=now, member_role=works_as
        )
        return f"/enter?t={token}&l={language}"

    return Centre(
        name=house.programme.name,
        operator_link=link(Role.OPERATOR, None),
        portal_link=f"{link(Role.OPERATOR, None)}&p={PORTAL}",
        team_links=tuple(
            (each, link(Role.OPERATOR, None, each)) for each in MemberRole if each is not MemberRole.ADMIN
        ),
        poster_link=f"/{language}/c/{operator.slug}" if receives else "",
        formats=told_of(house, language, now).formats,
        pulse=pulse,
        shoppers=tuple((each, link(Role.SHOPPER, each)) for each in shoppers),
    )
