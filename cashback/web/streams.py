"""What the streams of pages share: the beat, and the end with the session."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from hashlib import blake2b
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from cashback.auth import session_store
from cashback.auth.sessions import Role, Session, cookie_name
from cashback.pouring import Poured
from cashback.web.context import web_of
from cashback.web.seats import Seats

BEAT_SECONDS = 15
"""A beat is sent when there is no news for so long, so that proxies keep the stream and dead ones are noticed."""
BEAT = b"event: beat\ndata: 1\n\n"
RETRY = b"retry: 3000\n\n"
LOOK_SECONDS = 5
"""How often a stream looks whether its session is still in force."""
_HEADERS = {"x-accel-buffering": "no"}
_MEDIA_TYPE = "text/event-stream"

Told = TypeVar("Told")


def holder_of(request: Request, role: Role, *, secure: bool) -> bytes:
    """The session by a digest of its cookie."""
    return blake2b(request.cookies.get(cookie_name(role=role, secure=secure), "").encode(), digest_size=16).digest()


def answer(events: AsyncGenerator[bytes, None], seats: Seats, holder: bytes) -> Response:
    """The stream, in one of the holder's seats; TryAgain, before it begins, where all are taken."""
    return Poured(events, media_type=_MEDIA_TYPE, headers=_HEADERS, held=lambda: seats.seat(holder))


async def until_the_end(
    request: Request, queue: asyncio.Queue[Told | None], session: Session
) -> AsyncIterator[Told | None]:
    """What is told as it comes, None for a beat; ends with the session, or with a None in the queue."""
    web = web_of(request)
    token = request.cookies[cookie_name(role=session.role, secure=web.secure)]
    looked_at = beat_at = time.monotonic()
    while web.clock.now() < session.expires_at:
        try:
            told = await asyncio.wait_for(queue.get(), min(LOOK_SECONDS, BEAT_SECONDS))
        except TimeoutError:
            told = None
        else:
            if told is None:
                return
        if time.monotonic() - looked_at >= LOOK_SECONDS:
            looked_at = time.monotonic()
            if token not in await session_store.read(web.engine, [token], web.clock.now()):
                return
        if told is not None:
            yield told
        elif time.monotonic() - beat_at >= BEAT_SECONDS:
            beat_at = time.monotonic()
            yield None
