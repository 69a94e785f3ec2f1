"""Values of collecting: mandates, collections and paybacks, and where each may stand. Amounts are minor units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from cashback.ids import show


class RailName(StrEnum):
    """Who charges cards."""

    STRIPE = "stripe"
    SANDBOX = "sandbox"
    """Ours, for demonstrations: no money is behind it."""


class MandateState(StrEnum):
    """Whether a card may be charged."""

    ASKED = "asked"
    """The shopper is to authenticate a card."""
    AGREED = "agreed"
    """A card was authenticated for charges while its holder is away."""
    DEAD = "dead"
    """It is charged no more; `why` says the reason."""


CONTRACT_STATES = ("proposed", "offered", "signing", "signed", "funded", "refused", "ended")
"""Where a lender's contract may stand. `proposed`: it is being made; `offered`: to be signed; `signing`: signed here,
on its way to the lender; `signed`: the lender is bound; `funded`: it has paid."""


class Kind(StrEnum):
    """Why a card is charged."""

    FIRST = "first"
    """The first instalment, with strong authentication: the plan begins with it."""
    DUE = "due"
    """What has fallen due, while the shopper is away."""
    EARLY = "early"
    """Some instalments before their day, as the shopper asked."""
    ALL = "all"
    """Everything that is left, as the shopper asked."""
    RECOVERY = "recovery"
    """What was written off and is paid after all."""


OFF_SESSION = frozenset({Kind.DUE, Kind.RECOVERY})
"""Charged while the shopper is away."""


class State(StrEnum):
    """Where a collection stands. `moves.MOVES` says what may follow what."""

    INTENDED = "intended"
    """Written down, and never called."""
    CALLING = "calling"
    """Its rail is being called."""
    UNKNOWN = "unknown"
    """Its rail was called and nobody knows what came of it; it is looked up, never charged anew before."""
    PROCESSING = "processing"
    """Its rail has taken it and does not yet know."""
    NEEDS_SHOPPER = "needs_shopper"
    """The shopper is to confirm it; until then nothing is taken."""
    SUCCEEDED = "succeeded"
    """The card was charged."""
    FAILED = "failed"
    """It was not, and will not be under this id."""
    GIVEN_UP = "given_up"
    """Taken back before anything was taken."""


ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.GIVEN_UP})


class BackState(StrEnum):
    """Where a payback stands."""

    INTENDED = "intended"
    CALLING = "calling"
    UNKNOWN = "unknown"
    PROCESSING = "processing"
    """The rail has taken it; banks need days."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It could not be given back this way: a person settles it otherwise."""


class Why(StrEnum):
    """Why money goes back to a card."""

    EXCESS = "excess"
    """It stood in the books and is owed no more: a refund, a withdrawal, something paid twice."""
    CANCELLED = "cancelled"
    """The first payment succeeded and the plan did not begin: it never stood in the books."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """A card that may be charged, without what only its rail needs to know."""

    shopper_id: UUID
    id: UUID
    rail: RailName
    state: MandateState
    sealed: bytes = field(repr=False)
    rail_ref: str | None
    """The rail's own id of the question to the shopper, where one was asked without a charge."""
    last_four: str | None
    scheme: str | None
    funding: str | None
    expires_on: date | None
    first_transaction: str | None
    agreed_at: datetime | None
    ended_at: datetime | None
    why: str | None
    created_at: datetime

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("man", self.id)


@dataclass(frozen=True, slots=True)
class Collection:
    """One charge of a card, as it is stored."""

    shopper_id: UUID
    id: UUID
    plan_id: UUID
    mandate_id: UUID
    kind: Kind
    parts: Mapping[int, int]
    """Amount by number of instalment."""
    amount_minor: int
    currency: str
    state: State
    reason: str | None
    rail_ref: str | None
    attempt: int
    next_at: datetime | None
    until: datetime | None
    """While the shopper is waited for: when it is given up."""
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    moves: int

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("col", self.id)


@dataclass(frozen=True, slots=True)
class Payback:
    """Money on its way back to a card, as it is stored."""

    shopper_id: UUID
    id: UUID
    plan_id: UUID
    collection_id: UUID
    amount_minor: int
    currency: str
    why: Why
    state: BackState
    reason: str | None
    rail_ref: str | None
    attempt: int
    next_at: datetime | None
    asked_at: datetime
    ended_at: datetime | None
    moves: int

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("pbk", self.id)


@dataclass(frozen=True, slots=True)
class News:
    """That a rail has news of something, once per `source`."""

    about: str
    """collection, payback, mandate or card."""
    subject: str
    source: str
    event: str
    told_at: datetime
