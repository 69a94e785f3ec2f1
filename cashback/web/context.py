"""What the pages share: the process's parts, who is looking, and the scene of a page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from cashback.auth.mail import Postbox
from cashback.auth.oidc import Providers
from cashback.auth.passkeys import Party, party_of
from cashback.auth.roles import OPENED_BY, MemberRole, Page
from cashback.auth.sessions import Role, Session, Signer, cookie_name
from cashback.auth.sso import SingleSignOn
from cashback.auth.tickets import Refused
from cashback.branding.schemas import Theme
from cashback.clock import Clock
from cashback.errors import Forbidden, Invalid, NotFound, Unauthorised
from cashback.ids import parse
from cashback.insights.house import House, Houses
from cashback.limits import RateLimiter
from cashback.pipeline import Road
from cashback.web.assets import Assets
from cashback.web.console.offers.desk import OfferDesk
from cashback.web.developer.workbench import Workbench
from cashback.web.faces import face_of
from cashback.web.formats import Formats
from cashback.web.hub import FeedHub
from cashback.web.messages import MESSAGES, Translator
from cashback.web.rendering import LANGUAGES, Pages, Scene, language_asked
from cashback.web.seats import Seats
from cashback.web.tenants import Tenants, tenant_at
from cashback.web.wallet_hub import WalletHub
from cashback.web.why import Explainer
from cashback.welcoming.domains import Resolver
from webhooks.sealing import SealingKey


@dataclass(frozen=True, slots=True)
class Doors:
    """What signing in needs."""

    master: SealingKey
    public_url: str
    limiter: RateLimiter
    postbox: Postbox
    providers: Providers
    proxies: int = 0
    """Of our own, between people and this process."""

    @property
    def party(self) -> Party | None:
        """Who asks for passkeys; None where browsers know none."""
        return party_of(self.public_url)


@dataclass(frozen=True, slots=True)
class Linking:
    """What lets people come from an operator's own site, and link a card there."""

    sign_on: SingleSignOn
    road: Road


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
    doors: Doors
    desk: OfferDesk
    tenants: Tenants
    resolver: Resolver
    """Asks the DNS whether a domain is proved."""
    linking: Linking | None = None
    workbench: Workbench | None = None
    """What the developer portal works with; without one there is no portal."""


SESSIONS = "cashback.sessions"
"""Under this name a request's scope holds the sessions of its cookies, by role."""
DOOR = "cashback.door"
"""And under this one what the forms of somebody who is signing in carry."""


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
    """The session of the role's cookie, if there is one that is in force and was opened for this role."""
    found: Session | None = request.scope.get(SESSIONS, {}).get(role)
    return found


class PageClosed(Forbidden):
    """A page of the console that this role does not open; says which do."""

    def __init__(self, role: MemberRole | None, opened_by: Collection[MemberRole]) -> None:
        super().__init__(f"the role {role} does not open this page", code="role_missing")
        self.role = role
        self.opened_by = [each for each in MemberRole if each in opened_by]


class LinkRefused(Unauthorised):
    """A signed link that is no good. `why` and `claim` are for whoever made it, and only of one that is proven."""

    def __init__(self, refused: Refused) -> None:
        super().__init__("this link is no good any more", code=refused.trouble.value)
        self.why = refused.code if refused.proven is not None else ""
        self.claim = refused.claim


def made_wrong(t: Translator, refused: LinkRefused) -> str:
    """What is wrong with a link in words for whoever made it; empty where nothing more may be told, or is to be."""
    key = f"error.link_why.{refused.why}"
    return t("error.link_maker", why=t(key, claim=refused.claim)) if key in MESSAGES else ""


def page_session_of(request: Request, page: Page) -> Session:
    """The session of a member whose role opens this kind of page; as `session_of`, PageClosed for another role."""
    session = session_of(request, Role.OPERATOR)
    if session.member_role not in OPENED_BY[page]:
        raise PageClosed(session.member_role, OPENED_BY[page])
    return session


def role_of_page(request: Request) -> Role | None:
    """The role whose page an address belongs to; None for those that are everybody's."""
    parts = request.url.path.split("/")
    return _ROLES_OF_PAGES.get(parts[2]) if len(parts) > 2 else None


_ROLES_OF_PAGES = {"wallet": Role.SHOPPER, "operator": Role.OPERATOR, "developer": Role.OPERATOR}


def is_sign_in(request: Request) -> bool:
    """Whether an address is of the doors: its forms are of the browser, whoever may be signed in there already."""
    return "sign-in" in request.url.path.split("/")[2:4]


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


def told_of(house: House, language: str, now: datetime, *, of_member: bool = False) -> Told:
    """Formats and explanations of one house in one language, for its shoppers or, `of_member`, for its staff."""
    t = Translator("fr" if language == "fr" else "en")
    formats = Formats(t.language, house.programme.assets, now)
    names = {code: said[t.language] for code, said in house.by_code.items() if t.language in said}
    return Told(house, now, t, formats, Explainer(t, formats, names, now, of_member=of_member))


def opens_portal(request: Request, session: Session | None) -> bool:
    """Whether this person may enter the developer portal, and this process serves one."""
    served = web_of(request).workbench is not None
    return served and session is not None and session.member_role in OPENED_BY[Page.PORTAL]


def party_at(request: Request) -> Party | None:
    """Who asks for passkeys where this request came to: a domain of an operator's own is a party of its own."""
    tenant = tenant_at(request)
    return web_of(request).doors.party if tenant is None else tenant.party


def scene_of(
    request: Request,
    title: str,
    house: House | None,
    layout: str,
    values: Mapping[str, Any] | None = None,
    theme: Theme | None = None,
) -> Scene:
    """The scene of a page; its brand is the programme's name, the product's where there is none.

    Its look is `theme`, else the house's, else that of the domain; members' pages look as they come.
    """
    language, role = language_asked(request), role_of_page(request)
    entering = is_sign_in(request)
    session = None if role is None or entering else session_if_any(request, role)
    brand = Translator(language)("app.name") if house is None else house.programme.name
    face = None
    if role is not Role.OPERATOR:
        at = tenant_at(request)
        theme = theme or (house.theme if house is not None else at.theme if at is not None else None)
        face = face_of(theme)
        brand = theme.name if theme is not None else at.name if at is not None and house is None else brand
    return Scene(
        request=request,
        language=language,
        demo=web_of(request).demo,
        title=title,
        brand=brand,
        role=None if session is None else role,
        csrf=request.scope.get(DOOR, "") if entering else "" if session is None else session.csrf,
        layout=layout,
        face=face,
        portal=opens_portal(request, session),
        values=values or {},
    )
