"""When a purchase can have been made, where that is not known to the instant, and what is told of it.

A source may tell only a day, a span of days, a local time that comes twice, or a time without its zone. A rule is then
*sure* if every instant at which the purchase can have been made gives the same answer. Where one instant is needed, to
put purchases in order, into periods, under a version or beside facts, it is `purchased_at`: the earliest of them, and
the time as it was read where only the zone is missing.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from cashback.offers.kinds import FOR_EVER, SINCE_EVER, Person, TrailEntry
from cashback.offers.periods import Period, local, midnight
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue
from issuers.events import TimeBasis

ZONES_REACH = timedelta(hours=14)
"""No zone of the world is further from UTC (Kiritimati, UTC+14)."""
MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
_TWO_WEEKS = timedelta(days=15)
"""In so much time a clock reads every minute of the week: what one week leaves out by a change, the other has."""
_INSTANT = timedelta(microseconds=1)
_STEP = timedelta(hours=6)
"""No clock was ever put forward and back within it."""
_DAY = timedelta(days=1)


class Made(NamedTuple):
    """The instants at which a purchase can have been made, half-open, UTC; never none."""

    first: datetime
    end: datetime

    @property
    def last(self) -> datetime:
        """The last instant."""
        return self.end - _INSTANT


def latest(first: datetime, until: datetime, basis: TimeBasis) -> datetime | None:
    """What `Spend.purchased_until` is of an interval and what it was derived from: None where the time is certain."""
    if until <= first and basis is not TimeBasis.ASSUMED_UTC:
        return None
    return max(first, until)


def days_of_zone(first: datetime, until: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """An interval of a source that tells days and no zone, read as those days of the centre; any other as it is.

    Such an interval begins and ends at midnights of UTC, the end perhaps the instant before.
    """
    end = until if until.time() == time(0) else _moved(until, _INSTANT)
    if end <= first or first.time() != time(0) or end.time() != time(0):
        return first, until
    return _begins(first.date(), zone), _begins(end.date(), zone)


def in_zone(spend: Spend, zone: ZoneInfo) -> Spend:
    """A purchase whose days are those of its centre, where its source tells days and no zone."""
    if spend.purchased_until is None:
        return spend
    first, until = days_of_zone(spend.purchased_at, spend.purchased_until, zone)
    return spend if first is spend.purchased_at else replace(spend, purchased_at=first, purchased_until=until)


def made(spend: Spend) -> Made:
    """The instants at which a purchase can have been made; one, where its time is certain."""
    first, until = spend.purchased_at, spend.purchased_until
    return Made(first, _moved(first, _INSTANT)) if until is None else _interval(first, until, spend.time_basis)


def same_period(period: Period, spend: Spend, zone: ZoneInfo) -> bool:
    """Whether all instants of a purchase lie in the same period."""
    if spend.purchased_until is None:
        return True
    when = made(spend)
    return period.key(when.first, zone) == period.key(when.last, zone)


def order_sure(spend: Spend, person: Person, counts: Callable[[Spend], bool]) -> bool:
    """Whether it is known which of the shopper's other purchases that count were made before one of them."""
    if person.all_certain():
        return True
    return not any(
        each.counts and each.net_minor > 0 and counts(each)
        for each in person.history
        if each.purchase_id != spend.purchase_id and _either_before(each, spend)
    )


def _either_before(one: Spend, other: Spend) -> bool:
    if one.purchased_until is None and other.purchased_until is None:
        return False
    first, second = made(one), made(other)
    return first.first <= second.last and second.first <= first.last


@lru_cache(maxsize=4_096)
def minutes_read(when: Made, zone: ZoneInfo) -> int:
    """The minutes of the week that the clock of a zone reads within an interval: one bit each, Monday 00:00 the lowest.

    An hour that does not exist is not among them; one that comes twice is.
    """
    found = 0
    for low, high in _runs(when, zone):
        found |= ((1 << (high - low + 1)) - 1) << low
    return found


