"""Stripe Connect: what became of the payouts of connected accounts that we ordered.

Format: docs.stripe.com/api/payouts/object and docs.stripe.com/connect/webhooks (2026-08). What a reader must know:

* The endpoint listens to connected accounts. Each event carries the payout whole; `metadata.payout` is the id that
  we gave it, and a payout without one is not ours.
* A payout that is `paid` can become `failed` some days later, when the bank sends it back. `canceled` is a failure
  too.
* Events come more than once and in any order: each names itself, and what weighs most is for the product to say."""

import re

import msgspec

from issuers import reading
from issuers.adapter import Delivery
from issuers.currencies import bounded_minor, currency_code
from issuers.events import Capabilities, CardEvent, EventKind, TimeBasis
from issuers.stripe_webhooks import StripeWebhooks

METADATA_KEY = "payout"
"""Under which a payout carries our id of it: 32 hexadecimal digits."""

_ID = re.compile(r"[0-9a-f]{32}")
_OUTCOMES = {"pending": "taken", "in_transit": "taken", "paid": "paid", "failed": "failed", "canceled": "failed"}
_CAPABILITIES = Capabilities(
    authorizations=False,
    clearings=False,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=(),
    # Our own ids are hexadecimal: some look like card numbers from end to end.
    pan_like_fields=("id", "data.object.id", f"data.object.metadata.{METADATA_KEY}"),
)


class _Payout(msgspec.Struct):
    id: str
    amount: int
    currency: str
    status: str
    metadata: dict[str, str] = {}
    failure_code: str | None = None


class _Data(msgspec.Struct):
    object: _Payout


class _Event(msgspec.Struct):
    id: str
    created: int
    data: _Data


class _Head(msgspec.Struct):
    type: str


class _LaneObject(msgspec.Struct):
    metadata: dict[str, str] = {}


class _LaneData(msgspec.Struct):
    object: _LaneObject


class _Lane(msgspec.Struct):
    data: _LaneData


_HEAD = reading.decoder(_Head)
_EVENT = reading.decoder(_Event)
_LANE = reading.decoder(_Lane)


class StripePayoutsAdapter(StripeWebhooks):
    """The dialect of Stripe's payouts."""

    name = "stripe_payouts"
    capabilities = _CAPABILITIES

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """Where a payout of ours stands; nothing of any other event."""
        event = reading.read(_HEAD, delivery.body, "stripe_payouts event").type
        if not event.startswith("payout."):
            return ()
        told = reading.read(_EVENT, delivery.body, f"stripe_payouts {event}")
        payout = told.data.object
        ours, outcome = payout.metadata.get(METADATA_KEY, ""), _OUTCOMES.get(payout.status)
        if not _ID.fullmatch(ours) or outcome is None:
            return ()
        at = reading.unix_instant(told.created, f"stripe_payouts {event}: $.created")
        metadata = {"payout": ours, "outcome": outcome}
        if outcome == "failed":
            metadata["reason"] = (payout.failure_code or payout.status)[:100]
        event_id = reading.required_token(told.id, f"stripe_payouts {event}: $.id")
        return (
            CardEvent(
                kind=EventKind.PAYOUT_NEWS,
                card_token=ours,
                fact_ref=f"payout_news:{event_id}",
                revision=told.created * 1_000_000,
                purchase_ref=reading.required_token(payout.id, f"stripe_payouts {event}: $.data.object.id"),
                occurred_at=at,
                occurred_until=at,
                time_basis=TimeBasis.INSTANT,
                amount_minor=bounded_minor(payout.amount),
                currency=currency_code(payout.currency),
                metadata=metadata,
            ),
        )

    def lane(self, body: bytes) -> str | None:
        """Our id of the payout."""
        try:
            ours = _LANE.decode(body).data.object.metadata.get(METADATA_KEY, "")
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
        return ours if _ID.fullmatch(ours) else None
