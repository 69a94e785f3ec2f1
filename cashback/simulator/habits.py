"""How people spend, by the kind of shop: how often, how much, and what happens to the amount afterwards.

Invented, of the order that a French centre sees. Shares are between 0 and 1; amounts are minor units of EUR.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AMOUNT_MIN_MINOR = 1_20
AMOUNT_MAX_MINOR = 1_200_00
_ENDINGS = (0, 0, 0, 5, 9, 9)
"""Last digits of prices, as often as they are seen."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How one kind of shop is used."""

    footfall: float
    """Purchases of this kind of shop, against one of a shop that nobody knows."""
    median_minor: int
    spread: float
    """Standard deviation of the logarithm of the amount: two thirds lie within a factor of e to this power."""
    refunds: float = 0.02
    tips: float = 0.0
    """Share of purchases that clear higher than they were authorised."""
    shrinks: float = 0.01
    """Share that clear lower: an article was missing, a deposit was given back."""

    def amount(self, rng: random.Random) -> int:
        """What somebody pays, in minor units."""
        drawn = round(self.median_minor * math.exp(rng.gauss(0, self.spread)))
        priced = drawn // 10 * 10 + rng.choice(_ENDINGS)
        return min(max(priced, AMOUNT_MIN_MINOR), AMOUNT_MAX_MINOR)


HABITS: Mapping[str, Habit] = MappingProxyType(
    {
        "4812": Habit(0.4, 29_00, 0.9, refunds=0.05),
        "5311": Habit(1.6, 44_00, 0.7, refunds=0.07),
        "5331": Habit(1.4, 14_00, 0.6, refunds=0.03),
        "5411": Habit(4.0, 36_00, 0.7, refunds=0.01, shrinks=0.05),
        "5441": Habit(0.8, 16_00, 0.5, refunds=0.0),
        "5462": Habit(3.6, 6_50, 0.5, refunds=0.0),
        "5611": Habit(0.8, 58_00, 0.6, refunds=0.10),
        "5621": Habit(1.3, 52_00, 0.6, refunds=0.13),
        "5641": Habit(0.8, 34_00, 0.5, refunds=0.09),
        "5651": Habit(1.5, 48_00, 0.6, refunds=0.11),
        "5655": Habit(0.7, 46_00, 0.5, refunds=0.09),
        "5661": Habit(0.9, 72_00, 0.4, refunds=0.10),
        "5712": Habit(0.3, 140_00, 0.8, refunds=0.05),
        "5719": Habit(0.7, 27_00, 0.6, refunds=0.05),
        "5732": Habit(0.5, 110_00, 0.9, refunds=0.07),
        "5812": Habit(2.4, 38_00, 0.5, refunds=0.0, tips=0.35),
        "5813": Habit(0.8, 17_00, 0.5, refunds=0.0, tips=0.25),
        "5814": Habit(4.2, 9_50, 0.5, refunds=0.0),
        "5912": Habit(1.8, 15_00, 0.7, refunds=0.01),
        "5941": Habit(0.9, 45_00, 0.7, refunds=0.08),
        "5942": Habit(1.2, 19_00, 0.5, refunds=0.03),
        "5943": Habit(0.7, 13_00, 0.6, refunds=0.02),
        "5944": Habit(0.2, 120_00, 0.8, refunds=0.04),
        "5945": Habit(0.8, 28_00, 0.6, refunds=0.05),
        "5948": Habit(0.3, 65_00, 0.6, refunds=0.06),
        "5977": Habit(1.1, 33_00, 0.6, refunds=0.04),
        "5992": Habit(0.6, 22_00, 0.4, refunds=0.0),
        "5994": Habit(1.0, 8_00, 0.6, refunds=0.0),
        "5995": Habit(0.6, 24_00, 0.6, refunds=0.02),
        "7230": Habit(0.7, 39_00, 0.4, refunds=0.0, tips=0.20),
        "7832": Habit(1.3, 24_00, 0.4, refunds=0.01),
        "8043": Habit(0.2, 150_00, 0.6, refunds=0.03),
    }
)
USUAL = Habit(1.0, 25_00, 0.6)


def habit_of(category: str) -> Habit:
    """The habit of a merchant category; the usual one for a category that is not listed."""
    return HABITS.get(category, USUAL)
