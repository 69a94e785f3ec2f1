"""From the text of a descriptor to a merchant's name; every piece that is taken off is kept as evidence.

The order: form of the bank, facilitator with or without its asterisk, accents, online marks, legal and noise words,
street, places, number of the store. The same cleaning is applied to the names of the catalogue.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile

from cashback.merchants.evidence.towns import KNOWN_TOWNS, plain
from cashback.merchants.evidence.words import (
    BARE_FACILITATORS,
    CENTRE_GENERIC,
    CONNECTORS,
    FACILITATORS,
    LEGAL,
    LEGAL_LEADING,
    LEGAL_TRAILING,
    NOISE,
    ONLINE,
    REMOTE_FACILITATORS,
    STREETS,
)

TEXT_MAX = 256
"""Characters of a descriptor that are read; networks carry 25 and banks some 80."""
LIMITS = frozenset({16, 22, 25, 40})
"""Widths at which terminals, networks and banks cut a name."""

_DATE = r"(?:\d{2}[/.]\d{2}(?:[/.]\d{2,4})?|\d{6}|\d{4})"
_BANK_PREFIXES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:FACTURE|PAIEMENT|ACHAT|PAYE|TRANSACTION|DEBIT|OPERATION)\s+(?:PAR\s+)?(?:CARTE|CB)\s+(?:DU\s+)?(?:X\d{{4}}\s+)?{_DATE}\s+",
        r"(?:FACTURE|PAIEMENT|ACHAT)\s+(?:PAR\s+)?(?:CARTE|CB)\s+",
        rf"CARTE\s+(?:DU\s+)?(?:X\d{{4}}\s+)?{_DATE}\s+",
        rf"CB\s+(?:DU\s+)?{_DATE}\s+",
        r"CB\s+(?=.*\bFACT\s+\d{6})",
    )
)
_BANK_SUFFIXES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s+CARTE\s+(?:NUMERO\s+)?[\dX*]{3,19}\s*$",
        r"\s+CB\s?[*X]+\s?\d{4}\s*$",
        r"\s+FACT\s+\d{6}\s*$",
        r"\s+\d{2}[./]\d{2}[./]\d{2,4}\s*$",
        r"\s+X{2,}\d{4}\s*$",
    )
)
_STAR = re.compile(r"([A-Z0-9][A-Z0-9. ]{0,11}?)\s*[*_]+\s*(?=\S)")
_NUMBER_MARK = re.compile(r"^(?:#|N|NO|NR|MAG|M)?0*(\d{1,6})$")
_MARKED = re.compile(r"#\s?(\d{1,6})|\b(?:N[O°R]?\.?|MAG\.?|MAGASIN)\s?(\d{2,6})\b")
_DISTRICT = re.compile(r"^(\d{1,2})(?:E|EME|ER|ERE)?$")
_GLUED_DISTRICT = re.compile(r"^(PARIS|LYON|MARSEILLE)(\d{1,2})(?:E|EME|ER|ERE)?$")
_WORD = re.compile(r"[A-Z0-9]+")
_PARTIAL_MIN, _PARTIAL_TOWN_MIN, _PARTIAL_TOWN_LONG = 4, 5, 8
_CEDEX = frozenset({"CEDEX", "CEDE", "CED", "CE", "C"})
"""In front of the end of a text, after a town."""
_CEDEX_NUMBER = re.compile(r"^\d{1,2}$")

TOWNS_CUT_MAX = 16
"""Towns that a cut name may mean; of more it means none."""

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A phrase that names a place: a centre or a town."""

    kind: str
    key: str


