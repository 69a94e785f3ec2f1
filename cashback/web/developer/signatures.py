"""The signature checker: a message that was received is valid, or the page says exactly why not. Nothing is kept."""

import re
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from cashback.courier import checking
from cashback.courier.checking import Verdict
from cashback.db.engine import transaction
from cashback.errors import Invalid, ProductError
from cashback.programmes.connections import Connection, load_connections
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.forms import form_of, one
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused
from issuers.registry import ADAPTERS
from webhooks import signing

BODY_MAX = 64 * 1024
HEADERS_MAX = 8 * 1024
OUT = "out"
"""The choice of our own events; every other is the name of a connection."""
_REQUEST = re.compile(r"[A-Z]{3,10} \S+( HTTP/[0-9.]+)?")
_EVENT = re.compile(r"[A-Za-z0-9._-]{0,80}")


async def signatures(request: Request) -> Response:
    """The empty form."""
    frame = await frame_of(request)
    return await _page(frame, {}, None)


async def check(request: Request) -> Response:
    """The form again, with the verdict."""
    frame, fields = await frame_of(request), await form_of(request)
    try:
        return await _page(frame, fields, await _verdict(frame, fields))
    except ProductError as error:
        return await _page(frame, fields, None, error=error)


async def _verdict(frame: Frame, fields: dict[str, list[str]]) -> Verdict:
    scheme = one(fields, "scheme", 80) or OUT
    headers = read_headers(fields.get("headers", [""])[-1])
    # Browsers send line ends of forms as CRLF; providers sign what they sent.
    body = fields.get("body", [""])[-1].replace("\r\n", "\n").encode("utf-8", "surrogatepass")
    if len(body) > BODY_MAX:
        raise Invalid(f"body: expected at most {BODY_MAX} bytes", code="too_large")
    if scheme == OUT:
        actor = frame.integrator.actor
        async with transaction(frame.web.engine, actor.operator_id) as database:
            return await checking.check(
                database,
                frame.integrator.bench.keyring.master,
                actor,
                secret=one(fields, "secret"),
                headers=headers,
                body=body,
                now=frame.now,
            )
    connection = next((each for each in await _connections(frame) if each.slug == scheme), None)
    if connection is None:
        raise Invalid(f"there is no connection {scheme[:64]!r}", code="unknown_connection")
    event = one(fields, "event", 80)
    if not _EVENT.fullmatch(event):
        raise Invalid("event: expected letters, digits, dots and dashes", code="bad_event")
    return check_theirs(connection, headers, body, event or None, frame.now)


def read_headers(text: str) -> dict[str, str]:
    """Headers as people paste them: `name: value`, one a line, below the request's own line where that came along.

    Invalid names the line that is none.
    """
    if len(text) > HEADERS_MAX:
        raise Invalid(f"headers: expected at most {HEADERS_MAX} characters", code="too_large")
    headers: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = line.strip().partition(":")
        if not line.strip() or (number == 1 and _REQUEST.fullmatch(line.strip())):
            continue
        if not colon or not name.strip():
            raise Invalid(f"headers, line {number}: expected 'name: value'", code="bad_headers")
        headers[name.strip().lower()] = value.strip()
    return headers


def check_theirs(
    connection: Connection, headers: dict[str, str], body: bytes, event: str | None, now: datetime
) -> Verdict:
    """A message that a provider sent, by the secrets of one of the operator's connections."""
    url = connection.registered_url if event is None else f"{connection.registered_url}/{event}"
    try:
        ADAPTERS[connection.provider].verify(Delivery(body, headers, event, url), connection.secrets, now)
    except SignatureRefused as error:
        return Verdict(False, error.code, str(error))
    return Verdict(True)


async def _connections(frame: Frame) -> list[Connection]:
    bench, operator_id = frame.integrator.bench, frame.integrator.session.operator_id
    every = (await load_connections(frame.web.engine, bench.keyring.master, of=operator_id)).values()
    mine = [each for each in every if each.provider in ADAPTERS]
    return sorted(mine, key=lambda each: each.slug)


async def _page(
    frame: Frame, fields: dict[str, list[str]], verdict: Verdict | None, *, error: ProductError | None = None
) -> Response:
    typed = {name: fields.get(name, [""])[-1] for name in ("scheme", "secret", "event", "headers", "body")}
    return frame.page(
        "signatures",
        "signatures.html",
        status=200 if error is None else error.status,
        connections=await _connections(frame),
        typed=typed,
        verdict=verdict,
        error=error,
        ours=OUT,
        tolerance=int(signing.TOLERANCE.total_seconds() // 60),
    )
