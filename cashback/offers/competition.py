"""Which of the offers that apply to one purchase are chosen. Pure and deterministic; the losers are named.

Offers of one group exclude each other. Without a group of their own, offers of one asset are a group, and offers of
different assets stand side by side. In a group the higher priority comes first, then what is better for the shopper,
then the code that comes first in the alphabet. Offers of one group that stack as different things stand side by side.
An offer that gives nothing, because a limit or a quota is used up, beats nobody.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from cashback.offers.matcher import Worth
from cashback.offers.walk import Bid


class Outcome(NamedTuple):
    """What came of one purchase."""

    bids: list[Bid]
    """All that applied, multiples of chosen ones among them."""
    chosen: list[Bid]
    lost_to: dict[int, Bid]
    """By the identity of a bid: the chosen one that excludes it."""


def choose(bids: list[Bid], worth: Worth) -> Outcome:
    """The chosen bids, the first of each group first, and to whom the others lost."""
    groups: dict[str, list[Bid]] = {}
    for bid in bids:
        rivals = groups.get(bid.offer.group)
        if rivals is None:
            groups[bid.offer.group] = [bid]
        else:
            rivals.append(bid)
    if len(groups) == len(bids):
        return Outcome(bids, bids, {})
    chosen: list[Bid] = []
    lost_to: dict[int, Bid] = {}
    for group in groups.values():
        if len(group) == 1:
            chosen += group
        else:
            _compete(group, worth, chosen, lost_to)
    return Outcome(bids, chosen, lost_to)


def _compete(group: list[Bid], worth: Worth, chosen: list[Bid], lost_to: dict[int, Bid]) -> None:
    """Add the winners of a group in the order of their rank, each stacking with those before it, and the losers."""
    winner = _best_of_a_kind(group)
    if winner is not None:
        chosen.append(winner)
        for bid in group:
            if bid is not winner:
                lost_to[id(bid)] = winner
        return
    winners: list[Bid] = []
    for bid in sorted(group, key=partial(_rank, worth)):
        rival = next((each for each in winners if not _stack(each, bid)), None)
        if rival is None:
            winners.append(bid)
        else:
            lost_to[id(bid)] = rival
    chosen += winners


def _best_of_a_kind(group: list[Bid]) -> Bid | None:
    """The winner where only the amount can decide, as nearly everywhere: the most, else the first code."""
    best = group[0]
    asset, priority = best.offer.asset, best.offer.priority
    for bid in group:
        offer = bid.offer
        if offer.asset != asset or offer.priority != priority or offer.stacks_as is not None:
            return None
        if bid.amount > best.amount or (bid.amount == best.amount and offer.code < best.offer.code):
            best = bid
    return best


def by_priority(winner: Bid, loser: Bid) -> bool:
    """Whether the winner was chosen for its priority and not because it gives more."""
    gives_more = winner.offer.asset == loser.offer.asset and winner.amount > loser.promised
    return winner.offer.priority > loser.offer.priority and not gives_more


def _rank(worth: Mapping[str, tuple[int, int]], bid: Bid) -> tuple[bool, int, Fraction, int, str]:
    numerator, denominator = worth.get(bid.offer.asset, (0, 1))
    value = Fraction(bid.amount * numerator, denominator)
    return bid.amount <= 0, -bid.offer.priority, -value, -bid.amount, bid.offer.code


def _stack(one: Bid, other: Bid) -> bool:
    first, second = one.offer.stacks_as, other.offer.stacks_as
    return first is not None and second is not None and first != second