class Places:
    """The phrases by which a text may name a place, looked up by their first word."""

    __slots__ = ("_by_first", "_keys", "_spelled")

    def __init__(self, phrases: Iterable[tuple[Phrase, Place]]) -> None:
        by_first: dict[str, list[tuple[Phrase, Place]]] = {}
        for phrase, place in sorted({(each, (named.kind, named.key)) for each, named in phrases}):
            by_first.setdefault(phrase[0], []).append((phrase, Place(*place)))
        for found in by_first.values():
            found.sort(key=lambda each: (-len(each[0]), each[1].kind, each[1].key))
        self._by_first = by_first
        towns = {
            (" ".join(phrase), place.key)
            for found in by_first.values()
            for phrase, place in found
            if place.kind == "town"
        }
        self._spelled, self._keys = [spelled for spelled, _ in sorted(towns)], [key for _, key in sorted(towns)]

    def at(self, words: Sequence[str], start: int) -> tuple[int, list[Place]]:
        """The longest phrase that begins at a word: its length in words and the places it names."""
        length, found = 0, []
        for phrase, place in self._by_first.get(words[start], ()):
            if len(phrase) < length:
                break
            if tuple(words[start : start + len(phrase)]) == phrase:
                length = len(phrase)
                found.append(place)
        return length, found

    def cut_at(self, words: Sequence[str], start: int) -> list[Place]:
        """Places whose phrase begins with all words from there to the end, the last perhaps cut."""
        tail = tuple(words[start:])
        if sum(map(len, tail)) < _PARTIAL_MIN:
            return []
        found: list[Place] = []
        if len(tail) > 1:
            for phrase, place in self._by_first.get(tail[0], ()):
                if (
                    len(phrase) >= len(tail)
                    and phrase[: len(tail) - 1] == tail[:-1]
                    and phrase[len(tail) - 1].startswith(tail[-1])
                ):
                    found.append(place)
        return found

    def towns_cut(self, words: Sequence[str], *, inside_word: bool) -> frozenset[str]:
        """Keys of the towns whose name goes on after these words, the last of which may be, or must be, cut."""
        cut = " ".join(words)
        if len(cut) < _PARTIAL_TOWN_MIN:
            return frozenset()
        start = bisect_left(self._spelled, cut)
        found = takewhile(lambda at: self._spelled[at].startswith(cut), range(start, len(self._spelled)))
        longer = (at for at in found if not inside_word or self._spelled[at][len(cut) :][:1].strip())
        return frozenset(self._keys[at] for at in islice(longer, TOWNS_CUT_MAX))


def centre_phrases(name: str) -> list[Phrase]:
    """The ways a text may name a centre: all its words, those without the generic ones, and both glued at a number."""
    words = tuple(_WORD.findall(plain(name).replace("'", " ")))
    own = words
    while own and own[0] in CENTRE_GENERIC:
        own = own[1:]
    found = {words, own}
    found |= {
        (*phrase[:-2], phrase[-2] + phrase[-1]) for phrase in (words, own) if len(phrase) > 1 and phrase[-1].isdigit()
    }
    return sorted(phrase for phrase in found if sum(map(len, phrase)) >= 3)


KNOWN_PLACES: list[tuple[Phrase, Place]] = [(words, Place("town", "".join(words))) for words in KNOWN_TOWNS]
COMMON_PLACES = Places(KNOWN_PLACES)


@dataclass(slots=True)
class Parts:
    """A descriptor taken apart. Words are in capitals without accents."""

    core: tuple[str, ...] = ()
    """The name: what is left."""
    whole: tuple[str, ...] = ()
    """The name with the places and numbers in it, for merchants who are called after a place."""
    numbers: tuple[str, ...] = ()
    """What may be the number of a store, without leading zeros."""
    marked: tuple[str, ...] = ()
    """Those of them that say so: `#12`, `N 12`, `MAG 12`."""
    towns: frozenset[str] = frozenset()
    centres: frozenset[str] = frozenset()
    partial_centres: frozenset[str] = frozenset()
    """Centres whose name is cut at the end of the text."""
    partial_towns: frozenset[str] = frozenset()
    """The same of towns."""
    number_cut: str = ""
    """The number that ends a text as long as such texts may be: its end may be cut off."""
    cut_off: str = ""
    """The letters that stand for them."""
    front: frozenset[str] = frozenset()
    """Towns that the text begins with, which may be part of the name and stay in it."""
    district: int | None = None
    postcode: str = ""
    facilitator: str | None = None
    online: bool = False
    bank: bool = False
    street: bool = False
    legal: bool = False
    cut: bool = False
    """The text is as long as such texts may be, so that the last word may be cut."""
    removed: list[tuple[str, str]] = field(default_factory=list)


