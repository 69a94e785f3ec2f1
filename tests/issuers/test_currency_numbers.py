"""ISO 4217 numbers against the table of the alphabetic codes."""

import pytest

from issuers import currencies, currency_numbers
from issuers.currency_numbers import currency_of_number
from issuers.errors import Unreadable


@pytest.mark.parametrize(
    ("number", "code"),
    [("978", "EUR"), (978, "EUR"), ("826", "GBP"), ("840", "USD"), ("036", "AUD"), ("36", "AUD"), (8, "ALL")],
)
def test_a_number_becomes_its_code(number: str | int, code: str) -> None:
    assert currency_of_number(number) == code


def test_every_number_names_a_known_code_and_every_code_but_a_replaced_one_has_a_number() -> None:
    codes = list(currency_numbers._CODES.values())
    assert len(set(codes)) == len(codes)
    assert set(currencies._EXPONENTS) - set(codes) == {"ANG"}
    assert set(codes) <= set(currencies._EXPONENTS)
    assert {len(number) for number in currency_numbers._CODES} == {3}


@pytest.mark.parametrize("number", ["", "0", "999", "EUR", "97", "0978", "9" * 400, -978])
def test_another_number_is_unreadable(number: str | int) -> None:
    with pytest.raises(Unreadable, match="expected an ISO 4217 number such as 978"):
        currency_of_number(number)
