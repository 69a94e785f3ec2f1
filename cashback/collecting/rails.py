"""What every rail of charges answers, whichever it is, and how the real ones are opened.

A rail is called outside any transaction, with a key that is the same for every attempt at one charge. It answers what
is known, never what is likely: only `Declined`, `Cancelled` and `Postponed` say that nothing was taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID

from cashback.collecting.schemas import RailName
from cashback.errors import Invalid


@dataclass(frozen=True, slots=True)
class Card:
    """A card as its rail tells of it. `method` is the rail's own id of it."""

    method: str = field(repr=False)
    scheme: str | None = None
    last_four: str | None = None
    funding: str | None = None
    """credit, debit, prepaid or unknown."""
    expires_on: date | None = None
    first_transaction: str | None = None
    """The network's id of the payment that was authenticated."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One collection as its rail needs it."""

    collection_id: UUID
    plan_id: UUID
    amount_minor: int
    currency: str
    customer: str = field(repr=False)
    method: str | None = field(repr=False)
    """None: the shopper gives a card on their client."""
    off_session: bool
    keep: bool
    """The shopper authenticates, and the card may be charged afterwards."""
    shown: bool = False
    """The shopper's client may have what confirms it: it is over only once it was cancelled."""
    attempt: int = 1
    rail_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Back:
    """One payback as its rail needs it."""

    payback_id: UUID
    charge_ref: str
    amount_minor: int
    attempt: int = 1
    rail_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """It was carried out."""

    ref: str
    card: Card | None = None
    """Of a charge that was authenticated: the card that may be charged from now on."""


@dataclass(frozen=True, slots=True)
class Processing:
    """The rail has it; whether it succeeds is told later."""

    ref: str


@dataclass(frozen=True, slots=True)
class NeedsShopper:
    """The shopper is to confirm it with what `secret` opens; until then nothing is taken."""

    ref: str
    secret: str = field(repr=False)
    declined: str | None = None
    """Why the attempt before failed, if there was one."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The bank said no: nothing was taken."""

    code: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It was taken back, and cannot be confirmed any more."""

    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """The rail did not take the call, and nothing has moved: the same call may succeed later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows: no answer came, or none that can be understood. It must be looked up."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotThere:
    """Looked up: the rail has never taken it. The same call with the same key is right."""


Charged = Succeeded | Processing | NeedsShopper | Declined | Cancelled | Postponed | Unknown
LookedUp = Charged | NotThere
Answer = LookedUp


class ChargeRail(Protocol):
    """A way to charge cards. It never raises for what a provider does."""

    async def customer(self, mandate_id: UUID, idempotency_key: str) -> str | Postponed | Unknown:
        """Whom a card belongs to, as the rail calls them; nothing of the person is told."""

    async def ask(self, mandate_id: UUID, customer: str, idempotency_key: str) -> NeedsShopper | Postponed | Unknown:
        """Ask for a card to be authenticated without a charge."""

    async def asked(self, ref: str) -> Succeeded | NeedsShopper | Declined | Cancelled | Unknown:
        """What became of that."""

    async def card(self, method: str) -> Card | Unknown | None:
        """A card by the rail's id; None: it may not be charged any more."""

    async def forget(self, method: str) -> None:
        """Let the rail forget a card. What fails is not told: nothing depends on it."""

    async def charge(self, charge: Charge, idempotency_key: str) -> Charged:
        """Charge, once, however often it is called with this key."""

    async def look_up(self, charge: Charge) -> LookedUp:
        """What became of a charge, without changing anything."""

    async def cancel(self, charge: Charge, idempotency_key: str) -> LookedUp:
        """Take a charge back that has not succeeded; one that has is answered as it stands."""

    async def give_back(self, back: Back, idempotency_key: str) -> Charged:
        """Give money back to the card that was charged, once, however often it is called with this key."""

    async def look_for(self, back: Back) -> LookedUp:
        """What became of a payback, without changing anything."""

    async def aclose(self) -> None:
        """Give the connections back."""


class OpenChargeRail(Protocol):
    """How a rail is made of what the operator charges with."""

    def __call__(self, credentials: Mapping[str, str]) -> ChargeRail: ...


@dataclass(frozen=True, slots=True)
class ChargeRails:
    """The rails there are, by name; tests put doubles in their places."""

    opened_by: Mapping[RailName, OpenChargeRail]

    def opened(self, rail: RailName, credentials: Mapping[str, str]) -> ChargeRail:
        """A rail for some calls, to be closed by the caller."""
        if rail not in self.opened_by:
            raise Invalid(f"{rail} is not called: it has no client here", code="rail_not_called")
        return self.opened_by[rail](credentials)
