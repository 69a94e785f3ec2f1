"""Deliveries: what was sent to an endpoint, every attempt with its answer, and sending again."""

from datetime import UTC, datetime, tzinfo
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.courier import service
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound, ProductError
from cashback.events.catalogue import EVENTS
from cashback.ids import show
from cashback.web.developer.endpoints import TYPES, id_of
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.forms import form_of, one
from webhooks import delivery_log, signing
from webhooks.delivery_log import Delivery
from webhooks.egress import EXCERPT_MAX
from webhooks.endpoints import Endpoint
from webhooks.outbox import read_id, show_id
from webhooks.schedule import State

PAGE = 25
SENT_DIGITS = 8
"""Of the number of deliveries that a replay says."""


async def deliveries(request: Request) -> Response:
    """A page of deliveries: filters and the place in the list stand in the address."""
    return await _page(await frame_of(request))


async def _page(frame: Frame, *, error: ProductError | None = None) -> Response:
    actor, query = frame.integrator.actor, frame.request.query_params
    state, type_ = _state(query.get("state", "")), _type(query.get("type", ""))
    before = _message(query["before"]) if query.get("before") else None
    message = query.get("message", "").strip()
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        every = await service.listed(connection, actor, frame.now)
        chosen = _chosen(every, query.get("endpoint", ""))
        found: list[Delivery] = []
        if chosen is not None and message:
            found = await _named(connection, frame, chosen.id, message)
        elif chosen is not None:
            found = await delivery_log.deliveries_of(
                connection,
                actor.operator_id,
                chosen.id,
                now=frame.now,
                state=state,
                type_=type_,
                before=before,
                limit=PAGE + 1,
            )
    page = found[:PAGE]
    return frame.page(
        "deliveries",
        "deliveries.html",
        status=200 if error is None else error.status,
        endpoints=every,
        endpoint=chosen,
        state=state,
        states=list(State),
        type=type_,
        types=TYPES,
        message=message,
        query=urlencode({k: v for k, v in query.items() if k in ("endpoint", "state", "type") and v}),
        sent=int(query["sent"]) if query.get("sent", "").isdecimal() and len(query["sent"]) < SENT_DIGITS else None,
        deliveries=page,
        older=show_id(page[-1].message_id) if len(found) > PAGE else None,
        paged=before is not None,
        error=error,
        shown_message=show_id,
    )


async def delivery(request: Request) -> Response:
    """One delivery: headers, what was sent, every attempt."""
    frame = await frame_of(request)
    actor, endpoint_id = frame.integrator.actor, id_of(request.path_params["id"])
    message_id = _message(request.path_params["message"])
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        endpoint = await service.find(connection, actor, endpoint_id, frame.now)
        whole = await delivery_log.whole(connection, actor.operator_id, endpoint_id, message_id, frame.now)
    if whole is None:
        raise NotFound("there is no such delivery to this endpoint", code="unknown_message")
    headers = [(signing.ID, show_id(message_id)), ("content-type", "application/json")]
    return frame.page(
        "deliveries",
        "delivery.html",
        fragment="_delivery.html",
        endpoint=endpoint,
        whole=whole,
        message=show_id(message_id),
        headers=headers,
        stamp=signing.TIMESTAMP,
        signature=signing.SIGNATURE,
        excerpt_max=EXCERPT_MAX,
    )


async def replay(request: Request) -> Response:
    """Send one again, all that failed, or what was told in a span."""
    frame, fields = await frame_of(request), await form_of(request)
    actor, endpoint_id, now = frame.integrator.actor, id_of(request.path_params["id"]), frame.now
    home = f"/{frame.t.language}/developer/deliveries"
    shown = show("whe", endpoint_id)
    try:
        async with transaction(frame.web.engine, actor.operator_id) as connection:
            if one(fields, "message"):
                message_id = _message(one(fields, "message"))
                await service.replay_one(connection, actor, endpoint_id, message_id, now)
                home = f"{home}/{shown}/{show_id(message_id)}"
            elif one(fields, "since"):
                since, until = _instant(fields, "since", frame.zone), _instant(fields, "until", frame.zone)
                count = await service.replay_between(connection, actor, endpoint_id, since, until, now)
                home = f"{home}?endpoint={shown}&sent={count}"
            else:
                count = await service.replay_failed(connection, actor, endpoint_id, now)
                home = f"{home}?endpoint={shown}&sent={count}"
    except ProductError as error:
        return await _page(frame, error=error)
    return RedirectResponse(home, status_code=303)


def _chosen(every: list[Endpoint], asked: str) -> Endpoint | None:
    if not asked:
        return every[0] if every else None
    wanted = id_of(asked)
    found = next((each for each in every if each.id == wanted), None)
    if found is None:
        raise service.unknown_endpoint(asked)
    return found


def _state(text: str) -> State | None:
    if not text:
        return None
    try:
        return State(text)
    except ValueError:
        raise Invalid(f"'state' is one of {', '.join(State)}, got {text[:40]!r}") from None


def _type(text: str) -> str | None:
    if text and text not in TYPES and text not in EVENTS:
        raise Invalid(f"'type' is one of the catalogue, or a group of it such as reward.*, got {text[:40]!r}")
    return text or None


async def _named(connection: AsyncConnection, frame: Frame, endpoint_id: UUID, message: str) -> list[Delivery]:
    """The delivery of one message; none for what is no id, or was not sent there."""
    try:
        message_id = read_id(message)
    except ValueError:
        return []
    operator_id = frame.integrator.actor.operator_id
    whole = await delivery_log.whole(connection, operator_id, endpoint_id, message_id, frame.now)
    return [] if whole is None else [whole.delivery]


def _message(text: str) -> UUID:
    try:
        return read_id(text)
    except ValueError:
        raise NotFound(f"there is no message {text[:64]!r}", code="unknown_message") from None


def _instant(fields: dict[str, list[str]], name: str, zone: tzinfo) -> datetime:
    """An instant as a browser's field gives it: without a zone it is the programme's."""
    text = one(fields, name, 40)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{name}: expected a date and a time, got {text[:40]!r}", code="bad_span") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
