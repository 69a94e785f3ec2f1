"""The outlets a sighting may belong to: shops of the programme, and their rivals outside it."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from rapidfuzz.distance import JaroWinkler

from cashback.merchants.evidence.names import Form, NameIndex, form_of
from cashback.merchants.evidence.normalise import KNOWN_PLACES, Phrase, Place, Places, centre_phrases, name_words
from cashback.merchants.evidence.towns import (
    DEPARTMENT_OF,
    TownField,
    department,
    plain,
    postcode_district,
    town_key,
    town_words,
)


@dataclass(frozen=True, slots=True)
class OutletEntry:
    """One outlet as its operator describes it. Only id and name are needed; the more is told, the more matches."""

    id: str
    name: str
    brand: str = ""
    """Outlets of one brand compete with each other; empty: the name stands for it."""
    member: bool = True
    """Whether it belongs to the programme; an outlet outside it can only win against members, never be accepted."""
    aliases: tuple[str, ...] = ()
    legal_name: str = ""
    city: str = ""
    other_cities: tuple[str, ...] = ()
    """Other towns that terminals there are known to print: the commune, the agglomeration, a short form."""
    postcode: str = ""
    country: str = "FR"
    centre: str = ""
    centre_names: tuple[str, ...] = ()
    """Short names of the centre (`VELIZY 2`)."""
    latitude: float | None = None
    longitude: float | None = None
    category_codes: tuple[str, ...] = ()
    store_number: str = ""


@dataclass(frozen=True, slots=True)
class BrandEntry:
    """What is known of a brand as a whole."""

    name: str
    aliases: tuple[str, ...] = ()
    outlets_complete: bool | None = None
    """Every outlet of the brand, of the programme or not, is in the catalogue. Attested by a person: a false yes pays
    wrong shops. None: this entry does not say; one no outweighs every yes."""
    head_office: str = ""
    """Town of the head office, where terminals elsewhere may claim to be; there a town proves nothing."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The forms of a name that outlets share."""

    brand: int
    forms: tuple[Form, ...]


@dataclass(slots=True)
class Brand:
    """A brand and where its outlets are."""

    key: str
    complete: bool
    outlets: list[int]
    offices: frozenset[str] = frozenset()
    """Keys of the towns of its head office."""
    member: bool = False


CELL = 0.01
"""Degrees of a square of the map by which outlets are looked up."""
_WORD = re.compile(r"[A-Z0-9]+")
_FUZZY_TOWN = 0.93
_RELATED_MIN = 5
"""Letters that two forms of one town have in common: `VELIZY`, `VELIZYVILLACOUBLAY`."""
_STRONG, _CUT, _WEAK = 1.0, 0.9, 0.8


