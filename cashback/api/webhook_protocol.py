"""HTTP for webhooks that arrive whole: the same answers as through ASGI, without what ASGI costs each request.

A provider's webhook is nearly always one small POST in one piece. The server's protocol makes a task, two channels and
four messages of it; here it goes from the parser straight to the receiver's `take`, and the answer is written when its
commit is done. Everything else takes the server's usual way: other addresses, other methods, a body that comes later
than the head, `Expect`, upgrades, requests that do not wait for their predecessor's answer.

Builds on uvicorn's own protocol (its version is pinned), which keeps parser, keep-alive, pipelining and shutdown.
"""

import asyncio
import re
from functools import lru_cache, partial
from typing import Any, ClassVar, cast

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from cashback.api.problems import MEDIA_TYPE, Problem
from cashback.api.receiver import PREFIX, Answer, Refused, Taken, WebhookReceiver, answer, refusal
from webhooks.messages import Receipt

_PLAIN = re.compile(re.escape(PREFIX.encode()) + rb"[A-Za-z0-9._~/-]*")
"""An address in which nothing is escaped and nothing is asked."""
_log = structlog.get_logger(__name__)
_Fields = tuple[tuple[bytes, bytes], ...]


def protocol_of(receiver: WebhookReceiver) -> type[asyncio.Protocol]:
    """What uvicorn takes as `http`."""
    return cast(type[asyncio.Protocol], partial(WebhookProtocol, receiver))


class _Nobody:
    """Stands for the task that would wait for more of the request."""

    def set(self) -> None:
        """Nobody waits."""


class _Exchange:
    """What the server's protocol asks of the request under way."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")

    message_event: ClassVar = _Nobody()

    def __init__(self, *, keep_alive: bool) -> None:
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False


class WebhookProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, receiver: WebhookReceiver, config: uvicorn.Config, **given: Any) -> None:
        super().__init__(config, **given)
        self._receiver = receiver
        self._usual = config.access_log or self.limit_concurrency is not None or bool(self.root_path)
        self._pieces: list[bytes] | None = None
        """The body of a request that may be short, as far as it has come."""
        self._fields: list[tuple[bytes, bytes]] = []
        """Its head."""

    def data_received(self, data: bytes) -> None:
        """A request that is not whole by then goes the usual way."""
        super().data_received(data)
        if self._pieces is not None:
            pieces, self._pieces = self._pieces, None
            if not self.transport.is_closing():
                self._go_the_usual_way(pieces)

    def on_message_begin(self) -> None:
        """What an ASGI application is told of a request is gathered when one is asked."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Decide which way."""
        if self._is_short():
            self._pieces = []
            # Trailers of a body in chunks are added to these, and no signature is looked for there.
            self._fields = self.headers[:]
        else:
            self._begin_the_usual_way()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._pieces is None:
            super().on_body(body)
        else:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._pieces is None:
            super().on_message_complete()
            return
        pieces, self._pieces = self._pieces, None
        self._take(pieces)

    def _is_short(self) -> bool:
        return (
            _PLAIN.fullmatch(self.url) is not None
            and not self._usual
            and (self.cycle is None or self.cycle.response_complete)
            and self.parser.get_method() == b"POST"
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
        )

    def _begin_the_usual_way(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _go_the_usual_way(self, pieces: list[bytes]) -> None:
        self._begin_the_usual_way()
        for piece in pieces:
            super().on_body(piece)

    def _take(self, pieces: list[bytes]) -> None:
        path = self.url.decode("ascii")
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        exchange = _Exchange(keep_alive=keep_alive)
        try:
            taken = self._receiver.take(path, self._fields, body)
        except Refused as refused:
            self._begin(exchange)
            self._answer(exchange, refusal(path, refused))
        except Exception:
            _log.exception("webhook_failed", path=path[:128])
            self._begin(exchange)
            self._answer(exchange, _FAILED)
        else:
            if taken is None:
                self._go_the_usual_way(pieces)
                super().on_message_complete()
            else:
                self._begin(exchange)
                taken.stored.add_done_callback(partial(self._stored, exchange, path, taken))

    def _begin(self, exchange: _Exchange) -> None:
        self.cycle = cast(RequestResponseCycle, exchange)

    def _stored(self, exchange: _Exchange, path: str, taken: Taken, _: asyncio.Future[Receipt]) -> None:
        try:
            response = answer(taken.acknowledgement())
        except Refused as refused:
            response = refusal(path, refused)
        self._answer(exchange, response)

    def _answer(self, exchange: _Exchange, response: Answer) -> None:
        transport = self.transport
        if exchange.disconnected or transport.is_closing():
            return
        head = _head(response.status, tuple(self.server_state.default_headers), response.headers, exchange.keep_alive)
        transport.write(head + response.body)
        exchange.response_complete = True
        if not exchange.keep_alive:
            transport.close()
        self.on_response_complete()


@lru_cache(maxsize=64)
def _head(status: int, default: _Fields, fields: _Fields, keep_alive: bool) -> bytes:
    """Nearly all answers of a second are alike; the server's own fields have its date."""
    lines = [name + b": " + value for name, value in (*default, *fields)]
    if not keep_alive:
        lines.append(b"connection: close")
    return STATUS_LINE[status] + b"\r\n".join((*lines, b"", b""))


_FAILED_BODY = Problem(500, "internal_error", "the webhook could not be received; deliver it again").document()
_FAILED = Answer(
    500,
    ((b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(_FAILED_BODY)).encode())),
    _FAILED_BODY,
)
