"""One purchase, several witnesses: which views of different sources tell the same purchase? Pure.

A view is what one source tells under one reference of its own. A card network, the issuer of the card, the bank behind
it and a receipt may all tell one purchase; each has its own ids, its own clock and its own name for the shop. Two views
are one purchase if money, time, card and place agree as far as each tells them: what is told roughly must be made up
for by something else that agrees. Pairs are taken best first, and a purchase has at most one view of each source, so
that of two equal purchases on one day each keeps its own witnesses. The answer is a function of the set of views, never
of the order in which they came. What people ruled on two views comes before all evidence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from cashback.purchases.names import alike, same
from cashback.purchases.schemas import LAPSES_AFTER, PurchaseKey
from issuers.events import TimeBasis
from issuers.registry import CHECKOUT, capabilities_of

CLOCKS_DIFFER = timedelta(minutes=30)
"""How far apart two clocks may tell one purchase: terminals drift, and some send late."""
ZONES_DIFFER = timedelta(hours=14)
"""How far an instant told without its zone may be from the true one."""
DAYS_DIFFER = timedelta(hours=3)
"""How far outside a told day another clock may put the purchase: shops that close after midnight."""
CLEARS_WITHIN = timedelta(days=10)
"""A clearing that does not tell when the purchase was made: that long before it at most (10 business days are rare)."""
EXACT_WITHIN = timedelta(hours=2)
"""An interval no longer than this tells the moment."""
DAY_WITHIN = timedelta(hours=36)
"""An interval no longer than this tells the day."""
EXCHANGE_PERCENT = 3
"""How far two conversions of one amount may lie apart: another rate, a fee, another day."""
WITHDRAWN_WITHIN = timedelta(days=10)
"""Longest time between an authorization and a clearing of another amount that names none."""
SAME_CLOCK = timedelta(minutes=5)
"""Clocks that differ no more tell one moment better than a day does."""
TIP_PERCENT = 25
"""How much more or less a shop may collect than was authorised, or claimed, for the two to be thought of as one."""


class Verdict(StrEnum):
    """What a person ruled on two views."""

    ONE = "one"
    """They are the same purchase."""
    APART = "apart"
    """They are two purchases."""


class View(Struct, frozen=True, kw_only=True):
    """One source's view of a purchase, as far as recognition looks at it. Amounts are minor units of `currency`."""

    key: PurchaseKey
    card_id: UUID
    currency: str
    asked_minor: int
    """What was authorised, before anything was withdrawn; 0 where the source told no authorization."""
    settled_minor: tuple[int, ...]
    """What was collected, clearing by clearing."""
    since: datetime
    until: datetime
    """From the earliest to the latest instant at which it can have been made."""
    basis: TimeBasis
    shop_id: UUID | None = None
    identifiers: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    """What the place is called: the descriptor, and the matched shop and its brand."""
    city: str | None = None
    last_four: str | None = None
    others: Mapping[str, int] = {}
    """The whole amount in other currencies that the source tells beside its own, by currency."""
    authority: tuple[int, ...] = ()
    """Orders sources by what they are able to tell; the greater, the more is believed."""

    @property
    def collected_minor(self) -> int:
        """All that was collected."""
        return sum(self.settled_minor)

    def amounts(self) -> set[int]:
        """The amounts under which another source may know it as a whole."""
        return {self.asked_minor, self.collected_minor} - {0}


