"""The model card: what a card was trained on, how it was chosen, how good it is on rows it has not seen, and what it
is not.

Figures are texts of four places: a model card has canonical bytes as a card has, and no number of it is reckoned with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from eligibility.card import CELLS_MAX
from eligibility.training import metrics
from eligibility.training.splitting import fold_of, split
from eligibility.training.table import Rows, Table
from eligibility.training.train import Choice, Fitted, Trial, chances, choose, fit_card, totals

APPROVED = np.float64(0.8)
"""Groups are compared at the score that approves so many of all."""
LIMITS = (
    "Trained on people who were given credit: of those who were refused nothing is known.",
    "A figure here holds for the held-out rows of this table, not for another country, product or time.",
    "Dropping protected columns does not make approval ratios equal; they are watched, not steered.",
    "No public data links shopping in a centre with instalments: nothing here validates the shipped shopping card.",
)

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a card is trained. `test_share_bps`: rows held out, in basis points."""

    card_id: str
    cells_max: int = CELLS_MAX
    test_share_bps: int = 3000
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Trained:
    """A card and its model card, as JSON."""

    fitted: Fitted
    model: dict[str, Any]


def train(table: Table, options: Options, told: Told = lambda _: None) -> Trained:
    """A card trained on a split, with every figure taken on the rows that were held out."""
    rows, held = split(table.bad, options.test_share_bps, options.seed)
    told(f"{table.rows} rows: {len(rows)} to train on, {len(held)} held out; choosing inside the former")
    choice, trials = choose(table, rows, options.cells_max, options.seed)
    told(f"at most {choice.bins} bins, price {choice.price}; fitting")
    fitted = fit_card(table, rows, choice, options.card_id, options.cells_max)
    return Trained(fitted, _model(table, options, fitted, (rows, held), choice, trials))


def cross_validate(table: Table, *, folds: int, seeds: int, cells_max: int = CELLS_MAX, told: Told) -> metrics.Estimate:
    """The AUC over so many folds, drawn so many times, everything chosen anew inside each training part. The
    interval is of the means of the seeds: how far the draw of folds moves them, which is not the uncertainty about
    other people."""
    means = []
    for seed in range(seeds):
        places = fold_of(table.bad, folds, seed)
        areas = []
        for fold in range(folds):
            rows, held = np.flatnonzero(places != fold), np.flatnonzero(places == fold)
            choice, _ = choose(table, rows, cells_max, seed)
            card = fit_card(table, rows, choice, "fold", cells_max).card
            areas.append(metrics.auc(-totals(card, table, held).astype(np.float64), table.bad[held]))
        means.append(np.mean(areas))
        told(f"seed {seed}: AUC {means[-1]:.4f}")
    spread = np.std(means, ddof=1) if seeds > 1 else np.float64(0)
    mean = np.float64(np.mean(means))
    return metrics.Estimate(mean, mean - metrics.Z_95 * spread, mean + metrics.Z_95 * spread)


def _model(
    table: Table,
    options: Options,
    fitted: Fitted,
    parts: tuple[Rows, Rows],
    choice: Choice,
    trials: tuple[Trial, ...],
) -> dict[str, Any]:
    rows, held = parts
    total, before = totals(fitted.card, table, held), totals(fitted.card, table, rows)
    bad, risk = table.bad[held], -total.astype(np.float64)
    area = metrics.auc_interval(risk, bad)
    tenths, distance = metrics.calibration(chances(total), bad)
    return {
        "format": 1,
        "card": {"id": options.card_id, "sha256": fitted.card.sha256, "cells": fitted.card.cells},
        "data": {
            "sha256": table.sha256,
            "rows": table.rows,
            "bad": f"{table.bad.mean():.4f}",
            "features": [column.name for column in table.columns],
            "used": list(fitted.card.names),
            "dropped": list(table.dropped),
            "groups": list(table.groups),
        },
        "split": {"trained": len(rows), "held_out": len(held), "seed": options.seed},
        "choice": {
            "bins": choice.bins,
            "price": choice.price,
            "inner_auc": {f"{each.choice.bins}/{each.choice.price}": f"{each.auc:.4f}" for each in trials},
        },
        "ranking": {
            "auc": area.written(),
            "gini": metrics.gini(area).written(),
            "ks": metrics.ks_interval(risk, bad, options.seed).written(),
            "auc_trained": f"{metrics.auc(-before.astype(np.float64), table.bad[rows]):.4f}",
        },
        "calibration": {"tenths": tenths, "ece": f"{distance:.4f}"},
        "stability": {"psi": f"{metrics.stability(before.astype(np.float64), total.astype(np.float64)):.4f}"},
        "approvals": {
            "approved": f"{APPROVED:.2f}",
            "groups": {
                name: metrics.approvals(total, bad, group[held], APPROVED) for name, group in table.groups.items()
            },
        },
        "limits": list(LIMITS),
    }
