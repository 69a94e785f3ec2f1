"""Conversion at a threshold: 100 points become 10 EUR, perhaps at most so many times in a calendar year.

Pure. It looks at how much matured in each calendar year (of the programme's zone), never at a counter, so ten purchases
and a refund end where the refund first would have. What a year could not convert is carried into the next.
"""

from collections.abc import Mapping

from cashback.programmes.schemas import Conversion


def converted_units(matured: Mapping[int, int], rule: Conversion, this_year: int) -> tuple[dict[int, int], int]:
    """Units converted in each year up to `this_year`, and what is carried on after it.

    `matured` gives the units that rewards made available, by the year in which their hold ended. A year after
    `this_year` has not begun and converts nothing.
    """
    if not matured:
        return {}, 0
    converted: dict[int, int] = {}
    carried = 0
    for year in range(min(matured), this_year + 1):
        carried += matured.get(year, 0)
        times = carried // rule.threshold
        if rule.yearly_limit is not None:
            times = min(times, rule.yearly_limit)
        converted[year] = times * rule.threshold
        carried -= converted[year]
    return converted, carried
