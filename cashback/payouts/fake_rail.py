"""A rail that pays nobody: it keeps what it was asked in memory and answers as it is told to. For tests and trials."""

from collections import deque
from dataclasses import dataclass, field

from cashback.payouts.rails import (
    Accepted,
    LookedUp,
    NotThere,
    Payment,
    Recalled,
    Submitted,
    TakenBack,
    Unknown,
)


@dataclass(slots=True)
class FakeRail:
    """Accepts everything once by its key. `next_answers` are given first, each for one call of `submit`.

    An answer of `Unknown` stands for one that was lost: the payment was carried out nevertheless.
    """

    paid: dict[str, Payment] = field(default_factory=dict)
    """By key, what was carried out."""
    taken_back: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    next_answers: deque[Submitted] = field(default_factory=deque)
    found: LookedUp | None = None
    """What looking up answers whatever is asked; None: what is known of the key."""

    async def submit(self, payment: Payment, idempotency_key: str) -> Submitted:
        """Carried out unless an answer that is not `Unknown` was put in its place."""
        self.calls.append(("submit", idempotency_key))
        answer: Submitted | None = self.next_answers.popleft() if self.next_answers else None
        if answer is None or isinstance(answer, Unknown | Accepted):
            self.paid.setdefault(idempotency_key, payment)
        return answer or Accepted(f"ref-{idempotency_key}")

    async def look_up(self, payment: Payment, idempotency_key: str) -> LookedUp:  # noqa: ARG002, the contract's
        """What is known of the key."""
        self.calls.append(("look_up", idempotency_key))
        if self.found is not None:
            return self.found
        return Accepted(f"ref-{idempotency_key}") if idempotency_key in self.paid else NotThere()

    async def take_back(self, payment: Payment, idempotency_key: str) -> Recalled:  # noqa: ARG002, the contract's
        """The payment counts as taken back."""
        self.calls.append(("take_back", idempotency_key))
        self.taken_back.add(idempotency_key)
        return TakenBack()

    async def aclose(self) -> None:
        """Nothing is held."""
