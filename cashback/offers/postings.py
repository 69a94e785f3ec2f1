"""Offers that stand under one value of the index: one list for every stretch in which the same ones can match.

Between two instants at which an offer begins or ends to be possible nothing changes, so a stretch is made ready once
and serves every purchase in it. What rules most offers out is known without calling any test: the least that must be
spent, by which the offers of a stretch are ordered, and the hours of the local week. Of each offer only those tests are
left that neither its place in the index nor the stretch has already answered.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from operator import attrgetter

from cashback.offers.compiled import CompiledOffer
from cashback.offers.kinds import THROUGHOUT
from cashback.offers.schemas import Spend

STRETCHES_KEPT = 512
"""Of one timeline; a programme is asked about a few weeks around now, whatever its past."""


class Posting:
    """The offers of one stretch."""

    __slots__ = ("_least", "_rows", "begin", "end", "offers")

    def __init__(self, offers: list[CompiledOffer], begin: datetime, end: datetime) -> None:
        self.offers = offers
        self.begin = begin
        self.end = end
        rows = sorted(offers, key=_least_minor)
        self._least = [offer.least_minor for offer in rows]
        self._rows = [offer.row for offer in rows]

    def matching(self, spend: Spend, hour: int, found: list[CompiledOffer]) -> None:
        """Add those that the purchase by itself meets, in no order; it is worth something in the right currency."""
        for clock, off_clock, tests, offer in islice(self._rows, bisect_right(self._least, spend.net_minor)):
            holds = clock[hour]
            if holds:
                for test in off_clock if holds == THROUGHOUT else tests:
                    if not test(spend):
                        break
                else:
                    found.append(offer)


_least_minor = attrgetter("least_minor")


class Timeline:
    """One value of the index through all time."""

    __slots__ = ("_changes", "_kept", "_last", "offers")

    def __init__(self) -> None:
        self.offers: list[CompiledOffer] = []
        self._changes: Sequence[datetime] | None = None
        self._kept: dict[int, Posting] = {}
        self._last: Posting | None = None

    def at(self, instant: datetime) -> Posting:
        """The stretch that an instant lies in, made ready."""
        last = self._last
        if last is not None and last.begin <= instant < last.end:
            return last
        if self._changes is None:
            self._changes = sorted({each for offer in self.offers for each in (offer.opens, offer.closes)})
        place = bisect_right(self._changes, instant)
        posting = self._kept.get(place)
        if posting is None:
            posting = self._make(place, instant, self._changes)
        self._last = posting
        return posting

    def _make(self, place: int, instant: datetime, changes: Sequence[datetime]) -> Posting:
        begin = changes[place - 1] if place else datetime.min.replace(tzinfo=instant.tzinfo)
        end = changes[place] if place < len(changes) else datetime.max.replace(tzinfo=instant.tzinfo)
        if len(self._kept) >= STRETCHES_KEPT:
            self._kept.clear()
        offers = [offer for offer in self.offers if offer.opens <= instant < offer.closes]
        posting = self._kept[place] = Posting(offers, begin, end)
        return posting
