"""One shopper judged by the engine's own function: with the new offer, without it, and by the new offer alone. Pure."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.backtest.books import Books
from cashback.backtest.stored import Shops, Span
from cashback.offers.entitlements import judge
from cashback.offers.matcher import OfferBook
from cashback.offers.periods import Period
from cashback.offers.schemas import Draw, Entitlement, Grant, History, Spend
from cashback.rewards.quotas import GrantKey

JOINED, WITHOUT = 0, 1
"""The two worlds: with the new offer, and as the programme ran."""
WORLDS = (JOINED, WITHOUT)
APPLIES = 1
"""Flag of a row: the new offer by itself rewards the purchase."""
HEAD = 6
"""Integers at the head of a row: local day, shop, flags, net, what a held-out shopper would have got, offers."""

Answers = tuple[dict[GrantKey, Grant], dict[GrantKey, Grant]]
"""What quotas gave to one shopper so far, by world."""
NO_ANSWERS: Answers = ({}, {})


class Ask(NamedTuple):
    """One purchase asks the quotas of one offer."""

    world: int
    at: datetime
    ref: str
    purchase_id: UUID
    offer_id: UUID
    within: int
    """What it asks for."""
    assumed: int
    """What it was taken to get while the shopper was judged."""
    draws: tuple[Draw, ...]


@dataclass(slots=True)
class Found:
    """What came of one shopper. Rows are integers one behind the other: `HEAD`, then offer, with, without for each."""

    shopper_id: UUID
    considered: int
    rows: "array[int]" = field(default_factory=lambda: array("q"))
    asks: list[Ask] = field(default_factory=list)
    bounds: Counter[tuple[UUID, Draw]] = field(default_factory=Counter)
    undecided: int = 0
    """Purchases whose time is not told precisely enough for a condition of the new offer."""
    beside: dict[int, int] = field(default_factory=dict)
    """Purchases that the new offer and an offer of its own standing both reward, by the number of that offer."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges shoppers one by one."""

    books: Books
    shops: Shops
    span: Span
    zone: ZoneInfo
    reach: Period | None
    """See `Books.reach`."""
    wide: bool = False
    """Judge everybody whole: a quota of an offer that runs may be too small, and what one leaves another gets."""

    def look(self, history: History, stored: Mapping[GrantKey, Grant], answers: Answers = NO_ANSWERS) -> Found:
        """Everything that the report needs of one shopper; `stored` is what quotas really granted."""
        since = self.span.since
        inside = {each.purchase_id: each for each in history.spends if each.purchased_at >= since}
        found = Found(history.shopper_id, len(inside))
        if not inside:
            return found
        books = self.books
        found.undecided = sum(self._undecided(each) for each in inside.values() if each.purchased_until is not None)
        before = {key: grant for key, grant in stored.items() if key[0] not in inside}
        given = before | answers[JOINED] if books.by_itself else before
        joined = _owed(history, books.alone, given)
        without: list[Entitlement] = []
        applies = {each.purchase_id for each in joined if each.within > 0}
        held = {each.purchase_id: each.wanted for each in joined if each.held_out}
        if not books.by_itself:
            if books.narrow and not self.wide and not inside.keys() & applies:
                joined = []
            else:
                near = self._near(history, inside, applies)
                joined = _owed(near, books.joined, before | answers[JOINED])
                without = _owed(near, books.without, before | answers[WITHOUT])
                applies |= {each.purchase_id for each in joined if each.offer_id == books.new.offer_id and each.amount}
        if books.new.multiplies is not None:
            mine = [each for each in joined if each.offer_id == books.new.offer_id]
            applies = {each.purchase_id for each in mine if each.within > 0}
            held = {each.purchase_id: each.wanted for each in mine if each.held_out}
        applies &= inside.keys()
        self._rows(found, inside, joined, without, applies, held)
        for ask in (*_asks(JOINED, joined, inside), *_asks(WITHOUT, without, inside)):
            if self.wide or ask.offer_id == books.new.offer_id:
                found.asks.append(ask)
        if books.quoted.offers and not self.wide:
            found.bounds = self._bounds(history, inside)
        if applies and books.beside.offers:
            self._beside(found, history, stored, applies)
        return found

    def _undecided(self, spend: Spend) -> bool:
        return any(each.undecidable(spend) for each in self.books.alone.concerned(spend))

    def _near(self, history: History, inside: Mapping[UUID, Spend], applies: set[UUID]) -> History:
        """The part of a history in which something can differ with the new offer."""
        reach = Period.LIFE if self.wide else self.reach
        if reach is Period.LIFE:
            return history
        if reach is None:
            spends = [each for each in history.spends if each.purchase_id in applies]
        else:
            around = self.books.joined.around
            touched = {
                reach.key(inside[each].purchased_at, around.zone(inside[each].centre_id))
                for each in applies
                if each in inside
            }
            spends = [
                each for each in history.spends if reach.key(each.purchased_at, around.zone(each.centre_id)) in touched
            ]
        return History(history.shopper_id, spends, history.facts)

    def _rows(
        self,
        found: Found,
        inside: Mapping[UUID, Spend],
        joined: Iterable[Entitlement],
        without: Iterable[Entitlement],
        applies: set[UUID],
        held: Mapping[UUID, int],
    ) -> None:
        numbers = self.books.numbers
        amounts: dict[UUID, dict[int, list[int]]] = {}
        for world, owed in ((JOINED, joined), (WITHOUT, without)):
            for each in owed:
                if each.amount and each.purchase_id in inside:
                    of_purchase = amounts.setdefault(each.purchase_id, {})
                    of_purchase.setdefault(numbers[each.offer_id], [0, 0])[world] = each.amount
        for purchase_id, spend in inside.items():
            of_purchase = amounts.get(purchase_id, {})
            fits = purchase_id in applies
            would = held.get(purchase_id, 0)
            if not fits and not would and all(with_it == bare for with_it, bare in of_purchase.values()):
                continue
            assert spend.shop_id is not None
            day = spend.purchased_at.astimezone(self.zone).toordinal()
            shop = self.shops.numbers[spend.shop_id]
            found.rows.extend((day, shop, APPLIES if fits else 0, spend.net_minor, would, len(of_purchase)))
            for number, (with_it, bare) in of_purchase.items():
                found.rows.extend((number, with_it, bare))

    def _bounds(self, history: History, inside: Mapping[UUID, Spend]) -> Counter[tuple[UUID, Draw]]:
        """More than this is never asked of the quotas of offers that run."""
        sums: Counter[tuple[UUID, Draw]] = Counter()
        for each in _owed(history, self.books.quoted, {}):
            if each.purchase_id in inside:
                for draw in each.draws:
                    sums[each.offer_id, draw] += 1 if draw.times else each.wanted
        return sums

    def _beside(self, found: Found, history: History, stored: Mapping[GrantKey, Grant], applies: set[UUID]) -> None:
        book = self.books.beside
        if not book.remembers:
            history = History(
                history.shopper_id,
                [each for each in history.spends if each.purchase_id in applies],
                history.facts,
            )
        for each in judge([history], book, stored, touched=applies, reasons=False).owed:
            if each.amount and each.purchase_id in applies:
                number = self.books.numbers[each.offer_id]
                found.beside[number] = found.beside.get(number, 0) + 1


def _owed(history: History, book: OfferBook, grants: Mapping[GrantKey, Grant]) -> list[Entitlement]:
    return judge([history], book, grants, reasons=False).owed


def _asks(world: int, owed: Iterable[Entitlement], inside: Mapping[UUID, Spend]) -> Iterator[Ask]:
    for each in owed:
        spend = inside.get(each.purchase_id)
        if spend is not None and each.draws and not each.held_out:
            yield Ask(
                world,
                spend.purchased_at,
                spend.ref,
                each.purchase_id,
                each.offer_id,
                each.within,
                each.amount,
                each.draws,
            )
