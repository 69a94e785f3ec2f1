"""Every kind of condition at its edges: the test that decides, and the figures it leaves in the trail."""

from datetime import UTC, datetime
from typing import Any

import pytest
from offer_builders import (
    AROUND,
    CENTRES,
    FNAC,
    LUSH,
    PARIS,
    QUAIS,
    SUR,
    TOWN,
    ZARA,
    Spot,
    a_purchase,
    some_terms,
)

from cashback.offers.kinds import Surroundings
from cashback.offers.schemas import Spend


def judged(condition: dict[str, Any], spend: Spend) -> tuple[bool, dict[str, Any]]:
    """The decision, and the trail entry, which must agree with it."""
    (built,) = some_terms(condition).conditions
    decided, entry = built.test(AROUND)(spend), built.explainer(AROUND)(spend)
    assert entry["ok"] is decided
    assert entry["kind"] == condition["kind"]
    return decided, entry


@pytest.mark.parametrize(
    ("minor", "ok", "missing"),
    [(30_00, True, 0), (29_99, False, 1), (30_01, True, 0), (26_80, False, 3_20), (0, False, 30_00)],
)
def test_minimum_spend_counts_to_the_cent(minor: int, ok: bool, missing: int) -> None:
    decided, entry = judged({"kind": "minimum_spend", "amount": "30.00"}, a_purchase(minor))
    assert decided is ok
    assert entry == {
        "kind": "minimum_spend",
        "ok": ok,
        "wanted_minor": 30_00,
        "got_minor": minor,
        "currency": "EUR",
        "missing_minor": missing,
    }


def test_minimum_spend_in_another_currency_fails_for_that_reason() -> None:
    decided, entry = judged({"kind": "minimum_spend", "amount": "30.00"}, a_purchase(90_00, currency="GBP"))
    assert not decided
    assert entry["reason"] == "currency"
    assert (entry["got_minor"], entry["got_currency"], entry["currency"]) == (90_00, "GBP", "EUR")


@pytest.mark.parametrize(("shop", "ok"), [(FNAC, True), (ZARA, True), (LUSH, False), (None, False)])
def test_shops(shop: Spot | None, ok: bool) -> None:
    decided, entry = judged({"kind": "shops", "shops": ["fnac", "zara"]}, a_purchase(shop=shop))
    assert decided is ok
    assert entry["wanted"] == ["fnac", "zara"]
    assert (entry["wanted_names"], entry["wanted_count"]) == (["Fnac", "Zara"], 2)
    assert (entry["got"], entry["got_name"]) == ((None, None) if shop is None else (shop.code, shop.name))


def test_a_trail_lists_three_shops_and_counts_the_rest() -> None:
    _, entry = judged({"kind": "shops", "shops": ["fnac", "zara", "lush", "tape"]}, a_purchase())
    assert (entry["wanted"], entry["wanted_count"]) == (["fnac", "zara", "lush"], 4)


@pytest.mark.parametrize(("centre", "ok"), [(QUAIS, True), (TOWN, False), (None, False)])
def test_centres(centre: Spot | None, ok: bool) -> None:
    decided, entry = judged({"kind": "centres", "centres": ["quais"]}, a_purchase(centre=centre))
    assert decided is ok
    assert entry["got"] == (None if centre is None else centre.code)


@pytest.mark.parametrize(("category", "ok"), [("5942", True), ("5812", False), (None, False)])
def test_categories(category: str | None, ok: bool) -> None:
    decided, entry = judged({"kind": "categories", "categories": ["5942", "5411"]}, a_purchase(category=category))
    assert decided is ok
    assert (entry["wanted"], entry["wanted_count"], entry["got"]) == (["5942", "5411"], 2, category)


NOVEMBER = {"first_day": "2026-11-01", "last_day": "2026-11-30"}
SHORT_DAY = {"first_day": "2026-03-29", "last_day": "2026-03-29"}
LONG_DAY = {"first_day": "2026-10-25", "last_day": "2026-10-25"}
NO_MIDNIGHT = {"first_day": "2026-09-06", "last_day": "2026-09-06"}
"""In Santiago this day begins at 01:00: the clock goes from 23:59:59 to there."""
LEAP_DAY = {"first_day": "2028-02-29", "last_day": "2028-02-29"}


