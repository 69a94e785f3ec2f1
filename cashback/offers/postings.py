"""Offers that stand under one value of the index: one list for every stretch in which the same ones can match.

Between two instants at which an offer begins or ends to be possible nothing changes, so a stretch is made ready once
and serves every purchase in it. Two things that rule most offers out are looked at without calling any test: the least
that must be spent, in which order the offers of a stretch stand, and the hours of the local week.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from cashback.offers.compiled import CompiledOffer
from cashback.offers.kinds import THROUGHOUT
from cashback.offers.schemas import Spend

STRETCH_BITS = 32
"""Of a key: the number of the stretch; above it the number of the timeline."""


class Posting:
    """The offers of one stretch."""

    __slots__ = ("_least", "_rows", "offers")

    def __init__(self, offers: list[CompiledOffer]) -> None:
        self.offers = offers
        rows = sorted(enumerate(offers), key=lambda row: row[1].least_minor)
        self._least = [offer.least_minor for _, offer in rows]
        self._rows = [(place, offer.clock, offer) for place, offer in rows]

    def matching(self, spend: Spend, hour: int) -> list[CompiledOffer]:
        """Those that the purchase by itself meets, in the order in which they stand in the book."""
        found: list[tuple[int, CompiledOffer]] = []
        for place, clock, offer in self._rows[: bisect_right(self._least, spend.net_minor)]:
            holds = clock[hour]
            if holds and (offer.matches_in_its_hours(spend) if holds == THROUGHOUT else offer.matches(spend)):
                found.append((place, offer))
        if not found:
            return []
        if len(found) > 1:
            found.sort(key=itemgetter(0))
        return [offer for _, offer in found]


class Timeline:
    """One value of the index through all time."""

    __slots__ = ("_changes", "_key", "offers")

    def __init__(self, number: int) -> None:
        self._key = number << STRETCH_BITS
        self.offers: list[CompiledOffer] = []
        self._changes: Sequence[datetime] | None = None

    def key(self, at: datetime) -> int:
        """Names the stretch that an instant lies in, among those of all timelines of a book."""
        if self._changes is None:
            self._changes = sorted({instant for offer in self.offers for instant in (offer.opens, offer.closes)})
        return self._key | bisect_right(self._changes, at)

    def posting(self, at: datetime) -> Posting:
        """The stretch that an instant lies in, made ready."""
        return Posting([offer for offer in self.offers if offer.opens <= at < offer.closes])