def normalise(text: str, places: Places = COMMON_PLACES) -> Parts:
    """Take a descriptor apart. Any text is understood; of an empty one, nothing is left."""
    parts = Parts()
    rest = " ".join(plain(text[:TEXT_MAX]).split())
    rest = _off_bank(rest, parts)
    parts.cut = len(rest) in LIMITS or parts.bank
    rest = _off_facilitator(rest, parts)
    last = re.search(r"[1-9]\d*$", rest)
    parts.number_cut = last.group() if last and parts.cut and not parts.bank else ""
    rest = _off_marked(rest, parts)
    words = _words(rest)
    words = _off_online(words, rest, parts)
    words = _off_legal(words, parts)
    words = _off_street(words, parts)
    parts.whole = tuple(word for word in words if word not in CONNECTORS) or tuple(words)
    words = _off_places(words, parts, places)
    words = _off_numbers(words, parts)
    words = _off_legal(words, parts)
    parts.core = tuple(word for word in words if word not in CONNECTORS) or tuple(words)
    return parts


def name_words(name: str, places: Places = COMMON_PLACES) -> tuple[Phrase, Phrase]:
    """A catalogue's name cleaned as a descriptor is: with its places, and without them."""
    parts = Parts()
    words = _off_legal(_words(plain(name[:TEXT_MAX])), parts)
    whole = tuple(word for word in words if word not in CONNECTORS) or tuple(words)
    core = tuple(word for word in _off_places(list(words), parts, places) if word not in CONNECTORS)
    return whole, core if sum(map(len, core)) >= 3 else whole


def _words(text: str) -> list[str]:
    text = text.replace("'", "").replace("&", " ").replace("+", " ")
    return _WORD.findall(text)


def _off_bank(text: str, parts: Parts) -> str:
    for pattern in _BANK_PREFIXES:
        found = pattern.match(text)
        if found and found.end() < len(text):
            parts.removed.append(("bank", found.group().strip()))
            text, parts.bank = text[found.end() :], True
            break
    for pattern in (*_BANK_SUFFIXES, *_BANK_SUFFIXES):
        found = pattern.search(text)
        if found and found.start() > 0:
            parts.removed.append(("bank", found.group().strip()))
            text, parts.bank = text[: found.start()], True
    return text


def _off_facilitator(text: str, parts: Parts) -> str:
    found = _STAR.match(text)
    if found:
        prefix = found.group(1).strip()
        parts.facilitator = FACILITATORS.get(prefix, "other")
        parts.online = parts.facilitator in REMOTE_FACILITATORS
        parts.removed.append(("facilitator", found.group().strip()))
        return text[found.end() :]
    words = text.split(" ")
    for count in (2, 1):
        prefix = " ".join(words[:count])
        if len(words) > count and prefix in BARE_FACILITATORS:
            parts.facilitator = FACILITATORS[prefix]
            parts.online = parts.facilitator in REMOTE_FACILITATORS
            parts.removed.append(("facilitator", prefix))
            return " ".join(words[count:])
    return text


def _off_marked(text: str, parts: Parts) -> str:
    for found in _MARKED.finditer(text):
        if found.start() > 0:
            number = (found.group(1) or found.group(2)).lstrip("0")
            if number:
                parts.marked += (number,)
                parts.numbers += (number,)
                parts.removed.append(("number", found.group().strip()))
    return _MARKED.sub(lambda found: found.group() if found.start() == 0 else " ", text)


def _off_online(words: list[str], text: str, parts: Parts) -> list[str]:
    marks = [word for word in words if word in ONLINE]
    if not marks and not re.search(r"\.(FR|COM|EU|NET)\b", text):
        return words
    left = [word for word in words if word not in ONLINE]
    if not left:
        return words
    parts.online = True
    parts.removed.append(("online", " ".join(marks) or ".FR"))
    return left


def _off_legal(words: list[str], parts: Parts) -> list[str]:
    begin, end = 0, len(words)
    while end - begin > 1 and words[begin] in LEGAL_LEADING | LEGAL - {"SE"}:
        begin += 1
    while end - begin > 1 and words[end - 1] in LEGAL | LEGAL_TRAILING | NOISE:
        end -= 1
    gone = words[:begin] + words[end:]
    if gone:
        parts.legal = parts.legal or any(word in LEGAL for word in gone)
        parts.removed.append(("legal", " ".join(gone)))
    return words[begin:end]


