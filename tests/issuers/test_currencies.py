"""From a provider's amount to minor units, exactly or not at all."""

from decimal import Decimal

import pytest

from issuers.currencies import AMOUNT_MAX_MINOR, bounded_minor, currency_code, exponent, minor_units
from issuers.errors import Unreadable


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("EUR", 2), ("eur", 2), ("JPY", 0), ("KWD", 3), ("BHD", 3), ("CLF", 4), ("ISK", 0), ("HUF", 2), ("XPF", 0)],
)
def test_exponents_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (Decimal("84.5"), "EUR", 84_50),
        ("0.01", "EUR", 1),
        ("-42.30", "EUR", -42_30),
        ("1e2", "EUR", 100_00),
        ("1500", "JPY", 1500),
        ("0.001", "KWD", 1),
        ("84.5000000000000000000000000000000000000", "EUR", 84_50),
        ("0E-400", "EUR", 0),
        ("10000000000000", "EUR", AMOUNT_MAX_MINOR),
    ],
)
def test_an_exact_amount(amount: Decimal | str, currency: str, expected: int) -> None:
    assert minor_units(amount, currency) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "says"),
    [
        ("84.505", "EUR", "EUR has 2 decimals, got 84.505"),
        ("0.5", "JPY", "JPY has 0 decimals, got 0.5"),
        ("0.0001", "KWD", "KWD has 3 decimals"),
        ("1E-400", "EUR", "EUR has 2 decimals, got 1E-400"),
        ("0." + "1" * 200, "EUR", "expected an exact amount of EUR"),
        ("NaN", "EUR", "expected a number of EUR"),
        ("sNaN", "EUR", "expected a number of EUR"),
        ("-Infinity", "EUR", "expected a number of EUR"),
        ("1E+999999", "EUR", "expected a number of EUR"),
        ("10000000000000.01", "EUR", "expected at most 1000000000000000 minor units"),
        ("ten", "EUR", "expected an exact amount of EUR, got ten"),
        ("1", "XXX", "expected an ISO 4217 code such as EUR, got 'XXX'"),
        ("1", "", "expected an ISO 4217 code such as EUR, got ''"),
    ],
)
def test_anything_else_is_refused(amount: str, currency: str, says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        minor_units(amount, currency)
    assert says in refusal.value.detail


def test_codes_are_upper_case_and_amounts_bounded_on_both_sides() -> None:
    assert currency_code("gbp") == "GBP"
    assert (bounded_minor(AMOUNT_MAX_MINOR), bounded_minor(-AMOUNT_MAX_MINOR)) == (10**15, -(10**15))
    for beyond in (AMOUNT_MAX_MINOR + 1, -AMOUNT_MAX_MINOR - 1):
        with pytest.raises(Unreadable):
            bounded_minor(beyond)
