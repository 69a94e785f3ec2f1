"""Answers that are poured out while they are made, and the places that they hold meanwhile.

A stream ends in many ways: it is told, its reader goes away, takes nothing more, or something breaks. In all of them
what makes it is ended at once (a connection to the database goes back) and its place is free for the next.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from cashback.errors import TryAgain

CHUNK_SECONDS = 30.0
"""Who takes nothing for so long is let go."""
ABORT = "cashback.abort"
"""The server's extension that drops the connection with all that waits in it: nobody reads it."""

_log = structlog.get_logger(__name__)


class Places:
    """How many hold something at the same time in one process: together, and of one holder."""

    def __init__(self, of_all: int, of_one: int) -> None:
        self._of_all, self._of_one = of_all, of_one
        self._held: Counter[Hashable] = Counter()

    @property
    def held(self) -> int:
        """By all together."""
        return self._held.total()

    @contextmanager
    def taken(self, holder: Hashable, refusal: TryAgain) -> Iterator[None]:
        """Hold one while the block lasts; raises the refusal where none is free for this holder."""
        if self.held >= self._of_all or self._held[holder] >= self._of_one:
            raise refusal
        self._held[holder] += 1
        try:
            yield
        finally:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]


class Poured(StreamingResponse):
    """The chunks of a generator, in one chunked body. It ends with its last chunk only when the generator ended."""

    body_iterator: AsyncGenerator[bytes, None]

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: Mapping[str, str] | None = None,
        held: Callable[[], AbstractContextManager[None]] = nullcontext,
        seconds_max: float | None = None,
    ) -> None:
        """`held` is entered before the first byte, and may refuse; what takes longer than `seconds_max` is cut off."""
        super().__init__(chunks, media_type=media_type, headers=headers)
        self._held = held
        self._seconds_max = seconds_max
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a connection that is cut off shows its reader that the body is not whole."""

        async def within(message: Message) -> None:
            self._begun = True
            async with asyncio.timeout(CHUNK_SECONDS):
                await send(message)

        with self._held():
            try:
                async with aclosing(self.body_iterator), asyncio.timeout(self._seconds_max):
                    await super().__call__(scope, receive, within)
            except ClientDisconnect:
                return
            except TimeoutError:
                if not self._begun:
                    raise
                _log.warning("answer.cut_off", path=scope["path"])
                abort = scope.get("extensions", {}).get(ABORT)
                if abort is None:
                    raise
                abort["now"]()
                await asyncio.sleep(0)  # the server hears of the end before it wonders where the last chunk is

    async def stream_response(self, send: Send) -> None:
        """The head goes with the first chunk: what cannot even begin is refused as anything else is."""
        first = await anext(self.body_iterator, b"")
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for chunk in self.body_iterator:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
