"""From immutable versions to an index and one fixed matcher. Pure: the same book always gives the same answers.

A book is compiled once per revision of a programme. The index finds the few offers that a shop can concern; each of
them is then tested in full, and explained by the very conditions that decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.errors import Invalid
from cashback.offers.kinds import (
    FOR_EVER,
    SINCE_EVER,
    Amount,
    Explainer,
    IndexKeys,
    Place,
    Surroundings,
    Test,
)
from cashback.offers.schemas import Spend, Trail
from cashback.offers.terms import Terms

SELECTIVITY = ("shop", "brand", "centre", "category", "segment")
"""Dimensions of the index, the most selective first; an offer stands under the first one that it has."""
REMEMBERED_MAX = 50_000
"""Lists of candidates kept, one per shop and day; more than a year of days of a large centre."""


@dataclass(frozen=True, slots=True)
class OfferVersion:
    """One immutable version and the half-open interval in which purchases are judged by it."""

    offer_id: UUID
    code: str
    version: int
    terms: Terms
    live_from: datetime | None
    """Aware UTC; None: since ever."""
    live_until: datetime | None
    """Aware UTC, excluded; None: still live."""


class CompiledOffer:
    """One version made ready: tests in order, the reward, and the explanation of both."""

    __slots__ = (
        "_explainers",
        "_reckon",
        "_tests",
        "asset",
        "budgeted",
        "closes",
        "code",
        "hold",
        "keys",
        "live_from",
        "live_until",
        "offer_id",
        "opens",
        "terms",
        "version",
    )

    def __init__(self, offer: OfferVersion, around: Surroundings) -> None:
        terms = offer.terms
        self.offer_id = offer.offer_id
        self.code = offer.code
        self.version = offer.version
        self.terms = terms
        self.asset = terms.reward.asset
        self.budgeted = terms.budget is not None
        self.hold = timedelta(days=terms.hold_days)
        self.live_from = offer.live_from or SINCE_EVER
        self.live_until = offer.live_until or FOR_EVER
        spans = [condition.span(around) for condition in terms.conditions]
        self.opens = max((self.live_from, *(begin for begin, _ in spans)))
        self.closes = min((self.live_until, *(end for _, end in spans)))
        self.keys = _most_selective(keys for keys in (each.index_keys(around) for each in terms.conditions) if keys)
        self._tests: tuple[Test, ...] = (
            *(condition.test(around) for condition in terms.conditions),
            terms.reward.test(around),
        )
        self._explainers: tuple[Explainer, ...] = (
            *(condition.explainer(around) for condition in terms.conditions),
            terms.reward.explainer(around),
        )
        self._reckon: Amount = terms.reward.reckoner()

    def live(self, at: datetime) -> bool:
        """Whether this version judges a purchase made at an instant."""
        return self.live_from <= at < self.live_until

    def matches(self, spend: Spend) -> bool:
        """Whether every condition holds and the reward counts this purchase; whether it was live is not asked."""
        for test in self._tests:  # noqa: SIM110 - a generator would double the cost of the hottest loop
            if not test(spend):
                return False
        return True

    def wanted(self, spend: Spend) -> int:
        """What the terms promise for a purchase that matches, in units of `asset`, capped; before any quota."""
        return self._reckon(spend)

    def trail(self, spend: Spend) -> Trail:
        """One entry per condition, then one of the reward; all are `ok` exactly when the purchase matches."""
        return [explain(spend) for explain in self._explainers]


def _most_selective(found: Iterable[IndexKeys]) -> IndexKeys | None:
    ordered = sorted(found, key=lambda keys: SELECTIVITY.index(keys.dimension))
    return ordered[0] if ordered else None


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
    """All versions of one programme, indexed: shop, else centre, else category, else every purchase; then by day."""

    __slots__ = ("_everywhere", "_index", "_remembered", "offers")

    def __init__(self, offers: Sequence[CompiledOffer]) -> None:
        self.offers = tuple(offers)
        self._everywhere: list[CompiledOffer] = []
        self._index: dict[str, dict[UUID | str, list[CompiledOffer]]] = {
            each: defaultdict(list) for each in SELECTIVITY
        }
        self._remembered: dict[tuple[UUID, UUID | None, str | None, int], tuple[list[CompiledOffer], bool]] = {}
        for offer in offers:
            if offer.keys is None:
                self._everywhere.append(offer)
            else:
                for value in offer.keys.values:
                    self._index[offer.keys.dimension][value].append(offer)

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
    ) -> "OfferBook":
        """A book of versions, in the order of offer code and version.

        `zones` leads from a centre's id to its zone; `shops` and `centres` are the places that terms name by code.
        Raises Invalid when a version counts another currency than the programme's or names a place that is not given.
        """
        around = Surroundings(currency=currency, default_zone=default_zone, zones=zones, shops=shops, centres=centres)
        ordered = sorted(versions, key=lambda offer: (offer.code, offer.version))
        for offer in ordered:
            _check(offer, around)
        return cls([CompiledOffer(offer, around) for offer in ordered])

    def candidates(self, spend: Spend) -> Sequence[CompiledOffer]:
        """Versions live at the purchase that its shop can concern; still to be asked whether they match.

        Empty while the shop is not known: such a purchase earns when its shop becomes known.
        """
        shop_id = spend.shop_id
        if shop_id is None:
            return ()
        at = spend.purchased_at
        day = (at if at.tzinfo is UTC else at.astimezone(UTC)).toordinal()
        key = (shop_id, spend.centre_id, spend.category, day)
        remembered = self._remembered.get(key)
        if remembered is None:
            remembered = self._remember(key)
        offers, all_day = remembered
        return offers if all_day else [offer for offer in offers if offer.live_from <= at < offer.live_until]

    def explain(self, spend: Spend) -> list[tuple[CompiledOffer, Trail, bool]]:
        """Each version live at the purchase that concerns its shop, with its trail and whether it matches."""
        if spend.shop_id is None:
            return []
        concerned = self._concerned(spend.shop_id, spend.centre_id, spend.category)
        return [
            (offer, offer.trail(spend), offer.matches(spend)) for offer in concerned if offer.live(spend.purchased_at)
        ]

    def _concerned(self, shop_id: UUID, centre_id: UUID | None, category: str | None) -> list[CompiledOffer]:
        found = [
            *self._index["shop"].get(shop_id, ()),
            *(() if centre_id is None else self._index["centre"].get(centre_id, ())),
            *(() if category is None else self._index["category"].get(category, ())),
            *self._everywhere,
        ]
        return sorted(found, key=lambda offer: (offer.code, offer.version))

    def _remember(self, key: tuple[UUID, UUID | None, str | None, int]) -> tuple[list[CompiledOffer], bool]:
        """Candidates of one shop on one UTC day, and whether all of them are live throughout it."""
        shop_id, centre_id, category, ordinal = key
        begin = datetime.combine(date.fromordinal(ordinal), time(0), tzinfo=UTC)
        end = begin + timedelta(days=1) if ordinal < date.max.toordinal() else FOR_EVER
        offers = [
            offer
            for offer in self._concerned(shop_id, centre_id, category)
            if offer.opens < end and offer.closes > begin
        ]
        all_day = all(offer.live_from <= begin and offer.live_until >= end for offer in offers)
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[key] = (offers, all_day)
        return self._remembered[key]
