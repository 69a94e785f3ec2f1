"""The addresses of the portal."""

from starlette.routing import Route

from cashback.web.developer import (
    deliveries,
    endpoints,
    errors,
    keys,
    reference,
    requests,
    signatures,
    simulator,
    start,
)

_HOME = "/{locale}/developer"

ROUTES = [
    Route(f"{_HOME}/start", start.start),
    Route(f"{_HOME}/start/ticks", start.ticks),
    Route(f"{_HOME}/start/key", start.make_key, methods=["POST"]),
    Route(f"{_HOME}/start/send", start.send_test, methods=["POST"]),
    Route(f"{_HOME}/reference", reference.index),
    Route(f"{_HOME}/reference/events", reference.event_types),
    Route(f"{_HOME}/reference/{{group}}", reference.group),
    Route(f"{_HOME}/keys", keys.keys),
    Route(f"{_HOME}/keys/new", keys.make, methods=["POST"]),
    Route(f"{_HOME}/keys/{{id}}/rotate", keys.rotate, methods=["POST"]),
    Route(f"{_HOME}/keys/{{id}}/revoke", keys.revoke, methods=["POST"]),
    Route(f"{_HOME}/endpoints", endpoints.endpoints),
    Route(f"{_HOME}/endpoints/new", endpoints.add, methods=["POST"]),
    Route(f"{_HOME}/endpoints/{{id}}/rotate", endpoints.rotate, methods=["POST"]),
    Route(f"{_HOME}/endpoints/{{id}}/{{action}}", endpoints.act, methods=["POST"]),
    Route(f"{_HOME}/deliveries", deliveries.deliveries),
    Route(f"{_HOME}/deliveries/{{id}}/replay", deliveries.replay, methods=["POST"]),
    Route(f"{_HOME}/deliveries/{{id}}/{{message}}", deliveries.delivery),
    Route(f"{_HOME}/requests", requests.requests),
    Route(f"{_HOME}/requests/{{id}}", requests.one_request),
    Route(f"{_HOME}/simulator", simulator.simulator),
    Route(f"{_HOME}/simulator/effects", simulator.effects),
    Route(f"{_HOME}/simulator/run", simulator.run, methods=["POST"]),
    Route(f"{_HOME}/simulator/card", simulator.open_card, methods=["POST"]),
    Route(f"{_HOME}/signatures", signatures.signatures),
    Route(f"{_HOME}/signatures/check", signatures.check, methods=["POST"]),
    Route(f"{_HOME}/errors", errors.errors),
]
