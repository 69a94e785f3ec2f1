"""The HTTP API of exports: everything of one kind over a span, streamed while it is read from one snapshot."""

import csv
import io
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Scope
from cashback.api.routes import AtDesk
from cashback.api.shapes import CardOut, MovementOut, PurchaseOut, RewardOut, ShopperOut
from cashback.clock import zulu
from cashback.db.engine import transaction
from cashback.errors import Invalid, TryAgain
from cashback.insights.exports import ExportKind, rows_of
from cashback.pouring import Places, Poured
from cashback.shoppers.service import require

AT_ONCE = 4
"""Exports that one process streams at a time: each holds a connection to the database."""
AT_ONCE_OF_ONE = 1
"""Of them, one operator's: who reads slowly keeps nobody else waiting."""
AGAIN = timedelta(seconds=15)
"""When to ask again where no place was free."""
SECONDS_MAX = 1_800.0
"""Who reads more slowly is cut off: a snapshot that stays open keeps the database from tidying up."""
CHUNK_BYTES = 64 * 1024

_COLUMNS = {
    ExportKind.SHOPPERS: tuple(ShopperOut.model_fields),
    ExportKind.CARDS: tuple(CardOut.model_fields),
    ExportKind.PURCHASES: tuple(PurchaseOut.model_fields),
    ExportKind.REWARDS: tuple(RewardOut.model_fields),
    ExportKind.MOVEMENTS: tuple(MovementOut.model_fields),
}
_MEDIA = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

router = APIRouter(prefix="/v1")
_places = Places(AT_ONCE, AT_ONCE_OF_ONE)


@router.get(
    "/exports/{kind}",
    summary="Everything of one kind over a span of time",
    response_class=StreamingResponse,
    responses={
        200: {"content": {each: {"schema": {"type": "string"}} for each in ("application/x-ndjson", "text/csv")}}
    },
)
async def export(
    kind: ExportKind,
    desk: AtDesk,
    since: Annotated[AwareDatetime, Query(description="Included")],
    until: Annotated[AwareDatetime | None, Query(description="Excluded; now if left out")] = None,
    format: Annotated[Literal["ndjson", "csv"], Query(description="A JSON object a line, or a table")] = "ndjson",
    end: Annotated[bool, Query(description="A table ends with the line `#end,<number of rows>`")] = False,
) -> Poured:
    """The columns are those of the list. All rows are of one instant; the answer breaks off if not all could be sent.

    The last line of NDJSON is `{"end": true, "rows": …}`; that of CSV, where it is asked for, `#end,<rows>`. In CSV a
    text that a spreadsheet would run begins with an apostrophe. TryAgain while an export of the same operator runs
    here, or as many of all as may; who takes nothing for 30 seconds, or needs more than 30 minutes, is cut off.
    """
    require(desk.caller, Scope.READ)
    last = until or desk.now()
    if since >= last:
        raise Invalid(f"nothing lies from {since.isoformat()} until {last.isoformat()}", code="no_span")
    name = f"{kind.value}_{since:%Y-%m-%d}_{last:%Y-%m-%d}.{format}"
    operator_id = desk.caller.operator_id
    rows = _rows(desk.engine, operator_id, kind, since, last)
    busy = TryAgain(
        "another export is running here: try again when it is done", code="export_running", retry_after=AGAIN
    )
    return Poured(
        _as_table(rows, _COLUMNS[kind], end=end) if format == "csv" else _as_lines(rows),
        media_type=_MEDIA[format],
        headers={"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"},
        held=lambda: _places.taken(operator_id, busy),
        seconds_max=SECONDS_MAX,
    )


async def _rows(
    engine: AsyncEngine, operator_id: UUID, kind: ExportKind, since: datetime, until: datetime
) -> AsyncGenerator[dict[str, Any], None]:
    async with (
        transaction(engine, operator_id) as connection,
        aclosing(rows_of(connection, operator_id, kind, since, until)) as found,
    ):
        async for row in found:
            yield row


async def _as_lines(rows: AsyncGenerator[dict[str, Any], None]) -> AsyncGenerator[bytes, None]:
    waiting, count = bytearray(), 0
    async with aclosing(rows):
        async for row in rows:
            count += 1
            waiting += msgspec.json.encode(row) + b"\n"
            if len(waiting) >= CHUNK_BYTES:
                yield bytes(waiting)
                waiting.clear()
    yield bytes(waiting) + msgspec.json.encode({"end": True, "rows": count}) + b"\n"


async def _as_table(
    rows: AsyncGenerator[dict[str, Any], None], columns: tuple[str, ...], *, end: bool
) -> AsyncGenerator[bytes, None]:
    written, count = io.StringIO(newline=""), 0
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(columns)
    async with aclosing(rows):
        async for row in rows:
            count += 1
            table.writerow([_cell(row[name]) for name in columns])
            if written.tell() >= CHUNK_BYTES:
                yield written.getvalue().encode()
                written.seek(0)
                written.truncate()
    if end:
        table.writerow(("#end", count))
    yield written.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return zulu(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