@pytest.mark.parametrize(
    ("days", "centre", "at", "ok", "local_day"),
    [
        (NOVEMBER, QUAIS, "2026-10-31T22:59:59.999999Z", False, "2026-10-31"),
        (NOVEMBER, QUAIS, "2026-10-31T23:00:00Z", True, "2026-11-01"),
        (NOVEMBER, QUAIS, "2026-11-30T22:59:59.999999Z", True, "2026-11-30"),
        (NOVEMBER, QUAIS, "2026-11-30T23:00:00Z", False, "2026-12-01"),
        (NOVEMBER, TOWN, "2026-10-31T23:30:00Z", False, "2026-10-31"),
        (NOVEMBER, TOWN, "2026-11-30T23:30:00Z", True, "2026-11-30"),
        (NOVEMBER, None, "2026-10-31T23:00:00Z", True, "2026-11-01"),
        (SHORT_DAY, QUAIS, "2026-03-28T22:59:59Z", False, "2026-03-28"),
        (SHORT_DAY, QUAIS, "2026-03-28T23:00:00Z", True, "2026-03-29"),
        (SHORT_DAY, QUAIS, "2026-03-29T21:59:59Z", True, "2026-03-29"),
        (SHORT_DAY, QUAIS, "2026-03-29T22:00:00Z", False, "2026-03-30"),
        (LONG_DAY, QUAIS, "2026-10-24T21:59:59Z", False, "2026-10-24"),
        (LONG_DAY, QUAIS, "2026-10-24T22:00:00Z", True, "2026-10-25"),
        (LONG_DAY, QUAIS, "2026-10-25T22:59:59Z", True, "2026-10-25"),
        (LONG_DAY, QUAIS, "2026-10-25T23:00:00Z", False, "2026-10-26"),
        (NO_MIDNIGHT, SUR, "2026-09-06T03:59:59Z", False, "2026-09-05"),
        (NO_MIDNIGHT, SUR, "2026-09-06T04:00:00Z", True, "2026-09-06"),
        (NO_MIDNIGHT, SUR, "2026-09-07T02:59:59Z", True, "2026-09-06"),
        (NO_MIDNIGHT, SUR, "2026-09-07T03:00:00Z", False, "2026-09-07"),
        (LEAP_DAY, QUAIS, "2028-02-29T12:00:00Z", True, "2028-02-29"),
        (LEAP_DAY, QUAIS, "2028-02-29T23:00:00Z", False, "2028-03-01"),
        ({"first_day": "2026-11-01"}, QUAIS, "2999-12-31T12:00:00Z", True, "2999-12-31"),
        ({"last_day": "2026-11-30"}, QUAIS, "1999-12-31T12:00:00Z", True, "1999-12-31"),
        ({"last_day": "2026-11-30"}, QUAIS, "2026-11-30T23:00:00Z", False, "2026-12-01"),
    ],
)
def test_days_are_counted_by_the_clock_of_the_centre(
    days: dict[str, str], centre: Spot | None, at: str, ok: bool, local_day: str
) -> None:
    spend = a_purchase(at=datetime.fromisoformat(at), centre=centre)
    decided, entry = judged({"kind": "dates", **days}, spend)
    assert decided is ok
    assert entry["got"] == local_day
    assert (entry["first_day"], entry["last_day"]) == (days.get("first_day"), days.get("last_day"))


@pytest.mark.parametrize(
    ("at", "ok"),
    [
        ("2026-10-31T22:59:59Z", False),
        ("2026-10-31T23:00:00Z", True),
        ("2026-11-30T22:59:59Z", True),
        ("2026-11-30T23:00:00Z", False),
    ],
)
def test_days_of_a_programme_with_one_zone(at: str, ok: bool) -> None:
    (dates,) = some_terms({"kind": "dates", **NOVEMBER}).conditions
    around = Surroundings(currency="EUR", default_zone=PARIS, zones={QUAIS.id: PARIS})
    assert dates.test(around)(a_purchase(at=datetime.fromisoformat(at))) is ok


def test_the_span_of_days_covers_every_zone_of_the_programme() -> None:
    (dates,) = some_terms({"kind": "dates", **NOVEMBER}).conditions
    assert dates.span(AROUND) == (
        datetime(2026, 10, 31, 23, tzinfo=UTC),  # Paris is first to begin
        datetime(2026, 12, 1, 3, tzinfo=UTC),  # Santiago is last to end
    )


@pytest.mark.parametrize(
    ("condition", "dimension", "values"),
    [
        ({"kind": "shops", "shops": ["fnac"]}, "shop", {FNAC.id}),
        ({"kind": "centres", "centres": [each.code for each in CENTRES]}, "centre", {each.id for each in CENTRES}),
        ({"kind": "categories", "categories": ["5942"]}, "category", {"5942"}),
    ],
)
def test_places_are_index_keys(condition: dict[str, Any], dimension: str, values: set[Any]) -> None:
    (built,) = some_terms(condition).conditions
    keys = built.index_keys(AROUND)
    assert keys is not None
    assert (keys.dimension, keys.values) == (dimension, values)


@pytest.mark.parametrize("condition", [{"kind": "minimum_spend", "amount": "1"}, {"kind": "dates", **NOVEMBER}])
def test_amounts_and_dates_select_no_place(condition: dict[str, Any]) -> None:
    (built,) = some_terms(condition).conditions
    assert built.index_keys(AROUND) is None
