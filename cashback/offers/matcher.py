"""From immutable versions to an index and one fixed matcher. Pure: the same book always gives the same answers.

A book is compiled once per revision of a programme. The index finds the few offers that a purchase can concern, by its
shop, else its brand, its centre, its category, else the shopper's segments, else everywhere, and by the time; each of
them is then tested in full, and explained by the very conditions that decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.errors import Invalid
from cashback.offers.compiled import SELECTIVITY, CompiledOffer, OfferVersion
from cashback.offers.kinds import SINCE_EVER, Place, Surroundings
from cashback.offers.limits import Count
from cashback.offers.periods import local
from cashback.offers.postings import Posting, Timeline
from cashback.offers.schemas import NOTHING_SAID, SOMEBODY, FactKind, Facts, Spend

SEGMENTED_FROM = 100
"""Offers that only a segment selects, below which asking them all is cheaper than looking under every segment."""
EVERYWHERE = "everywhere"
"""The dimension of offers that select no place."""

_FIELDS = {"shop": "shop_id", "brand": "brand", "centre": "centre_id", "category": "category"}
"""Dimensions of a place, and where a purchase carries their value."""

Worth = Mapping[str, tuple[int, int]]
"""Minor units of the programme's currency that units of an asset are worth, as numerator and denominator."""


def _check(offer: OfferVersion, around: Surroundings) -> None:
    """A version that refers to what is not there would silently never match; it is refused instead."""
    what = f"offer {offer.code} version {offer.version}"
    if offer.terms.currency != around.currency:
        raise Invalid(f"{what} counts {offer.terms.currency}, its programme {around.currency}", code="offer_currency")
    named = offer.terms.references()
    missing = [code for code in named.get("shop", ()) if code not in around.shops]
    missing += [code for code in named.get("centre", ()) if code not in around.centres]
    if missing:
        raise Invalid(f"{what} names shops or centres that are not given: {', '.join(missing)}", code="offer_place")


