"""The shipped card keeps its promises, and no card that breaks a rule loads."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility import CELLS_MAX, FEATURES, CardRefused, Unreadable, load_card, shipped_card, why_forbidden
from eligibility.canonical import encode

BLOCKS = {"repayment": 380, "relationship": 180, "activity": 160, "amount": 160, "quality": 120}
UNKNOWN = ("on_time_share_bps", "worst_days_late_12m", "months_since_late", "open_incident", "plans_completed")
"""What is not known of somebody who never had an instalment."""


def shipped() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files("eligibility").joinpath("tables/shopping_expert.json").read_bytes())
    return value


def best_values() -> dict[str, int | None]:
    return {name: 10**9 if feature.direction == "up" else 0 for name, feature in FEATURES.items()}


def test_blocks_sum_as_documented_and_the_best_of_all_is_a_thousand() -> None:
    card = shipped_card()
    assert {block.id: block.maximum for block in card.written.blocks} == BLOCKS
    assert sum(BLOCKS.values()) == 1000
    assert card.score(card.points(best_values())) == 1000
    assert 0 < card.cells <= CELLS_MAX


def test_shopping_alone_carries_to_exactly_700() -> None:
    """The four other blocks sum to 620, so what is unknown of repayment is worth 80, and not half of its 380."""
    card = shipped_card()
    nothing_repaid = {**best_values(), **dict.fromkeys(UNKNOWN)}
    points = dict(zip(card.names, card.points(nothing_repaid), strict=True))
    assert sum(points[name] for name in UNKNOWN) == 80
    assert card.score(list(points.values())) == 700


def test_the_card_says_that_it_is_judgement() -> None:
    written = shipped_card().written
    assert not written.calibrated
    assert {block.basis for block in written.blocks} == {"expert judgement"}
    assert "expert judgement" in written.statement_en
    assert "jugement d'expert" in written.statement_fr
    assert "no probability" in written.statement_en


def test_every_feature_has_a_lawful_basis_and_a_source() -> None:
    assert set(shipped_card().names) == set(FEATURES)
    assert {name for name, feature in FEATURES.items() if not feature.basis.startswith("GDPR 6(1)")} == set()
    assert {feature.source for feature in FEATURES.values()} == {"purchases", "instalments", "application"}
    assert [name for name in FEATURES if why_forbidden(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "age", "AGE", "ageInYears", "birth_date", "sex", "gender", "nationality", "postcode", "home_address",
        "last_name", "language", "device_model", "mcc", "top_mcc_share", "merchant_name", "shop_id",
        "EDUCATION", "MARRIAGE", "Marital", "personal_status_and_sex", "age_in_years", "foreign_worker",
        "facebook_friends", "cashback_clicked", "offers_seen", "health_spend",
    ],
)  # fmt: skip
def test_forbidden_names_do_not_load(name: str) -> None:
    value = shipped()
    value["characteristics"][0]["feature"] = name
    with pytest.raises(CardRefused, match=name) as refused:
        load_card(encode(value))
    assert refused.value.code == "forbidden_feature"


def row(number: int, **changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda card: card["characteristics"][number].update(changed)


def many_cells(card: dict[str, Any]) -> None:
    card["characteristics"][0] |= {"edges": list(range(200)), "points": [*range(200), 240]}


@pytest.mark.parametrize(
    ("plant", "code", "named"),
    [
        (row(0, feature="income_minor"), "unlisted_feature", "income_minor"),
        (row(0, direction="down"), "direction", "on_time_share_bps"),
        (row(0, points=[0, 5, 3, 9, 12, 35, 60, 85, 115, 150, 185, 215, 240]), "not_monotone", "on_time_share_bps"),
        (row(0, points=[0, 240]), "bins", "on_time_share_bps"),
        (row(2, edges=[1, 3, 3, 12, 24]), "bins", "months_since_late"),
        (row(1, feature="months_since_late", direction="up", points=[0, 4, 12, 22, 30]), "bins", "months_since_late"),
        (row(0, points=[0, 3, 6, 9, 12, 35, 60, 85, 115, 150, 185, 215, 241]), "blocks", "repayment"),
        (row(0, block="luck"), "blocks", "on_time_share_bps"),
        (row(3, direction="category", categories=["no"], edges=[]), "direction", "open_incident"),
        (many_cells, "too_many_cells", "250"),
        (lambda card: card.update(base=10), "blocks", "1000"),
        (lambda card: card.update(purpose="research"), "purpose", "research"),
        (lambda card: card.update(weights=[]), "malformed", "weights"),
        (row(0, missing="10"), "malformed", "missing"),
        (row(0, missing=1.5), "malformed", "1.5"),
    ],
)
def test_a_card_that_breaks_a_rule_does_not_load(
    plant: Callable[[dict[str, Any]], None], code: str, named: str
) -> None:
    value = shipped()
    load_card(encode(value))
    plant(value)
    with pytest.raises(CardRefused) as refused:
        load_card(encode(value))
    assert (refused.value.code, named in refused.value.detail) == (code, True), refused.value.detail


@given(st.data())
def test_more_of_what_is_good_never_costs_a_point(data: st.DataObject) -> None:
    card = shipped_card()
    some: dict[str, int | None] = {name: data.draw(st.integers(0, 60_000)) for name in FEATURES}
    name = data.draw(st.sampled_from(sorted(FEATURES)))
    before = card.score(card.points(some))
    better = data.draw(st.integers(0, 60_000))
    ordered = sorted((some[name] or 0, better), reverse=FEATURES[name].direction == "down")
    low, high = (card.score(card.points({**some, name: value})) for value in ordered)
    assert low <= high
    assert before in {low, high}


@pytest.mark.parametrize("missing", [{}, {**best_values(), "visits_90d": None}, {**best_values(), "visits_90d": "12"}])
def test_a_value_that_must_be_known_is_asked_for(missing: dict[str, Any]) -> None:
    card = shipped_card()
    with pytest.raises(Unreadable, match="card shopping-expert-1"):
        card.score(card.points(missing))
