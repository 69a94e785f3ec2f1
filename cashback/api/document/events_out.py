"""Events out, as the `webhooks` of the document: of each type the body that a receiver gets, with an example."""

from typing import Any

from cashback.events.catalogue import EVENTS, VERSIONS, Event

_AT = "2026-11-29T12:00:00Z"
"""When the events of examples happened."""


def events_out() -> dict[str, Any]:
    """By type, what is sent to an endpoint."""
    return {name: {"post": _sent(name, event)} for name, event in EVENTS.items()}


def _sent(name: str, event: Event) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": name},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened"},
            "version": {"type": "string", "enum": list(VERSIONS)},
            "data": {each: value for each, value in event.schema().items() if each != "$schema"},
        },
        "required": ["type", "timestamp", "version", "data"],
    }
    example = {"type": name, "timestamp": _AT, "version": VERSIONS[-1], "data": event.example()}
    return {
        "operationId": "receive_" + name.replace(".", "_"),
        "tags": ["Events out"],
        "summary": event.summary,
        "description": "Signed after Standard Webhooks by `webhook-id`, `webhook-timestamp` and `webhook-signature`.",
        "security": [],
        "requestBody": {"content": {"application/json": {"schema": schema, "example": example}}},
        "responses": {"2XX": {"description": "Taken; anything else is tried again"}},
    }
