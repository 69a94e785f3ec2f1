"""What is measured of each candidate: its name, its place, its trade, and those it competes with.

States of place run from -1 (contradicts) over 0 (not told) to 1 (agrees). A feature that must not speak for a
candidate when it falls is declared as rising, one that must not when it rises as falling: the model is held to that.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import ge

from cashback.merchants.evidence.candidates import CandidateFinder, NamesFound
from cashback.merchants.evidence.catalogue import Catalogue
from cashback.merchants.evidence.names import Likeness
from cashback.merchants.evidence.seen import Seen, code_group, country_key
from cashback.merchants.evidence.towns import department, near, postcode_district
from cashback.merchants.evidence.words import GENERIC_CODES

FREE, RISING, FALLING = 0, 1, -1

FEATURES: tuple[tuple[str, str, int], ...] = (
    ("score", "name", RISING),
    ("ratio", "name", RISING),
    ("winkler", "name", RISING),
    ("skeleton", "name", FREE),
    ("seen_covered", "name", RISING),
    ("name_covered", "name", RISING),
    ("exact", "name", RISING),
    ("prefix", "name", FREE),
    ("left_over", "name", FALLING),
    ("missing", "name", FREE),
    ("name_length", "name", FREE),
    ("seen_length", "name", FREE),
    ("kind", "name", FREE),
    ("extra", "name", FALLING),
    ("cut", "name", FREE),
    ("legal", "name", FREE),
    ("town", "town", RISING),
    ("town_in_text", "town", RISING),
    ("postcode", "postcode", RISING),
    ("district", "district", RISING),
    ("centre", "centre", RISING),
    ("coordinates", "coordinates", RISING),
    ("number", "store_number", RISING),
    ("country", "country", RISING),
    ("category", "category", RISING),
    ("facilitator", "facilitator", FREE),
    ("online", "online", FALLING),
    ("bank", "bank", FREE),
    ("street", "street", FREE),
    ("same_here", "rivals", FALLING),
    ("outlets", "rivals", FALLING),
    ("complete", "rivals", RISING),
    ("town_size", "town", FALLING),
    ("office_risk", "town", FALLING),
    ("margin", "rivals", RISING),
    ("margin_here", "rivals", RISING),
    ("names_close", "rivals", FALLING),
    ("place_margin", "rivals", RISING),
    ("signs", "place", RISING),
    ("contradictions", "place", FALLING),
)
"""Name, the field of evidence it belongs to, and whether the model is held to rise or fall with it."""

_CLOSE, _SAME = 0.03, 0.015
_NEAR_KM, _AROUND_KM, _FAR_KM = 0.45, 1.2, 3.0
_KM_PER_DEGREE = 111.2


@dataclass(slots=True)
class Compared:
    """One outlet beside one sighting."""

    outlet: int
    brand: int
    alike: Likeness
    place: tuple[float, ...]
    """States of town, town in the text, postcode, district, centre, coordinates, number."""
    country: float
    category: float
    signs: int
    contradictions: int
    sum: float
    """All that speaks for the place less what speaks against it."""
    placed: bool
    """Something places it here: it competes with others. The rest are there to be named."""
    claim: tuple[float, ...]
    """Its place by itself, whatever other outlets claim of the number: what others have to compete with."""
    claimed: float
    """The sum of that."""
    tie: bool = False
    same_here: int = 0


TOWN, TOWN_IN_TEXT, POSTCODE, DISTRICT, CENTRE, COORDINATES, NUMBER = range(7)


def compare(seen: Seen, catalogue: Catalogue, finder: CandidateFinder) -> tuple[list[Compared], list[list[float]]]:
    """The candidates of a sighting, the most likely first, and their features.

    A further outlet of a known town and centre never raises a feature that the model rises with, nor lowers one that it
    falls with, of any other candidate.
    """
    variants = seen.variants
    if not variants:
        return [], []
    found = finder.names(variants)
    compared: list[Compared] = []
    for brand in sorted(found.best):
        placed = finder.placed(seen, brand)
        for outlet in placed or finder.unplaced(brand):
            alike = finder.compare(found, variants, catalogue.naming_of[outlet])
            compared.append(_compared(seen, catalogue, outlet, brand, alike, placed=bool(placed)))
    compared.sort(key=lambda each: (-each.alike.score - 0.3 * min(2.0, each.sum), each.outlet))
    placed_here = [each for each in compared if each.placed]
    return compared, [_features(seen, catalogue, each, placed_here, found) for each in compared]


def _compared(seen: Seen, catalogue: Catalogue, number: int, brand: int, alike: Likeness, *, placed: bool) -> Compared:
    outlet = catalogue.outlets[number]
    told = _store_number(seen, catalogue.numbers[number])
    place = (
        _town(seen, catalogue, number),
        _town_in_text(seen, catalogue, number),
        0.0
        if _is_number(seen, catalogue.numbers[number])
        else _postcode(seen, outlet.postcode, catalogue.districts[number]),
        _district(seen, catalogue, number),
        _centre(seen, catalogue, number),
        _coordinates(seen, outlet.latitude, outlet.longitude),
        -1.0 if _number_elsewhere(seen, catalogue, number, brand) else told,
    )
    claim = (*place[:NUMBER], told)
    country = _country(seen, outlet.country)
    return Compared(
        number,
        brand,
        alike,
        place,
        country,
        _category(seen, outlet.category_codes),
        signs=sum([state >= 0.7 for state in place]),
        contradictions=sum([state <= -0.5 for state in place]) + (country < 0),
        sum=sum(place),
        placed=placed,
        claim=claim,
        claimed=sum(claim),
    )


def _town(seen: Seen, catalogue: Catalogue, number: int) -> float:
    keys = catalogue.city_keys[number]
    if not seen.town or not keys:
        return 0.0
    agreed = max((seen.towns.get(key, 0.0) for key in keys), default=0.0)
    if agreed:
        return agreed
    return _elsewhere(seen.town, catalogue, number)


def _elsewhere(town: str, catalogue: Catalogue, number: int) -> float:
    departments = catalogue.departments(town)
    if not departments:
        return -0.5
    own = department(catalogue.outlets[number].postcode)
    own_departments = (
        [own] if own else [each for key in catalogue.city_keys[number] for each in catalogue.departments(key)]
    )
    if not own_departments:
        return -1.0
    return -0.7 if all(near(mine, other) for mine in own_departments for other in departments) else -1.0


def _town_in_text(seen: Seen, catalogue: Catalogue, number: int) -> float:
    parts, keys = seen.parts, catalogue.city_keys[number]
    if not keys:
        return 0.0
    forms = [form.glued for form in catalogue.namings[catalogue.naming_of[number]].forms]
    named = {*parts.towns, *parts.front}.difference(keys)
    strange = [town for town in named if not _within(town, forms) and not _related(town, catalogue, keys)]
    if strange:
        return -0.5 if strange == ["PARIS"] and parts.district is None else -1.0
    if not parts.towns.isdisjoint(keys):
        return 1.0
    if not seen.same_towns.isdisjoint(keys):
        return 0.8
    return 0.8 if not parts.partial_towns.isdisjoint(keys) and not _within(parts.cut_off, forms) else 0.0


def _within(letters: str, forms: Sequence[str]) -> bool:
    """Whether they are part of a name: a shop may be called after another town."""
    return any(letters in form for form in forms)


def _related(town: str, catalogue: Catalogue, keys: Sequence[str]) -> bool:
    """Whether a town may be a shorter or longer form of one of these: then it neither agrees nor contradicts."""
    own = catalogue.departments(town)
    return any(
        not own or any(near(mine, other) for mine in catalogue.departments(key) for other in own)
        for key in catalogue.towns_related(town)
        if key in keys
    )


def _is_number(seen: Seen, own: str) -> bool:
    """Whether what looks like a postcode in the text is the number of the store."""
    return seen.postcode_in_text and own != "" and own == seen.postcode.lstrip("0")


def _postcode(seen: Seen, own: str, district: int | None) -> float:
    if not seen.postcode or not own:
        return 0.0
    if seen.postcode == own:
        return 1.0
    if district is not None and postcode_district(seen.postcode) is not None:
        return -1.0
    return -0.4 if department(seen.postcode) == department(own) else -1.0


def _district(seen: Seen, catalogue: Catalogue, number: int) -> float:
    own = catalogue.districts[number]
    if seen.district is None or own is None:
        return 0.0
    towns = {*seen.towns, *seen.parts.towns}
    in_town = not towns.isdisjoint(catalogue.city_keys[number])
    by_postcode = seen.postcode[:2] == catalogue.outlets[number].postcode[:2]
    if own == seen.district:
        return 1.0 if in_town or (by_postcode and not towns) else 0.0
    return -1.0 if in_town or by_postcode else 0.0


def _centre(seen: Seen, catalogue: Catalogue, number: int) -> float:
    own = catalogue.centre_keys[number]
    if any(key in seen.centres for key in own):
        return 1.0
    if seen.centres:
        return -1.0 if own else -0.7
    return 0.7 if any(key in seen.parts.partial_centres for key in own) else 0.0


def _coordinates(seen: Seen, latitude: float | None, longitude: float | None) -> float:
    if seen.point is None or latitude is None or longitude is None:
        return 0.0
    north = (seen.point[0] - latitude) * _KM_PER_DEGREE
    east = (seen.point[1] - longitude) * _KM_PER_DEGREE * math.cos(math.radians(latitude))
    distance = math.hypot(north, east)
    if distance <= _NEAR_KM:
        return 1.0
    return 0.3 if distance <= _AROUND_KM else -0.4 if distance <= _FAR_KM else -1.0


def _store_number(seen: Seen, own: str) -> float:
    numbers, marked = seen.parts.numbers, seen.parts.marked
    if not numbers or not own:
        return 0.0
    cut = seen.parts.number_cut
    if own == cut and len(own) < 4:
        return 0.5
    if own != cut and cut and own.startswith(cut):
        return 0.0
    if own in numbers:
        return 1.0 if len(own) >= 3 or own in marked else 0.7 if len(own) == 2 else 0.5
    return -0.5 if marked else -0.3


def _number_elsewhere(seen: Seen, catalogue: Catalogue, number: int, brand: int) -> bool:
    """Whether the number that was seen is another outlet's of the brand."""
    own, cut = catalogue.numbers[number], seen.parts.number_cut
    if own in seen.parts.numbers or (cut and own.startswith(cut)):
        return False
    return any((brand, "number", each) in catalogue.at for each in seen.parts.numbers)


