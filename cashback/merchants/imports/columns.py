"""Which column of a file says what of a shop. Pure."""

import re
from collections.abc import Sequence
from enum import StrEnum

from anyascii import anyascii

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


class Field(StrEnum):
    """What a column may say."""

    SHOP = "shop"
    """The shop's code, by which everything else names it."""
    NAME = "name"
    CENTRE = "centre"
    """The centre's code or name; may be left out where there is one centre."""
    CATEGORY = "category"
    """Merchant category code of four digits, ISO 18245."""
    BRAND = "brand"
    """The chain it belongs to; left out, its own name."""
    FLOOR = "floor"
    AREA = "area"
    """The part of the centre it lies in."""
    NETWORK = "network"
    SCHEME = "scheme"
    VALUE = "value"
    """The identifier, exactly as the network writes it."""
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"


IDENTIFYING = (Field.NETWORK, Field.SCHEME, Field.VALUE)
"""Said together or not at all."""

EXAMPLES = frozenset({"example-shop", "boutique-exemple"})
"""Codes of the row that shows in the template how one is written: left in, that row is refused."""

_CALLED: dict[Field, tuple[str, ...]] = {
    Field.SHOP: ("shop", "code", "shop code", "code boutique", "boutique", "code magasin", "id boutique", "reference"),
    Field.NAME: ("name", "shop name", "nom", "nom boutique", "enseigne boutique", "magasin", "libelle"),
    Field.CENTRE: ("centre", "center", "centre commercial", "code centre", "mall", "site"),
    Field.CATEGORY: ("category", "mcc", "code mcc", "categorie", "category code", "code categorie"),
    Field.BRAND: ("brand", "marque", "enseigne", "chain"),
    Field.FLOOR: ("floor", "etage", "niveau", "level"),
    Field.AREA: ("area", "zone", "secteur", "wing", "aile"),
    Field.NETWORK: ("network", "reseau", "provider", "source"),
    Field.SCHEME: ("scheme", "identifier type", "type identifiant", "type d identifiant", "type"),
    Field.VALUE: ("value", "identifier", "identifiant", "mid", "valeur", "numero commercant", "terminal", "tid"),
    Field.VALID_FROM: ("valid from", "from", "since", "debut", "valable du", "depuis", "date debut", "valide du"),
    Field.VALID_UNTIL: ("valid until", "until", "to", "fin", "valable au", "jusqu au", "date fin", "valide au"),
}
_FIELDS = {name: field for field, names in _CALLED.items() for name in names}


def suggest(header: Sequence[str]) -> tuple[Field | None, ...]:
    """What each column seems to say, by its name in English or French; each field once, the first column first."""
    taken: set[Field] = set()
    found: list[Field | None] = []
    for name in header:
        field = _FIELDS.get(_NOT_A_WORD.sub(" ", anyascii(name).lower()).strip())
        if field in taken:
            field = None
        if field is not None:
            taken.add(field)
        found.append(field)
    return tuple(found)
