"""What an audit answers."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Breach:
    """The first row found that breaks an invariant."""

    invariant: str
    row: str


@dataclass(slots=True)
class Report:
    """The outcome of an audit."""

    breaches: list[Breach] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    """Per asset, what stands on shoppers' accounts together; the funder's side is its negative."""
    transfers: int = 0
    purchases: int = 0
    waiting: int = 0
    """Purchases for which time alone has changed something that the worker has not settled yet."""

    unsealed: int = 0
    """Rows of transfers and of the audit log that no chain has sealed yet."""
    unsealed_since: datetime | None = None
    """When the oldest of them was written."""

    @property
    def clean(self) -> bool:
        """Whether every invariant holds."""
        return not self.breaches
