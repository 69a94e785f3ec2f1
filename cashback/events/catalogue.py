"""Every event with its sentence and the JSON Schema of its data: what receivers may rely on.

A field is never taken away and never changes its meaning within a version; new ones may be added.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = "1"
"""Of the payloads. An endpoint keeps the version that it was made with."""
VERSIONS = (VERSION,)

Field = Mapping[str, Any]


def _id(prefix: str) -> Field:
    return {
        "type": "string",
        "pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$",
        "examples": [f"{prefix}_01kbcr4zsyfcxa3wp4tqktv42j"],
    }


def _or_null(told: Field) -> Field:
    return {"anyOf": [told, {"type": "null"}]}


def _word(example: str, description: str = "") -> Field:
    said = {"description": description} if description else {}
    return {"type": "string", **said, "examples": [example]}


_UNITS: Field = {
    "type": "integer",
    "description": "Minor units of money, units of everything else",
    "examples": [425],
}
_MINOR: Field = {"type": "integer", "description": "Minor units of the currency", "examples": [85_00]}
_CURRENCY: Field = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]}
_INSTANT: Field = {"type": "string", "format": "date-time", "examples": ["2026-11-29T12:00:00Z"]}

_SHOPPER: Mapping[str, Field] = {"shopper": _id("shp")}
_PURCHASE: Mapping[str, Field] = {
    "purchase": _id("pur"),
    **_SHOPPER,
    "shop": {**_or_null(_id("sho")), "description": "Null while no shop is known"},
    "state": _word("cleared"),
    "net_minor": _MINOR,
    "currency": _CURRENCY,
    "purchased_at": _INSTANT,
    "plan": {**_or_null(_id("pln")), "description": "The plan in instalments that it was bought by, at a checkout"},
}
_REWARD: Mapping[str, Field] = {
    "reward": _id("rwd"),
    "purchase": _id("pur"),
    **_SHOPPER,
    "offer": _id("off"),
    "asset": _word("EUR"),
    "amount": _UNITS,
    "available": _UNITS,
    "state": _word("available"),
    "available_at": {**_or_null(_INSTANT), "description": "Null until the purchase has cleared"},
    "revision": {"type": "integer", "description": "Rises with every change of this reward", "examples": [2]},
}
_PAYOUT: Mapping[str, Field] = {
    "payout": _id("pyt"),
    **_SHOPPER,
    "asset": _word("EUR"),
    "amount": _UNITS,
    "state": _word("paid"),
}
_REVIEW: Mapping[str, Field] = {"review": _id("rev"), "decision": _id("dec"), **_SHOPPER, "state": _word("open")}
_CARD: Mapping[str, Field] = {"card": _id("crd"), **_SHOPPER, "network": _word("sandbox")}
_OF_PLAN: Mapping[str, Field] = {"plan": _id("pln"), **_SHOPPER, "currency": _CURRENCY}
_PLAN: Mapping[str, Field] = {
    **_OF_PLAN,
    "shop": _id("sho"),
    "purchase": {**_or_null(_id("pur")), "description": "Null where a checkout has no sale yet"},
    "state": _word("active"),
    "amount_minor": _MINOR,
    "refunded_minor": {**_MINOR, "examples": [0]},
    "owed_minor": {**_MINOR, "examples": [56_67]},
}
_CONTRACT: Mapping[str, Field] = {**_OF_PLAN, "contract": _word("offered", "offered, signed")}
_INSTALMENT: Mapping[str, Field] = {
    **_OF_PLAN,
    "number": {"type": "integer", "examples": [2]},
    "due_on": {"type": "string", "format": "date", "examples": ["2026-12-29"]},
    "owed_minor": {**_MINOR, "examples": [28_33]},
    "paid_minor": {**_MINOR, "examples": [0]},
}
_FUNDER: Mapping[str, Field] = {
    "funder": _word("brand:Maison Blanche", "operator, shop:sho_…, brand:<its name in the programme>")
}


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event."""

    summary: str
    fields: Mapping[str, Field]
    shows: Mapping[str, object] = field(default_factory=dict)
    """What its example says otherwise than the examples of its fields."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of `data`."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "description": self.summary,
            "properties": {name: dict(told) for name, told in self.fields.items()},
            "required": list(self.fields),
        }

    def example(self) -> dict[str, object]:
        """`data` as it may be; its ids are those of nothing."""
        return {name: self.shows.get(name, _example_of(told)) for name, told in self.fields.items()}


def _example_of(told: Field) -> object:
    return _example_of(told["anyOf"][0]) if "anyOf" in told else told["examples"][0]


EVENTS: Mapping[str, Event] = {
    "card.linked": Event("A card was linked to a shopper", _CARD),
    "card.unlinked": Event("A card was unlinked", _CARD),
    "decision_review.answered": Event(
        "People looked at a contested decision again and answered", _REVIEW, {"state": "overturned"}
    ),
    "decision_review.requested": Event("A shopper contests a decision", _REVIEW),
    "eligibility.decided": Event(
        "It was decided whether a shopper may pay in instalments",
        {
            "decision": _id("dec"),
            **_SHOPPER,
            "outcome": _word("eligible", "eligible, counter_offer, insufficient_history, refused"),
        },
    ),
    "endpoint.disabled": Event(
        "An endpoint is sent nothing any more",
        {"endpoint": _id("whe"), "why": _word("gone", "gone, failing")},
    ),
    "endpoint.test": Event("Sent when a test is asked for, to one endpoint", {"endpoint": _id("whe")}),
    "funding.low": Event("What a prepaid funder paid in is nearly used up", _FUNDER),
    "funding.paused": Event("A funder promises nothing more: what it paid in is used up", _FUNDER),
    "funding.resumed": Event("A funder promises again", _FUNDER),
    "instalment.due": Event("An instalment is due today", _INSTALMENT),
    "instalment.late": Event("An instalment was not paid on its day", _INSTALMENT),
    "instalment.paid": Event("An instalment is paid", _INSTALMENT, {"owed_minor": 0, "paid_minor": 28_33}),
    "notice.told": Event("Something was put into a shopper's inbox", {**_SHOPPER, "kind": _word("reward_earned")}),
    "offer.changed": Event(
        "Something was done in the life of an offer",
        {
            "offer": _id("off"),
            "change": _word("publish", "submit, approve, publish, pause, resume, end, cancel, stop, …"),
            "version": _or_null({"type": "integer", "examples": [1]}),
        },
    ),
    "payout.created": Event("Money is on its way out of a wallet", _PAYOUT, {"state": "created"}),
    "payout.failed": Event(
        "A payout did not arrive, came back or was stopped: what it took is in the wallet again",
        _PAYOUT,
        {"state": "failed"},
    ),
    "payout.paid": Event("A payout arrived", _PAYOUT),
    "plan.activated": Event("The first instalment of a plan was paid: the sale stands", _PLAN),
    "plan.cancelled": Event("A plan was given up before it began", _PLAN, {"state": "cancelled", "owed_minor": 0}),
    "plan.completed": Event("Nothing of a plan is owed any more", _PLAN, {"state": "completed", "owed_minor": 0}),
    "plan.contract_offered": Event("The lender offers the contract of a plan: the shopper can sign it", _CONTRACT),
    "plan.contract_signed": Event(
        "The lender is bound by the contract of a plan: the first payment can be asked for",
        _CONTRACT,
        {"contract": "signed"},
    ),
    "plan.opened": Event(
        "A plan was accepted; it waits for its first payment", _PLAN, {"state": "opening", "owed_minor": 85_00}
    ),
    "plan.refunded": Event(
        "The shop gave back something, or everything, of what a plan pays",
        _PLAN,
        {"state": "refunded", "refunded_minor": 85_00, "owed_minor": 0},
    ),
    "plan.withdrawn": Event(
        "The shopper has withdrawn from a plan, and it is undone", _PLAN, {"state": "withdrawn", "owed_minor": 0}
    ),
    "plan.written_off": Event("What was owed of a plan was given up", _PLAN, {"state": "written_off", "owed_minor": 0}),
    "purchase.changed": Event("What is known of a purchase changed: its state, its net amount or its shop", _PURCHASE),
    "purchase.recognised": Event("A purchase was recognised", _PURCHASE),
    "reward.available": Event("A reward, or more of it, can be used", _REWARD),
    "reward.changed": Event(
        "What a reward amounts to changed; zero when nothing is owed any more",
        {**_REWARD, "previous_amount": {**_UNITS, "examples": [5_00]}},
        {"revision": 3},
    ),
    "reward.earned": Event(
        "A purchase earned a reward",
        _REWARD,
        {"available": 0, "state": "pending", "available_at": None, "revision": 1},
    ),
    "reward.expired": Event(
        "Part of a reward was not used in time",
        {**_REWARD, "expired": _UNITS},
        {"available": 0, "state": "expired", "revision": 4},
    ),
    "shopper.erased": Event("A person was erased: forget who had this id, and unlink their cards", _SHOPPER),
    "shopper.opened": Event("A shopper was opened", _SHOPPER),
}
"""By type, in the order of their names."""
