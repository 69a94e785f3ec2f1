"""The TAEG against another implementation: another count of days, another way to the root, decimal arithmetic."""

from calendar import isleap
from datetime import date, timedelta
from decimal import Decimal, localcontext
from importlib.resources import files

import pytest
from applications import PARTNER, a_purchase, a_rulebook, an_answer, an_application, codes, decided, some_means
from hypothesis import given
from hypothesis import strategies as st

from eligibility import Due, Lender, PlanImpossible, TableRefused, Terms, load_usury, schedule, shipped_usury, taeg_bps
from eligibility.canonical import decode, encode


def same_day(end: date, months: int) -> date:
    """So many months before a day: step back day by day to the month, then to the day or its last."""
    year, month = end.year, end.month - months
    while month < 1:
        year, month = year - 1, month + 12
    day = end.day
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


def years_of(begin: date, end: date) -> Decimal:
    """Months that fit from the first day, else weeks, else months counted back from the end and days of their year."""
    for months in range(1, 40):
        first = date(begin.year + (begin.month - 1 + months) // 12, (begin.month - 1 + months) % 12 + 1, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if min(first + timedelta(days=begin.day - 1), last) == end:
            return Decimal(months) / 12
    if (end - begin).days % 7 == 0:
        return Decimal((end - begin).days // 7) / 52
    months = 0
    while same_day(end, months + 1) >= begin:
        months += 1
    last_day = same_day(end, months)
    year_days = (last_day - same_day(last_day, 12)).days
    spanned = [date(year, 2, 29) for year in (last_day.year - 1, last_day.year) if isleap(year)]
    assert year_days == 365 + any(same_day(last_day, 12) < day <= last_day for day in spanned)
    return Decimal(months) / 12 + Decimal((last_day - begin).days) / year_days


def rate_by_halving(begin: date, amount: int, dues: tuple[Due, ...]) -> Decimal:
    """The yearly rate in percent: the interval that holds it is halved until it is a millionth of a point wide."""
    with localcontext() as context:
        context.prec = 40
        flows = [(Decimal(due.total_minor), Decimal(0)) for due in dues if due.due_on == begin]
        flows += [(Decimal(due.total_minor), years_of(begin, due.due_on)) for due in dues if due.due_on > begin]
        low, high = Decimal(0), Decimal(100_000)
        while high - low > Decimal("0.000001"):
            middle = (low + high) / 2
            growth = 1 + middle / 100
            worth = sum(paid / growth**years for paid, years in flows)
            low, high = (middle, high) if worth > amount else (low, middle)
        return low


@pytest.mark.parametrize(
    ("terms", "percent"),
    [
        (Terms(id="2x", count=2, every_days=30, fee_bps=100), "27.86"),
        (Terms(id="2x", count=2, fee_bps=100), "27.43"),
        (Terms(id="3x", count=3, fee_bps=100), "12.86"),
        (Terms(id="4x", count=4, fee_bps=100), "8.40"),
        (Terms(id="3x", count=3, fee_bps=173), "23.46"),
        (Terms(id="12x", count=12, fee_fixed_minor=300), "1.47"),
        (Terms(id="free", count=4), "0.00"),
    ],
)
def test_known_rates(terms: Terms, percent: str) -> None:
    begin = date(2026, 12, 1)
    assert Decimal(taeg_bps(begin, 450_00, schedule(450_00, terms, begin))) / 100 == Decimal(percent)


@given(
    st.dates(date(2024, 1, 1), date(2032, 12, 31)),
    st.integers(50_00, 3000_00),
    st.integers(2, 12),
    st.one_of(st.none(), st.integers(7, 60)),
    st.integers(1, 400),
)
def test_within_a_hundredth_of_a_point_of_the_other(
    begin: date, amount: int, count: int, every: int | None, fee_bps: int
) -> None:
    dues = schedule(amount, Terms(id="plan", count=count, every_days=every, fee_bps=fee_bps), begin)
    assert abs(Decimal(taeg_bps(begin, amount, dues)) / 100 - rate_by_halving(begin, amount, dues)) <= Decimal("0.01")


def test_what_is_paid_at_once_must_leave_something_to_lend() -> None:
    begin = date(2026, 12, 1)
    dues = schedule(200_00, Terms(id="2x", count=2, fee_fixed_minor=100_00), begin)
    with pytest.raises(PlanImpossible, match="nothing to lend"):
        taeg_bps(begin, 200_00, dues)
    nearly = schedule(200_00, Terms(id="2x", count=2, fee_fixed_minor=99_99), begin)
    assert taeg_bps(begin, 200_00, nearly) == 10_000_000


ELIGIBLE = {"means": some_means(), "ficp": an_answer()}


@pytest.mark.parametrize(
    ("fee_bps", "expected"),
    [(0, []), (170, []), (173, []), (175, ["usury_exceeded", "nothing_to_do"])],
)
def test_the_guard_holds_a_plan_under_the_rate_of_its_day(fee_bps: int, expected: list[str]) -> None:
    """The reference measured 1.73 % as the most for three payments under 23.49 %."""
    terms = Terms(id="3x", count=3, fee_bps=fee_bps, lender=Lender.PARTNER)
    decision = decided(an_application(purchase=a_purchase(200_00), plans=(terms,), **ELIGIBLE), a_rulebook())
    assert codes(decision) == expected


def test_a_rate_exactly_at_the_limit_passes_and_one_below_does_not() -> None:
    asked = an_application(purchase=a_purchase(200_00), plans=(PARTNER,), **ELIGIBLE)
    quote = decided(asked, a_rulebook()).plans[0].quote
    assert quote is not None
    assert codes(decided(asked, a_rulebook(rate_bps=quote.taeg_bps))) == []
    assert codes(decided(asked, a_rulebook(rate_bps=quote.taeg_bps - 1))) == ["usury_exceeded", "nothing_to_do"]


def test_a_quarter_that_nobody_entered_has_no_rate() -> None:
    usury = shipped_usury()
    assert usury.rate_bps(3000_00, date(2025, 10, 1)) == 2349
    assert usury.rate_bps(3000_01, date(2025, 12, 31)) == 1571
    assert usury.rate_bps(3000_00, date(2026, 1, 1)) == 2356
    assert usury.rate_bps(3000_00, date(2025, 9, 30)) is None
    assert usury.rate_bps(3000_00, date(2026, 4, 1)) is None
    asked = an_application(purchase=a_purchase(200_00), plans=(PARTNER,), **ELIGIBLE)
    assert codes(decided(asked)) == ["usury_unknown", "nothing_to_do"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"end":"2026-01-01"', b'"end":"2026-02-01"'),
        (b'"end":"2026-01-01"', b'"end":"2025-01-01"'),
        (b'"rate_bps":2349', b'"rate_bps":0'),
        (b'"up_to_minor":600000', b'"up_to_minor":300000'),
        (b'"rate_bps":2349', b'"rate_bps":23.49'),
        (b'"begin":"2025-10-01"', b'"begin":"2025-13-01"'),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(old: bytes, new: bytes) -> None:
    data = encode(decode(files("eligibility").joinpath("tables/usury_fr.json").read_bytes()))
    assert load_usury(data).sha256 == shipped_usury().sha256
    assert old in data
    with pytest.raises(TableRefused):
        load_usury(data.replace(old, new, 1))
