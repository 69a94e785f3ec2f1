"""Trades and floors: what is known, what is near, which groups stand whole; how floors are read."""

import pytest

from cashback.floors import number_of
from cashback.offers.wording import Tongue
from cashback.trades import GROUPS, TRADES, codes_of, near, trade_of


def test_every_trade_has_a_group_and_a_name_of_its_own_in_both_languages() -> None:
    assert {each.group for each in TRADES.values()} == set(GROUPS)
    for language in ("en", "fr"):
        assert len({each.said(language) for each in TRADES.values()}) == len(TRADES)
    assert all(len(each.code) == len(each.last) == 4 for each in TRADES.values())


@pytest.mark.parametrize(("code", "name"), [("5812", "restaurants"), ("3750", "hotel chains"), ("0742", "vets")])
def test_a_code_is_known_alone_or_by_its_range(code: str, name: str) -> None:
    trade = trade_of(code)
    assert trade is not None
    assert trade.en == name


@pytest.mark.parametrize("code", ["9999", "0000", "581", "58120", "", "3", "fashion"])
def test_what_nobody_gave_out_is_no_trade(code: str) -> None:
    assert trade_of(code) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("5821", "5812"),
        ("565", "5651"),
        ("742", "0742"),
        ("58122", "5812"),
        ("Restaurant", "5812"),
        ("Mode femme", "5621"),
        ("boulangerie", "5462"),
        ("parfumerie", "5977"),
    ],
)
def test_what_may_have_been_meant_is_proposed(typed: str, meant: str) -> None:
    assert meant in [each.code for each in near(typed)]


def test_nothing_is_proposed_where_nothing_is_like_it() -> None:
    assert near("1234") == near("xyz") == ()


def test_a_group_that_stands_whole_is_said_by_its_name() -> None:
    fashion = codes_of("fashion")
    assert Tongue("fr").categories([*fashion, "5812"]) == ["mode", "restaurants"]
    assert Tongue("en").categories(fashion[1:])[0] == "women's clothing"


@pytest.mark.parametrize(
    ("floor", "number"),
    [
        *(("0", 0), ("+0", 0), ("Niveau 0", 0), ("niv. 1", 1), ("Level -1", -1), ("RDC", 0), ("Ground floor", 0)),
        *(("Rez-de-chaussée", 0), ("1er étage", 1), ("2nd floor", 2), ("R+1", 1), ("Sous-sol", -1), ("N2", 2)),
        *(("Mezzanine", None), ("", None), ("Porte 12 bis", None), ("2026", None)),
    ],
)
def test_a_floor_is_one_however_it_is_written(floor: str, number: int | None) -> None:
    assert number_of(floor) == number