class Likeness(NamedTuple):
    """How much two views are alike; the greater, the more."""

    amount: int
    """2: the same; 1: one is a part of what the other collected; 0: near, as with a tip."""
    card: int
    """1: the same ending; 0: not told by both; -1: another ending, as that of a phone that stands for the card."""
    place: int
    """1: the same shop, identifier or name; 0: not told by both; -1: called otherwise."""
    time: int
    """2: the moment; 1: the day; 0: some days."""
    closeness: float
    """Seconds between the two, below zero; 0 where they cannot be told apart."""

    def suffices(self) -> bool:
        """Whether so much likeness makes two views one: what is told roughly must be made up for by what agrees."""
        if self.amount == _PART:
            return self.place == 1 and self.card >= 0
        if self.amount == _NEAR:
            return self.time >= 1 and self.place == 1 and self.card >= 0
        if self.time == _MOMENT:
            return self.card >= 0 or self.place == 1
        if self.time == _DAY:
            return self.place == 1 or (self.place == 0 and self.card >= 0) or self.card == 1
        return self.place == 1 and self.card >= 0

    def rank(self) -> tuple[float, ...]:
        """Orders pairs; the greater comes first. A day that agrees tells more than clocks that hardly do."""
        tight = 2 if self.time == _MOMENT and -self.closeness <= SAME_CLOCK.total_seconds() else int(self.time == _DAY)
        return self.amount, self.card, self.place, tight, self.closeness

    def reasons(self) -> frozenset[str]:
        """Codes of what agreed and of what did not."""
        return frozenset((_AMOUNTS[self.amount], _CARDS[self.card], _PLACES[self.place], _TIMES[self.time]))


_SAME, _PART, _NEAR = 2, 1, 0
_MOMENT, _DAY = 2, 1
_AMOUNTS = {_SAME: "same_amount", _PART: "part_of_amount", _NEAR: "near_amount"}
_CARDS = {1: "same_card_ending", 0: "card_not_told", -1: "other_card_ending"}
_PLACES = {1: "same_place", 0: "place_not_told", -1: "other_name"}
_TIMES = {_MOMENT: "same_moment", _DAY: "same_day", 0: "days_around"}
_RULED = frozenset({"ruled"})

Rulings = Mapping[frozenset[PurchaseKey], Verdict]
"""What people ruled, by pair of views."""


@dataclass(frozen=True, slots=True)
class Group:
    """One purchase: its views, the most authoritative first, and codes of what joined them (`same_amount` …)."""

    views: tuple[View, ...]
    because: frozenset[str]


def recognise(views: Iterable[View], rulings: Rulings | None = None) -> list[Group]:
    """The purchases that these views of one shopper tell."""
    ruled = rulings or {}
    ordered = sorted(views, key=_named)
    members: dict[PurchaseKey, list[View]] = {each.key: [each] for each in ordered}
    because: defaultdict[PurchaseKey, set[str]] = defaultdict(set)
    pairs = list(_pairs(ordered, ruled))
    # Views whose clocks hardly agree come together last: before that each may find a day's witness of its own.
    for hardly in (False, True):
        for first, second, reasons in pairs:
            one, other = members[first.key], members[second.key]
            if one is other or not (reasons == _RULED or _may_join(one, other, ruled, hardly=hardly)):
                continue
            one += other
            for each in other:
                members[each.key] = one
            because[first.key] |= reasons
    groups = {id(each): each for each in members.values()}
    return [
        Group(
            tuple(sorted(group, key=_most_authoritative)),
            frozenset(code for each in group for code in because.get(each.key, ())),
        )
        for group in groups.values()
    ]


def near(one: View, other: View) -> bool:
    """Whether two views may be one as far as money and time tell; whoever gathers views follows this relation."""
    return _amount(one, other) is not None and _in_time(one, other)


def likeness(one: View, other: View) -> Likeness | None:
    """How much two views are alike; None where money, time or the matched shops say that they are two purchases."""
    if not near(one, other) or _other_shops(one, other):
        return None
    amount = _amount(one, other)
    assert amount is not None
    card = 0 if one.last_four is None or other.last_four is None else 1 if one.last_four == other.last_four else -1
    width = max(_width(one), _width(other))
    time = _MOMENT if width <= EXACT_WITHIN else _DAY if width <= DAY_WITHIN else 0
    return Likeness(amount, card, _place(one, other), time, -_apart(one, other).total_seconds())


