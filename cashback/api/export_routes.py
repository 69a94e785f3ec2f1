"""The HTTP API of exports: everything of one kind over a span, streamed while it is read from one snapshot."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
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
from cashback.shoppers.service import require

AT_ONCE = 2
"""Exports that one process streams at a time: each holds a connection to the database."""
SECONDS_MAX = 1_800
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
_running = asyncio.Semaphore(AT_ONCE)


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
) -> StreamingResponse:
    """The columns are those of the list. All rows are of one instant; the answer breaks off if not all could be sent.

    The last line of NDJSON is `{"end": true, "rows": …}`. In CSV a text that a spreadsheet would run begins with an
    apostrophe. TryAgain while as many exports run here as may.
    """
    require(desk.caller, Scope.READ)
    end = until or desk.now()
    if since >= end:
        raise Invalid(f"nothing lies from {since.isoformat()} until {end.isoformat()}", code="no_span")
    if _running.locked():
        raise TryAgain("other exports are running here: try again when one is done", code="export_running")
    name = f"{kind.value}_{since:%Y-%m-%d}_{end:%Y-%m-%d}.{format}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    lines = _lines(desk.engine, desk.caller.operator_id, kind, since, end, format)
    return StreamingResponse(lines, media_type=_MEDIA[format], headers=headers)


async def _lines(
    engine: AsyncEngine, operator_id: UUID, kind: ExportKind, since: datetime, until: datetime, format: str
) -> AsyncIterator[bytes]:
    written, rows = io.StringIO(newline=""), 0
    table = csv.writer(written, lineterminator="\r\n")
    columns = _COLUMNS[kind]
    if format == "csv":
        table.writerow(columns)
    async with (
        _running,
        asyncio.timeout(SECONDS_MAX),
        transaction(engine, operator_id) as connection,
        aclosing(rows_of(connection, operator_id, kind, since, until)) as found,
    ):
        async for row in found:
            rows += 1
            if format == "csv":
                table.writerow([_cell(row[name]) for name in columns])
            else:
                written.write(msgspec.json.encode(row).decode() + "\n")
            if written.tell() >= CHUNK_BYTES:
                yield written.getvalue().encode()
                written.seek(0)
                written.truncate()
    if format == "ndjson":
        written.write(msgspec.json.encode({"end": True, "rows": rows}).decode() + "\n")
    yield written.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return zulu(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
