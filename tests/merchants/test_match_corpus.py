"""The labelled generator and the scoring of the measurement, and the artefact that was trained with them."""

import hashlib
import json

import pytest
from evidence_world import PLAN, given, labelled, small_world

from bench.match.corpus import make_corpus, split_of
from bench.match.scoring import Accepted, calibration_error, clopper_pearson, lower_bound
from bench.match.texts import CLEAN, HARSH
from bench.match.world import make_world
from cashback.merchants.evidence.features import FEATURES
from cashback.merchants.evidence.model import ARTEFACT, DESCRIPTION, load_model, read_model

DIGEST = "14c32e8f4dcd8829c263ba6d485bbb740ddb6074cd4283148da1fa088df6e3c6"
"""Of the first two hundred rows."""


def test_a_corpus_is_the_same_byte_for_byte() -> None:
    again = make_corpus(make_world(PLAN), HARSH, seed=11, rows=1_500)
    assert repr(again) == repr(list(labelled()))
    digest = hashlib.sha256(repr(again[:200]).encode()).hexdigest()
    assert digest == DIGEST


def test_seeds_and_shares_make_other_corpora() -> None:
    texts = [
        [row.sighting for row in make_corpus(small_world(), shares, seed, rows=50)]
        for shares, seed in ((HARSH, 11), (HARSH, 12), (CLEAN, 11))
    ]
    assert texts[0] != texts[1] != texts[2]


def test_labels_name_shops_of_the_programme_and_negatives_none() -> None:
    members = {outlet.id for outlet in given()[0] if outlet.member}
    known = {outlet.id for outlet in given()[0]}
    rows = labelled()
    assert {row.stratum for row in rows} == {
        "member",
        "other_town",
        "same_town",
        "online",
        "stranger",
        "similar",
        "public",
    }
    for row in rows:
        assert (row.shop in members) == (row.stratum == "member")
        assert row.truth in known or row.truth == ""
        assert 0 <= split_of(row.brand) <= 9


def test_a_contract_keeps_its_habits() -> None:
    by_mid: dict[str, set[tuple[str | None, str | None]]] = {}
    for row in labelled():
        if row.feed == "network":
            by_mid.setdefault(row.mid, set()).add((row.sighting.descriptor, row.sighting.city))
    assert max(map(len, by_mid.values())) == 1


@pytest.mark.parametrize(
    ("right", "of", "low"),
    [(598, 598, 0.995003), (2_095, 2_100, 0.994997), (0, 10, 0.0), (10, 10, 0.741134), (95, 100, 0.897747)],
)
def test_the_bound_is_that_of_the_tables(right: int, of: int, low: float) -> None:
    assert clopper_pearson(right, of) == pytest.approx(low, abs=2e-5)


def test_a_mid_is_wrong_if_one_of_its_rows_is() -> None:
    cases = [Accepted(0.99, True, True, "a"), Accepted(0.99, True, False, "a"), Accepted(0.99, True, True, "b")]
    assert lower_bound(cases) == clopper_pearson(1, 2)


def test_the_error_of_calibration_weighs_its_bins() -> None:
    assert calibration_error([(0.9, True)] * 9 + [(0.9, False)]) == pytest.approx(0.0)
    assert calibration_error([(0.9, True)] * 5 + [(0.9, False)] * 5 + [(0.1, False)] * 10) == pytest.approx(0.25)
    assert calibration_error([]) == 0.0


def test_the_artefact_is_the_one_that_is_described() -> None:
    model = load_model()
    told = json.loads(DESCRIPTION.read_text())
    assert model.name == f"{told['version']}+{told['sha256'][:12]}"
    assert told["features"] == [name for name, _, _ in FEATURES]
    assert len(model.roots) == told["trees"]
    assert 0.9 < model.accept_at <= model.accept_town_at < 1


def test_an_artefact_that_was_changed_is_refused() -> None:
    told = json.loads(DESCRIPTION.read_text())
    with pytest.raises(ValueError, match="SHA-256"):
        read_model(ARTEFACT.read_bytes() + b" ", told)
    with pytest.raises(ValueError, match="features"):
        read_model(ARTEFACT.read_bytes(), {**told, "features": ["score"]})
