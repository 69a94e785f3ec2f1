"""Which law a plan falls under in France, computed from its dates, its lender and its cost.

Since 20 November 2026 (ordonnances 2025-880 and 2025-1154) a payment in instalments is consumer credit, unless the shop
itself grants it, free of interest and charges, without selling the claim, and is paid within 50 days of supply, or
within 14 if it is a large company that sells online. docs/score.md says which of these texts were read and which
were not.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from eligibility.calendar_days import add_months

NEW_LAW_FROM = date(2026, 11, 20)
EXEMPT_DAYS = 50
EXEMPT_DAYS_LARGE_ONLINE = 14
SMALL_MINOR = 200_00
SHORT_MONTHS = 3
CEILING_MINOR = 100_000_00
PRIOR_CEILING_MINOR = 75_000_00


class Regime(StrEnum):
    """What duties a plan brings."""

    EXEMPT_50D = "exempt_50d"
    """Deferred payment by the shop itself, paid within 50 days of supply: no consumer credit."""
    EXEMPT_14D = "exempt_14d"
    """The same of a large company online: within 14 days."""
    EXEMPT_PRIOR = "exempt_prior"
    """Concluded before 20 November 2026: under 200 EUR, or free and within three months."""
    LIGHT = "light"
    """Consumer credit with lighter information duties: small, or free, or short with charges that count for nothing."""
    FULL = "full"
    """Consumer credit with every duty."""
    OUTSIDE = "outside"
    """Above the ceiling of consumer credit; this library offers no such plan."""

    @property
    def is_credit(self) -> bool:
        """The plan is consumer credit: income, expenses and the FICP must be looked at."""
        return self in {Regime.LIGHT, Regime.FULL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What the law looks at. Amounts in minor units of the euro."""

    amount_minor: int
    charges_minor: int
    concluded_on: date
    supplied_on: date
    last_due_on: date
    third_party: bool
    """Somebody else than the shop lends."""
    assigned: bool
    """The claim is sold or assigned."""
    large_company: bool
    online: bool


@dataclass(frozen=True, slots=True)
class Classified:
    """A regime, the articles it follows from, and the codes of what stood against a milder one."""

    regime: Regime
    articles: tuple[str, ...]
    against: tuple[str, ...]


def classify(credit: Credit, *, insignificant_charges_bps: int = 0) -> Classified:
    """The regime of a plan. `insignificant_charges_bps`: the share of the amount up to which charges of a credit of
    three months count for nothing; 0 takes every charge for significant, which is the careful reading."""
    if credit.concluded_on < NEW_LAW_FROM:
        return _prior(credit)
    if credit.amount_minor > CEILING_MINOR:
        return Classified(Regime.OUTSIDE, ("L. 312-4 3°",), ("above_ceiling",))
    against = _against_exemption(credit)
    if not against:
        if credit.large_company and credit.online:
            return Classified(Regime.EXEMPT_14D, ("L. 312-4 5°",), ())
        return Classified(Regime.EXEMPT_50D, ("L. 312-4 4°",), ())
    short = credit.last_due_on <= add_months(credit.concluded_on, SHORT_MONTHS)
    cheap = credit.charges_minor * 10_000 <= credit.amount_minor * insignificant_charges_bps
    if credit.amount_minor < SMALL_MINOR or credit.charges_minor == 0 or (short and cheap):
        return Classified(Regime.LIGHT, ("L. 312-1", "L. 312-4-1", "L. 312-16"), against)
    return Classified(Regime.FULL, ("L. 312-1", "L. 312-12", "L. 312-16"), against)


def _against_exemption(credit: Credit) -> tuple[str, ...]:
    limit = EXEMPT_DAYS_LARGE_ONLINE if credit.large_company and credit.online else EXEMPT_DAYS
    found = {
        "third_party": credit.third_party,
        "assigned": credit.assigned,
        "charges": credit.charges_minor > 0,
        f"over_{limit}_days": (credit.last_due_on - credit.supplied_on).days > limit,
    }
    return tuple(code for code, holds in found.items() if holds)


def _prior(credit: Credit) -> Classified:
    """The law of contracts concluded before 20 November 2026: the former L. 312-4."""
    if credit.amount_minor > PRIOR_CEILING_MINOR:
        return Classified(Regime.OUTSIDE, ("former L. 312-4",), ("above_ceiling",))
    if credit.amount_minor < SMALL_MINOR:
        return Classified(Regime.EXEMPT_PRIOR, ("former L. 312-4 3°",), ())
    long = credit.last_due_on > add_months(credit.concluded_on, SHORT_MONTHS)
    against = tuple(
        code for code, holds in {"charges": credit.charges_minor > 0, "over_3_months": long}.items() if holds
    )
    if not against:
        return Classified(Regime.EXEMPT_PRIOR, ("former L. 312-4 4°",), ())
    return Classified(Regime.FULL, ("L. 312-1", "L. 312-12", "L. 312-16"), against)
