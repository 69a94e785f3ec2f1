"""Days of the week and days left out, by the clock of the centre; what a clock reads at the ends of the calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from offer_builders import AROUND, PARIS, QUAIS, SANTIAGO, SUR, TOWN, Spot, a_purchase, some_terms
from pydantic import ValidationError

from cashback.offers.amounts import FileUnits
from cashback.offers.periods import local
from cashback.offers.terms import Terms

SUNDAY = {"kind": "weekdays", "weekdays": ["sun"]}
WEEKEND = {"kind": "weekdays", "weekdays": ["sun", "sat"]}
CHRISTMAS = {"kind": "not_on", "days": ["2026-12-24", "2026-12-25"]}


def judged(condition: dict[str, Any], at: str, centre: Spot | None = QUAIS) -> dict[str, Any]:
    """The trail entry, which agrees with the decision."""
    (built,) = some_terms(condition).conditions
    purchase = a_purchase(at=datetime.fromisoformat(at), centre=centre)
    entry = built.explainer(AROUND)(purchase)
    assert entry["ok"] is built.test(AROUND)(purchase)
    assert entry["kind"] == condition["kind"]
    return entry


@pytest.mark.parametrize(
    ("centre", "at", "got", "day"),
    [
        # Midnight of the centre's zone, not of UTC.
        (QUAIS, "2026-11-21T22:59:59.999999Z", "sat", "2026-11-21"),
        (QUAIS, "2026-11-21T23:00:00Z", "sun", "2026-11-22"),
        (QUAIS, "2026-11-22T22:59:59.999999Z", "sun", "2026-11-22"),
        (QUAIS, "2026-11-22T23:00:00Z", "mon", "2026-11-23"),
        (TOWN, "2026-11-21T23:59:59Z", "sat", "2026-11-21"),
        (TOWN, "2026-11-22T00:00:00Z", "sun", "2026-11-22"),
        (SUR, "2026-11-22T02:59:59Z", "sat", "2026-11-21"),
        (SUR, "2026-11-22T03:00:00Z", "sun", "2026-11-22"),
        (None, "2026-11-21T23:00:00Z", "sun", "2026-11-22"),
        # The short Sunday of spring and the long one of autumn.
        (QUAIS, "2026-03-28T22:59:59Z", "sat", "2026-03-28"),
        (QUAIS, "2026-03-29T21:59:59Z", "sun", "2026-03-29"),
        (QUAIS, "2026-03-29T22:00:00Z", "mon", "2026-03-30"),
        (TOWN, "2026-10-24T23:00:00Z", "sun", "2026-10-25"),
        (TOWN, "2026-10-25T23:59:59Z", "sun", "2026-10-25"),
        (TOWN, "2026-10-26T00:00:00Z", "mon", "2026-10-26"),
        # In Santiago Sunday 6 September begins at 01:00, and Saturday 4 April has 23:00 twice.
        (SUR, "2026-09-06T03:59:59Z", "sat", "2026-09-05"),
        (SUR, "2026-09-06T04:00:00Z", "sun", "2026-09-06"),
        (SUR, "2026-09-07T02:59:59Z", "sun", "2026-09-06"),
        (SUR, "2026-04-05T03:59:59Z", "sat", "2026-04-04"),
        (SUR, "2026-04-05T04:00:00Z", "sun", "2026-04-05"),
    ],
)
def test_a_day_of_the_week_is_that_of_the_centre(centre: Spot | None, at: str, got: str, day: str) -> None:
    assert judged(SUNDAY, at, centre) == {
        "kind": "weekdays",
        "ok": got == "sun",
        "wanted": ["sun"],
        "got": got,
        "day": day,
        "zone": AROUND.zone(None if centre is None else centre.id).key,
    }


@pytest.mark.parametrize("number", range(7))
def test_each_day_of_the_week_is_itself_alone(number: int) -> None:
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    monday = datetime(2026, 11, 16, 12, tzinfo=UTC)
    for other in range(7):
        entry = judged({"kind": "weekdays", "weekdays": [names[number]]}, (monday + timedelta(days=other)).isoformat())
        assert (entry["ok"], entry["got"]) == (number == other, names[other])


def test_a_trail_tells_the_days_of_the_week_in_their_order() -> None:
    assert judged(WEEKEND, "2026-11-21T12:00:00Z")["wanted"] == ["sat", "sun"]


@pytest.mark.parametrize(
    ("condition", "centre", "at", "ok", "got"),
    [
        (CHRISTMAS, QUAIS, "2026-12-23T22:59:59.999999Z", True, "2026-12-23"),
        (CHRISTMAS, QUAIS, "2026-12-23T23:00:00Z", False, "2026-12-24"),
        (CHRISTMAS, QUAIS, "2026-12-25T22:59:59Z", False, "2026-12-25"),
        (CHRISTMAS, QUAIS, "2026-12-25T23:00:00Z", True, "2026-12-26"),
        (CHRISTMAS, TOWN, "2026-12-23T23:00:00Z", True, "2026-12-23"),
        (CHRISTMAS, TOWN, "2026-12-24T00:00:00Z", False, "2026-12-24"),
        (CHRISTMAS, SUR, "2026-12-24T02:59:59Z", True, "2026-12-23"),
        (CHRISTMAS, SUR, "2026-12-26T02:59:59Z", False, "2026-12-25"),
        (CHRISTMAS, None, "2026-12-23T23:00:00Z", False, "2026-12-24"),
        ({"kind": "not_on", "days": ["2028-02-29"]}, QUAIS, "2028-02-28T22:59:59Z", True, "2028-02-28"),
        ({"kind": "not_on", "days": ["2028-02-29"]}, QUAIS, "2028-02-29T12:00:00Z", False, "2028-02-29"),
        ({"kind": "not_on", "days": ["2028-02-29"]}, QUAIS, "2028-02-29T23:00:00Z", True, "2028-03-01"),
        ({"kind": "not_on", "days": ["2028-02-29"]}, QUAIS, "2027-02-28T12:00:00Z", True, "2027-02-28"),
        ({"kind": "not_on", "days": ["2028-02-29"]}, QUAIS, "2027-03-01T12:00:00Z", True, "2027-03-01"),
        ({"kind": "not_on", "days": ["2026-09-06"]}, SUR, "2026-09-06T03:59:59Z", True, "2026-09-05"),
        ({"kind": "not_on", "days": ["2026-09-06"]}, SUR, "2026-09-06T04:00:00Z", False, "2026-09-06"),
        ({"kind": "not_on", "days": ["2026-04-04"]}, SUR, "2026-04-05T03:59:59Z", False, "2026-04-04"),
    ],
)
def test_a_day_left_out_is_one_of_the_centre(
    condition: dict[str, Any], centre: Spot | None, at: str, ok: bool, got: str
) -> None:
    assert judged(condition, at, centre) == {
        "kind": "not_on",
        "ok": ok,
        "wanted": condition["days"],
        "wanted_count": len(condition["days"]),
        "got": got,
        "zone": AROUND.zone(None if centre is None else centre.id).key,
    }


def test_of_many_days_left_out_the_trail_lists_the_one_that_decided() -> None:
    many = {"kind": "not_on", "days": ["2026-12-26", "2026-12-24", "2026-01-01", "2026-05-01", "2026-12-25"]}
    decided = judged(many, "2026-12-25T12:00:00Z")
    assert (decided["wanted"], decided["wanted_count"]) == (["2026-05-01", "2026-12-24", "2026-12-25"], 5)
    assert judged(many, "2026-12-24T12:00:00Z")["wanted"] == ["2026-01-01", "2026-05-01", "2026-12-24"]
    assert judged(many, "2026-12-27T12:00:00Z")["wanted"] == ["2026-01-01", "2026-05-01", "2026-12-24"]


@pytest.mark.parametrize(
    "condition",
    [SUNDAY, WEEKEND, CHRISTMAS, {"kind": "weekdays", "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}],
)
def test_file_and_database_write_the_same(condition: dict[str, Any]) -> None:
    terms = some_terms(condition)
    assert terms.stored()["conditions"] == [condition]
    assert Terms.model_validate(terms.stored()) == terms
    written = terms.model_dump(mode="json", context=FileUnits("EUR"), exclude_defaults=True)
    assert written["conditions"] == [condition]
    assert Terms.model_validate(written, context=FileUnits("EUR")).digest() == terms.digest()


@pytest.mark.parametrize(
    ("condition", "where", "words"),
    [
        ({"kind": "weekdays", "weekdays": []}, "weekdays", "at least one"),
        ({"kind": "weekdays", "weekdays": ["sat", "sat"]}, "weekdays", "sat is repeated"),
        ({"kind": "weekdays", "weekdays": ["saturday"]}, "weekdays.0", "'sat' or 'sun'"),
        ({"kind": "weekdays", "weekdays": [6]}, "weekdays.0", "'sat' or 'sun'"),
        ({"kind": "weekdays"}, "weekdays.weekdays", "required"),
        ({"kind": "not_on", "days": []}, "days", "at least one"),
        ({"kind": "not_on", "days": ["2026-12-24", "2026-12-24"]}, "days", "2026-12-24 is repeated"),
        ({"kind": "not_on", "days": ["2026-02-29"]}, "days.0", "valid date"),
        ({"kind": "not_on", "days": ["24/12/2026"]}, "days.0", "valid date"),
        ({"kind": "not_on", "days": ["1999-12-31"]}, "days.0", "greater than or equal to"),
        ({"kind": "not_on", "day": "2026-12-24"}, "days", "required"),
    ],
)
def test_refused_with_the_place_and_what_was_expected(condition: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        some_terms(condition)
    errors = {".".join(map(str, each["loc"])): each["msg"] for each in refused.value.errors()}
    (message,) = [message for place, message in errors.items() if place.endswith(where)]
    assert words in message


def test_days_select_no_place() -> None:
    assert {each.index_keys(AROUND) for each in some_terms(SUNDAY, CHRISTMAS).conditions} == {None}


@pytest.mark.parametrize(
    ("at", "zone", "reads"),
    [
        ("2026-11-21T23:30:00+00:00", PARIS, "2026-11-22T00:30:00+01:00"),
        ("2026-10-25T00:30:00+00:00", PARIS, "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T01:30:00+00:00", PARIS, "2026-10-25T02:30:00+01:00"),
        ("2026-09-06T04:00:00+00:00", SANTIAGO, "2026-09-06T01:00:00-03:00"),
        # Beyond the ends of the calendar there is no local time: a purchase of such a year must still be judged.
        ("9999-12-31T23:30:00+00:00", PARIS, "9999-12-31T23:30:00+00:00"),
        ("0001-01-01T00:30:00+00:00", SANTIAGO, "0001-01-01T00:30:00+00:00"),
    ],
)
def test_what_a_clock_reads(at: str, zone: Any, reads: str) -> None:
    assert local(datetime.fromisoformat(at), zone).isoformat() == reads
