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
from cashback.offers.kinds import FOR_EVER, SINCE_EVER, THROUGHOUT
from cashback.offers.schemas import Spend

STRETCHES_KEPT = 2_048
"""Of one timeline; a programme is asked about a few weeks around now, whatever its past."""
SMALL = 24
"""Offers of a timeline up to which asking each for its time is cheaper than making stretches ready."""


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

    def possible(self, at: datetime) -> list[CompiledOffer]:  # noqa: ARG002 - all are, in this stretch
        """Those that can match at an instant."""
        return self.offers

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


class SmallPosting(Posting):
    """All offers of a timeline that has few: each is asked for its time."""

    __slots__ = ("_timed",)

    def __init__(self, offers: list[CompiledOffer]) -> None:
        super().__init__(offers, SINCE_EVER, FOR_EVER)
        self._timed = [(row[-1].opens, row[-1].closes, *row) for row in self._rows]

    def possible(self, at: datetime) -> list[CompiledOffer]:
        """Those whose time it is."""
        return [offer for offer in self.offers if offer.opens <= at < offer.closes]

    def matching(self, spend: Spend, hour: int, found: list[CompiledOffer]) -> None:
        """The same, of those whose time it is."""
        at = spend.purchased_at
        timed = islice(self._timed, bisect_right(self._least, spend.net_minor))
        for opens, closes, clock, off_clock, tests, offer in timed:
            holds = clock[hour]
            if holds and opens <= at < closes:
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
        if len(self.offers) <= SMALL:
            self._last = SmallPosting(self.offers)
            return self._last
        if self._changes is None:
            self._changes = sorted({each for offer in self.offers for each in (offer.opens, offer.closes)})
        place = bisect_right(self._changes, instant)
        posting = self._kept.get(place)
        if posting is None:
            posting = self._make(place, instant, self._changes)
        self._last = posting
        return posting

    def _make(self, place: int, instant: datetime, changes: Sequence[datetime]) -> Posting:
        begin = changes[place - 1] if place else SINCE_EVER
        end = changes[place] if place < len(changes) else FOR_EVER
        if len(self._kept) >= STRETCHES_KEPT:
            self._kept.clear()
        offers = [offer for offer in self.offers if offer.opens <= instant < offer.closes]
        posting = self._kept[place] = Posting(offers, begin, end)
        return posting
