"""Answers about decisions on instalments: what may be paid how, why, the score, and what people said of it."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field

from cashback.api.answers.kinds import (
    CounterOfferKind,
    DecisionOutcome,
    Lender,
    ReasonScope,
    RegimeName,
    ReviewReason,
    ReviewState,
    SheetKind,
)
from cashback.api.answers.words import Bps, Code, Currency, Instant, Minor, Page, PurchaseId, Reason, ShopperId

_ID = "^{}_[0-9a-hjkmnp-tv-z]{{26}}$"
DecisionId = Annotated[str, Field(pattern=_ID.format("dec"))]
ReviewId = Annotated[str, Field(pattern=_ID.format("rev"))]
PlanId = Annotated[str, Field(pattern=_ID.format("pln"))]
CardId = Annotated[str, Field(pattern=_ID.format("crd"))]
_PlanName = Annotated[str, Field(description="Of the operator's plans", examples=["3x24"])]
_Feature = Annotated[str, Field(examples=["on_time_share_bps"])]
_Band = Annotated[str, Field(examples=["good"])]
_English = Annotated[str, Field(examples=["one more instalment on time: +35"])]
_French = Annotated[str, Field(examples=["une échéance de plus à temps : +35"])]


class Sentence(BaseModel):
    """In both languages."""

    en: Annotated[str, Field(examples=["2 monthly payments"])]
    fr: Annotated[str, Field(examples=["2 fois par mois"])]


class Why(BaseModel):
    """One reason. `actionable`: the shopper can do something about it."""

    code: Annotated[str, Field(examples=["over_limit"])]
    scope: ReasonScope
    text_fr: Annotated[str, Field(examples=["Avec ce plan, votre maximum est de 120,00 EUR."])]
    text_en: Annotated[str, Field(examples=["The most with this plan is 120.00 EUR for you now."])]
    actionable: bool


class QuotedDue(BaseModel):
    """One payment of a quote."""

    due_date: date
    principal_minor: Minor
    fee_minor: Minor
    total_minor: Minor


class AmountBounds(BaseModel):
    """Of the operator's policy, for everybody."""

    min: Minor
    max: Minor


class Constraints(BaseModel):
    """What would be possible."""

    amount: AmountBounds
    max_for_you: Annotated[int, Field(description="With these terms, in minor units; 0: nothing", examples=[12000])]


class CounterOffered(BaseModel):
    """Something else that is open as it stands; accepted by its kind."""

    kind: CounterOfferKind
    amount_minor: Minor
    count: int
    every_days: Annotated[int | None, Field(description="Null: monthly")]
    first_share_bps: Annotated[int | None, Field(description="Paid at once at least; null: an equal part")]


class WhyWhole(Why):
    """A reason of the whole, and the plans that it stands against."""

    plans: list[_PlanName]


class QuotedPlan(BaseModel):
    """The answer on one plan."""

    id: _PlanName
    name: Sentence | None
    eligible: bool
    regime: Annotated[RegimeName | None, Field(description="The law that it stands under")]
    articles: list[Annotated[str, Field(examples=["L. 312-4 4°"])]]
    lender_of_record: Lender | None
    schedule: list[QuotedDue]
    total_cost_minor: Minor | None
    currency: Currency
    taeg_bps: Annotated[int | None, Field(description="What it costs a year, in basis points", examples=[0])]
    constraints: Constraints
    reasons: list[Why]
    counter_offers: list[CounterOffered]
    information_sheet: Annotated[str | None, Field(description="Where what must be told stands")]


class Costs(BaseModel):
    """A feature that costs points."""

    feature: _Feature
    text_fr: _French
    text_en: _English


class Improves(BaseModel):
    """So many steps bring exactly so many points."""

    feature: _Feature
    steps: int
    points: int
    text_fr: _French
    text_en: _English


class ScoreTold(BaseModel):
    """The score, or what is missing to have one."""

    value: Annotated[int | None, Field(description="0 to 1000; null: not enough history", examples=[640])]
    band: _Band
    card_version: Annotated[str, Field(examples=["shopping-expert-1"])]
    calibrated: Annotated[bool, Field(description="False: expert judgement, shown without a probability")]
    top_reasons: list[Costs]
    improvements: list[Improves]
    missing: list[Why]


