"""The only place that knows what time it is. Everything else takes `now` as an argument."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


def zulu(at: datetime) -> str:
    """An aware instant as JSON of ours writes it: `2026-12-01T09:30:00Z`, with microseconds where it has any."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def zulu_or_none(at: datetime | None) -> str | None:
    """The same of an instant that may be missing."""
    return None if at is None else zulu(at)


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
