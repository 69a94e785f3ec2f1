"""What is asked, what was decided, and a review of it. Amounts are minor units of `currency`; times are aware UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from cashback.ids import show


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question: may this shopper pay this amount in this shop in instalments?"""

    key: str
    """Idempotency key: asked again with the same content it is the same decision."""
    amount_minor: int
    currency: str
    shop: str | None = None
    """Code of the shop; None where a purchase is named, which knows its own."""
    plans: tuple[str, ...] | None = None
    """Ids of the plans asked for; None: whichever are open."""
    purchase_id: UUID | None = None
    """The recognised purchase that is to be split; None: asked at the checkout."""
    of_age: bool | None = None
    """As whoever asks has made sure; None: as the shopper declared."""
    country: str | None = None
    """Where the shopper lives; None: as declared, else where the centre lies."""
    online: bool = False
    large_company: bool | None = None
    """The shop is no small or medium enterprise; None: unknown, which counts as large where it sells online."""
    supplied_on: date | None = None
    """When the goods are supplied; None: today."""
    card_id: UUID | None = None
    """The linked card to charge; None: the one that suits best."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it is stored, beside its record."""

    shopper_id: UUID
    id: UUID
    key: str
    digest: bytes
    decided_at: datetime
    outcome: str
    expires_at: datetime
    amount_minor: int
    currency: str
    shop_id: UUID
    purchase_id: UUID | None
    card_id: UUID
    discovery: bool
    score: int | None
    band: str
    pauses: bool
    earlier_id: UUID | None
    used_at: datetime | None = None
    used_key: str | None = None
    used_plan: str | None = None
    plan_id: UUID | None = None

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("dec", self.id)


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision with its record: canonical bytes."""

    decided: Decided
    record: bytes


class ReviewState(StrEnum):
    """Where a review stands."""

    OPEN = "open"
    """Nobody has answered."""
    WAITING = "waiting"
    """One person would overturn; above the amount a second one must agree."""
    UPHELD = "upheld"
    """The decision stands."""
    OVERTURNED = "overturned"
    """People decided otherwise: a decision of theirs may be accepted."""


class ReviewReason(StrEnum):
    """Why a review was answered as it was."""

    CORRECT = "correct"
    """Upheld: everything was read and weighed as the policy says."""
    NOT_FOR_US = "not_for_us"
    """Upheld: only the lender or the law can change it."""
    WRONG_DATA = "wrong_data"
    """Overturned: something that was read is not so."""
    MISSING_DATA = "missing_data"
    """Overturned: something that counts was not known."""
    HARDSHIP_PASSED = "hardship_passed"
    """Overturned: what stood against it is over, and the shopper has shown it."""
    POLICY = "policy"
    """Overturned: the policy does not fit this case."""

    @property
    def overturns(self) -> bool:
        """Whether it is a reason to overturn."""
        return self in _OVERTURNS


_OVERTURNS = frozenset(
    {ReviewReason.WRONG_DATA, ReviewReason.MISSING_DATA, ReviewReason.HARDSHIP_PASSED, ReviewReason.POLICY}
)


@dataclass(frozen=True, slots=True)
class Review:
    """A contested decision, as it is stored. The shopper's words are sealed and read apart."""

    shopper_id: UUID
    id: UUID
    decision_id: UUID
    state: ReviewState
    asked_at: datetime
    due_at: datetime
    plan: str | None
    assigned_to: str | None
    reason: ReviewReason | None
    words: str | None
    answered_by: str | None
    answered_at: datetime | None
    second_by: str | None
    second_words: str | None
    new_decision_id: UUID | None

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("rev", self.id)
