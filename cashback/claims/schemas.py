"""What a claim says, where it stands, and why. Amounts are minor units of `currency`; times are aware UTC."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from cashback.actors import is_system
from cashback.ids import show
from cashback.purchases.schemas import PurchaseKey
from issuers.registry import RECEIPT


class ClaimState(StrEnum):
    """Where a claim stands."""

    OPEN = "open"
    """Nobody has answered it, and nothing that was told so far decides it."""
    ACCEPTED = "accepted"
    """It is evidence now: of a purchase that others told without its shop, or of one that nobody else told."""
    COUNTED = "counted"
    """Others told the purchase with its shop: whether it earns is decided there."""
    REFUSED = "refused"
    """A person looked and said no."""
    WITHDRAWN = "withdrawn"
    """It was accepted by mistake: its evidence is taken back, and so is what it earned."""
    CANCELLED = "cancelled"
    """Its shopper took it back before anybody answered; the same purchase may be claimed again."""


class Reason(StrEnum):
    """Why a claim was answered as it was."""

    PROVEN = "proven"
    """Accepted: a purchase of the same day and amount was told without its shop, and nothing contradicts."""
    CONFIRMED = "confirmed"
    """Accepted: a person has looked at it."""
    EARNED = "earned"
    """Counted: the purchase was told with its shop and has earned."""
    EARNED_NOTHING = "earned_nothing"
    """Counted: the purchase was told with its shop, and no offer gives anything for it."""
    GIVEN_BACK = "given_back"
    """Counted: the purchase was told with its shop and refunded in full."""
    NOT_LINKED = "not_linked"
    """Counted: the purchase was told with its shop, and its card was not linked when it was made."""
    UNREADABLE = "unreadable"
    """Refused or withdrawn: the picture shows nothing that can be read."""
    DIFFERENT = "different"
    """Refused or withdrawn: the picture shows another shop, day or amount."""
    NO_PROOF = "no_proof"
    """Refused or withdrawn: there is no picture and nobody else tells of it."""
    NOT_THEIRS = "not_theirs"
    """Refused or withdrawn: somebody else's purchase."""
    OTHER = "other"
    """Refused or withdrawn: as the words say."""
    CANCELLED = "cancelled"
    """Cancelled: by whoever made it."""


TO_REFUSE = (Reason.UNREADABLE, Reason.DIFFERENT, Reason.NO_PROOF, Reason.NOT_THEIRS, Reason.OTHER)
"""Reasons that a person may give for a refusal, and for taking an answer back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim as a shopper makes it; `picture` as it came over the wire."""

    key: str
    """Idempotency key: told again with the same content it is the same claim."""
    shop: str
    """Code of the shop."""
    day: date
    """In the zone of the shop's centre."""
    amount_minor: int
    currency: str
    told_time: time | None = None
    """In that zone, to the minute; only decides on the day on which a card was linked or unlinked."""
    last_four: str | None = None
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """That whoever makes a claim for a shopper has seen which purchase it is."""

    purchase_id: UUID
    words: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as stored."""

    id: UUID
    shopper_id: UUID
    digest: bytes
    shop_id: UUID
    day: date
    told_time: time | None
    since: datetime
    until: datetime
    """The instants at which it can have been made, half-open: the day, on the day of the link what follows it."""
    amount_minor: int
    currency: str
    last_four: str | None
    media_type: str | None
    claimed_at: datetime
    state: ClaimState
    reason: Reason | None
    words: str | None
    answered_by: str | None
    answered_at: datetime | None
    purchase_id: UUID | None
    made_by: str | None = None
    made_words: str | None = None
    """What whoever made it for the shopper said with it."""

    @property
    def by_itself(self) -> bool:
        """Whether what was told decided it, and no person."""
        return self.answered_by is not None and is_system(self.answered_by)

    @property
    def ref(self) -> str:
        """Its id as people see it, and the reference of its evidence."""
        return show("clm", self.id)

    @property
    def key(self) -> PurchaseKey:
        """Names the purchase that it is evidence of."""
        return PurchaseKey(self.shopper_id, RECEIPT, self.ref)


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a claim."""

    claim: Claim
    state: ClaimState
    reason: Reason
    words: str | None = None
    purchase_id: UUID | None = None
    """The purchase it is recognised as."""


@dataclass(frozen=True, slots=True)
class ToldIdentifier:
    """An identifier that a source told with a purchase."""

    purchase_id: UUID
    """The purchase that stands; the source's own view may be a witness of it."""
    network: str
    name: str
    """`scheme:value`."""
    purchased_at: datetime
