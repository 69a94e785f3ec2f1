"""Values of payouts: where one stands, over which rail it goes, to which account, and what is told of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from cashback.ids import show


class RailName(StrEnum):
    """How money reaches a shopper."""

    SEPA = "sepa"
    """A credit transfer in a file that the operator's bank carries out."""
    STRIPE = "stripe"
    """A transfer to the shopper's connected account, and a payout from there to their bank."""
    GIFT_CARD = "gift_card"
    """A code from a stock, shown to the shopper."""
    STATEMENT_CREDIT = "statement_credit"
    """A credit on a linked card, by a network that gives them."""


WITHOUT_ACCOUNT = frozenset({RailName.GIFT_CARD})
"""Rails that need to know nothing of where the shopper banks."""
IN_FILES = frozenset({RailName.SEPA})
"""Rails whose payouts are collected into a file; the others are called one payout at a time."""


class State(StrEnum):
    """Where a payout stands. `moves.MOVES` says what may follow what."""

    REQUESTED = "requested"
    """Asked for; the amount has left what is available."""
    HELD = "held"
    """Waits for something that comes by itself: an account's first day, tomorrow's limit, new gift cards."""
    WAITING_APPROVAL = "waiting_approval"
    """Waits for people, because it is above the operator's limit."""
    APPROVED = "approved"
    """Nothing stands in its way; it is sent next."""
    SENDING = "sending"
    """It may have been sent: its rail is being called, or a file with it is being written."""
    UNKNOWN = "unknown"
    """Its rail was called and nobody knows what came of it; it is looked up, never sent anew before."""
    SENT = "sent"
    """Its rail has taken it and not yet said that it was carried out."""
    RECALLING = "recalling"
    """Its rail could not carry it out, and the money is being fetched back from where it lies."""
    PAID = "paid"
    """Its rail says that it was carried out."""
    FAILED = "failed"
    """Its rail says that it was not; the amount is available again."""
    RETURNED = "returned"
    """It was paid and came back; the amount is available again."""
    CANCELLED = "cancelled"
    """Taken back before it was sent; the amount is available again."""
    STOPPED = "stopped"
    """A rule or a person forbade it; the amount is available again."""


class Reason(StrEnum):
    """Why a payout stands where it stands; `words.py` says each as a sentence. A rail's own codes stand as they are."""

    ACCOUNT_COOLING = "account_cooling"
    ACCOUNT_REMOVED = "account_removed"
    DAILY_CAP_SHOPPER = "daily_cap_shopper"
    DAILY_CAP_OPERATOR = "daily_cap_operator"
    OUT_OF_STOCK = "out_of_stock"
    RAIL_NOT_OPENED = "rail_not_opened"
    RAIL_NOT_ALLOWED = "rail_not_allowed"
    ABOVE_LIMIT = "above_limit"
    OVERDRAWN = "overdrawn"
    REJECTED = "rejected"
    ASKED_BACK = "asked_back"
    NO_ANSWER = "no_answer"
    NOT_REACHED = "not_reached"


class Outcome(StrEnum):
    """What a rail tells of a payout, of growing weight: of everything told, in whatever order, the heaviest holds."""

    TAKEN = "taken"
    """It is on its way."""
    PAID = "paid"
    """It was carried out."""
    FAILED = "failed"
    """It was not, or it came back."""


WEIGHT = {Outcome.TAKEN: 1, Outcome.PAID: 2, Outcome.FAILED: 3}


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout as it is stored. Amounts are minor units of the asset's currency."""

    shopper_id: UUID
    id: UUID
    key: str
    digest: bytes
    asset: str
    amount: int
    rail: RailName
    account_id: UUID | None
    state: State
    reason: str | None
    requested_by: str
    requested_at: datetime
    next_at: datetime | None
    """When the worker looks at it next; None: never by itself."""
    attempt: int
    """How often it was sent; every attempt bears the same key."""
    first_sent_at: datetime | None
    rail_ref: str | None
    batch_id: UUID | None
    counted_on: date | None
    """The day against whose caps it counts."""
    moves: int
    """How many moves it has made: the number of the next."""

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("pyt", self.id)


@dataclass(frozen=True, slots=True)
class Account:
    """Where a shopper wants to be paid, without what only its rail needs to know."""

    shopper_id: UUID
    id: UUID
    rail: RailName
    last_four: str
    added_at: datetime
    usable_at: datetime
    removed_at: datetime | None

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("pac", self.id)


@dataclass(frozen=True, slots=True)
class Asked:
    """A payout that somebody asks for. Without a rail the first one that the shopper can use is taken."""

    shopper_id: UUID
    key: str
    asset: str
    amount: int
    rail: RailName | None = None
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What a rail told of a payout, once per `source`."""

    payout_id: UUID
    source: str
    """Names the message: the same message told twice is one piece of news."""
    outcome: Outcome
    reason: str | None
    rail_ref: str | None
    told_at: datetime
