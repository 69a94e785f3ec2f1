"""Decisions by hand: proofs of place, rivals, lists that are complete or not, and the words in which they are told."""

import math
from dataclasses import replace

import pytest

from cashback.merchants.evidence import (
    BrandEntry,
    Catalogue,
    Decision,
    EvidenceMatcher,
    Outcome,
    OutletEntry,
    Policy,
    Sighting,
    Tier,
    Verdict,
    explain,
    known_brands,
)

CRETEIL = OutletEntry(
    id="s1",
    name="Sephora",
    brand="Sephora",
    city="Créteil",
    postcode="94000",
    centre="Créteil Soleil",
    latitude=48.7797,
    longitude=2.4569,
    category_codes=("5977",),
    store_number="412",
)
BEAUGRENELLE = replace(
    CRETEIL,
    id="s2",
    city="Paris",
    postcode="75015",
    centre="Beaugrenelle",
    store_number="500",
    latitude=48.8483,
    longitude=2.2825,
)
LYON = replace(
    CRETEIL, id="s3", city="Lyon", postcode="69003", centre="Westfield La Part-Dieu", store_number="77", latitude=None
)
LYON_RIVAL = replace(LYON, id="r1", member=False, postcode="69002", centre="", store_number="901")
PARIS_RIVAL = replace(
    BEAUGRENELLE, id="r2", member=False, postcode="75008", centre="", store_number="902", latitude=48.8708
)
MARIUS = OutletEntry(id="s4", name="Chez Marius", city="Lyon", postcode="69003", centre="Westfield La Part-Dieu")
OUTLETS = (CRETEIL, BEAUGRENELLE, LYON, LYON_RIVAL, PARIS_RIVAL, MARIUS)
COMPLETE = (BrandEntry("Sephora", outlets_complete=True), BrandEntry("Chez Marius", outlets_complete=True))


def matched(
    sighting: Sighting, outlets: tuple[OutletEntry, ...] = OUTLETS, brands: tuple[BrandEntry, ...] = COMPLETE
) -> Outcome:
    """The outcome in the catalogue of this file or another."""
    return EvidenceMatcher(Catalogue.compile(outlets, brands)).match(sighting)


PROOFS = [
    (Sighting("SEPHORA 0412"), "s1", Tier.STORE_NUMBER),
    (Sighting("SEPHORA CRETEIL SOLEIL"), "s1", Tier.CENTRE),
    (Sighting("SEPHORA", city="CRETEIL SOLEIL"), "s1", Tier.CENTRE),
    (Sighting("SEPHORA", latitude=48.7790, longitude=2.4560), "s1", Tier.COORDINATES),
    (Sighting("SEPHORA", city="PARIS 15"), "s2", Tier.DISTRICT),
    (Sighting("CARTE 12/03 SEPHORA PARIS 15 CB*4521"), "s2", Tier.DISTRICT),
    (Sighting("SEPHORA", city="CRETEIL", category_code="5977", country="FR"), "s1", Tier.TOWN),
    (Sighting("SEPHORA", city="CRETEIL", postcode="94000", category_code="5977"), "s1", Tier.POSTCODE),
]


@pytest.mark.parametrize(
    ("sighting", "shop", "tier"), PROOFS, ids=[f"{case[2].name} {case[0].city}" for case in PROOFS]
)
def test_each_proof_of_place(sighting: Sighting, shop: str, tier: Tier) -> None:
    outcome = matched(sighting)
    assert (outcome.shop, outcome.tier, outcome.tie, outcome.conflict) == (shop, tier, False, False)
    assert outcome.decision is Decision.ACCEPT, explain(outcome)


def test_two_outlets_in_one_town_are_a_tie() -> None:
    outcome = matched(Sighting("SEPHORA", city="LYON"))
    assert (outcome.decision, outcome.reason, outcome.tie) == (Decision.REVIEW, "tie", True)


def test_without_a_place_nobody_decides() -> None:
    outcome = matched(Sighting("SEPHORA"))
    assert outcome.decision is Decision.REVIEW
    assert outcome.tier is None


def test_a_town_proves_nothing_while_the_list_may_lack_an_outlet() -> None:
    sighting = PROOFS[6][0]
    for brands in ((), (BrandEntry("Sephora", outlets_complete=False),), (*COMPLETE, BrandEntry("SEPHORA", (), False))):
        outcome = matched(sighting, brands=brands)
        assert (outcome.decision, outcome.tier) == (Decision.REVIEW, Tier.TOWN_INCOMPLETE)
    assert matched(Sighting("SEPHORA 0412"), brands=()).decision is Decision.ACCEPT


def test_the_town_of_a_head_office_proves_nothing() -> None:
    brands = (*COMPLETE, BrandEntry("Sephora", head_office="CRETEIL"))
    outcome = matched(PROOFS[6][0], brands=brands)
    assert (outcome.decision, outcome.reason) == (Decision.REVIEW, "head_office")
    assert matched(Sighting("SEPHORA 0412", city="CRETEIL"), brands=brands).decision is Decision.ACCEPT


