"""HTTP for webhooks that arrive whole: the same answers as through ASGI, without what ASGI costs each request.

A provider's webhook is nearly always one small POST in one piece. The server's protocol makes a task, two channels and
four messages of it; here it goes from the parser straight to the receiver's `take`, and the answer is written when its
commit is done. Everything else takes the server's usual way: other addresses, other methods, a body that comes later
than the head, `Expect`, upgrades, requests that do not wait for their predecessor's answer.

Builds on uvicorn's own protocol (its version is pinned), which keeps parser, keep-alive, pipelining and shutdown, and
adds for all requests what it leaves open: a head has an end in bytes and in time, few requests wait for their
predecessor's answer, fields after a body are no fields of the head, and who reads no answers is let go.
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
from cashback.pouring import ABORT
from webhooks.messages import Receipt

HEAD_BYTES_MAX = 64 * 1024
"""Of address and fields together."""
HEAD_SECONDS_MAX = 10.0
WAITING_MAX = 16
"""Requests of one connection that may wait for the answer to an earlier one."""

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
        self._in_head = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._keeps_alive = False
        self._answered_at_once = False
        """In this read: the next request then goes the usual way, which takes turns with other connections."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is awaited for so long."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A request that is not whole by then goes the usual way."""
        self._answered_at_once = False
        super().data_received(data)
        if self.transport.is_closing():
            self._pieces = None
            return
        if self._pieces is not None:
            pieces, self._pieces = self._pieces, None
            self._go_the_usual_way(pieces)
        if self._in_head and self._head_timer is None:
            self._await_head()
        idle = self.cycle is not None and self.cycle.response_complete
        if idle and self.timeout_keep_alive_task is None:
            # What came was not a request's beginning but the rest of one that is answered.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for a while; answers that were not read by now are not waited for."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """The answer to what is no request, unless the last answer of the connection was given."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """What an ASGI application is told of a request is gathered when one is asked."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = True
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; one after the body could smuggle in what a proxy takes out of heads, and is left."""
        if self._in_head:
            self._count(len(name) + len(value))
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Decide which way."""
        self._in_head = False
        self._head_is_here()
        self._unset_keepalive_if_required()
        if self.transport.is_closing() or len(self.pipeline) >= WAITING_MAX:
            raise ValueError("nothing more is taken on this connection")
        self._keeps_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        if self._is_short():
            self._pieces = []
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
            and not self._answered_at_once
            and not self.flow.write_paused
            and (self.cycle is None or self.cycle.response_complete)
            and self.parser.get_method() == b"POST"
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
        )

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES_MAX:
            raise ValueError(f"a request's head has at most {HEAD_BYTES_MAX} bytes")

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS_MAX, self.transport.abort)

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _begin_the_usual_way(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"now": self.transport.abort}}
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
        exchange = _Exchange(keep_alive=self._keeps_alive)
        try:
            taken = self._receiver.take(path, self.headers, body)
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
        except (Exception, asyncio.CancelledError):
            _log.exception("webhook_failed", path=path[:128])
            response = _FAILED
        self._answer(exchange, response)

    def _answer(self, exchange: _Exchange, response: Answer) -> None:
        transport = self.transport
        if exchange.disconnected or transport.is_closing():
            return
        head = _head(response.status, tuple(self.server_state.default_headers), response.headers, exchange.keep_alive)
        transport.write(head + response.body)
        exchange.response_complete = True
        self._answered_at_once = True
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
