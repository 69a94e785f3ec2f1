"""Which outlets are looked at: names alike anywhere, and names somewhat alike in the place that was seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from cashback.merchants.evidence.catalogue import Catalogue, cell
from cashback.merchants.evidence.names import Likeness, Pair, best_pair, likeness
from cashback.merchants.evidence.seen import Seen

FORMS_FOUND, NAMINGS_PER_FORM, BRANDS_KEPT = 24, 12, 10
OUTLETS_PER_BRAND = 12
_ALIKE = 0.5
_BEHIND = 0.2
"""Names that much less alike than the best are not looked at."""
_ALIKE_HERE = 0.78
_HERE_KEPT = 4


@dataclass(slots=True)
class NamesFound:
    """The brands whose names resemble a seen name."""

    best: dict[int, float]
    """Brand, and the score of its best naming."""
    pairs: dict[int, Pair]
    """By naming; those that were compared."""
    exact: bool
    """One of them is the seen name itself."""
    likeness: dict[int, Likeness] = field(default_factory=dict)
    """By naming; those that were measured."""


class CandidateFinder:
    """Finds candidates in one catalogue; remembers what it found for names it has seen."""

    __slots__ = ("_catalogue", "_here", "_seen")
    REMEMBERED = 20_000

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._seen: dict[tuple[tuple[str, ...], ...], NamesFound] = {}
        self._here: dict[tuple[str, str], tuple[list[str], list[int]]] = {}

    def names(self, variants: tuple[tuple[str, ...], ...]) -> NamesFound:
        """The brands whose names resemble one of these anywhere, at most ten."""
        known = self._seen.get(variants)
        if known is None:
            known = self._search(variants)
            if len(self._seen) >= self.REMEMBERED:
                self._seen.clear()
            self._seen[variants] = known
        return known

    def compare(self, found: NamesFound, variants: tuple[tuple[str, ...], ...], naming: int) -> Likeness:
        """The likeness of a naming, from memory if it was compared."""
        known = found.likeness.get(naming)
        if known is None:
            pair = found.pairs.get(naming)
            if pair is None:
                pair = found.pairs[naming] = best_pair(variants, self._catalogue.namings[naming].forms)
            known = found.likeness[naming] = likeness(pair)
        return known

    def brands(self, seen: Seen, found: NamesFound) -> list[int]:
        """The brands to look at, those of the place added; in a stable order."""
        least = max(found.best.values(), default=0.0) - _BEHIND
        brands = {brand for brand, score in found.best.items() if score >= least}
        for place in () if found.exact else _places(seen):
            if place in self._catalogue.brands_at:
                brands.update(self._alike_here(seen, place))
        return sorted(brands)

    def outlets(self, seen: Seen, brand: int) -> list[int]:
        """The outlets of a brand that something places here, best proofs first; else its first few."""
        entry = self._catalogue.brands[brand]
        if len(entry.outlets) <= 3:
            return entry.outlets
        chosen: dict[int, None] = {}
        for kind, key in _signs(seen):
            for outlet in self._catalogue.at.get((brand, kind, key), ()):
                chosen[outlet] = None
                if len(chosen) >= OUTLETS_PER_BRAND:
                    return list(chosen)
        if not chosen:
            chosen.update(dict.fromkeys(entry.outlets[:2]))
            chosen.update(dict.fromkeys(self._members(entry.outlets)))
        return list(chosen)

    def _members(self, outlets: list[int]) -> Iterator[int]:
        for outlet in outlets:
            if self._catalogue.outlets[outlet].member:
                yield outlet
                return

    def _search(self, variants: tuple[tuple[str, ...], ...]) -> NamesFound:
        catalogue = self._catalogue
        namings: dict[int, None] = {}
        for words in variants:
            for form in catalogue.search("".join(words), FORMS_FOUND):
                namings.update(dict.fromkeys(catalogue.form_namings[form][:NAMINGS_PER_FORM]))
        pairs = {naming: best_pair(variants, catalogue.namings[naming].forms) for naming in sorted(namings)}
        best: dict[int, float] = {}
        for naming, pair in pairs.items():
            brand = catalogue.namings[naming].brand
            if pair.score >= _ALIKE:
                best[brand] = max(best.get(brand, 0.0), pair.score)
        kept = sorted(best, key=lambda brand: (-best[brand], catalogue.brands[brand].key))[:BRANDS_KEPT]
        exact = any(pair.ratio == 1.0 for pair in pairs.values())
        return NamesFound({brand: best[brand] for brand in kept}, pairs, exact)

    def _alike_here(self, seen: Seen, place: tuple[str, str]) -> Iterable[int]:
        known = self._here.get(place)
        if known is None:
            pairs = sorted(
                {
                    (form.glued, brand)
                    for brand in self._catalogue.brands_at[place]
                    for naming in self._catalogue.brands[brand].namings
                    for form in self._catalogue.namings[naming].forms
                }
            )
            known = self._here[place] = ([glued for glued, _ in pairs], [brand for _, brand in pairs])
        forms, brands = known
        glued = "".join(seen.parts.core)
        found = process.extract(
            glued, forms, scorer=JaroWinkler.similarity, processor=None, limit=_HERE_KEPT, score_cutoff=_ALIKE_HERE
        )
        return [brands[position] for _, _, position in found]


def _places(seen: Seen) -> Iterator[tuple[str, str]]:
    yield from (("centre", key) for key in sorted(seen.centres))
    if seen.postcode:
        yield "postcode", seen.postcode
    yield from (("town", town) for town in sorted(seen.towns))


def _signs(seen: Seen) -> Iterator[tuple[str, str]]:
    yield from (("number", number) for number in seen.parts.numbers)
    yield from (("centre", key) for key in sorted(seen.centres | seen.parts.partial_centres))
    if seen.point:
        yield from (("cell", cell(*seen.point, north, east)) for north in (0, -1, 1) for east in (0, -1, 1))
    if seen.postcode:
        yield "postcode", seen.postcode
    towns = sorted({*seen.towns, *seen.parts.towns})
    if seen.district is not None:
        yield from (("district", f"{town}:{seen.district}") for town in towns)
    yield from (("town", town) for town in towns)