def completes(one: View, other: View) -> bool:
    """Whether of two views of one source one is an authorization and the other a clearing that names none."""
    if one.key.network != other.key.network or one.card_id != other.card_id or one.currency != other.currency:
        return False
    asked, collected = (one, other) if one.asked_minor else (other, one)
    return bool(asked.asked_minor and not asked.settled_minor and collected.settled_minor and not collected.asked_minor)


def _pairs(ordered: Sequence[View], rulings: Rulings) -> Iterator[tuple[View, View, frozenset[str]]]:
    """Pairs that may be one purchase, those that people ruled first, then the most alike."""
    found: list[tuple[tuple[float, ...], int, int, Likeness]] = []
    for (first, one), (second, other) in combinations(enumerate(ordered), 2):
        alike_by = likeness(one, other)
        if alike_by is not None and alike_by.suffices() and _may_be_asked(one, other, alike_by):
            found.append((alike_by.rank(), first, second, alike_by))
    by_key = {each.key: each for each in ordered}
    for pair, verdict in sorted(rulings.items(), key=lambda each: sorted((key.network, key.ref) for key in each[0])):
        if verdict is Verdict.ONE and pair <= by_key.keys():
            one, other = sorted((by_key[key] for key in pair), key=_named)
            yield one, other, _RULED
    found.sort(key=lambda each: (*(-figure for figure in each[0]), each[1], each[2]))
    for _, place, later, alike_by in found:
        yield ordered[place], ordered[later], alike_by.reasons()


def _may_be_asked(one: View, other: View, alike_by: Likeness) -> bool:
    """Two views of one source are two purchases, but for a clearing without the authorization that it belongs to."""
    if one.key.network != other.key.network:
        return True
    if alike_by.amount == _PART or not _same_place(one, other):
        return False
    return alike_by.amount == _SAME or max(one.since, other.since) - min(one.until, other.until) <= WITHDRAWN_WITHIN


def _may_join(one: Sequence[View], other: Sequence[View], rulings: Rulings, *, hardly: bool) -> bool:
    """Whether two purchases found so far can be one: never against a person, two shops, or a source that tells two."""
    for first in one:
        for second in other:
            if _other_shops(first, second) or _unseen_by(first, second) or _unseen_by(second, first):
                return False
            moments = max(_width(first), _width(second)) <= EXACT_WITHIN
            if not hardly and moments and _apart(first, second) > SAME_CLOCK:
                return False
            if rulings.get(frozenset((first.key, second.key))) is Verdict.APART:
                return False
    shared = {each.key.network for each in one} & {each.key.network for each in other}
    return all(_are_one_sources([*one, *other], network) for network in shared)


def _are_one_sources(group: Sequence[View], network: str) -> bool:
    """Whether the views of one source can be of one purchase: the parts that another source collected together, and
    beside each collected view at most one authorization that it names no longer."""
    mine = [each for each in group if each.key.network == network]
    settled = [each for each in mine if each.settled_minor]
    asked = [each for each in mine if not each.settled_minor]
    if len(asked) > sum(not each.asked_minor for each in settled):
        return False
    if not all(any(completes(each, other) for other in settled) for each in asked):
        return False
    parts = Counter(each.collected_minor for each in settled)
    return len(settled) <= 1 or any(
        len(each.settled_minor) > 1 and parts <= Counter(each.settled_minor)
        for each in group
        if each.key.network != network
    )


def _amount(one: View, other: View) -> int | None:
    if one.key.network == other.key.network and not completes(one, other):
        return None
    if _unseen_by(one, other) or _unseen_by(other, one):
        return None
    if one.currency != other.currency:
        return _exchanged(one, other)
    mine, theirs = one.amounts(), other.amounts()
    if mine & theirs or one.others.items() & other.others.items():
        return _SAME
    if _is_part(one, other) or _is_part(other, one):
        return _PART
    both = one.collected_minor or one.asked_minor, other.collected_minor or other.asked_minor
    if max(both) * 100 > min(both) * (100 + TIP_PERCENT):
        return None
    if (one.others or other.others) and _close(*both):
        return _NEAR
    once = bool(one.settled_minor) != bool(other.settled_minor)
    return _NEAR if once or _is_claimed(one) or _is_claimed(other) else None


