"""A portion is the exact fraction, rounded once as named."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.money import BPS, Rounding, divided, portion

AMOUNTS = st.integers(0, 10**15)
RATES = st.integers(0, 100 * BPS)


@given(AMOUNTS, RATES)
def test_half_up_is_to_the_nearest_and_half_goes_up(amount: int, rate: int) -> None:
    exact = Fraction(amount * rate, BPS)
    assert portion(amount, rate, Rounding.HALF_UP) == floor(exact + Fraction(1, 2))
    assert portion(amount, rate, Rounding.DOWN) == floor(exact)


@given(AMOUNTS, RATES, st.sampled_from(Rounding))
def test_a_portion_is_the_division_that_it_names(amount: int, rate: int, rounding: Rounding) -> None:
    assert portion(amount, rate, rounding) == divided(amount * rate, BPS, rounding)


@pytest.mark.parametrize(("amount", "rate"), [(-1, 500), (100, -1)])
def test_nothing_negative_has_a_portion(amount: int, rate: int) -> None:
    with pytest.raises(ValueError, match="needs non-negative arguments"):
        portion(amount, rate, Rounding.HALF_UP)
