"""What offers ask to be said of a shopper, as bits: whether one of several values holds is one `and` of two numbers.

Every value that some offer of a programme names gets a bit when the offer is compiled. What is said of a shopper at the
time of a purchase becomes a number once, and every offer is held against it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from cashback.offers.schemas import FactKind, Facts

MARKS_MAX = 1_024
"""Values that get a bit; offers that name further ones are asked by their own test."""
ANYBODY = 1
"""What an offer asks that asks nothing; every shopper has it."""


class Held(NamedTuple):
    """What is said of one shopper at one instant."""

    marks: int
    """All of it as one number."""
    each: Sequence[int] | None
    """One by one; None of a shopper of whom everything counts as said."""


NOT_HELD = Held(ANYBODY, ())
"""Nothing that an offer asks is said of them."""
WHOEVER = Held((1 << (MARKS_MAX + 1)) - 1, None)
"""Some shopper, when it is not asked what is said of them."""


class Marks:
    """The bits of one programme. Only grows."""

    __slots__ = ("_bits", "_given", "_last")

    def __init__(self) -> None:
        self._bits: dict[FactKind, dict[str, int]] = {}
        self._given = 0
        self._last: dict[FactKind, tuple[Sequence[str] | None, Held]] = {}
        """The answer given last: purchases of one shopper follow one another, and the values are the same list."""

    def wanted(self, kind: FactKind, values: Collection[str]) -> int | None:
        """The bits of these values, at least one, of which a shopper must have one; None when no bits are left."""
        bits = self._bits.setdefault(kind, {})
        new = [value for value in values if value not in bits]
        if self._given + len(new) > MARKS_MAX:
            return None
        for value in sorted(new):
            self._given += 1
            bits[value] = 1 << self._given
        if new:
            self._last = {}
        wanted = 0
        for value in values:
            wanted |= bits[value]
        return wanted

    def of(self, facts: Facts, at: datetime) -> Held:
        """What a shopper has at an instant."""
        held = NOT_HELD
        last = self._last
        for kind in tuple(self._bits):
            values = facts.values(kind, at)
            known, found = last.get(kind, _NEVER_READ)
            if known is not values:
                found = self._read(kind, values)
                last[kind] = values, found
            held = found if held is NOT_HELD else _both(held, found)
        return held

    def _read(self, kind: FactKind, values: Sequence[str]) -> Held:
        bits = self._bits[kind]
        each = [bits[value] for value in values if value in bits]
        return Held(reduce(or_, each, ANYBODY), each)


_NEVER_READ: tuple[Sequence[str] | None, Held] = (None, NOT_HELD)


def _both(one: Held, other: Held) -> Held:
    return Held(one.marks | other.marks, (*(one.each or ()), *(other.each or ())))
