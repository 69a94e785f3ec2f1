"""Brand, floor, part of the centre, source and channel of a purchase: each kind at its edges."""

from typing import Any

import pytest
from offer_builders import AROUND, FNAC, LUSH, a_book, a_purchase, an_offer, some_terms
from pydantic import ValidationError

from cashback.offers.amounts import FileUnits
from cashback.offers.terms import CONDITIONS, Terms

BRANDS = {"kind": "brands", "brands": ["Zara", "Fnac Darty"]}
FLOORS = {"kind": "floors", "floors": ["-1", "0"]}
AREAS = {"kind": "areas", "areas": ["food court"]}
NETWORKS = {"kind": "networks", "networks": ["fidel", "stripe"]}
IN_STORE = {"kind": "channel", "channel": "in_store"}
ONLINE = {"kind": "channel", "channel": "online"}


def judged(condition: dict[str, Any], **spend: Any) -> dict[str, Any]:
    """The trail entry, which agrees with the decision."""
    (built,) = some_terms(condition).conditions
    purchase = a_purchase(**spend)
    entry = built.explainer(AROUND)(purchase)
    assert entry["ok"] is built.test(AROUND)(purchase)
    assert entry["kind"] == condition["kind"]
    return entry


@pytest.mark.parametrize(
    ("condition", "field", "got", "ok"),
    [
        (BRANDS, "brand", "Zara", True),
        (BRANDS, "brand", "Fnac Darty", True),
        (BRANDS, "brand", "Fnac", False),
        (BRANDS, "brand", "ZARA", False),
        (FLOORS, "floor", "0", True),
        (FLOORS, "floor", "-1", True),
        (FLOORS, "floor", "1", False),
        (FLOORS, "floor", "00", False),
        (AREAS, "area", "food court", True),
        (AREAS, "area", "east wing", False),
        (NETWORKS, "network", "fidel", True),
        (NETWORKS, "network", "stripe", True),
        (NETWORKS, "network", "sandbox", False),
    ],
)
def test_a_text_is_one_of_those_named(condition: dict[str, Any], field: str, got: str, ok: bool) -> None:
    wanted = condition[condition["kind"]]
    assert judged(condition, **{field: got}) == {
        "kind": condition["kind"],
        "ok": ok,
        "wanted": wanted,
        "wanted_count": len(wanted),
        "got": got,
    }


@pytest.mark.parametrize(("condition", "field"), [(BRANDS, "brand"), (FLOORS, "floor"), (AREAS, "area")])
def test_a_shop_of_which_it_is_not_told_does_not_count_and_the_trail_says_so(
    condition: dict[str, Any], field: str
) -> None:
    entry = judged(condition, **{field: None})
    assert (entry["ok"], entry["reason"], entry["got"]) == (False, "unknown", None)


def test_a_trail_lists_three_brands_and_counts_the_rest() -> None:
    entry = judged({"kind": "brands", "brands": ["d", "c", "b", "a"]}, brand="a")
    assert (entry["ok"], entry["wanted"], entry["wanted_count"]) == (True, ["d", "c", "b"], 4)


@pytest.mark.parametrize(
    ("condition", "channel", "figures"),
    [
        (IN_STORE, "in_store", {"ok": True, "wanted": "in_store", "got": "in_store"}),
        (IN_STORE, "online", {"ok": False, "wanted": "in_store", "got": "online"}),
        (ONLINE, "online", {"ok": True, "wanted": "online", "got": "online"}),
        (ONLINE, "in_store", {"ok": False, "wanted": "online", "got": "in_store"}),
        (
            IN_STORE,
            None,
            {"ok": True, "wanted": "in_store", "got": "in_store", "assumed": True, "reason": "assumed"},
        ),
        (ONLINE, None, {"ok": False, "wanted": "online", "got": "in_store", "assumed": True, "reason": "not_told"}),
    ],
)
def test_what_no_network_tells_counts_as_made_in_store(
    condition: dict[str, Any], channel: str | None, figures: dict[str, Any]
) -> None:
    assert judged(condition, channel=channel) == {"kind": "channel", **figures}


