"""The one shape of a list: it filters, sorts, pages by cursor, exports what it shows, and the address holds its state.

A part of the console declares a `Table`, and a function that reads one page of it for an `Ask`; `listed` does the rest.
"""

import csv
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from cashback import money
from cashback.errors import Invalid
from cashback.paging import Cut, Paging, listing
from cashback.web.console.frame import Call
from cashback.web.statuses import Status

PAGE = 50
EXPORT_PAGE = 1_000
EXPORT_MAX = 50_000
"""Rows of one file; a list that is longer is exported in parts, by its filters."""
TEXT_MAX = 100
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the heading of the file and what `sort` says; `word` a key of the messages."""

    name: str
    word: str
    sorts: bool = False
    number: bool = False
    """Amounts, counts and rates stand to the right."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One field above the table. With `choices` (values and the keys of their words) one of them, else a text."""

    name: str
    word: str
    choices: Sequence[tuple[str, str]] = ()
    texts: bool = False
    """Whether the second of each choice is a text already, such as the name of a shop."""
    kind: str = "search"
    """Of a text: `search` or `date`."""
    hint: str = ""
    """A key of the messages: what stands in the empty field of a text."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column of one row. `raw` is what the file says: an instant with zone, an amount as digits."""

    text: str
    sub: str = ""
    href: str = ""
    status: Status | None = None
    raw: str | None = None

    @property
    def told(self) -> str:
        """As the file says it."""
        return self.text if self.raw is None else self.raw


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `href` is where the whole line leads."""

    cells: Sequence[Cell]
    href: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A list as it is declared. `sort` is its order where the address says none; `-` before a name is downwards."""

    name: str
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    sort: str = ""
    icon: str = "search"
    empty: str = ""
    """Begins two keys of the messages: what is said where nothing is listed at all, and with `_hint` what to do."""
    none_found: str = "list.none_found"
    """The same where the filters let nothing through."""
    while_typing: bool = True
    """Whether the list follows what is typed; else it waits until that is sent, and the form has a button."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the address asks of a list: filters that are set, order, and how much from where on."""

    filters: Mapping[str, str]
    sort: str
    down: bool
    paging: Paging
    listing: str

    def get(self, name: str) -> str | None:
        """A filter's value; None where it is not set."""
        return self.filters.get(name)

    def after(self, *kinds: Any) -> tuple[Any, ...] | None:
        """The sort key of the last row of the page before, of these types."""
        return self.paging.after(self.listing, *kinds)

    def cut(self, found: Sequence[Any], key: Callable[[Any], tuple[Any, ...]]) -> tuple[Sequence[Any], Cut]:
        """What of the rows found is shown: `paging.wanted` were read."""
        return self.paging.cut(self.listing, found, key)

    def cut_whole(
        self, whole: Sequence[Any], key: Callable[[Any], tuple[Any, ...]], *kinds: Any
    ) -> tuple[Sequence[Any], Cut]:
        """The same of a short list that was read whole, in the order that is asked for."""
        return self.paging.cut_whole(self.listing, whole, key, *kinds, down=self.down)


@dataclass(frozen=True, slots=True)
class Listed:
    """A table with one page of its rows, ready for its template."""

    table: Table
    path: str
    ask: Ask
    rows: Sequence[Row]
    cursor: str | None
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def filtered(self) -> bool:
        """Whether anything but the order was asked for."""
        return bool(self.ask.filters)

    @property
    def later(self) -> bool:
        """Whether pages come before this one."""
        return self.ask.paging.cursor is not None

    @property
    def sorted_by(self) -> str:
        """The order as the address says it."""
        return ("-" if self.ask.down else "") + self.ask.sort

    def address(self, **more: str) -> str:
        """This list again, with these parts of the address in place of its own; an empty one leaves its part out."""
        order = {} if self.sorted_by == self.table.sort else {"sort": self.sorted_by}
        parts = {**self.ask.filters, **order, **more}
        told = urlencode({name: value for name, value in parts.items() if value})
        return f"{self.path}?{told}" if told else self.path

    def sort_address(self, column: Column) -> str:
        """The list in the order of a column, turned round where it is in that order already."""
        turned = column.name == self.ask.sort and not self.ask.down
        wanted = f"-{column.name}" if turned else column.name
        return self.address(sort="" if wanted == self.table.sort else wanted)

    def order_of(self, column: Column) -> str:
        """What `aria-sort` says of a column."""
        if column.name != self.ask.sort:
            return "none"
        return "descending" if self.ask.down else "ascending"


