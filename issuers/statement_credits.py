"""Statement credits: what a network that gives them must be able to do, and one line per such network.

None is here yet. Visa, Mastercard and American Express credit statements under contracts whose interfaces are not
published; a client for one is a class that fulfils `StatementCredits` and a line in `STATEMENT_CREDITS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol


class CreditState(StrEnum):
    """Where a credit stands at its network."""

    ACCEPTED = "accepted"
    """It will appear on a statement."""
    POSTED = "posted"
    """It is on the statement."""
    REFUSED = "refused"
    """The network will not give it, or took it back; nothing stays on the statement."""


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit as its network tells it."""

    ref: str
    """The network's own id."""
    state: CreditState
    reason: str | None = None
    """The network's code, of one that was refused."""


class StatementCredits(Protocol):
    """A client of a network that credits statements of linked cards. Raises `issuers.errors` for what it cannot do:
    `TooManyCalls` where nothing was begun, `ProviderUnavailable` where nobody knows, `ProviderRefused` for a no."""

    async def credit(self, card: str, *, amount_minor: int, currency: str, key: str) -> Credit:
        """Credit a card by its token, once per key."""

    async def find(self, key: str) -> Credit | None:
        """The credit of a key, or None if the network has never taken it."""

    async def aclose(self) -> None:
        """Give the connections back."""


STATEMENT_CREDITS: Mapping[str, Callable[[Mapping[str, str]], StatementCredits]] = MappingProxyType({})
"""By network, how its client is opened with the operator's credentials."""
