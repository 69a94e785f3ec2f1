"""Plan terms and their schedules: how an amount is divided, to the cent, and on which days it is due."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from eligibility.calendar_days import add_months
from eligibility.errors import PlanImpossible

COUNT_MIN, COUNT_MAX = 2, 12
INSTALMENT_MIN_MINOR = 100
"""1.00 in a currency of two decimals."""
AMOUNT_MAX_MINOR = 10**9
BPS = 10_000
MONTH_DAYS = 28
"""The shortest month: instalments of a monthly plan never meet in it."""


class Lender(StrEnum):
    """Who lends: whose name stands on the contract."""

    MERCHANT = "merchant"
    """The shop itself, for its own sale."""
    PARTNER = "partner"
    """A licensed third party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One plan that may be offered. The first instalment is paid with the purchase."""

    id: str
    count: int
    every_days: int | None = None
    """None: monthly, on the day of the purchase."""
    first_share_bps: int | None = None
    """What is paid at once at least; None: an equal part."""
    fee_bps: int = 0
    fee_fixed_minor: int = 0
    """What the shopper pays for the plan, with the first instalment."""
    lender: Lender = Lender.MERCHANT
    assigned: bool = False
    """The claim is sold or assigned to a third party (factoring)."""


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment, in minor units of the currency of its plan."""

    due_on: date
    principal_minor: int
    fee_minor: int

    @property
    def total_minor(self) -> int:
        """What is collected that day."""
        return self.principal_minor + self.fee_minor


def split(amount_minor: int, count: int, first_share_bps: int | None = None) -> tuple[int, ...]:
    """An amount in `count` parts that sum to it exactly; what does not divide goes to the first.

    Raises PlanImpossible: a count outside 2 to 12, a share outside 1 to 9,999, an amount above 10^9, or a part under
    100.
    """
    if not COUNT_MIN <= count <= COUNT_MAX:
        raise PlanImpossible("count", f"expected {COUNT_MIN} to {COUNT_MAX} instalments, got {count}")
    if first_share_bps is None:
        base, rest = divmod(amount_minor, count)
        parts = (base + rest, *(base,) * (count - 1))
    else:
        if not 0 < first_share_bps < BPS:
            raise PlanImpossible("first_share", f"expected a share of 1 to {BPS - 1}, got {first_share_bps}")
        first = -(-amount_minor * first_share_bps // BPS)
        base = (amount_minor - first) // (count - 1)
        parts = (amount_minor - base * (count - 1), *(base,) * (count - 1))
    if parts[-1] < INSTALMENT_MIN_MINOR or parts[0] < INSTALMENT_MIN_MINOR or amount_minor > AMOUNT_MAX_MINOR:
        raise PlanImpossible(
            "amount",
            f"expected {count} instalments of {INSTALMENT_MIN_MINOR} or more, at most {AMOUNT_MAX_MINOR} in all,"
            f" got {amount_minor}",
        )
    return parts


def fee_minor(amount_minor: int, terms: Terms) -> int:
    """What the plan costs, rounded half up once."""
    return (amount_minor * terms.fee_bps + BPS // 2) // BPS + terms.fee_fixed_minor


def due_days(begin: date, terms: Terms) -> tuple[date, ...]:
    """The days of a plan: monthly from the anchor day, never from a clamped one, or every so many days."""
    if terms.every_days is None:
        return tuple(add_months(begin, step) for step in range(terms.count))
    return tuple(begin + timedelta(days=step * terms.every_days) for step in range(terms.count))


def schedule(amount_minor: int, terms: Terms, begin: date) -> tuple[Due, ...]:
    """Every instalment of a plan that begins on a day; the fee is paid with the first.

    Raises PlanImpossible: see `split`; also an interval outside 1 to 92 days and a fee below zero.
    """
    if terms.every_days is not None and not 1 <= terms.every_days <= 92:
        raise PlanImpossible("every_days", f"expected 1 to 92 days, got {terms.every_days}")
    if terms.fee_bps < 0 or terms.fee_fixed_minor < 0:
        raise PlanImpossible("fee", f"expected a fee of zero or more, got {terms.fee_bps} and {terms.fee_fixed_minor}")
    parts = split(amount_minor, terms.count, terms.first_share_bps)
    fees = (fee_minor(amount_minor, terms), *(0,) * (terms.count - 1))
    return tuple(Due(*each) for each in zip(due_days(begin, terms), parts, fees, strict=True))


def busiest_month(dues: tuple[Due, ...]) -> int:
    """How many instalments fall due within 28 days of each other at most, the first one, paid with the purchase,
    aside."""
    days = [due.due_on.toordinal() for due in dues[1:]]
    return max(sum(begin <= day < begin + MONTH_DAYS for day in days) for begin in days)
