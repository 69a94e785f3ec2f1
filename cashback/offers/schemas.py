"""The values that go into and come out of the pure function.

`Spend` is all that offers may know of a purchase; it is made by whoever calls, so that this folder needs nothing of the
purchase's. Amounts are minor units of `currency`, or whole units of an asset. Times are aware UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class Spend(Struct, frozen=True, kw_only=True):
    """One purchase as the rules see it, at the net amount that should be rewarded."""

    purchase_id: UUID
    ref: str
    """The source and its own reference: orders purchases of one instant whatever arrived first."""
    counts: bool
    """False: superseded, lapsed, declined, made outside the card's link, an open credit. Nothing is owed."""
    net_minor: int
    gross_minor: int
    """What was spent before anything was given back."""
    currency: str
    purchased_at: datetime
    cleared_at: datetime | None
    """The hold is counted from here; None while only authorised."""
    network: str
    card_id: UUID
    channel: str | None
    """`in_store` or `online`; None where the network does not tell."""
    shop_id: UUID | None
    centre_id: UUID | None
    category: str | None
    """Merchant category code of the matched shop (ISO 18245)."""
    brand: str | None
    """The chain of the matched shop, by its name."""
    floor: str | None
    area: str | None
    """The part of the centre in which the shop lies, by the operator's own name: food court, east wing."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a quota gave to one purchase for one offer. An input of the function; a refusal is final."""

    wanted: int
    granted: int


Trail = list[dict[str, Any]]
"""One entry per condition and effect: `{"kind", "ok", …figures}`; `offers.sentences` reads it aloud."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What one offer owes for one purchase."""

    purchase_id: UUID
    offer_id: UUID
    version: int
    asset: str
    amount: int
    """What should stand now, at the grant given."""
    wanted: int
    """What the terms promise before any quota."""
    asks: int
    """How much more a quota would have to grant for `amount` to hold; 0 when nothing is left to ask."""
    matures_at: datetime | None
    """When pending becomes available; None while the purchase has not cleared."""
    trail: Trail
