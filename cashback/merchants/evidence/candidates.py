"""Which outlets are looked at: names alike anywhere, and names somewhat alike in the place that was seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from cashback.merchants.evidence.catalogue import Catalogue, cell
from cashback.merchants.evidence.names import Likeness, likeness
from cashback.merchants.evidence.seen import Seen

FORMS_FOUND, NAMINGS_PER_FORM, BRANDS_KEPT = 24, 12, 10
OUTLETS_PER_BRAND = 12
_ALIKE = 0.5
_ALIKE_HERE = 0.78
_HERE_KEPT = 4


@dataclass(slots=True)
class NamesFound:
    """The brands whose names resemble a seen name."""

    best: dict[int, float]
    """Brand, and the score of its best naming."""
    likeness: dict[int, Likeness]
    """By naming; those that were compared."""


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
            known = found.likeness[naming] = likeness(variants, self._catalogue.namings[naming].forms)
        return known

    def brands(self, seen: Seen, found: NamesFound) -> list[int]:
        """The brands to look at, those of the place added; in a stable order."""
        brands = dict(found.best)
        places = list(_places(seen))
        exact = any(found.likeness[naming].exact for naming in found.likeness)
        for place in places:
            here = self._catalogue.brands_at.get(place, ())
            if not here or (exact and any(brand in found.best for brand in here)):
                continue
            for brand in self._alike_here(seen, place):
                if brand not in brands:
                    brands[brand] = 0.0
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
        compared = {naming: likeness(variants, catalogue.namings[naming].forms) for naming in sorted(namings)}
        best: dict[int, float] = {}
        for naming, alike in compared.items():
            brand = catalogue.namings[naming].brand
            if alike.score >= _ALIKE:
                best[brand] = max(best.get(brand, 0.0), alike.score)
        kept = sorted(best, key=lambda brand: (-best[brand], catalogue.brands[brand].key))[:BRANDS_KEPT]
        return NamesFound({brand: best[brand] for brand in kept}, compared)

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
