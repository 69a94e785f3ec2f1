"""The overview: what the programme brought, its key figures beside those before, what waits, and who stays.

Every figure is read from what upkeep keeps, so that the page costs the same however many purchases are stored. `period`
in the address chooses 7, 28 or 84 days; `/overview/{name}.csv` is the table behind each chart.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.auth.roles import OPENED_BY, Page
from cashback.errors import Invalid, NotFound
from cashback.figures.daily import RECOGNISED, UNPLACED
from cashback.figures.measures import PERIODS, STEPS
from cashback.figures.overview import Overview, read_overview
from cashback.figures.service import Cohort, Week, read_cohorts, read_groups, read_sources, read_steps, read_weeks
from cashback.figures.uplift import Group
from cashback.insights.desk import read_budgets, read_set_up, read_waiting
from cashback.insights.feed import read_feed
from cashback.insights.schemas import FeedFilters
from cashback.money import plain
from cashback.web.console.addresses import HOME
from cashback.web.console.frame import Call, calling
from cashback.web.console.overview.alerts import alerts_of
from cashback.web.console.overview.drawings import cohort_rows, funnel, sales_chart, weeks_chart
from cashback.web.console.overview.tiles import figure_tiles, now_tiles, result_tiles
from cashback.web.context import check_language, told_of
from cashback.web.rendering import language_asked

PERIOD = 28
"""The period where the address names none, in days."""
MONTHS = 6
FEED_SHOWN = 6
_CHECKLIST_LINKS = {
    "shops": ("/shops", Page.SHOPS),
    "identifiers": ("/shops", Page.SHOPS),
    "offer": ("/offers", Page.OFFERS),
    "purchase": ("/live", Page.LIVE),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist; `href` is where it is done, empty where that is no page of this member's."""

    word: str
    done: bool
    href: str


async def home(request: Request) -> Response:
    """Where the console begins."""
    check_language(request)
    return RedirectResponse(f"/{language_asked(request)}/operator/overview", status_code=303)


async def overview(request: Request) -> Response:
    """The page, whole."""
    async with calling(request, Page.OVERVIEW) as call:
        house, period = call.programme, period_of(request)
        found = await read_overview(call.connection, house.programme, period, call.now)
        today = call.now.astimezone(house.programme.zone).date()
        weeks = await read_weeks(call.connection, call.operator_id, today)
        steps = await read_steps(call.connection, call.operator_id)
        cohorts = await read_cohorts(call.connection, call.operator_id, today, MONTHS)
        budgets = await read_budgets(call.connection, house, call.now)
        waiting = await read_waiting(call.connection, house)
        sources = await read_sources(call.connection, call.operator_id)
        begun = await read_set_up(call.connection, house, call.now)
        rows = await read_feed(call.connection, house, FeedFilters(), limit=FEED_SHOWN)
        return call.page(
            "overview",
            "overview.html",
            call.t("console.nav.overview"),
            explainer=told_of(house, call.t.language, call.now, of_member=True).explainer,
            overview=found,
            periods=PERIODS,
            first=call.formats.day(_noon(found.first), UTC),
            last=call.formats.day(_noon(found.last), UTC),
            results=result_tiles(call, found),
            held_now=now_tiles(call, found, budgets),
            tiles=figure_tiles(call, found),
            sales=sales_chart(call, found),
            weeks=weeks_chart(call, weeks),
            measured_against=house.programme.holdout_bps,
            funnel=funnel(call, steps),
            cohorts=cohort_rows(call, cohorts),
            alerts=alerts_of(call, waiting, budgets, sources),
            begun=_checklist(call, begun),
            rows=rows,
            opens_trace=call.session.member_role in OPENED_BY[Page.TRACE],
        )


