"""Bins of a feature, from the training rows alone: numbers by their quantiles, categories by their values."""

from dataclasses import dataclass

import numpy as np

from eligibility.training.table import Column, Numbers, Rows

CATEGORY_ROWS_MIN = 15
"""A category of fewer training rows counts as any other."""


@dataclass(frozen=True, slots=True)
class Bins:
    """How one feature is cut. `missing`: training rows had no value, so there is a bin for it."""

    name: str
    edges: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    missing: bool = False

    @property
    def ordered(self) -> bool:
        """A number, not a category."""
        return not self.categories

    @property
    def cells(self) -> int:
        """How many numbers of points it will hold: a bin for what is unknown is always among them."""
        return len(self.edges) + len(self.categories) + 2

    @property
    def width(self) -> int:
        """How many columns of the design it takes."""
        return len(self.edges) + len(self.categories) + self.missing


def cut(column: Column, rows: Rows, most: int) -> Bins:
    """At most so many bins, each beginning at a value that occurs."""
    if column.texts is not None:
        values, counts = np.unique(column.texts[rows], return_counts=True)
        known = [
            str(value) for value, count in zip(values, counts, strict=True) if value and count >= CATEGORY_ROWS_MIN
        ]
        return Bins(column.name, categories=tuple(known), missing=bool((column.texts[rows] == "").any()))
    numbers = _numbers(column)[rows]
    found = numbers[~np.isnan(numbers)]
    distinct = np.unique(found)
    if len(distinct) > most:
        distinct = np.unique(np.quantile(found, np.arange(most) / most, method="higher"))
    edges = tuple(int(edge) for edge in distinct[1:])
    return Bins(column.name, edges=edges, missing=len(found) < len(numbers))


def design(bins: tuple[Bins, ...], columns: dict[str, Column], rows: Rows) -> Numbers:
    """One for the constant; for a number one column for each edge that is reached, so a coefficient is a step; for a
    category one for each value. Zeroes and ones, one row for each of `rows`."""
    parts = [np.ones(len(rows))]
    for each in bins:
        column = columns[each.name]
        if column.texts is not None:
            texts = column.texts[rows]
            parts += [(texts == value).astype(np.float64) for value in each.categories]
            unknown = texts == ""
        else:
            numbers = _numbers(column)[rows]
            parts += [(numbers >= edge).astype(np.float64) for edge in each.edges]
            unknown = np.isnan(numbers)
        if each.missing:
            parts.append(unknown.astype(np.float64))
    return np.column_stack(parts)


def _numbers(column: Column) -> Numbers:
    assert column.numbers is not None
    return column.numbers
