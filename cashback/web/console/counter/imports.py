"""Files of shops: uploaded, its columns understood, every row checked, mended on the page, and applied once."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import Invalid, ProductError
from cashback.ids import show
from cashback.merchants.imports import service
from cashback.merchants.imports.checking import NO_TRADE, Change, Check, CheckedRow, Problem, State
from cashback.merchants.imports.columns import Field
from cashback.merchants.imports.service import Extent, Looked
from cashback.merchants.imports.table import BYTES_MAX, ENCODINGS, SEPARATORS
from cashback.paging import Cut
from cashback.trades import near
from cashback.web.console.counter.sent import Sent, sent
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Filter,
    Reader,
    Row,
    Table,
    list_page,
    listed,
    status_cell,
    wants_file,
)
from cashback.web.statuses import Status
from issuers.registry import ADAPTERS

MENDED_AT_ONCE = 20
"""Faulty rows that stand on the page with their cells; the next ones follow when these are mended."""
SAMPLES = 3
_EXAMPLE = {
    Field.CATEGORY: "5651",
    Field.FLOOR: "0",
    Field.NETWORK: "visa",
    Field.SCHEME: "mid",
    Field.VALUE: "00012345678",
    Field.VALID_FROM: "2026-01-01",
}
STATUSES = {
    State.NEW: Status("imports.state.new", "plus", "pos"),
    State.CHANGED: Status("imports.state.changed", "refresh-cw", "info"),
    State.UNCHANGED: Status("imports.state.unchanged", "check", "mute"),
    State.FAULTY: Status("imports.state.faulty", "triangle-alert", "neg"),
}
ROWS = Table(
    "shop-import",
    (
        Column("line", "imports.line", sorts=True, number=True),
        Column("shop", "imports.field.shop", sorts=True),
        Column("state", "imports.state"),
        Column("what", "imports.what"),
    ),
    (Filter("state", "imports.state", [(each.value, STATUSES[each].word) for each in State]),),
    sort="line",
    icon="store",
    empty="imports.no_rows",
)


async def uploads(request: Request) -> Response:
    """The form, and the files that were uploaded before."""
    async with calling(request, Page.SHOPS) as call:
        call.need(Scope.PROGRAMME)
        return await _uploads(call)


async def upload(request: Request) -> Response:
    """Keep a file and go to its check; refused, nothing of it is kept."""
    form, given = await sent(request), (await request.form()).get("file")

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        if not isinstance(given, UploadFile) or not given.filename:
            raise Invalid("file: choose a CSV file", code="no_file")
        import_id = await service.begin(
            call.connection,
            actor,
            given.filename,
            await given.read(BYTES_MAX + 1),
            encoding=form.get("encoding", ""),
            separator=form.get("separator", "").replace("tab", "\t"),
            now=call.now,
        )
        return call.back_to(_path(import_id))

    async def again(call: Call, refused: ProductError) -> Response:
        call.need(Scope.PROGRAMME)
        return await _uploads(call, refused=refused, form=form)

    return await tried(request, Page.SHOPS, do, again)


async def template(request: Request) -> Response:
    """A file with the header and one row that shows how it is filled; left in, that row is refused."""
    async with calling(request, Page.SHOPS) as call:
        separator = ";" if call.t.language == "fr" else ","
        code, name = call.t("imports.example.shop"), call.t("imports.example.name")
        row = {Field.SHOP: code, Field.NAME: name, **_EXAMPLE}
        text = "".join(
            f"{separator.join(cells)}\r\n"
            for cells in ([each.value for each in Field], [row.get(each, "") for each in Field])
        )
        return _file(f"\ufeff{text}", "shops-template.csv")


async def one(request: Request) -> Response:
    """A file with the check of its rows."""
    async with calling(request, Page.SHOPS) as call:
        looked = await service.look(call.connection, call.need(Scope.PROGRAMME), id_of(request, "imp"), call.now)
        if wants_file(request):
            return await list_page(call, "shops", ROWS, _reader(looked.check), call.t("imports.title"))
        return await _page(call, looked)


async def errors(request: Request) -> Response:
    """The faulty rows as a file: as they are, with what is wrong in the last columns."""
    async with calling(request, Page.SHOPS) as call:
        looked = await service.look(call.connection, call.need(Scope.PROGRAMME), id_of(request, "imp"), call.now)
        fields = [each for each in looked.file.columns if each is not None]
        out = StringIO()
        writer = csv.writer(out, delimiter=looked.file.separator)
        writer.writerow([*(each.value for each in fields), "line", "problem"])
        for row in _faulty(looked.check):
            told = " / ".join(_told(call, each) for each in row.problems)
            writer.writerow([*(row.values.get(each, "") for each in fields), row.line, told])
        return _file("\ufeff" + out.getvalue(), "faulty-rows.csv")


async def remap(request: Request) -> Response:
    """Say what the columns mean, and how the file was written."""
    import_id, form = id_of(request, "imp"), await sent(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        looked = await service.look(call.connection, actor, import_id, call.now)
        await service.remap(
            call.connection,
            actor,
            import_id,
            columns=[_field(form.get(f"column{number}", "")) for number in range(len(looked.table.header))],
            encoding=form.get("encoding", looked.file.encoding),
            separator=form.get("separator", looked.file.separator).replace("tab", "\t"),
            now=call.now,
        )
        return call.back_to(_path(import_id))

    return await tried(request, Page.SHOPS, do, lambda call, refused: _again(call, import_id, refused, form))


async def mend(request: Request) -> Response:
    """Put what was typed in the place of the cells, and check again."""
    import_id, form = id_of(request, "imp"), await sent(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        await service.mend(call.connection, actor, import_id, _typed(form), call.now)
        return call.back_to(_path(import_id), done="imports-mended")

    return await tried(request, Page.SHOPS, do, lambda call, refused: _again(call, import_id, refused, form))


async def apply(request: Request) -> Response:
    """Write what was looked at: every row, or those that are not faulty, as the person chose."""
    import_id, form = id_of(request, "imp"), await sent(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        if form.get("extent") not in set(Extent):
            raise Invalid("choose whether all rows are applied or those that are not faulty", code="no_extent")
        extent = Extent(form["extent"])
        await service.apply(call.connection, actor, import_id, extent, form.get("seen", ""), call.now)
        return call.back_to(_path(import_id), done="imports-applied")

    return await tried(request, Page.SHOPS, do, lambda call, refused: _again(call, import_id, refused, form))


async def discard(request: Request) -> Response:
    """Forget a file."""
    async with calling(request, Page.SHOPS) as call:
        await service.discard(call.connection, call.need(Scope.PROGRAMME), id_of(request, "imp"), call.now)
        return call.back_to("/shop-imports", done="imports-discarded")


async def _again(call: Call, import_id: UUID, refused: ProductError, form: Sent) -> Response:
    looked = await service.look(call.connection, call.need(Scope.PROGRAMME), import_id, call.now)
    return await _page(call, looked, refused=refused, form=form)


async def _uploads(call: Call, *, refused: ProductError | None = None, form: Sent | None = None) -> Response:
    return call.page(
        "shops",
        "imports.html",
        call.t("imports.title"),
        refused=refused,
        files=await service.listed(call.connection, call.actor),
        encodings=ENCODINGS,
        separators=SEPARATORS,
        fields=list(Field),
        known={name: adapter.capabilities.identifier_schemes for name, adapter in sorted(ADAPTERS.items())},
        form=form or {},
    )


async def _page(
    call: Call, looked: Looked, *, refused: ProductError | None = None, form: Sent | None = None
) -> Response:
    checked, file = looked.check, looked.file
    faulty = _faulty(checked)
    known = Field.SHOP in file.columns
    shown = await listed(call, ROWS, call.address(_path(file.id)), _reader(checked))
    return call.page(
        "shops",
        "import.html",
        call.t("imports.title"),
        fragment="_table.html",
        refused=refused,
        file=file,
        base=call.address(_path(file.id)),
        header=looked.table.header,
        samples=[
            [row.cells[number] if number < len(row.cells) else "" for row in looked.table.rows[:SAMPLES]]
            for number in range(len(looked.table.header))
        ],
        rows=len(looked.table.rows),
        counts={each: checked.count(each) for each in State},
        to_apply=checked.count(State.NEW) + checked.count(State.CHANGED),
        statuses=STATUSES,
        seen=checked.digest,
        known=known,
        faulty=faulty[:MENDED_AT_ONCE] if known else [],
        faulty_more=max(0, len(faulty) - MENDED_AT_ONCE),
        fields=[each for each in file.columns if each is not None],
        every_field=list(Field),
        encodings=ENCODINGS,
        separators=SEPARATORS,
        told=lambda problem: _told(call, problem),
        no_trade=NO_TRADE,
        mended=lambda line, field: field in file.corrections.get(line, {}),
        listed=shown,
        form=form or {},
    )


def _reader(checked: Check) -> Reader:
    async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
        wanted = ask.get("state")
        found = [each for each in checked.rows if wanted is None or each.state.value == wanted]
        if ask.sort == "shop":
            shown, cut = ask.cut_whole(found, lambda each: (each.values.get(Field.SHOP, ""), each.line), str, int)
        else:
            shown, cut = ask.cut_whole(found, lambda each: (each.line,), int)
        return [_row(call, each) for each in shown], cut

    return read


def _row(call: Call, row: CheckedRow) -> Row:
    name = row.values.get(Field.NAME, "")
    what = "; ".join([*(_told(call, each) for each in row.problems), *(_said(call, each) for each in row.changes)])
    return Row(
        (
            Cell(call.formats.number(row.line), raw=str(row.line)),
            Cell(row.values.get(Field.SHOP, "") or "–", sub=name),
            status_cell(call, STATUSES[row.state]),
            Cell(what or "–", raw=what),
        )
    )


def _told(call: Call, problem: Problem) -> str:
    """What is wrong, where, and what was expected, as a sentence."""
    return f"{call.t(f'imports.field.{problem.field}')}{call.t('imports.colon')} {said_of(call, problem)}"


def said_of(call: Call, problem: Problem) -> str:
    """What is wrong and what was expected, for a place that stands beside the field."""
    said = call.t(f"imports.problem.{problem.code}", **problem.figures)
    if problem.code == NO_TRADE:
        meant = [f"{each.written} {each.said(call.t.language)}" for each in near(problem.figures["given"])]
        said += f" {call.t('imports.near', codes=call.formats.tongue.joined(meant, 'or'))}" if meant else ""
    return said


def _said(call: Call, change: Change) -> str:
    if change.field is Field.SHOP:
        return call.t("imports.change.shop")
    if change.field is Field.VALUE:
        return call.t("imports.change.value", after=change.after)
    if change.field is Field.VALID_FROM:
        return call.t("imports.change.dates", after=change.after)
    field = call.t(f"imports.field.{change.field}")
    return call.t("imports.change.field", field=field, before=change.before or "–", after=change.after or "–")


def _faulty(checked: Check) -> list[CheckedRow]:
    return [each for each in checked.rows if each.state is State.FAULTY]


def _typed(form: Sent) -> Mapping[int, Mapping[Field, str]]:
    """Fields called `cell.<line>.<field>`."""
    found: dict[int, dict[Field, str]] = {}
    for name, text in form.items():
        kind, _, rest = name.partition(".")
        line, _, field = rest.partition(".")
        if kind == "cell" and line.isascii() and line.isdigit() and field in set(Field):
            found.setdefault(int(line), {})[Field(field)] = text
    return found


def _field(text: str) -> Field | None:
    if text and text not in set(Field):
        raise Invalid(f"column: expected one of {', '.join(Field)}, got {text[:40]!r}", code="bad_column")
    return Field(text) if text else None


def _path(import_id: UUID) -> str:
    return f"/shop-imports/{show('imp', import_id)}"


def _file(text: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
