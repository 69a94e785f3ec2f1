"""Layer 3: affordability. What a plan asks for in a month against what is left of income, or of the usual spend here.

It never changes the score, and the score never changes it (Code de la consommation L. 312-16 II).
"""

from dataclasses import dataclass
from datetime import timedelta

from eligibility.application import Application, Means
from eligibility.policy import Figures
from eligibility.reasons import Reason, reason
from eligibility.regime import Regime
from eligibility.schedule import BPS

AFFORDABILITY = "affordability-1"


@dataclass(frozen=True, slots=True)
class Afforded:
    """What may fall due in a month, in minor units; None: nothing says so. `by`: means, spend or nothing."""

    by: str
    ceiling_minor: int | None
    failed: Reason | None


def valid_means(application: Application, policy: Figures) -> Means | None:
    """The declared means, if they are not too old to count."""
    means = application.means
    if means is None or application.as_of - means.declared_at > timedelta(days=policy.means_valid_days):
        return None
    return means


def afford(application: Application, policy: Figures, *, regime: Regime, starter: bool, burden_minor: int) -> Afforded:
    """Whether a plan fits. `burden_minor`: the most it asks for in a month. A starter plan needs declared means
    whatever the law says, because nothing else is known."""
    open_minor = application.history.open_monthly_minor
    means = valid_means(application, policy)
    if means is not None:
        left = (means.income_minor - means.expenses_minor) * policy.means_share_bps // BPS
        ceiling = left - means.instalments_minor - open_minor
        return Afforded("means", max(ceiling, 0), _over(ceiling, burden_minor))
    if regime.is_credit or starter or policy.affordability_when_exempt:
        return Afforded("means", None, reason("means_missing"))
    month = application.history.median_month_minor
    if month is None:
        return Afforded("means", None, reason("means_missing"))
    ceiling = month * policy.spend_share_bps // BPS - open_minor
    return Afforded("spend", max(ceiling, 0), _over_spend(ceiling, burden_minor))


def _over(ceiling: int, burden: int) -> Reason | None:
    if ceiling <= 0:
        return reason("no_means")
    return reason("over_means", burden_minor=burden, ceiling_minor=ceiling) if burden > ceiling else None


def _over_spend(ceiling: int, burden: int) -> Reason | None:
    return reason("over_means", burden_minor=burden, ceiling_minor=max(ceiling, 0)) if burden > ceiling else None
