"""Days of schedules: anchor days clamped to the end of a month, and the length of an interval in years.

The interval follows the remarks on the TAEG (Code de la consommation, annex to R. 314-3; directive 2023/2225, annex
III).
"""

from calendar import isleap
from datetime import date

WEEKS_A_YEAR = 52
MONTHS_A_YEAR = 12
LAST_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def add_months(anchor: date, months: int) -> date:
    """The same day of a later month (earlier if negative), or its last day. Always from the anchor: 31 Jan, 28 Feb,
    31 Mar."""
    years, month = divmod(anchor.month - 1 + months, MONTHS_A_YEAR)
    year = anchor.year + years
    last = LAST_DAYS[month] + (month == 1 and isleap(year))
    return date(year, month + 1, min(anchor.day, last))


def months_between(begin: date, end: date) -> int:
    """Whole months from a day to a later one, counted with anchor days."""
    months = (end.year - begin.year) * MONTHS_A_YEAR + end.month - begin.month
    return months if add_months(begin, months) <= end else months - 1


def years_between(begin: date, end: date) -> tuple[int, int]:
    """An interval as a fraction of a year: numerator and denominator.

    Whole months count a twelfth each, whole weeks 1/52. Anything else is whole months counted back from the end, and
    the days that remain over 365, or over 366 if a 29 February lies in the year that ends with the last of them.
    """
    months = months_between(begin, end)
    if add_months(begin, months) == end:
        return months, MONTHS_A_YEAR
    days = (end - begin).days
    if days % 7 == 0:
        return days // 7, WEEKS_A_YEAR
    back = -_months_back(begin, end)
    rest_until = add_months(end, back)
    year = 366 if _has_leap_day(rest_until) else 365
    return -back * year + (rest_until - begin).days * MONTHS_A_YEAR, MONTHS_A_YEAR * year


def _months_back(begin: date, end: date) -> int:
    months = (end.year - begin.year) * MONTHS_A_YEAR + end.month - begin.month
    return months if add_months(end, -months) >= begin else months - 1


def _has_leap_day(last: date) -> bool:
    before = add_months(last, -MONTHS_A_YEAR)
    return any(isleap(year) and before < date(year, 2, 29) <= last for year in (before.year, last.year))
