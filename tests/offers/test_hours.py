"""Times of the day by the clock of the centre: to the minute, past midnight, on nights on which clocks change."""

from datetime import datetime
from typing import Any

import pytest
from offer_builders import AROUND, QUAIS, SUR, TOWN, Spot, a_purchase, some_terms
from pydantic import ValidationError

from cashback.offers.amounts import FileUnits
from cashback.offers.terms import Terms


def hours(*ranges: tuple[str, str]) -> dict[str, Any]:
    return {"kind": "hours", "ranges": [{"from": begin, "to": end} for begin, end in ranges]}


EVENING = hours(("17:00", "22:00"))
NIGHT = hours(("22:00", "02:00"))
MEALS = hours(("12:00", "14:00"), ("19:00", "21:30"))
UNTIL_MIDNIGHT = hours(("22:00", "24:00"))
SECOND_HOUR, THIRD_HOUR = hours(("01:00", "02:00")), hours(("02:00", "03:00"))
FIRST_HOUR, LAST_HOUR = hours(("00:00", "01:00")), hours(("23:00", "24:00"))


def judged(condition: dict[str, Any], at: str, centre: Spot | None = QUAIS) -> dict[str, Any]:
    """The trail entry, which agrees with the decision."""
    (built,) = some_terms(condition).conditions
    purchase = a_purchase(at=datetime.fromisoformat(at), centre=centre)
    entry = built.explainer(AROUND)(purchase)
    assert entry["ok"] is built.test(AROUND)(purchase)
    return entry


@pytest.mark.parametrize(
    ("condition", "at", "ok", "got"),
    [
        # In November Paris is one hour ahead.
        (EVENING, "2026-11-21T15:59:00Z", False, "16:59"),
        (EVENING, "2026-11-21T15:59:59.999999Z", False, "16:59"),
        (EVENING, "2026-11-21T16:00:00Z", True, "17:00"),
        (EVENING, "2026-11-21T20:59:59.999999Z", True, "21:59"),
        (EVENING, "2026-11-21T21:00:00Z", False, "22:00"),
        (EVENING, "2026-07-21T15:00:00Z", True, "17:00"),
        (EVENING, "2026-07-21T20:00:00Z", False, "22:00"),
        (NIGHT, "2026-11-21T20:59:59Z", False, "21:59"),
        (NIGHT, "2026-11-21T21:00:00Z", True, "22:00"),
        (NIGHT, "2026-11-21T22:59:59Z", True, "23:59"),
        (NIGHT, "2026-11-21T23:00:00Z", True, "00:00"),
        (NIGHT, "2026-11-22T00:59:59Z", True, "01:59"),
        (NIGHT, "2026-11-22T01:00:00Z", False, "02:00"),
        (UNTIL_MIDNIGHT, "2026-11-21T22:59:59Z", True, "23:59"),
        (UNTIL_MIDNIGHT, "2026-11-21T23:00:00Z", False, "00:00"),
        (hours(("22:00", "00:00")), "2026-11-21T22:59:59Z", True, "23:59"),
        (hours(("22:00", "00:00")), "2026-11-21T23:00:00Z", False, "00:00"),
        (hours(("00:00", "06:30")), "2026-11-21T23:00:00Z", True, "00:00"),
        (hours(("00:00", "06:30")), "2026-11-22T05:29:59Z", True, "06:29"),
        (hours(("00:00", "06:30")), "2026-11-22T05:30:00Z", False, "06:30"),
        (hours(("00:00", "24:00")), "2026-11-21T23:00:00Z", True, "00:00"),
        (hours(("00:00", "24:00")), "2026-11-21T22:59:59Z", True, "23:59"),
        (hours(("12:00", "12:01")), "2026-11-21T11:00:59Z", True, "12:00"),
        (hours(("12:00", "12:01")), "2026-11-21T11:01:00Z", False, "12:01"),
        (MEALS, "2026-11-21T10:59:59Z", False, "11:59"),
        (MEALS, "2026-11-21T11:00:00Z", True, "12:00"),
        (MEALS, "2026-11-21T13:00:00Z", False, "14:00"),
        (MEALS, "2026-11-21T18:00:00Z", True, "19:00"),
        (MEALS, "2026-11-21T20:30:00Z", False, "21:30"),
        (hours(("10:00", "12:00"), ("12:00", "14:00")), "2026-11-21T11:00:00Z", True, "12:00"),
        (hours(("22:00", "24:00"), ("00:00", "02:00")), "2026-11-21T23:00:00Z", True, "00:00"),
    ],
)
def test_the_clock_reads_a_time_of_a_range(condition: dict[str, Any], at: str, ok: bool, got: str) -> None:
    assert judged(condition, at) == {
        "kind": "hours",
        "ok": ok,
        "wanted": condition["ranges"],
        "got": got,
        "zone": "Europe/Paris",
    }


