"""Conditions on the clock and the calendar where a source tells a day, some days, or a time without its zone.

The law: an interval is answered yes if every instant in it is, and no if none is; else by the condition's `unsure`.
It is checked against a walk through the interval minute by minute that uses none of the product's own functions.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offer_builders import (
    AROUND,
    CENTRES,
    PARIS,
    QUAIS,
    SANTIAGO,
    SUR,
    TOWN,
    ZONES,
    Spot,
    a_purchase,
    paris,
    some_terms,
)
from pydantic import ValidationError
from uncertain_purchases import between, on_a_day, without_a_zone

from cashback.offers.conditions.clock import ClockKind
from cashback.offers.schemas import Spend
from cashback.offers.uncertainty import Made, days_of_zone, days_read, hours_read, made, minutes_read
from issuers.events import TimeBasis

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ALL_MINUTES = (1 << 7 * 24 * 60) - 1


def hours(*ranges: tuple[str, str], **more: str) -> dict[str, Any]:
    return {"kind": "hours", "ranges": [{"from": begin, "to": end} for begin, end in ranges], **more}


def weekdays(*days: str, **more: str) -> dict[str, Any]:
    return {"kind": "weekdays", "weekdays": list(days), **more}


def dates(first: str | None, last: str | None, **more: str) -> dict[str, Any]:
    return {"kind": "dates", "first_day": first, "last_day": last, **more}


def not_on(*days: str, **more: str) -> dict[str, Any]:
    return {"kind": "not_on", "days": list(days), **more}


def answer(condition: dict[str, Any], spend: Spend) -> bool | None:
    """What the condition answers, None where it is undecidable; test, explanation and both policies agree."""
    found = {}
    for unsure in ("no", "yes"):
        (built,) = some_terms({**condition, "unsure": unsure}).conditions
        assert isinstance(built, ClockKind)
        entry = built.explainer(AROUND)(spend)
        assert entry["ok"] is built.test(AROUND)(spend)
        assert (entry.get("sure") is False) is built.undecidable(AROUND)(spend)
        found[unsure] = entry["ok"]
    if found["no"] == found["yes"]:
        return found["no"]
    assert found == {"no": False, "yes": True}
    return None


FRIDAY = on_a_day("2026-11-20")
LUNCH = hours(("11:30", "14:30"))
WEEK_BEFORE_FRIDAY = on_a_day("2026-11-16", until="2026-11-20")
TWICE = between(paris("2026-10-25 02:30:00"), paris("2026-10-25 02:30:00") + timedelta(hours=1))
"""A quarter of an hour past the change or before it: the clock of the shop read 02:30 twice."""


@pytest.mark.parametrize(
    ("condition", "spend", "expected"),
    [
        # Only the day: its hour is not known, its weekday and its date are.
        (LUNCH, FRIDAY, None),
        (hours(("00:00", "24:00")), FRIDAY, True),
        (hours(("00:00", "12:00"), ("12:00", "24:00")), FRIDAY, True),
        (hours(("00:00", "23:59")), FRIDAY, None),
        (weekdays("fri"), FRIDAY, True),
        (weekdays("sat"), FRIDAY, False),
        (dates("2026-11-20", "2026-11-20"), FRIDAY, True),
        (dates("2026-11-21", None), FRIDAY, False),
        (dates(None, "2026-11-19"), FRIDAY, False),
        (not_on("2026-11-20"), FRIDAY, False),
        (not_on("2026-11-19", "2026-11-21"), FRIDAY, True),
        # Some days: what all of them agree on.
        (weekdays("fri"), WEEK_BEFORE_FRIDAY, None),
        (weekdays("mon", "tue", "wed", "thu", "fri"), WEEK_BEFORE_FRIDAY, True),
        (weekdays("sat", "sun"), WEEK_BEFORE_FRIDAY, False),
        (dates("2026-11-18", None), WEEK_BEFORE_FRIDAY, None),
        (dates("2026-11-16", "2026-11-20"), WEEK_BEFORE_FRIDAY, True),
        (not_on("2026-11-18"), WEEK_BEFORE_FRIDAY, None),
        (not_on("2026-11-15", "2026-11-21"), WEEK_BEFORE_FRIDAY, True),
        (not_on(*(f"2026-11-{day}" for day in range(16, 21))), WEEK_BEFORE_FRIDAY, False),
        # No zone: fourteen hours either side. In Paris, one hour ahead, from 23:00 to 03:00 two days later.
        (LUNCH, without_a_zone("2026-11-20T12:00"), None),
        (hours(("22:00", "23:00")), without_a_zone("2026-11-20T12:00"), None),
        (weekdays("fri"), without_a_zone("2026-11-20T12:00"), None),
        (weekdays("thu", "fri", "sat"), without_a_zone("2026-11-20T12:00"), True),
        (weekdays("thu", "fri", "sat"), without_a_zone("2026-11-20T23:30"), True),
        (weekdays("mon"), without_a_zone("2026-11-20T12:00"), False),
        (dates("2026-11-19", "2026-11-21"), without_a_zone("2026-11-20T12:00"), True),
        (dates("2026-11-20", "2026-11-21"), without_a_zone("2026-11-20T12:59"), None),
        (dates("2026-11-20", "2026-11-21"), without_a_zone("2026-11-20T13:00"), True),
        # The day on which clocks are put forward has no 02:00 to 03:00.
        (hours(("02:00", "03:00")), on_a_day("2026-03-29"), False),
        (hours(("00:00", "02:00"), ("03:00", "24:00")), on_a_day("2026-03-29"), True),
        (hours(("02:00", "03:00")), on_a_day("2026-03-28"), None),
        (hours(("00:00", "02:00"), ("03:00", "24:00")), on_a_day("2026-10-25"), None),
        # The hour that comes twice.
        (hours(("02:00", "03:00")), TWICE, True),
        (hours(("02:30", "03:00")), TWICE, None),
        (hours(("03:00", "24:00")), TWICE, False),
        (weekdays("sun"), TWICE, True),
        # Santiago puts its clocks forward at midnight: that day begins at 01:00.
        (hours(("00:00", "01:00")), on_a_day("2026-09-06", zone=SANTIAGO, centre=SUR), False),
        (hours(("01:00", "24:00")), on_a_day("2026-09-06", zone=SANTIAGO, centre=SUR), True),
        (
            hours(("23:00", "24:00")),
            between(*(datetime(2026, 4, 5, at, tzinfo=UTC) for at in (2, 4)), centre=SUR),
            True,
        ),
    ],
)
def test_decided_where_every_instant_gives_the_same_answer(
    condition: dict[str, Any], spend: Spend, expected: bool | None
) -> None:
    assert answer(condition, spend) is expected


@pytest.mark.parametrize("centre", [QUAIS, TOWN, SUR])
def test_a_day_told_without_a_zone_is_the_day_of_the_centre(centre: Spot) -> None:
    spend = on_a_day("2026-11-20", zone=ZONES[centre.id], centre=centre)
    assert answer(weekdays("fri"), spend) is True
    assert answer(dates("2026-11-20", "2026-11-20"), spend) is True
    assert answer(not_on("2026-11-20"), spend) is False
    assert spend.purchased_at.astimezone(ZONES[centre.id]).isoformat()[:16] == "2026-11-20T00:00"


@pytest.mark.parametrize(
    ("first", "until", "zone", "expected"),
    [
        ("2026-11-20T00:00Z", "2026-11-21T00:00Z", PARIS, ("2026-11-19T23:00Z", "2026-11-20T23:00Z")),
        ("2026-11-20T00:00Z", "2026-11-20T23:59:59.999999Z", PARIS, ("2026-11-19T23:00Z", "2026-11-20T23:00Z")),
        ("2026-11-15T00:00Z", "2026-11-21T00:00Z", SANTIAGO, ("2026-11-15T03:00Z", "2026-11-21T03:00Z")),
        ("2026-10-25T00:00Z", "2026-10-26T00:00Z", PARIS, ("2026-10-24T22:00Z", "2026-10-25T23:00Z")),
        # Told with a zone, or not as days: as they are.
        (
            "2026-11-19T23:00Z",
            "2026-11-20T22:59:59.999999Z",
            PARIS,
            ("2026-11-19T23:00Z", "2026-11-20T22:59:59.999999Z"),
        ),
        ("2026-11-20T00:00Z", "2026-11-20T00:00Z", PARIS, ("2026-11-20T00:00Z", "2026-11-20T00:00Z")),
        ("2026-11-20T00:00Z", "2026-11-20T01:00Z", PARIS, ("2026-11-20T00:00Z", "2026-11-20T01:00Z")),
    ],
)
def test_days_of_utc_are_days_of_the_zone(first: str, until: str, zone: ZoneInfo, expected: tuple[str, str]) -> None:
    found = days_of_zone(datetime.fromisoformat(first), datetime.fromisoformat(until), zone)
    assert found == tuple(map(datetime.fromisoformat, expected))
    assert days_of_zone(*found, zone) == found


CHANGES = (  # in UTC: Paris and London in spring and autumn, Santiago in both
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 9, 6, 4, tzinfo=UTC),
    datetime(2026, 4, 5, 3, tzinfo=UTC),
)
EDGES = st.sets(st.integers(0, 47).map(lambda half: half * 30) | st.integers(0, 24 * 60 - 1), min_size=2, max_size=4)


@st.composite
def _intervals(draw: st.DrawFn) -> tuple[datetime, datetime]:
    first = draw(st.sampled_from(CHANGES)) + timedelta(seconds=draw(st.integers(-100_000, 100_000)))
    length = draw(st.sampled_from([1, 59, 60, 61, 3_600, 7_200, 40_000, 86_400]) | st.integers(1, 180_000))
    return first, first + timedelta(seconds=length)


@st.composite
def _conditions(draw: st.DrawFn) -> dict[str, Any]:
    near = st.integers(-2, 3).flatmap(
        lambda n: st.sampled_from(CHANGES).map(lambda at: (at.date() + timedelta(n)).isoformat())
    )
    kind = draw(st.sampled_from(["hours", "weekdays", "dates", "not_on"]))
    if kind == "hours":
        edges = [f"{at // 60:02}:{at % 60:02}" for at in sorted(draw(EDGES))]
        edges = edges[: len(edges) // 2 * 2]
        if draw(st.booleans()):
            edges = [*edges[1:], edges[0]]
        return hours(*zip(edges[::2], edges[1::2], strict=True))
    if kind == "weekdays":
        return weekdays(*draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True)))
    if kind == "not_on":
        return not_on(*draw(st.lists(near, min_size=1, max_size=3, unique=True)))
    first, last = sorted((draw(near), draw(near)))
    return dates(*draw(st.sampled_from([(first, last), (first, None), (None, last)])))


def reads(condition: dict[str, Any], clock: datetime) -> bool:
    """Whether one local time meets a condition, by the text of both."""
    day, time = date(clock.year, clock.month, clock.day), f"{clock:%H:%M}"
    if condition["kind"] == "hours":
        return any(
            (begin <= time < end) if begin < end else (time >= begin or time < end)
            for begin, end in ((each["from"], each["to"]) for each in condition["ranges"])
        )
    if condition["kind"] == "weekdays":
        return f"{day:%a}".lower() in condition["weekdays"]
    if condition["kind"] == "not_on":
        return day.isoformat() not in condition["days"]
    return (condition["first_day"] or "") <= day.isoformat() <= (condition["last_day"] or "9")


def minute_by_minute(first: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """What the clock of a zone reads at the beginning of an interval and at every whole minute in it."""
    at, found = first, []
    while at < end:
        found.append(at.astimezone(zone))
        at = at.replace(second=0, microsecond=0) + MINUTE
    return found


@given(condition=_conditions(), interval=_intervals(), centre=st.sampled_from([*CENTRES, None]), zoned=st.booleans())
@settings(deadline=None, max_examples=250)
def test_every_instant_some_instant_or_none(
    condition: dict[str, Any], interval: tuple[datetime, datetime], centre: Spot | None, zoned: bool
) -> None:
    basis = TimeBasis.MERCHANT_LOCAL if zoned else TimeBasis.ASSUMED_UTC
    spend = a_purchase(at=interval[0], purchased_until=interval[1], time_basis=basis, centre=centre)
    zone = PARIS if centre is None else ZONES[centre.id]
    reach = timedelta(0) if zoned else timedelta(hours=14)
    met = {reads(condition, clock) for clock in minute_by_minute(interval[0] - reach, interval[1] + reach, zone)}
    assert answer(condition, spend) is (met.pop() if len(met) == 1 else None)


@given(interval=_intervals(), zone=st.sampled_from([*ZONES.values(), ZoneInfo("Australia/Lord_Howe")]))
@settings(deadline=None, max_examples=100)
def test_minutes_hours_and_days_are_those_that_the_clock_reads(
    interval: tuple[datetime, datetime], zone: ZoneInfo
) -> None:
    when, clocks = Made(*interval), minute_by_minute(*interval, zone)
    minutes = {clock.weekday() * 1_440 + clock.hour * 60 + clock.minute for clock in clocks}
    assert minutes_read(when, zone) == sum(1 << each for each in minutes)
    assert set(hours_read(when, zone)) == {minute // 60 for minute in minutes}
    assert list(days_read(when, zone)) == sorted({clock.date() for clock in clocks})


def test_more_than_two_weeks_hold_every_minute_of_the_week() -> None:
    assert minutes_read(Made(CHANGES[0] - DAY, CHANGES[0] + 15 * DAY), PARIS) == ALL_MINUTES
    assert minutes_read(Made(CHANGES[0] - DAY, CHANGES[0] + 8 * DAY), PARIS) == ALL_MINUTES
    assert minutes_read(Made(CHANGES[0] - DAY, CHANGES[0] + 5 * DAY), PARIS) != ALL_MINUTES


def test_a_day_that_a_zone_left_out_is_not_among_the_days() -> None:
    """Samoa went from 29 to 31 December 2011."""
    when = Made(datetime(2011, 12, 29, 12, tzinfo=UTC), datetime(2011, 12, 31, 12, tzinfo=UTC))
    assert list(days_read(when, ZoneInfo("Pacific/Apia"))) == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


@pytest.mark.parametrize("at", [datetime(1, 1, 1, 5, tzinfo=UTC), datetime(9999, 12, 31, 20, tzinfo=UTC)])
def test_the_ends_of_the_calendar_are_answered(at: datetime) -> None:
    spend = a_purchase(at=at, purchased_until=at, time_basis=TimeBasis.ASSUMED_UTC)
    assert made(spend).first <= at <= made(spend).last
    assert answer(LUNCH, spend) is None
    assert answer(weekdays(*DAYS), spend) is True
    assert answer(not_on("2026-11-20"), spend) is True
    assert answer(dates("2026-11-20", "2026-11-20"), spend) is False


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-30"])
@pytest.mark.parametrize("zone", [PARIS, SANTIAGO, ZoneInfo("Pacific/Kiritimati")])
def test_a_day_at_the_ends_of_the_calendar_is_read(day: str, zone: ZoneInfo) -> None:
    spend = on_a_day(day, zone=zone)
    assert spend.purchased_until is not None
    assert spend.purchased_at < spend.purchased_until


def test_what_is_certain_is_judged_and_told_as_ever() -> None:
    spend = a_purchase(at=paris("2026-11-20 12:00:00"))
    for condition in (LUNCH, weekdays("fri"), dates("2026-11-20", None), not_on("2026-11-20")):
        (built,) = some_terms(condition).conditions
        (lenient,) = some_terms({**condition, "unsure": "yes"}).conditions
        assert built.explainer(AROUND)(spend) == lenient.explainer(AROUND)(spend)
        assert built.explainer(AROUND)(spend).keys() & {"sure", "made"} == set()


def test_the_policy_is_kept_and_written_only_where_it_is_stated() -> None:
    assert some_terms(LUNCH).stored()["conditions"] == [LUNCH]
    assert some_terms({**LUNCH, "unsure": "no"}).digest() == some_terms(LUNCH).digest()
    assert some_terms({**LUNCH, "unsure": "yes"}).stored()["conditions"] == [{**LUNCH, "unsure": "yes"}]
    with pytest.raises(ValidationError, match="Input should be 'no' or 'yes'"):
        some_terms({**LUNCH, "unsure": "maybe"})
