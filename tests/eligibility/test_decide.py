"""Applications as stories: who may have what, why not, and what else would be accepted."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from applications import (
    EVERY_24,
    NOW,
    PARTNER,
    THRICE,
    TWICE,
    a_history,
    a_payer,
    a_purchase,
    a_rulebook,
    a_stranger,
    an_answer,
    an_application,
    codes,
    decided,
    drawn,
    some_means,
    with_history,
)
from hypothesis import given
from hypothesis import strategies as st

from eligibility import (
    Application,
    Decision,
    FicpStatus,
    Instrument,
    Lender,
    Outcome,
    Regime,
    Terms,
    Told,
    Unreadable,
    decide,
    shipped_card,
    shipped_rulebook,
)
from eligibility.canonical import decode, encode
from eligibility.card import load_card
from eligibility.reading import plain

ANY = st.integers(0, 10**9).map(lambda seed: drawn(Random(seed), seed))


def test_a_regular_without_instalments_may_split_a_purchase() -> None:
    decision = decided(an_application())
    answer = decision.plans[0]
    assert (decision.outcome, answer.eligible, answer.reasons) == (Outcome.ELIGIBLE, True, ())
    assert answer.quote is not None
    assert (answer.quote.law.regime, answer.quote.total_cost_minor, answer.quote.taeg_bps) == (Regime.EXEMPT_50D, 0, 0)
    assert decision.score is not None
    assert (decision.score.value, decision.score.band, decision.score.calibrated) == (676, "good", False)
    assert decision.expires_at == NOW + timedelta(minutes=30)


def test_a_stranger_has_no_score_and_a_way_to_one() -> None:
    decision = decided(an_application(history=a_stranger(), purchase=a_purchase(240_00)))
    assert (decision.outcome, decision.score) == (Outcome.INSUFFICIENT_HISTORY, None)
    reasons = decision.plans[0].reasons
    assert [(each.code, dict(each.figures)) for each in reasons] == [
        ("more_visits", {"visits": 2}),
        ("linked_longer", {"days": 25}),
        ("means_missing", {}),
    ]
    assert decode(decision.record)["score"] == {"missing": [each.written() for each in reasons[:2]]}


def test_a_stranger_with_means_is_offered_the_starter() -> None:
    asked = an_application(history=a_stranger(), purchase=a_purchase(240_00), means=some_means())
    decision = decided(asked)
    assert decision.outcome is Outcome.COUNTER_OFFER
    [offer] = decision.plans[0].counter_offers
    assert (offer.kind, offer.amount_minor, offer.terms.first_share_bps) == ("starter", 100_00, 5000)
    taken = decided(replace(asked, purchase=a_purchase(offer.amount_minor), plans=(offer.terms,)))
    assert (taken.outcome, taken.score) == (Outcome.ELIGIBLE, None)


def test_two_visits_and_29_days_are_not_enough_three_and_30_are() -> None:
    known = an_application(history=a_history(visits_total=3, days_linked=30))
    assert decided(known).score is not None
    assert codes(decided(with_history(known, visits_total=2))) == ["more_visits"]
    assert codes(decided(with_history(known, days_linked=29))) == ["linked_longer"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"of_age": False}, "not_of_age"),
        ({"country": "BE"}, "country_refused"),
        ({"purchase": a_purchase(49_99)}, "amount_too_low"),
        ({"purchase": a_purchase(120_00, currency="CHF")}, "currency_refused"),
        ({"purchase": a_purchase(120_00, category="7995")}, "category_refused"),
        ({"history": a_history(in_arrears=True)}, "in_arrears"),
        ({"history": a_history(plans_active=2)}, "too_many_plans"),
        ({"history": a_history(last_plan_at=NOW - timedelta(hours=23, minutes=59))}, "wait_after_plan"),
        ({"history": a_history(last_refusal_at=NOW - timedelta(hours=1))}, "wait_after_refusal"),
        (
            {"instrument": Instrument(prepaid=True, expires_on=date(2029, 1, 1), strong_authentication=True)},
            "card_prepaid",
        ),
        (
            {"instrument": Instrument(prepaid=False, expires_on=date(2026, 12, 31), strong_authentication=True)},
            "card_expires",
        ),
        (
            {"instrument": Instrument(prepaid=False, expires_on=date(2029, 1, 1), strong_authentication=False)},
            "no_strong_authentication",
        ),
        (
            {
                "told": (
                    Told(source="purchases", read_at=NOW - timedelta(hours=25)),
                    Told(source="instalments", read_at=NOW),
                )
            },
            "stale_inputs",
        ),
        ({"history": a_history(exposure_minor=300_00)}, "limit_used"),
        ({"history": a_history(open_monthly_minor=150_00)}, "over_means"),
    ],
)
def test_hard_rules_refuse_with_their_reason(changed: dict[str, Any], code: str) -> None:
    decision = decided(replace(an_application(), **changed))
    assert decision.plans[0].eligible is False
    assert codes(decision)[0] == code
    assert any(each.actionable for each in decision.plans[0].reasons) or codes(decision)[-1] == "nothing_to_do"


@pytest.mark.parametrize(
    "changed",
    [
        {"purchase": a_purchase(50_00)},
        {"history": a_history(last_plan_at=NOW - timedelta(hours=24), last_refusal_at=NOW - timedelta(hours=24))},
        {"history": a_history(plans_active=1)},
        {"instrument": Instrument(prepaid=False, expires_on=date(2027, 1, 1), strong_authentication=True)},
        {"told": tuple(Told(source=name, read_at=NOW - timedelta(hours=24)) for name in ("purchases", "instalments"))},
    ],
)
def test_at_the_edge_the_rules_pass(changed: dict[str, Any]) -> None:
    assert decided(replace(an_application(), **changed)).outcome is Outcome.ELIGIBLE


def test_what_is_credit_needs_a_licensed_lender_means_and_the_ficp() -> None:
    asked = an_application(plans=(THRICE,))
    decision = decided(asked, a_rulebook())
    assert codes(decision) == ["needs_partner", "ficp_missing", "means_missing"]
    [offer] = decision.plans[0].counter_offers
    assert (offer.kind, offer.terms.every_days) == ("fewer_days", 25)
    by_partner = replace(asked, plans=(PARTNER,))
    assert codes(decided(by_partner, a_rulebook())) == ["ficp_missing", "means_missing"]
    told = replace(by_partner, means=some_means())
    for status, expected in (
        (FicpStatus.UNAVAILABLE, ["ficp_missing", "nothing_to_do"]),
        (FicpStatus.LISTED, ["ficp_listed", "nothing_to_do"]),
        (FicpStatus.CLEAR, []),
    ):
        assert codes(decided(replace(told, ficp=an_answer(status)), a_rulebook())) == expected
    old = replace(told, ficp=an_answer(), means=some_means(days_ago=181))
    assert codes(decided(old, a_rulebook())) == ["means_missing"]


def test_means_and_score_never_mix() -> None:
    """A score is the same whatever somebody earns, and what they can afford is the same whatever they score."""
    rich, poor = some_means(9000_00, 0), some_means(1000_00, 900_00)
    scores = {decided(an_application(means=means)).score for means in (None, rich, poor)}
    assert len({score.value for score in scores if score is not None}) == 1
    ceilings = set()
    for history in (a_payer(), a_history(lost_chargebacks=2, failed_authorisations=5)):
        afforded = decided(an_application(history=history, means=poor)).plans[0].afforded
        assert afforded is not None
        ceilings.add((afforded.by, afforded.ceiling_minor))
    assert ceilings == {("means", 33_00)}


@pytest.mark.parametrize(
    ("instalments", "open_monthly", "code"),
    [(0, 0, None), (270_00, 0, None), (270_01, 0, "over_means"), (0, 270_01, "over_means"), (330_00, 0, "no_means")],
)
def test_a_third_of_what_is_left_less_what_is_owed(instalments: int, open_monthly: int, code: str | None) -> None:
    """33 % of 1,000.00 is 330.00; two payments of 120.00 ask for 60.00."""
    history = a_history(open_monthly_minor=open_monthly)
    decision = decided(an_application(history=history, means=some_means(instalments=instalments)))
    assert codes(decision)[:1] == ([] if code is None else [code])


def test_the_limit_rises_with_clean_plans_while_means_are_valid() -> None:
    caps = []
    for clean, means in ((0, some_means()), (1, some_means()), (2, some_means()), (9, some_means()), (9, None)):
        decision = decided(an_application(history=a_payer(clean_plans=clean), means=means))
        caps.append(decode(decision.record)["limit"]["cap_minor"])
    assert caps == [300_00, 450_00, 675_00, 2000_00, 300_00]


def test_a_lower_amount_and_a_higher_first_part_are_offered_and_hold() -> None:
    rich = some_means(9000_00, 0)
    asked = an_application(history=a_history(median_basket_minor=400_00), purchase=a_purchase(700_00), means=rich)
    decision = decided(asked)
    assert (decision.outcome, codes(decision)) == (Outcome.COUNTER_OFFER, ["over_limit"])
    assert decision.plans[0].most_minor == 600_01
    offers = {offer.kind: offer for offer in decision.plans[0].counter_offers}
    assert (offers["lower_amount"].amount_minor, offers["higher_first"].terms.first_share_bps) == (600_00, 5715)


@given(ANY)
def test_the_largest_amount_is_exact(application: Application) -> None:
    """With the largest amount a plan passes the limit and the means, with one more it does not, as long as the other
    amount leaves the score on the same step of the policy."""
    alone = replace(application, plans=application.plans[:1])
    asked = decided(alone, a_rulebook())
    most = asked.plans[0].most_minor
    if asked.plans[0].quote is None or not 0 < most < 2000_00:
        return
    blocks = {"over_limit", "limit_used", "over_means"}
    for amount, blocked in ((most, False), (most + 1, True)):
        other = decided(at(alone, amount), a_rulebook())
        if None not in (asked.score, other.score) and step(asked) == step(other):
            assert bool(set(codes(other)) & blocks) is blocked


def step(decision: Decision) -> str:
    return "" if decision.score is None else decision.score.band


def at(application: Application, minor: int) -> Application:
    return replace(application, purchase=replace(application.purchase, amount_minor=minor))


@given(ANY)
def test_what_is_offered_instead_is_accepted_as_it_stands(application: Application) -> None:
    for answer in decided(application, a_rulebook()).plans:
        assert not (answer.eligible and answer.counter_offers)
        for offer in answer.counter_offers:
            asked = replace(at(application, offer.amount_minor), plans=(offer.terms,))
            assert decided(asked, a_rulebook()).plans[0].eligible, offer


@given(ANY)
def test_a_refusal_says_what_can_be_done_or_that_nothing_can(application: Application) -> None:
    for answer in decided(application, a_rulebook()).plans:
        if answer.eligible:
            assert answer.reasons == ()
            continue
        told = [each.code for each in answer.reasons]
        assert told
        assert any(each.actionable for each in answer.reasons) != ("nothing_to_do" in told)


@given(ANY)
def test_who_pays_in_time_never_fares_worse(application: Application) -> None:
    """One more instalment on time, everything else as it is, closes no plan that was open."""
    history = application.history
    paid = with_history(
        application,
        instalments_due=history.instalments_due + 1,
        instalments_on_time=history.instalments_on_time + 1,
    )
    before, after = decided(application, a_rulebook()), decided(paid, a_rulebook())
    assert all(new.eligible >= old.eligible for old, new in zip(before.plans, after.plans, strict=True))


def test_a_challenger_scores_in_shadow_and_decides_nothing() -> None:
    value = plain(shipped_card().written)
    value |= {"id": "challenger-1", "scale": "log_odds", "base": -300}
    challenger = load_card(encode(value))
    asked = an_application()
    alone, watched = decided(asked, a_rulebook()), decided(asked, a_rulebook(challenger))
    assert (alone.outcome, alone.score, alone.plans) == (watched.outcome, watched.score, watched.plans)
    assert decode(alone.record)["challenger"] is None
    shadow, told = decode(watched.record)["challenger"], decode(watched.record)
    assert (shadow["card"], shadow["score"]) == ("challenger-1", 376)
    assert told["versions"]["challenger"] == {"id": "challenger-1", "sha256": challenger.sha256}


def test_scores_stand_on_the_steps_of_the_policy() -> None:
    cuts = shipped_rulebook().policy.figures.cuts
    assert [(cut.score_at_least, cut.band) for cut in cuts] == [(700, "very_good"), (600, "good"), (500, "fair")]
    shares = [cut.limit_share_bps for cut in cuts]
    assert all(high >= low for high, low in pairwise(shares))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"plans": ()}, "plans"),
        ({"plans": (TWICE, TWICE)}, "plans"),
        ({"plans": tuple(Terms(id=f"p{n}", count=2) for n in range(25))}, "plans"),
        ({"purchase": a_purchase(0)}, "amount_minor"),
        ({"as_of": NOW.replace(tzinfo=None)}, "as_of"),
        ({"told": (Told(source="purchases", read_at=NOW),)}, "instalments"),
    ],
)
def test_an_application_that_makes_no_sense_is_an_error(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(Unreadable, match=named):
        decide(shipped_rulebook(), replace(an_application(), **changed))


def test_plans_of_one_application_are_judged_side_by_side() -> None:
    partner = replace(PARTNER, lender=Lender.PARTNER)
    decision = decided(an_application(plans=(TWICE, THRICE, EVERY_24, partner)))
    assert decision.outcome is Outcome.ELIGIBLE
    assert [answer.eligible for answer in decision.plans] == [True, False, True, False]