def exchanged_about(minor: int) -> tuple[int, int]:
    """The smallest and the largest amount that another conversion may give of an amount."""
    return minor * (100 - EXCHANGE_PERCENT) // 100, -(-minor * (100 + EXCHANGE_PERCENT) // 100)


def _exchanged(one: View, other: View) -> int | None:
    """Amounts of two currencies, where one of the sources tells both."""
    told = [(one.others.get(other.currency), other.amounts()), (other.others.get(one.currency), one.amounts())]
    known = [(minor, amount) for minor, amounts in told if minor is not None for amount in amounts]
    if any(minor == amount for minor, amount in known):
        return _SAME
    return _NEAR if any(_close(minor, amount) for minor, amount in known) else None


def _close(minor: int, amount: int) -> bool:
    return abs(minor - amount) * 100 <= max(minor, amount) * EXCHANGE_PERCENT


def _is_claimed(view: View) -> bool:
    """A shopper tells what the till printed; a tip, or what came off at the till, is in the amount that others tell."""
    return capabilities_of(view.key.network).claimed


def _unseen_by(sale: View, other: View) -> bool:
    """A sale that is paid in instalments is charged beside the till, part by part, under the name of whoever collects:
    no card and no account tells it. Only the shopper may claim its receipt."""
    return sale.key.network == CHECKOUT and not _is_claimed(other)


def _is_part(one: View, other: View) -> bool:
    return len(other.settled_minor) > 1 and len(one.settled_minor) == 1 and one.settled_minor[0] in other.settled_minor


def _in_time(one: View, other: View) -> bool:
    slack = _slack(one, other)
    if completes(one, other):
        asked, collected = (one, other) if one.asked_minor else (other, one)
        return asked.since - slack <= collected.until and collected.since <= asked.until + LAPSES_AFTER
    for whole, part in ((one, other), (other, one)):
        if _is_part(part, whole) and not one.amounts() & other.amounts():
            return whole.since - slack <= part.until and part.since <= whole.until + LAPSES_AFTER
    return one.since - slack <= other.until and other.since - slack <= one.until


def _slack(one: View, other: View) -> timedelta:
    if TimeBasis.ASSUMED_UTC in (one.basis, other.basis):
        return ZONES_DIFFER
    return CLOCKS_DIFFER if max(one.until - one.since, other.until - other.since) <= EXACT_WITHIN else DAYS_DIFFER


def _width(view: View) -> timedelta:
    return view.until - view.since + (2 * ZONES_DIFFER if view.basis is TimeBasis.ASSUMED_UTC else timedelta())


def _apart(one: View, other: View) -> timedelta:
    first, second = sorted((one, other), key=lambda each: each.since)
    if max(_width(one), _width(other)) <= EXACT_WITHIN:
        return second.since - first.since
    return max(second.since - first.until, timedelta())


def _place(one: View, other: View) -> int:
    if one.shop_id is not None and one.shop_id == other.shop_id:
        return 1
    if one.identifiers & other.identifiers:
        return 1
    called = alike(one.names, other.names, filter(None, (one.city, other.city)))
    return 0 if called is None else 1 if called else -1


def _same_place(one: View, other: View) -> bool:
    """Whether the place is the same beyond a likeness of words."""
    if one.shop_id is not None and one.shop_id == other.shop_id:
        return True
    towns = filter(None, (one.city, other.city))
    return bool(one.identifiers & other.identifiers) or same(one.names, other.names, towns)


def _other_shops(one: View, other: View) -> bool:
    return one.shop_id is not None and other.shop_id is not None and one.shop_id != other.shop_id


def _named(view: View) -> tuple[str, str]:
    return view.key.network, view.key.ref


def _most_authoritative(view: View) -> tuple[object, ...]:
    return tuple(-each for each in view.authority), view.key.network, not view.asked_minor, view.since, view.key.ref
