"""Names of towns: the keys by which they are compared, and the larger French towns with their département."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from anyascii import anyascii

_DISTRICTED = ("PARIS", "LYON", "MARSEILLE")
_CEDEX = re.compile(r"\bCEDEX( \d{1,2})?\b|\bCEDE?$")
_CUT_CEDEX = re.compile(r"(?<=[A-Z]{3}) C(?:E(?:DE?)?)?$")
_POSTCODE = re.compile(r"\b\d{5}\b")
_DISTRICT = re.compile(r"^(PARIS|LYON|MARSEILLE) ?(\d{1,2}) ?(E|EME|ER|ERE|ARR|EME ARR|E ARR)?$")
_NUMBERED = re.compile(r"\b\d+(E|EME|ER|ERE)?\b")
_PHONE = re.compile(r"^[\d+().\-/ ]{6,}$")
_URL = re.compile(r"WWW|HTTP|@|[A-Z0-9]\.[A-Z]{2,}")
_WORDS = re.compile(r"[A-Z0-9]+")
_ARTICLES = frozenset({"LE", "LA", "LES", "L"})
CAPITAL_REGION = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})

TABLE = Path(__file__).with_name("towns.txt")
"""Larger towns, one département a line."""


def plain(text: str) -> str:
    """Capitals without accents; every script in Latin letters."""
    return anyascii(text).upper()


def town_key(text: str) -> str:
    """The key by which towns are compared: `Saint-Denis Cedex 2` and `ST DENIS` are `STDENIS`. Empty of no name."""
    return "".join(town_words(text))


@lru_cache(maxsize=65_536)
def town_words(text: str) -> tuple[str, ...]:
    """The words of a town's name, without articles in front, postcode, cedex and numbers; SAINT is ST, SUR is S."""
    cleaned = _CEDEX.sub(" ", plain(text).replace("-", " ").replace("'", " "))
    cleaned = _NUMBERED.sub(" ", _POSTCODE.sub(" ", cleaned))
    words = _WORDS.findall(cleaned)
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return tuple({"SAINT": "ST", "SAINTE": "STE", "SUR": "S", "SOUS": "S"}.get(word, word) for word in words)


@dataclass(frozen=True, slots=True)
class TownField:
    """What the town field holds."""

    key: str
    """Of the town; empty when there is none."""
    district: int | None
    """Arrondissement of Paris, Lyon or Marseille."""
    postcode: str
    """Written inside the field; else empty."""
    remote: bool
    """A telephone number or web address stands in place of a town."""
    cut: bool
    """As long as such fields are: the name may go on."""


_FIELD_WIDTH = 12


@lru_cache(maxsize=65_536)
def read_town(text: str) -> TownField:
    """Read a town field; what cannot be a town's name gives an empty key."""
    flat = " ".join(plain(text).replace("-", " ").split())
    if _PHONE.match(flat) or _URL.search(plain(text)):
        return TownField("", None, "", remote=bool(flat), cut=False)
    cut = len(text.strip()) >= _FIELD_WIDTH
    flat = _CUT_CEDEX.sub(" CEDEX", flat) if cut else flat
    found = _POSTCODE.search(flat)
    postcode = found.group() if found else ""
    rest = " ".join(_CEDEX.sub(" ", _POSTCODE.sub(" ", flat)).split())
    numbered = _DISTRICT.match(rest)
    district = int(numbered.group(2)) if numbered and "CEDEX" not in flat else None
    if district is None and postcode:
        district = postcode_district(postcode)
    return TownField(town_key(flat), district, postcode, remote=False, cut=cut)


def postcode_district(postcode: str) -> int | None:
    """The arrondissement that a postcode of Paris, Lyon or Marseille names."""
    if len(postcode) == 5 and postcode[:3] in ("750", "751", "690", "130"):
        number = int(postcode[3:])
        limit = {"750": 20, "751": 20, "690": 9, "130": 16}[postcode[:3]]
        return number if 1 <= number <= limit else None
    return None


def districted(key: str) -> bool:
    """Whether a town has arrondissements with postcodes of their own."""
    return key in _DISTRICTED


def department(postcode: str) -> str:
    """The first two digits of a French postcode; empty of another."""
    return postcode[:2] if len(postcode) == 5 and postcode.isdigit() else ""


def near(first: str, second: str) -> bool:
    """Whether two départements are one place for a head office or an agglomeration: the same, or both around Paris."""
    return bool(first) and (first == second or {first, second} <= CAPITAL_REGION)


def _known() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        code, _, names = row.partition(" ")
        for name in names.split(", "):
            found[town_words(name)] = code
    return found


KNOWN_TOWNS = _known()
"""Words of larger towns, and their département."""
DEPARTMENT_OF = {"".join(words): code for words, code in KNOWN_TOWNS.items()}
