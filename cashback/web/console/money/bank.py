"""The bank: files that it gave, what differs from the books to the cent, and why a difference is as it is."""

from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from cashback import money
from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import Invalid, NotFound, ProductError
from cashback.paging import Cut
from cashback.payouts import outcomes
from cashback.reconciliation import service
from cashback.reconciliation.movements import STRIPE
from cashback.reconciliation.schemas import Finding
from cashback.reconciliation.service import Difference
from cashback.web.console.desk_days import noon_of
from cashback.web.console.frame import Call, calling, tried
from cashback.web.console.people import people_of
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page, status_cell
from cashback.web.forms import Fields, one
from cashback.web.statuses import Status

FILE_MAX_BYTES = 32 * 1024 * 1024
"""A larger one is imported on the machine itself: here it is held whole while it is read."""
DAYS = 90
FILES_SHOWN = 10
_TONES = {Finding.CHARGE: "info", Finding.UNRECORDED: "warn", Finding.MISSING: "warn", Finding.REJECTED: "warn"}
TABLE = Table(
    "bank-differences",
    (
        Column("on", "bank.col.on", sorts=True),
        Column("finding", "bank.col.finding"),
        Column("what", "bank.col.what"),
        Column("our_books", "bank.col.ours", number=True),
        Column("bank", "bank.col.theirs", number=True),
        Column("difference", "bank.col.difference", number=True),
        Column("explained", "bank.col.explained"),
    ),
    (
        Filter("show", "bank.filter.show", (("open", "bank.open"), ("explained", "bank.explained"))),
        Filter("since", "bank.filter.since", kind="date"),
    ),
    sort="-on",
    icon="landmark",
    empty="bank.none",
)


async def bank(request: Request) -> Response:
    """What differs, and the files."""
    async with calling(request, Page.MONEY) as call:
        return await _list(call)


async def import_file(request: Request) -> Response:
    """Read a file of the bank; all of it or nothing."""
    given = (await request.form()).get("file")
    data = await given.read(FILE_MAX_BYTES + 1) if isinstance(given, UploadFile) else b""

    async def do(call: Call) -> Response:
        actor = call.need(Scope.MONEY)
        if not isinstance(given, UploadFile):
            raise Invalid("file: choose a file of the bank first", code="no_file")
        if len(data) > FILE_MAX_BYTES:
            raise Invalid(f"file: expected at most {FILE_MAX_BYTES} bytes, import it by command", code="too_large")
        read = service.read(call.operator_id, given.filename or "file", data)
        done = await service.import_file(call.connection, actor, read, call.now)
        if read.source != STRIPE:
            await outcomes.read_file(call.connection, actor, data, call.now)
        return call.back_to("/bank", done="bank_imported" if done.earlier is None else "bank_known")

    return await tried(request, Page.MONEY, do, lambda call, refused: _list(call, refused=refused))


async def difference(request: Request) -> Response:
    """One difference with both sides."""
    async with calling(request, Page.MONEY) as call:
        query = request.query_params
        return await _page(call, query.get("subject", ""), _since(call, query.get("since")))


async def explain(request: Request) -> Response:
    """Say why a difference is as it is."""
    form = await request.form()
    fields: Fields = {name: [str(value).replace("\0", "")] for name, value in form.multi_items()}
    subject, words = one(fields, "subject", 400), one(fields, "words", 2_000)

    async def do(call: Call) -> Response:
        since = _since(call, one(fields, "since"))
        await service.explain(call.connection, call.need(Scope.MONEY), subject, words, since, call.now)
        return call.back_to("/bank", done="bank_explained")

    return await tried(
        request,
        Page.MONEY,
        do,
        lambda call, refused: _page(call, subject, _since(call, one(fields, "since")), refused=refused, words=words),
    )


async def _list(call: Call, *, refused: ProductError | None = None) -> Response:
    actor = call.need(Scope.MONEY)
    files = await service.files(call.connection, actor)
    people = await people_of(call, [each.imported_by for each in files[:FILES_SHOWN]])
    return await list_page(
        call,
        "bank",
        TABLE,
        _read,
        call.t("console.nav.bank"),
        template="bank.html",
        refused=refused,
        problems=[] if refused is None else refused.detail.splitlines()[:20],
        files=files[:FILES_SHOWN],
        people=people,
    )


async def _page(
    call: Call, subject: str, since: date, *, refused: ProductError | None = None, words: str = ""
) -> Response:
    found = await service.differences(call.connection, call.need(Scope.MONEY), since, call.now)
    named = next((each for each in (*found.open, *found.explained) if each.subject == subject), None)
    if named is None:
        raise NotFound(f"there is no difference {subject[:80]!r}", code="unknown_difference")
    line = named.line
    people = await people_of(call, [] if named.note is None else [named.note.noted_by])
    return call.page(
        "bank",
        "bank_difference.html",
        call.t("bank.title", amount=call.formats.money(line.difference_minor, line.currency)),
        refused=refused,
        difference=named,
        line=line,
        state=_status(line.finding),
        since=since.isoformat(),
        people=people,
        words=words,
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    since = _since(call, ask.get("since"))
    found = await service.differences(call.connection, call.need(Scope.MONEY), since, call.now)
    show = ask.get("show")
    every = [*(found.open if show != "explained" else ()), *(found.explained if show != "open" else ())]
    shown, cut = ask.cut_whole(every, lambda each: (_day(each), each.subject), str, str)
    return [_row(call, each, since) for each in shown], cut


def _row(call: Call, each: Difference, since: date) -> Row:
    line, formats = each.line, call.formats
    what = call.t(f"bank.kind.{line.kind.value}") if line.kind is not None else call.t("bank.kind.none")
    day = Cell("–", raw="")
    if line.on is not None:
        day = Cell(formats.day(noon_of(call, line.on), call.zone), raw=line.on.isoformat())
    amounts = (line.ours_minor, line.bank_minor, line.difference_minor)
    query = urlencode({"subject": each.subject, "since": since.isoformat()})
    return Row(
        (
            day,
            status_cell(call, _status(line.finding)),
            Cell(what, sub=each.subject.rpartition(":")[2][:40], raw=each.subject),
            *(Cell(formats.money(minor, line.currency), raw=money.plain(minor, line.currency)) for minor in amounts),
            Cell("" if each.note is None else each.note.words),
        ),
        href=call.address(f"/bank/difference?{query}"),
    )


def _status(finding: Finding) -> Status:
    return Status(f"bank.finding.{finding.value}", "triangle-alert", _TONES.get(finding, "neg"))


def _day(each: Difference) -> str:
    return "" if each.line.on is None else each.line.on.isoformat()


def _since(call: Call, text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else (call.now - timedelta(days=DAYS)).astimezone(call.zone).date()
    except ValueError:
        raise Invalid(f"since: expected a day such as 2026-11-01, got {text!r}", code="bad_day") from None
