"""Files of bank transfers: made once, taken once, and gift cards that are taken into stock."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import Invalid, NotFound, ProductError
from cashback.insights import payout_desk
from cashback.paging import Cut
from cashback.payouts import gifts, sepa_files, storage
from cashback.payouts.schemas import RailName, State
from cashback.payouts.sepa_files import Batch
from cashback.web.console.desk_days import noon_of
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.money.payouts import TABLE as PAYOUTS
from cashback.web.console.money.payouts import row_of
from cashback.web.console.people import people_of
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Row,
    Table,
    amount_cell,
    list_page,
    moment_cell,
    number_cell,
    status_cell,
)
from cashback.web.forms import form_of, one
from cashback.web.statuses import Status
from webhooks.sealing import KeyRing

FILES_MAX = 1_000
"""Files of the list: one a day fills years."""
CODES_MAX_BYTES = 8 * 1024 * 1024
_NONE = UUID(int=0)
_STATES = {
    "open": Status("payouts.files.state.open", "triangle-alert", "warn"),
    "closed": Status("payouts.files.state.closed", "triangle-alert", "warn"),
    "written": Status("payouts.files.state.written", "download", "warn"),
    "fetched": Status("payouts.files.state.fetched", "circle-check", "pos"),
}
TABLE = Table(
    "payout-files",
    (
        Column("made_at", "payouts.files.col.made", sorts=True),
        Column("made_by", "payouts.files.col.by"),
        Column("execution_on", "payouts.files.col.day"),
        Column("transfers", "payouts.files.col.count", number=True),
        Column("total", "payouts.files.col.total", number=True),
        Column("state", "payouts.files.col.state"),
        Column("fetched_by", "payouts.files.col.taken"),
    ),
    sort="-made_at",
    icon="landmark",
    empty="payouts.files.none",
)
_INSIDE = Table(
    "payouts-of-file",
    tuple(replace(each, sorts=False) for each in PAYOUTS.columns),
    sort="id",
    icon="send",
    empty="payouts.none",
)


async def files(request: Request) -> Response:
    """All files, and what the next one would hold."""
    async with calling(request, Page.MONEY) as call:
        return await _files(call)


async def make(request: Request) -> Response:
    """Put every approved transfer into one file; interrupted, the same form goes on with it."""
    fields = await form_of(request)
    day = one(fields, "day")
    try:
        async with calling(request, Page.MONEY) as call:
            actor = call.need(Scope.MONEY)
            wanted = _day(day)
        with tempfile.TemporaryDirectory() as folder:
            made = await sepa_files.make_file(
                call.web.engine, _keyring(call), actor, Path(folder, "file.xml"), call.now, execution_on=wanted
            )
    except ProductError as refused:
        async with calling(request, Page.MONEY) as call:
            return await _files(call, refused=refused, day=day)
    return call.back_to(f"/payouts/files/{made.ref}", done="file_made")


async def file(request: Request) -> Response:
    """One file with the payouts it carries."""
    async with calling(request, Page.MONEY) as call:
        return await _file(call, id_of(request, "bat"))


async def download(request: Request) -> Response:
    """The file itself: once, and again for a reason in words."""
    fields, batch_id = await form_of(request), id_of(request, "bat")
    words = one(fields, "words", 2_000)
    try:
        async with calling(request, Page.MONEY) as call:
            actor = call.need(Scope.MONEY)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "file.xml")
            batch = await sepa_files.fetch_file(
                call.web.engine, _keyring(call), actor, batch_id, out, call.now, words=words
            )
            body = await asyncio.to_thread(out.read_bytes)
    except NotFound:
        raise
    except ProductError as refused:
        async with calling(request, Page.MONEY) as call:
            return await _file(call, batch_id, refused=refused, words=words)
    headers = {"content-disposition": f'attachment; filename="{batch.ref}.xml"'}
    return Response(body, media_type="application/xml", headers=headers)


async def import_gifts(request: Request) -> Response:
    """Take the codes of a file into stock, all of them or none."""
    given = (await request.form()).get("file")
    data = await given.read(CODES_MAX_BYTES + 1) if isinstance(given, UploadFile) else b""

    async def do(call: Call) -> Response:
        if len(data) > CODES_MAX_BYTES:
            raise Invalid(f"file: expected at most {CODES_MAX_BYTES} bytes", code="too_large")
        await gifts.import_codes(
            call.connection,
            call.need(Scope.MONEY),
            call.programme.programme,
            call.web.doors.master,
            data,
            call.now,
        )
        return call.back_to("/payouts/files", done="gifts_imported")

    return await tried(request, Page.MONEY, do, lambda call, refused: _files(call, refused=refused))


async def _files(call: Call, *, refused: ProductError | None = None, day: str = "") -> Response:
    waiting = await payout_desk.under_way(call.connection, call.operator_id)
    ready = [each for each in waiting if each.state is State.APPROVED and each.rail is RailName.SEPA]
    stock = await gifts.stock(call.connection, call.operator_id, call.now.astimezone(call.zone).date())
    return await list_page(
        call,
        "payouts",
        TABLE,
        _read,
        call.t("payouts.files"),
        template="payout_files.html",
        refused=refused,
        ready=sum(each.count for each in ready),
        ready_amount=call.formats.money(sum(each.amount for each in ready), "EUR"),
        stock=[
            (count, call.formats.amount(face, call.programme.asset(asset))) for (asset, face), count in stock.items()
        ],
        day=day,
    )


async def _file(call: Call, batch_id: UUID, *, refused: ProductError | None = None, words: str = "") -> Response:
    batch = await sepa_files.read_batch(call.connection, call.operator_id, batch_id)
    people = await people_of(call, [batch.made_by, batch.fetched_by])

    async def inside(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
        (last,) = ask.after(UUID) or (_NONE,)
        found = await storage.of_batch(call.connection, call.operator_id, batch_id, last, ask.paging.wanted)
        shown, cut = ask.cut(found, lambda each: (each.id,))
        told = await payout_desk.with_accounts(call.connection, call.operator_id, shown)
        return [row_of(call, each.payout, each.last_four) for each in told], cut

    return await list_page(
        call,
        "payouts",
        _INSIDE,
        inside,
        call.t("payouts.files.title", day=call.formats.tongue.day(batch.made_at.astimezone(call.zone).date())),
        template="payout_file.html",
        refused=refused,
        batch=batch,
        state=_STATES[_state(batch)],
        people=people,
        words=words,
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    found = await sepa_files.listed(call.connection, call.operator_id, FILES_MAX)
    people = await people_of(call, [name for each in found for name in (each.made_by, each.fetched_by)])
    shown, cut = ask.cut_whole(found, lambda each: (each.made_at, each.id), datetime, UUID)
    rows = [
        Row(
            (
                moment_cell(call, each.made_at),
                Cell(people(each.made_by), raw=each.made_by),
                Cell(call.formats.day(noon_of(call, each.execution_on), call.zone), raw=each.execution_on.isoformat()),
                number_cell(call, each.payments),
                amount_cell(call, each.total, "EUR"),
                status_cell(call, _STATES[_state(each)]),
                Cell(
                    people(each.fetched_by),
                    sub=call.formats.moment(each.fetched_at, call.zone) if each.fetched_at else "",
                    raw=each.fetched_by or "",
                ),
            ),
            href=call.address(f"/payouts/files/{each.ref}"),
        )
        for each in shown
    ]
    return rows, cut


def _state(batch: Batch) -> str:
    return "fetched" if batch.fetched_at is not None else batch.state


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"day: expected a day such as 2026-12-01, got {text[:20]!r}", code="bad_day") from None


def _keyring(call: Call) -> KeyRing:
    linking = call.web.linking
    assert linking is not None, "the application serves the console only with what seals accounts"
    return linking.road.keyring
