"""A CSV of past cases: one row a case, whole numbers or categories, a target, and groups that no card looks at."""

import csv
import gzip
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eligibility.errors import Unreadable
from eligibility.features import FEATURES, why_forbidden

Numbers = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]
Rows = npt.NDArray[np.int64]
NOTHING = frozenset({"", "NA", "NaN", "null"})
GROUP_VALUES_MAX = 10
ROWS_MIN = 50


@dataclass(frozen=True, slots=True)
class Column:
    """One feature. Numbers are whole, with NaN where nothing is known; categories are texts, empty where nothing is
    known."""

    name: str
    numbers: Numbers | None
    texts: Texts | None


@dataclass(frozen=True, slots=True)
class Table:
    """What a card is trained on. `bad` is one for the outcome a low score should foretell."""

    columns: tuple[Column, ...]
    bad: Numbers
    groups: Mapping[str, Texts]
    dropped: tuple[str, ...]
    sha256: str
    shopping: bool
    """Every column is a listed feature; else this is research on foreign data."""

    @property
    def rows(self) -> int:
        """How many cases."""
        return len(self.bad)


def read_table(
    path: Path, *, target: str, bad: str, drop: Sequence[str], groups: Sequence[str], research: bool
) -> Table:
    """The table of a CSV file, gzipped or not, with a header.

    Raises Unreadable: a column that is not there, a target of one value, a forbidden column that is neither dropped
    nor a group, a column off the list of features without `research`, a number with a fraction, fewer than 50 rows.
    """
    data = path.read_bytes()
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    reader = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    header = next(reader, [])
    rows = [row for row in reader if row]
    _check_header(path, header, rows, (target, *drop, *groups))
    cells = dict(zip(header, np.array(rows, dtype=str).T, strict=True))
    outcome = (cells[target] == bad).astype(np.float64)
    if not 0 < outcome.sum() < len(outcome):
        raise Unreadable("target", f"{path.name}: column {target}: expected some rows of {bad!r} and some others")
    used = [name for name in header if name != target and name not in drop and name not in groups]
    shopping = _check_columns(path, used, research=research)
    return Table(
        columns=tuple(_column(path, name, cells[name]) for name in used),
        bad=outcome,
        groups={name: _bands(cells[name]) for name in groups},
        dropped=tuple(drop),
        sha256=hashlib.sha256(data).hexdigest(),
        shopping=shopping,
    )


def _check_header(path: Path, header: list[str], rows: list[list[str]], named: Sequence[str]) -> None:
    for name in named:
        if name not in header:
            raise Unreadable("column", f"{path.name}: no column {name!r}, expected one of {', '.join(header)}")
    if len(rows) < ROWS_MIN:
        raise Unreadable("rows", f"{path.name}: expected {ROWS_MIN} rows or more, found {len(rows)}")
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise Unreadable("row", f"{path.name}: line {line}: expected {len(header)} fields, found {len(row)}")


def _check_columns(path: Path, used: list[str], *, research: bool) -> bool:
    for name in used:
        why = why_forbidden(name)
        if why is not None:
            raise Unreadable(
                "forbidden_feature",
                f"{path.name}: column {name}: no card may look at it ({why}); drop it or make it a group",
            )
    unlisted = [name for name in used if name not in FEATURES]
    if unlisted and not research:
        raise Unreadable(
            "unlisted_feature",
            f"{path.name}: column {unlisted[0]}: not on the list of features; drop it, or say research",
        )
    return not unlisted


def _column(path: Path, name: str, texts: Texts) -> Column:
    unknown = np.isin(texts, list(NOTHING))
    try:
        numbers = np.where(unknown, "nan", texts).astype(np.float64)
    except ValueError:
        return Column(name, None, np.where(unknown, "", texts))
    fraction = np.flatnonzero(~np.isnan(numbers) & (numbers != np.floor(numbers)))
    if len(fraction):
        line, found = fraction[0] + 2, texts[fraction[0]]
        raise Unreadable(
            "fraction", f"{path.name}: line {line}, column {name}: expected whole numbers, such as cents, found {found}"
        )
    return Column(name, numbers, None)


def _bands(texts: Texts) -> Texts:
    """Groups of a column: its values, or quarters of its numbers if there are many."""
    if len(np.unique(texts)) <= GROUP_VALUES_MAX:
        return texts
    try:
        numbers = texts.astype(np.float64)
    except ValueError:
        return texts
    cuts = np.unique(np.quantile(numbers, [0.25, 0.5, 0.75], method="higher"))
    bounds = [numbers.min(), *cuts, numbers.max() + 1]
    names = np.array([f"{low:.0f} to {high - 1:.0f}" for low, high in pairwise(bounds)])
    return names[np.searchsorted(cuts, numbers, side="right")]
