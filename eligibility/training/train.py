"""Training a card: choose how finely to bin and what a step costs inside the training rows, fit, round to whole points.

What is written is the card that is served; every figure about it is taken from its whole points, not from the fit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eligibility.canonical import encode
from eligibility.card import CATEGORY, CELLS_MAX, LOG_ODDS, RESEARCH, SHOPPING, Card, parse_card
from eligibility.features import FEATURES
from eligibility.training.binning import Bins, cut, design
from eligibility.training.fitting import directions_of, fit, pruned, signs_of
from eligibility.training.metrics import auc
from eligibility.training.splitting import fold_of
from eligibility.training.table import Numbers, Rows, Table

BINS_TRIED = (10, 20)
PRICES_TRIED = (100, 30, 10)
"""From the dearest, so that each fit begins at the one before."""
INNER_FOLDS = 3
PILOT_PRICE = 3
"""The free fit that finds directions pays so many times the price."""
POINTS_TO_DOUBLE = 50
EVEN_SCORE, EVEN_ODDS = 600, 30
"""600 points stand for odds of 30 good to one bad, and 50 more double them."""
FACTOR = POINTS_TO_DOUBLE / np.log(2)

STATEMENT_EN = (
    "Every point of this card was measured: fitted on the table that its model card names, and on nothing else."
    " It says nothing about other people or other shops."
)
STATEMENT_FR = (
    "Chaque point de cette grille a été mesuré : ajusté sur la table que nomme sa fiche, et sur rien d'autre."
    " Elle ne dit rien d'autres personnes ni d'autres boutiques."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """How a card is fitted: bins of a number at most, and the price of a step."""

    bins: int
    price: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A choice and its mean AUC over the inner folds."""

    choice: Choice
    auc: np.float64


@dataclass(frozen=True, slots=True)
class Fitted:
    """A card, its file, and the directions of its numbers (1: more is worse)."""

    card: Card
    data: bytes


def choose(table: Table, rows: Rows, cells_max: int, seed: int) -> tuple[Choice, tuple[Trial, ...]]:
    """The choice that ranks best on inner folds of the given rows; other rows are not looked at."""
    folds = fold_of(table.bad[rows], INNER_FOLDS, seed)
    found: dict[Choice, list[np.float64]] = {}
    for fold in range(INNER_FOLDS):
        inner, outer = rows[folds != fold], rows[folds == fold]
        for bins in BINS_TRIED:
            pilot = None
            for price in PRICES_TRIED:
                pieces, coefficients, pilot = _fitted(table, inner, Choice(bins, price), cells_max, pilot)
                risk = design(pieces, _by_name(table), outer) @ coefficients
                found.setdefault(Choice(bins, price), []).append(auc(risk, table.bad[outer]))
    trials = tuple(Trial(choice, np.float64(np.mean(areas))) for choice, areas in found.items())
    return max(trials, key=lambda trial: trial.auc).choice, trials


def fit_card(table: Table, rows: Rows, choice: Choice, card_id: str, cells_max: int = CELLS_MAX) -> Fitted:
    """The card of some rows.

    Raises CardRefused: categories alone have more cells than a card may have.
    """
    pieces, coefficients, _ = _fitted(table, rows, choice, cells_max, None)
    shares = design(pieces, _by_name(table), rows).mean(axis=0)
    data = encode(_written(table, pieces, coefficients, shares, card_id)) + b"\n"
    if table.shopping:
        return Fitted(parse_card(data, FEATURES, SHOPPING), data)
    return Fitted(parse_card(data, frozenset(column.name for column in table.columns), RESEARCH), data)


def totals(card: Card, table: Table, rows: Rows) -> npt.NDArray[np.int64]:
    """The base and the points of each row, before they are held between 0 and 1,000, from the card as it is served."""
    columns = [(column.name, _values(column.numbers, column.texts, rows)) for column in table.columns]
    names = [name for name, _ in columns]
    cases = zip(*(values for _, values in columns), strict=True)
    base = card.written.base
    return np.array([base + sum(card.points(dict(zip(names, case, strict=True)))) for case in cases], dtype=np.int64)


