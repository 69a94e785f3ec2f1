"""Account numbers (ISO 13616) and bank codes (ISO 9362), checked by the registry that `schwifty` keeps.

An account number is personal data: no message and no `repr` here holds one.
"""

from dataclasses import dataclass, field

import schwifty
from schwifty.exceptions import InvalidChecksumDigits, InvalidCountryCode, InvalidLength, SchwiftyException

from cashback.iso20022.errors import AccountRefused


@dataclass(frozen=True, slots=True)
class Account:
    """An account that exists on paper: right country, length, structure and check digits."""

    iban: str = field(repr=False)
    """Without spaces, in capitals."""
    last_four: str
    country: str
    """ISO 3166 alpha-2."""
    bic: str | None
    """Of its bank, eight or eleven characters, where the bank's code is in a public list."""


def read_iban(text: str) -> Account:
    """The account that somebody typed, spaces and case as they like; raises `AccountRefused` as `check_iban` does."""
    iban = _checked(text)
    bank = iban.bic
    return Account(str(iban), str(iban)[-4:], iban.country_code, None if bank is None else str(bank))


def check_iban(text: str) -> None:
    """Raise `AccountRefused`: `unknown_country`, `wrong_length`, `wrong_check_digits`, `not_an_iban`, or `outside_sepa`
    for an account that no SEPA credit transfer reaches."""
    _checked(text)


def compact(text: str) -> str:
    """An account number without spaces, in capitals; nothing is checked."""
    return "".join(text.split()).upper()


def _checked(text: str) -> schwifty.IBAN:
    try:
        iban = schwifty.IBAN(compact(text))
    except InvalidCountryCode:
        raise AccountRefused("unknown_country", "IBAN: expected two letters of a country that has IBANs") from None
    except InvalidLength:
        raise AccountRefused("wrong_length", "IBAN: expected as many characters as its country's have") from None
    except InvalidChecksumDigits:
        raise AccountRefused(
            "wrong_check_digits", "IBAN: a character is wrong, its check digits do not agree"
        ) from None
    except SchwiftyException:
        raise AccountRefused("not_an_iban", "IBAN: expected the letters and digits of an account number") from None
    if not iban.in_sepa_zone:
        raise AccountRefused("outside_sepa", "IBAN: expected an account in a country of SEPA")
    return iban


def read_bic(text: str) -> str:
    """A bank's code in capitals; raises `AccountRefused` (`not_a_bic`)."""
    try:
        return str(schwifty.BIC(text))
    except SchwiftyException:
        raise AccountRefused("not_a_bic", "BIC: expected eight or eleven characters such as AGRIFRPP") from None
