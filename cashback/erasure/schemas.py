"""What stands before an erasure and after it. Amounts are minor units of money, units of everything else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from cashback.ids import show


class Obstacle(StrEnum):
    """Why somebody cannot be erased yet: something with a stranger to it is under way."""

    OPEN_PLAN = "open_plan"
    """A plan in instalments is open, or a card is still being charged or paid back."""
    PAYOUT_UNDER_WAY = "payout_under_way"
    """Money is on its way out; what was not sent can be taken back."""
    REVIEW_OPEN = "review_open"
    """People are looking again at a decision that the shopper contests."""


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in a wallet in one asset. `owed` is what a refund took back after it was used."""

    pending: int = 0
    available: int = 0
    owed: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an erasure would meet now."""

    obstacles: tuple[Obstacle, ...]
    held: Mapping[str, Held]
    """By asset, where anything stands."""

    @property
    def has_value(self) -> bool:
        """Whether the shopper would give something up."""
        return any(each.pending or each.available for each in self.held.values())

    @property
    def mark(self) -> str:
        """Differs whenever what would be given up differs: what a person agreed to is what they were shown."""
        told = msgspec.json.encode(sorted((asset, each.pending, each.available) for asset, each in self.held.items()))
        return hashlib.sha256(told).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that was carried out."""

    shopper_id: UUID
    erased_at: datetime
    given_up: Mapping[str, Held]

    @property
    def ref(self) -> str:
        """The id that led to a person once."""
        return show("shp", self.shopper_id)
