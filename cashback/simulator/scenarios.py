"""Purchases to order: what happens of one, chosen by name, told at once. Pure: the same seed, the same facts."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from cashback.simulator.cast import Card, Shop
from cashback.simulator.life import SECOND, Deed, Happening, begin_purchase, fact_after

BURST_PURCHASES = 20
PARTIAL_REFUND_PERCENT = 40
LATE = timedelta(days=2)
BETWEEN = timedelta(seconds=2)
"""From one fact of a purchase to the next."""


class Scenario(StrEnum):
    """What can be ordered."""

    AUTHORIZE = "authorize"
    """The bank agreed; nothing has cleared."""
    CLEAR = "clear"
    """Agreed and collected."""
    PARTIAL_REFUND = "partial_refund"
    """Collected, and part of it given back."""
    CHARGEBACK = "chargeback"
    """Collected, and taken back as a whole by a refund that names no purchase, as networks tell chargebacks."""
    LATE = "late"
    """A purchase of two days ago whose clearing is told before its authorization."""
    DECLINE = "decline"
    """The bank refused."""
    BURST = "burst"
    """`BURST_PURCHASES` purchases with any of the cards in any of the shops."""


def play(
    scenario: Scenario,
    rng: random.Random,
    cards: Sequence[Card],
    shops: Sequence[Shop],
    at: datetime,
    *,
    amount_minor: int,
) -> list[Happening]:
    """The facts in the order in which they are told. All but `BURST` take the first card and the first shop.

    Facts end at `at`: nothing is told of the future. `amount_minor` is in EUR, at least 1.
    """
    end = at.replace(microsecond=0)
    if scenario is Scenario.BURST:
        return [
            fact
            for _ in range(BURST_PURCHASES)
            for fact in _collected(rng, rng.choice(cards), rng.choice(shops), end - BETWEEN, _near(rng, amount_minor))
        ]
    card, shop = cards[0], shops[0]
    if scenario is Scenario.AUTHORIZE:
        return [begin_purchase(rng, card, shop, end, amount_minor)]
    if scenario is Scenario.DECLINE:
        return [replace(begin_purchase(rng, card, shop, end, amount_minor), deed=Deed.DECLINE)]
    if scenario is Scenario.LATE:
        authorized, cleared = _collected(rng, card, shop, end - LATE, amount_minor)
        return [replace(cleared, told_at=end), replace(authorized, told_at=end + SECOND)]
    facts = _collected(rng, card, shop, end - 2 * BETWEEN, amount_minor)
    if scenario is Scenario.CLEAR:
        return facts
    if scenario is Scenario.PARTIAL_REFUND:
        part = max(1, amount_minor * PARTIAL_REFUND_PERCENT // 100)
        return [*facts, fact_after(rng, facts[-1], Deed.REFUND, BETWEEN, part)]
    return [*facts, replace(fact_after(rng, facts[-1], Deed.REFUND, BETWEEN, amount_minor), names_purchase=False)]


def _collected(rng: random.Random, card: Card, shop: Shop, at: datetime, amount_minor: int) -> list[Happening]:
    authorized = begin_purchase(rng, card, shop, at, amount_minor)
    return [authorized, fact_after(rng, authorized, Deed.CLEAR, BETWEEN, amount_minor)]


def _near(rng: random.Random, amount_minor: int) -> int:
    """Half to twice as much: a burst is not twenty times the same purchase."""
    return max(1, amount_minor * rng.randint(50, 200) // 100)
