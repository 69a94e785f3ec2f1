"""Laws of the matcher on a labelled world: what may not change an outcome, and what may only lower it."""

import random
from dataclasses import replace

import pytest
from evidence_world import given as catalogue_given
from evidence_world import labelled, matcher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.match.corpus import Row
from cashback.merchants.evidence import BrandEntry, Catalogue, Decision, EvidenceMatcher, OutletEntry

rows = st.sampled_from(labelled())
some = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
few = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

EXACT = 1e-9


def _without(row: Row, outlets: tuple[OutletEntry, ...]) -> tuple[OutletEntry, ...]:
    return tuple(outlet for outlet in outlets if outlet.id != row.truth)


@some
@given(rows, st.sampled_from(["lower", "upper", "spaces"]))
def test_case_and_spacing_change_nothing(row: Row, way: str) -> None:
    text = row.sighting.descriptor or ""
    other = {"lower": text.lower(), "upper": text.upper(), "spaces": f" {text.replace(' ', '   ')} "}[way]
    first = matcher().match(row.sighting)
    second = matcher().match(replace(row.sighting, descriptor=other))
    assert second == first


@some
@given(rows)
def test_one_alone_is_as_in_a_batch_and_again_as_before(row: Row) -> None:
    alone = matcher().match(row.sighting)
    at = labelled().index(row)
    batch = matcher().match_many([each.sighting for each in labelled()[max(0, at - 7) : at + 9]])
    assert batch[min(at, 7)] == alone
    assert EvidenceMatcher(matcher().catalogue).match(row.sighting) == alone


@few
@given(st.integers(0, 1_000))
def test_the_order_of_the_catalogue_changes_nothing(seed: int) -> None:
    outlets, brands = map(list, catalogue_given())
    random_ = random.Random(seed)
    random_.shuffle(outlets)
    random_.shuffle(brands)
    other = EvidenceMatcher(Catalogue.compile(outlets, brands))
    sightings = [row.sighting for row in random_.sample(labelled(), 120)]
    assert other.match_many(sightings) == matcher().match_many(sightings)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("here", [True, False])
def test_a_rival_more_never_raises_another_and_never_makes_an_accept(seed: int, here: bool) -> None:
    outlets, brands = catalogue_given()
    random_ = random.Random(seed)
    chosen = random_.sample(labelled(), 12)
    rivals = []
    for number, row in enumerate(chosen):
        shop = next((each for each in outlets if each.id == row.shop), None) or random_.choice(outlets)
        place = shop if here else random_.choice(outlets)
        number_ = shop.store_number and str(10_000 + number)
        rivals.append(
            replace(place, id=f"X{number}", name=shop.name, brand=shop.brand, member=False, store_number=number_)
        )
    for row, rival in zip(chosen, rivals, strict=True):
        before = matcher().match(row.sighting)
        after = EvidenceMatcher(_with(outlets, brands, rival)).match(row.sighting)
        held = {each.outlet: each.probability for each in before.candidates}
        assert all(each.probability <= held.get(each.outlet, 1.0) + EXACT for each in after.candidates)
        assert not (after.decision is Decision.ACCEPT and before.decision is not Decision.ACCEPT)


def _with(outlets: tuple[OutletEntry, ...], brands: tuple[BrandEntry, ...], rival: OutletEntry) -> Catalogue:
    return Catalogue.compile([*outlets, rival], brands)


@some
@given(rows, st.integers(4, 40))
def test_cutting_the_text_never_turns_reject_into_accept(row: Row, width: int) -> None:
    if matcher().match(row.sighting).decision is Decision.REJECT:
        cut = replace(row.sighting, descriptor=(row.sighting.descriptor or "")[:width])
        assert matcher().match(cut).decision is not Decision.ACCEPT


@some
@given(rows)
def test_a_town_that_does_not_contradict_can_be_missed(row: Row) -> None:
    before = matcher().match(row.sighting)
    after = matcher().match(replace(row.sighting, city=None))
    if not before.conflict and before.shop == after.shop:
        assert after.probability <= before.probability + EXACT
    assert not (after.decision is Decision.ACCEPT and before.decision is not Decision.ACCEPT and not before.conflict)


def test_nothing_is_accepted_on_a_tie_or_against_a_contradiction() -> None:
    outcomes = matcher().match_many([row.sighting for row in labelled()])
    accepted = [outcome for outcome in outcomes if outcome.decision is Decision.ACCEPT]
    assert len(accepted) > 300
    assert not any(outcome.tie or outcome.conflict or outcome.tier is None for outcome in accepted)
    assert all(outcome.probability >= outcome.thresholds[0] and outcome.margin > 0 for outcome in accepted)


def test_the_weights_of_a_candidate_add_up_to_what_moved_it() -> None:
    outcomes = matcher().match_many([row.sighting for row in labelled()[:200]])
    for outcome in outcomes:
        ordered = sorted(outcome.candidates, key=lambda each: -each.probability)
        assert [each.outlet for each in ordered[:1]] == [each.outlet for each in outcome.candidates[:1]]
        for candidate in outcome.candidates:
            assert len({item.field for item in candidate.evidence}) == len(candidate.evidence)
