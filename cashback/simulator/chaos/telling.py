"""What every source has in common: when it tells, what it calls a shop, and the deliveries it makes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from cashback.simulator.chaos.truth import Purchase

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery: when it arrives, from whom, and the true purchases it speaks of."""

    at: datetime
    provider: str
    event: str | None
    """Where the provider puts the event's name in the address."""
    body: bytes
    of: tuple[Purchase, ...]


class Source(Protocol):
    """One source of a role: it notes its views in the purchase and makes the deliveries."""

    def tell(self, rng: random.Random, purchase: Purchase) -> Iterator[Sent]:
        """Everything the source ever says of a purchase."""


def encoded(message: Any) -> bytes:
    """The bytes of a body; decimals become numbers."""
    return _ENCODER.encode(message)


def major(amount_minor: int) -> Decimal:
    """Minor units of a currency with two decimals, in major units."""
    return Decimal(amount_minor).scaleb(-2)


def zulu(moment: datetime) -> str:
    """An instant in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(rng: random.Random, least: int, most: int) -> timedelta:
    """A delay."""
    return timedelta(seconds=rng.randint(least, most))
