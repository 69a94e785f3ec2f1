"""An adjustment: what is asked for, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What an adjustment is for the books."""

    GOODWILL = "goodwill"
    """The operator gives something that nothing entitles to."""
    CORRECTION = "correction"
    """What is available was wrong, one way or the other."""
    WRITE_OFF = "write_off"
    """The operator gives up what a shopper owes."""


class Reason(StrEnum):
    """Why."""

    COMPLAINT = "complaint"
    """Something went wrong in the centre."""
    DELAY = "delay"
    """A reward or a payout came late."""
    GIFT = "gift"
    """A birthday, a prize."""
    NOT_TOLD = "not_told"
    """A purchase that no source tells."""
    TOLD_WRONG = "told_wrong"
    """A purchase that was told with a wrong amount or shop."""
    OPERATOR_MISTAKE = "operator_mistake"
    """An offer or an earlier adjustment was wrong."""
    UNCOLLECTABLE = "uncollectable"
    """A debt that later rewards will not pay."""
    LEFT = "left"
    """The shopper left the programme."""


class State(StrEnum):
    """Where an adjustment stands."""

    WAITING = "waiting"
    """Above what the person may do alone: a second one decides."""
    POSTED = "posted"
    """It is in the wallet."""
    REFUSED = "refused"
    """The second person said no; nothing moved."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for."""

    key: str
    kind: Kind
    asset: str
    amount: int
    """Signed: what the available balance gains; minor units of the asset's currency, or units."""
    reason: Reason
    words: str
    purchase_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One as it is stored."""

    id: UUID
    shopper_id: UUID
    digest: bytes
    kind: Kind
    asset: str
    amount: int
    reason: Reason
    words: str
    purchase_id: UUID | None
    state: State
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    answer: str | None
