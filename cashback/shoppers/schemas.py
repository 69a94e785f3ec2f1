"""Values of the card directory."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CardLink:
    """One stretch of time over which a provider's card token led to one shopper; half-open."""

    network: str
    token: str
    shopper_id: UUID
    card_id: UUID
    linked_at: datetime
    unlinked_at: datetime | None
    last_four: str | None = None
