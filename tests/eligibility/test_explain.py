"""Reasons in both languages, and improvements that come true to the point."""

from random import Random
from string import Formatter

import pytest
from applications import a_history, a_payer, an_application, decided, drawn, with_history
from hypothesis import given
from hypothesis import strategies as st

from eligibility import KINDS, Application, Improvement, Reason, sentence, spoken

STEPS = {
    "on_time_share_bps": lambda history, n: {
        "instalments_due": history.instalments_due + n,
        "instalments_on_time": history.instalments_on_time + n,
    },
    "open_incident": lambda history, n: {"open_incident": False},
    "months_since_late": lambda history, n: {"months_since_late": history.months_since_late + n},
    "plans_completed": lambda history, n: {"plans_completed": history.plans_completed + n},
    "months_linked": lambda history, n: {"months_linked": history.months_linked + n},
    "visits_90d": lambda history, n: {
        "visits_90d": history.visits_90d + n,
        "visits_total": history.visits_total + n,
        "days_since_visit": 0,
    },
    "distinct_shops": lambda history, n: {"distinct_shops": history.distinct_shops + n},
}
"""What each improvement asks of a shopper, said a second time."""


def scored(application: Application) -> int:
    score = decided(application).score
    assert score is not None
    return score.value


def test_one_more_instalment_on_time_brings_35() -> None:
    first = decided(an_application()).score
    assert first is not None
    assert Improvement("on_time_share_bps", 1, 35) in first.improvements
    assert spoken(first.improvements[0], "en") == "one more instalment on time: +35"
    assert spoken(first.improvements[0], "fr") == "une échéance de plus à temps : +35"
    paid = with_history(an_application(), instalments_due=1, instalments_on_time=1)
    assert scored(paid) == first.value + 35


@given(st.integers(0, 10**9).map(lambda seed: drawn(Random(seed), seed)))
def test_an_improvement_comes_true_to_the_point(application: Application) -> None:
    """The shopper does what is told: the table gives exactly what was promised, and one step fewer gives nothing."""
    score = decided(application).score
    if score is None:
        return
    for promised in score.improvements:
        step = STEPS[promised.feature]
        done = with_history(application, **step(application.history, promised.steps))
        assert scored(done) == score.value + promised.points
        if promised.steps > 1:
            nearly = with_history(application, **step(application.history, promised.steps - 1))
            assert scored(nearly) == score.value


def test_a_perfect_payer_is_told_what_costs_and_nothing_that_does_not() -> None:
    history = a_payer(
        instalments_due=200, instalments_on_time=200, median_basket_minor=120_00, median_month_minor=9000_00
    )
    score = decided(an_application(history=history)).score
    assert score is not None
    assert (score.value, score.top_reasons, score.improvements) == (1000, (), ())


def test_the_four_that_cost_most_come_first() -> None:
    score = decided(an_application(history=a_history(lost_chargebacks=2, days_since_visit=100))).score
    assert score is not None
    assert score.top_reasons == ("on_time_share_bps", "plans_completed", "days_since_visit", "lost_chargebacks")


def test_a_late_payment_weighs_less_as_months_pass() -> None:
    late = {"worst_days_late_12m": 5, "months_since_late": 0}
    scores = [scored(an_application(history=a_payer(**late | {"months_since_late": months}))) for months in range(30)]
    assert scores == sorted(scores)
    assert scores[-1] - scores[0] == 30


def test_returning_goods_costs_nothing() -> None:
    """What is told is the excess beyond the 95th percentile: an ordinary return is none."""
    assert scored(an_application(history=a_history(refund_excess_bps=0))) == 676
    assert scored(an_application(history=a_history(refund_excess_bps=1))) == 666


def test_a_score_that_is_too_low_is_told_with_what_would_raise_it() -> None:
    history = a_history(visits_90d=3, distinct_shops=1, months_linked=2, active_months_6=1, lost_chargebacks=2)
    answer = decided(an_application(history=history)).plans[0]
    assert [sentence(each, "en", "EUR") for each in answer.reasons[:4]] == [
        "Your score is 426; plans begin at 500.",
        "one more instalment on time: +35",
        "one more month with your card linked: +12",
        "one more visit: +8",
    ]


@pytest.mark.parametrize("code", sorted(KINDS.keys() - {"improve"}))
def test_every_reason_is_said_in_both_languages(code: str) -> None:
    kind = KINDS[code]
    asked = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (kind.en, kind.fr)]
    assert asked[0] == asked[1]
    figures = {name: "visits_90d" if name == "feature" else 1234 for name in asked[0]}
    told = Reason(code, tuple(sorted(figures.items())))
    english, french = sentence(told, "en", "EUR"), sentence(told, "fr", "EUR")
    assert english != french
    assert "{" not in english + french
    if any(name.endswith("_minor") for name in figures):
        assert "12.34 EUR" in english
        assert "12,34 EUR" in french


@given(st.integers(0, 10**9).map(lambda seed: drawn(Random(seed), seed)))
def test_whatever_is_answered_can_be_said(application: Application) -> None:
    for answer in decided(application).plans:
        for reason in answer.reasons:
            assert "" not in {sentence(reason, language, "EUR") for language in ("en", "fr")}
