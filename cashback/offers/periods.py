"""Local time and the periods that limits and counts go by, all by the clock of the purchase's centre.

A day begins at local midnight, a week on Monday (ISO 8601), a month and a year on their first day; `life` is all of an
offer's time.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cashback.offers.words import Word


class Period(Word):
    """How long something is counted before it begins anew."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    LIFE = "life"

    def key(self, at: datetime, zone: ZoneInfo) -> str:
        """Names the period that an instant lies in: `2026-11-29`, `2026-W48`, `2026-11`, `2026`, or nothing of life."""
        reading = _read(at, zone)
        key = reading.keys.get(self)
        if key is None:
            key = reading.keys[self] = _key(self, reading.clock.date())
        return key


class _Reading(NamedTuple):
    """What the clock of a zone reads at an instant, and the periods that this lies in as far as they were asked."""

    at: datetime
    zone: ZoneInfo
    clock: datetime
    keys: dict[Period, str]


_last: _Reading | None = None
"""The last one is kept: conditions and limits of many offers ask the same of one purchase."""


def _read(at: datetime, zone: ZoneInfo) -> _Reading:
    global _last
    last = _last
    if last is not None and last.at is at and last.zone is zone:
        return last
    try:
        clock = at.astimezone(zone)
    except OverflowError:
        clock = at
    _last = last = _Reading(at, zone, clock, {})
    return last


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock of a zone reads at an instant given in UTC.

    At the ends of the calendar, where the local time would be in a year that does not exist, it is the instant itself.
    """
    return _read(at, zone).clock


@lru_cache(maxsize=16_384)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins, in UTC.

    Where clocks are put forward at midnight the day begins at the change; where they are put back over it, at the
    first of the two midnights (`fold=0` of PEP 495 gives both).
    """
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=65_536)
def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@lru_cache(maxsize=65_536)
def _key(period: Period, day: date) -> str:
    match period:
        case Period.DAY:
            return day.isoformat()
        case Period.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        case Period.MONTH:
            return f"{day.year:04d}-{day.month:02d}"
        case Period.YEAR:
            return f"{day.year:04d}"
        case Period.LIFE:
            return ""
