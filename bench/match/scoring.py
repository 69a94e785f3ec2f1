"""Precision with its bound, by transaction and by MID; calibration; all without a library of statistics."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEVEL = 0.95
BINS = 20


@dataclass(frozen=True, slots=True)
class Accepted:
    """One row that could be accepted at its probability."""

    probability: float
    strong: bool
    right: bool
    mid: str


def clopper_pearson(right: int, of: int) -> float:
    """The one-sided 95 % lower bound of a share of which `right` of `of` were seen; 0 of nothing seen."""
    if right == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_least(right, of, middle) < 1 - LEVEL else (low, middle)
    return low


def _at_least(right: int, of: int, share: float) -> float:
    """The chance of seeing at least so many."""
    if share <= 0.0:
        return 0.0
    wrong, total = of - right, 0.0
    for missed in range(wrong + 1):
        log = math.lgamma(of + 1) - math.lgamma(missed + 1) - math.lgamma(of - missed + 1)
        total += (
            math.exp(log + missed * math.log1p(-share) + (of - missed) * math.log(share))
            if share < 1.0
            else missed == 0
        )
    return total


def lower_bound(cases: Iterable[Accepted]) -> float:
    """The lower bound of precision counted by MID: a MID is wrong if one of its rows is."""
    mids: dict[str, bool] = {}
    for case in cases:
        mids[case.mid] = mids.get(case.mid, True) and case.right
    return clopper_pearson(sum(mids.values()), len(mids))


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error over twenty bins of equal width."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for probability, right in pairs:
        bins[min(BINS - 1, int(probability * BINS))].append((probability, right))
    total = 0.0
    for inside in filter(None, bins):
        mean = sum(probability for probability, _ in inside) / len(inside)
        total += abs(mean - sum(right for _, right in inside) / len(inside)) * len(inside)
    return total / len(pairs) if pairs else 0.0
