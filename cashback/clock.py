"""The only place that knows what time it is. Everything else takes `now` as an argument."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells an aware UTC instant."""

    def now(self) -> datetime:
        """The present instant."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.now(UTC)


class HeldClock:
    """A clock that stands still until it is moved forward: replay, seeding and tests."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Move forward; going back is refused, because what was decided stays decided."""
        if at < self._at:
            raise ValueError(f"a clock never goes back: it stands at {self._at.isoformat()}, not {at.isoformat()}")
        self._at = at

    def advance(self, by: timedelta) -> None:
        """Move forward by an interval."""
        self.move_to(self._at + by)
