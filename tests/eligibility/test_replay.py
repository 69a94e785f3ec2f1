"""A record is everything: from its bytes alone the same bytes come again."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from applications import TWICE, a_history, a_purchase, a_rulebook, an_application, decided, drawn
from hypothesis import given
from hypothesis import strategies as st

from eligibility import (
    Application,
    OtherVersions,
    Outcome,
    Rulebook,
    Sealer,
    Unreadable,
    decide,
    features_of,
    load_policy,
    read_application,
    replay,
    shipped_card,
    shipped_policy,
    shipped_rulebook,
)
from eligibility.canonical import decode, digest, encode
from eligibility.card import load_card
from eligibility.reading import plain
from eligibility.scoring import score_part

DECISIONS = 1_000
"""Of ten thousand that are stored, tests/decisions/test_replaying.py tells."""
GOLDEN = "99c8b16e009808bb633d4c35ba38c0a1d8fdc194041d609e0f93dbc588250b66"


def test_a_thousand_decisions_replay_to_the_byte() -> None:
    draw, rulebook = Random(7), a_rulebook()
    outcomes = set()
    for number in range(DECISIONS):
        decision = decide(rulebook, drawn(draw, number))
        outcomes.add(decision.outcome)
        assert replay(rulebook, decision.record) == decision.record
    assert outcomes == set(Outcome)


@given(st.integers(0, 10**9).map(lambda seed: drawn(Random(seed), seed)))
def test_any_decision_replays(application: Application) -> None:
    rulebook = a_rulebook(challenger=shipped_card())
    decision = decide(rulebook, application)
    assert replay(rulebook, decision.record) == decision.record
    assert digest(decision.record) == decision.sha256
    assert read_application(decode(decision.record)["application"]) == application


def test_the_golden_set_has_not_moved() -> None:
    """If this fails, a version of a layer must rise with what changed: stored records would no longer replay."""
    draw = Random(11)
    records = b"".join(decide(a_rulebook(), drawn(draw, number)).record for number in range(200))
    assert digest(records) == GOLDEN


def test_a_record_holds_no_fraction_and_no_name() -> None:
    value = decode(decided(an_application()).record)
    assert value["application"]["shopper"] == "pseudonym-1"
    assert value["automated"] is True
    assert value["legal_basis"].startswith("GDPR 22(2)(a)")
    assert {"card", "policy", "usury", "hard_rules", "affordability", "limits", "score"} <= value["versions"].keys()
    assert [told["source"] for told in value["application"]["told"]] == ["purchases", "instalments"]
    with pytest.raises(Unreadable, match="whole numbers"):
        decode(b'{"a":1.5}')


def test_another_version_is_named_and_not_replayed() -> None:
    record = decided(an_application()).record
    policy = plain(shipped_policy().figures) | {"quote_minutes": 31}
    card = plain(shipped_card().written) | {"id": "shopping-expert-2"}
    mine = shipped_rulebook()
    for rulebook, named in (
        (replace(mine, policy=load_policy(encode(policy))), "policy"),
        (replace(mine, card=load_card(encode(card))), "card"),
        (replace(mine, challenger=shipped_card()), "challenger"),
        (a_rulebook(), "usury"),
    ):
        with pytest.raises(OtherVersions, match=named):
            replay(rulebook, record)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"outcome":"eligible"', b'"outcome":"refused"'),
        (b'"score":676', b'"score":677'),
        (b'"taeg_bps":0', b'"taeg_bps":1'),
        (b'"amount_minor":12000', b'"amount_minor":12001'),
    ],
)
def test_a_record_that_was_changed_does_not_come_again(old: bytes, new: bytes) -> None:
    record = decided(an_application()).record
    changed = record.replace(old, new, 1)
    assert changed != record
    assert replay(shipped_rulebook(), changed) != changed


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (b"[]", "no_record"),
        (b"{}", "no_record"),
        (b"\xff", "no_json"),
        (b"{", "no_json"),
        (b'{"application":{},"versions":1.5}', "fraction"),
    ],
)
def test_what_is_no_record_is_refused(record: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        replay(shipped_rulebook(), record)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("as_of", "2026-12-01T10:00:00", "application.as_of"),
        ("as_of", 5, "application.as_of"),
        ("of_age", 1, "application.of_age"),
        ("country", None, "application.country"),
        ("plans", {}, "application.plans"),
        ("plans", [{"id": "2x", "count": True}], r"application.plans\[0\].count"),
        ("plans", [{"id": "2x", "count": 2, "lender": "bank"}], r"application.plans\[0\].lender"),
        ("birth_date", "1990-01-01", "application.birth_date"),
        ("ficp", [], "application.ficp"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(name: str, value: object, named: str) -> None:
    told = decode(decided(an_application()).record)["application"]
    with pytest.raises(Unreadable, match=named):
        read_application({**told, name: value})
    with pytest.raises(Unreadable, match=r"application.shopper: missing"):
        read_application({key: each for key, each in told.items() if key != "shopper"})


def test_the_rulebook_alone_decides() -> None:
    """Two rulebooks of the same files give the same bytes; nothing is remembered between decisions."""
    again = Rulebook(shipped_card(), load_policy(encode(plain(shipped_policy().figures))), shipped_rulebook().usury)
    asked = an_application()
    first = decide(shipped_rulebook(), asked).record
    decide(again, replace(asked, purchase=a_purchase(1), plans=(TWICE,)))
    assert decide(again, asked).record == first


@given(st.integers(0, 10**9).map(lambda seed: drawn(Random(seed), seed)))
def test_a_sealed_score_is_the_canonical_bytes_of_what_it_says(application: Application) -> None:
    card = shipped_card()
    features = features_of(application.history, amount_minor=100_00, instalment_minor=50_00, cap_minor=300_00)
    origin = {"as_of": "2026-12-01", "shopper": "pseudonym \u00e9 % 1", "told": [{"source": "purchases"}]}
    sealed = Sealer(card).seal(features, origin)
    part = score_part(card, card.points(features))
    assert sealed.record == encode({**part, "features": features, "origin": origin})
    assert (sealed.score, sealed.sha256) == (part["score"], digest(sealed.record))


@pytest.mark.parametrize("value", [True, "12", 1.5])
def test_a_value_that_is_no_whole_number_is_not_sealed(value: Any) -> None:
    features = features_of(a_history(), amount_minor=100_00, instalment_minor=50_00, cap_minor=300_00)
    with pytest.raises(Unreadable, match="whole numbers"):
        Sealer(shipped_card()).seal({**features, "visits_90d": value}, {})
