"""Values of plans and instalments. Amounts are minor units of the plan's currency; days are of the programme's zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from cashback.ids import show


class Way(StrEnum):
    """How a plan came about."""

    CHECKOUT = "checkout"
    """The provider asked while something was bought; the shop is paid, and the sale is entered once it is."""
    AFTER_PURCHASE = "after_purchase"
    """A purchase that was recognised is split: credit by a third party, never on the operator's own balance."""


class Lender(StrEnum):
    """Whose name stands on the contract."""

    MERCHANT = "merchant"
    PARTNER = "partner"


class RefundPolicy(StrEnum):
    """Which instalments shrink first when the shop gives money back."""

    NEXT = "next"
    """The one that falls due next, then the one after it."""
    LAST = "last"
    """The last one, then the one before it."""
    REAMORTISE = "reamortise"
    """All that are left, in equal parts; what does not divide shrinks the latest, so cents stay with the earliest."""


class PlanState(StrEnum):
    """Where a plan stands. `moves.MOVES` says what may follow what."""

    OPENING = "opening"
    """Accepted; waits for its first payment, or for the lender. Its principal counts as exposure already."""
    ACTIVE = "active"
    """The first instalment is paid; others are open."""
    COMPLETED = "completed"
    """Everything was paid."""
    WITHDRAWN = "withdrawn"
    """The shopper withdrew within 14 days."""
    REFUNDED = "refunded"
    """The shop gave everything back."""
    CANCELLED = "cancelled"
    """It never began: the first payment failed, nobody came back, or the lender refused."""
    WRITTEN_OFF = "written_off"
    """Given up; what still comes in is recovery."""


class InstalmentState(StrEnum):
    """Where one instalment stands."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    """Nothing of it is owed any more: refunded, withdrawn or never begun."""
    WRITTEN_OFF = "written_off"


OPEN_PLANS = frozenset({PlanState.OPENING, PlanState.ACTIVE})
"""Plans that count: their open principal is exposure."""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One instalment as it stands."""

    number: int
    planned_on: date
    planned_minor: int
    due_on: date
    principal_minor: int
    fee_minor: int
    paid_minor: int
    state: InstalmentState
    late_since: date | None
    paid_at: datetime | None
    failures: int
    next_at: datetime | None

    @property
    def owed_minor(self) -> int:
        """What is still to be collected of it."""
        if self.state is not InstalmentState.OPEN:
            return 0
        return self.principal_minor + self.fee_minor - self.paid_minor

    @property
    def open_principal_minor(self) -> int:
        """What is still owed of its principal: what is paid counts for the fee first."""
        if self.state is not InstalmentState.OPEN:
            return 0
        return self.principal_minor - max(0, self.paid_minor - self.fee_minor)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is stored, with its instalments in their order."""

    shopper_id: UUID
    id: UUID
    key: str
    digest: bytes
    decision_id: UUID
    way: Way
    lender: Lender
    shop_id: UUID
    order_ref: str | None
    purchase_id: UUID | None
    mandate_id: UUID | None
    currency: str
    amount_minor: int
    fee_minor: int
    refunded_minor: int
    excess_minor: int
    """Collected and owed no more: it goes back to the card; all of it ever."""
    returned_minor: int
    """Of that, what was given back."""
    remitted_minor: int
    """Passed on to who lends, its fee included."""
    terms: Mapping[str, Any]
    regime: str
    taeg_bps: int
    refund_policy: RefundPolicy
    state: PlanState
    reason: str | None
    concluded_on: date
    accepted_by: str
    accepted_at: datetime
    lapses_at: datetime | None
    funded_at: datetime | None
    """When the partner paid what it lends."""
    withdraw_until: date | None
    withdrawn_on: date | None
    """The shopper withdrew; the plan ends when what was lent is back."""
    paused_until: date | None
    pauses: int
    shifts: int
    closed_at: datetime | None
    moves: int
    instalments: tuple[Instalment, ...]

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("pln", self.id)

    @property
    def owed_minor(self) -> int:
        """What is still to be collected of all instalments."""
        return sum(each.owed_minor for each in self.instalments)

    @property
    def to_return_minor(self) -> int:
        """What was collected, is owed no more and has not been given back yet."""
        return self.excess_minor - self.returned_minor

    @property
    def kept_minor(self) -> int:
        """What was collected and is not to be given back; recoveries included."""
        return sum(each.paid_minor for each in self.instalments)

    @property
    def exposure_minor(self) -> int:
        """Principal that is still open, while the plan counts."""
        if self.state not in OPEN_PLANS:
            return 0
        return sum(each.open_principal_minor for each in self.instalments)

    def numbered(self, number: int) -> Instalment:
        """One instalment by its number; LookupError where there is none."""
        if not 1 <= number <= len(self.instalments):
            raise LookupError(f"plan {self.ref} has {len(self.instalments)} instalments, none is number {number}")
        return self.instalments[number - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One instalment of a plan that is accepted."""

    due_on: date
    principal_minor: int
    fee_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A quote that a shopper accepts: everything a plan is made of. Whoever calls has judged it under the lock."""

    shopper_id: UUID
    key: str
    decision_id: UUID
    way: Way
    lender: Lender
    shop_id: UUID
    order_ref: str | None
    purchase_id: UUID | None
    mandate_id: UUID | None
    currency: str
    parts: tuple[Part, ...]
    terms: Mapping[str, Any]
    regime: str
    is_credit: bool
    """Consumer credit by that regime: it can be withdrawn from for 14 days."""
    taeg_bps: int
    concluded_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What plans tell of a shopper, for the score: the fields of `eligibility.History` of the same names."""

    instalments_due: int = 0
    instalments_on_time: int = 0
    worst_days_late_12m: int = 0
    months_since_late: int | None = None
    open_incident: bool = False
    plans_completed: int = 0
    clean_plans: int = 0
    failed_authorisations: int = 0
    plans_active: int = 0
    in_arrears: bool = False
    exposure_minor: int = 0
    open_monthly_minor: int = 0
    last_plan_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an operator runs its plans."""

    refund_policy: RefundPolicy = RefundPolicy.REAMORTISE
    retry_days: tuple[int, ...] = (2, 4, 7)
    """Days after the due day on which a refused instalment is tried again; a lost or stolen card never is."""
    remind_days: int = 3
    """Days before an instalment is due when the shopper is told."""
    late_fee_minor: int = 0
    """Once an instalment, after its last retry; never above the lawful cap of 8 % of what is due (D. 312-16)."""
    opening_minutes: int = 60
    """How long an accepted plan waits for its first payment."""
    write_off_days: int = 90
    """Days late after which a plan is written off."""
