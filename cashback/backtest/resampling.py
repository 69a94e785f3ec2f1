"""How far the cost of an offer might have been another, had other shoppers of the same kind come. Pure, seeded.

The bootstrap draws the shoppers again with replacement. Instead of drawing n names a thousand times, every shopper gets
an independent weight, Poisson with mean 1 (N. Chamandy, O. Muralidharan, A. Najmi, S. Naidu, Estimating Uncertainty for
Massive Data Streams, Google, 2012). Shoppers of one cost need one draw together, because the sum of k such weights is
Poisson with mean k; so the work grows with how many different costs there are and not with shoppers. The weighted sum
is divided by the sum of weights and multiplied by n, as for a mean, which keeps the number of shoppers what it was.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp, lgamma, log, sqrt
from operator import add
from random import Random
from typing import NamedTuple

RESAMPLES = 1_000
BINS_MAX = 1_000
"""With more different costs than this, costs that differ by less than one in a hundred are drawn together."""
_PER_CENT = 100
_TAIL = 9
"""Standard deviations of the Poisson law that are tabulated; what lies beyond has a chance below 1 in 10^15."""


class CostRange(NamedTuple):
    """Percentiles of the resampled cost."""

    p5: int
    p50: int
    p95: int


def cost_range(costs: Mapping[int, int], shoppers: int, seed: int, at_most: int | None = None) -> CostRange:
    """Percentiles 5, 50 and 95; `costs` tells how many of the shoppers got each amount, the others got nothing."""
    if not costs:
        return CostRange(0, 0, 0)
    source = Random(seed)  # noqa: S311 - a simulation, not a secret
    sums = [0] * RESAMPLES
    weights = [0] * RESAMPLES
    for number, amount in _bins(costs):
        drawn = _poisson(source, number)
        weights = list(map(add, weights, drawn))
        sums = [total + amount * weight // number for total, weight in zip(sums, drawn, strict=True)]
    nothing = shoppers - sum(costs.values())
    if nothing > 0:
        weights = list(map(add, weights, _poisson(source, nothing)))
    scaled = sorted(total * shoppers // weight if weight else 0 for total, weight in zip(sums, weights, strict=True))
    if at_most is not None:
        scaled = [min(each, at_most) for each in scaled]
    p5, p50, p95 = (scaled[(RESAMPLES - 1) * percent // _PER_CENT] for percent in (5, 50, 95))
    return CostRange(p5, p50, p95)


def _bins(costs: Mapping[int, int]) -> list[tuple[int, int]]:
    """How many shoppers are drawn together, and what they cost together."""
    if len(costs) <= BINS_MAX:
        return [(number, amount * number) for amount, number in sorted(costs.items())]
    found: dict[int, tuple[int, int]] = {}
    for amount, number in sorted(costs.items()):
        place = round(log(amount) * _PER_CENT)
        many, much = found.get(place, (0, 0))
        found[place] = (many + number, much + amount * number)
    return list(found.values())


def _poisson(source: Random, mean: int) -> Sequence[int]:
    """One draw for each resample, by inversion of the tabulated law."""
    spread = _TAIL * sqrt(mean) + _TAIL
    first, last = max(0, int(mean - spread)), int(mean + spread) + 1
    table = list(accumulate(exp(value * log(mean) - mean - lgamma(value + 1)) for value in range(first, last)))
    return [first + bisect_left(table, source.random() * table[-1]) for _ in range(RESAMPLES)]