class Catalogue:
    """Outlets compiled for look-up by place and by name. The order in which they are given changes nothing."""

    __slots__ = (
        "_cleaned",
        "_departments",
        "_index",
        "_towns",
        "_towns_related",
        "_towns_seen",
        "at",
        "brand_of",
        "brands",
        "centre_keys",
        "city_keys",
        "departments_of",
        "districts",
        "form_brands",
        "forms",
        "naming_of",
        "namings",
        "numbers",
        "outlets",
        "places",
        "towns_size",
    )

    def __init__(self, outlets: tuple[OutletEntry, ...], brands: tuple[BrandEntry, ...]) -> None:
        self.outlets = outlets
        self.city_keys = [_city_keys(outlet) for outlet in outlets]
        self.centre_keys = [_centre_keys(outlet) for outlet in outlets]
        self.districts = [postcode_district(outlet.postcode) for outlet in outlets]
        self.departments_of = [self._own_departments(number) for number in range(len(outlets))]
        self.numbers = [_number(outlet.store_number) for outlet in outlets]
        self.places = Places(_phrases(outlets))
        self._cleaned: dict[str, tuple[Phrase, Phrase]] = {}
        self._compile_names(brands)
        self._cleaned.clear()
        self._compile_places()
        self._towns_seen: dict[tuple[str, bool], dict[str, float]] = {}
        self._towns_related: dict[str, frozenset[str]] = {}

    @classmethod
    def compile(cls, shops: Iterable[OutletEntry], brands: Iterable[BrandEntry] = ()) -> "Catalogue":
        """Compile members and rivals. A brand without an outlet is a decoy: a name that can win. Raises ValueError for
        an id that is given twice, an empty id or name, and coordinates off the globe."""
        outlets = tuple(sorted(shops, key=lambda outlet: outlet.id))
        seen: set[str] = set()
        for outlet in outlets:
            if not outlet.id or not outlet.name.strip():
                raise ValueError(f"outlet {outlet.id!r}: expected an id and a name, got the name {outlet.name!r}")
            if outlet.id in seen:
                raise ValueError(f"outlet {outlet.id!r} is given twice, expected once")
            if not (abs(outlet.latitude or 0) <= 90 and abs(outlet.longitude or 0) <= 180):
                raise ValueError(f"outlet {outlet.id!r}: {outlet.latitude}, {outlet.longitude} is not on the globe")
            seen.add(outlet.id)
        return cls(outlets, tuple(sorted(brands, key=lambda brand: (brand.name, brand.aliases))))

    def search(self, glued: str) -> list[int]:
        """Numbers of the forms that resemble a glued name."""
        return self._index.search(glued)

    def towns_like(self, field: TownField) -> dict[str, float]:
        """The towns of the catalogue that a town field may mean, and how surely, 0 to 1."""
        if not field.key:
            return {}
        known = self._towns_seen.get((field.key, field.cut))
        if known is None:
            known = self._resolve(field)
            if len(self._towns_seen) < 65_536:
                self._towns_seen[field.key, field.cut] = known
        return known

    def centres_in(self, text: str) -> frozenset[str]:
        """Keys of the centres that a town field names."""
        words = _WORD.findall(plain(text).replace("'", " "))
        return frozenset(
            place.key
            for start in range(len(words))
            for place in self.places.at(words, start)[1]
            if place.kind == "centre"
        )

    def towns_related(self, town: str) -> frozenset[str]:
        """Towns of the catalogue whose key begins with this one or that this one begins with; itself is none."""
        if len(town) < _RELATED_MIN:
            return frozenset()
        known = self._towns_related.get(town)
        if known is None:
            start = bisect_left(self._towns, town)
            longer = takewhile(lambda each: each.startswith(town), islice(self._towns, start, start + 64))
            shorter = (town[:length] for length in range(_RELATED_MIN, len(town)))
            found = {*longer, *(each for each in shorter if each in self.towns_size)} - {town}
            known = frozenset(found)
            if len(self._towns_related) < 65_536:
                self._towns_related[town] = known
        return known

    def same_towns(self, town: str) -> frozenset[str]:
        """Those of them that lie in a département of its own: `ROSNY` and `ROSNYSBOIS`, not a namesake elsewhere."""
        own = self.departments(town)
        return frozenset(each for each in self.towns_related(town) if not own.isdisjoint(self.departments(each)))

    def departments(self, town: str) -> frozenset[str]:
        """The départements a town of that key may lie in; empty when nothing knows it."""
        return self._departments.get(town) or frozenset(filter(None, [DEPARTMENT_OF.get(town, "")]))

    def _own_departments(self, number: int) -> tuple[str, ...]:
        own = department(self.outlets[number].postcode)
        if own:
            return (own,)
        return tuple(DEPARTMENT_OF[key] for key in self.city_keys[number] if key in DEPARTMENT_OF)

    def _resolve(self, field: TownField) -> dict[str, float]:
        key = field.key
        found = {key: _STRONG} if key in self.towns_size else {}
        start = bisect_left(self._towns, key)
        own = bool(found) or key in DEPARTMENT_OF
        if len(key) >= 4 and (field.cut or not own):
            for town in self._towns[start : start + 64]:
                if not town.startswith(key):
                    break
                found.setdefault(town, _CUT if field.cut or len(key) >= 9 else _WEAK)
        if not found and len(key) >= 5:
            for town in self._towns:
                if town[0] == key[0] and JaroWinkler.similarity(town, key) >= _FUZZY_TOWN:
                    found[town] = _WEAK
        for town in sorted(found):
            for other in self.same_towns(town):
                found.setdefault(other, _WEAK)
        return found

    def _compile_names(self, entries: Sequence[BrandEntry]) -> None:
        told: dict[str, list[BrandEntry]] = {}
        for entry in entries:
            told.setdefault(self._key(entry.name), []).append(entry)
        self.brands: list[Brand] = []
        self.namings: list[Naming] = []
        numbers: dict[str, int] = {}
        namings: dict[Naming, int] = {}
        self.brand_of: list[int] = []
        self.naming_of: list[int] = []
        own: set[str] = set()
        for number, outlet in enumerate(self.outlets):
            key = self._key(outlet.brand or outlet.name)
            brand = self._brand(key, told, numbers)
            naming = Naming(brand, self._forms(outlet, told.get(key, ())))
            naming_number = namings.setdefault(naming, len(namings))
            if naming_number == len(self.namings):
                self.namings.append(naming)
            self.brands[brand].outlets.append(number)
            self.brand_of.append(brand)
            self.naming_of.append(naming_number)
            if outlet.member:
                self.brands[brand].member = True
                own |= {form.glued for form in naming.forms}
        for key in sorted(told):
            if key and key not in own:
                brand = self._brand(key, told, numbers)
                words = self._words(told[key][0].name)[0]
                self.namings.append(Naming(brand, (form_of(words, 0),)))
        gathered: dict[str, dict[int, int]] = {}
        for naming in self.namings:
            for form in naming.forms:
                kinds = gathered.setdefault(form.glued, {})
                kinds[naming.brand] = min(form.kind, kinds.get(naming.brand, form.kind))
        self.forms = sorted(gathered)
        self.form_brands = [tuple(sorted(gathered[form].items())) for form in self.forms]
        self._index = NameIndex(self.forms)

    def _words(self, name: str) -> tuple[Phrase, Phrase]:
        known = self._cleaned.get(name)
        if known is None:
            known = self._cleaned[name] = name_words(name, self.places)
        return known

    def _key(self, name: str) -> str:
        return "".join(self._words(name)[1])

    def _brand(self, key: str, told: dict[str, list[BrandEntry]], numbers: dict[str, int]) -> int:
        if key not in numbers:
            numbers[key] = len(self.brands)
            said = {entry.outlets_complete for entry in told.get(key, ())}
            complete = True in said and False not in said
            offices = frozenset(town_key(entry.head_office) for entry in told.get(key, ())) - {""}
            self.brands.append(Brand(key, complete, [], offices))
        return numbers[key]

    def _forms(self, outlet: OutletEntry, entries: Sequence[BrandEntry]) -> tuple[Form, ...]:
        aliases = [*outlet.aliases, *(alias for entry in entries for alias in entry.aliases)]
        texts = [(outlet.name, 0), (outlet.brand, 0), *((alias, 1) for alias in aliases), (outlet.legal_name, 2)]
        found: dict[Phrase, int] = {}
        for text, kind in texts:
            for words in self._words(text) if text.strip() else ():
                if words:
                    found[words] = min(kind, found.get(words, kind))
        return tuple(form_of(words, kind) for words, kind in sorted(found.items(), key=lambda each: (each[1], each[0])))

    def _compile_places(self) -> None:
        at: dict[tuple[int, str, str], list[int]] = {}
        self.towns_size: dict[str, int] = {}
        departments: dict[str, set[str]] = {}
        for number, outlet in enumerate(self.outlets):
            brand = self.brand_of[number]
            for town in self.city_keys[number]:
                self.towns_size[town] = self.towns_size.get(town, 0) + 1
                if department(outlet.postcode):
                    departments.setdefault(town, set()).add(department(outlet.postcode))
            for kind, key in self._place_keys(number):
                at.setdefault((brand, kind, key), []).append(number)
        self.at = at
        self._towns = sorted(self.towns_size)
        self._departments = {town: frozenset(found) for town, found in departments.items()}

    def _place_keys(self, number: int) -> Iterable[tuple[str, str]]:
        outlet = self.outlets[number]
        yield from (("town", town) for town in self.city_keys[number])
        yield from (("centre", key) for key in self.centre_keys[number])
        if outlet.postcode:
            yield "postcode", outlet.postcode
            district = self.districts[number]
            if district is not None:
                yield from (("district", f"{town}:{district}") for town in self.city_keys[number])
        if self.numbers[number]:
            yield "number", self.numbers[number]
        if outlet.latitude is not None and outlet.longitude is not None:
            yield "cell", cell(outlet.latitude, outlet.longitude)