@pytest.mark.parametrize(
    "sighting",
    [
        Sighting("SEPHORA 0412", city="LYON"),
        Sighting("SEPHORA 0412", country="DE"),
        Sighting("SEPHORA 0412", postcode="33000"),
        Sighting("SEPHORA 0412", online=True),
        Sighting("WWW.SEPHORA.FR 0412"),
        Sighting("SEPHORA PART DIEU", city="CRETEIL"),
        Sighting("SEPHORA 901", city="CRETEIL"),
    ],
)
def test_what_contradicts_is_never_accepted(sighting: Sighting) -> None:
    outcome = matched(sighting)
    assert outcome.decision is not Decision.ACCEPT
    assert outcome.shop is None or outcome.conflict


def test_an_outlet_outside_the_programme_wins_where_it_fits_better() -> None:
    outcome = matched(Sighting("SEPHORA 0901", city="LYON", category_code="5977"))
    assert outcome.decision is Decision.REJECT
    assert outcome.candidates[0].outlet == "r1"
    assert not outcome.candidates[0].member
    assert outcome.margin < 0
    assert "Rejected" in explain(outcome)


def test_another_name_is_no_match_and_a_decoy_takes_what_resembles() -> None:
    assert matched(Sighting("BOULANGERIE DU COIN", city="CRETEIL")).decision is Decision.REJECT
    outcome = matched(
        Sighting("CHEZ MARIO", city="LYON", postcode="69003"), brands=(*COMPLETE, BrandEntry("Chez Mario"))
    )
    assert outcome.decision is not Decision.ACCEPT
    assert outcome.probability < matched(Sighting("CHEZ MARIUS", city="LYON", postcode="69003")).probability


def test_a_facilitator_is_told_apart_from_the_shop() -> None:
    for text in ("SumUp  *CHEZ MARIUS", "SUMUP CHEZ MARIUS"):
        outcome = matched(Sighting(text, city="LYON", postcode="69003", category_code="5812"))
        assert (outcome.facilitator, outcome.core_name, outcome.shop) == ("sumup", "CHEZ MARIUS", "s4")


def test_nothing_and_noise_are_understood() -> None:
    for text in (None, "", "   ", "CB", "12345", "*", "é" * 3_000, "\x00\n\t", "🛍️"):
        outcome = matched(Sighting(text, city="\x00", postcode="x" * 500, latitude=math.nan, longitude=999.0))
        assert outcome.decision is not Decision.ACCEPT


def test_the_fingerprint_depends_on_no_catalogue() -> None:
    sighting = Sighting("CARTE 12/03 SEPHORA 0412 PARIS 15 CB*4521", postcode="75015")
    assert matched(sighting).fingerprint == matched(sighting, (MARIUS,), ()).fingerprint == "SEPHORA|412|PARIS|75015"
    assert matched(replace(sighting, descriptor="Sephora 412", city="Paris")).fingerprint == "SEPHORA|412|PARIS|75015"


def test_the_record_tells_what_was_seen_and_expected() -> None:
    outcome = matched(Sighting("SEPHORA 0412", city="LYON"))
    told = {item.field: (item.seen, item.expected, item.verdict) for item in outcome.evidence}
    assert told["store_number"] == ("412", "412", Verdict.AGREE)
    assert told["town"] == ("LYON", "Créteil", Verdict.CONFLICT)
    assert ("number", "0412") in outcome.removed
    words = explain(outcome)
    assert "town: saw LYON, expected Créteil: contradicts" in words
    assert "Other candidates: " in words
    assert "0412 (number)" in words
    assert outcome.model.startswith("2+")


def test_a_policy_may_be_stricter_never_laxer() -> None:
    catalogue = Catalogue.compile(OUTLETS, COMPLETE)
    sighting = PROOFS[0][0]
    strict = EvidenceMatcher(catalogue, Policy(accept_at=0.99999)).match(sighting)
    lax = EvidenceMatcher(catalogue, Policy(accept_at=0.1)).match(sighting)
    assert (strict.decision, strict.reason) == (Decision.REVIEW, "unsure")
    assert lax == matched(sighting)


@pytest.mark.parametrize(
    ("outlets", "said"),
    [
        ((CRETEIL, CRETEIL), "'s1' is given twice"),
        ((replace(CRETEIL, id=""),), "expected an id and a name"),
        ((replace(CRETEIL, name=" "),), "expected an id and a name"),
        ((replace(CRETEIL, latitude=91.0),), "not on the globe"),
        ((replace(CRETEIL, latitude=math.nan),), "not on the globe"),
    ],
)
def test_a_catalogue_that_cannot_be_is_refused(outlets: tuple[OutletEntry, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Catalogue.compile(outlets)


def test_known_brands_compete_but_never_with_a_member_of_their_own_name() -> None:
    names = {entry.name for entry in known_brands()}
    assert {"Sephora", "Fnac", "Zara"} <= names
    with_known = matched(PROOFS[6][0], brands=(*COMPLETE, *known_brands()))
    assert (with_known.decision, with_known.shop) == (Decision.ACCEPT, "s1")
