"""What the wallets must hold after the load, from the truth of the load alone: none of the engine's code is used.

It knows the table of offers as figures and the rules of the programme as a reader of its terms would: the best offer
of an asset counts, a hold runs from clearing, points convert at the threshold, a refund that names no purchase belongs
to the purchase of that card and shop which fits it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.road.load import Bought, GivenBack, Load
from bench.road.programme import CATEGORIES, CONVERTS_TO, CURRENCY, OFFERS, POINTS, THRESHOLD, Offer

LAPSES = timedelta(days=31)
RETURNS = timedelta(days=120)

_NOTHING = (0, 0, 0)

Wallets = dict[tuple[int, str], tuple[int, int, int]]
"""Pending, available and converted units by shopper's number and asset; only what is not all zero."""


def together(first: Wallets, second: Wallets) -> Wallets:
    """Two sets of wallets added up; right as long as only one of them converts points."""
    both = {
        key: tuple(map(sum, zip(first.get(key, _NOTHING), second.get(key, _NOTHING), strict=True)))
        for key in first | second
    }
    return {key: (amounts[0], amounts[1], amounts[2]) for key, amounts in both.items() if any(amounts)}


@dataclass(slots=True)
class Sums:
    """One shopper's units of one asset."""

    pending: int = 0
    matured: int = 0


def wallets(*loads: Load) -> Wallets:
    """Every wallet that is not empty after these loads, which have one present."""
    load = Load(
        loads[0].present,
        loads[0].shoppers,
        [],
        [each for part in loads for each in part.bought],
        [each for part in loads for each in part.given_back],
    )
    sums: defaultdict[tuple[int, str], Sums] = defaultdict(Sums)
    for purchase, net in _nets(load):
        for offer, amount in _best(purchase, net).values():
            held = sums[purchase.shopper, offer.asset]
            if purchase.cleared_at is None or purchase.cleared_at + timedelta(days=offer.hold_days) > load.present:
                held.pending += amount
            else:
                held.matured += amount
    found = {key: (held.pending, held.matured, 0) for key, held in sums.items()}
    for (shopper, asset), (pending, matured, _) in list(found.items()):
        times = matured // THRESHOLD if asset == POINTS else 0
        if times:
            found[shopper, POINTS] = (pending, matured - times * THRESHOLD, times * THRESHOLD)
            euros = found.get((shopper, CURRENCY), (0, 0, 0))
            found[shopper, CURRENCY] = (euros[0], euros[1] + times * CONVERTS_TO, 0)
    return {key: amounts for key, amounts in found.items() if any(amounts)}


def _nets(load: Load) -> Iterable[tuple[Bought, int]]:
    left = {each.ref: _gross(each, load.present) - sum(each.refunds) for each in load.bought}
    given: Counter[str] = Counter()
    by_place: defaultdict[tuple[int, int], list[Bought]] = defaultdict(list)
    for each in load.bought:
        by_place[each.shopper, each.shop].append(each)
    for back in sorted(load.given_back, key=lambda each: (each.at, each.ref)):
        fitting = [
            each
            for each in by_place[back.shopper, back.shop]
            if left[each.ref] - given[each.ref] >= back.amount and _within(back, each)
        ]
        if fitting:
            best = max(fitting, key=lambda each: (_gross(each, load.present) == back.amount, each.purchased_at))
            given[best.ref] += back.amount
    return [(each, max(0, left[each.ref] - given[each.ref])) for each in load.bought]


def _gross(purchase: Bought, present: datetime) -> int:
    if purchase.cleared is not None:
        return purchase.cleared
    return 0 if present - purchase.purchased_at >= LAPSES else purchase.authorised


def _within(back: GivenBack, purchase: Bought) -> bool:
    return purchase.purchased_at <= back.at <= purchase.purchased_at + RETURNS


def _best(purchase: Bought, net: int) -> dict[str, tuple[Offer, int]]:
    best: dict[str, tuple[Offer, int]] = {}
    for offer in sorted(OFFERS, key=lambda each: each.code):
        amount = _worth(offer, purchase, net)
        if amount > best.get(offer.asset, (offer, 0))[1]:
            best[offer.asset] = (offer, amount)
    return best


def _worth(offer: Offer, purchase: Bought, net: int) -> int:
    if net <= 0 or net < offer.minimum:
        return 0
    if offer.shops is not None and purchase.shop not in offer.shops:
        return 0
    if offer.category is not None and CATEGORIES[purchase.shop % len(CATEGORIES)] != offer.category:
        return 0
    if offer.rate_bps:
        amount = (net * offer.rate_bps + (0 if offer.round_down else 5_000)) // 10_000
    else:
        amount = net // offer.per if offer.per else offer.fixed
    return amount if offer.cap is None else min(amount, offer.cap)
