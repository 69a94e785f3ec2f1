"""What a partner who lends must answer, whoever it is, and how one is opened.

The contract with the shopper is the partner's: it consults the file of payment incidents (FICP), decides, and pays what
it lends itself. Every writing call bears a key of ours that the partner honours for ever, so that a call whose answer
was lost is simply made again. `sign` binds the partner: `fund` after it is carried out, sooner or later, never refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Ficp(StrEnum):
    """What the file of payment incidents says of the shopper, as the partner read it."""

    CLEAR = "clear"
    LISTED = "listed"
    """An entry is not a refusal by itself: the partner decides."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan as it is proposed: no name, no card; the partner asks the shopper for what it needs."""

    plan_id: UUID
    shopper: str
    """A name for this shopper that says nothing to anybody else."""
    amount_minor: int
    fee_minor: int
    currency: str
    instalments: Sequence[tuple[date, int]]
    """Days and amounts, fees included."""
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Consulted:
    """The partner has consulted the file of payment incidents. `proof`: its reference of that."""

    status: Ficp
    consulted_at: datetime
    proof: str


@dataclass(frozen=True, slots=True)
class Offered:
    """The partner would lend: its contract waits for the shopper's signature."""

    ref: str
    ficp: Ficp
    consulted_at: datetime
    link: str | None = field(default=None, repr=False)
    """Where the shopper reads and signs."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The partner has it and answers later."""

    ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner will not."""

    reason: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """It was carried out."""

    ref: str


@dataclass(frozen=True, slots=True)
class Unreached:
    """No answer that can be understood: the same call is made again, with the same key."""

    reason: str


LenderAnswer = Offered | Pending | Refused | Done | Unreached


class LenderRail(Protocol):
    """A partner who lends. It never raises for what the partner does."""

    async def consult(self, shopper: str, key: str, now: datetime) -> Consulted | Unreached:
        """Have the file of payment incidents consulted on a shopper, once, however often it is called with this key."""

    async def propose(self, proposal: Proposal, key: str) -> Offered | Pending | Refused | Unreached:
        """Ask whether the partner would lend, once, however often it is called with this key."""

    async def look(self, ref: str) -> Offered | Pending | Refused | Done | Unreached:
        """What became of a proposal: `Done` once the shopper has signed."""

    async def sign(self, ref: str, key: str) -> Done | Pending | Refused | Unreached:
        """Tell that the shopper has signed here; the partner is bound when it answers `Done`."""

    async def fund(self, ref: str, key: str) -> Done | Pending | Unreached:
        """Have the partner pay what it lends, to the shopper or at checkout to the shop."""

    async def report(self, ref: str, amount_minor: int, key: str) -> Done | Unreached:
        """Tell what was collected for the partner since."""

    async def refund(self, ref: str, amount_minor: int, key: str) -> Done | Unreached:
        """Tell what of that was given back since."""

    async def withdraw(self, ref: str, key: str) -> Done | Unreached:
        """Tell that the shopper withdrew, or that the plan never began."""

    async def aclose(self) -> None:
        """Give the connections back."""


class OpenLender(Protocol):
    """How a partner is reached with what the operator told."""

    def __call__(self, credentials: Mapping[str, str]) -> LenderRail: ...
