"""Terms: what is refused and with which words, the two ways of writing an amount, and the digest of a version."""

from typing import Any

import pytest
from offer_builders import FIXED, some_terms
from pydantic import ValidationError

from cashback.money import Rounding
from cashback.offers.amounts import FileUnits
from cashback.offers.effects.plain import Percent
from cashback.offers.terms import CONDITIONS, REWARDS, Terms

MINIMUM = {"kind": "minimum_spend", "amount": "10.00"}
PERCENT = {"kind": "percent", "asset": "EUR", "rate_bps": 500}


@pytest.mark.parametrize(
    ("document", "where", "words"),
    [
        ({"conditions": [{"kind": "minimum"}]}, "conditions.0", "'minimum' found using 'kind'"),
        ({"conditions": [{**MINIMUM, "amout": 1}]}, "conditions.0.minimum_spend.amout", "not permitted"),
        ({"conditions": [{"kind": "minimum_spend", "amount": "-1.00"}]}, "amount", "greater than 0"),
        ({"conditions": [{"kind": "minimum_spend", "amount": "0"}]}, "amount", "greater than 0"),
        (
            {"conditions": [{"kind": "minimum_spend", "amount": "10.001"}]},
            "amount",
            "10.001 EUR has more than 2 decimals",
        ),
        ({"conditions": [{"kind": "minimum_spend", "amount": 10.0}]}, "amount", 'such as "10.00" in quotes, got 10.0'),
        ({"conditions": [{"kind": "minimum_spend", "amount": "ten"}]}, "amount", "such as \"10.00\", got 'ten'"),
        ({"conditions": [{"kind": "minimum_spend", "amount": "NaN"}]}, "amount", "got 'NaN'"),
        ({"conditions": [{"kind": "minimum_spend", "amount": True}]}, "amount", "got True"),
        ({"conditions": [{"kind": "shops", "shops": []}]}, "conditions.0.shops.shops", "at least one"),
        ({"conditions": [{"kind": "shops", "shops": ["a", "a"]}]}, "shops.shops", "a is repeated"),
        ({"conditions": [{"kind": "categories", "categories": ["594"]}]}, "categories.0", "pattern"),
        ({"conditions": [{"kind": "dates"}]}, "conditions.0.dates", "expected first_day, last_day or both"),
        (
            {"conditions": [{"kind": "dates", "first_day": "2026-12-02", "last_day": "2026-12-01"}]},
            "conditions.0.dates",
            "last_day 2026-12-01 is before first_day 2026-12-02",
        ),
        ({"conditions": [{"kind": "dates", "first_day": "2026-02-29"}]}, "first_day", "valid date"),
        ({"conditions": [MINIMUM, MINIMUM]}, "conditions", "minimum_spend is repeated"),
        ({"reward": {**PERCENT, "rate_bps": 10_001}}, "reward.percent.rate_bps", "less than or equal to 10000"),
        ({"reward": {**PERCENT, "rate_bps": 0}}, "reward.percent.rate_bps", "greater than 0"),
        ({"reward": {**PERCENT, "asset": "PTS"}}, "reward.percent", "for PTS use the kind per_unit"),
        ({"reward": {**PERCENT, "rounding": "up"}}, "reward.percent.rounding", "'half_up' or 'down'"),
        ({"reward": {**FIXED, "amount": "1.5"}}, "reward.fixed.amount", "whole number of units of PTS, got '1.5'"),
        ({"reward": {**FIXED, "amount": -10}}, "reward.fixed.amount", "greater than 0"),
        ({"reward": {**FIXED, "asset": "points"}}, "reward.fixed.asset", "pattern"),
        ({"reward": {"kind": "per_unit", "asset": "PTS", "units": 1}}, "reward.per_unit.per", "required"),
        ({"hold_days": -1}, "hold_days", "greater than or equal to 0"),
        ({"hold_days": 366}, "hold_days", "less than or equal to 365"),
        ({"budget": 0}, "budget", "greater than 0"),
        ({"budget": "1.5"}, "budget", "whole number of units of PTS"),
        ({"currency": "GBP"}, "", "counts purchases in the programme's EUR, not GBP"),
        ({"name": {"en": "only English"}}, "name.fr", "required"),
        ({"minimum": 3}, "minimum", "not permitted"),
    ],
)
def test_refused_with_the_place_and_what_was_expected(document: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Terms.model_validate({"reward": FIXED, **document}, context=FileUnits("EUR"))
    (error,) = refused.value.errors()
    assert ".".join(map(str, error["loc"])).endswith(where)
    assert words in error["msg"]


def test_a_file_writes_money_in_major_units_and_the_database_in_minor_ones() -> None:
    written = {
        "conditions": [MINIMUM],
        "reward": {**PERCENT, "cap_per_purchase": "12.50"},
        "hold_days": 14,
        "budget": "5000.00",
    }
    terms = Terms.model_validate(written, context=FileUnits("EUR"))
    assert terms.stored() == {
        "currency": "EUR",
        "conditions": [{"kind": "minimum_spend", "amount": 10_00}],
        "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 500, "cap_per_purchase": 12_50},
        "hold_days": 14,
        "budget": 5_000_00,
    }
    assert Terms.model_validate(terms.stored()) == terms
    assert terms.model_dump(mode="json", context=FileUnits("EUR"), exclude_defaults=True) == written


def test_a_money_asset_is_counted_in_the_currency_that_ends_its_code() -> None:
    reward = {"kind": "fixed", "asset": "GIFTCARD:JPY", "amount": "500"}
    assert some_terms(reward=reward, budget="9000").stored() == {
        "currency": "EUR",
        "reward": {"kind": "fixed", "asset": "GIFTCARD:JPY", "amount": 500},
        "budget": 9000,
    }


def test_stored_amounts_are_whole_numbers_only() -> None:
    stored = some_terms(MINIMUM).stored()
    stored["conditions"][0]["amount"] = "10.50"
    with pytest.raises(ValidationError, match="whole number of minor units"):
        Terms.model_validate(stored)


def test_the_digest_follows_the_meaning_and_not_the_writing() -> None:
    terms = some_terms(MINIMUM, reward=PERCENT, hold_days=0)
    assert terms.digest() == some_terms({"amount": "10", "kind": "minimum_spend"}, reward=PERCENT).digest()
    assert terms.digest() != some_terms({**MINIMUM, "amount": "10.01"}, reward=PERCENT).digest()
    assert terms.digest() != some_terms(MINIMUM, reward=PERCENT, hold_days=1).digest()
    assert len(terms.digest()) == 32


def test_terms_never_change() -> None:
    terms = some_terms(MINIMUM, reward=PERCENT)
    with pytest.raises(ValidationError, match="frozen"):
        terms.hold_days = 3  # type: ignore[misc]
    assert isinstance(terms.reward, Percent)
    assert terms.reward.rounding is Rounding.HALF_UP


def test_terms_say_which_places_they_name() -> None:
    named = some_terms({"kind": "shops", "shops": ["b", "a"]}, {"kind": "centres", "centres": ["c"]}).references()
    assert named == {"shop": ("b", "a"), "centre": ("c",)}


@pytest.mark.parametrize("name", [*CONDITIONS, *REWARDS])
def test_every_kind_has_a_form_for_each_of_its_fields(name: str) -> None:
    kind = {**CONDITIONS, **REWARDS}[name]
    assert kind.name() == name
    assert {field.name for field in kind.form} == set(kind.model_fields) - {"kind"}
    texts = [kind.title, kind.hint, *kind.says.values()]
    texts += [text for field in kind.form for text in (field.label, field.hint)]
    assert all(text.en and text.fr for text in texts)