async def figures_file(request: Request) -> Response:
    """The table behind a chart, by its name: `days`, `weeks`, `groups`, `steps`, `cohorts`; days as ISO 8601."""
    async with calling(request, Page.OVERVIEW) as call:
        name, programme = request.path_params["name"], call.programme.programme
        today = call.now.astimezone(programme.zone).date()
        if name == "days":
            lines = _days(await read_overview(call.connection, programme, period_of(request), call.now))
        elif name == "weeks":
            lines = _weeks(await read_weeks(call.connection, call.operator_id, today), programme.currency)
        elif name == "steps":
            steps = await read_steps(call.connection, call.operator_id)
            lines = [["step", "members"], *([step, str(number)] for step, number in steps.items())]
        elif name == "groups":
            last = today - timedelta(days=1)
            groups = await read_groups(call.connection, call.operator_id, last, period_of(request))
            lines = _groups(last, groups, programme.currency)
        elif name == "cohorts":
            lines = _cohorts(await read_cohorts(call.connection, call.operator_id, today, 2 * MONTHS))
        else:
            raise NotFound(f"there is no table {name[:40]!r}: days, weeks, groups, steps, cohorts", code="not_found")
        return csv_file(f"{name}-{today.isoformat()}", lines)


def period_of(request: Request) -> int:
    """The days of the address; Invalid for a period that is not measured."""
    asked = request.query_params.get("period", "") or str(PERIOD)
    if asked not in {str(days) for days in PERIODS}:
        raise Invalid(f"'period' is one of {', '.join(map(str, PERIODS))} days, got {asked[:40]!r}", code="bad_period")
    return int(asked)


def _checklist(call: Call, begun: Sequence[tuple[str, bool]]) -> list[Step]:
    """Empty once everything is done."""
    if all(done for _, done in begun):
        return []
    steps = []
    for name, done in begun:
        path, page = _CHECKLIST_LINKS.get(name, ("", Page.OVERVIEW))
        opens = bool(path) and call.session.member_role in OPENED_BY[page]
        steps.append(Step(f"overview.begin.{name}", done, call.address(path) if opens and not done else ""))
    return steps


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _days(found: Overview) -> list[list[str]]:
    lines = [["day", "figure", "unit", "amount"]]
    for period in (found.before.days, found.this.days):
        for (figure, unit), amounts in sorted(period.by_day.items()):
            money = figure not in (RECOGNISED, UNPLACED, STEPS[0])
            for day, amount in sorted(amounts.items()):
                lines.append([day.isoformat(), figure, unit, plain(amount, unit) if money else str(amount)])
    return lines


def _weeks(weeks: Sequence[Week], currency: str) -> list[list[str]]:
    lines = _groups(None, (), currency)
    for week in weeks:
        lines += _groups(week.last, (week.offered, week.held), currency)[1:]
    return lines


def _groups(last: date | None, groups: Sequence[Group], currency: str) -> list[list[str]]:
    """A heading, and a line for the offer group and the hold-out."""
    lines = [["until", "group", "members", "buyers", "sales", "currency"]]
    for name, group in zip(("offers", "holdout"), groups, strict=False):
        spend = plain(group.spend, currency)
        day = "" if last is None else last.isoformat()
        lines.append([day, name, str(group.members), str(group.buyers), spend, currency])
    return lines


def _cohorts(cohorts: Sequence[Cohort]) -> list[list[str]]:
    lines = [["joined", "members", "month", "active"]]
    for cohort in cohorts:
        for month, active in enumerate(cohort.active):
            lines.append([f"{cohort.month:%Y-%m}", str(cohort.joined), str(month), str(active)])
    return lines


def csv_file(name: str, lines: Sequence[Sequence[str]]) -> Response:
    """Lines as a file that spreadsheets read: UTF-8 with a byte order mark."""
    out = StringIO()
    csv.writer(out).writerows(lines)
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [
    Route(HOME, home),
    Route(f"{HOME}/overview", overview),
    Route(f"{HOME}/overview/{{name}}.csv", figures_file),
]
