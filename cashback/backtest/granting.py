"""Quotas of the past given again: every purchase of every shopper asks in the order of its time. Pure.

A shopper is judged as if everything asked for were given. Then all asks are answered in the order of time, and who got
less than assumed is judged again with the answers, which may make them ask for something else. When nobody's answer
differs from what was assumed, every purchase was decided by what had been granted before it and by nothing else: that
is what the road does, one purchase after the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cashback.backtest.judging import Answers, Ask
from cashback.offers.schemas import Draw, Grant
from cashback.rewards.quotas import ROUNDS_MAX, GrantKey, QuotaKey


@dataclass(slots=True)
class Entry:
    """One purchase that asked the quotas of one offer, and what it got."""

    at: datetime
    ref: str
    round: int
    """The how manieth offer this purchase asked."""
    shopper_id: UUID
    key: GrantKey
    wanted: int
    assumed: int
    draws: tuple[Draw, ...]
    granted: int = 0
    """The answer."""
    cut: str = ""
    """The quota that gave less than was asked, the last one if several did."""
    released: bool = False
    """What was granted was too little: another offer was chosen, and it went back at once."""

    @property
    def held(self) -> int:
        """What stays granted."""
        return 0 if self.released else self.granted

    @property
    def order(self) -> tuple[datetime, str, UUID, int]:
        """The order in which entries are answered."""
        return self.at, self.ref, self.shopper_id, self.round


@dataclass(slots=True)
class World:
    """The quotas of one world."""

    drawn: Mapping[QuotaKey, tuple[int, int]]
    """What was drawn before the interval: the amount, and how many times."""
    entries: dict[UUID, dict[GrantKey, Entry]] = field(default_factory=dict)

    def hear(self, shopper_id: UUID, asks: Iterable[Ask]) -> None:
        """Take what a shopper asks for now; what they got before and do not need any more goes back."""
        held = self.entries.get(shopper_id, {})
        kept = dict(held)
        for each in kept.values():
            each.assumed, each.released = each.granted, True
        for ask in asks:
            key = (ask.purchase_id, ask.offer_id)
            before = held.get(key)
            if before is None:
                number = sum(1 for known in held if known[0] == ask.purchase_id)
                kept[key] = Entry(ask.at, ask.ref, number, shopper_id, key, ask.within, ask.assumed, ask.draws)
            else:
                before.wanted, before.assumed, before.draws = ask.within, ask.assumed, ask.draws
                before.released = False
        self.entries[shopper_id] = kept

    def answer(self) -> set[UUID]:
        """Answer everybody in the order of time; who got something else than assumed is answered."""
        asked = [entry for of_shopper in self.entries.values() for entry in of_shopper.values()]
        if self._enough_for(asked):
            for entry in asked:
                entry.granted, entry.cut = entry.wanted, ""
        else:
            room: dict[QuotaKey, int] = {}
            for entry in sorted(asked, key=lambda each: each.order):
                entry.granted = self._give(entry, room) if entry.round < ROUNDS_MAX else 0
        return {entry.shopper_id for entry in asked if entry.granted != entry.assumed}

    def answers(self, shopper_id: UUID) -> dict[GrantKey, Grant]:
        """What one shopper got, as an input of the function."""
        return {
            key: Grant(entry.wanted, entry.granted, tuple([draw.bucket for draw in entry.draws]))
            for key, entry in self.entries.get(shopper_id, {}).items()
        }

    def _left(self, offer_id: UUID, draw: Draw) -> int:
        amount, times = self.drawn.get((offer_id, draw.bucket), (0, 0))
        return max(0, draw.cap - (times if draw.times else amount))

    def suffices(self, bounds: Mapping[tuple[UUID, Draw], int]) -> bool:
        """Whether every quota holds as much as may ever be asked of it."""
        caps: defaultdict[QuotaKey, set[int]] = defaultdict(set)
        for offer_id, draw in bounds:
            caps[offer_id, draw.bucket].add(draw.cap)
        single = all(len(each) == 1 for each in caps.values())
        return single and all(total <= self._left(offer_id, draw) for (offer_id, draw), total in bounds.items())

    def _enough_for(self, asked: Iterable[Entry]) -> bool:
        """Whether every quota holds all that is asked of it: then the order makes no difference."""
        sums: defaultdict[tuple[UUID, Draw], int] = defaultdict(int)
        for entry in asked:
            for draw in entry.draws:
                sums[entry.key[1], draw] += 1 if draw.times else entry.wanted
        return self.suffices(sums)

    def _give(self, entry: Entry, room: dict[QuotaKey, int]) -> int:
        """What `rewards.quotas` gives: as much as the emptiest quota has left."""
        offer_id = entry.key[1]
        given = entry.wanted
        entry.cut = ""
        for draw in entry.draws:
            left = room.setdefault((offer_id, draw.bucket), self._left(offer_id, draw))
            allowed = left
            if draw.times:
                allowed = given if left > 0 else 0
            if draw.whole and allowed < given:
                allowed = 0
            if allowed < given:
                entry.cut = draw.bucket
            given = max(0, min(given, allowed))
        if given and not entry.released:
            for draw in entry.draws:
                room[offer_id, draw.bucket] -= 1 if draw.times else given
        return given


@dataclass(slots=True)
class Worlds:
    """The quotas of both worlds."""

    joined: World
    without: World

    def hear(self, shopper_id: UUID, asks: Iterable[Ask]) -> None:
        """Take what a shopper asks for in both."""
        by_world: tuple[list[Ask], list[Ask]] = ([], [])
        for ask in asks:
            by_world[ask.world].append(ask)
        for world, heard in zip((self.joined, self.without), by_world, strict=True):
            if heard or shopper_id in world.entries:
                world.hear(shopper_id, heard)

    def answer(self) -> set[UUID]:
        """Who has to be judged again."""
        return self.joined.answer() | self.without.answer()

    def answers(self, shopper_id: UUID) -> Answers:
        """What one shopper got in both."""
        joined, without = (each.answers(shopper_id) for each in (self.joined, self.without))
        return joined, without

    def refused(self, offer_id: UUID) -> list[Entry]:
        """Where the quotas of an offer gave less than was asked, in the order of time."""
        found = (
            entry
            for of_shopper in self.joined.entries.values()
            for key, entry in of_shopper.items()
            if key[1] == offer_id and entry.held < entry.wanted
        )
        return sorted(found, key=lambda each: each.order)
