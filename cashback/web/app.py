"""Puts the pages into the product's application. Their errors are pages; the API's are problem documents."""

import math
import os
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cashback.auth import vouching
from cashback.auth.sessions import Signer
from cashback.clock import Clock
from cashback.errors import ProductError, TooMany
from cashback.insights.house import Houses
from cashback.live import Live, LocalLive
from cashback.offers.wording import Tongue
from cashback.web import doors, embed, operator, profile, sign_in, sign_in_provider, theme, welcome, welcome_join
from cashback.web.assets import own_assets
from cashback.web.console import routes as console
from cashback.web.console.offers.desk import OfferDesk
from cashback.web.context import Doors, Linking, LinkRefused, PageClosed, Web, made_wrong, scene_of, web_of
from cashback.web.developer import routes as developer
from cashback.web.developer.workbench import Workbench
from cashback.web.guard import Endpoint, SessionReader, guarded
from cashback.web.hub import FeedHub
from cashback.web.messages import MESSAGES, Translator
from cashback.web.rendering import language_asked, own_pages, wants_fragment
from cashback.web.seats import Seats
from cashback.web.security import SecurityHeaders
from cashback.web.shopper import routes as shopper
from cashback.web.tenants import HostReader, Tenants
from cashback.web.wallet_hub import WalletHub
from cashback.welcoming.domains import DnsResolver, Resolver