@lru_cache(maxsize=4_096)
def hours_read(when: Made, zone: ZoneInfo) -> tuple[int, ...]:
    """The hours of the week, from Monday 00:00, that the clock of a zone reads at some instant of an interval."""
    found: set[int] = set()
    for low, high in _runs(when, zone):
        found.update(range(low // 60, high // 60 + 1))
    return tuple(sorted(found))


def days_read(when: Made, zone: ZoneInfo) -> Iterator[date]:
    """The local days that an interval touches, in their order; a day that the zone leaves out is not among them."""
    day, last = local(when.first, zone).date(), local(when.last, zone).date()
    while day < last:
        following = day + _DAY
        if _begins(day, zone) < _begins(following, zone):
            yield day
        day = following
    yield last


def told(spend: Spend, zone: ZoneInfo) -> dict[str, Any]:
    """What a trail says of an uncertain time: `{"made": {"first", "last", "basis"}}`, local times with their offset.

    Where only the zone is missing, `read` is the time as the source wrote it.
    """
    return {"made": figures(spend.purchased_at, spend.purchased_until or spend.purchased_at, spend.time_basis, zone)}


def figures(first: datetime, until: datetime, basis: TimeBasis, zone: ZoneInfo) -> dict[str, str]:
    """What is told of an interval of a source, whose days are those of the zone; `said` reads it aloud."""
    when = _interval(first, until, basis)
    found = {
        name: local(at, zone).isoformat(timespec="minutes") for name, at in (("first", when.first), ("last", when.last))
    }
    found["basis"] = basis.value
    if basis is TimeBasis.ASSUMED_UTC:
        found["read"] = first.replace(tzinfo=None).isoformat(timespec="minutes")
    return found


def unsure(entry: TrailEntry, spend: Spend, zone: ZoneInfo) -> TrailEntry:
    """A trail entry that another instant at which the purchase can have been made would change, and says so.

    Where the time of the purchase itself is certain, the order of the shopper's purchases is what is not.
    """
    return {**entry, "sure": False, **({} if spend.purchased_until is None else told(spend, zone))}


_ON_A_DAY = Texts("on {first}, the hour is not known", "le {first}, l'heure n'est pas connue")
_WITHIN_A_DAY = Texts("on {first} between {clock} and {until}", "le {first} entre {clock} et {until}")
_BETWEEN_DAYS = Texts(
    "between {first} and {last}, the day is not known", "entre le {first} et le {last}, le jour n'est pas connu"
)
_WITHOUT_ZONE = Texts(
    "on {day} at {clock} in a time zone that is not known", "le {day} à {clock}, dans un fuseau horaire inconnu"
)
_TWICE = Texts(
    "on {first} about {clock}, in the hour that clocks repeat",
    "le {first} vers {clock}, dans l'heure répétée du changement d'heure",
)


def said(told: Mapping[str, str], tongue: Tongue) -> str:
    """The `made` of a trail entry as part of a sentence: `on 12 Mar 2026, the hour is not known`."""
    if "read" in told:
        read = datetime.fromisoformat(told["read"])
        return _WITHOUT_ZONE.said(tongue.language).format(
            day=tongue.day(read.date()), clock=tongue.clock(read.strftime("%H:%M"))
        )
    first, last = datetime.fromisoformat(told["first"]), datetime.fromisoformat(told["last"])
    begins, ends = first.strftime("%H:%M"), last.strftime("%H:%M")
    if first.date() != last.date():
        texts = _BETWEEN_DAYS
    elif told["basis"] == TimeBasis.MERCHANT_LOCAL.value:
        texts = _TWICE
    else:
        # Where clocks are put forward at midnight a whole day begins at one.
        texts = _ON_A_DAY if begins <= "01:00" and ends == "23:59" else _WITHIN_A_DAY
    return texts.said(tongue.language).format(
        first=tongue.day(first.date()),
        last=tongue.day(last.date()),
        clock=tongue.clock(begins),
        until=tongue.clock(ends),
    )


def _begins(day: date, zone: ZoneInfo) -> datetime:
    """Midnight; at the ends of the calendar, where a zone's would be in a year that does not exist, that of UTC."""
    try:
        return midnight(day, zone)
    except OverflowError:
        return datetime.combine(day, time(0), UTC)


def _interval(first: datetime, until: datetime, basis: TimeBasis) -> Made:
    if basis is TimeBasis.ASSUMED_UTC:
        return Made(_moved(first, -ZONES_REACH), _moved(until, ZONES_REACH))
    return Made(first, max(_moved(first, _INSTANT), until))


def _moved(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return SINCE_EVER if by < timedelta(0) else FOR_EVER


@lru_cache(maxsize=4_096)
def _runs(when: Made, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """The minutes of the week that the clock reads, as runs from one to another, both included."""
    if when.end - when.first >= _TWO_WEEKS:
        return ((0, MINUTES_A_WEEK - 1),)
    found: list[tuple[int, int]] = []
    at = when.first
    while at < when.end:
        step = min(_STEP, when.end - at)
        begin, until = local(at, zone), local(at + step - _INSTANT, zone)
        if begin.utcoffset() != until.utcoffset():
            found += _each_minute(at, at + step, zone)
        elif (low := _minute(begin)) <= (high := _minute(until)):
            found.append((low, high))
        else:
            found += ((low, MINUTES_A_WEEK - 1), (0, high))
        at += step
    return tuple(found)


def _minute(clock: datetime) -> int:
    return clock.weekday() * MINUTES_A_DAY + clock.hour * 60 + clock.minute


def _each_minute(at: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """The same, one by one, where the clock changes on the way. Clocks change at whole minutes."""
    while at < end:
        minute = _minute(local(at, zone))
        yield minute, minute
        at = _moved(at.replace(second=0, microsecond=0), timedelta(minutes=1))
