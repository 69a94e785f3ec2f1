"""Signs that were once read wrongly, by hand: two towns, wallets of web shops, another trade, cut towns and numbers."""

from dataclasses import replace
from typing import Any

import pytest
from test_evidence_decisions import BEAUGRENELLE, COMPLETE, CRETEIL, MARIUS, matched

from cashback.merchants.evidence import BrandEntry, Decision, OutletEntry, Sighting, Tier, explain

VELIZY = OutletEntry(
    id="v1", name="Etam", city="Vélizy-Villacoublay", postcode="78140", centre="Vélizy 2", category_codes=("5621",)
)
ROSNY = replace(VELIZY, id="v2", city="Rosny-sous-Bois", other_cities=("Rosny",), postcode="93110", centre="Rosny 2")
STRASBOURG = replace(VELIZY, id="v3", city="Strasbourg", postcode="67000", centre="Rivetoile", store_number="9067")
ETAM = (VELIZY, ROSNY, STRASBOURG)
ETAM_COMPLETE = (BrandEntry("Etam", outlets_complete=True),)


def etam(text: str, **more: Any) -> tuple[str, str | None, Tier | None]:
    outcome = matched(Sighting(text, **more), ETAM, ETAM_COMPLETE)
    return outcome.decision.value, outcome.shop, outcome.tier


@pytest.mark.parametrize(
    "text", ["SEPHORA CRETEIL LYON", "SEPHORA LYON CRETEIL", "LYON SEPHORA CRETEIL", "SEPHORA LYON CRETEIL CEDEX"]
)
def test_a_second_town_contradicts_the_first(text: str) -> None:
    outcome = matched(Sighting(text, category_code="5977"), (CRETEIL, BEAUGRENELLE), COMPLETE)
    assert outcome.decision is not Decision.ACCEPT
    assert outcome.shop is None or outcome.conflict, explain(outcome)
    one = matched(Sighting("SEPHORA CRETEIL", category_code="5977"), (CRETEIL, BEAUGRENELLE), COMPLETE)
    assert (one.decision, one.shop) == (Decision.ACCEPT, "s1")
    assert outcome.probability < one.probability


def test_a_town_in_a_shop_s_own_name_is_no_second_town() -> None:
    outlets = (replace(CRETEIL, name="Nice Paris", brand="Nice Paris"),)
    outcome = matched(Sighting("NICE PARIS CRETEIL", category_code="5977"), outlets, ())
    assert (outcome.shop, outcome.conflict) == ("s1", False)


@pytest.mark.parametrize("prefix", ["PAYPAL *", "PayPal ", "PP*", "KLARNA*", "Klarna ", "AMAZON PAY *", "AMZN PMTS "])
def test_a_wallet_of_web_shops_is_never_a_purchase_in_store(prefix: str) -> None:
    for text in (f"{prefix}SEPHORA 0412", f"{prefix}SEPHORA CRETEIL SOLEIL"):
        outcome = matched(Sighting(text, city="CRETEIL", postcode="94000", category_code="5977"))
        assert outcome.decision is not Decision.ACCEPT, explain(outcome)
        assert outcome.shop is None or outcome.conflict


@pytest.mark.parametrize("prefix", ["SumUp  *", "STRIPE *", "Zettle_*", "SQ *", "PAYPLUG *"])
def test_a_facilitator_that_has_terminals_may_be(prefix: str) -> None:
    outcome = matched(Sighting(f"{prefix}SEPHORA 0412", city="CRETEIL", category_code="5977"))
    assert (outcome.decision, outcome.shop) == (Decision.ACCEPT, "s1"), explain(outcome)


def test_a_code_of_another_trade_counts_against() -> None:
    for city in ("CRETEIL", "PARIS 15"):
        told = {code: matched(Sighting("SEPHORA", city=city, category_code=code)) for code in ("5977", "5999", "4111")}
        assert told["4111"].probability <= told["5999"].probability <= told["5977"].probability
    assert told["4111"].tier is Tier.DISTRICT
    at_town = matched(Sighting("SEPHORA", city="CRETEIL", category_code="4111"))
    assert (at_town.decision, at_town.reason) == (Decision.REVIEW, "category")
    assert "the category code is of another trade" in explain(at_town)


TOWNS_CUT = [
    ("ETAM LINGERIE STRASBOU", {}, "v3"),
    ("CARTE 12/03 ETAM VELIZY-VILLACO CB*4521", {}, "v1"),
    ("ETAM", {"city": "STRASBOURG CE"}, "v3"),
    ("ETAM", {"city": "Strasbourg Cedex 2"}, "v3"),
    ("ETAM STRASBOURG CEDEX", {}, "v3"),
    ("ETAM STRASBOURG CED", {}, "v3"),
    ("ETAM", {"city": "ROSNY"}, "v2"),
    ("ETAM", {"city": "VELIZY VILLAC"}, "v1"),
]


@pytest.mark.parametrize(("text", "more", "shop"), TOWNS_CUT, ids=[f"{case[0]} {case[1]}" for case in TOWNS_CUT])
def test_a_town_that_is_cut_or_has_a_cedex_is_that_town(text: str, more: dict[str, str], shop: str) -> None:
    decision, found, tier = etam(text, **more, category_code="5621")
    assert (found, tier) == (shop, Tier.TOWN)
    assert decision != "reject"


def test_five_digits_are_a_store_s_number_where_they_are_one() -> None:
    assert etam("ETAM 09067")[1:] == ("v3", Tier.STORE_NUMBER)
    outcome = matched(Sighting("ETAM 09067", city="STRASBOURG"), ETAM, ETAM_COMPLETE)
    assert not outcome.conflict
    assert matched(Sighting("ETAM 33000", city="STRASBOURG"), ETAM, ETAM_COMPLETE).conflict


def test_a_number_at_the_end_of_a_text_of_full_width_may_be_cut() -> None:
    cut = "ETAM LINGERIE MAG N 90"
    assert len(cut) == 22
    for text, contradicted in ((cut, False), ("ETAM MAG N 90", True)):
        outcome = matched(Sighting(text, city="STRASBOURG"), ETAM, ETAM_COMPLETE)
        assert (outcome.shop, outcome.conflict) == ("v3", contradicted), explain(outcome)


def test_the_reason_of_a_refusal_is_the_true_one() -> None:
    rival = replace(MARIUS, id="r9", member=False, name="Rivale", brand="Rivale")
    outside = matched(Sighting("RIVALE", city="LYON"), (CRETEIL, rival), ())
    assert (outside.decision, outside.reason, outside.shop) == (Decision.REJECT, "outside", None)
    known = matched(Sighting("FNAC", city="LYON"), (CRETEIL,), (BrandEntry("Fnac"),))
    assert (known.decision, known.reason) == (Decision.REJECT, "stranger")
    nothing = matched(Sighting("XYZZYQ WVUT", city="LYON"), (CRETEIL,), (BrandEntry("Fnac"),))
    assert (nothing.decision, nothing.reason) == (Decision.REJECT, "nothing_alike")
    nameless = matched(Sighting(""), (CRETEIL,), ())
    assert "To review: no shop can be named." in explain(nameless)
    assert "None" not in "".join(explain(each) for each in (outside, known, nothing, nameless))
