"""Answers about plans in instalments."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from cashback.api.answers.kinds import (
    ContractState,
    InstalmentState,
    Lender,
    PlanState,
    PlanWay,
    RefundPolicy,
    RegimeName,
)
from cashback.api.answers.words import Bps, Code, Currency, Instant, Minor, Page, PurchaseId, ShopperId

PlanId = Annotated[str, Field(pattern="^pln_[0-9a-hjkmnp-tv-z]{26}$")]
_ShopId = Annotated[str, Field(pattern="^sho_[0-9a-hjkmnp-tv-z]{26}$")]
_By = Annotated[str, Field(examples=["key:till"])]


class Instalment(BaseModel):
    """One part of a plan, as it stands and as it was concluded."""

    number: Annotated[int, Field(examples=[2])]
    due_on: date
    principal_minor: Minor
    fee_minor: Minor
    paid_minor: Minor
    owed_minor: Minor
    state: InstalmentState
    late_since: date | None
    planned_on: date
    planned_minor: Minor


class Plan(BaseModel):
    """A sale that is paid in parts."""

    id: PlanId
    shopper: ShopperId
    shop: _ShopId
    order: Annotated[str | None, Field(description="The provider's own name for the sale", examples=["order-4711"])]
    purchase: PurchaseId | None
    way: PlanWay
    lender_of_record: Lender
    regime: RegimeName
    state: PlanState
    reason: Annotated[str | None, Field(examples=[None])]
    currency: Currency
    amount_minor: Minor
    fee_minor: Minor
    taeg_bps: Bps
    refunded_minor: Minor
    owed_minor: Minor
    to_return_minor: Annotated[int, Field(description="Collected, owed no more, on its way back to the card")]
    refund_policy: RefundPolicy
    concluded_on: date
    withdraw_until: date | None
    withdrawn_on: date | None
    paused_until: date | None
    may_pause: bool
    may_move: bool
    accepted_at: Instant
    instalments: list[Instalment]


class Plans(Page):
    """A page of plans."""

    data: list[Plan]


class ChangedInstalment(BaseModel):
    """An instalment as a move left it."""

    number: Annotated[int, Field(examples=[2])]
    due_on: date
    principal_minor: Minor
    fee_minor: Minor
    paid_minor: Minor
    state: InstalmentState


class PlanMove(BaseModel):
    """Something that happened to a plan."""

    what: Annotated[str, Field(examples=["refunded"])]
    state: PlanState
    detail: Annotated[
        dict[str, int | str | bool | list[ChangedInstalment] | None],
        Field(
            description="Figures of this move, such as `amount_minor`",
            examples=[{"amount_minor": 1250, "number": 2}],
        ),
    ]
    by: _By
    at: Instant


class PlanWhole(Plan):
    """A plan with every move, and where the contract stands of one that a partner lends."""

    contract: Annotated[
        ContractState | None,
        Field(
            description="proposed: it is being made; offered: to be signed; signing: signed, on its way to the lender; "
            "signed: the lender is bound; funded, refused, ended. Null: no partner lends, or none was asked",
            examples=["offered"],
        ),
    ]
    moves: list[PlanMove]


class BookOfPlans(BaseModel):
    """What plans amount to in one currency."""

    currency: Currency
    plans: Annotated[dict[str, int], Field(description="How many, by state", examples=[{"active": 12}])]
    lent_minor: Minor
    refunded_minor: Minor
    exposure_minor: Minor
    owed_minor: Minor
    due_today_minor: Minor
    due_30_days_minor: Minor
    late_minor: Annotated[dict[str, int], Field(description="By days late", examples=[{"1-7": 0, "8-30": 1250}])]
    collected_minor: Minor
    to_return_minor: Minor
    fees_minor: Minor
    lost_minor: Minor
    cost_of_risk_bps: Bps


class InstalmentBook(BaseModel):
    """The operator's book of plans, a currency at a time."""

    book: list[BookOfPlans]


class Remittance(BaseModel):
    """What is to be passed on to one party."""

    shop: Annotated[Code | None, Field(description="Null: the partner who lends")]
    currency: Currency
    plans: int
    amount_minor: Minor


class Remittances(Page):
    """A page of what is to be passed on, by party."""

    data: list[Remittance]


class Remitted(BaseModel):
    """Of how many plans something was passed on."""

    plans: int


class PlanSettings(BaseModel):
    """How plans are run."""

    refund_policy: RefundPolicy
    retry_days: Annotated[list[int], Field(examples=[[2, 4, 7]])]
    remind_days: int
    late_fee_minor: Minor
    opening_minutes: int
    write_off_days: int
