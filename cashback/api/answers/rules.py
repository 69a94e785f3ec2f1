"""Answers about offers and events out."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from cashback.api.answers.kinds import DraftState, EndpointState, OfferMoveName, OfferStatus
from cashback.api.answers.words import Asset, Code, Currency, EndpointId, Instant, MessageId, Minor, Page
from webhooks.schedule import Progress, State

_Terms = Annotated[dict[str, Any], Field(description="As a programme file writes them")]
_Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["5f" * 32])]
_Changes = Annotated[list[Any], Field(description="Field by field")]


class Upcoming(BaseModel):
    """A version that is to begin."""

    version: int
    live_from: Instant | None


class Draft(BaseModel):
    """The open draft of an offer."""

    state: DraftState
    revision: int
    author: Annotated[str, Field(examples=["key:desk"])]


class OfferSummary(BaseModel):
    """An offer and where it stands."""

    code: Code
    revision: int
    status: OfferStatus
    live_version: int | None
    next_version: Upcoming | None
    draft: Draft | None


class Offers(Page):
    """A page of offers."""

    data: list[OfferSummary]


class OfferVersion(BaseModel):
    """Terms over an interval."""

    version: int
    live_from: Instant | None
    live_until: Instant | None
    author: str
    created_at: Instant
    digest: _Digest
    terms: _Terms
    changes: _Changes


class OfferRevision(BaseModel):
    """Terms as they were drafted."""

    revision: int
    draft: int
    open: bool
    author: str
    written_at: Instant
    digest: _Digest
    base_version: int | None
    terms: _Terms
    changes: _Changes
    changes_to_live: _Changes


class OfferMove(BaseModel):
    """One step in an offer's life."""

    revision: int
    move: OfferMoveName
    version: int | None
    reason: str | None
    actor: str
    at: Instant


class Offer(OfferSummary):
    """Everything of one offer."""

    versions: list[OfferVersion]
    revisions: list[OfferRevision]
    moves: list[OfferMove]


class OfferDrafted(BaseModel):
    """What a revision changes."""

    revision: int
    changes: _Changes
    changes_to_live: _Changes


class OfferMoved(BaseModel):
    """Where an offer stands after a command."""

    revision: int
    version: int | None
    live_from: Instant | None


class Backtest(BaseModel):
    """What an offer would have given; docs/backtest.md says what each figure means."""

    offer: Code
    asset: Asset
    since: Annotated[str, Field(alias="from", examples=["2026-11-01"])]
    to: Annotated[str, Field(examples=["2026-12-01"])]
    zone: Annotated[str, Field(examples=["Europe/Paris"])]
    replaces: bool
    considered: dict[str, int]
    rewarded: dict[str, int]
    cost: dict[str, Any]
    budget: dict[str, Any] | None
    used_up: list[dict[str, Any]]
    range: dict[str, int]
    held_out: dict[str, int]
    overlap: list[dict[str, Any]]
    net_change: dict[str, int]
    notes: list[dict[str, Any]]


class Simulation(BaseModel):
    """What a purchase would bring, by every offer."""

    shopper: str | None
    shop: Code
    amount_minor: Minor
    currency: Currency
    at: Instant
    total: Annotated[dict[str, int], Field(description="By asset")]
    offers: list[dict[str, Any]]
    near_misses: list[dict[str, Any]]


class LastDay(BaseModel):
    """Attempts of the last 24 hours."""

    attempts: Annotated[int, Field(examples=[12])]
    succeeded: Annotated[int, Field(examples=[12])]


class Endpoint(BaseModel):
    """Where events are sent."""

    id: EndpointId
    url: Annotated[str, Field(examples=["https://crm.example/events"])]
    types: Annotated[list[str] | None, Field(examples=[["reward.*"]])]
    version: Annotated[str, Field(examples=["1"])]
    state: EndpointState
    why: Annotated[str | None, Field(description="Why it is disabled, where it is said", examples=[None])]
    changed_at: Instant
    created_at: Instant
    failures: Annotated[int, Field(description="In a row, since the last success", examples=[0])]
    failing_since: Annotated[Instant | None, Field(examples=[None])]
    one_at_a_time: Annotated[
        bool,
        Field(
            description="After ten failures in a row: tried with one delivery at a time, until one succeeds",
            examples=[False],
        ),
    ]
    held_until: Annotated[Instant | None, Field(description="Nothing is tried before", examples=[None])]
    given_up_at: Annotated[
        Instant | None,
        Field(description="From then on the next failure disables it, unless something succeeds", examples=[None]),
    ]
    old_secret_until: Annotated[
        Instant | None, Field(description="A secret that was replaced signs too until then", examples=[None])
    ]
    last_24_hours: LastDay


class EndpointAdded(Endpoint):
    """A new endpoint with its secrets, shown this once."""

    secrets: Annotated[list[str], Field(examples=[["whsec_…"]])]


class Endpoints(Page):
    """A page of endpoints."""

    data: list[Endpoint]


class SecretMade(BaseModel):
    """Another secret, shown this once."""

    secret: Annotated[str, Field(examples=["whsec_…"])]
    old_until: Annotated[Instant | None, Field(description="Until when a secret that was replaced signs too")]


class EndpointChanged(BaseModel):
    """Whether anything changed."""

    changed: bool


class TestSent(BaseModel):
    """A test event that is on its way."""

    message: MessageId


class Delivery(BaseModel):
    """What became of a message."""

    message: MessageId
    type: Annotated[str, Field(examples=["reward.earned"])]
    at: Instant
    state: Annotated[State, Field(examples=["delivered"])]
    progress: Annotated[
        Progress | None,
        Field(
            description="Of a pending one: sending, an attempt is under way; queued, its turn is now; held, it waits "
            "for its endpoint, which is tried with one delivery at a time; retrying, it waits for its next try",
            examples=[None],
        ),
    ]
    attempts: Annotated[int, Field(description="Ever begun; one that is under way among them")]
    code: Annotated[int | None, Field(description="HTTP status of the last answer", examples=[200])]
    error: Annotated[str | None, Field(description="Why the last attempt that ended had no answer")]
    next_at: Annotated[Instant | None, Field(description="The earliest next try; null: now, or none", examples=[None])]
    ended_at: Instant | None


class Deliveries(Page):
    """A page of deliveries."""

    data: list[Delivery]


class Attempt(BaseModel):
    """One attempt to deliver."""

    number: int
    at: Instant
    code: int | None
    error: str | None
    milliseconds: int
    answer: str
    next_at: Instant | None


class DeliveryWhole(Delivery):
    """A delivery with what was sent and every attempt."""

    body: str
    made: list[Attempt]


class Replayed(BaseModel):
    """How many will be sent again."""

    deliveries: int


class SignatureChecked(BaseModel):
    """Whether a signature is valid, else why not."""

    valid: bool
    code: str | None
    detail: str | None


class EventType(BaseModel):
    """A type of event."""

    type: Annotated[str, Field(examples=["reward.earned"])]
    summary: str
    schema_: Annotated[dict[str, Any], Field(alias="schema", description="JSON Schema of `data`")]
    example: Annotated[dict[str, Any], Field(description="`data` as it may be")]


class EventTypes(Page):
    """A page of types of events."""

    data: list[EventType]
    versions: list[str]
