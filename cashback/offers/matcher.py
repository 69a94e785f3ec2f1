"""From immutable versions to an index and one fixed matcher. Pure: the same book always gives the same answers.

A book is compiled once per revision of a programme. The index finds the few offers that a purchase can concern, by its
shop, else its brand, its centre, its category, else the shopper's segments, else everywhere, bucketed by day; each of
them is then tested in full, and explained by the very conditions that decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.errors import Invalid
from cashback.offers.compiled import SELECTIVITY, CompiledOffer, OfferVersion
from cashback.offers.kinds import FOR_EVER, SINCE_EVER, Place, Surroundings
from cashback.offers.limits import Count
from cashback.offers.schemas import NOTHING_SAID, SOMEBODY, FactKind, Facts, Spend

REMEMBERED_MAX = 50_000
"""Lists of candidates kept, one per value and day; more than a year of days of a large centre."""

EVERYWHERE = "everywhere"
"""The dimension of offers that select no place."""

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
        "_dimensions",
        "_index",
        "_remembered",
        "around",
        "counts",
        "holdout_bps",
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
        self._index: dict[str, dict[object, list[CompiledOffer]]] = {
            each: defaultdict(list) for each in (*SELECTIVITY, EVERYWHERE)
        }
        self._remembered: dict[tuple[str, object, int], tuple[list[CompiledOffer], bool]] = {}
        counts: defaultdict[UUID, dict[Count, None]] = defaultdict(dict)
        for offer in offers:
            counts[offer.offer_id].update(dict.fromkeys(offer.counts))
            if offer.keys is None:
                self._index[EVERYWHERE][None].append(offer)
            else:
                for value in offer.keys.values:
                    self._index[offer.keys.dimension][value].append(offer)
        self.counts = {offer_id: tuple(found) for offer_id, found in counts.items() if found}
        """What rewards of an offer are counted by, over all its versions."""
        for offer in offers:
            # A version without a limit takes its part of one that another version has.
            offer.remembers |= offer.offer_id in self.counts
        self.remembers = any(offer.remembers for offer in offers)
        """Whether a purchase may depend on other purchases."""
        self._dimensions = tuple(each for each, held in self._index.items() if held and each != "segment")
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
        shop_id = spend.shop_id
        if shop_id is None:
            return []
        at = spend.purchased_at
        day = (at if at.tzinfo is UTC else at.astimezone(UTC)).toordinal()
        found: list[CompiledOffer] = []
        for dimension in self._dimensions:
            found += self._of_day(dimension, _value(dimension, spend), at, day)
        if self.segmented:
            for segment in facts.values(FactKind.SEGMENT, at):
                # An offer for two segments of one shopper is still one offer.
                found += [each for each in self._of_day("segment", segment, at, day) if each not in found]
        return found

    def _of_day(self, dimension: str, value: object, at: datetime, day: int) -> list[CompiledOffer]:
        key = (dimension, value, day)
        offers, all_day = self._remembered.get(key) or self._remember(key)
        return offers if all_day else [offer for offer in offers if offer.counts_from <= at < offer.live_until]

    def may_move_others(self, spend: Spend) -> bool:
        """Whether what other purchases of the shopper earn may depend on this one."""
        if not self.remembers or not spend.counts:
            return False
        return self._anything_moves or any(offer.remembers and offer.matches(spend) for offer in self.candidates(spend))

    def concerned(self, spend: Spend) -> list[CompiledOffer]:
        """Every version live at the purchase that its place can concern, in the order of offer codes."""
        if spend.shop_id is None:
            return []
        found = [
            each for dimension in self._dimensions for each in self._index[dimension].get(_value(dimension, spend), ())
        ]
        of_segments = {id(each): each for offers in self._index["segment"].values() for each in offers}
        live = [each for each in (*found, *of_segments.values()) if each.live(spend.purchased_at)]
        return sorted(live, key=lambda offer: (offer.code, offer.version))

    def _remember(self, key: tuple[str, object, int]) -> tuple[list[CompiledOffer], bool]:
        """The offers under one value on one UTC day, and whether all of them count throughout it."""
        dimension, value, ordinal = key
        begin = datetime.combine(date.fromordinal(ordinal), time(0), tzinfo=UTC)
        end = begin + timedelta(days=1) if ordinal < date.max.toordinal() else FOR_EVER
        offers = self._index[dimension].get(value, ())
        of_day = [offer for offer in offers if offer.opens < end and offer.closes > begin]
        all_day = all(offer.counts_from <= begin and offer.live_until >= end for offer in of_day)
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[key] = (of_day, all_day)
        return self._remembered[key]


def _value(dimension: str, spend: Spend) -> object:
    match dimension:
        case "shop":
            return spend.shop_id
        case "brand":
            return spend.brand
        case "centre":
            return spend.centre_id
        case "category":
            return spend.category
        case _:
            return None
