"""The TAEG of a plan: the yearly rate at which what is paid is worth what was lent. A rate, never money, is a
fraction here."""

from datetime import date
from math import exp, expm1, log

from eligibility.calendar_days import years_between
from eligibility.errors import PlanImpossible
from eligibility.schedule import BPS, Due

TAEG_CEILING_BPS = 10_000_000
"""100,000 %: a rate above is told as this one."""
_STEPS_MAX = 100


def taeg_bps(begin: date, amount_minor: int, dues: tuple[Due, ...]) -> int:
    """In basis points, rounded half up; 0 for a free plan.

    What is paid on the first day is no loan: it lowers what was lent (annex to R. 314-3). The equation is solved for
    the logarithm of one plus the rate, by Newton's method from zero, which approaches the only root from one side.

    Raises PlanImpossible: what is paid at once leaves nothing to lend.
    """
    if sum(due.total_minor for due in dues) <= amount_minor:
        return 0
    lent = amount_minor - sum(due.total_minor for due in dues if due.due_on <= begin)
    if lent <= 0:
        raise PlanImpossible("nothing_lent", f"what is paid at once leaves nothing to lend of {amount_minor}")
    flows = []
    for due in dues:
        if due.due_on > begin:
            numerator, denominator = years_between(begin, due.due_on)
            flows.append((due.total_minor, numerator / denominator))
    ceiling = log(1 + TAEG_CEILING_BPS / BPS)
    power = 0.0
    for _ in range(_STEPS_MAX):
        values = [(amount * exp(-power * years), years) for amount, years in flows]
        over = sum(value for value, _ in values) - lent
        step = over / sum(value * years for value, years in values)
        power += step
        if power >= ceiling:
            return TAEG_CEILING_BPS
        if step < 1e-12:
            break
    return int(expm1(power) * BPS + 0.5)
