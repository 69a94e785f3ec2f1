"""Segments: buyers in fifths by how recently and how often they bought, and the groups that were assigned by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cashback.auth.roles import Page
from cashback.figures.measures import FIFTHS_APART, FIFTHS_DAYS
from cashback.figures.service import read_fifths
from cashback.insights.listings import SEGMENT_FLOOR, segments
from cashback.paging import Cut
from cashback.web.console.addresses import HOME
from cashback.web.console.frame import Call, calling
from cashback.web.console.overview.page import csv_file
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page, number_cell

FACTS = ("segment", "tier", "tag")
"""Facts of members that offers look at and people assign."""
SHADES = 5
MOST = 1_000
"""Groups of one kind; more are not listed."""

TABLE = Table(
    "segments",
    (
        Column("value", "segments.value", sorts=True),
        Column("fact", "segments.fact"),
        Column("members", "segments.members", number=True),
    ),
    (Filter("fact", "segments.fact", tuple((fact, f"segments.fact.{fact}") for fact in FACTS)),),
    "value",
    "tag",
    "segments.none",
)


@dataclass(frozen=True, slots=True)
class Fifth:
    """One cell of the grid; empty texts where there are too few people to be told apart."""

    shade: int
    members: str
    note: str
    """How many more or fewer than before, and their part of the sales."""


async def page(request: Request) -> Response:
    """The grid, and below it assigned groups as a list."""
    async with calling(request, Page.OVERVIEW) as call:
        last = call.now.astimezone(call.programme.programme.zone).date() - timedelta(days=1)
        now = await read_fifths(call.connection, call.operator_id, last)
        before = await read_fifths(call.connection, call.operator_id, last - timedelta(days=FIFTHS_APART))
        return await list_page(
            call,
            "segments",
            TABLE,
            _read,
            call.t("console.nav.segments"),
            template="segments.html",
            grid=_grid(call, now, before),
            window=FIFTHS_DAYS,
            apart=FIFTHS_APART,
            floor=SEGMENT_FLOOR,
        )


async def grid_file(request: Request) -> Response:
    """The grid as a file; cells of fewer than `SEGMENT_FLOOR` members are left out."""
    async with calling(request, Page.OVERVIEW) as call:
        last = call.now.astimezone(call.programme.programme.zone).date() - timedelta(days=1)
        found = await read_fifths(call.connection, call.operator_id, last)
        lines = [["recency", "frequency", "members"]]
        for (recent, often), (members, _) in sorted(found.items()):
            if members >= SEGMENT_FLOOR:
                lines.append([str(recent), str(often), str(members)])
        return csv_file(f"fifths-{last.isoformat()}", lines)


async def _read(call: Call, ask: Ask) -> tuple[list[Row], Cut]:
    asked = ask.get("fact")
    whole = [
        (value, kind, count)
        for kind in ([asked] if asked else FACTS)
        for value, count in await segments(call.connection, call.operator_id, kind, call.now, after="", wanted=MOST)
    ]
    shown, cut = ask.cut_whole(whole, lambda each: each[:2], str, str)
    few = call.t("segments.fewer", n=call.formats.number(SEGMENT_FLOOR))
    rows = [
        Row(
            (
                Cell(value),
                Cell(call.t(f"segments.fact.{kind}"), raw=kind),
                Cell(few, raw="") if count is None else number_cell(call, count),
            )
        )
        for value, kind, count in shown
    ]
    return rows, cut


def _grid(
    call: Call, now: Mapping[tuple[int, int], tuple[int, int]], before: Mapping[tuple[int, int], tuple[int, int]]
) -> list[list[Fifth]]:
    """Rows from the most recent fifth down, columns from the rarest up; empty while nobody bought."""
    if not now:
        return []
    most, spend = max(members for members, _ in now.values()), sum(each for _, each in now.values())
    places = [[(recent, often) for often in range(1, 6)] for recent in range(5, 0, -1)]
    return [
        [_cell(call, now.get(each, (0, 0)), before.get(each, (0, 0)), most, spend) for each in row] for row in places
    ]


def _cell(call: Call, now: tuple[int, int], before: tuple[int, int], most: int, spend: int) -> Fifth:
    members, spent = now
    if members < SEGMENT_FLOOR:
        return Fifth(0, "", "")
    t, formats = call.t, call.formats
    share = t("segments.of_sales", share=formats.percent(spent / spend)) if spend else ""
    moved = members - before[0]
    more = f"+{formats.number(moved)}" if moved > 0 else formats.number(moved).replace("-", "\u2212")
    note = f"{more} · {share}" if before[0] >= SEGMENT_FLOOR else share
    return Fifth(-(-members * (SHADES - 1) // most), formats.number(members), note)


ROUTES = [Route(f"{HOME}/segments", page), Route(f"{HOME}/segments/fifths.csv", grid_file)]
