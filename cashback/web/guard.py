"""Before a page is asked: whose sessions the cookies open, and that a form is one of our own.

Every route that changes something goes through `guarded`: the form must come from this site, and carry the token of the
session that it acts for, or of the browser that is signing in.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cashback.auth import session_store
from cashback.auth.session_store import Opened
from cashback.auth.sessions import Role, cookie_name, csrf_of, door_cookie_name, new_token
from cashback.errors import Forbidden, Invalid, Unauthorised
from cashback.limits import asked_from
from cashback.web.context import DOOR, SESSIONS, Web, is_sign_in, role_of_page, session_if_any, web_of
from cashback.web.security import refuse_foreign_forms
from cashback.web.tenants import tenant_at

HEADER = "x-csrf-token"
FIELD = "csrf"
BODY_MAX_BYTES = 64 * 1024
DOOR_SECONDS = 3600
"""How long a browser may take to sign in before its form is stale."""
TOKEN_LENGTH = 43

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Door:
    """A browser that is signing in: what ties its codes, challenges and forms to it."""

    token: str
    fresh: bool
    """Whether the browser does not have its cookie yet."""

    @property
    def mark(self) -> bytes:
        """What is stored in its stead."""
        return hashlib.sha256(b"door\0" + self.token.encode()).digest()


class SessionReader:
    """Looks the sessions of a request's cookies up, once, before its page is asked. Files are served without."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward, with the sessions that are in force under `SESSIONS`."""
        if scope["type"] == "http" and not scope["path"].startswith(("/static/", "/theme/")):
            request = Request(scope)
            web = web_of(request)
            names = {cookie_name(role=role, secure=web.secure): role for role in Role}
            tokens = {names[name]: value for name, value in request.cookies.items() if name in names}
            wanted = {role: token for role, token in tokens.items() if len(token) == TOKEN_LENGTH}
            found = await session_store.read(web.engine, list(wanted.values()), web.clock.now()) if wanted else {}
            sessions = {role: found[token] for role, token in wanted.items() if token in found}
            # Under an operator's own domain nobody is inside another one's wallet or console.
            tenant = tenant_at(request)
            scope[SESSIONS] = {
                role: session
                for role, session in sessions.items()
                if session.role is role and (tenant is None or tenant.named.id == session.operator_id)
            }
            door = door_of(request)
            if door is not None:
                scope[DOOR] = csrf_of(door.token)
        await self._app(scope, receive, send)


def client_address(request: Request) -> str:
    """The network address of who asks."""
    peer = None if request.client is None else request.client.host
    return asked_from(request.headers.getlist("x-forwarded-for"), peer, web_of(request).doors.proxies)


def guarded(endpoint: Endpoint, *, most: int = BODY_MAX_BYTES) -> Endpoint:
    """The same endpoint, asked only by forms of our own pages; `most` bytes for one that carries a file."""

    async def checked(request: Request) -> Response:
        try:
            await check_form(request, most)
            return await endpoint(request)
        finally:
            # What was uploaded lies in a file that nobody else would close.
            await request.close()

    return checked


async def check_form(request: Request, most: int = BODY_MAX_BYTES) -> None:
    """Raises Forbidden for a form of another site or of another session, Unauthorised where nobody is signed in."""
    refuse_foreign_forms(request)
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > most or "transfer-encoding" in request.headers:
        raise Invalid(f"a form has at most {most} bytes and says how many", code="bad_form")
    expected, given = _expected(request), request.headers.get(HEADER)
    if given is None and "form" in request.headers.get("content-type", ""):
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise Forbidden("this form is not of your session: reload its page", code="foreign_form")


def _expected(request: Request) -> str:
    if is_sign_in(request):
        door: str | None = request.scope.get(DOOR)
        if door is None:
            raise Forbidden("this form is not of this browser: reload its page", code="foreign_form")
        return door
    role = role_of_page(request) or _role_asked(request)
    session = None if role is None else session_if_any(request, role)
    if session is None:
        raise Unauthorised("no session, or one that has ended")
    return session.csrf


def _role_asked(request: Request) -> Role | None:
    asked = request.query_params.get("role", "")
    return Role(asked) if asked in set(Role) else None


def door_of(request: Request) -> Door | None:
    """The browser's door, if it has one."""
    token = request.cookies.get(door_cookie_name(secure=web_of(request).secure), "")
    return Door(token, fresh=False) if len(token) == TOKEN_LENGTH and token.isascii() else None


def door_opened(request: Request) -> Door:
    """The browser's door, a new one if it has none; a new one is to be kept with `keep_door`."""
    door = door_of(request) or Door(new_token(), fresh=True)
    request.scope[DOOR] = csrf_of(door.token)
    return door


def keep_door(web: Web, response: Response, door: Door) -> None:
    """Give the browser the cookie of its door."""
    if door.fresh:
        _set(web, response, door_cookie_name(secure=web.secure), door.token, DOOR_SECONDS)


def keep_session(web: Web, response: Response, opened: Opened) -> None:
    """Give the browser the cookie of a new session, and take the one that it signed in with."""
    session = opened.session
    seconds = int((session.expires_at - session.opened_at).total_seconds())
    _set(web, response, cookie_name(role=session.role, secure=web.secure), opened.token, seconds)
    forget(web, response, door_cookie_name(secure=web.secure))


def forget(web: Web, response: Response, name: str) -> None:
    """Take a cookie from the browser."""
    response.delete_cookie(name, path="/", secure=web.secure, httponly=True, samesite="lax")


def _set(web: Web, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, path="/", secure=web.secure, httponly=True, samesite="lax")
