"""From immutable versions to an index and one fixed matcher. Pure: the same book always gives the same answers.

A book is compiled once per revision of a programme. The index finds the few offers that a purchase can concern, by its
shop, else its brand, its centre, its category, else everywhere, by the time and by what is said of the shopper; each of
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
from cashback.offers.kinds import SINCE_EVER, Pauses, Place, Surroundings
from cashback.offers.limits import Count
from cashback.offers.marks import WHOEVER
from cashback.offers.periods import local
from cashback.offers.postings import Timeline
from cashback.offers.schemas import SOMEBODY, Facts, Spend
from cashback.offers.uncertainty import hours_read, made

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
        self.looks_back = tuple(dict.fromkeys(level for offer in offers for level in offer.looks_back))
        """How far around a purchase its offers look for earlier ones."""
        self._index: dict[str, dict[object, Timeline]] = {each: {} for each in (*SELECTIVITY, EVERYWHERE)}
        counts: defaultdict[UUID, dict[Count, None]] = defaultdict(dict)
        for offer in offers:
            counts[offer.offer_id].update(dict.fromkeys(offer.counts))
            keys = offer.keys
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
        pauses: Pauses | None = None,
    ) -> "OfferBook":
        """A book of versions, in the order of offer code and version.

        `zones` leads from a centre's id to its zone; `shops` and `centres` are the places that terms name by code;
        `pauses` says when a funder promises nothing.
        Raises Invalid when a version counts another currency than the programme's or names a place that is not given.
        """
        around = Surroundings(
            currency=currency, default_zone=default_zone, zones=zones, shops=shops, centres=centres, pauses=pauses
        )
        ordered = sorted(versions, key=lambda offer: (offer.code, offer.version))
        born: dict[UUID, datetime] = {}
        for offer in ordered:
            _check(offer, around)
            begun = offer.live_from or SINCE_EVER
            born[offer.offer_id] = min(begun, born.get(offer.offer_id, begun))
        compiled = [CompiledOffer(offer, around, born[offer.offer_id]) for offer in ordered]
        return cls(compiled, around, operator_id=operator_id, holdout_bps=holdout_bps, worth=worth)

    def candidates(self, spend: Spend) -> list[CompiledOffer]:
        """Versions that judge or count the purchase and that it can concern; still to be asked whether they match.

        Empty while the shop is not known: such a purchase earns when its shop becomes known.
        """
        at, certain = spend.purchased_at, spend.purchased_until is None
        return [offer for timeline in self._timelines(spend) for offer in timeline.possible(at, certain=certain)]

    def matching(self, spend: Spend, facts: Facts | None = None) -> list[CompiledOffer]:
        """Those of the candidates that the purchase meets, and the facts where they are given. In no order."""
        found: list[CompiledOffer] = []
        if spend.net_minor <= 0 or spend.currency != self.around.currency:
            return found
        timelines = self._timelines(spend)
        if timelines:
            at = spend.purchased_at
            held = WHOEVER if facts is None else self.around.marks.of(facts, at)
            if spend.purchased_until is not None:
                hours = hours_read(made(spend), self.around.zone(spend.centre_id))
                for timeline in timelines:
                    timeline.matching_unsure(spend, hours, held, found)
                return found
            clock = local(at, self.around.zone(spend.centre_id))
            hour = clock.weekday() * 24 + clock.hour
            for timeline in timelines:
                timeline.matching(spend, hour, held, found)
        return found

    def _timelines(self, spend: Spend) -> list[Timeline]:
        """What stands under the place of the purchase and everywhere."""
        found: list[Timeline] = []
        if spend.shop_id is None:
            return found
        for value_of, timelines in self._places:
            timeline = timelines.get(value_of(spend))
            if timeline is not None:
                found.append(timeline)
        if self._everywhere is not None:
            found.append(self._everywhere)
        return found

    def may_move_others(self, spend: Spend) -> bool:
        """Whether what other purchases of the shopper earn may depend on this one."""
        if not self.remembers or not spend.counts:
            return False
        return bool(self.looks_back) or any(offer.remembers for offer in self.matching(spend))

    def concerned(self, spend: Spend) -> list[CompiledOffer]:
        """Every version live at the purchase that its place can concern, in the order of offer codes."""
        at = spend.purchased_at
        live = [offer for timeline in self._timelines(spend) for offer in timeline.offers if offer.live(at)]
        return sorted(live, key=lambda offer: (offer.code, offer.version))
