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
        winners = group if len(group) == 1 else _winners(group, worth)
        chosen += winners
        if len(winners) < len(group):
            first = {id(bid) for bid in winners}
            for bid in group:
                if id(bid) not in first:
                    lost_to[id(bid)] = next(each for each in winners if not _stack(each, bid))
    return Outcome(bids, chosen, lost_to)


def _winners(group: list[Bid], worth: Worth) -> list[Bid]:
    """In the order of their rank; each stacks with those before it."""
    assets = {bid.offer.asset for bid in group}
    rank = _rank_in_one_asset if len(assets) == 1 else partial(_rank, worth)
    if all(bid.offer.stacks_as is None for bid in group):
        return [min(group, key=rank)]
    winners: list[Bid] = []
    for bid in sorted(group, key=rank):
        if all(_stack(each, bid) for each in winners):
            winners.append(bid)
    return winners


def by_priority(winner: Bid, loser: Bid) -> bool:
    """Whether the winner was chosen for its priority and not because it gives more."""
    gives_more = winner.offer.asset == loser.offer.asset and winner.amount > loser.promised
    return winner.offer.priority > loser.offer.priority and not gives_more


def _rank_in_one_asset(bid: Bid) -> tuple[bool, int, int, str]:
    """The same order where all bids are of one asset: more of it is worth more."""
    return bid.amount <= 0, -bid.offer.priority, -bid.amount, bid.offer.code


def _rank(worth: Mapping[str, tuple[int, int]], bid: Bid) -> tuple[bool, int, Fraction, int, str]:
    numerator, denominator = worth.get(bid.offer.asset, (0, 1))
    value = Fraction(bid.amount * numerator, denominator)
    return bid.amount <= 0, -bid.offer.priority, -value, -bid.amount, bid.offer.code


def _stack(one: Bid, other: Bid) -> bool:
    first, second = one.offer.stacks_as, other.offer.stacks_as
    return first is not None and second is not None and first != second
