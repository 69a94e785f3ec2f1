"""The period of a settlement as people write it, and its half-open interval of instants in the programme's zone."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cashback.errors import Invalid
from cashback.settlement.schemas import Period

_MONTH = re.compile(r"(2[0-9]{3})-([0-9]{2})")
_DAYS = re.compile(r"(2[0-9]{3}-[0-9]{2}-[0-9]{2})\.\.(2[0-9]{3}-[0-9]{2}-[0-9]{2})")
LENGTH_MAX_DAYS = 400


def period(text: str, zone: ZoneInfo) -> Period:
    """`2026-11` is that month; `2026-11-01..2026-11-15` are these days, the last one included."""
    try:
        if found := _MONTH.fullmatch(text):
            first = date(int(found[1]), int(found[2]), 1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        elif found := _DAYS.fullmatch(text):
            first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2])
        else:
            raise ValueError("neither a month nor two days")
    except ValueError:
        raise Invalid(
            f"period {text[:40]!r}: expected a month such as 2026-11, or days such as 2026-11-01..2026-11-15",
            code="unknown_period",
        ) from None
    if not 0 <= (last - first).days < LENGTH_MAX_DAYS:
        raise Invalid(f"period {text}: expected between 1 and {LENGTH_MAX_DAYS} days", code="unknown_period")
    return between(text, first, last, zone)


def between(name: str, first: date, last: date, zone: ZoneInfo) -> Period:
    """The instants from the beginning of the first day to the end of the last one."""
    return Period(name, _midnight(first, zone), _midnight(last + timedelta(days=1), zone), first, last)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
