"""Requests: what was asked of the API, found by what is in the address, and again as a command."""

import re
import shlex
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound
from cashback.ids import parse, show
from cashback.request_log import service
from cashback.request_log.redaction import HIDDEN, LONGER
from cashback.request_log.schemas import Asked, Filters
from cashback.web.developer.frame import frame_of

PAGE = 50
_GAPS = re.compile(rf"{HIDDEN}|{LONGER}|/\{{\w+\}}|\(\S+, \d+ bytes")
"""What of a command is to be filled in before it can be run."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
TEXT_MAX = 200


async def requests(request: Request) -> Response:
    """A page of the log, the newest first."""
    frame = await frame_of(request)
    filters = _filters(request)
    before = _id(request.query_params["before"]) if request.query_params.get("before") else None
    operator_id = frame.integrator.session.operator_id
    async with transaction(frame.web.engine, operator_id) as connection:
        found = await service.page(connection, operator_id, filters, before=before, limit=PAGE + 1)
    page = found[:PAGE]
    given = {
        "method": filters.method,
        "outcome": filters.outcome,
        "key": filters.key_label,
        "path": filters.path,
        "find": filters.words,
    }
    return frame.page(
        "requests",
        "requests.html",
        fragment="_requests.html",
        requests=page,
        filters=filters,
        filtered=filters != Filters(),
        methods=METHODS,
        outcomes=list(service.OUTCOMES),
        query=urlencode({name: value for name, value in given.items() if value}),
        older=show("req", page[-1].id) if len(found) > PAGE else None,
        days=service.KEPT.days,
    )


async def one_request(request: Request) -> Response:
    """One request with its bodies, redacted."""
    frame = await frame_of(request)
    operator_id, request_id = frame.integrator.session.operator_id, _id(request.path_params["id"])
    async with transaction(frame.web.engine, operator_id) as connection:
        found = await service.find(connection, operator_id, request_id)
    if found is None:
        raise NotFound("there is no such request, or it is too old to be kept", code="unknown_request")
    curl = as_curl(found, frame.integrator.bench.public_url)
    return frame.page("requests", "request.html", asked=found, curl=curl, gaps=bool(_GAPS.search(curl)))


def as_curl(asked: Asked, public_url: str) -> str:
    """The request as a command; what is hidden is to be filled in by who runs it."""
    address = public_url + asked.path + (f"?{asked.query}" if asked.query else "")
    parts = [f"curl -X {asked.method} {shlex.quote(address)}", '-H "Authorization: Bearer $CASHBACK_KEY"']
    if asked.idempotency_key is not None:
        parts.append(f"-H {shlex.quote(f'Idempotency-Key: {asked.idempotency_key}')}")
    if asked.asked is not None:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(asked.asked)}"]
    return " \\\n  ".join(parts)


def _filters(request: Request) -> Filters:
    query = request.query_params
    method, outcome = query.get("method") or None, query.get("outcome") or None
    if method is not None and method not in METHODS:
        raise Invalid(f"'method' is one of {', '.join(METHODS)}, got {method[:20]!r}")
    if outcome is not None and outcome not in service.OUTCOMES:
        raise Invalid(f"'outcome' is one of {', '.join(service.OUTCOMES)}, got {outcome[:20]!r}")
    label, path, words = (query.get(each, "").replace("\0", "").strip()[:TEXT_MAX] for each in ("key", "path", "find"))
    return Filters(method, outcome, label or None, path, words=words)


def _id(text: str) -> UUID:
    try:
        return parse("req", text)
    except ValueError:
        raise NotFound(f"there is no request {text[:64]!r}", code="unknown_request") from None
