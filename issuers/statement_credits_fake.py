"""A network that credits statements in memory: for tests and trials of the rail."""

from collections import deque
from dataclasses import dataclass, field

from issuers.errors import IssuerError
from issuers.statement_credits import Credit, CreditState


@dataclass(slots=True)
class FakeStatementCredits:
    """Accepts every credit once per key. `failures` are raised first, each by one call of `credit`."""

    credits: dict[str, Credit] = field(default_factory=dict)
    """By key."""
    failures: deque[tuple[IssuerError, bool]] = field(default_factory=deque)
    """What is raised, and whether the credit was given nevertheless."""

    async def credit(self, card: str, *, amount_minor: int, currency: str, key: str) -> Credit:
        """The credit of the key, new or as it was given."""
        failure, given = self.failures.popleft() if self.failures else (None, True)
        if given:
            ref = f"{card}:{amount_minor}:{currency}"
            self.credits.setdefault(key, Credit(ref, CreditState.ACCEPTED))
        if failure is not None:
            raise failure
        return self.credits[key]

    async def find(self, key: str) -> Credit | None:
        """What was given for the key."""
        return self.credits.get(key)

    async def aclose(self) -> None:
        """Nothing is held."""
