"""Endpoints: where events are sent, how that goes, and what people do with them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.courier import service
from cashback.courier.service import unknown_endpoint
from cashback.db.engine import transaction
from cashback.errors import Invalid, ProductError
from cashback.events.catalogue import EVENTS, VERSION
from cashback.ids import parse, show
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.forms import form_of, one
from webhooks.outbox import show_id

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


async def rotate(request: Request) -> Response:
    """Give an endpoint another secret; the answer shows it this once."""
    frame, fields = await frame_of(request), await form_of(request)
    overlap = one(fields, "overlap")
    if overlap not in {str(each) for each in OVERLAPS}:
        raise Invalid(f"overlap: expected one of {OVERLAPS} seconds", code="bad_overlap")
    actor = frame.integrator.actor
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        made = await service.rotate(
            connection,
            frame.integrator.bench.keyring,
            actor,
            id_of(request.path_params["id"]),
            overlap=timedelta(seconds=int(overlap)),
            now=frame.now,
        )
    return await _page(frame, secrets=(made,))


async def act(request: Request) -> Response:
    """Disable, enable or test an endpoint, then show it again."""
    frame, fields = await frame_of(request), await form_of(request)
    actor, endpoint_id, now = frame.integrator.actor, id_of(request.path_params["id"]), frame.now
    action, home = request.path_params["action"], f"/{frame.t.language}/developer"
    try:
        async with transaction(frame.web.engine, actor.operator_id) as connection:
            if action == "disable":
                await service.disable(connection, actor, endpoint_id, one(fields, "why", 300), now)
            elif action == "enable":
                await service.enable(connection, actor, endpoint_id, now)
            elif action == "test":
                message = show_id(await service.test(connection, actor, endpoint_id, now))
                home = f"{home}/deliveries/{show('whe', endpoint_id)}/{message}"
                return RedirectResponse(home, status_code=303)
            else:
                raise Invalid(f"expected disable, enable or test, got {action[:20]!r}", code="bad_action")
    except ProductError as error:
        return await _page(frame, error=error)
    return RedirectResponse(f"{home}/endpoints", status_code=303)


async def _page(
    frame: Frame,
    *,
    secrets: Sequence[str] = (),
    error: ProductError | None = None,
    url: str = "",
    chosen: frozenset[str] = frozenset(),
) -> Response:
    actor = frame.integrator.actor
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        found = await service.listed(connection, actor, frame.now)
    groups = sorted({f"{name.partition('.')[0]}.*" for name in EVENTS})
    return frame.page(
        "endpoints",
        "endpoints.html",
        status=200 if error is None else error.status,
        endpoints=found,
        secrets=secrets,
        error=error,
        url=url,
        groups=groups,
        chosen=chosen,
        version=VERSION,
        overlaps=OVERLAPS,
    )


def id_of(text: str) -> UUID:
    """The endpoint of an address, or NotFound."""
    try:
        return parse("whe", text)
    except ValueError:
        raise unknown_endpoint(text) from None
