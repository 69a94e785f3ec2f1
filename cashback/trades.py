"""Trades of shops: merchant category codes (ISO 18245) as a shopper would call them, in groups such as fashion.

`trades.csv` holds them. Codes of single airlines, car rental companies and hotel chains stand there as ranges.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from anyascii import anyascii
from rapidfuzz import fuzz

GROUPS: Mapping[str, tuple[str, str]] = {
    "fashion": ("fashion", "mode"),
    "jewellery": ("jewellery and watches", "bijoux et montres"),
    "beauty": ("beauty", "beauté"),
    "health": ("health", "santé"),
    "food": ("food shops", "alimentation"),
    "eating": ("eating and drinking", "restauration"),
    "general": ("department and variety stores", "grands magasins et bazars"),
    "home": ("house and garden", "maison et jardin"),
    "electronics": ("electronics and telephones", "électronique et téléphonie"),
    "leisure": ("culture, sport and leisure", "culture, sport et loisirs"),
    "cars": ("cars and motorcycles", "auto et moto"),
    "travel": ("travel and transport", "voyages et transports"),
    "services": ("services and authorities", "services et administrations"),
    "other": ("building trades and wholesale", "bâtiment et commerce de gros"),
}
"""What each group is called in English and French."""
NEAR_MAX = 3
_ALIKE = 70
"""Of a hundred, how like a name a text has to be."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One code, or the codes from `code` to `last`."""

    code: str
    last: str
    group: str
    en: str
    fr: str

    @property
    def written(self) -> str:
        """`5812`, or `3501-3999`."""
        return self.code if self.code == self.last else f"{self.code}-{self.last}"

    def said(self, language: str) -> str:
        """In one language."""
        return self.fr if language == "fr" else self.en


def _read() -> dict[str, Trade]:
    with Path(__file__).with_name("trades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for row in rows:
        first, _, last = row["code"].partition("-")
        found[first] = Trade(first, last or first, row["group"], row["en"], row["fr"])
    return found


TRADES: Mapping[str, Trade] = _read()
"""By their first code, group by group."""
_RANGES = tuple(each for each in TRADES.values() if each.code != each.last)


def trade_of(code: str) -> Trade | None:
    """The trade of a code of four digits; None for one that nobody gave out."""
    found = TRADES.get(code)
    if found is None and len(code) == 4:
        found = next((each for each in _RANGES if each.code <= code <= each.last), None)
    return found


@cache
def codes_of(group: str) -> tuple[str, ...]:
    """The codes of a group, without ranges: what is written down where a group is chosen."""
    return tuple(each.code for each in TRADES.values() if each.group == group and each.code == each.last)


def groups_in(codes: Sequence[str]) -> tuple[list[str], list[str]]:
    """The groups that stand whole among these codes, and the codes that are in none of those."""
    given = set(codes)
    whole = [group for group in GROUPS if len(codes_of(group)) > 1 and given.issuperset(codes_of(group))]
    covered = {code for group in whole for code in codes_of(group)}
    return whole, [code for code in codes if code not in covered]


@lru_cache(maxsize=4096)
def near(text: str) -> tuple[Trade, ...]:
    """What may have been meant by something that is no code: codes with one digit wrong or two turned round, or trades
    of such a name in either language; the likeliest first, none where nothing is like it."""
    if text.isascii() and text.isdigit():
        close = [each for each in TRADES.values() if each.code == each.last and _one_slip(text, each.code)]
        return tuple(sorted(close, key=lambda each: (each.group not in _OF_A_CENTRE, each.code))[:NEAR_MAX])
    wanted = _plain(text)
    alike = [(max(_likeness(wanted, name) for name in names), each) for each, names in _NAMES]
    best = sorted((pair for pair in alike if pair[0] >= _ALIKE), key=lambda pair: (-pair[0], pair[1].code))
    return tuple(each for _, each in best[:NEAR_MAX])


def _one_slip(text: str, code: str) -> bool:
    """Whether one digit is another, missing or too many, or two that stand side by side changed places."""
    if abs(len(text) - len(code)) == 1:
        longer, shorter = sorted((text, code), key=len, reverse=True)
        return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
    if len(text) != len(code):
        return False
    unlike = [at for at in range(len(code)) if text[at] != code[at]]
    if len(unlike) == 2:
        first, second = unlike
        return second == first + 1 and text[first] == code[second] and text[second] == code[first]
    return len(unlike) == 1


def _likeness(wanted: str, name: str) -> float:
    if len(wanted) > 3 and (wanted in name or name in wanted):
        return 100
    return fuzz.ratio(wanted, name)


def _plain(text: str) -> str:
    return anyascii(text).casefold().strip()


_NAMES = tuple((each, (_plain(each.en), _plain(each.fr))) for each in TRADES.values())
_OF_A_CENTRE = frozenset(list(GROUPS)[: list(GROUPS).index("cars")])
"""Groups of trades that shopping centres are made of: they are proposed first."""
