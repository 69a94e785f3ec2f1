"""Endpoints: where events are sent, how that goes, and what people do with them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.courier import service
from cashback.courier.service import unknown_endpoint
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound, ProductError
from cashback.events.catalogue import EVENTS, VERSION
from cashback.ids import parse, show
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.forms import form_of, one
from webhooks import delivery_log
from webhooks.outbox import TEST, show_id

TYPES = {
    f"{group}.*": [name for name in EVENTS if name.startswith(f"{group}.")]
    for group in sorted({name.partition(".")[0] for name in EVENTS})
}
"""Every type of event, by its group."""
OVERLAPS = (0, 3_600, 86_400, 7 * 86_400)
URL_MAX = 2_000


async def endpoints(request: Request) -> Response:
    """All endpoints of the operator."""
    return await _page(await frame_of(request))


async def add(request: Request) -> Response:
    """Add an endpoint; the answer shows its secrets this once."""
    frame, fields = await frame_of(request), await form_of(request)
    bench, url = frame.integrator.bench, one(fields, "url", URL_MAX)
    types = fields.get("type") or None
    try:
        opened = await service.add(
            frame.web.engine,
            bench.keyring,
            bench.egress,
            frame.integrator.actor,
            url=url,
            types=types,
            ed25519="ed25519" in fields,
            now=frame.now,
        )
    except ProductError as error:
        return await _page(frame, error=error, url=url, chosen=frozenset(types or ()))
    return await _page(frame, secrets=opened.secrets)


async def endpoint(request: Request) -> Response:
    """One endpoint: what can be changed of it, and its end."""
    return await _one(await frame_of(request))


async def change(request: Request) -> Response:
    """Give an endpoint another address or other types; what was typed is kept if it is refused."""
    frame, fields = await frame_of(request), await form_of(request)
    url, types = one(fields, "url", URL_MAX), fields.get("type") or []
    try:
        await service.change(
            frame.web.engine,
            frame.integrator.bench.egress,
            frame.integrator.actor,
            id_of(request.path_params["id"]),
            url=url,
            types=types or None,
            everything=not types,
            now=frame.now,
        )
    except NotFound:
        raise
    except ProductError as error:
        return await _one(frame, error=error, url=url, chosen=frozenset(types))
    return RedirectResponse(f"/{frame.t.language}/developer/endpoints", status_code=303)


async def rotate(request: Request) -> Response:
    """Give an endpoint another secret; the answer shows it this once."""
    frame, fields = await frame_of(request), await form_of(request)
    overlap = one(fields, "overlap")
    if overlap not in {str(each) for each in OVERLAPS}:
        raise Invalid(f"overlap: expected one of {OVERLAPS} seconds", code="bad_overlap")
    actor = frame.integrator.actor
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        rotated = await service.rotate(
            connection,
            frame.integrator.bench.keyring,
            actor,
            id_of(request.path_params["id"]),
            overlap=timedelta(seconds=int(overlap)),
            now=frame.now,
        )
    return await _page(frame, secrets=(rotated.secret,), old_until=rotated.old_until)


async def act(request: Request) -> Response:
    """Disable, enable, test or remove an endpoint, then show it again."""
    frame, fields = await frame_of(request), await form_of(request)
    actor, endpoint_id, now = frame.integrator.actor, id_of(request.path_params["id"]), frame.now
    action, home = request.path_params["action"], f"/{frame.t.language}/developer"
    try:
        async with transaction(frame.web.engine, actor.operator_id) as connection:
            if action == "disable":
                await service.disable(connection, actor, endpoint_id, one(fields, "why", 300) or None, now)
            elif action == "enable":
                await service.enable(connection, actor, endpoint_id, now)
            elif action == "test":
                type_ = one(fields, "type") or TEST
                message = show_id(await service.send_test(connection, actor, endpoint_id, now, type_))
                home = f"{home}/deliveries/{show('whe', endpoint_id)}/{message}"
                return RedirectResponse(home, status_code=303)
            elif action == "remove":
                await service.remove(connection, actor, endpoint_id, now)
            else:
                raise Invalid(f"expected disable, enable, test or remove, got {action[:20]!r}", code="bad_action")
    except ProductError as error:
        return await _page(frame, error=error)
    return RedirectResponse(f"{home}/endpoints", status_code=303)


async def _page(
    frame: Frame,
    *,
    secrets: Sequence[str] = (),
    old_until: datetime | None = None,
    error: ProductError | None = None,
    url: str = "",
    chosen: frozenset[str] = frozenset(),
) -> Response:
    actor = frame.integrator.actor
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        found = await service.listed(connection, actor, frame.now)
    return frame.page(
        "endpoints",
        "endpoints.html",
        status=200 if error is None else error.status,
        endpoints=found,
        secrets=secrets,
        old_until=old_until,
        error=error,
        url=url,
        types=TYPES,
        chosen=chosen,
        version=VERSION,
        overlaps=OVERLAPS,
    )


async def _one(
    frame: Frame, *, error: ProductError | None = None, url: str = "", chosen: frozenset[str] | None = None
) -> Response:
    actor, endpoint_id = frame.integrator.actor, id_of(frame.request.path_params["id"])
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        found = await service.find(connection, actor, endpoint_id, frame.now)
        pending = await delivery_log.pending_of(connection, actor.operator_id, endpoint_id)
    return frame.page(
        "endpoints",
        "endpoint.html",
        status=200 if error is None else error.status,
        endpoint=found,
        pending=pending,
        error=error,
        url=url or found.url,
        types=TYPES,
        chosen=frozenset(found.types or ()) if chosen is None else chosen,
    )


def id_of(text: str) -> UUID:
    """The endpoint of an address, or NotFound."""
    try:
        return parse("whe", text)
    except ValueError:
        raise unknown_endpoint(text) from None
