"""The legal regime by its edges: days from supply, who lends, what it costs, when the contract was concluded."""

from datetime import date, timedelta
from typing import Any

import pytest
from applications import EVERY_24, PARTNER, THRICE, TWICE, a_purchase, an_application

from eligibility import Credit, Document, Regime, classify, information_sheet, quote_plan

DAY = date(2026, 12, 1)


def a_credit(days: int = 30, **given: Any) -> Credit:
    values: dict[str, Any] = {
        "amount_minor": 300_00, "charges_minor": 0, "concluded_on": DAY, "supplied_on": DAY,
        "last_due_on": DAY + timedelta(days=days), "third_party": False, "assigned": False,
        "large_company": False, "online": False,
    }  # fmt: skip
    return Credit(**values | given)


ONLINE = {"large_company": True, "online": True}


@pytest.mark.parametrize(
    ("credit", "regime", "against"),
    [
        (a_credit(49), Regime.EXEMPT_50D, ()),
        (a_credit(50), Regime.EXEMPT_50D, ()),
        (a_credit(51), Regime.LIGHT, ("over_50_days",)),
        (a_credit(13, **ONLINE), Regime.EXEMPT_14D, ()),
        (a_credit(14, **ONLINE), Regime.EXEMPT_14D, ()),
        (a_credit(15, **ONLINE), Regime.LIGHT, ("over_14_days",)),
        (a_credit(15, large_company=True), Regime.EXEMPT_50D, ()),
        (a_credit(15, online=True), Regime.EXEMPT_50D, ()),
        (a_credit(53, supplied_on=DAY + timedelta(days=3)), Regime.EXEMPT_50D, ()),
        (a_credit(54, supplied_on=DAY + timedelta(days=3)), Regime.LIGHT, ("over_50_days",)),
        (a_credit(30, third_party=True), Regime.LIGHT, ("third_party",)),
        (a_credit(30, assigned=True), Regime.LIGHT, ("assigned",)),
        (a_credit(30, charges_minor=1), Regime.FULL, ("charges",)),
        (a_credit(30, charges_minor=1, amount_minor=199_99), Regime.LIGHT, ("charges",)),
        (a_credit(30, charges_minor=1, amount_minor=200_00), Regime.FULL, ("charges",)),
        (
            a_credit(51, charges_minor=300, third_party=True, assigned=True),
            Regime.FULL,
            ("third_party", "assigned", "charges", "over_50_days"),
        ),
        (a_credit(30, amount_minor=100_000_00), Regime.EXEMPT_50D, ()),
        (a_credit(30, amount_minor=100_000_01), Regime.OUTSIDE, ("above_ceiling",)),
    ],
)
def test_since_20_november_2026(credit: Credit, regime: Regime, against: tuple[str, ...]) -> None:
    found = classify(credit)
    assert (found.regime, found.against) == (regime, against)
    assert all("L. 31" in article for article in found.articles)


OLD = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("days", "given", "regime"),
    [
        (90, {}, Regime.EXEMPT_PRIOR),
        (92, {}, Regime.EXEMPT_PRIOR),
        (93, {}, Regime.FULL),
        (30, {"charges_minor": 1}, Regime.FULL),
        (400, {"charges_minor": 500, "amount_minor": 199_99}, Regime.EXEMPT_PRIOR),
        (60, {"third_party": True, "assigned": True}, Regime.EXEMPT_PRIOR),
        (30, {"amount_minor": 75_000_01}, Regime.OUTSIDE),
    ],
)
def test_the_day_before_the_former_law_holds(days: int, given: dict[str, Any], regime: Regime) -> None:
    old = a_credit(0, concluded_on=OLD, supplied_on=OLD, **given)
    last = OLD + timedelta(days=days)
    assert (
        classify(Credit(**{name: getattr(old, name) for name in Credit.__slots__} | {"last_due_on": last})).regime
        is regime
    )


def test_the_same_plan_changes_its_regime_overnight() -> None:
    before, after = (
        classify(a_credit(days, concluded_on=day, supplied_on=day, last_due_on=day + timedelta(days=60)))
        for day, days in ((OLD, 0), (OLD + timedelta(days=1), 0))
    )
    assert (before.regime, after.regime) == (Regime.EXEMPT_PRIOR, Regime.LIGHT)


def test_short_credit_with_charges_is_light_only_where_a_share_is_named_that_counts_for_nothing() -> None:
    credit = a_credit(60, charges_minor=300, third_party=True)
    assert classify(credit).regime is Regime.FULL
    assert classify(credit, insignificant_charges_bps=100).regime is Regime.LIGHT
    assert classify(credit, insignificant_charges_bps=99).regime is Regime.FULL
    long = a_credit(92, charges_minor=300, third_party=True)
    assert classify(long, insignificant_charges_bps=100).regime is Regime.FULL


@pytest.mark.parametrize(
    ("terms", "regime", "document", "has", "has_not"),
    [
        (TWICE, Regime.EXEMPT_50D, Document.PRICE_NOTICE, {"price", "total", "late_bps"}, {"taeg_bps", "lender"}),
        (EVERY_24, Regime.EXEMPT_50D, Document.PRICE_NOTICE, {"due:2027-01-18"}, {"withdrawal_days"}),
        (THRICE, Regime.LIGHT, Document.LIGHT_SHEET, {"lender", "taeg_bps", "withdrawal_days", "warning"}, {"files"}),
        (PARTNER, Regime.FULL, Document.STANDARD_SHEET, {"early_repayment", "files", "charges", "taeg_bps"}, set()),
    ],
)
def test_each_regime_has_its_document(
    terms: Any, regime: Regime, document: Document, has: set[str], has_not: set[str]
) -> None:
    quote = quote_plan(an_application(purchase=a_purchase(450_00)), terms)
    assert quote.law.regime is regime
    sheet = information_sheet(
        quote, amount_minor=450_00, currency="EUR", lender="Partner SA", default_indemnity_bps=900
    )
    lines = {line.code: line.value for line in sheet.lines}
    assert sheet.document is document
    assert has <= lines.keys()
    assert not has_not & lines.keys()
    assert lines["total"] == sum(due.total_minor for due in quote.dues)
    assert lines["late_bps"] == 800
    assert all(line.en and line.fr for line in sheet.lines)