class Eligibility(BaseModel):
    """A decision. Of a discovery `plans` holds what is open and counter-offers alone."""

    decision_id: DecisionId
    outcome: DecisionOutcome
    automated: Annotated[bool, Field(description="False: decided by people")]
    decided_at: Instant
    expires_at: Annotated[Instant, Field(description="Until when a quote may be accepted")]
    amount_minor: Minor
    currency: Currency
    shop: Code
    plans: list[QuotedPlan]
    reasons: Annotated[
        list[WhyWhole],
        Field(
            description="Of the whole, each code once; empty where something is open. Where plans have figures of "
            "their own, those of the one that is nearest to being open"
        ),
    ]
    score: ScoreTold
    review_url: Annotated[str, Field(description="POST: ask for people to look at it")]
    review: Annotated[str | None, Field(description="Its review, if it is contested")]
    notice: Annotated[Sentence | None, Field(description="What must be told with an automated refusal")]
    used_at: Instant | None


class Record(BaseModel):
    """The record, as canonical bytes: sorted names, no spaces, whole numbers alone."""

    application: dict[str, Any]
    automated: bool
    challenger: Annotated[dict[str, Any] | None, Field(description="What the card in shadow says")]
    features: dict[str, int | None]
    legal_basis: str
    limit: dict[str, int]
    outcome: DecisionOutcome
    people: Annotated[dict[str, Any] | None, Field(description="Of a decision by people: who overruled what")] = None
    plans: list[dict[str, Any]]
    rules: list[list[Any]]
    score: dict[str, Any]
    versions: dict[str, Any]


class SheetLine(BaseModel):
    """One line: minor units, basis points, days or a text."""

    code: Annotated[str, Field(examples=["price"])]
    en: Annotated[str, Field(examples=["Cash price"])]
    fr: Annotated[str, Field(examples=["Prix au comptant"])]
    value: int | str
    value_fr: Annotated[str | None, Field(description="A text in French, where it is another one than `value`")]


class InformationSheet(BaseModel):
    """What must be told before a plan is accepted, in its order."""

    decision_id: DecisionId
    plan: _PlanName
    document: SheetKind
    currency: Currency
    lines: list[SheetLine]


class Bar(BaseModel):
    """One block of the score."""

    id: Annotated[str, Field(examples=["repayment"])]
    text_fr: Annotated[str, Field(examples=["Vos échéances"])]
    text_en: Annotated[str, Field(examples=["How you pay instalments"])]
    points: int
    maximum: int


class LookedAt(BaseModel):
    """One thing that counts, as it was read, with why it may be looked at."""

    feature: _Feature
    value: int | None
    unit: Annotated[str, Field(examples=["basis points"])]
    text_en: _English
    text_fr: _French
    basis: Annotated[str, Field(examples=["GDPR 6(1)(b)"])]


class EarlierScore(BaseModel):
    """How the score stood in a decision."""

    decision_id: DecisionId
    decided_at: Instant
    outcome: DecisionOutcome
    value: int | None
    band: _Band


class ShopperScore(ScoreTold):
    """Everything a shopper may see of their score."""

    as_of: Instant
    statement: Sentence
    blocks: list[Bar]
    looked_at: list[LookedAt]
    not_looked_at: Sentence
    history: list[EarlierScore]


class MeansDeclared(BaseModel):
    """When it was declared."""

    shopper: ShopperId
    declared_at: Instant


class CardTold(BaseModel):
    """The card of which something is known now."""

    card: CardId


class DisputeTold(BaseModel):
    """The purchase whose dispute was lost."""

    purchase: PurchaseId


class ReviewTold(BaseModel):
    """A contested decision and where it stands."""

    id: ReviewId
    decision_id: DecisionId
    shopper: ShopperId
    state: ReviewState
    asked_at: Instant
    due_at: Instant
    assigned_to: Annotated[str | None, Field(examples=["ada"])]
    plan: _PlanName | None
    reason: ReviewReason | None
    words: Reason | None
    answered_by: Annotated[str | None, Field(examples=["key:desk"])]
    answered_at: Instant | None
    second_by: Annotated[str | None, Field(examples=["key:office"])]
    new_decision_id: Annotated[DecisionId | None, Field(description="The decision by people")]


class WaitingReview(ReviewTold):
    """A review that waits."""

    late: bool


class Reviews(Page):
    """A page of them, the most urgent first."""

    data: list[WaitingReview]


class ReviewWhole(ReviewTold):
    """A review with everything its decision was made by."""

    shopper_words: Annotated[str, Field(examples=["It is a debit card."])]
    record: Record


class ReviewFigures(BaseModel):
    """How often people decide otherwise."""

    states: dict[str, int]
    late: int
    overturned_bps: Bps | None
    overturned_by_reason: dict[str, int]


class QuoteAccepted(BaseModel):
    """The plan that was opened."""

    plan: PlanId
    decision_id: DecisionId
    accepted: Annotated[str, Field(description="The plan, or plan and counter-offer", examples=["3x24"])]
    accepted_at: Instant
