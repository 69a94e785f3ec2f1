"""Conversion at a threshold: from what matured in each year to what was exchanged, and what waits for a new year."""

from uuid import UUID

import pytest

from cashback.ledger.chart import AVAILABLE, CONVERTED, FUNDER
from cashback.offers.conversion import converted_units
from cashback.programmes.schemas import Conversion
from cashback.rewards.plan import YearRow, conversion_plan

ALWAYS = Conversion(threshold=100, into="EUR", amount=10_00, yearly_limit=None)
FIVE_A_YEAR = Conversion(threshold=300, into="PLN", amount=30_00, yearly_limit=5)
ANNA = UUID(int=1)


@pytest.mark.parametrize(
    ("matured", "rule", "this_year", "converted", "carried"),
    [
        ({}, ALWAYS, 2026, {}, 0),
        ({2026: 99}, ALWAYS, 2026, {2026: 0}, 99),
        ({2026: 100}, ALWAYS, 2026, {2026: 100}, 0),
        ({2026: 250}, ALWAYS, 2026, {2026: 200}, 50),
        ({2026: 60, 2027: 60}, ALWAYS, 2027, {2026: 0, 2027: 100}, 20),
        ({2026: 1800}, FIVE_A_YEAR, 2026, {2026: 1500}, 300),
        ({2026: 1800}, FIVE_A_YEAR, 2027, {2026: 1500, 2027: 300}, 0),
        ({2026: 4000}, FIVE_A_YEAR, 2028, {2026: 1500, 2027: 1500, 2028: 900}, 100),
        ({2026: 1800, 2027: 1500}, FIVE_A_YEAR, 2027, {2026: 1500, 2027: 1500}, 300),
        ({2026: 1800}, FIVE_A_YEAR, 2025, {}, 0),
        ({2027: 300}, FIVE_A_YEAR, 2026, {}, 0),
    ],
)
def test_units(
    matured: dict[int, int], rule: Conversion, this_year: int, converted: dict[int, int], carried: int
) -> None:
    assert converted_units(matured, rule, this_year) == (converted, carried)


def year(number: int, matured: int, converted: int, revision: int = 0) -> YearRow:
    return YearRow(ANNA, "PTS", number, matured, converted, revision)


@pytest.mark.parametrize(
    ("rows", "moves"),
    [
        ([year(2026, 100, 0)], [(AVAILABLE, CONVERTED, "PTS", 100), (FUNDER, AVAILABLE, "EUR", 10_00)]),
        ([year(2026, 350, 100, 1)], [(AVAILABLE, CONVERTED, "PTS", 200), (FUNDER, AVAILABLE, "EUR", 20_00)]),
        ([year(2026, 90, 100, 1)], [(CONVERTED, AVAILABLE, "PTS", 100), (AVAILABLE, FUNDER, "EUR", 10_00)]),
        ([year(2026, 199, 100, 1)], []),
        (
            [year(2026, 60, 0), year(2027, 40, 0)],
            [(AVAILABLE, CONVERTED, "PTS", 100), (FUNDER, AVAILABLE, "EUR", 10_00)],
        ),
    ],
)
def test_the_transfers_make_the_difference(rows: list[YearRow], moves: list[tuple[str, str, str, int]]) -> None:
    changed, transfers, _ = conversion_plan({each.year: each for each in rows}, ALWAYS, ANNA, "PTS", 2027)
    assert [(each.debit, each.credit, each.asset, each.amount) for each in transfers] == moves
    assert {each.key for each in transfers} == {
        f"conversion:PTS:{row.year}:{row.revision}:{leg}" for row in changed for leg in (0, 1)
    }
    settled = {each.year: each for each in (*rows, *changed)}
    assert conversion_plan(settled, ALWAYS, ANNA, "PTS", 2027)[:2] == ([], [])


def test_a_correction_names_what_it_corrects() -> None:
    _, transfers, _ = conversion_plan({2026: year(2026, 90, 100, 3)}, ALWAYS, ANNA, "PTS", 2026)
    assert [(each.key, each.corrects, each.reason) for each in transfers] == [
        ("conversion:PTS:2026:4:0", "conversion:PTS:2026", "conversion_undone"),
        ("conversion:PTS:2026:4:1", "conversion:PTS:2026", "conversion_undone"),
    ]
