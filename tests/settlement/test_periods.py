"""Periods: months and days in the programme's zone, across the change of the clocks."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cashback.errors import Invalid
from cashback.settlement.periods import period

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "since", "until", "last"),
    [
        ("2026-10", (2026, 9, 30, 22), (2026, 10, 31, 23), date(2026, 10, 31)),
        ("2026-12", (2026, 11, 30, 23), (2026, 12, 31, 23), date(2026, 12, 31)),
        ("2028-02", (2028, 1, 31, 23), (2028, 2, 29, 23), date(2028, 2, 29)),
        ("2026-10-25..2026-10-25", (2026, 10, 24, 22), (2026, 10, 25, 23), date(2026, 10, 25)),
    ],
)
def test_instants_of_a_period(text: str, since: tuple[int, ...], until: tuple[int, ...], last: date) -> None:
    found = period(text, PARIS)
    assert (found.name, found.last_day) == (text, last)
    assert (found.since, found.until) == (datetime(*since, tzinfo=UTC), datetime(*until, tzinfo=UTC))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-13", "2026-00", "2026-11-01", "2026-11-02..2026-11-01", "2026-01-01..2028-01-01", "0000-01",
     "9999-12", "2026-11-01..2026-11-31", "٢٠٢٦-11"],
)  # fmt: skip
def test_what_is_no_period_is_said(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        period(text, PARIS)
    assert refused.value.code == "unknown_period"
