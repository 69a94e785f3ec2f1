"""Splits that keep the share of bad cases, drawn from a seed."""

from math import ceil

import numpy as np

from eligibility.training.table import Numbers, Rows


def split(bad: Numbers, test_share_bps: int, seed: int) -> tuple[Rows, Rows]:
    """Rows to train on and rows held out.

    The rows are those of `sklearn.model_selection.train_test_split(..., test_size=share, random_state=seed,
    stratify=bad)`, which is the split that published figures are compared on; numpy's older generator draws them.
    """
    draw = np.random.RandomState(seed)
    kinds = np.unique(bad, return_inverse=True)[1]
    counts = np.bincount(kinds)
    tested = ceil(len(bad) * test_share_bps / 10_000)
    trained = _shares(counts, len(bad) - tested, draw)
    held = _shares(counts - trained, tested, draw)
    places = np.split(np.argsort(kinds, kind="mergesort"), np.cumsum(counts)[:-1])
    left: list[Rows] = []
    right: list[Rows] = []
    for kind, rows in enumerate(places):
        shuffled = rows.take(draw.permutation(counts[kind]), mode="clip")
        left.append(shuffled[: trained[kind]])
        right.append(shuffled[trained[kind] : trained[kind] + held[kind]])
    return draw.permutation(np.concatenate(left)), draw.permutation(np.concatenate(right))


def _shares(counts: Rows, draws: int, draw: np.random.RandomState) -> Rows:
    """So many draws over kinds in proportion; what the rounding leaves goes to the largest rests, ties by lot."""
    exact = counts / counts.sum() * draws
    whole: Rows = np.floor(exact).astype(np.int64)
    missing = draws - int(whole.sum())
    rest = exact - whole
    for value in np.sort(np.unique(rest))[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(rest == value)
        chosen = draw.choice(tied, size=min(len(tied), missing), replace=False)
        whole[chosen] += 1
        missing -= len(chosen)
    return whole


def fold_of(bad: Numbers, folds: int, seed: int) -> Rows:
    """The fold of each row, each with the same share of bad cases."""
    draw = np.random.default_rng(seed)
    found: Rows = np.empty(len(bad), dtype=np.int64)
    for kind in (0, 1):
        rows = draw.permutation(np.flatnonzero(bad == kind))
        found[rows] = np.arange(len(rows)) % folds
    return found
