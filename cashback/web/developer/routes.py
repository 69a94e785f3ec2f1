"""The addresses of the portal."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.web.developer import (
    deliveries,
    endpoints,
    errors,
    guides,
    keys,
    reference,
    requests,
    signatures,
    simulator,
    start,
)
from cashback.web.guard import Endpoint, guarded
from cashback.web.rendering import language_asked

_HOME = "/{locale}/developer"


def _post(path: str, endpoint: Endpoint) -> list[Route]:
    """A form's address. Who comes there by a link, as after a change of language, is led to the form's page."""
    part = path.removeprefix(f"{_HOME}/").partition("/")[0]

    async def home(request: Request) -> Response:
        return RedirectResponse(f"/{language_asked(request)}/developer/{part}", status_code=303)

    return [Route(path, guarded(endpoint), methods=["POST"]), Route(path, home, methods=["GET"])]


ROUTES = [
    Route(f"{_HOME}/start", start.start),
    Route(f"{_HOME}/start/ticks", start.ticks),
    *_post(f"{_HOME}/start/key", start.make_key),
    *_post(f"{_HOME}/start/send", start.send_test),
    Route(f"{_HOME}/reference", reference.index),
    Route(f"{_HOME}/reference/events", reference.event_types),
    Route(f"{_HOME}/reference/guides", guides.guides),
    Route(f"{_HOME}/reference/{{group}}", reference.group),
    Route(f"{_HOME}/keys", keys.keys),
    *_post(f"{_HOME}/keys/new", keys.make),
    *_post(f"{_HOME}/keys/{{id}}/rotate", keys.rotate),
    *_post(f"{_HOME}/keys/{{id}}/revoke", keys.revoke),
    Route(f"{_HOME}/endpoints", endpoints.endpoints),
    *_post(f"{_HOME}/endpoints/new", endpoints.add),
    Route(f"{_HOME}/endpoints/{{id}}", endpoints.endpoint),
    *_post(f"{_HOME}/endpoints/{{id}}/rotate", endpoints.rotate),
    *_post(f"{_HOME}/endpoints/{{id}}/change", endpoints.change),
    *_post(f"{_HOME}/endpoints/{{id}}/{{action}}", endpoints.act),
    Route(f"{_HOME}/deliveries", deliveries.deliveries),
    *_post(f"{_HOME}/deliveries/{{id}}/replay", deliveries.replay),
    Route(f"{_HOME}/deliveries/{{id}}/{{message}}", deliveries.delivery),
    Route(f"{_HOME}/requests", requests.requests),
    Route(f"{_HOME}/requests/{{id}}", requests.one_request),
    Route(f"{_HOME}/simulator", simulator.simulator),
    Route(f"{_HOME}/simulator/effects", simulator.effects),
    *_post(f"{_HOME}/simulator/run", simulator.run),
    *_post(f"{_HOME}/simulator/card", simulator.open_card),
    Route(f"{_HOME}/signatures", signatures.signatures),
    *_post(f"{_HOME}/signatures/check", signatures.check),
    Route(f"{_HOME}/errors", errors.errors),
]
