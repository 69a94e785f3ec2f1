"""What a decision looks at, as it is told: the purchase, the card, the shopper's history, means, and the plans asked
for.

No name, no address, no contact: the shopper is a pseudonym. Everything here goes into the decision record as it is.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from eligibility.schedule import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What is bought. `category`: of the shop, for the operator's exclusions alone; no card looks at it."""

    amount_minor: int
    currency: str
    made_on: date
    supplied_on: date
    category: str
    online: bool
    large_company: bool
    """The shop is no micro, small or medium enterprise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """The linked card that would be charged."""

    prepaid: bool
    expires_on: date
    """Its last day."""
    strong_authentication: bool
    """It can be asked for strong customer authentication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What this centre knows of the shopper. Amounts in minor units of the purchase's currency, net of refunds; several
    purchases of one day are one visit; gift cards do not count."""

    visits_total: int
    days_linked: int
    months_linked: int
    active_months_6: int
    gap_variation_bps: int | None
    """Standard deviation of the gaps between visits over their mean; None under three visits."""
    days_since_visit: int | None
    visits_90d: int
    distinct_shops: int
    median_basket_minor: int | None
    median_month_minor: int | None
    lost_chargebacks: int
    refund_excess_bps: int
    """Share of refunds beyond the 95th percentile of shoppers; 0 under five refunds."""
    instalments_due: int
    instalments_on_time: int
    worst_days_late_12m: int
    months_since_late: int | None
    """None: never late."""
    open_incident: bool
    plans_completed: int
    clean_plans: int
    """Completed without a day of delay: they raise the limit."""
    failed_authorisations: int
    plans_active: int
    in_arrears: bool
    exposure_minor: int
    """Open principal over all shops and cards."""
    open_monthly_minor: int
    """The most that falls due in a month of the plans that are open."""
    last_plan_at: datetime | None
    last_refusal_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where inputs come from and when they were read: the freshness of everything that is of this source."""

    source: str
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Income and expenses a month as the shopper declared them, in minor units of the purchase's currency."""

    income_minor: int
    expenses_minor: int
    instalments_minor: int
    """What they pay a month for credit elsewhere."""
    declared_at: datetime


class FicpStatus(StrEnum):
    """The answer of the Banque de France's file of payment incidents, which a licensed lender consults."""

    CLEAR = "clear"
    LISTED = "listed"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ficp:
    """One consultation. `proof`: the lender's reference of it."""

    status: FicpStatus
    consulted_at: datetime
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything a decision looks at, and nothing else."""

    decision_id: str
    shopper: str
    as_of: datetime
    of_age: bool
    country: str
    purchase: Purchase
    instrument: Instrument
    history: History
    told: tuple[Told, ...]
    plans: tuple[Terms, ...]
    means: Means | None = None
    ficp: Ficp | None = None
