"""Days of plans, in the zone of the programme: which day it is, and when something of a day is looked at. Pure."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

AT = time(6, 0)
"""When what falls due on a day is looked at: early enough for the card to be asked while shops are still closed."""


def day_of(now: datetime, zone: ZoneInfo) -> date:
    """The day that it is in a zone."""
    return now.astimezone(zone).date()


def looked_at(day: date, zone: ZoneInfo) -> datetime:
    """The instant of a day from which it is looked at; where clocks jump over it, the next one that exists."""
    return datetime.combine(day, AT, zone).astimezone(UTC)
