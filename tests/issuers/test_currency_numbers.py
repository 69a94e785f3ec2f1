"""Currency numbers: pairs written down from ISO 4217, and the whole table against that of the alphabetic codes."""

import pytest

from issuers import currencies, currency_numbers
from issuers.currency_numbers import currency_of, currency_of_number
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


WORLD = "978:EUR 840:USD 826:GBP 756:CHF 752:SEK 578:NOK 208:DKK 985:PLN 203:CZK 348:HUF 946:RON 975:BGN 949:TRY"
FARTHER = "392:JPY 156:CNY 124:CAD 036:AUD 554:NZD 702:SGD 344:HKD 784:AED 504:MAD 788:TND 012:DZD 952:XOF 950:XAF"
RENUMBERED = "532:XCG 924:ZWG 929:MRU 930:STN 933:BYN 928:VES 925:SLE"


@pytest.mark.parametrize("pair", f"{WORLD} {FARTHER} {RENUMBERED}".split())
def test_a_number_or_a_code_is_a_currency(pair: str) -> None:
    number, code = pair.split(":")
    assert currency_of(number, "here") == code
    assert currency_of(number.lstrip("0"), "here") == code
    assert currency_of(code.lower(), "here") == code


@pytest.mark.parametrize("text", ["0", "000", "999", "1234", "٩٧٨", "9" * 5000])
def test_another_number_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(Unreadable, match="here: currency: expected an ISO 4217"):
        currency_of(text, "here")


@pytest.mark.parametrize("text", ["", "€", "EURO", "97 8", "-978"])
def test_other_letters_are_refused_where_they_stand(text: str) -> None:
    with pytest.raises(Unreadable, match="here: currency: expected an ISO 4217 code such as EUR"):
        currency_of(text, "here")
