"""What the streams of pages share: the beat, a seat for each, and the end with the session."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

from starlette.requests import Request

from cashback.auth.sessions import Role, cookie_name
from cashback.clock import Clock
from cashback.errors import TryAgain

BEAT_SECONDS = 15
"""A beat is sent when there is no news for so long, so that proxies keep the stream and dead ones are noticed."""
BEAT = b"event: beat\ndata: 1\n\n"
RETRY = b"retry: 3000\n\n"
STREAMS_MAX = 6
"""Streams that one session holds open through one process; a page that gets none asks from time to time."""
HEADERS = {"x-accel-buffering": "no"}
MEDIA_TYPE = "text/event-stream"

Told = TypeVar("Told")


class Seats:
    """How many streams each session holds."""

    def __init__(self, most: int = STREAMS_MAX) -> None:
        self._most = most
        self._taken: Counter[bytes] = Counter()

    def check(self, holder: bytes) -> None:
        """Raises TryAgain when the holder has as many as may be."""
        if self._taken[holder] >= self._most:
            raise TryAgain(f"{self._most} streams of this session are open already", code="too_many_streams")

    @contextmanager
    def seat(self, holder: bytes) -> Iterator[None]:
        """Hold one while the block lasts."""
        self.check(holder)
        self._taken[holder] += 1
        try:
            yield
        finally:
            self._taken[holder] -= 1
            if not self._taken[holder]:
                del self._taken[holder]


def holder_of(request: Request, role: Role, *, secure: bool) -> bytes:
    """The session by a digest of its cookie."""
    return blake2b(request.cookies.get(cookie_name(role=role, secure=secure), "").encode(), digest_size=16).digest()


async def until_the_end(
    queue: asyncio.Queue[Told | None], clock: Clock, ends_at: datetime
) -> AsyncIterator[Told | None]:
    """What is told as it comes, None when nothing was for a while; ends at an instant, or with a None in the queue."""
    while clock.now() < ends_at:
        try:
            told = await asyncio.wait_for(queue.get(), BEAT_SECONDS)
        except TimeoutError:
            yield None
            continue
        if told is None:
            return
        yield told