def _off_street(words: list[str], parts: Parts) -> list[str]:
    for index in range(1, len(words)):
        if words[index] in STREETS and index + 1 < len(words):
            begin = index - 1 if index > 1 and words[index - 1].isdigit() else index
            parts.street = True
            parts.removed.append(("street", " ".join(words[begin:])))
            return words[:begin]
    return words


def _off_places(words: list[str], parts: Parts, places: Places) -> list[str]:
    towns: set[str] = set()
    centres: set[str] = set()
    left: list[str] = []
    index = 0
    while index < len(words):
        length, found = places.at(_as_towns(words), index)
        glued = _GLUED_DISTRICT.match(words[index])
        if glued and (left or len(words) > 1):
            towns.add(glued.group(1))
            parts.district = int(glued.group(2))
            parts.removed.append(("town", words[index]))
            index += 1
            continue
        if left and (words[index] == "CEDEX" or (towns and index == len(words) - 1 and words[index] in _CEDEX)):
            end = index + 1 + (index + 1 < len(words) and bool(_CEDEX_NUMBER.match(words[index + 1])))
            parts.removed.append(("town", " ".join(words[index:end])))
            index = end
            continue
        cut = _cut_towns(_as_towns(words)[index:], parts, places) if left and not towns else frozenset()
        if cut and index + length < len(words):
            parts.partial_towns, parts.cut_off = cut, "".join(words[index:])
            parts.removed.append(("town", " ".join(words[index:])))
            break
        alone = length >= len(words)
        if length and not alone and not left and not parts.bank:
            parts.front |= {place.key for place in found if place.kind == "town"}
        if length and not alone and (left or parts.bank):
            towns |= {place.key for place in found if place.kind == "town"}
            centres |= {place.key for place in found if place.kind == "centre"}
            parts.removed.append((found[0].kind, " ".join(words[index : index + length])))
            index += length
            index = _off_district(words, index, found, parts)
            continue
        left.append(words[index])
        index += 1
    if not left:
        return words
    if parts.cut and not centres:
        left = _off_cut_centre(left, parts, places)
    parts.towns, parts.centres = frozenset(towns), frozenset(centres)
    return left


def _as_towns(words: Sequence[str]) -> list[str]:
    return [{"SAINT": "ST", "SAINTE": "STE", "SUR": "S", "SOUS": "S"}.get(word, word) for word in words]


def _off_district(words: list[str], index: int, found: Sequence[Place], parts: Parts) -> int:
    if index < len(words) and any(place.key in ("PARIS", "LYON", "MARSEILLE") for place in found):
        numbered = _DISTRICT.match(words[index])
        if numbered and 1 <= int(numbered.group(1)) <= 20:
            parts.district = int(numbered.group(1))
            parts.removed.append(("district", words[index]))
            return index + 1
    return index


def _cut_towns(tail: Sequence[str], parts: Parts, places: Places) -> frozenset[str]:
    """The towns whose name the end of the text cuts; none where it may be a centre's name."""
    if not parts.cut and (len(tail) == 1 or sum(map(len, tail)) < _PARTIAL_TOWN_LONG):
        return frozenset()
    found = places.towns_cut(tail, inside_word=not parts.cut and len(tail) == 2)
    centre = any(place.kind == "centre" for place in places.cut_at(tail, 0))
    return frozenset() if centre or len(found) == TOWNS_CUT_MAX else found


def _off_cut_centre(left: list[str], parts: Parts, places: Places) -> list[str]:
    for start in range(1, len(left)):
        found = [place for place in places.cut_at(_as_towns(left), start) if place.kind == "centre"]
        if found:
            parts.partial_centres = frozenset(place.key for place in found)
            parts.removed.append(("centre", " ".join(left[start:])))
            return left[:start]
    return left


def _off_numbers(words: list[str], parts: Parts) -> list[str]:
    left: list[str] = []
    for index, word in enumerate(words):
        found = _NUMBER_MARK.match(word)
        if not found or index == 0 or (len(word) < 2 and index < len(words) - 1):
            left.append(word)
            continue
        number = found.group(1).lstrip("0")
        if len(word) == 5 and word.isdigit() and not parts.postcode:
            parts.postcode = word
        if number:
            parts.numbers += (number,)
            if not word.isdigit():
                parts.marked += (number,)
        parts.removed.append(("number", word))
    return left or words
