"""Ways in and out: the start page, the short link that opens a session, and leaving."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.auth.sessions import SESSION_LIFETIME, Role, Session, cookie_name
from cashback.db.engine import directory, transaction
from cashback.errors import Invalid, NotFound, Unauthorised
from cashback.insights.doors import OperatorDoor, ShopperDoor, read_operators, read_shopper_doors
from cashback.insights.feed import read_pulse
from cashback.insights.house import House
from cashback.insights.schemas import Pulse
from cashback.web.context import Web, check_language, scene_of, told_of, web_of
from cashback.web.formats import Formats
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked
from cashback.web.security import refuse_foreign_forms


@dataclass(frozen=True, slots=True)
class Centre:
    """One operator on the demonstration's start page, with ready-made links."""

    name: str
    operator_link: str
    portal_link: str
    formats: Formats
    pulse: Pulse
    shoppers: tuple[tuple[ShopperDoor, str], ...]


async def start(request: Request) -> Response:
    """In demo mode the role links; otherwise a page that says where the wallet opens."""
    if "locale" in request.path_params:
        check_language(request)
    web, language = web_of(request), language_asked(request)
    t = Translator(language)
    if not web.demo:
        return web.pages.page("closed.html", scene_of(request, t("start.closed"), None, "narrow"))
    async with directory(web.engine) as connection:
        operators = await read_operators(connection)
    centres = [centre for each in operators if (centre := await _centre(web, each, language)) is not None]
    scene = scene_of(request, t("start.title"), None, "narrow", {"centres": centres})
    return web.pages.page("start.html", scene)


async def enter(request: Request) -> Response:
    """Open the session of an entry link, then leave the link's address."""
    web = web_of(request)
    now = web.clock.now()
    session = web.signer.enter(request.query_params.get("t", ""), now)
    if session is None:
        raise Unauthorised("this link is no good any more")
    home = home_of(session, language_asked_of(request), request.query_params.get("p", ""))
    response = RedirectResponse(home, status_code=303)
    response.set_cookie(
        cookie_name(role=session.role, secure=web.secure),
        web.signer.session_token(session),
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=web.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def leave(request: Request) -> Response:
    """Forget the session of the role that is named (`?role=shopper`); one of another role goes on."""
    refuse_foreign_forms(request)
    asked = request.query_params.get("role", "")
    if asked not in set(Role):
        raise Invalid(f"'role' is one of {', '.join(Role)}, got {asked[:40]!r}")
    web = web_of(request)
    name = cookie_name(role=Role(asked), secure=web.secure)
    response = RedirectResponse("/", status_code=303)
    response.delete_cookie(name, path="/", secure=web.secure, httponly=True, samesite="lax")
    return response


PORTAL = "developer"


def home_of(session: Session, language: str, part: str = "") -> str:
    """Where a role begins; the part `developer` is where integrators do."""
    if session.role is Role.SHOPPER:
        return f"/{language}/wallet"
    return f"/{language}/developer/start" if part == PORTAL else f"/{language}/operator/live"


def language_asked_of(request: Request) -> str:
    """The language an entry link names (`&l=fr`), else the browser's."""
    asked = request.query_params.get("l")
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

    def link(role: Role, shopper: ShopperDoor | None) -> str:
        shopper_id = None if shopper is None else shopper.shopper_id
        token = web.signer.entry_token(role=role, operator_id=operator.operator_id, shopper_id=shopper_id, now=now)
        return f"/enter?t={token}&l={language}"

    return Centre(
        name=house.programme.name,
        operator_link=link(Role.OPERATOR, None),
        portal_link=f"{link(Role.OPERATOR, None)}&p={PORTAL}",
        formats=told_of(house, language, now).formats,
        pulse=pulse,
        shoppers=tuple((each, link(Role.SHOPPER, each)) for each in shoppers),
    )
