"""What is measured and what it is measured against, each served in a process of its own.

    python -m bench.ack.servers receiver|floor|responder [DATABASE_URL]

prints its port on the first line and serves until its standard input is closed.
"""

import asyncio
import hmac
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, cast

import uvicorn
import uvloop

from bench.ack.deliveries import MASTER, SECRET
from cashback.api.receiver import WebhookReceiver
from cashback.api.webhook_protocol import protocol_of
from cashback.clock import SystemClock
from cashback.db.engine import open_engine
from cashback.programmes.connections import ConnectionDirectory
from cashback.runtime import collect_seldom
from issuers.registry import ADAPTERS
from webhooks.sealing import KeyRing

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def nothing_else(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """The application behind the receiver: a lifespan and no routes."""
    assert scope["type"] == "lifespan"
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})


def receiver(database_url: str) -> WebhookReceiver:
    """The product's own receiver."""
    engine = open_engine(database_url)
    keyring = KeyRing(MASTER)
    return WebhookReceiver(
        nothing_else,
        engine=engine,
        connections=ConnectionDirectory(engine, keyring.master),
        keyring=keyring,
        clock=SystemClock(),
        adapters=ADAPTERS,
    )


async def floor(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """The least a signed webhook can be: read the body, check Fidel's signature by hand, answer. Nothing is kept."""
    if scope["type"] != "http":
        await nothing_else(scope, receive, send)
        return
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    headers = dict(scope["headers"])
    signed = body + f"http://127.0.0.1{scope['path']}".encode() + headers[b"x-fidel-timestamp"]
    inner = b64encode(hmac.digest(SECRET, signed, "sha256"))
    expected = b64encode(hmac.digest(SECRET, inner, "sha256"))
    status = 200 if hmac.compare_digest(expected, headers[b"x-fidel-signature"]) else 401
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Responder(asyncio.Protocol):
    """Answers as soon as something arrives: shows what the client alone is capable of."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Each request of the client arrives whole, in one piece."""
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


async def _until_input_closes() -> None:
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


@asynccontextmanager
async def _uvicorn(application: Any, http: Any = "httptools") -> AsyncIterator[int]:
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http=http,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110, uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@asynccontextmanager
async def _responder() -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(Responder, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _serve(name: str, database_url: str) -> None:
    match name:
        case "receiver":
            product = receiver(database_url)
            serving = _uvicorn(product, protocol_of(product))
        case "floor":
            serving = _uvicorn(floor)
        case "responder":
            serving = _responder()
        case _:
            raise SystemExit(f"expected receiver, floor or responder, got {name!r}")
    # As the product's own server does; the floor and the responder too, so that nothing else differs.
    collect_seldom()
    async with serving as port:
        print(port, flush=True)
        await _until_input_closes()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], os.environ.get("BENCH_DATABASE_URL", "")))
