"""Offers that stand under one value of the index, and how those that a purchase meets are found among them.

What rules most offers out is known without calling any test: the least that must be spent, the time at which an offer
is possible, the hours of the local week, what must be said of the shopper. Few offers are looked at one by one. Many
stand in columns: for every hour, every stretch of time, every amount and every mark there is a number with one bit an
offer, and the offers that meet all of them are the bits that are left when these numbers are laid over one another. Of
each offer found only those tests are called that nothing before has answered.

Of a purchase whose time is uncertain only what is surely no is ruled out: an offer that no hour of the local week in
which it can have been made allows, unless the offer takes uncertain times in the shopper's favour. Of the rest every
test is asked.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from operator import attrgetter

from cashback.offers.compiled import CompiledOffer
from cashback.offers.kinds import ALWAYS, IN_PART, NEVER, THROUGHOUT, Test
from cashback.offers.marks import ANYBODY, Held
from cashback.offers.schemas import Spend

FEW = 64
"""Offers of one value up to which looking at each is cheaper than laying columns over one another."""
STRETCHES_KEPT = 2_048
"""Of one value; a programme is asked about a few weeks around now, whatever its past."""


class Timeline:
    """One value of the index through all time."""

    __slots__ = ("_columns", "_least", "_rows", "offers")

    def __init__(self) -> None:
        self.offers: list[CompiledOffer] = []
        self._least: list[int] = []
        self._rows: list[_Timed] = []
        self._columns: Columns | None = None

    def possible(self, at: datetime, *, certain: bool) -> list[CompiledOffer]:
        """Those that can match at an instant, or a purchase of which it is the instant that counts."""
        if certain:
            return [offer for offer in self.offers if offer.opens <= at < offer.closes]
        return [offer for offer in self.offers if offer.possible_unsure(at)]

    def matching(self, spend: Spend, hour: int, held: Held, found: list[CompiledOffer]) -> None:
        """Add those that the purchase and the shopper's marks meet, in no order.

        The purchase is worth something in the programme's currency; `hour` is its hour of the local week.
        """
        if not self._least:
            self._make_ready()
        columns = self._columns
        if columns is not None:
            columns.matching(spend, hour, held, found)
            return
        at = spend.purchased_at
        marks = held.marks
        for clock, wanted, off_clock, tests, offer, opens, closes in islice(
            self._rows, bisect_right(self._least, spend.net_minor)
        ):
            holds = clock[hour]
            if holds and wanted & marks and opens <= at < closes:
                for test in off_clock if holds == THROUGHOUT else tests:
                    if not test(spend):
                        break
                else:
                    found.append(offer)

    def matching_unsure(self, spend: Spend, hours: Iterable[int], held: Held, found: list[CompiledOffer]) -> None:
        """The same of a purchase whose time is uncertain; `hours` are all in which it can have been made."""
        if not self._least:
            self._make_ready()
        at, marks = spend.purchased_at, held.marks
        if self._columns is not None:
            left = self._columns.left_unsure(spend, hours, held)
        else:
            left = [
                row[4]
                for row in self._rows
                if row[1] & marks and (row[4].in_favour or all(map(row[0].__getitem__, hours)))
            ]
        found += [each for each in left if each.possible_unsure(at) and each.matches(spend)]

    def _make_ready(self) -> None:
        ordered = sorted(self.offers, key=_least_minor)
        least = [offer.least_minor for offer in ordered]
        if len(ordered) > FEW:
            self._columns = Columns(ordered, least)
        else:
            self._rows = [(*offer.row, offer.opens, offer.closes) for offer in ordered]
        # Last, because it says that all is ready.
        self._least = least


_Timed = tuple[bytes, int, tuple[Test, ...], tuple[Test, ...], CompiledOffer, datetime, datetime]
_least_minor = attrgetter("least_minor")


class Columns:
    """Many offers, the least that must be spent first. In every number the lowest bit stands for the first offer."""

    __slots__ = (
        "_anybody",
        "_changes",
        "_clocks",
        "_hours",
        "_in_favour",
        "_least",
        "_offers",
        "_rows",
        "_stretches",
        "_wanting",
    )

    def __init__(self, offers: Sequence[CompiledOffer], least: Sequence[int]) -> None:
        self._offers = offers
        self._least = least
        self._rows = [offer.row for offer in offers]
        self._clocks = b"".join([row[0] for row in reversed(self._rows)])
        self._hours: dict[int, int] = {}
        self._changes = sorted({each for offer in offers for each in (offer.opens, offer.closes)})
        self._stretches: dict[int, int] = {}
        self._in_favour = 0
        """Offers that may take an uncertain time in the shopper's favour."""
        self._anybody = 0
        """Offers that ask no marks."""
        self._wanting: dict[int, int] = {}
        """By mark: the offers that ask for it."""
        for place, (_, wanted, *_, offer) in enumerate(self._rows):
            if offer.in_favour:
                self._in_favour |= 1 << place
            if wanted == ANYBODY:
                self._anybody |= 1 << place
            while wanted > ANYBODY:
                mark = wanted & -wanted
                self._wanting[mark] = self._wanting.get(mark, 0) | 1 << place
                wanted ^= mark

    def matching(self, spend: Spend, hour: int, held: Held, found: list[CompiledOffer]) -> None:
        """As of a timeline."""
        left = (1 << bisect_right(self._least, spend.net_minor)) - 1
        left &= self._hours.get(hour) or self._hour(hour)
        left &= self._stretch(spend.purchased_at)
        if left and held.each is not None:
            left &= self._suiting(held.each)
        rows = self._rows
        while left:
            lowest = left & -left
            left ^= lowest
            clock, _, off_clock, tests, offer = rows[lowest.bit_length() - 1]
            for test in off_clock if clock[hour] == THROUGHOUT else tests:
                if not test(spend):
                    break
            else:
                found.append(offer)

    def left_unsure(self, spend: Spend, hours: Iterable[int], held: Held) -> list[CompiledOffer]:
        """What no column rules out for a purchase whose time is uncertain."""
        left = self._stretch(spend.purchased_at)
        for hour in hours:
            left &= self._hours.get(hour) or self._hour(hour)
        left |= self._in_favour
        left &= (1 << bisect_right(self._least, spend.net_minor)) - 1
        if left and held.each is not None:
            left &= self._suiting(held.each)
        found = []
        while left:
            lowest = left & -left
            left ^= lowest
            found.append(self._offers[lowest.bit_length() - 1])
        return found

    def _suiting(self, each: Sequence[int]) -> int:
        """The offers that ask for one of these marks, or for none."""
        suits, wanting = self._anybody, self._wanting
        for mark in each:
            if mark in wanting:
                suits |= wanting[mark]
        return suits

    def _hour(self, hour: int) -> int:
        found = self._hours[hour] = int(self._clocks[hour :: len(ALWAYS)].translate(_DIGITS), 2)
        return found

    def _stretch(self, at: datetime) -> int:
        """The offers possible at an instant: between two instants at which one begins or ends nothing changes."""
        place = bisect_right(self._changes, at)
        found = self._stretches.get(place)
        if found is None:
            if len(self._stretches) >= STRETCHES_KEPT:
                self._stretches.clear()
            bits = ["1" if offer.opens <= at < offer.closes else "0" for offer in reversed(self._offers)]
            found = self._stretches[place] = int("".join(bits), 2)
        return found


_DIGITS = bytes.maketrans(bytes((NEVER, THROUGHOUT, IN_PART)), b"011")
"""Whether a clock holds in an hour, as digits of a binary number."""
