"""A rail that charges nobody: it keeps what it was asked in memory and answers as it is told to. For tests."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from cashback.collecting.rails import (
    Back,
    Cancelled,
    Card,
    Charge,
    Charged,
    LookedUp,
    NeedsShopper,
    NotThere,
    Succeeded,
    Unknown,
)

CARD = Card("card", "visa", "4242", "debit", date(2099, 12, 31), "network-1")


@dataclass(slots=True)
class FakeChargeRail:
    """Charges everything once by its key. `next_answers` are given first, each for one charge.

    An answer of `Unknown` stands for one that was lost: the card was charged nevertheless.
    """

    taken: dict[str, Charge] = field(default_factory=dict)
    """By key, what was charged."""
    given: dict[str, Back] = field(default_factory=dict)
    """By key, what was given back."""
    cancelled: set[UUID] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    next_answers: deque[Charged] = field(default_factory=deque)

    async def customer(self, mandate_id: UUID, idempotency_key: str) -> str:  # noqa: ARG002, the contract's
        """Named after the mandate."""
        return f"customer-{mandate_id.hex}"

    async def ask(self, mandate_id: UUID, customer: str, idempotency_key: str) -> NeedsShopper:  # noqa: ARG002
        """The shopper is to say yes."""
        return NeedsShopper(f"ask-{mandate_id.hex}", "secret")

    async def asked(self, ref: str) -> Succeeded:
        """They did."""
        return Succeeded(ref, CARD)

    async def card(self, method: str) -> Card:  # noqa: ARG002, the contract's
        """Always the same."""
        return CARD

    async def forget(self, method: str) -> None:
        """Nothing is held."""

    async def charge(self, charge: Charge, idempotency_key: str) -> Charged:
        """Charged, unless an answer that is not `Unknown` was put in its place."""
        self.calls.append(("charge", idempotency_key))
        answer = self.next_answers.popleft() if self.next_answers else None
        if answer is None or isinstance(answer, Unknown):
            self.taken.setdefault(idempotency_key, charge)
        return answer or Succeeded(f"ref-{idempotency_key}", CARD if charge.keep else None)

    async def look_up(self, charge: Charge) -> LookedUp:
        """What is known of the collection."""
        key = f"collection-{charge.collection_id.hex}"
        self.calls.append(("look_up", key))
        if charge.collection_id in self.cancelled:
            return Cancelled(f"ref-{key}")
        return Succeeded(f"ref-{key}", CARD if charge.keep else None) if key in self.taken else NotThere()

    async def cancel(self, charge: Charge, idempotency_key: str) -> LookedUp:
        """Taken back, unless it was charged."""
        self.calls.append(("cancel", idempotency_key))
        if idempotency_key in self.taken:
            return await self.look_up(charge)
        self.cancelled.add(charge.collection_id)
        return Cancelled(f"ref-{idempotency_key}")

    async def give_back(self, back: Back, idempotency_key: str) -> Charged:
        """Given back, unless an answer that is not `Unknown` was put in its place."""
        self.calls.append(("give_back", idempotency_key))
        answer = self.next_answers.popleft() if self.next_answers else None
        if answer is None or isinstance(answer, Unknown):
            self.given.setdefault(idempotency_key, back)
        return answer or Succeeded(f"ref-{idempotency_key}")

    async def look_for(self, back: Back) -> LookedUp:
        """What is known of the payback."""
        key = f"payback-{back.payback_id.hex}"
        self.calls.append(("look_for", key))
        return Succeeded(f"ref-{key}") if key in self.given else NotThere()

    async def aclose(self) -> None:
        """Nothing is held."""