def _country(seen: Seen, own: str) -> float:
    if not seen.country or not own:
        return 0.0
    return 1.0 if seen.country == country_key(own) else -1.0


def _category(seen: Seen, own: Sequence[str]) -> float:
    if not seen.code or not own or seen.code in GENERIC_CODES:
        return 0.0
    if seen.code in own:
        return 1.0
    group = code_group(seen.code)
    return 0.5 if group and group in {code_group(code) for code in own} else -1.0


def _office_risk(own: Compared, outlets: int, size: int) -> float:
    """How likely a town or postcode, if nothing else places the outlet, is that of a head office: it grows with the
    brand's other outlets, which would all show it, and with the town."""
    place = own.place
    if max(place[NUMBER], place[CENTRE], place[COORDINATES], place[TOWN_IN_TEXT]) >= 0.7:
        return 0.0
    return math.log1p((outlets - 1) * size)


def _no_worse(theirs: tuple[float, ...], mine: tuple[float, ...]) -> bool:
    return theirs == mine or all(map(ge, theirs, mine))


def _features(
    seen: Seen, catalogue: Catalogue, own: Compared, placed: Sequence[Compared], found: NamesFound
) -> list[float]:
    brand = catalogue.brands[own.brand]
    score, total = own.alike.score, own.sum
    best_here, same_here, place_best = 0.0, 0, -9.0 if len(brand.outlets) == 1 else 0.0
    for other in placed:
        if other is own:
            continue
        if other.claimed >= total and other.alike.score >= score - _SAME and _no_worse(other.claim, own.place):
            same_here += 1
        if other.brand == own.brand:
            place_best = max(place_best, other.claimed)
        elif other.claimed >= total - 0.5:
            best_here = max(best_here, other.alike.score)
    if total <= 0.5:
        best_here = max(best_here, found.with_outlets.best_beside(own.brand))
    if own.signs == 0:
        alike_here = found.with_outlets.count_beside(own.brand, score - _SAME)
        same_here = max(same_here, len(brand.outlets) - 1) + alike_here
    own.tie, own.same_here = same_here > 0, same_here
    best = found.all.best_beside(own.brand)
    parts = seen.parts
    size = max((catalogue.towns_size[town] for town in catalogue.city_keys[own.outlet]), default=0)
    alike = own.alike
    return [
        *alike[:-1],
        float(parts.cut),
        float(parts.legal),
        own.place[TOWN],
        own.place[TOWN_IN_TEXT],
        own.place[POSTCODE],
        own.place[DISTRICT],
        own.place[CENTRE],
        own.place[COORDINATES],
        own.place[NUMBER],
        -1.0 if own.country < 0 else 1.0,
        own.category,
        0.0 if parts.facilitator is None else 2.0 if parts.facilitator == "other" else 1.0,
        float(seen.online),
        float(parts.bank),
        float(parts.street),
        math.log1p(same_here),
        math.log1p(len(brand.outlets)),
        float(brand.complete),
        math.log1p(size),
        _office_risk(own, len(brand.outlets), size),
        max(-0.5, score - best),
        max(-0.5, score - best_here),
        math.log1p(found.all.count_beside(own.brand, score - _CLOSE)),
        min(3.0, total - place_best),
        float(own.signs),
        float(own.contradictions),
    ]
