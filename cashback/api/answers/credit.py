"""Answers about instalments: decisions, plans, cards that are charged, what was collected; and the audit log."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cashback.api.answers.words import Bps, Currency, Instant, Minor, Page, PurchaseId, ShopperId

_ID = "^{}_[0-9a-hjkmnp-tv-z]{{26}}$"
_PlanId = Annotated[str, Field(pattern=_ID.format("pln"))]
_DecisionId = Annotated[str, Field(pattern=_ID.format("dec"))]
_ReviewId = Annotated[str, Field(pattern=_ID.format("rev"))]
_MandateId = Annotated[str, Field(pattern=_ID.format("man"))]
_CollectionId = Annotated[str, Field(pattern=_ID.format("col"))]
_LineId = Annotated[str, Field(pattern=_ID.format("aud"))]
_Both = Annotated[dict[str, str], Field(description="en and fr", examples=[{"en": "Three times", "fr": "Trois fois"}])]


class Decision(BaseModel):
    """Whether it may be paid in instalments, with every reason; docs/eligibility.md says what each field means."""

    decision_id: _DecisionId
    outcome: Annotated[str, Field(examples=["eligible"])]
    automated: bool
    decided_at: Instant
    expires_at: Instant
    amount_minor: Minor
    currency: Currency
    shop: str | None
    plans: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    score: dict[str, Any] | None
    review_url: str
    review: dict[str, Any] | None
    notice: _Both | None
    used_at: Instant | None


class DecisionRecord(BaseModel):
    """Everything that a decision was made by, as it was frozen."""

    model_config = ConfigDict(extra="allow")

    outcome: str
    plans: list[dict[str, Any]]
    rules: list[Any]


class PlanAccepted(BaseModel):
    """A plan that begins."""

    plan: _PlanId
    decision_id: _DecisionId
    accepted: str | None
    accepted_at: Instant | None


class Sheet(BaseModel):
    """What must be told before a plan is accepted."""

    decision_id: _DecisionId
    plan: Annotated[str, Field(examples=["3x"])]
    document: str
    currency: Currency
    lines: list[dict[str, Any]]


class Score(BaseModel):
    """The shopping score as its shopper sees it; docs/score.md says what each field means."""

    model_config = ConfigDict(extra="allow")

    value: int | None = None
    band: str | None = None
    statement: _Both
    history: list[dict[str, Any]]


class MeansDeclared(BaseModel):
    """When means were declared."""

    shopper: ShopperId
    declared_at: Instant


class Review(BaseModel):
    """A decision that its shopper contests."""

    id: _ReviewId
    decision_id: _DecisionId
    shopper: ShopperId
    state: Annotated[str, Field(examples=["open"])]
    asked_at: Instant
    due_at: Instant
    assigned_to: str | None
    plan: str | None
    reason: str | None
    words: str | None
    answered_by: str | None
    answered_at: Instant | None
    second_by: str | None
    new_decision_id: _DecisionId | None


class ReviewWaiting(Review):
    """A review, and whether its time is over."""

    late: bool


class Reviews(BaseModel):
    """Reviews that wait."""

    reviews: list[ReviewWaiting]


class ReviewWhole(Review):
    """A review with everything that the decision was made by."""

    shopper_words: str | None
    record: dict[str, Any]


class ReviewFigures(BaseModel):
    """How often people decide otherwise."""

    states: dict[str, int]
    late: int
    overturned_bps: Bps | None
    overturned_by_reason: dict[str, int]


class Instalment(BaseModel):
    """One instalment of a plan."""

    number: int
    due_on: date
    principal_minor: Minor
    fee_minor: Minor
    paid_minor: Minor
    owed_minor: Minor
    state: Annotated[str, Field(examples=["due"])]
    late_since: date | None
    planned_on: date
    planned_minor: Minor


class Plan(BaseModel):
    """A purchase that is paid in instalments."""

    id: _PlanId
    shopper: ShopperId
    shop: Annotated[str, Field(pattern=_ID.format("sho"))]
    order: str | None
    purchase: PurchaseId | None
    way: str
    lender_of_record: str
    regime: str | None
    state: Annotated[str, Field(examples=["active"])]
    reason: str | None
    currency: Currency
    amount_minor: Minor
    fee_minor: Minor
    taeg_bps: Bps | None
    refunded_minor: Minor
    owed_minor: Minor
    to_return_minor: Minor
    refund_policy: str
    concluded_on: date
    withdraw_until: date | None
    withdrawn_on: date | None
    paused_until: date | None
    may_pause: bool
    may_move: bool
    accepted_at: Instant
    instalments: list[Instalment]


class PlanMove(BaseModel):
    """One step of a plan."""

    what: str
    state: str
    detail: dict[str, Any]
    by: str
    at: Instant


class PlanWhole(Plan):
    """A plan with every step."""

    moves: list[PlanMove]


class Plans(BaseModel):
    """Plans, oldest first."""

    plans: list[Plan]


class Book(BaseModel):
    """The operator's book of plans, by currency."""

    book: list[dict[str, Any]]


class Remittance(BaseModel):
    """What is to be passed on to a shop."""

    model_config = ConfigDict(extra="allow")

    shop: str | None
    currency: Currency
    plans: int
    amount_minor: Minor


class Remittances(BaseModel):
    """What is to be passed on."""

    remittances: list[Remittance]


class PlanSettings(BaseModel):
    """How plans are run."""

    refund_policy: str
    retry_days: list[int]
    remind_days: int
    late_fee_minor: Minor
    opening_minutes: int
    write_off_days: int


class Mandate(BaseModel):
    """A card that may be charged."""

    id: _MandateId
    rail: str
    state: str
    scheme: str | None
    last_four: str | None
    expires_on: date | None
    why: str | None
    simulation: bool


class MandateAsked(Mandate):
    """A card that is asked for."""

    client_secret: str | None


class Mandates(BaseModel):
    """The cards of a shopper."""

    mandates: list[Mandate]


class Collection(BaseModel):
    """Money of a plan that is collected."""

    id: _CollectionId
    plan: _PlanId
    kind: str
    instalments: Annotated[dict[str, int], Field(description="By number")]
    amount_minor: Minor
    currency: Currency
    state: str
    reason: str | None
    until: Instant | None
    asked_at: Instant
    ended_at: Instant | None


class FirstPayment(Collection):
    """The first payment of a plan, for its shopper to confirm."""

    client_secret: str | None
    declined: str | None


class Payback(BaseModel):
    """Money that is given back."""

    id: str
    collection: _CollectionId
    amount_minor: Minor
    currency: Currency
    why: str
    state: str
    reason: str | None
    asked_at: Instant


class Collections(BaseModel):
    """What was collected for a plan, and given back."""

    collections: list[Collection]
    paybacks: list[Payback]


class AuditLine(BaseModel):
    """One line of the audit log."""

    id: _LineId
    at: Instant
    actor: Annotated[str, Field(examples=["key:desk"])]
    action: Annotated[str, Field(examples=["card.linked"])]
    subject: str
    detail: dict[str, Any]


class AuditLog(Page):
    """A page of the audit log."""

    data: list[AuditLine]
