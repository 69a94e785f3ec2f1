"""Stripe: what became of charges, mandates and refunds that we ordered, and of the cards behind them.

Format: docs.stripe.com/api (payment intents, setup intents, refunds, payment methods) and docs.stripe.com/webhooks
(2026-10). What a reader must know:

* An event is a reason to look, never a proof: events come more than once, late and in any order, so each says only of
  what it is news, and the product asks Stripe how that stands.
* Intents and refunds carry our id in their metadata; without one they are not ours. A card has no metadata of ours:
  it is known by Stripe's own id of it.
"""

import re

import msgspec

from issuers import reading
from issuers.adapter import Delivery
from issuers.events import Capabilities, CardEvent, EventKind, TimeBasis
from issuers.stripe_webhooks import StripeWebhooks

COLLECTION_KEY = "collection"
PAYBACK_KEY = "payback"
MANDATE_KEY = "mandate"
PLAN_KEY = "plan"
"""Under these an object at Stripe carries our ids: 32 hexadecimal digits each."""

_ID = re.compile(r"[0-9a-f]{32}")
_ABOUT = {
    "payment_intent": COLLECTION_KEY,
    "charge": COLLECTION_KEY,
    "setup_intent": MANDATE_KEY,
    "refund": PAYBACK_KEY,
}
"""By kind of object, under which key it says what it is about."""
_CARD_EVENTS = frozenset({"payment_method.detached", "payment_method.updated", "payment_method.automatically_updated"})
_EVENTS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "setup_intent.succeeded",
        "setup_intent.setup_failed",
        "setup_intent.canceled",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refunded",
    }
    | _CARD_EVENTS
)
_CAPABILITIES = Capabilities(
    authorizations=False,
    clearings=False,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=(),
    # Our own ids are hexadecimal: some look like card numbers from end to end.
    pan_like_fields=(
        "id",
        "data.object.id",
        *(f"data.object.metadata.{key}" for key in (COLLECTION_KEY, PAYBACK_KEY, MANDATE_KEY, PLAN_KEY)),
    ),
)


class _Object(msgspec.Struct):
    id: str
    object: str = ""
    metadata: dict[str, str] = {}


class _Data(msgspec.Struct):
    object: _Object


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: _Data


class _Head(msgspec.Struct):
    type: str


_HEAD = reading.decoder(_Head)
_EVENT = reading.decoder(_Event)


class StripeChargesAdapter(StripeWebhooks):
    """The dialect of Stripe's charges, mandates and refunds."""

    name = "stripe_charges"
    capabilities = _CAPABILITIES

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """Of what of ours there is news; nothing of any other event."""
        kind = reading.read(_HEAD, delivery.body, "stripe_charges event").type
        if kind not in _EVENTS:
            return ()
        told = reading.read(_EVENT, delivery.body, f"stripe_charges {kind}")
        found = _subject(kind, told.data.object)
        if found is None:
            return ()
        about, subject = found
        at = reading.unix_instant(told.created, f"stripe_charges {kind}: $.created")
        event_id = reading.required_token(told.id, f"stripe_charges {kind}: $.id")
        return (
            CardEvent(
                kind=EventKind.CHARGE_NEWS,
                card_token=subject,
                fact_ref=f"charge_news:{event_id}",
                revision=told.created * 1_000_000,
                purchase_ref=reading.required_token(told.data.object.id, f"stripe_charges {kind}: $.data.object.id"),
                occurred_at=at,
                occurred_until=at,
                time_basis=TimeBasis.INSTANT,
                metadata={"about": about, "subject": subject, "event": kind},
            ),
        )

    def lane(self, body: bytes) -> str | None:
        """What it is about, as we or Stripe call it."""
        try:
            told = _EVENT.decode(body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
        found = _subject(told.type, told.data.object)
        return None if found is None else found[1]


def _subject(kind: str, told: _Object) -> tuple[str, str] | None:
    """What an event is about, and its id: ours, or of a card Stripe's."""
    if kind in _CARD_EVENTS:
        card = reading.token(told.id)
        return None if card is None else ("card", card)
    about = _ABOUT.get(kind.partition(".")[0])
    if about is None:
        return None
    ours = told.metadata.get(about, "")
    return (about, ours) if _ID.fullmatch(ours) else None