def chances(total: npt.NDArray[np.int64]) -> Numbers:
    """The share of bad cases that a score stands for."""
    found: Numbers = 1 / (1 + EVEN_ODDS * np.exp((total - EVEN_SCORE) / FACTOR))
    return found


def _values(numbers: Numbers | None, texts: npt.NDArray[np.str_] | None, rows: Rows) -> list[int | str | None]:
    if numbers is not None:
        return [None if np.isnan(value) else int(value) for value in numbers[rows]]
    assert texts is not None
    return [str(value) or None for value in texts[rows]]


def _by_name(table: Table) -> dict[str, Any]:
    return {column.name: column for column in table.columns}


def _fitted(
    table: Table, rows: Rows, choice: Choice, cells_max: int, pilot: Numbers | None
) -> tuple[tuple[Bins, ...], Numbers, Numbers]:
    """Bins and coefficients, and the free fit to begin the next one at: directions first, then all signed steps,
    then those that are kept."""
    columns, bad = _by_name(table), table.bad[rows]
    bins = tuple(cut(column, rows, choice.bins) for column in table.columns)
    cells = design(bins, columns, rows)
    if table.shopping:
        directions = {name: -1 if feature.direction == "up" else 1 for name, feature in FEATURES.items()}
        free = np.zeros(cells.shape[1]) if pilot is None else pilot
    else:
        free = fit(cells, bad, choice.price * PILOT_PRICE, np.zeros(cells.shape[1]), pilot)
        directions = directions_of(bins, free)
    whole = fit(cells, bad, choice.price, signs_of(bins, directions))
    kept = pruned(bins, whole, cells, cells_max)
    found = fit(design(kept, columns, rows), bad, choice.price, signs_of(kept, directions))
    return kept, found, free


def _written(table: Table, bins: tuple[Bins, ...], found: Numbers, shares: Numbers, card_id: str) -> dict[str, Any]:
    """The card's JSON. The worst bin of each characteristic has 0 points, and the base takes what that moves.

    `shares`: of the training rows, for each coefficient. What was always known in them and is unknown later counts as
    the mean of those rows.
    """
    base = EVEN_SCORE - FACTOR * (found[0] + np.log(EVEN_ODDS))
    place, rows = 1, []
    for each in bins:
        steps = found[place : place + each.width]
        exact = _exact_points(each, steps)
        if not each.missing:
            exact = np.append(exact, -FACTOR * (steps @ shares[place : place + each.width]))
        whole = [int(value) for value in np.rint(exact - exact.min())]
        base += exact.min()
        place += each.width
        rows.append(_row(each, whole))
    maximum = sum(max((*row["points"], row["missing"] or 0)) for row in rows)
    basis = f"measured: fitted on {table.rows} rows of the table with SHA-256 {table.sha256}"
    block = {"id": "all", "maximum": maximum, "en": "All features", "fr": "Toutes les données", "basis": basis}
    return {
        "format": 1,
        "id": card_id,
        "purpose": SHOPPING if table.shopping else RESEARCH,
        "scale": LOG_ODDS,
        "base": int(np.rint(base)),
        "calibrated": True,
        "statement_en": STATEMENT_EN,
        "statement_fr": STATEMENT_FR,
        "blocks": [block],
        "characteristics": rows,
    }


def _exact_points(bins: Bins, steps: Numbers) -> Numbers:
    """Points of each bin, then of what is missing: of a number the sum of its steps, of a category its own, of any
    other 0."""
    known = len(bins.edges) + len(bins.categories)
    effects = np.concatenate([[0.0], np.cumsum(steps[:known])]) if bins.ordered else np.append(steps[:known], 0.0)
    points: Numbers = -FACTOR * np.append(effects, steps[known:])
    return points


def _row(bins: Bins, whole: list[int]) -> dict[str, Any]:
    points = whole[:-1]
    ordered = "up" if points[-1] >= points[0] else "down"
    row = {
        "feature": bins.name,
        "block": "all",
        "direction": CATEGORY if bins.categories else ordered,
        "points": points,
        "edges": list(bins.edges),
        "missing": whole[-1],
    }
    return row | {"categories": list(bins.categories)} if bins.categories else row
