"""Sums over shoppers, which processes make apart and the report puts together. Pure."""

from array import array
from collections import Counter
from dataclasses import dataclass, field, fields

from cashback.backtest.judging import APPLIES, HEAD

NEW_NUMBER = 0


@dataclass(slots=True)
class Totals:
    """Everything that is only added up."""

    purchases: int = 0
    shoppers: int = 0
    rewarded_purchases: int = 0
    rewarded_shoppers: int = 0
    rewarded_net_minor: int = 0
    held_out_shoppers: int = 0
    held_out_wanted: int = 0
    undecided: int = 0
    """Purchases whose time is not told precisely enough for a condition of the new offer."""
    by_day: Counter[int] = field(default_factory=Counter)
    purchases_by_day: Counter[int] = field(default_factory=Counter)
    by_shop: Counter[int] = field(default_factory=Counter)
    purchases_by_shop: Counter[int] = field(default_factory=Counter)
    costs: Counter[int] = field(default_factory=Counter)
    """How many shoppers the new offer gave each amount; nobody who got nothing."""
    both: Counter[int] = field(default_factory=Counter)
    """By offer: purchases that it and the new one, by itself, reward."""
    wins: Counter[int] = field(default_factory=Counter)
    loses: Counter[int] = field(default_factory=Counter)
    with_it: Counter[int] = field(default_factory=Counter)
    """By offer: what it gives beside the new one; only where something differs or the new one applies."""
    bare: Counter[int] = field(default_factory=Counter)

    def merge(self, other: "Totals") -> None:
        """Add what another process found."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)

    def add(self, rows: "array[int]", beside: dict[int, int]) -> None:
        """Add one shopper; see `judging.Found`."""
        cost = held = position = 0
        while position < len(rows):
            day, shop, flags, net, would, offers = rows[position : position + HEAD]
            position += HEAD
            held += would
            amounts = [rows[at : at + 3] for at in range(position, position + 3 * offers, 3)]
            position += 3 * offers
            mine = next((with_it for number, with_it, _ in amounts if number == NEW_NUMBER), 0)
            self._offers(amounts, mine, applies=bool(flags & APPLIES))
            if mine:
                cost += mine
                self.rewarded_purchases += 1
                self.rewarded_net_minor += net
                self.by_day[day] += mine
                self.purchases_by_day[day] += 1
                self.by_shop[shop] += mine
                self.purchases_by_shop[shop] += 1
        self.both.update(beside)
        if cost:
            self.rewarded_shoppers += 1
            self.costs[cost] += 1
        if held:
            self.held_out_shoppers += 1
            self.held_out_wanted += held

    def _offers(self, amounts: "list[array[int]]", mine: int, *, applies: bool) -> None:
        for number, with_it, bare in amounts:
            self.with_it[number] += with_it
            self.bare[number] += bare
            if number == NEW_NUMBER or not bare or not applies:
                continue
            self.both[number] += 1
            if mine and not with_it:
                self.wins[number] += 1
            elif with_it and not mine:
                self.loses[number] += 1
