"""The fit: a logistic regression on bins, with steps that may not change sign and a price on every step.

The problem is convex and has one solution, so nothing depends on a seed. It is solved by Newton's method; within
each step an active set holds the coefficients whose sign would be wrong at zero.
"""

import numpy as np

from eligibility.training.binning import Bins
from eligibility.training.table import Numbers

_NEWTON_MAX = 40
_ACTIVE_MAX = 400
_CONVERGED = 1e-7
_HALVINGS = 12


def fit(cells: Numbers, bad: Numbers, price: int, signs: Numbers, begin: Numbers | None = None) -> Numbers:
    """Coefficients of the log-odds of bad: half the price times their squares is added to the loss of all rows.

    `signs`: for each column 1 if its coefficient may not be negative, -1 if not positive, 0 if free. The constant,
    in column 0, is free of charge.
    """
    prices = np.full(cells.shape[1], price, dtype=np.float64)
    prices[0] = 1e-6
    found = np.zeros(cells.shape[1]) if begin is None else begin
    if begin is None:
        found[0] = np.log(bad.mean() / (1 - bad.mean()))
    loss = _loss(cells, bad, prices, found)
    for _ in range(_NEWTON_MAX):
        chance = 1 / (1 + np.exp(-(cells @ found)))
        weight = np.maximum(chance * (1 - chance), 1e-6)
        gradient = cells.T @ (chance - bad) + prices * found
        curvature = (cells.T * weight) @ cells + np.diag(prices)
        step = _signed_minimum(curvature, curvature @ found - gradient, signs) - found
        share = 1.0
        for _ in range(_HALVINGS):
            after = _loss(cells, bad, prices, found + share * step)
            if after <= loss:
                break
            share /= 2
        else:
            break
        found = found + share * step
        if loss - after <= _CONVERGED * loss:
            break
        loss = after
    return found


def _loss(cells: Numbers, bad: Numbers, prices: Numbers, found: Numbers) -> np.float64:
    odds = cells @ found
    total: np.float64 = np.logaddexp(0, odds).sum() - bad @ odds + 0.5 * (prices * found * found).sum()
    return total


def _signed_minimum(curvature: Numbers, right: Numbers, signs: Numbers) -> Numbers:
    """The least point of a quadratic under the signs: free coefficients are solved for, those of a wrong sign leave,
    and the one that would help most comes back, until none would."""
    free = np.ones(len(right), dtype=bool)
    for _ in range(_ACTIVE_MAX):
        found = np.zeros(len(right))
        found[free] = np.linalg.solve(curvature[np.ix_(free, free)], right[free])
        wrong = free & (signs * found < 0)
        if wrong.any():
            free &= ~wrong
            continue
        pull = np.where(free, 0.0, signs * (curvature @ found - right))
        if pull.min() >= -1e-7:
            return found
        free[int(pull.argmin())] = True
    return np.where(signs * found < 0, 0.0, found)


def signs_of(bins: tuple[Bins, ...], directions: dict[str, int]) -> Numbers:
    """The sign of each column: of a number's steps its direction, of everything else none."""
    signs = [0]
    for each in bins:
        signs += [directions.get(each.name, 0)] * len(each.edges)
        signs += [0] * (len(each.categories) + each.missing)
    return np.array(signs, dtype=np.float64)


def directions_of(bins: tuple[Bins, ...], found: Numbers) -> dict[str, int]:
    """For each number whether more of it is worse (1) or better (-1), by the sum of its free steps."""
    place, directions = 1, {}
    for each in bins:
        if each.ordered:
            directions[each.name] = 1 if found[place : place + len(each.edges)].sum() >= 0 else -1
        place += each.width
    return directions


def pruned(bins: tuple[Bins, ...], found: Numbers, cells: Numbers, most: int) -> tuple[Bins, ...]:
    """The bins without the steps that change next to nothing, and without the smallest ones above so many cells. A
    number without a step left is left out."""
    weights: list[tuple[np.float64, int, int]] = []
    place = 1
    for at, each in enumerate(bins):
        for step in range(len(each.edges)):
            reached = cells[:, place + step].mean()
            weights.append((abs(found[place + step]) * np.sqrt(reached * (1 - reached)), at, step))
        place += each.width
    weights.sort()
    surplus = sum(each.cells for each in bins) - most
    gone = {(at, step) for order, (weight, at, step) in enumerate(weights) if order < surplus or weight < 1e-4}
    kept = []
    for at, each in enumerate(bins):
        edges = tuple(edge for step, edge in enumerate(each.edges) if (at, step) not in gone)
        if each.categories or edges or each.missing:
            kept.append(Bins(each.name, edges, each.categories, each.missing))
    return tuple(kept)