@pytest.mark.parametrize(
    ("centre", "ok", "got", "zone"),
    [
        (QUAIS, True, "17:30", "Europe/Paris"),
        (TOWN, False, "16:30", "Europe/London"),
        (SUR, False, "13:30", "America/Santiago"),
        (None, True, "17:30", "Europe/Paris"),
    ],
)
def test_one_instant_is_another_time_in_each_centre(centre: Spot | None, ok: bool, got: str, zone: str) -> None:
    entry = judged(EVENING, "2026-11-21T16:30:00Z", centre)
    assert (entry["ok"], entry["got"], entry["zone"]) == (ok, got, zone)


@pytest.mark.parametrize(
    ("condition", "centre", "at", "ok", "got"),
    [
        # Spring in Paris: from 01:59:59 to 03:00:00. What lies between does not exist, and nothing matches it.
        (THIRD_HOUR, QUAIS, "2026-03-29T00:59:59.999999Z", False, "01:59"),
        (THIRD_HOUR, QUAIS, "2026-03-29T01:00:00Z", False, "03:00"),
        # Autumn in Paris: 02:00 to 03:00 comes twice, and both match.
        (THIRD_HOUR, QUAIS, "2026-10-24T23:59:59Z", False, "01:59"),
        (THIRD_HOUR, QUAIS, "2026-10-25T00:00:00Z", True, "02:00"),
        (THIRD_HOUR, QUAIS, "2026-10-25T00:59:59Z", True, "02:59"),
        (THIRD_HOUR, QUAIS, "2026-10-25T01:00:00Z", True, "02:00"),
        (THIRD_HOUR, QUAIS, "2026-10-25T01:59:59Z", True, "02:59"),
        (THIRD_HOUR, QUAIS, "2026-10-25T02:00:00Z", False, "03:00"),
        # A range that ends within the repeated hour begins again: the clock is put back into it.
        (NIGHT, QUAIS, "2026-10-25T00:00:00Z", False, "02:00"),
        (hours(("22:00", "02:30")), QUAIS, "2026-10-25T00:30:00Z", False, "02:30"),
        (hours(("22:00", "02:30")), QUAIS, "2026-10-25T01:00:00Z", True, "02:00"),
        # London, one hour earlier by the clock.
        (SECOND_HOUR, TOWN, "2026-03-29T00:59:59Z", False, "00:59"),
        (SECOND_HOUR, TOWN, "2026-03-29T01:00:00Z", False, "02:00"),
        (SECOND_HOUR, TOWN, "2026-10-25T00:00:00Z", True, "01:00"),
        (SECOND_HOUR, TOWN, "2026-10-25T01:59:59Z", True, "01:59"),
        (SECOND_HOUR, TOWN, "2026-10-25T02:00:00Z", False, "02:00"),
        # Santiago changes at midnight: 6 September has no hour from 00:00, 4 April has the one from 23:00 twice.
        (FIRST_HOUR, SUR, "2026-09-06T03:59:59Z", False, "23:59"),
        (FIRST_HOUR, SUR, "2026-09-06T04:00:00Z", False, "01:00"),
        (SECOND_HOUR, SUR, "2026-09-06T04:00:00Z", True, "01:00"),
        (NIGHT, SUR, "2026-09-06T04:00:00Z", True, "01:00"),
        (LAST_HOUR, SUR, "2026-04-05T02:00:00Z", True, "23:00"),
        (LAST_HOUR, SUR, "2026-04-05T02:59:59Z", True, "23:59"),
        (LAST_HOUR, SUR, "2026-04-05T03:00:00Z", True, "23:00"),
        (LAST_HOUR, SUR, "2026-04-05T03:59:59Z", True, "23:59"),
        (LAST_HOUR, SUR, "2026-04-05T04:00:00Z", False, "00:00"),
        (FIRST_HOUR, SUR, "2026-04-05T04:00:00Z", True, "00:00"),
    ],
)
def test_nights_on_which_clocks_change(condition: dict[str, Any], centre: Spot, at: str, ok: bool, got: str) -> None:
    entry = judged(condition, at, centre)
    assert (entry["ok"], entry["got"]) == (ok, got)


