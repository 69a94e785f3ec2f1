"""Whether new rules would give credit where the old ones would not: what a second person must agree to. Pure."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from cashback.decisions.conduct import Conduct
from eligibility import SCORE_MAX, SCORE_MIN, Policy, UsuryTable

_MORE = (
    "amount_max_minor",
    "plans_active_max",
    "hours_fresh",
    "cap_start_minor",
    "cap_step_bps",
    "cap_ceiling_minor",
    "means_valid_days",
    "means_share_bps",
    "spend_share_bps",
    "first_share_max_bps",
    "insignificant_charges_bps",
    "quote_minutes",
)
"""Figures of a policy that widen credit as they rise."""
_LESS = (
    "amount_min_minor",
    "hours_between_plans",
    "hours_after_refusal",
    "history_visits_min",
    "history_days_min",
    "ficp_listed_refuses",
    "affordability_when_exempt",
)
"""And as they fall."""


def policy_widens(old: Policy, new: Policy) -> tuple[str, ...]:
    """The figures of a policy by which credit widens."""
    before, after = old.figures, new.figures
    found = [name for name in _MORE if getattr(after, name) > getattr(before, name)]
    found += [name for name in _LESS if getattr(after, name) < getattr(before, name)]
    found += [name for name in ("countries", "regimes") if set(getattr(after, name)) - set(getattr(before, name))]
    if set(before.categories_refused) - set(after.categories_refused):
        found.append("categories_refused")
    if before.currency != after.currency:
        found.append("currency")
    share = _share(before), _share(after)
    if any(share[1](score) > share[0](score) for score in range(SCORE_MIN, SCORE_MAX + 1)):
        found.append("cuts")
    if _starter_widens(before.starter, after.starter):
        found.append("starter")
    return tuple(found)


def _share(figures: Any) -> Callable[[int], int]:
    def of(score: int) -> int:
        return next((cut.limit_share_bps for cut in figures.cuts if score >= cut.score_at_least), -1)

    return of


def _starter_widens(old: Any, new: Any) -> bool:
    if new is None:
        return False
    if old is None or new.count != old.count:
        return True
    return bool(new.amount_max_minor > old.amount_max_minor or new.first_share_bps < old.first_share_bps)


def usury_widens(old: UsuryTable, new: UsuryTable) -> tuple[str, ...]:
    """The quarters in which a plan may cost more than before, or may cost anything at all."""
    days = sorted({quarter.begin for quarter in (*old.quarters, *new.quarters)})
    days += sorted({quarter.end for quarter in (*old.quarters, *new.quarters)})
    bounds = {bracket.up_to_minor for table in (old, new) for quarter in table.quarters for bracket in quarter.brackets}
    return tuple(day.isoformat() for day in dict.fromkeys(sorted(days)) if any(_higher(old, new, day, bounds)))


def _higher(old: UsuryTable, new: UsuryTable, day: date, bounds: set[int]) -> Iterator[bool]:
    for amount in bounds:
        rate = new.rate_bps(amount, day)
        yield rate is not None and rate > (old.rate_bps(amount, day) or 0)


def conduct_widens(old: Conduct, new: Conduct) -> tuple[str, ...]:
    """Plans that are new or other than before, and overturns that one person alone may make from now on."""
    before = {each.id: each.terms for each in old.plans}
    found = [f"plan {each.id}" for each in new.plans if before.get(each.id) != each.terms]
    if new.second_person_above_minor > old.second_person_above_minor:
        found.append("second_person_above_minor")
    if new.ficp_valid_hours > old.ficp_valid_hours:
        found.append("ficp_valid_hours")
    return tuple(found)