class OfferBook:
    """All versions of one programme, indexed."""

    __slots__ = (
        "_anything_moves",
        "_everywhere",
        "_index",
        "_places",
        "around",
        "budgeted",
        "counts",
        "holdout_bps",
        "looks_back",
        "offers",
        "operator_id",
        "personal",
        "remembers",
        "segmented",
        "worth",
    )

    def __init__(
        self,
        offers: Sequence[CompiledOffer],
        around: Surroundings,
        *,
        operator_id: UUID = SOMEBODY,
        holdout_bps: int = 0,
        worth: Worth | None = None,
    ) -> None:
        self.offers = tuple(offers)
        self.around = around
        self.operator_id = operator_id
        self.holdout_bps = holdout_bps
        """Share of shoppers who receive no offer at all."""
        self.worth: Worth = worth or {}
        self.personal = any(offer.personal for offer in offers)
        """Whether what is said of shoppers decides anything."""
        self.budgeted = any(offer.budgeted for offer in offers)
        """Whether any offer has a quota."""
        self.looks_back = any(offer.looks_back for offer in offers)
        """Whether it matters where and when a shopper bought before."""
        self._index: dict[str, dict[object, Timeline]] = {each: {} for each in (*SELECTIVITY, EVERYWHERE)}
        by_segment = sum(1 for offer in offers if offer.keys is not None and offer.keys.dimension == "segment")
        counts: defaultdict[UUID, dict[Count, None]] = defaultdict(dict)
        for offer in offers:
            counts[offer.offer_id].update(dict.fromkeys(offer.counts))
            keys = offer.keys
            if keys is not None and keys.dimension == "segment" and by_segment < SEGMENTED_FROM:
                keys = None
            dimension = EVERYWHERE if keys is None else keys.dimension
            for value in (None,) if keys is None else keys.values:
                timeline = self._index[dimension].get(value)
                if timeline is None:
                    timeline = self._index[dimension][value] = Timeline()
                timeline.offers.append(offer)
        self.counts = {offer_id: tuple(found) for offer_id, found in counts.items() if found}
        """What rewards of an offer are counted by, over all its versions."""
        for offer in offers:
            # A version without a limit takes its part of one that another version has.
            offer.remembers |= offer.offer_id in self.counts
        self.remembers = any(offer.remembers for offer in offers)
        """Whether a purchase may depend on other purchases."""
        self._everywhere = self._index[EVERYWHERE].get(None)
        self._places = tuple((attrgetter(_FIELDS[each]), self._index[each]) for each in _FIELDS if self._index[each])
        """Of each dimension of a place in use: the purchase's value, and what stands under the values."""
        self.segmented = bool(self._index["segment"])
        self._anything_moves = any(
            offer.looks_back or (offer.remembers and offer.keys is not None and offer.keys.dimension == "segment")
            for offer in offers
        )

    @classmethod
    def compile(
        cls,
        versions: Iterable[OfferVersion],
        zones: Mapping[UUID, ZoneInfo],
        default_zone: ZoneInfo,
        currency: str,
        *,
        shops: Iterable[Place] = (),
        centres: Iterable[Place] = (),
        operator_id: UUID = SOMEBODY,
        holdout_bps: int = 0,
        worth: Worth | None = None,
    ) -> "OfferBook":
        """A book of versions, in the order of offer code and version.

        `zones` leads from a centre's id to its zone; `shops` and `centres` are the places that terms name by code.
        Raises Invalid when a version counts another currency than the programme's or names a place that is not given.
        """
        around = Surroundings(currency=currency, default_zone=default_zone, zones=zones, shops=shops, centres=centres)
        ordered = sorted(versions, key=lambda offer: (offer.code, offer.version))
        born: dict[UUID, datetime] = {}
        for offer in ordered:
            _check(offer, around)
            begun = offer.live_from or SINCE_EVER
            born[offer.offer_id] = min(begun, born.get(offer.offer_id, begun))
        compiled = [CompiledOffer(offer, around, born[offer.offer_id]) for offer in ordered]
        return cls(compiled, around, operator_id=operator_id, holdout_bps=holdout_bps, worth=worth)

    def candidates(self, spend: Spend, facts: Facts = NOTHING_SAID) -> list[CompiledOffer]:
        """Versions that judge or count the purchase and that it can concern; still to be asked whether they match.

        Empty while the shop is not known: such a purchase earns when its shop becomes known.
        """
        postings = self._postings(spend, facts)
        found = [offer for posting in postings for offer in posting.possible(spend.purchased_at)]
        return _once(found) if self.segmented else found

    def matching(self, spend: Spend, facts: Facts = NOTHING_SAID) -> list[CompiledOffer]:
        """Those of the candidates that the purchase by itself meets, in no order."""
        found: list[CompiledOffer] = []
        if spend.net_minor <= 0 or spend.currency != self.around.currency:
            return found
        postings = self._postings(spend, facts)
        if postings:
            clock = local(spend.purchased_at, self.around.zone(spend.centre_id))
            hour = clock.weekday() * 24 + clock.hour
            for posting in postings:
                posting.matching(spend, hour, found)
        return _once(found) if self.segmented and len(found) > 1 else found

    def _postings(self, spend: Spend, facts: Facts) -> list[Posting]:
        """What stands under the place of the purchase, under the shopper's segments and everywhere."""
        postings: list[Posting] = []
        if spend.shop_id is None:
            return postings
        at = spend.purchased_at
        for value_of, timelines in self._places:
            timeline = timelines.get(value_of(spend))
            if timeline is not None:
                postings.append(timeline.at(at))
        if self._everywhere is not None:
            postings.append(self._everywhere.at(at))
        if self.segmented:
            timelines = self._index["segment"]
            for segment in facts.values(FactKind.SEGMENT, at):
                timeline = timelines.get(segment)
                if timeline is not None:
                    postings.append(timeline.at(at))
        return postings

    def may_move_others(self, spend: Spend) -> bool:
        """Whether what other purchases of the shopper earn may depend on this one."""
        if not self.remembers or not spend.counts:
            return False
        return self._anything_moves or any(offer.remembers for offer in self.matching(spend))

    def concerned(self, spend: Spend) -> list[CompiledOffer]:
        """Every version live at the purchase that its place can concern, in the order of offer codes."""
        if spend.shop_id is None:
            return []
        timelines = [values.get(value_of(spend)) for value_of, values in self._places]
        timelines += [self._everywhere, *self._index["segment"].values()]
        found = _once([offer for timeline in timelines if timeline is not None for offer in timeline.offers])
        live = [each for each in found if each.live(spend.purchased_at)]
        return sorted(live, key=lambda offer: (offer.code, offer.version))


def _once(offers: Sequence[CompiledOffer]) -> list[CompiledOffer]:
    """An offer for two segments of one shopper is still one offer."""
    return list({id(offer): offer for offer in offers}.values())
