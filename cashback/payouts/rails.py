"""What every rail answers, whichever it is, and how the real ones are opened.

A rail is called outside any transaction, with a key that is the same for every attempt at one payout. It answers what
is known, never what is likely: only `Refused` and `Postponed` say that nothing has moved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from cashback.errors import Invalid
from cashback.payouts.schemas import Payout, RailName


@dataclass(frozen=True, slots=True)
class Payment:
    """One payout as its rail needs it. The account is personal data: it is in no `repr`."""

    payout_id: UUID
    amount_minor: int
    currency: str
    account: Mapping[str, str] = field(repr=False)
    attempt: int = 1
    rail_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The rail has it and carries it out; whether it succeeds is told later."""

    ref: str


@dataclass(frozen=True, slots=True)
class Done:
    """It was carried out."""

    ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The rail will not do it, and nothing has moved."""

    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """The rail did not take the call, and nothing has moved: the same call may succeed later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stranded:
    """The rail could not finish it, and the money lies on the way: it must be taken back there first."""

    reason: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows: no answer came, or none that can be understood. It must be looked up."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotThere:
    """Looked up: the rail has never taken it, or not to its end. The same call with the same key goes on from there."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What lay on the way is the operator's again."""


Submitted = Accepted | Done | Refused | Postponed | Stranded | Unknown
LookedUp = Accepted | Done | Refused | Stranded | Unknown | NotThere
Recalled = TakenBack | Postponed | Unknown
Answer = Submitted | LookedUp | Recalled


class Rail(Protocol):
    """A way to pay that is called one payout at a time. It never raises for what a provider does."""

    async def submit(self, payment: Payment, idempotency_key: str) -> Submitted:
        """Pay, once, however often it is called with this key."""

    async def look_up(self, payment: Payment, idempotency_key: str) -> LookedUp:
        """What became of a payment of this key, without changing anything."""

    async def take_back(self, payment: Payment, idempotency_key: str) -> Recalled:
        """Fetch back what lies on the way of a payment that failed, once, however often it is called."""

    async def aclose(self) -> None:
        """Give the connections back."""


class OpenRail(Protocol):
    """How a rail is made of what the operator pays with."""

    def __call__(self, credentials: Mapping[str, str]) -> Rail: ...


@dataclass(frozen=True, slots=True)
class Rails:
    """The rails that are called, by name; tests put fakes in their places."""

    opened_by: Mapping[RailName, OpenRail]

    def opened(self, rail: RailName, credentials: Mapping[str, str]) -> Rail:
        """A rail for some calls, to be closed by the caller."""
        if rail not in self.opened_by:
            raise Invalid(f"{rail} is not called: it has no client here", code="rail_not_called")
        return self.opened_by[rail](credentials)


def key_of(payout: Payout) -> str:
    """The idempotency key of a payout at its rail: the same for every attempt."""
    return f"payout-{payout.id.hex}"
