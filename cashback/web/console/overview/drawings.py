"""What the overview draws, each beside the same figures as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from cashback.figures.daily import SALES
from cashback.figures.measures import STEPS
from cashback.figures.overview import Overview
from cashback.figures.service import Cohort, Week
from cashback.figures.uplift import mean_of
from cashback.web.console.charts import Bar, Chart, Series
from cashback.web.console.frame import Call

SHADES = 5
"""Shades of the heat map, besides none."""


@dataclass(frozen=True, slots=True)
class Shade:
    """One cell of the heat map: its shade from 0 to `SHADES`, its text and what stands behind it."""

    shade: int
    text: str
    count: str
    so_far: bool


@dataclass(frozen=True, slots=True)
class CohortRow:
    """One joining month."""

    month: str
    joined: str
    cells: Sequence[Shade]


def sales_chart(call: Call, found: Overview) -> Chart:
    """Sales of each day of the period, beside the day as many days before."""
    currency, formats = found.this.currency, call.formats
    this, before = found.this.days.line(SALES, currency), found.before.days.line(SALES, currency)
    nothing = not any(this) and not any(before)
    return Chart(
        key="sales",
        title=call.t("overview.sales_chart"),
        summary=call.t(
            "overview.sales_summary",
            total=formats.whole(found.this.sales, currency),
            before=formats.whole(found.before.sales, currency),
        ),
        labels=[_day(call, day) for day in found.this.days.days],
        series=[
            Series(call.t("overview.this"), [None] * len(this) if nothing else this),
            Series(call.t("overview.before", days=found.period), [None] * len(before) if nothing else before),
        ],
        said=lambda minor: formats.money(round(minor), currency),
        tick=lambda minor: formats.brief(minor, currency),
    )


def weeks_chart(call: Call, weeks: Sequence[Week]) -> Chart:
    """Mean sales per member of both groups, week by week, with their intervals."""
    currency, formats = call.programme.programme.currency, call.formats
    offered, held = [mean_of(week.offered) for week in weeks], [mean_of(week.held) for week in weeks]
    both = [a is not None and b is not None for a, b in zip(offered, held, strict=True)]
    first = both.index(True) if True in both else len(both)

    def series(name: str, spans: Sequence[object]) -> Series:
        kept = [span if told else None for span, told in zip(spans, both, strict=True)][first:]
        return Series(
            name,
            [None if each is None else each.value for each in kept],  # type: ignore[attr-defined]
            [None if each is None else each.low for each in kept],  # type: ignore[attr-defined]
            [None if each is None else each.high for each in kept],  # type: ignore[attr-defined]
        )

    return Chart(
        key="weeks",
        title=call.t("overview.weeks_chart"),
        summary=call.t("overview.weeks_summary"),
        labels=[_day(call, week.last) for week in weeks][first:],
        series=[series(call.t("overview.offered"), offered), series(call.t("overview.held"), held)],
        said=lambda minor: formats.money(round(minor), currency),
        tick=lambda minor: formats.brief(minor, currency),
    )


def funnel(call: Call, steps: Mapping[str, int]) -> list[Bar]:
    """A bar for each step; empty while nobody has joined."""
    if not steps[STEPS[0]]:
        return []
    bars, before = [], steps[STEPS[0]]
    for name in STEPS:
        number = steps[name]
        share = "" if name == STEPS[0] or not before else call.formats.share(number, before)
        bars.append(Bar(call.t(f"overview.step.{name}"), call.formats.number(number), share, number / steps[STEPS[0]]))
        before = number
    return bars


def cohort_rows(call: Call, cohorts: Sequence[Cohort]) -> list[CohortRow]:
    """The heat map, the oldest month first; the last cell of each row is of the month that still runs."""
    rows = []
    for cohort in cohorts:
        last = len(cohort.active) - 1
        cells = [
            Shade(
                shade=min(SHADES, -(-active * SHADES // cohort.joined)),
                text=call.formats.share(active, cohort.joined),
                count=call.formats.number(active),
                so_far=month == last,
            )
            for month, active in enumerate(cohort.active)
        ]
        month = call.formats.month(_noon(cohort.month), UTC)
        rows.append(CohortRow(month, call.formats.number(cohort.joined), cells))
    return rows


def _day(call: Call, day: date) -> str:
    return call.formats.day(_noon(day), UTC)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
