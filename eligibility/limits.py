"""Layer 4: limits. How much may be open at once, and the largest amount that a plan could carry."""

from eligibility.affordability import valid_means
from eligibility.application import Application
from eligibility.policy import Cut, Figures
from eligibility.schedule import BPS, Terms

LIMITS = "limits-1"


def cap_minor(application: Application, policy: Figures) -> int:
    """What may be open at once: the start, raised by each clean plan, up to the ceiling.

    It rises only while declared means are valid: a higher limit needs a new assessment (directive 2023/2225, art.
    18(10)).
    """
    cap = policy.cap_start_minor
    if valid_means(application, policy) is None:
        return min(cap, policy.cap_ceiling_minor)
    for _ in range(application.history.clean_plans):
        if cap >= policy.cap_ceiling_minor:
            break
        cap = cap * policy.cap_step_bps // BPS
    return min(cap, policy.cap_ceiling_minor)


def cut_of(score: int, policy: Figures) -> Cut | None:
    """The step of the policy a score stands on; None below the last."""
    return next((cut for cut in policy.cuts if score >= cut.score_at_least), None)


def room_minor(application: Application, cap: int, cut: Cut) -> int:
    """What may still be lent: the cap's open share less what is owed over all shops and cards."""
    return max(cap * cut.limit_share_bps // BPS - application.history.exposure_minor, 0)


def most_minor(terms: Terms, later_part_minor: int) -> int:
    """The largest amount whose instalments after the first are each at most this much."""
    rest = terms.count - 1
    if terms.first_share_bps is None:
        return later_part_minor * terms.count + rest
    return ((later_part_minor + 1) * rest * BPS - 1) // (BPS - terms.first_share_bps)


def later_part_minor(terms: Terms, room: int, ceiling: int | None, busiest: int) -> int:
    """The most each instalment after the first may be: together within the room, in a month within the ceiling."""
    part = room // (terms.count - 1)
    return part if ceiling is None else min(part, ceiling // busiest)


def first_share_for(amount_minor: int, terms: Terms, part_minor: int) -> int:
    """The share paid at once, in basis points rounded up, that leaves at most this much for each later instalment."""
    first = amount_minor - part_minor * (terms.count - 1)
    return -(-first * BPS // amount_minor)
