"""Applications with boring defaults: a known shopper, a valid card, a purchase of 120.00 on 1 December 2026."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from eligibility import (
    Application,
    Card,
    Decision,
    Ficp,
    FicpStatus,
    History,
    Instrument,
    Lender,
    Means,
    Purchase,
    Rulebook,
    Terms,
    Told,
    UsuryTable,
    decide,
    load_usury,
    shipped_card,
    shipped_policy,
    shipped_rulebook,
)
from eligibility.canonical import encode

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
TODAY = date(2026, 12, 1)
TWICE = Terms(id="2x", count=2)
THRICE = Terms(id="3x", count=3)
EVERY_24 = Terms(id="3x24", count=3, every_days=24)
PARTNER = Terms(id="4x-partner", count=4, fee_bps=100, lender=Lender.PARTNER)
"""Monthly three times lasts 62 days and is credit; every 24 days it lasts 48 and is not."""


def a_history(**given: Any) -> History:
    """A shopper of two years, without a single instalment yet."""
    values: dict[str, Any] = {
        "visits_total": 60, "days_linked": 730, "months_linked": 24, "active_months_6": 6, "gap_variation_bps": 4000,
        "days_since_visit": 3, "visits_90d": 12, "distinct_shops": 8, "median_basket_minor": 60_00,
        "median_month_minor": 400_00, "lost_chargebacks": 0, "refund_excess_bps": 0, "instalments_due": 0,
        "instalments_on_time": 0, "worst_days_late_12m": 0, "months_since_late": None, "open_incident": False,
        "plans_completed": 0, "clean_plans": 0, "failed_authorisations": 0, "plans_active": 0, "in_arrears": False,
        "exposure_minor": 0, "open_monthly_minor": 0, "last_plan_at": None, "last_refusal_at": None,
    }  # fmt: skip
    return History(**values | given)


def a_payer(**given: Any) -> History:
    """The same after five plans, each instalment on time."""
    paid = {"instalments_due": 15, "instalments_on_time": 15, "plans_completed": 5, "clean_plans": 5}
    return a_history(**paid | given)


def a_stranger(**given: Any) -> History:
    """Somebody who linked a card five days ago and came once."""
    new = {"visits_total": 1, "days_linked": 5, "months_linked": 0, "active_months_6": 1, "visits_90d": 1}
    unknown = {"gap_variation_bps": None, "distinct_shops": 1, "median_month_minor": None}
    return a_history(**new | unknown | given)


def a_purchase(minor: int = 120_00, **given: Any) -> Purchase:
    values: dict[str, Any] = {
        "currency": "EUR", "made_on": TODAY, "supplied_on": TODAY, "category": "5651", "online": False,
        "large_company": False,
    }  # fmt: skip
    return Purchase(amount_minor=minor, **values | given)


def some_means(income: int = 2000_00, expenses: int = 1000_00, instalments: int = 0, days_ago: int = 1) -> Means:
    return Means(
        income_minor=income,
        expenses_minor=expenses,
        instalments_minor=instalments,
        declared_at=NOW - timedelta(days=days_ago),
    )


def an_answer(status: FicpStatus = FicpStatus.CLEAR) -> Ficp:
    return Ficp(status=status, consulted_at=NOW, proof="consultation-1")


def an_application(**given: Any) -> Application:
    values: dict[str, Any] = {
        "decision_id": "dec-1", "shopper": "pseudonym-1", "as_of": NOW, "of_age": True, "country": "FR",
        "purchase": a_purchase(), "history": a_history(), "plans": (TWICE,),
        "instrument": Instrument(prepaid=False, expires_on=date(2029, 1, 31), strong_authentication=True),
        "told": (Told(source="purchases", read_at=NOW), Told(source="instalments", read_at=NOW)),
    }  # fmt: skip
    return Application(**values | given)


def a_usury_table(rate_bps: int = 2349) -> UsuryTable:
    """A made-up quarter that covers the days of these tests."""
    quarter = {
        "begin": "2026-10-01",
        "end": "2027-01-01",
        "mark": "made up for tests",
        "brackets": [{"up_to_minor": 300_000, "rate_bps": rate_bps}],
    }
    table = {"format": 1, "id": "tests", "law": "L. 314-6", "currency": "EUR", "quarters": [quarter]}
    return load_usury(encode(table))


def a_rulebook(challenger: Card | None = None, rate_bps: int = 2349) -> Rulebook:
    return Rulebook(shipped_card(), shipped_policy(), a_usury_table(rate_bps), challenger)


def decided(application: Application, rulebook: Rulebook | None = None) -> Decision:
    return decide(shipped_rulebook() if rulebook is None else rulebook, application)


def codes(decision: Decision, plan: int = 0) -> list[str]:
    return [reason.code for reason in decision.plans[plan].reasons]


def with_history(application: Application, **changed: Any) -> Application:
    return replace(application, history=replace(application.history, **changed))


PLANS = (TWICE, THRICE, EVERY_24, PARTNER, Terms(id="12x", count=12, fee_fixed_minor=300, lender=Lender.PARTNER))


def drawn(draw: Random, number: int) -> Application:
    """Any application: strangers and regulars, good and bad payers, small and large amounts, with means or none."""
    due = draw.choice((0, 0, 1, 3, 9, 40))
    late = draw.random() < 0.3 and due > 0
    history = a_history(
        visits_total=draw.randint(0, 60),
        days_linked=draw.randint(20, 900),
        months_linked=draw.randint(0, 30),
        active_months_6=draw.randint(0, 6),
        gap_variation_bps=draw.choice((None, draw.randint(0, 20_000))),
        days_since_visit=draw.choice((None, draw.randint(0, 120))),
        visits_90d=draw.randint(0, 15),
        distinct_shops=draw.randint(0, 10),
        median_basket_minor=draw.choice((None, draw.randint(5_00, 200_00))),
        median_month_minor=draw.choice((None, draw.randint(0, 900_00))),
        lost_chargebacks=draw.choice((0, 0, 0, 0, 0, 1, 2)),
        refund_excess_bps=draw.choice((0, 0, 600, 2000)),
        instalments_due=due,
        instalments_on_time=draw.randint(0, due) if late else due,
        worst_days_late_12m=draw.randint(1, 60) if late else 0,
        months_since_late=draw.randint(0, 20) if late else None,
        open_incident=late and draw.random() < 0.3,
        plans_completed=due // 3,
        clean_plans=0 if late else due // 3,
        failed_authorisations=draw.choice((0, 0, 1, 5)),
        plans_active=draw.choice((0, 0, 0, 0, 1, 1, 2)),
        in_arrears=late and draw.random() < 0.2,
        exposure_minor=draw.choice((0, draw.randint(0, 400_00))),
        open_monthly_minor=draw.choice((0, draw.randint(0, 100_00))),
        last_plan_at=draw.choice((None, None, None, None, NOW - timedelta(hours=draw.randint(1, 48)))),
        last_refusal_at=draw.choice((None, None, None, None, None, NOW - timedelta(hours=draw.randint(1, 48)))),
    )
    means = some_means(
        draw.randint(500_00, 4000_00), draw.randint(0, 1500_00), draw.randint(0, 300_00), draw.randint(0, 300)
    )
    return an_application(
        decision_id=f"dec-{number}",
        purchase=a_purchase(
            draw.choice((draw.randint(1, 2500_00), draw.randint(50_00, 400_00))),
            online=draw.random() < 0.3,
            large_company=draw.random() < 0.3,
            supplied_on=TODAY + timedelta(days=draw.choice((0, 0, 3))),
        ),
        history=history,
        means=draw.choice((None, means)),
        ficp=draw.choice(
            (None, an_answer(), an_answer(), an_answer(FicpStatus.LISTED), an_answer(FicpStatus.UNAVAILABLE))
        ),
        plans=tuple(draw.sample(PLANS, draw.choice((1, 1, 1, 2)))),
    )
