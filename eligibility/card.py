"""The point table of a score: loading it with every check, and looking points up.

A card is JSON: for each characteristic the edges of its bins and one whole number of points for each bin. A score is
the base plus the points, held between 0 and 1,000. Loading compiles it to one bisection and one look-up for each
characteristic.
"""

from bisect import bisect_right
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from eligibility.canonical import decode, digest, encode
from eligibility.errors import CardRefused, Unreadable
from eligibility.features import FEATURES, Feature, why_forbidden
from eligibility.reading import read

SCORE_MIN, SCORE_MAX = 0, 1000
CELLS_MAX = 250
CATEGORY = "category"
EXPERT, LOG_ODDS = "expert", "log_odds"
SHOPPING, RESEARCH = "shopping", "research"

Values = Mapping[str, int | str | None]
"""What is known of somebody: feature to whole number (or category, in research), None where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One row of the table. A value at an edge belongs to the bin above it."""

    feature: str
    block: str
    direction: str
    """"up", "down", or, in research, "category"."""
    points: tuple[int, ...]
    """One for each bin; of categories in their order, then of any other."""
    edges: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    missing: int | None = None
    """Points where nothing is known; None: the value must be known."""

    @property
    def best(self) -> int:
        """The most points it gives."""
        return max(self.points if self.missing is None else (*self.points, self.missing))

    @property
    def cells(self) -> int:
        """How many numbers of points it holds."""
        return len(self.points) + (self.missing is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Characteristics that are shown as one bar, with the sum of their best points."""

    id: str
    maximum: int
    en: str
    fr: str
    basis: str
    """"expert judgement", or how the points were measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCard:
    """A card as it stands in its file."""

    format: int
    id: str
    purpose: str
    scale: str
    base: int
    calibrated: bool
    statement_en: str
    statement_fr: str
    blocks: tuple[Block, ...]
    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A loaded card. `sha256` is of the canonical bytes of its JSON; `names` are its features in order."""

    written: WrittenCard
    sha256: str
    names: tuple[str, ...] = field(init=False)
    best: tuple[int, ...] = field(init=False)
    _places: Mapping[str, int] = field(init=False)
    _columns: tuple[tuple[str, tuple[int, ...], tuple[Any, ...], Any], ...] = field(init=False)
    _categories: Mapping[str, Mapping[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.written.characteristics
        object.__setattr__(self, "names", tuple(row.feature for row in rows))
        object.__setattr__(self, "best", tuple(row.best for row in rows))
        object.__setattr__(self, "_places", {row.feature: place for place, row in enumerate(rows)})
        object.__setattr__(self, "_columns", tuple((row.feature, row.edges, row.points, row.missing) for row in rows))
        found = {
            row.feature: {value: at for at, value in enumerate(row.categories)}
            for row in rows
            if row.direction == CATEGORY
        }
        object.__setattr__(self, "_categories", found)

    @property
    def id(self) -> str:
        """The card's own name and version."""
        return self.written.id

    @property
    def cells(self) -> int:
        """How many numbers of points the card holds."""
        return sum(row.cells for row in self.written.characteristics)

    def points(self, values: Values) -> list[int]:
        """Points of each characteristic, in the card's order.

        Raises Unreadable: a value that must be known is not.
        """
        if self._categories:
            values = self._numbered(values)
        get: Callable[[str], Any] = values.get
        try:
            return [
                missing if (value := get(name)) is None else points[bisect_right(edges, value)]
                for name, edges, points, missing in self._columns
            ]
        except TypeError as error:
            raise Unreadable("value", f"card {self.id}: expected whole numbers, found {dict(values)}") from error

    def score(self, points: list[int]) -> int:
        """The base and the points, held between 0 and 1,000.

        Raises Unreadable: a characteristic without a bin for what is unknown had no value.
        """
        try:
            total = self.written.base + sum(points)
        except TypeError as error:
            unknown = [name for name, each in zip(self.names, points, strict=True) if each is None]
            raise Unreadable("value", f"card {self.id}: {', '.join(unknown)} must be known") from error
        return held(total)

    def change(self, points: list[int], changed: Mapping[str, int | None]) -> int:
        """How many points more or less after some features took another value, not yet held between 0 and 1,000.

        Features that the card does not look at change nothing.
        """
        difference = 0
        for name, value in changed.items():
            place = self._places.get(name)
            if place is not None:
                _, edges, cells, missing = self._columns[place]
                difference += (missing if value is None else cells[bisect_right(edges, value)]) - points[place]
        return difference

    def _numbered(self, values: Values) -> Values:
        """Categories by their place among the bins: the edges of a category are 1, 2, 3 …"""
        numbered = dict(values)
        for name, places in self._categories.items():
            value = values.get(name)
            if value is not None:
                numbered[name] = places.get(str(value), len(places))
        return numbered


def held(total: int) -> int:
    """A score: a total held between 0 and 1,000."""
    return SCORE_MIN if total < SCORE_MIN else min(total, SCORE_MAX)


def load_card(data: bytes) -> Card:
    """A shopping card from its JSON, checked against the list of features.

    Raises CardRefused: `unlisted_feature`, `forbidden_feature` and `direction` name the feature; also `malformed`,
    `not_monotone`, `bins`, `too_many_cells`, `blocks`, `purpose`.
    """
    return parse_card(data, FEATURES, SHOPPING)


def any_card(data: bytes) -> Card:
    """A card of either purpose, to look at: one of research is checked in all but the list of features.

    Raises CardRefused: see `load_card`.
    """
    try:
        value = decode(data)
        purpose = read(WrittenCard, value, "card").purpose
    except Unreadable as error:
        raise CardRefused("malformed", error.detail) from error
    if purpose != RESEARCH:
        return load_card(data)
    return parse_card(data, frozenset(row["feature"] for row in value["characteristics"]), RESEARCH)


def parse_card(data: bytes, listed: Mapping[str, Feature] | Container[str], purpose: str) -> Card:
    """A card whose features are on a given list; research on foreign data has a list of its own.

    Raises CardRefused: see `load_card`. A forbidden name does not load whatever the list says.
    """
    try:
        value = decode(data)
        written = read(WrittenCard, value, "card")
    except Unreadable as error:
        raise CardRefused("malformed", error.detail) from error
    if written.format != 1 or written.purpose != purpose or written.scale not in {EXPERT, LOG_ODDS}:
        raise CardRefused(
            "purpose",
            f"expected format 1, purpose {purpose}, scale {EXPERT} or {LOG_ODDS},"
            f" found {written.format}, {written.purpose!r}, {written.scale!r}",
        )
    seen: set[str] = set()
    for row in written.characteristics:
        _check_feature(row, listed)
        if row.feature in seen:
            raise CardRefused("bins", f"{row.feature}: stands twice")
        seen.add(row.feature)
        _check_bins(row, purpose)
    _check_sums(written)
    # Categories are looked up by their place, so that one bisection serves both kinds.
    rows = tuple(row if row.direction != CATEGORY else _with_places(row) for row in written.characteristics)
    return Card(_with_rows(written, rows), digest(encode(value)))


def _with_places(row: Characteristic) -> Characteristic:
    return Characteristic(
        feature=row.feature,
        block=row.block,
        direction=row.direction,
        points=row.points,
        edges=tuple(range(1, len(row.categories) + 1)),
        categories=row.categories,
        missing=row.missing,
    )


def _with_rows(written: WrittenCard, rows: tuple[Characteristic, ...]) -> WrittenCard:
    fields = {name: getattr(written, name) for name in WrittenCard.__slots__ if name != "characteristics"}
    return WrittenCard(**fields, characteristics=rows)


def _check_feature(row: Characteristic, listed: Mapping[str, Feature] | Container[str]) -> None:
    why = why_forbidden(row.feature)
    if why is not None:
        raise CardRefused("forbidden_feature", f"{row.feature}: no card may look at it ({why})")
    if row.feature not in listed:
        raise CardRefused("unlisted_feature", f"{row.feature}: not on the list of features, so it has no lawful basis")
    if isinstance(listed, Mapping) and row.direction != listed[row.feature].direction:
        raise CardRefused(
            "direction", f"{row.feature}: expected {listed[row.feature].direction}, found {row.direction[:16]!r}"
        )


def _check_bins(row: Characteristic, purpose: str) -> None:
    if row.direction == CATEGORY:
        if purpose != RESEARCH or row.edges or len(row.points) != len(row.categories) + 1:
            raise CardRefused(
                "bins", f"{row.feature}: categories are for research, with points of each and of any other"
            )
        return
    if row.direction not in {"up", "down"} or row.categories:
        raise CardRefused("direction", f"{row.feature}: expected up or down, found {row.direction[:16]!r}")
    if len(row.points) != len(row.edges) + 1 or any(low >= high for low, high in pairwise(row.edges)):
        raise CardRefused("bins", f"{row.feature}: expected rising edges and one number of points more than edges")
    steps = [high - low for low, high in pairwise(row.points)]
    if any(step < 0 if row.direction == "up" else step > 0 for step in steps):
        raise CardRefused("not_monotone", f"{row.feature}: points must go {row.direction} with the value")


def _check_sums(written: WrittenCard) -> None:
    cells = sum(row.cells for row in written.characteristics)
    if not 0 < cells <= CELLS_MAX:
        raise CardRefused("too_many_cells", f"expected 1 to {CELLS_MAX} cells, found {cells}")
    sums = {block.id: 0 for block in written.blocks}
    for row in written.characteristics:
        if row.block not in sums:
            raise CardRefused("blocks", f"{row.feature}: no block {row.block[:32]!r}")
        sums[row.block] += row.best
    for block in written.blocks:
        if sums[block.id] != block.maximum:
            raise CardRefused("blocks", f"{block.id}: says {block.maximum}, its best points sum to {sums[block.id]}")
    if written.scale == EXPERT and (written.base != 0 or sum(sums.values()) != SCORE_MAX or _worst(written) < 0):
        raise CardRefused("blocks", f"an expert card begins at 0 and its blocks sum to {SCORE_MAX}")


def _worst(written: WrittenCard) -> int:
    return min(min(row.points) for row in written.characteristics)
