"""A card network and a bank of our own, for simulators, demonstrations and tests. Nobody's money is behind them.

Both speak one dialect. The network names shops by `mid` and tells instants; the bank's tokens are accounts, its shops
have a descriptor alone (`mid` is the empty text), and often it knows no more than a day.

Signing: Standard Webhooks, as `issuers/standard_webhooks.py` describes it; `webhook-id` is the event's own id.

Body, one JSON object; unknown fields are refused, so that a misspelt one is found at once:

    id           text            the event; the same for every delivery of it
    type         text            authorization | reversal | clearing | refund | decline | card.linked | card.unlinked
    created_at   time            when the network made this statement; of two on one fact the later wins
    card         object          token; optional last_four, scheme, metadata (texts), and of a card that is linked in
                                 the place of another `replaces`, the token of that

and, for all but the `card.*` types:

    purchase     text            shared by all facts of one purchase; a refund names itself
    fact         text            this fact, the same in every statement of it
    refund_of    text or null    the purchase a refund belongs to, if the network knows
    amount_minor integer >= 0    minor units
    currency     text            ISO 4217
    occurred_at  time            when it happened, at the earliest
    occurred_until time or null  at the latest, where only an interval is known: a day
    purchase_at  time or null    when the purchase was made, if another moment
    final        true or false   no further clearing will come; false if left out
    merchant     object          mid; optional terminal, descriptor, mcc, city, country (ISO 3166-1 alpha-2),
                                 channel (in_store | online)

A `card.*` message may carry `occurred_at`; without it `created_at` stands. Every time is ISO 8601 with its offset.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from issuers import proof, reading, standard_webhooks
from issuers.adapter import Delivery
from issuers.currencies import AMOUNT_MAX_MINOR, currency_code
from issuers.errors import Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Channel,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)

_PURCHASE_KINDS = {
    "authorization": EventKind.AUTHORIZATION,
    "reversal": EventKind.REVERSAL,
    "clearing": EventKind.CLEARING,
    "refund": EventKind.REFUND,
    "decline": EventKind.DECLINE,
}
_CARD_KINDS = {"card.linked": EventKind.CARD_LINKED, "card.unlinked": EventKind.CARD_UNLINKED}

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=reading.TOKEN_MAX)]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Card(msgspec.Struct, forbid_unknown_fields=True):
    token: _Id
    last_four: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")] | None = None
    scheme: str | None = None
    replaces: _Id | None = None
    metadata: dict[str, str] = {}


class _Merchant(msgspec.Struct, forbid_unknown_fields=True):
    mid: str
    terminal: str | None = None
    descriptor: str | None = None
    mcc: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")] | None = None
    city: str | None = None
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    channel: Channel | None = None


class _CardMessage(msgspec.Struct, forbid_unknown_fields=True):
    id: _Id
    type: str
    created_at: _Time
    card: _Card
    occurred_at: _Time | None = None


class _PurchaseMessage(msgspec.Struct, forbid_unknown_fields=True):
    id: _Id
    type: str
    created_at: _Time
    card: _Card
    purchase: _Id
    fact: _Id
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX_MINOR)]
    currency: str
    occurred_at: _Time
    merchant: _Merchant
    occurred_until: _Time | None = None
    refund_of: _Id | None = None
    purchase_at: _Time | None = None
    final: bool = False


class _Head(msgspec.Struct):
    type: str


class _Token(msgspec.Struct):
    token: str | None = None


class _Lane(msgspec.Struct):
    id: str | None = None
    card: _Token | None = None


_HEAD = reading.decoder(_Head)
_LANE = reading.decoder(_Lane)
_CARD_MESSAGE = reading.decoder(_CardMessage)
_PURCHASE_MESSAGE = reading.decoder(_PurchaseMessage)

_ACKNOWLEDGEMENT = Acknowledgement(status=202, body=b'{"received":true}')


_NETWORK = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=("terminal", "mid"),
    pan_like_fields=("id", "purchase", "fact", "refund_of", "card.token", "merchant.mid", "merchant.terminal"),
)
_BANK = replace(_NETWORK, precise_time=False, accounts=True)


class SandboxAdapter:
    """Our own dialect, as the module describes it: of the network, or of the bank."""

    def __init__(self, *, bank: bool = False) -> None:
        self.name = "sandbox_bank" if bank else "sandbox"
        self.capabilities = _BANK if bank else _NETWORK

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check that one signature of the list was made with one of the secrets, and that it is fresh."""
        standard_webhooks.verify(delivery, secrets, now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """The event's `id`, and a digest of every byte: this network sends the same bytes again."""
        digest = hashlib.sha256(delivery.body)
        try:
            lane = _LANE.decode(delivery.body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Envelope(digest.hexdigest(), digest.digest(), None)
        card = reading.token(lane.card.token) if lane.card else None
        return Envelope(reading.token(lane.id) or digest.hexdigest(), digest.digest(), card)

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Accepted, not yet understood: 202."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The one fact of a message; raises `Unreadable` with the path of the field that does not fit."""
        kind = reading.read(_HEAD, delivery.body, f"{self.name} message").type
        if kind in _PURCHASE_KINDS:
            purchase = reading.read(_PURCHASE_MESSAGE, delivery.body, f"{self.name} {kind}")
            return (_purchase(purchase, _PURCHASE_KINDS[kind]),)
        if kind in _CARD_KINDS:
            return (_card(reading.read(_CARD_MESSAGE, delivery.body, f"{self.name} {kind}"), _CARD_KINDS[kind]),)
        known = ", ".join((*_PURCHASE_KINDS, *_CARD_KINDS))
        raise Unreadable(f"{self.name} message: $.type: expected one of {known}, got {kind[:32]!r}")

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The three headers of a delivery; `webhook-id` is the event's own id. The URL is not signed."""
        message_id = self.envelope(Delivery(body, {})).delivery_id
        return standard_webhooks.sign(body, secret=secret, message_id=message_id, now=now)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Unreadable("sandbox message: expected times between the years 1 and 9999") from error


def _purchase(told: _PurchaseMessage, kind: EventKind) -> CardEvent:
    happened_at = _utc(told.occurred_at)
    happened_until = happened_at if told.occurred_until is None else _utc(told.occurred_until)
    if happened_until < happened_at:
        raise Unreadable("sandbox message: $.occurred_until: expected no earlier time than occurred_at")
    shop = told.merchant
    terminal = f"{shop.mid}/{shop.terminal}" if shop.mid and shop.terminal else None
    return CardEvent(
        kind=kind,
        card_token=told.card.token,
        fact_ref=f"{kind.value}:{told.fact}",
        revision=proof.microseconds(told.created_at),
        purchase_ref=told.purchase,
        occurred_at=happened_at,
        occurred_until=happened_until,
        time_basis=TimeBasis.INSTANT if happened_until == happened_at else TimeBasis.DATE,
        purchase_at=_utc(told.purchase_at) if told.purchase_at else None,
        amount_minor=told.amount_minor,
        currency=currency_code(told.currency),
        final=told.final,
        refund_of=told.refund_of,
        merchant=MerchantEvidence(
            identifiers=reading.identifiers(("terminal", terminal), ("mid", shop.mid)),
            descriptor=shop.descriptor,
            category_code=shop.mcc,
            city=shop.city,
            country=shop.country,
            channel=shop.channel,
        ),
        last_four=told.card.last_four,
        card_scheme=told.card.scheme.lower() if told.card.scheme else None,
        metadata=told.card.metadata,
    )


def _card(told: _CardMessage, kind: EventKind) -> CardEvent:
    happened_at = _utc(told.occurred_at or told.created_at)
    return CardEvent(
        kind=kind,
        card_token=told.card.token,
        fact_ref=f"{kind.value}:{told.id}",
        revision=proof.microseconds(told.created_at),
        purchase_ref=told.card.token,
        occurred_at=happened_at,
        occurred_until=happened_at,
        time_basis=TimeBasis.INSTANT,
        replaces=told.card.replaces,
        last_four=told.card.last_four,
        card_scheme=told.card.scheme.lower() if told.card.scheme else None,
        metadata=told.card.metadata,
    )
