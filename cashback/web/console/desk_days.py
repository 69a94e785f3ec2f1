"""Days of the address as instants, in the programme's zone."""

from datetime import UTC, date, datetime, time, timedelta

from cashback.web.console.frame import Call
from cashback.web.console.tables import Ask


def since_of(call: Call, ask: Ask, name: str = "since") -> datetime | None:
    """When the day of a filter begins; None where it is not set. The filter has checked that it is a day."""
    given = ask.get(name)
    return None if given is None else datetime.combine(date.fromisoformat(given), time(0), call.zone).astimezone(UTC)


def until_of(call: Call, ask: Ask, name: str = "until") -> datetime | None:
    """When the day of a filter ends; None where it is not set."""
    given = ask.get(name)
    if given is None:
        return None
    return datetime.combine(date.fromisoformat(given) + timedelta(days=1), time(0), call.zone).astimezone(UTC)


def noon_of(call: Call, day: date) -> datetime:
    """An instant of a day, for what is written as a day."""
    return datetime.combine(day, time(12), call.zone)
