"""Currency numbers of the card networks. The pairs are written down from ISO 4217, not from the table under test."""

import pytest

from issuers import currencies
from issuers.errors import Unreadable
from issuers.numeric_currencies import currency_of

WORLD = "978:EUR 840:USD 826:GBP 756:CHF 752:SEK 578:NOK 208:DKK 985:PLN 203:CZK 348:HUF 946:RON 975:BGN 949:TRY"
FARTHER = "392:JPY 156:CNY 124:CAD 036:AUD 554:NZD 702:SGD 344:HKD 784:AED 504:MAD 788:TND 012:DZD 952:XOF 950:XAF"
RENUMBERED = "532:XCG 924:ZWG 929:MRU 930:STN 933:BYN 928:VES 925:SLE"


@pytest.mark.parametrize("pair", f"{WORLD} {FARTHER} {RENUMBERED}".split())
def test_a_number_is_a_currency(pair: str) -> None:
    number, code = pair.split(":")
    assert currency_of(number, "here") == code
    assert currency_of(number.lstrip("0"), "here") == code
    assert currency_of(code.lower(), "here") == code


def test_every_currency_in_use_has_one_number() -> None:
    codes = [code for number in range(1000) if (code := code_of(str(number))) is not None]
    assert len(codes) == len(set(codes))
    # The guilder of the Antilles gave its number to the one that replaced it.
    assert set(codes) == set(currencies._EXPONENTS) - {"ANG"}


def code_of(number: str) -> str | None:
    try:
        return currency_of(number, "here")
    except Unreadable:
        return None


@pytest.mark.parametrize("text", ["0", "000", "999", "1234", "٩٧٨", "9" * 5000])
def test_another_number_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match=r"here: (expected an ISO 4217 number such as 978|currency: expected)"):
        currency_of(text, "here")


@pytest.mark.parametrize("text", ["", "€", "EURO", "97 8", "-978"])
def test_other_letters_are_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="here: currency: expected an ISO 4217 code such as EUR"):
        currency_of(text, "here")
