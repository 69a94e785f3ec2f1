"""Response headers that make the browser our guard, and the check that a form came from one of our own pages.

Pure ASGI: nothing is buffered, so streams stay streams.
"""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cashback.errors import Forbidden

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

OWN = ("content-security-policy", "permissions-policy")
"""What a page may say for itself: who frames it, and that it asks where it is."""

HSTS = "max-age=31536000; includeSubDomains"


def api_headers(*, secure: bool) -> dict[str, str]:
    """What the answers of the API have of it: nothing there is a page."""
    told = {"x-content-type-options": HEADERS["x-content-type-options"]}
    return told | ({"strict-transport-security": HSTS} if secure else {})


def frame_policy(origin: str) -> str:
    """The policy of a page that one other site may frame."""
    return CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {origin}")


class SecurityHeaders:
    """Adds `HEADERS` to every response of the pages, and keeps pages out of shared caches unless they say otherwise.

    A page may have set its own policy: for who frames it, and for where it is.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = HEADERS | ({"strict-transport-security": HSTS} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward, with the headers put on where the response starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = {name: headers[name] for name in OWN if name in headers}
                headers.update(self._headers | own)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def refuse_foreign_forms(request: Request) -> None:
    """Raises Forbidden for a form that another site made the browser send (Fetch Metadata, else the Origin header)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        same = site in ("same-origin", "none")
    else:
        origin = request.headers.get("origin")
        same = origin is not None and origin.split("://", 1)[-1] == request.headers.get("host")
    if not same:
        raise Forbidden("this form was sent from another site", code="foreign_form")