API_PREFIXES = ("/v1", "/webhooks")
"""What is not found below these is answered as a problem document: a program asked, not a person."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hubs:
    """What holds the streams of pages."""

    feed: FeedHub
    wallets: WalletHub
    desk: OfferDesk

    async def close(self) -> None:
        """End every stream; called once, when the process stops, before it waits for open requests."""
        await self.feed.close()
        await self.wallets.close()
        await self.desk.close()


def install_web(
    app: FastAPI,
    *,
    engine: AsyncEngine,
    clock: Clock,
    signer: Signer,
    demo: bool,
    secure: bool,
    doors: Doors,
    live: Live | None = None,
    linking: Linking | None = None,
    workbench: Workbench | None = None,
    resolver: Resolver | None = None,
) -> Hubs:
    """Mount the pages at `/`, after every other route: they answer whatever nobody else did.

    `demo` shows the role links on the start page; `secure` says that people come over https and makes the cookie
    `__Host-`. `live` is the word that streams wait for; without a `workbench` there is no developer portal. `resolver`
    asks the DNS, else the machine's own does.
    """
    houses, heard = Houses(), live or LocalLive()
    hubs = Hubs(FeedHub(engine, clock, houses, heard), WalletHub(engine, heard), OfferDesk(engine, clock))
    tenants = Tenants(engine, doors.public_url)
    pages = Starlette(
        routes=routes(),
        middleware=[Middleware(HostReader, tenants=tenants), Middleware(SessionReader)],
        exception_handlers={ProductError: _refusal, HTTPException: _unknown, Exception: _surprise},
    )
    pages.state.web = Web(
        engine=engine,
        clock=clock,
        signer=signer,
        demo=demo,
        secure=secure,
        houses=houses,
        hub=hubs.feed,
        wallets=hubs.wallets,
        seats=Seats(),
        assets=own_assets(),
        pages=own_pages(),
        doors=doors,
        desk=hubs.desk,
        tenants=tenants,
        resolver=resolver or DnsResolver(),
        linking=linking,
        workbench=workbench,
    )
    app.mount("/", SecurityHeaders(pages, secure=secure), name="web")
    return hubs


def post(path: str, endpoint: Endpoint) -> Route:
    """A route that changes something: only forms of our own pages get there."""
    return Route(path, guarded(endpoint), methods=["POST"])


def followed(path: str, endpoint: Endpoint) -> Route:
    """A link that lets somebody in once: who only looks at it, as programs of mail do, uses nothing up."""

    async def answer(request: Request) -> Response:
        return Response(headers={"cache-control": "no-store"}) if request.method == "HEAD" else await endpoint(request)

    return Route(path, answer, methods=["GET"])


def routes() -> list[Route]:
    """Every page."""
    return [
        Route("/", doors.start),
        followed("/enter", doors.enter),
        post("/enter", doors.enter_instead),
        followed("/sso", embed.sign_on),
        post("/sso", embed.sign_on_instead),
        post("/leave", doors.leave),
        Route(vouching.CALLBACK, sign_in_provider.come_back),
        Route("/static/{path:path}", _static),
        *theme.ROUTES,
        *shopper.ROOT,
        Route("/c/{centre}", welcome.poster),
        Route("/{locale}", doors.start),
        Route("/{locale}/welcome", welcome.welcome),
        Route("/{locale}/c/{centre}", welcome.landing),
        Route("/{locale}/c/{centre}/terms", welcome.terms),
        Route("/{locale}/sign-in/join", welcome_join.ask, methods=["GET"]),
        post("/{locale}/sign-in/join", welcome_join.send),
        post("/{locale}/sign-in/join/passkey/options", welcome_join.passkey_options),
        post("/{locale}/sign-in/join/passkey", welcome_join.passkey),
        *shopper.ROUTES,
        Route("/{locale}/operator/live", operator.live),
        Route("/{locale}/operator/live/stream", operator.stream),
        Route("/{locale}/operator/live/rows", operator.rows),
        Route("/{locale}/operator/purchases/{id}", operator.trace),
        Route("/{locale}/embed/link", embed.page, methods=["GET"]),
        # Not guarded by a session's token: a frame has no cookies, the ticket in the form is what lets it act.
        Route("/{locale}/embed/link", embed.link, methods=["POST"]),
        *developer.ROUTES,
        *console.ROUTES,
        *_door_routes("/{locale}/sign-in"),
        *_door_routes("/{locale}/operator/sign-in"),
        Route("/{locale}/operator/sign-in/oidc", sign_in_provider.back, methods=["GET"]),
        post("/{locale}/operator/sign-in/oidc", sign_in_provider.leave_for_provider),
        *_profile_routes("/{locale}/wallet/profile"),
        *_profile_routes("/{locale}/operator/profile"),
    ]


def _door_routes(base: str) -> list[Route]:
    return [
        Route(base, sign_in.ask, methods=["GET"]),
        post(base, sign_in.send_code),
        Route(f"{base}/code", sign_in.ask_code, methods=["GET"]),
        post(f"{base}/code", sign_in.enter_code),
        post(f"{base}/passkey/options", sign_in.passkey_options),
        post(f"{base}/passkey", sign_in.passkey),
    ]


def _profile_routes(base: str) -> list[Route]:
    return [
        Route(base, profile.show_profile, methods=["GET"]),
        post(f"{base}/passkeys/options", profile.passkey_options),
        post(f"{base}/passkeys", profile.add_passkey),
        post(f"{base}/passkeys/{{id}}/remove", profile.remove_passkey),
        post(f"{base}/sessions/{{id}}/revoke", profile.revoke_session),
        post(f"{base}/sessions/revoke-others", profile.revoke_others),
    ]


async def _static(request: Request) -> Response:
    return web_of(request).assets.respond(request)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProductError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and error.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return await _surprise(request, error)
    note = made_wrong(Translator(language_asked(request)), error) if isinstance(error, LinkRefused) else ""
    answer = _answer(request, error.status, error.code, error.detail, closed=_who_opens(request, error), note=note)
    if isinstance(error, TooMany):
        answer.headers["retry-after"] = str(max(1, math.ceil(error.retry_after.total_seconds())))
    return answer


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _answer(request, error.status_code, "not_found", error.detail)


async def _surprise(request: Request, error: Exception) -> Response:
    reference = os.urandom(4).hex()
    _log.error("page.failed", reference=reference, path=request.url.path, exc_info=error)
    return _answer(request, 500, "product_error", "an error on our side", reference)


def _who_opens(request: Request, error: ProductError) -> str:
    """Who may see a page that a role does not open, beside that role; empty for other refusals."""
    if not isinstance(error, PageClosed) or error.role is None:
        return ""
    t, tongue = Translator(language_asked(request)), Tongue(language_asked(request))
    roles = tongue.joined([t(f"door.role.{each.value}") for each in error.opened_by], "or")
    return t("error.403_roles", role=t(f"door.role.{error.role.value}"), roles=roles)


def _answer(
    request: Request, status: int, code: str, detail: str, reference: str = "", *, closed: str = "", note: str = ""
) -> Response:
    path = request.url.path
    if any(path == prefix or path.startswith(f"{prefix}/") for prefix in API_PREFIXES):
        problem = {
            "type": f"urn:cashback:problem:{code}",
            "title": code.replace("_", " ").capitalize(),
            "status": status,
        }
        body = problem | {"code": code, "detail": detail}
        return JSONResponse(body, status, media_type="application/problem+json")
    web, t = web_of(request), Translator(language_asked(request))
    known = (each for each in (f"error.{code}", f"error.{status}") if each in MESSAGES)
    said = next(known, "error.404" if status < 500 else "error.500")
    values = {"said": said, "reference": reference, "closed": closed, "note": note}
    scene = scene_of(request, t(said), None, "narrow", values)
    return web.pages.page("_error.html" if wants_fragment(request) else "error.html", scene, status=status)