def cell(latitude: float, longitude: float, north: int = 0, east: int = 0) -> str:
    """The square of the map a point lies in, or one beside it."""
    return f"{int(latitude // CELL) + north}:{int(longitude // CELL) + east}"


def _number(text: str) -> str:
    return text.strip().lstrip("#").lstrip("0").upper()


def _city_keys(outlet: OutletEntry) -> tuple[str, ...]:
    keys = {town_key(city) for city in (outlet.city, *outlet.other_cities)} - {""}
    return tuple(sorted(keys))


def _centre_keys(outlet: OutletEntry) -> tuple[str, ...]:
    found = {"".join(phrase) for name in (outlet.centre, *outlet.centre_names) for phrase in centre_phrases(name)}
    return tuple(sorted(found - {""}))


def _phrases(outlets: Iterable[OutletEntry]) -> list[tuple[Phrase, Place]]:
    found = list(KNOWN_PLACES)
    towns: set[str] = set()
    centres: set[str] = set()
    for outlet in outlets:
        towns |= {outlet.city, *outlet.other_cities}
        centres |= {outlet.centre, *outlet.centre_names}
    taken = {phrase for phrase, _ in found}
    for town in sorted(towns):
        words = town_words(town)
        if words and len("".join(words)) >= 3:
            found.append((words, Place("town", "".join(words))))
            taken.add(words)
    for centre in sorted(centres):
        for phrase in centre_phrases(centre):
            if phrase not in taken:
                found.append((phrase, Place("centre", "".join(phrase))))
    return found
