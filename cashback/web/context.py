"""What the pages share: the process's parts, who is looking, and the scene of a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from cashback.auth.sessions import Role, Session, Signer, cookie_name
from cashback.clock import Clock
from cashback.errors import Forbidden, Invalid, NotFound, Unauthorised
from cashback.ids import parse
from cashback.insights.house import House, Houses
from cashback.web.assets import Assets
from cashback.web.developer.workbench import Workbench
from cashback.web.formats import Formats
from cashback.web.hub import FeedHub
from cashback.web.messages import Translator
from cashback.web.rendering import LANGUAGES, Pages, Scene, language_asked
from cashback.web.streams import Seats
from cashback.web.wallet_hub import WalletHub
from cashback.web.why import Explainer


@dataclass(frozen=True, slots=True)
class Web:
    """The parts that every route uses; one per process, kept in the application's state."""

    engine: AsyncEngine
    clock: Clock
    signer: Signer
    demo: bool
    secure: bool
    houses: Houses
    hub: FeedHub
    wallets: WalletHub
    seats: Seats
    assets: Assets
    pages: Pages
    workbench: Workbench | None = None
    """What the developer portal works with; without one there is no portal."""


def web_of(request: Request) -> Web:
    """The parts of the application that serves this request."""
    web: Web = request.app.state.web
    return web


def session_of(request: Request, role: Role) -> Session:
    """Who is looking; Unauthorised without a session that still holds, Forbidden for who came in another role only."""
    session = session_if_any(request, role)
    if session is not None:
        return session
    others = [other for other in Role if other is not role and session_if_any(request, other) is not None]
    if others and cookie_name(role=role, secure=web_of(request).secure) not in request.cookies:
        raise Forbidden(f"this page is for the role {role.value}, the session has {others[0].value}")
    raise Unauthorised("no session, or one that has ended")


def session_if_any(request: Request, role: Role) -> Session | None:
    """The session of the role's cookie, if there is one that holds and was signed for this role."""
    web = web_of(request)
    token = request.cookies.get(cookie_name(role=role, secure=web.secure))
    session = None if token is None else web.signer.read_session(token, web.clock.now())
    return session if session is not None and session.role is role else None


def role_of_page(request: Request) -> Role | None:
    """The role whose page an address belongs to; None for those that are everybody's."""
    parts = request.url.path.split("/")
    return _ROLES_OF_PAGES.get(parts[2]) if len(parts) > 2 else None


_ROLES_OF_PAGES = {"wallet": Role.SHOPPER, "operator": Role.OPERATOR, "developer": Role.OPERATOR}


def check_language(request: Request) -> None:
    """NotFound for a language the pages do not speak."""
    if request.path_params["locale"] not in LANGUAGES:
        raise NotFound(f"pages are in {' and '.join(LANGUAGES)}")


def id_in_path(request: Request, prefix: str) -> UUID:
    """The id of the address; Invalid when it is not one of this kind."""
    try:
        return parse(prefix, request.path_params["id"])
    except ValueError as error:
        raise Invalid(str(error)) from None


@dataclass(frozen=True, slots=True)
class Told:
    """What a page about one operator is written with."""

    house: House
    now: datetime
    t: Translator
    formats: Formats
    explainer: Explainer

    def values(self, **more: Any) -> dict[str, Any]:
        """The values of a scene: these and `more`."""
        return {"house": self.house, "now": self.now, "formats": self.formats, "explainer": self.explainer, **more}


def told_of(house: House, language: str, now: datetime) -> Told:
    """Formats and explanations of one house in one language."""
    t = Translator("fr" if language == "fr" else "en")
    formats = Formats(t.language, house.programme.assets, now)
    names = {code: said[t.language] for code, said in house.by_code.items() if t.language in said}
    return Told(house, now, t, formats, Explainer(t, formats, names, now))


def scene_of(
    request: Request, title: str, house: House | None, layout: str, values: Mapping[str, Any] | None = None
) -> Scene:
    """The scene of a page; its brand is the programme's name, the product's where there is none."""
    language, role = language_asked(request), role_of_page(request)
    brand = Translator(language)("app.name") if house is None else house.programme.name
    return Scene(
        request=request,
        language=language,
        demo=web_of(request).demo,
        title=title,
        brand=brand,
        role=None if role is None or session_if_any(request, role) is None else role,
        layout=layout,
        values=values or {},
    )