def test_a_range_past_midnight_belongs_to_the_clock_and_not_to_a_day_of_the_week() -> None:
    late_saturday, early_sunday = "2026-11-21T22:30:00Z", "2026-11-22T00:00:00Z"
    assert judged(NIGHT, early_sunday)["got"] == "01:00"
    for weekday, at, ok in [("sat", late_saturday, True), ("sat", early_sunday, False), ("sun", early_sunday, True)]:
        terms = some_terms(NIGHT, {"kind": "weekdays", "weekdays": [weekday]})
        spend = a_purchase(at=datetime.fromisoformat(at))
        assert all(condition.test(AROUND)(spend) for condition in terms.conditions) is ok


@pytest.mark.parametrize("condition", [EVENING, NIGHT, MEALS, UNTIL_MIDNIGHT])
def test_file_and_database_write_the_same(condition: dict[str, Any]) -> None:
    terms = some_terms(condition)
    assert terms.stored()["conditions"] == [condition]
    assert Terms.model_validate(terms.stored()) == terms
    assert Terms.model_validate(terms.model_dump()) == terms
    written = terms.model_dump(mode="json", context=FileUnits("EUR"), exclude_defaults=True)
    assert written["conditions"] == [condition]
    assert Terms.model_validate(written, context=FileUnits("EUR")).digest() == terms.digest()


@pytest.mark.parametrize(
    ("condition", "where", "words"),
    [
        (hours(), "ranges", "expected at least one"),
        (hours(("17:00", "17:00")), "ranges.0", "from and to are both 17:00; a whole day is 00:00 to 24:00"),
        (hours(("00:00", "00:00")), "ranges.0", "from and to are both 00:00"),
        (hours(("24:00", "02:00")), "ranges.0.from", "from 00:00 to 23:59, got '24:00'"),
        (hours(("17:00", "24:01")), "ranges.0.to", "from 00:00 to 24:00, got '24:01'"),
        (hours(("7:00", "12:00")), "ranges.0.from", "such as 17:00, from 00:00 to 23:59, got '7:00'"),
        (hours(("17:60", "22:00")), "ranges.0.from", "got '17:60'"),
        (hours(("17:00:30", "22:00")), "ranges.0.from", "got '17:00:30'"),
        (hours(("17:00", "22h00")), "ranges.0.to", "got '22h00'"),
        (hours(("17:00", "22:00\n")), "ranges.0.to", "got '22:00\\n'"),
        (hours(("٠٩:٠٠", "22:00")), "ranges.0.from", "expected a time"),
        (hours(("", "22:00")), "ranges.0.from", "got ''"),
        (
            hours(("17:00", "22:00"), ("21:59", "23:00")),
            "ranges",
            "17:00 to 22:00 and 21:59 to 23:00 overlap: merge them",
        ),
        (hours(("17:00", "22:00"), ("17:00", "22:00")), "ranges", "overlap"),
        (hours(("10:00", "20:00"), ("12:00", "13:00")), "ranges", "10:00 to 20:00 and 12:00 to 13:00 overlap"),
        (hours(("22:00", "02:00"), ("01:00", "03:00")), "ranges", "22:00 to 02:00 and 01:00 to 03:00 overlap"),
        (hours(("20:00", "22:30"), ("22:00", "02:00")), "ranges", "20:00 to 22:30 and 22:00 to 02:00 overlap"),
        (hours(("22:00", "02:00"), ("23:00", "01:00")), "ranges", "overlap"),
        (hours(*((f"{n:02}:00", f"{n:02}:30") for n in range(13))), "ranges", "at most 12 items"),
        ({"kind": "hours", "ranges": [{"from": "17:00"}]}, "ranges.0.to", "required"),
        ({"kind": "hours", "ranges": [{"begin": "17:00", "from": "17:00", "to": "18:00"}]}, "begin", "not permitted"),
        ({"kind": "hours", "ranges": [{"from": 17, "to": "18:00"}]}, "ranges.0.from", "valid string"),
    ],
)
def test_refused_with_the_place_and_what_was_expected(condition: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        some_terms(condition)
    (error,) = refused.value.errors()
    assert ".".join(map(str, error["loc"])).endswith(where)
    assert words in error["msg"]


def test_ranges_that_touch_do_not_overlap() -> None:
    touching = hours(("22:00", "02:00"), ("02:00", "04:00"), ("20:00", "22:00"))
    assert judged(touching, "2026-11-22T02:59:59Z")["ok"]
    assert not judged(touching, "2026-11-22T03:00:00Z")["ok"]


def test_times_select_no_place() -> None:
    (built,) = some_terms(EVENING).conditions
    assert built.index_keys(AROUND) is None