Reader = Callable[[Call, Ask], Awaitable[tuple[Sequence[Row], Cut]]]


def ask_of(request: Request, table: Table) -> Ask:
    """The address of a list, read strictly: Invalid names the filter or order that is not understood."""
    query = request.query_params
    filters = {each.name: value for each in table.filters if (value := _value(query.get(each.name, ""), each))}
    order = query.get("sort", "") or table.sort
    sort = order.removeprefix("-")
    known = [column.name for column in table.columns if column.sorts]
    if order != table.sort and sort not in known:
        raise Invalid(f"'sort' is one of {', '.join(known) or 'none'}, got {order[:40]!r}", code="bad_sort")
    cursor = query.get("cursor") or None
    named = listing(table.name, sort=order, **filters)
    return Ask(filters, sort, order.startswith("-"), Paging(PAGE, cursor), named)


async def listed(call: Call, table: Table, path: str, read: Reader) -> Listed:
    """One page of a list. `path` is its address."""
    ask = ask_of(call.request, table)
    rows, cut = await read(call, ask)
    return Listed(table, path, ask, rows, cut.cursor)


def wants_file(request: Request) -> bool:
    """Whether the list is asked for as a file."""
    return request.query_params.get("format") == "csv"


async def exported(call: Call, table: Table, read: Reader) -> Response:
    """The list as a file: its columns, every row that its filters let through, in its order, from the first page on.

    UTF-8 with a byte order mark, as spreadsheets expect it. Invalid for more than `EXPORT_MAX` rows.
    """
    ask = ask_of(call.request, table)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in table.columns])
    ask, written = replace(ask, paging=Paging(EXPORT_PAGE, None)), 0
    while True:
        rows, cut = await read(call, ask)
        writer.writerows([[_safe(cell.told) for cell in row.cells] for row in rows])
        written += len(rows)
        if cut.cursor is None:
            break
        if written >= EXPORT_MAX:
            raise Invalid(f"this list has more than {EXPORT_MAX} rows: filter it and export it in parts", code="long")
        ask = replace(ask, paging=Paging(EXPORT_PAGE, cut.cursor))
    day = call.now.astimezone(call.zone).date().isoformat()
    headers = {"content-disposition": f'attachment; filename="{table.name}-{day}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


async def list_page(call: Call, current: str, table: Table, read: Reader, title: str, **values: Any) -> Response:
    """A page that is one list, its rows alone for htmx, or its file. `values` may name another `template`."""
    if wants_file(call.request):
        return await exported(call, table, read)
    template = values.pop("template", "list.html")
    shown = await listed(call, table, call.request.url.path, read)
    return call.page(current, template, title, fragment="_table.html", listed=shown, **values)


def amount_cell(call: Call, amount_minor: int, currency: str, *, sub: str = "", href: str = "") -> Cell:
    """Money: written for people on the page, as digits in the file."""
    text = call.formats.money(amount_minor, currency)
    return Cell(text, sub=sub, href=href, raw=money.plain(amount_minor, currency))


def number_cell(call: Call, number: int, *, href: str = "") -> Cell:
    """A count."""
    return Cell(call.formats.number(number), href=href, raw=str(number))


def moment_cell(call: Call, at: datetime | None) -> Cell:
    """An instant in the programme's zone; a dash for none."""
    if at is None:
        return Cell("–", raw="")
    return Cell(call.formats.moment(at, call.zone), raw=at.astimezone(call.zone).isoformat())


def status_cell(call: Call, status: Status) -> Cell:
    """A state: a chip on the page, its word in the file."""
    return Cell(call.t(status.word), status=status)


def _value(text: str, asked: Filter) -> str:
    value = text.replace("\0", "").strip()[:TEXT_MAX]
    allowed = [choice for choice, _ in asked.choices]
    if value and asked.choices and value not in allowed:
        raise Invalid(f"{asked.name!r} is one of {', '.join(allowed)}, got {value[:40]!r}", code="bad_filter")
    if value and asked.kind == "date":
        try:
            datetime.strptime(value, "%Y-%m-%d")  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise Invalid(f"{asked.name!r} is a day such as 2026-11-29, got {value!r}", code="bad_filter") from None
    return value


def _safe(text: str) -> str:
    """A text that a spreadsheet cannot take for a formula; amounts keep their sign."""
    if text.startswith(_RISKY) and not text.removeprefix("-").replace(".", "", 1).isdigit():
        return f"'{text}"
    return text
