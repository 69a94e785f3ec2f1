"""Events as a stream that is read: server-sent events of the catalogue, resumed where the reader was.

For who cannot be reached from outside, and for a first look. The words are those of webhooks out; `id` is a place in
the outbox, which is kept for thirty days.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime
from starlette.responses import StreamingResponse

from cashback.api.routes import AtDesk, Desk
from cashback.auth.keys import in_force
from cashback.courier import service
from cashback.db.engine import transaction
from cashback.errors import Invalid, TryAgain
from cashback.events.catalogue import EVENTS, VERSION
from cashback.pouring import Places, Poured
from cashback.programmes.service import bump_revision, lock_programme
from webhooks import endpoints, streams
from webhooks.endpoints import BadEndpoint
from webhooks.streams import Place

router = APIRouter(prefix="/v1")

BEAT_LOOKS = 15
"""Looks without news between two beats; a look is a second apart at most."""
LOOK_SECONDS = 1.0
APART_SECONDS = 0.1
"""Between two looks, however much is told."""
STREAMS_MAX = 5
"""Streams that one key holds open through one process."""
STREAMS_OF_OPERATOR = 20
"""The same for all keys of one operator."""
STREAMS_OF_ALL = 200

_of_keys = Places(STREAMS_OF_ALL, STREAMS_MAX)
_of_operators = Places(STREAMS_OF_ALL, STREAMS_OF_OPERATOR)


@router.get("/events/stream", summary="Events as a stream", response_class=StreamingResponse)
async def stream(
    desk: AtDesk,
    types: Annotated[str, Query(max_length=1000, description="Separated by commas, also as group.*")] = "",
    shopper: Annotated[
        str | None, Query(max_length=200, description="Those of one shopper, by your reference or our id")
    ] = None,
    begin: Annotated[
        Literal["beginning"] | AwareDatetime | None,
        Query(alias="from", description="`beginning`, or an instant from which on events were told; now if left out"),
    ] = None,
    follow: Annotated[bool, Query(description="False: what there is from there on, and then the end")] = True,
    last_event_id: Annotated[
        str | None, Header(max_length=64, description="The `id` behind which to go on; goes before `from`")
    ] = None,
) -> Poured:
    """Server-sent events: `event` is the type, `data` what a webhook's body would be, `id` what to resume with.

    Events are kept for thirty days, since the first endpoint or stream. A comment is sent as a beat. The stream ends
    soon after its key stops opening; unless it is told not to follow, it has no other end.
    """
    service.require(desk.caller)
    try:
        chosen = endpoints.checked_types(types.split(",") if types else None, EVENTS)
        place = None if last_event_id is None else streams.read_place(last_event_id)
    except BadEndpoint as error:
        raise Invalid(f"types: {error.detail}", code=error.code) from error
    except ValueError as error:
        raise Invalid(f"Last-Event-ID: {error}", code="bad_event_id") from error
    holder = desk.caller.key_id or desk.caller.operator_id
    one = None if shopper is None else (await desk.shopper(shopper)).hex
    first = await _begin(desk, place, begin, desk.now())
    return Poured(
        _told(desk, first, None if chosen is None else list(chosen), one, follow=follow),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
        held=lambda: _seat(desk.caller.operator_id, holder),
    )


async def _begin(
    desk: Desk, place: Place | None, begin: Literal["beginning"] | datetime | None, now: datetime
) -> Place:
    """Where to read from. The first stream of an operator makes every batch from here on tell, as an endpoint does."""
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        known = await streams.is_open(connection, operator_id)
    if not known:
        async with transaction(desk.engine, operator_id) as connection:
            revision = await lock_programme(connection, operator_id)
            if await streams.open_stream(connection, operator_id, now) and revision is not None:
                await bump_revision(connection, operator_id)
    if place is not None:
        return place
    if begin == "beginning":
        return streams.BEGINNING
    waiting = True
    while waiting:
        async with transaction(desk.engine, operator_id) as connection:
            waiting = await streams.catch_up(connection, operator_id, now)
    async with transaction(desk.engine, operator_id) as connection:
        if begin is not None:
            return await streams.since(connection, operator_id, begin)
        return await streams.newest(connection, operator_id)


async def _told(
    desk: Desk, place: Place, types: list[str] | None, partition: str | None, *, follow: bool
) -> AsyncGenerator[bytes, None]:
    operator_id, live = desk.caller.operator_id, desk.runtime.live
    yield b"retry: 3000\n\n"
    silent, looks, heard, shown = 0, 0, await live.wait(operator_id, 0, 0), place
    while not live.ended:
        looks += 1
        if looks % BEAT_LOOKS == 0 and not await _opens(desk):
            return
        async with transaction(desk.engine, operator_id) as connection:
            reading = await streams.read_on(connection, operator_id, place, VERSION, types, partition, now=desk.now())
        for each in reading.found:
            yield f"id: {each.place}\nevent: {each.type}\ndata: ".encode() + each.body + b"\n\n"
            shown = each.place
        place = reading.place
        if reading.more:
            await asyncio.sleep(0)
            continue
        if not follow:
            return
        silent = 0 if reading.found else silent + 1
        if silent >= BEAT_LOOKS:
            silent = 0
            # A place behind what this reader does not want: who comes back begins there.
            yield (b"" if place == shown else f"id: {place}\n".encode()) + b": beat\n\n"
            shown = place
        heard = await live.wait(operator_id, heard, LOOK_SECONDS)
        await asyncio.sleep(APART_SECONDS)


async def _opens(desk: Desk) -> bool:
    """Whether the key that opened the stream still opens anything."""
    if desk.caller.key_id is None:
        return True
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return await in_force(connection, desk.caller.operator_id, desk.caller.key_id, desk.now())


@contextmanager
def _seat(operator_id: UUID, key_id: UUID) -> Iterator[None]:
    of_key = TryAgain(f"{STREAMS_MAX} streams of this key are open already", code="too_many_streams")
    of_operator = TryAgain(f"{STREAMS_OF_OPERATOR} streams are open already", code="too_many_streams")
    with _of_operators.taken(operator_id, of_operator), _of_keys.taken(key_id, of_key):
        yield
