"""The days on which banks of the euro area move money: all but Saturdays, Sundays and six closing days.

Source: ECB, «TARGET Services calendar»: New Year's Day, Good Friday, Easter Monday, 1 May, 25 and 26 December.
"""

from datetime import date, timedelta
from functools import lru_cache

_SATURDAY = 5


def is_business_day(day: date) -> bool:
    """Whether TARGET is open."""
    return day.weekday() < _SATURDAY and day not in _closing_days(day.year)


def business_day_from(day: date) -> date:
    """This day, or the first one after it on which TARGET is open."""
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=16)
def _closing_days(year: int) -> frozenset[date]:
    easter = _easter(year)
    fixed = (date(year, month, day) for month, day in ((1, 1), (5, 1), (12, 25), (12, 26)))
    return frozenset((*fixed, easter - timedelta(days=2), easter + timedelta(days=1)))


def _easter(year: int) -> date:
    """Western Easter Sunday, by the algorithm of Meeus, Jones and Butcher for the Gregorian calendar."""
    golden, (century, within) = year % 19, divmod(year, 100)
    leaps, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leaps - correction + 15) % 30
    quarters, within_rest = divmod(within, 4)
    weekday = (32 + 2 * century_rest + 2 * quarters - moon - within_rest) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
