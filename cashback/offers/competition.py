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
    if len(bids) == 1:
        return Outcome(bids, bids, {})
    groups: dict[str, list[Bid]] = {}
    for bid in bids:
        groups.setdefault(bid.offer.group, []).append(bid)
    chosen: list[Bid] = []
    lost_to: dict[int, Bid] = {}
    for group in groups.values():
        if len(group) == 1:
            chosen += group
            continue
        winners: list[Bid] = []
        assets = {bid.offer.asset for bid in group}
        rank = _rank_in_one_asset if len(assets) == 1 else partial(_rank, worth)
        for bid in sorted(group, key=rank):
            rival = next((each for each in winners if not _stack(each, bid)), None)
            if rival is None:
                winners.append(bid)
            else:
                lost_to[id(bid)] = rival
        chosen += winners
    return Outcome(bids, chosen, lost_to)


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
