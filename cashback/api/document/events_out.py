"""Events out, as the `webhooks` of the document: of each type the body that a receiver gets, with an example."""

from collections.abc import Mapping
from typing import Any

from cashback.api.document.examples import example_of
from cashback.events.catalogue import EVENTS, VERSIONS, Event

_VALUES: Mapping[str, Any] = {
    "outcome": "eligible",
    "why": "failing",
    "funder": "operator",
    "kind": "reward_earned",
    "change": "approve",
    "contract": "offered",
    "order": "order-1042",
    "amount_minor": 9000,
    "refunded_minor": 0,
    "owed_minor": 6000,
    "paid_minor": 0,
    "amount": 125,
    "available": 0,
    "available_at": None,
    "previous_amount": 250,
}
"""Of fields, whichever the type."""
_OF_TYPES: Mapping[str, Mapping[str, Any]] = {
    "decision_review.answered": {"state": "overturned"},
    "decision_review.requested": {"state": "open"},
    "instalment.late": {"owed_minor": 3000},
    "instalment.due": {"owed_minor": 3000},
    "instalment.paid": {"owed_minor": 0, "paid_minor": 3000},
    "payout.created": {"state": "requested", "amount": 2500},
    "payout.failed": {"state": "failed", "amount": 2500},
    "payout.paid": {"state": "paid", "amount": 2500},
    "plan.activated": {"state": "active"},
    "plan.cancelled": {"state": "cancelled", "owed_minor": 0},
    "plan.completed": {"state": "completed", "owed_minor": 0},
    "plan.contract_signed": {"contract": "signed"},
    "plan.opened": {"state": "opening", "owed_minor": 9000},
    "plan.refunded": {"state": "active", "refunded_minor": 3000, "owed_minor": 3000},
    "plan.withdrawn": {"state": "withdrawn", "owed_minor": 0},
    "plan.written_off": {"state": "written_off", "owed_minor": 0},
    "purchase.changed": {"state": "partly_refunded", "net_minor": 1500},
    "purchase.recognised": {"state": "cleared", "net_minor": 2500},
    "reward.available": {"state": "available", "available": 125, "available_at": "2026-11-24T09:30:00Z", "revision": 2},
    "reward.changed": {"state": "pending", "revision": 3},
    "reward.earned": {"state": "pending"},
    "reward.expired": {"state": "expired", "expired": 125, "revision": 4},
}


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
    return {
        "operationId": "receive_" + name.replace(".", "_"),
        "tags": ["Events out"],
        "summary": event.summary,
        "description": "Signed after Standard Webhooks by `webhook-id`, `webhook-timestamp` and `webhook-signature`.",
        "security": [],
        "requestBody": {"content": {"application/json": {"schema": schema, "example": _example(name, event)}}},
        "responses": {"2XX": {"description": "Taken; anything else is tried again"}},
    }


def _example(name: str, event: Event) -> dict[str, Any]:
    told = {**_VALUES, **_OF_TYPES.get(name, {})}
    made = example_of(event.schema(), {})
    data = {each: told.get(each, value) for each, value in made.items()}
    return {"type": name, "timestamp": "2026-11-10T09:30:02Z", "version": VERSIONS[-1], "data": data}
