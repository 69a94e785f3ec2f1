"""Which outlets compete for a sighting: those of a brand whose name shares enough with the seen one.

Whether a name is found, and whether an outlet is placed here, depends on the sighting and on that name or outlet alone,
never on what else the catalogue holds: another rival takes nobody's place.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from rapidfuzz.distance import Indel, JaroWinkler

from cashback.merchants.evidence.catalogue import Catalogue, cell
from cashback.merchants.evidence.names import Likeness, best_pair, likeness
from cashback.merchants.evidence.seen import Seen

ALIKE = 0.6
"""A brand whose names are all less alike does not compete."""
PLACED_MAX = 64
"""Outlets of one brand that are looked at, strongest signs first: of a crowd in one town no more are needed."""
UNPLACED_SHOWN = 2


class Rivalry:
    """Brands and the scores of their names, ready to be asked of all but one."""

    __slots__ = ("_best", "_scores")

    def __init__(self, best: dict[int, float]) -> None:
        self._best = best
        self._scores = sorted(best.values())

    def best_beside(self, brand: int) -> float:
        """The highest score of another brand; 0 without one."""
        others = self._scores
        last = -2 if others and self._best.get(brand) == others[-1] else -1
        return others[last] if len(others) >= -last else 0.0

    def count_beside(self, brand: int, least: float) -> int:
        """How many other brands reach a score."""
        return len(self._scores) - bisect_left(self._scores, least) - (self._best.get(brand, -1.0) >= least)


@dataclass(slots=True)
class NamesFound:
    """The brands whose names resemble a seen name."""

    best: dict[int, float]
    """Brand, and the score of its best naming."""
    all: Rivalry
    with_outlets: Rivalry
    """Those that have an outlet in the catalogue."""
    likeness: dict[int, Likeness] = field(default_factory=dict)
    """By naming; those that were measured."""


class CandidateFinder:
    """Finds candidates in one catalogue; remembers what it found for names it has seen."""

    __slots__ = ("_catalogue", "_seen")
    REMEMBERED = 20_000

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._seen: dict[tuple[tuple[str, ...], ...], NamesFound] = {}

    def names(self, variants: tuple[tuple[str, ...], ...]) -> NamesFound:
        """The brands whose names resemble one of these."""
        known = self._seen.get(variants)
        if known is None:
            known = self._search({"".join(words) for words in variants})
            if len(self._seen) >= self.REMEMBERED:
                self._seen.clear()
            self._seen[variants] = known
        return known

    def compare(self, found: NamesFound, variants: tuple[tuple[str, ...], ...], naming: int) -> Likeness:
        """The likeness of a naming, from memory if it was compared."""
        known = found.likeness.get(naming)
        if known is None:
            pair = best_pair(variants, self._catalogue.namings[naming].forms)
            known = found.likeness[naming] = likeness(pair)
        return known

    def placed(self, seen: Seen, brand: int) -> list[int]:
        """The outlets of a brand that something places here, best proofs first."""
        at = self._catalogue.at
        found = (outlet for kind, key in _signs(seen) for outlet in at.get((brand, kind, key), ()))
        return list(islice(dict.fromkeys(found), PLACED_MAX))

    def unplaced(self, brand: int) -> list[int]:
        """A few outlets of a brand of which nothing is placed here, a member among them if there is one."""
        outlets, catalogue = self._catalogue.brands[brand].outlets, self._catalogue
        members: Iterable[int] = (outlet for outlet in outlets if catalogue.outlets[outlet].member)
        return list(dict.fromkeys((*outlets[:UNPLACED_SHOWN], *islice(members, 1))))

    def _search(self, seen: set[str]) -> NamesFound:
        catalogue = self._catalogue
        best: dict[int, float] = {}
        for number in sorted({form for glued in seen for form in catalogue.search(glued)}):
            form = catalogue.forms[number]
            score = max((Indel.normalized_similarity(g, form) + JaroWinkler.similarity(g, form)) / 2 for g in seen)
            for brand, kind in catalogue.form_brands[number]:
                if score - 0.01 * kind >= max(ALIKE, best.get(brand, 0.0)):
                    best[brand] = score - 0.01 * kind
        outlets = {brand: score for brand, score in best.items() if catalogue.brands[brand].outlets}
        return NamesFound(best, Rivalry(best), Rivalry(outlets))


def _signs(seen: Seen) -> Iterator[tuple[str, str]]:
    yield from (("number", number) for number in seen.parts.numbers)
    yield from (("centre", key) for key in sorted(seen.centres | seen.parts.partial_centres))
    if seen.point:
        yield from (("cell", cell(*seen.point, north, east)) for north in (0, -1, 1) for east in (0, -1, 1))
    if seen.postcode:
        yield "postcode", seen.postcode
    towns = sorted({*seen.towns, *seen.parts.towns, *seen.parts.partial_towns, *seen.same_towns})
    if seen.district is not None:
        yield from (("district", f"{town}:{seen.district}") for town in towns)
    yield from (("town", town) for town in towns)
