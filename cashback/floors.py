"""Floors: `0`, `+0`, `Niveau 0`, `Level 0`, `RDC` and `ground floor` are one, however somebody writes them."""

import re
from collections import Counter
from collections.abc import Iterable

from anyascii import anyascii

_NUMBERED = re.compile(r"(?:niveau|niv|level|lvl|floor|etage|n|l)?[ .]*([+-]?\d{1,2})")
_COUNTED = re.compile(r"(\d{1,2})(?:er|re|eme|e|st|nd|rd|th) *(?:niveau|level|floor|etage)")
_ABOVE = re.compile(r"(?:r|rdc) *\+ *(\d{1,2})")
_BELOW = re.compile(r"(?:sous[ -]?sol|basement) *(\d{1,2})?")
_GROUND = frozenset({"rdc", "rez de chaussee", "ground floor", "ground", "ground level"})


def number_of(floor: str) -> int | None:
    """Which floor it is, 0 for the ground floor; None for a name that says none, such as `Mezzanine`."""
    said = anyascii(floor).casefold().replace("\u2212", "-").strip()
    found = _NUMBERED.fullmatch(said) or _COUNTED.fullmatch(said) or _ABOVE.fullmatch(said)
    if found is not None:
        return int(found[1])
    below = _BELOW.fullmatch(said)
    if below is not None:
        return -int(below[1] or 1)
    return 0 if " ".join(re.split(r"[ -]+", said)) in _GROUND else None


def bare(floor: str) -> str:
    """`0` of `Niveau 0`, for sentences that say what it is; a name as it is."""
    number = number_of(floor)
    return floor if number is None else str(number)


class Written:
    """How the floors of a programme are written, so that another writing of one of them does not make a second."""

    def __init__(self, floors: Iterable[str]) -> None:
        """`floors` are those of its shops; the commonest writing of each counts."""
        self._by_number: dict[int, str] = {}
        for floor, _ in Counter(floors).most_common():
            number = number_of(floor)
            if number is not None:
                self._by_number.setdefault(number, floor)

    def __call__(self, floor: str) -> str:
        """As the programme writes it; one that it does not have yet as its number alone, a name as it is."""
        number = number_of(floor)
        return floor if number is None else self._by_number.get(number, str(number))
