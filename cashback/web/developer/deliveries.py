"""Deliveries: what was sent to an endpoint, every attempt with its answer, and sending again."""

from datetime import UTC, datetime, tzinfo
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.courier import service
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import show
from cashback.web.developer.endpoints import id_of
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.forms import form_of, one
from webhooks import delivery_log, signing
from webhooks.endpoints import Endpoint
from webhooks.outbox import read_id, show_id
from webhooks.schedule import State

PAGE = 25


async def deliveries(request: Request) -> Response:
    """A page of deliveries: filters and the place in the list stand in the address."""
    return await _page(await frame_of(request))


async def _page(frame: Frame, *, error: ProductError | None = None) -> Response:
    actor, query = frame.integrator.actor, frame.request.query_params
    state = _state(query.get("state", ""))
    before = _message(query["before"]) if query.get("before") else None
    asked = query.get("endpoint", "")
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        every = await service.listed(connection, actor, frame.now)
        chosen = _chosen(every, asked)
        found = []
        if chosen is not None:
            found = await delivery_log.deliveries_of(
                connection, actor.operator_id, chosen.id, state=state, before=before, limit=PAGE + 1
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
        whole = await delivery_log.whole(connection, actor.operator_id, endpoint_id, message_id)
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
                await service.replay_between(connection, actor, endpoint_id, since, until, now)
                home = f"{home}?endpoint={shown}"
            else:
                await service.replay_failed(connection, actor, endpoint_id, now)
                home = f"{home}?endpoint={shown}"
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
