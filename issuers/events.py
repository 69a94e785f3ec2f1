"""The one vocabulary every provider's message is translated into.

A `CardEvent` states one *fact* about a card: an authorization, a clearing, a refund. Providers repeat facts, correct
them and tell them in any order, so every event names the fact it states (`fact_ref`) and how recent the statement is
(`revision`): of several statements on one fact the highest revision wins, whatever arrived last.

Money is always a positive integer of minor units beside its ISO 4217 code; the kind gives the sign.
Times are aware and UTC. What the provider did not tell precisely is an interval, `occurred_at` to `occurred_until`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec


class EventKind(StrEnum):
    """What a provider told us."""

    AUTHORIZATION = "authorization"
    """The shopper's bank agreed to an amount; a purchase exists. Amounts of several authorizations add up."""
    REVERSAL = "reversal"
    """Part or all of the authorised amount was given back before it cleared."""
    CLEARING = "clearing"
    """The shop collected an amount. Amounts of several clearings of one purchase add up."""
    REFUND = "refund"
    """The shop gave an amount back, perhaps without saying for which purchase."""
    DECLINE = "decline"
    """An authorization was refused; there is no purchase."""
    CARD_LINKED = "card_linked"
    """A card was enrolled with the provider."""
    CARD_UNLINKED = "card_unlinked"
    """A card was removed at the provider."""
    FEED_NEWS = "feed_news"
    """The provider of a bank feed says that something is new; the facts themselves must be pulled."""
    PAYOUT_NEWS = "payout_news"
    """The provider says what became of a payment that we ordered; it concerns no card and no purchase."""
    CHARGE_NEWS = "charge_news"
    """The provider says that there is news of a charge, a mandate or a refund that we ordered; it must be asked."""
    OTHER = "other"
    """Anything else the provider documents; kept, never acted upon."""


class TimeBasis(StrEnum):
    """Where the time of a purchase comes from, and so how far it can be trusted."""

    INSTANT = "instant"
    """The provider told an instant with its offset."""
    MERCHANT_LOCAL = "merchant_local"
    """A local time without an offset, read in the zone the provider gave for the shop."""
    ASSUMED_UTC = "assumed_utc"
    """A local time without an offset or a zone, read as UTC: the true instant is up to 14 hours away.

    The interval stays a point: widened by all the zones of the world it would decide nothing."""
    DATE = "date"
    """Only a day was told."""
    BOOKED = "booked"
    """Only the day was told on which the bank booked it; the purchase was made up to a few days before."""


class Channel(StrEnum):
    """How the shopper met the shop, where the provider tells."""

    IN_STORE = "in_store"
    """The card, or the phone that stands for it, was there."""
    ONLINE = "online"
    """On a site or in an app."""


@dataclass(frozen=True, slots=True)
class MerchantIdentifier:
    """One identifier of a shop in one scheme, for example `("mid", "11112222")`."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class MerchantEvidence:
    """All that a message says about where the purchase was made. `identifiers` come most precise first."""

    identifiers: tuple[MerchantIdentifier, ...] = ()
    descriptor: str | None = None
    category_code: str | None = None
    city: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2 where the provider's code could be translated."""
    channel: Channel | None = None
    """None where the message does not tell it beyond doubt."""


@dataclass(frozen=True, slots=True)
class CardEvent:
    """One statement of one fact about one card."""

    kind: EventKind
    card_token: str
    """The provider's opaque id of the card; never a card number."""
    fact_ref: str
    """Names the fact within the provider, the same in every statement of it: `clearing:<id>`, `refund:<id>`."""
    revision: int
    """Orders the statements on one fact: microseconds of the provider's own clock, 0 if it has none."""
    purchase_ref: str
    """The provider's id shared by all facts of one purchase. An unlinked refund names itself."""
    occurred_at: datetime
    """When the purchase, clearing or refund happened, aware, UTC; the earliest instant that the message allows."""
    occurred_until: datetime
    """The latest instant the message allows; equal to `occurred_at` when the provider is precise."""
    time_basis: TimeBasis
    """Of the purchase's own time: of `purchase_at` where there is one, else of `occurred_at`."""
    purchase_at: datetime | None = None
    """When the purchase itself was made, if the message tells it (a clearing may carry the purchase's time)."""
    amount_minor: int = 0
    currency: str = "XXX"
    """The currency the amount is in; XXX (ISO 4217: no currency) only where there is no amount."""
    other_minor: int | None = None
    """The same amount in the other currency that the message tells: the account's, where `currency` is the shop's."""
    other_currency: str | None = None
    final: bool = False
    """The provider says that no further clearing of this purchase will come."""
    refund_of: str | None = None
    """The `purchase_ref` that a refund names, if it names one."""
    merchant: MerchantEvidence = MerchantEvidence()
    replaces: str | None = None
    """Of a card that was linked: the token of the card in whose place the issuer gave it."""
    last_four: str | None = None
    card_scheme: str | None = None
    """visa, mastercard, amex, cb … as the provider says, lower case."""
    metadata: dict[str, str] = field(default_factory=dict)
    """What the integrator attached to the card at the provider; `shopper` links a card by itself."""


class Envelope(msgspec.Struct, frozen=True):
    """What the receiving path needs of a verified message, without understanding it."""

    delivery_id: str
    """The same for every delivery of one event: the provider's event id, else a hash of event name and body."""
    content_digest: bytes
    """SHA-256 over the content that may not differ between deliveries of one event."""
    card_token: str | None
    """Decides the lane. None when the message concerns no card or could not be read."""


class Acknowledgement(msgspec.Struct, frozen=True):
    """The provider's own success answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a feed can tell; the rest of the code relies on these, never on a provider's name."""

    authorizations: bool
    clearings: bool
    links_refunds: bool
    """Every refund names its purchase."""
    precise_time: bool
    identifier_schemes: tuple[str, ...]
    """The merchant identifier schemes its messages carry, most precise first."""
    accounts: bool = False
    """Its card tokens name accounts, behind which several cards may stand: each event tells its own last four."""
    claimed: bool = False
    """It is the shopper's own word: it says where a purchase was made, and the rest only where nobody else says it."""
    pan_like_fields: tuple[str, ...] = ()
    """Dotted paths of fields that hold identifiers which may look like card numbers: never masked."""
    tells_hour: bool = True
    """Whether it can tell the hour of a purchase by a clock that is known; False of a feed that tells days."""
