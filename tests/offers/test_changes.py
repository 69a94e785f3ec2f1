"""The difference between two terms: by field, in the units of a file, empty exactly when they are the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offer_builders import some_terms

from cashback.offers.amounts import FileUnits
from cashback.offers.changes import difference, in_file_units
from cashback.offers.terms import Terms

SHOPS = {"kind": "shops", "shops": ["fnac", "zara"]}
MINIMUM = {"kind": "minimum_spend", "amount": "30.00"}
DATES = {"kind": "dates", "first_day": "2026-11-01"}
PERCENT = {"kind": "percent", "asset": "EUR", "rate_bps": 500}


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (
            some_terms(SHOPS, MINIMUM),
            some_terms(SHOPS, {**MINIMUM, "amount": "25.00"}),
            ["conditions[1].amount: 30.00 -> 25.00"],
        ),
        (some_terms(), some_terms(hold_days=14), ["hold_days: not set -> 14"]),
        (some_terms(MINIMUM), some_terms(), ["conditions: minimum_spend (amount 30.00) -> not set"]),
        (
            some_terms(SHOPS, MINIMUM),
            some_terms(MINIMUM),
            ["conditions[0]: shops (shops fnac, zara) -> not set"],
        ),
        (
            some_terms(MINIMUM),
            some_terms(DATES, MINIMUM),
            ["conditions[0]: not set -> dates (first_day 2026-11-01)"],
        ),
        (
            some_terms(SHOPS, MINIMUM),
            some_terms(MINIMUM, SHOPS),
            ["conditions: the order shops, minimum_spend -> minimum_spend, shops"],
        ),
        (
            some_terms(SHOPS),
            some_terms({**SHOPS, "shops": ["zara"]}),
            ["conditions[0].shops: fnac, zara -> zara"],
        ),
        (
            some_terms(reward=PERCENT, budget="100.00"),
            some_terms(reward={**PERCENT, "cap_per_purchase": "5.00"}, budget="250.00"),
            ["reward.cap_per_purchase: not set -> 5.00", "budget: 100.00 -> 250.00"],
        ),
        (
            some_terms(),
            some_terms(reward=PERCENT),
            ["reward: fixed (asset PTS, amount 10) -> percent (asset EUR, rate_bps 500)"],
        ),
        (some_terms(), some_terms(), []),
    ],
)
def test_a_difference_reads_like_a_programme_file(before: Terms, after: Terms, lines: list[str]) -> None:
    assert sorted(difference(before, after)) == sorted(lines)


def test_what_was_not_there_before_is_told_whole() -> None:
    assert difference(None, some_terms(MINIMUM)) == (
        "currency: not set -> EUR",
        "conditions: not set -> minimum_spend (amount 30.00)",
        "reward: not set -> fixed (asset PTS, amount 10)",
    )


CONDITIONS = st.lists(st.sampled_from([SHOPS, {**SHOPS, "shops": ["zara"]}, MINIMUM, DATES]), max_size=3)
TERMS = st.builds(
    lambda conditions, reward, hold, name: some_terms(
        *{each["kind"]: each for each in conditions}.values(), reward=reward, hold_days=hold, name=name
    ),
    CONDITIONS,
    st.sampled_from([PERCENT, {**PERCENT, "rate_bps": 600}, {"kind": "fixed", "asset": "EUR", "amount": "1.00"}]),
    st.integers(0, 2),
    st.sampled_from([None, {"en": "Five", "fr": "Cinq"}, {"en": "Five", "fr": "5"}]),
)


@given(TERMS, TERMS)
def test_two_terms_differ_exactly_when_their_digests_do(before: Terms, after: Terms) -> None:
    assert (difference(before, after) == ()) == (before.digest() == after.digest())


@given(TERMS)
def test_terms_in_file_units_are_read_back_to_the_same_value(terms: Terms) -> None:
    document: dict[str, Any] = in_file_units(terms)
    assert Terms.model_validate(document, context=FileUnits("EUR")) == terms
