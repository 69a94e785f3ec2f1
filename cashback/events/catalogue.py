"""Every event with its sentence and the JSON Schema of its data: what receivers may rely on.

A field is never taken away and never changes its meaning within a version; new ones may be added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = "1"
"""Of the payloads. An endpoint keeps the version that it was made with."""
VERSIONS = (VERSION,)

Field = Mapping[str, Any]


def _id(prefix: str) -> Field:
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$"}


def _or_null(field: Field) -> Field:
    return {"anyOf": [field, {"type": "null"}]}


_TEXT: Field = {"type": "string"}
_UNITS: Field = {"type": "integer", "description": "Minor units of money, units of everything else"}
_MINOR: Field = {"type": "integer", "description": "Minor units of the currency"}
_CURRENCY: Field = {"type": "string", "pattern": "^[A-Z]{3}$"}
_INSTANT: Field = {"type": "string", "format": "date-time"}

_SHOPPER: Mapping[str, Field] = {"shopper": _id("shp")}
_PURCHASE: Mapping[str, Field] = {
    "purchase": _id("pur"),
    **_SHOPPER,
    "shop": {**_or_null(_id("sho")), "description": "Null while no shop is known"},
    "state": _TEXT,
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
    "asset": _TEXT,
    "amount": _UNITS,
    "available": _UNITS,
    "state": _TEXT,
    "available_at": {**_or_null(_INSTANT), "description": "Null until the purchase has cleared"},
    "revision": {"type": "integer", "description": "Rises with every change of this reward"},
}
_PAYOUT: Mapping[str, Field] = {"payout": _id("pyt"), **_SHOPPER, "asset": _TEXT, "amount": _UNITS, "state": _TEXT}
_REVIEW: Mapping[str, Field] = {"review": _id("rev"), "decision": _id("dec"), **_SHOPPER, "state": _TEXT}
_OF_PLAN: Mapping[str, Field] = {"plan": _id("pln"), **_SHOPPER, "currency": _CURRENCY}
_PLAN: Mapping[str, Field] = {
    **_OF_PLAN,
    "shop": _id("sho"),
    "purchase": {**_or_null(_id("pur")), "description": "Null where a checkout has no sale yet"},
    "state": _TEXT,
    "amount_minor": _MINOR,
    "refunded_minor": _MINOR,
    "owed_minor": _MINOR,
}
_CONTRACT: Mapping[str, Field] = {**_OF_PLAN, "contract": {**_TEXT, "description": "offered, signed"}}
_INSTALMENT: Mapping[str, Field] = {
    **_OF_PLAN,
    "number": {"type": "integer"},
    "due_on": {"type": "string", "format": "date"},
    "owed_minor": _MINOR,
    "paid_minor": _MINOR,
}
_FUNDER: Mapping[str, Field] = {
    "funder": {**_TEXT, "description": "operator, shop:sho_…, brand:<its name in the programme>"}
}


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event."""

    summary: str
    fields: Mapping[str, Field]

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of `data`."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "description": self.summary,
            "properties": {name: dict(field) for name, field in self.fields.items()},
            "required": list(self.fields),
        }


EVENTS: Mapping[str, Event] = {
    "card.linked": Event("A card was linked to a shopper", {**_SHOPPER, "network": _TEXT}),
    "card.unlinked": Event("A card was unlinked", {**_SHOPPER, "network": _TEXT}),
    "decision_review.answered": Event("People looked at a contested decision again and answered", _REVIEW),
    "decision_review.requested": Event("A shopper contests a decision", _REVIEW),
    "eligibility.decided": Event(
        "It was decided whether a shopper may pay in instalments",
        {
            "decision": _id("dec"),
            **_SHOPPER,
            "outcome": {**_TEXT, "description": "eligible, counter_offer, insufficient_history, refused"},
        },
    ),
    "endpoint.disabled": Event(
        "An endpoint is sent nothing any more",
        {"endpoint": _id("whe"), "why": {**_TEXT, "description": "gone, failing"}},
    ),
    "endpoint.test": Event("Sent when a test is asked for, to one endpoint", {"endpoint": _id("whe")}),
    "funding.low": Event("What a prepaid funder paid in is nearly used up", _FUNDER),
    "funding.paused": Event("A funder promises nothing more: what it paid in is used up", _FUNDER),
    "funding.resumed": Event("A funder promises again", _FUNDER),
    "instalment.due": Event("An instalment is due today", _INSTALMENT),
    "instalment.late": Event("An instalment was not paid on its day", _INSTALMENT),
    "instalment.paid": Event("An instalment is paid", _INSTALMENT),
    "notice.told": Event("Something was put into a shopper's inbox", {**_SHOPPER, "kind": _TEXT}),
    "offer.changed": Event(
        "Something was done in the life of an offer",
        {
            "offer": _id("off"),
            "change": {**_TEXT, "description": "submit, approve, publish, pause, resume, end, cancel, stop, …"},
            "version": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
    ),
    "payout.created": Event("Money is on its way out of a wallet", _PAYOUT),
    "payout.failed": Event(
        "A payout did not arrive, came back or was stopped: what it took is in the wallet again", _PAYOUT
    ),
    "payout.paid": Event("A payout arrived", _PAYOUT),
    "plan.activated": Event("The first instalment of a plan was paid: the sale stands", _PLAN),
    "plan.cancelled": Event("A plan was given up before it began", _PLAN),
    "plan.completed": Event("Nothing of a plan is owed any more", _PLAN),
    "plan.contract_offered": Event("The lender offers the contract of a plan: the shopper can sign it", _CONTRACT),
    "plan.contract_signed": Event(
        "The lender is bound by the contract of a plan: the first payment can be asked for", _CONTRACT
    ),
    "plan.opened": Event("A plan was accepted; it waits for its first payment", _PLAN),
    "plan.refunded": Event("The shop gave back something, or everything, of what a plan pays", _PLAN),
    "plan.withdrawn": Event("The shopper has withdrawn from a plan, and it is undone", _PLAN),
    "plan.written_off": Event("What was owed of a plan was given up", _PLAN),
    "purchase.changed": Event("What is known of a purchase changed: its state, its net amount or its shop", _PURCHASE),
    "purchase.recognised": Event("A purchase was recognised", _PURCHASE),
    "reward.available": Event("A reward, or more of it, can be used", _REWARD),
    "reward.changed": Event(
        "What a reward amounts to changed; zero when nothing is owed any more", {**_REWARD, "previous_amount": _UNITS}
    ),
    "reward.earned": Event("A purchase earned a reward", _REWARD),
    "reward.expired": Event("Part of a reward was not used in time", {**_REWARD, "expired": _UNITS}),
    "shopper.erased": Event("A person was erased: forget who had this id, and unlink their cards", _SHOPPER),
    "shopper.opened": Event("A shopper was opened", _SHOPPER),
}
"""By type, in the order of their names."""
