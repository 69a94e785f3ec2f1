"""What a sighting says, ready to be compared: the parts of its text, the town field and what lies beside them."""

import math
from dataclasses import dataclass
from functools import lru_cache

from cashback.merchants.evidence.catalogue import Catalogue
from cashback.merchants.evidence.normalise import COMMON_PLACES, Parts, normalise
from cashback.merchants.evidence.schemas import Sighting
from cashback.merchants.evidence.towns import plain, postcode_district, read_town
from cashback.merchants.evidence.words import CODE_GROUPS, GENERIC_CODES

_GROUP_OF = {code: group for group, codes in CODE_GROUPS for code in codes}
_COUNTRIES = {"FRA": "FR", "250": "FR", "MC": "FR", "MCO": "FR", "492": "FR", "BEL": "BE", "056": "BE", "LUX": "LU"}
_COUNTRIES |= {"442": "LU", "CHE": "CH", "756": "CH", "ESP": "ES", "724": "ES", "DEU": "DE", "276": "DE", "ITA": "IT"}
_COUNTRIES |= {"380": "IT", "GBR": "GB", "826": "GB", "IRL": "IE", "372": "IE", "NLD": "NL", "528": "NL", "USA": "US"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting, taken apart against a catalogue."""

    sighting: Sighting
    parts: Parts
    towns: dict[str, float]
    """Towns of the catalogue that the town field may mean, and how surely."""
    same_towns: frozenset[str]
    """Other forms, in the catalogue, of the towns that the text names."""
    town: str
    """Key of the town field, known or not; empty: no town's name in it."""
    field_cut: bool
    centres: frozenset[str]
    district: int | None
    postcode: str
    postcode_in_text: bool
    """Nothing told it but five digits in the text, which may be a store's number."""
    point: tuple[float, float] | None
    code: str
    country: str
    online: bool

    @property
    def variants(self) -> tuple[tuple[str, ...], ...]:
        """The ways the name may be read: without places and numbers, and with them."""
        core, whole = self.parts.core, self.parts.whole
        return tuple(words for words in dict.fromkeys((core, whole)) if words)


def country_key(text: str | None) -> str:
    """Two letters where the code is known; empty of none."""
    code = (text or "").strip().upper()
    return _COUNTRIES.get(code, code)


def code_group(code: str) -> str:
    """The trade of a category code; empty of an unknown or generic one."""
    return "" if code in GENERIC_CODES else _GROUP_OF.get(code, "")


def read(sighting: Sighting, catalogue: Catalogue) -> Seen:
    """Take a sighting apart against the places of a catalogue."""
    parts = normalise(sighting.descriptor or "", catalogue.places)
    city = (sighting.city or "").strip()
    field = read_town(city[:64])
    in_field = catalogue.centres_in(city[:64]) if city else frozenset()
    district = field.district or parts.district
    postcode = _postcode(sighting) or field.postcode or parts.postcode
    if district is None and postcode:
        district = postcode_district(postcode)
    towns = catalogue.towns_like(field)
    town = "" if in_field and not towns else field.key
    point = None
    if sighting.latitude is not None and sighting.longitude is not None:
        latitude, longitude = sighting.latitude, sighting.longitude
        if math.isfinite(latitude) and math.isfinite(longitude) and (latitude, longitude) != (0.0, 0.0):
            point = (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
    return Seen(
        sighting=sighting,
        parts=parts,
        towns=towns,
        same_towns=frozenset().union(*map(catalogue.same_towns, parts.towns)) - parts.towns,
        town=town,
        field_cut=field.cut,
        centres=parts.centres | in_field,
        district=district,
        postcode=postcode,
        postcode_in_text=postcode == parts.postcode != "" and not (_postcode(sighting) or field.postcode),
        point=point,
        code=(sighting.category_code or "").strip().zfill(4) if (sighting.category_code or "").strip() else "",
        country=country_key(sighting.country),
        online=bool(sighting.online) or parts.online or (field.remote and not parts.bank),
    )


def fingerprint(sighting: Sighting) -> str:
    """Core name, store number, town and postcode, joined by `|`; it depends on no catalogue."""
    parts = _common_parts(sighting.descriptor or "")
    field = read_town((sighting.city or "")[:64])
    town = field.key or "+".join(sorted(parts.towns)) or parts.cut_off
    postcode = _postcode(sighting) or field.postcode or parts.postcode
    if not postcode and (field.district or parts.district):
        town += f":{field.district or parts.district}"
    return "|".join((" ".join(parts.core), "+".join(sorted(set(parts.numbers))), town, postcode))


@lru_cache(maxsize=32_768)
def _common_parts(descriptor: str) -> Parts:
    return normalise(descriptor, COMMON_PLACES)


def _postcode(sighting: Sighting) -> str:
    flat = plain(sighting.postcode or "").replace(" ", "")
    short = flat.isdigit() and len(flat) == 4 and country_key(sighting.country) in ("", "FR")
    return flat.zfill(5) if short else flat