def test_the_hint_of_the_form_says_what_is_assumed() -> None:
    hint = CONDITIONS["channel"].hint
    assert "counts as made in store" in hint.en
    assert "compte comme fait en boutique" in hint.fr


def test_brands_are_keys_of_the_index_and_the_others_select_nothing() -> None:
    keys = {
        each.kind: each.index_keys(AROUND) for each in some_terms(BRANDS, FLOORS, AREAS, NETWORKS, ONLINE).conditions
    }
    brand = keys.pop("brands")
    assert brand is not None
    assert (brand.dimension, brand.values) == ("brand", {"Zara", "Fnac Darty"})
    assert set(keys.values()) == {None}


def test_an_offer_for_a_brand_is_found_by_the_brand_of_the_shop() -> None:
    both = some_terms(BRANDS, {"kind": "centres", "centres": ["quais"]})
    shop = some_terms(BRANDS, {"kind": "shops", "shops": ["fnac"]})
    book = a_book([an_offer(some_terms(BRANDS), "a-brand"), an_offer(both, "b-both"), an_offer(shop, "c-shop")])
    assert [each.keys and each.keys.dimension for each in book.offers] == ["brand", "brand", "shop"]

    def found(**spend: Any) -> list[str]:
        return sorted(each.code for each in book.candidates(a_purchase(**spend)))

    assert found(shop=LUSH, brand="Zara") == ["a-brand", "b-both"]
    # One shop and one day, another brand: what is remembered of the first must not answer for the second.
    assert found(shop=LUSH, brand="Lush") == []
    assert found(shop=LUSH, brand=None) == []
    assert found(shop=FNAC, brand="Zara") == ["a-brand", "b-both", "c-shop"]
    assert [each.code for each in book.concerned(a_purchase(shop=LUSH, brand="Zara"))] == ["a-brand", "b-both"]


def test_terms_say_which_brands_floors_and_areas_they_name() -> None:
    assert some_terms(BRANDS, FLOORS, AREAS, NETWORKS, ONLINE).references() == {
        "brand": ("Zara", "Fnac Darty"),
        "floor": ("-1", "0"),
        "area": ("food court",),
    }


@pytest.mark.parametrize("condition", [BRANDS, FLOORS, AREAS, NETWORKS, IN_STORE, ONLINE])
def test_file_and_database_write_the_same(condition: dict[str, Any]) -> None:
    terms = some_terms(condition)
    assert terms.stored()["conditions"] == [condition]
    assert Terms.model_validate(terms.stored()) == terms
    written = terms.model_dump(mode="json", context=FileUnits("EUR"), exclude_defaults=True)
    assert written["conditions"] == [condition]
    assert Terms.model_validate(written, context=FileUnits("EUR")).digest() == terms.digest()


@pytest.mark.parametrize(
    ("condition", "where", "words"),
    [
        *(({"kind": kind, kind: []}, kind, "at least one") for kind in ("brands", "floors", "areas", "networks")),
        *(
            ({"kind": kind, kind: ["a", "a"]}, kind, "a is repeated")
            for kind in ("brands", "floors", "areas", "networks")
        ),
        *(({"kind": kind, kind: [""]}, "0", "at least 1 character") for kind in ("brands", "floors", "areas")),
        ({"kind": "brands", "brands": ["x" * 121]}, "0", "at most 120 characters"),
        ({"kind": "floors", "floors": ["x" * 65]}, "0", "at most 64 characters"),
        ({"kind": "networks", "networks": ["two words"]}, "0", "pattern"),
        ({"kind": "channel"}, "channel.channel", "required"),
        ({"kind": "channel", "channel": "telephone"}, "channel.channel", "'in_store' or 'online'"),
        ({"kind": "brands", "brands": "Zara"}, "brands", "tuple"),
        ({"kind": "brands", "brands": ["Zara"], "brand": "Zara"}, "brand", "not permitted"),
    ],
)
def test_refused_with_the_place_and_what_was_expected(condition: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        some_terms(condition)
    (error,) = refused.value.errors()
    assert ".".join(map(str, error["loc"])).endswith(where)
    assert words in error["msg"]
