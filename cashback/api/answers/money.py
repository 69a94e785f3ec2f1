"""Answers about money: payouts, funders, adjustments, settlements, the books."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cashback.api.answers.kinds import (
    AdjustmentKind,
    AdjustmentReason,
    AdjustmentState,
    FunderMode,
    InvoiceKind,
    LineKind,
    Locale,
    PayoutRail,
    PayoutState,
)
from cashback.api.answers.words import (
    AccountId,
    AdjustmentId,
    Asset,
    Bps,
    Code,
    Currency,
    Instant,
    Minor,
    Name,
    Page,
    PayoutId,
    PurchaseId,
    Reason,
    SettlementId,
    ShopperId,
    Units,
)

_FunderName = Annotated[str, Field(description="operator, shop:<code> or brand:<name>", examples=["shop:cafe"])]


class PayoutAccount(BaseModel):
    """Where a shopper is paid to."""

    id: AccountId
    rail: PayoutRail
    last_four: Annotated[str, Field(examples=["2606"])]
    added_at: Instant
    usable_at: Instant


class PayoutAccounts(Page):
    """A page of accounts."""

    data: list[PayoutAccount]


class AccountRemoved(BaseModel):
    """An account that is no more."""

    removed: AccountId


class Payout(BaseModel):
    """Money on its way out of a wallet."""

    id: PayoutId
    asset: Asset
    amount: Units
    rail: PayoutRail
    account: AccountId | None
    state: PayoutState
    reason: Annotated[str | None, Field(description="Why it stands where it stands", examples=["account_cooling"])]
    requested_at: Instant


class OwnPayouts(Page):
    """A page of a shopper's payouts."""

    data: list[Payout]


class PayoutOf(Payout):
    """A payout and whose it is."""

    shopper: ShopperId


class Payouts(Page):
    """A page of payouts."""

    data: list[PayoutOf]


class Move(BaseModel):
    """One step of a payout."""

    before: Annotated[PayoutState | None, Field(alias="from")]
    to: PayoutState
    reason: str | None
    by: Annotated[str, Field(examples=["key:till"])]
    at: Instant


class PayoutWhole(PayoutOf):
    """A payout with every step."""

    moves: list[Move]


class GiftCode(BaseModel):
    """A gift card, for its shopper's eyes."""

    code: Annotated[str, Field(examples=["GIFT-1234-5678"])]
    asset: Asset
    amount: Units
    expires_on: date | None


class Funder(BaseModel):
    """Who pays, and what is left."""

    funder: _FunderName
    name: Name
    mode: FunderMode
    language: Locale
    address: list[str]
    country: Annotated[str, Field(examples=["FR"])]
    registration: str | None
    vat_number: str | None
    vat_bps: Bps
    payment_days: int
    alert_minor: Minor
    low_since: Instant | None
    balances: Annotated[dict[str, int], Field(description="By asset")]
    worth_minor: Minor
    paused_since: Instant | None
    paused_why: str | None


class Funders(Page):
    """A page of funders."""

    data: list[Funder]
    currency: Currency


class FunderTold(BaseModel):
    """Who a funder is from now on."""

    funder: _FunderName
    mode: FunderMode


class FundingRecorded(BaseModel):
    """Whether the payment is new."""

    new: bool


class Changed(BaseModel):
    """Whether anything changed."""

    changed: bool


class Adjustment(BaseModel):
    """A wallet changed by hand, or asked to be."""

    id: AdjustmentId
    shopper: ShopperId
    kind: AdjustmentKind
    asset: Asset
    amount: Units
    reason: AdjustmentReason
    words: Reason
    purchase: PurchaseId | None
    state: AdjustmentState
    asked_by: Annotated[str, Field(examples=["key:desk"])]
    asked_at: Instant
    decided_by: str | None
    decided_at: Instant | None
    answer: str | None


class Adjustments(Page):
    """A page of adjustments."""

    data: list[Adjustment]


class Seller(BaseModel):
    """The operator as it stands on invoices."""

    name: Name
    address: list[str]
    country: Annotated[str, Field(examples=["FR"])]
    registration: str | None
    vat_number: str | None
    legal_form: str | None
    registered_at: str | None
    email: str | None
    members_email: str | None
    iban: str | None
    bic: str | None
    penalty_bps: Bps


class Corrected(BaseModel):
    """An invoice that a credit note corrects."""

    number: str
    issued_on: date


class Invoice(BaseModel):
    """A numbered document."""

    number: Annotated[str, Field(examples=["2026-000001"])]
    kind: InvoiceKind
    issued_on: date
    due_on: date | None
    net_minor: Minor
    vat_minor: Minor
    gross_minor: Minor
    paid_minor: Minor
    due_minor: Minor
    corrects: list[Corrected]


class Settlement(BaseModel):
    """What a funder owes for a period; positive is owed."""

    model_config = ConfigDict(populate_by_name=True)

    id: Annotated[SettlementId | None, Field(description="Null before it is issued")]
    funder: _FunderName
    period: Annotated[str, Field(examples=["2026-11"])]
    since: Annotated[Instant, Field(alias="from")]
    until: Instant
    currency: Currency
    mode: FunderMode
    opening_minor: Minor
    rewards_minor: Minor
    commission_minor: Minor
    vat_minor: Minor
    units_minor: Minor
    payments_minor: Minor
    moved_minor: Minor
    gross_minor: Minor
    closing_minor: Minor
    issued_at: Instant | None
    invoice: Invoice | None


class Line(BaseModel):
    """One line of a settlement."""

    number: int
    kind: LineKind
    reason: str | None
    offer: Code | None
    shop: Code | None
    corrects: str | None
    movements: int
    late: Annotated[int, Field(description="How many of its movements were posted late", examples=[0])]
    asset: Asset | None
    units: Units
    base_minor: Minor | None
    rate_bps: Bps | None
    vat_bps: Bps | None
    value_minor: Minor | None


class SettlementWhole(Settlement):
    """A settlement with its lines."""

    lines: list[Line]


class Settlements(Page):
    """A page of settlements."""

    data: list[Settlement]


class SettlementsIssued(BaseModel):
    """What was issued."""

    settlements: list[Settlement]


class SettlementsPreviewed(BaseModel):
    """What would be issued."""

    settlements: list[SettlementWhole]


class AccountLine(BaseModel):
    """One account of the books."""

    asset: Asset
    account: Annotated[str, Field(examples=["funder:operator"])]
    debits: Units
    credits: Units
    balance: Units
    stored: Annotated[int | None, Field(description="The balance that is stored, where one is")] = None


class Sums(BaseModel):
    """Both sides of all accounts of one asset."""

    debits: Units
    credits: Units
    balance: Annotated[int, Field(description="Zero", examples=[0])]


class TrialBalance(BaseModel):
    """Every account at an instant."""

    at: Instant
    final: bool
    accounts: list[AccountLine]
    assets: dict[str, Sums]


class Chain(BaseModel):
    """A chain of seals."""

    chain: Annotated[str, Field(examples=["transfers"])]
    number: int
    position: int
    hash: str | None
    sealed_at: Instant | None
    unsealed: int
    behind_seconds: int


class BookHeads(BaseModel):
    """The heads of the chains that seal the books, and the keys that prove them."""

    public_keys: dict[str, str]
    heads: list[dict[str, Any]]
    chains: list[Chain]
