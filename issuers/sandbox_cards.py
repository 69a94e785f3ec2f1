"""The cards of the sandbox network, and how one becomes a token: what a real network's own card form would do.

None of them is money, and no number is ever sent here: a form names a card by its code.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What the network says when a card is to be enrolled."""

    ENROLLED = "enrolled"
    REFUSED = "refused"
    """Its bank does not take part."""


@dataclass(frozen=True, slots=True)
class SandboxCard:
    """One card that people try things with."""

    code: str
    scheme: str
    last_four: str
    number: str
    """Published for tests, and nobody's."""
    answer: Answer = Answer.ENROLLED


SANDBOX_CARDS = (
    SandboxCard("visa", "visa", "4242", "4242424242424242"),
    SandboxCard("mastercard", "mastercard", "4444", "5555555555554444"),
    SandboxCard("cb", "cb", "1009", "4970100000001009"),
    SandboxCard("refused", "visa", "0002", "4000000000000002", Answer.REFUSED),
)


def enrol(code: str, holder: str) -> tuple[SandboxCard, str | None]:
    """The card of a code and, unless it is refused, its token for a holder; KeyError for a code that is none.

    A holder gets the same token again, and no two holders get the same.
    """
    card = {each.code: each for each in SANDBOX_CARDS}[code]
    if card.answer is Answer.REFUSED:
        return card, None
    told = hashlib.sha256(f"{holder}\x00{code}".encode()).hexdigest()[:20]
    return card, f"sbx_{card.scheme}_{told}"
