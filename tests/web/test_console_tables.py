"""The one shape of a list in the console: filter, order, pages, the file, and an address that holds it all."""

import csv
import html
import re
from collections.abc import AsyncIterator, Sequence
from io import StringIO
from typing import Any

import pytest
from builders import NOW, a_house
from console_site import Console, a_console, rows_of, text_of
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cashback.auth.roles import Page
from cashback.paging import Cut
from cashback.web.console import routes
from cashback.web.console.frame import Call, calling
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, amount_cell, list_page, moment_cell

COUNT = 120
TABLE = Table(
    "things",
    (
        Column("name", "console.nav.shops", sorts=True),
        Column("worth", "console.nav.funders", sorts=True, number=True),
        Column("at", "console.nav.audit"),
    ),
    (
        Filter("kind", "list.filters", (("odd", "list.all"), ("even", "list.apply"))),
        Filter("q", "console.search"),
        Filter("since", "list.pages", kind="date"),
    ),
    sort="name",
    empty="purchases.none",
)


async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    found = [each for each in range(COUNT) if ask.get("kind") != "odd" or each % 2]
    found = [each for each in found if (ask.get("q") or "") in f"=thing {each:03}"]

    def key(each: int) -> tuple[Any, ...]:
        return (f"=thing {each:03}",) if ask.sort == "name" else (each * 1_000_00,)

    shown, cut = ask.cut_whole(found, key, str if ask.sort == "name" else int)
    made = [(f"=thing {each:03}", each * 1_000_00) for each in shown]
    return [
        Row((Cell(name), amount_cell(call, worth, "EUR"), moment_cell(call, NOW)), href="/en/operator/live")
        for name, worth in made
    ], cut


async def things(request: Request) -> Response:
    async with calling(request, Page.LIVE) as call:
        return await list_page(call, "live", TABLE, read, "Things")


@pytest.fixture
async def console(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Console]:
    monkeypatch.setattr(routes, "ROUTES", [*routes.ROUTES, Route("/{locale}/operator/things", things)])
    async with a_console(engine, await a_house(engine)) as opened:
        yield opened


def next_of(page: str) -> str | None:
    found = re.search(r'pager-next" href="([^"]+)"', page)
    return None if found is None else html.unescape(found[1])


def file_of(answer: Response) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))  # type: ignore[attr-defined]


async def test_pages_follow_each_other_and_the_file_holds_all_of_them(console: Console) -> None:
    page = (await console.get("/things")).text
    seen = rows_of(page)
    while (further := next_of(page)) is not None:
        page = (await console.browser.get(further)).text
        seen += rows_of(page)
    assert [row[0] for row in seen] == [f"=thing {each:03}" for each in range(COUNT)]
    answer = await console.get("/things?format=csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="things-2')
    told = file_of(answer)  # type: ignore[arg-type]
    assert told[0] == ["name", "worth", "at"]
    assert len(told) == COUNT + 1
    assert told[3][:2] == ["'=thing 002", "2000.00"]


async def test_a_filter_and_an_order_hold_through_pages_and_in_the_file(console: Console) -> None:
    page = (await console.get("/things?kind=odd&sort=-worth")).text
    first = rows_of(page)
    assert first[0][:2] == ["=thing 119", "€119,000.00"]
    assert 'aria-sort="descending"' in page
    further = next_of(page)
    assert further is not None
    assert "kind=odd" in further
    assert "sort=-worth" in further
    rest = rows_of((await console.browser.get(further)).text)
    assert [row[0] for row in first + rest] == [f"=thing {each:03}" for each in range(119, 0, -2)]
    told = file_of(await console.get("/things?kind=odd&sort=-worth&format=csv"))  # type: ignore[arg-type]
    assert [row[0].removeprefix("'") for row in told[1:]] == [row[0] for row in first + rest]


async def test_htmx_gets_the_rows_alone(console: Console) -> None:
    part = (await console.get("/things?q=007", headers={"hx-request": "true"})).text
    assert "<html" not in part
    assert [row[0] for row in rows_of(part)] == ["=thing 007"]


async def test_nothing_found_says_how_to_see_more(console: Console) -> None:
    said = text_of((await console.get("/things?q=nowhere")).text)
    assert "Nothing matches these filters" in said
    assert "Clear the filters" in said


@pytest.mark.parametrize(
    "query", ["kind=strange", "sort=colour", "sort=at", "since=yesterday", "cursor=AAAA", "sort=worth&cursor=WyJh"]
)
async def test_an_address_that_is_not_understood_is_refused(console: Console, query: str) -> None:
    assert (await console.get(f"/things?{query}")).status_code == 422


async def test_a_cursor_is_of_its_own_list(console: Console) -> None:
    further = next_of((await console.get("/things")).text)
    assert further is not None
    assert (await console.browser.get(f"{further}&kind=odd")).status_code == 422


def test_who_changes_the_language_on_a_refused_form_is_led_to_a_page() -> None:
    pages = {route.path for route in routes.ROUTES if "GET" in (route.methods or ())}
    forms = {route.path for route in routes.ROUTES if "POST" in (route.methods or ())}
    assert len(forms) > 40
    assert sorted(forms - pages) == []
