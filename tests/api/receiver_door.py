"""A running receiver with a connection of each provider, and a provider's pen; shared by the receiver's tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import system
from cashback.api.receiver import WebhookReceiver
from cashback.api.webhook_protocol import protocol_of
from cashback.clock import HeldClock
from cashback.db.engine import transaction
from cashback.programmes.connections import ConnectionDirectory, open_connection
from issuers.registry import ADAPTERS
from webhooks.messages import Message, opened
from webhooks.sealing import KeyRing

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYRING = KeyRing(b"m" * 32)
SECRETS = {"fidel": b"fidel-secret", "stripe": b"whsec_c3RyaXBl", "sandbox": b"whsec_c2FuZGJveC1zZWNyZXQ="}
TABLES = ("inbox_messages", "inbox_cursors", "inbox_conflicts", "inbox_parked", "inbox_unclaimed", "inbox_keys")


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """The application behind the receiver."""
    await send({"type": "http.response.start", "status": 299, "headers": [(b"content-length", b"15")]})
    await send({"type": "http.response.body", "body": b"the application"})


@dataclass
class Door:
    """A running receiver with one connection per provider, and a provider's pen."""

    engine: AsyncEngine
    operator_id: UUID
    clock: HeldClock
    receiver: WebhookReceiver
    connections: ConnectionDirectory
    client: httpx.AsyncClient

    def slug(self, provider: str) -> str:
        return f"{provider}-{self.operator_id}"

    def url(self, provider: str) -> str:
        return f"https://rewards.example/webhooks/{self.slug(provider)}"

    def path(self, provider: str, event: str | None = None) -> str:
        return f"/webhooks/{self.slug(provider)}" + (f"/{event}" if event else "")

    def signed(
        self,
        provider: str,
        body: bytes,
        event: str | None = None,
        *,
        secret: bytes | None = None,
        at: datetime | None = None,
    ) -> dict[str, str]:
        url = self.url(provider) + (f"/{event}" if event else "")
        return ADAPTERS[provider].sign(
            body, secret=secret or SECRETS[provider], url=url, event=event, now=at or self.clock.now()
        )

    async def deliver(self, provider: str, body: bytes, event: str | None = None) -> httpx.Response:
        return await self.client.post(
            self.path(provider, event), content=body, headers=self.signed(provider, body, event)
        )

    async def rows(self) -> dict[str, int]:
        async with transaction(self.engine, self.operator_id) as connection:
            return {
                name: (await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES
            }

    async def log(self) -> list[Message]:
        async with transaction(self.engine, self.operator_id) as connection:
            rows = await connection.exec_driver_sql(
                """SELECT m.*, k.wrapped FROM inbox_messages AS m JOIN inbox_keys AS k ON k.period = m.key_period
                ORDER BY m.xid, m.ordinal"""
            )
            return [opened(self.operator_id, row, KEYRING) for row in rows]


class InOnePiece(httpx.AsyncBaseTransport):
    """Writes head and body of a request to a connection of its own at once, as providers do with small webhooks."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path
        head = b"%s %s HTTP/1.1\r\n" % (request.method.encode(), target)
        head += b"".join(b"%s: %s\r\n" % field for field in request.headers.raw)
        status, headers, body = await said_to(self._port, head + b"\r\n" + await request.aread())
        return httpx.Response(status, headers=headers, content=body)


async def said_to(port: int, *pieces: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, header fields and body of the first answer to what is written, piece after piece."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if piece is not pieces[-1]:
                await asyncio.sleep(0.02)
        return await answer_from(reader, bodiless=pieces[0].startswith(b"HEAD "))
    finally:
        writer.close()


async def answer_from(
    reader: asyncio.StreamReader, *, bodiless: bool = False
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The next answer on a connection."""
    async with asyncio.timeout(10):
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        fields = [tuple(line.split(b": ", 1)) for line in head[1:] if line]
        length = 0 if bodiless else int(dict(fields).get(b"content-length", b"0"))
        return int(head[0].split()[1]), fields, await reader.readexactly(length)


@asynccontextmanager
async def served(application: Any, **options: Any) -> AsyncIterator[int]:
    """A real server around an application; yields its port."""
    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, log_level="critical", access_log=False, server_header=False, **options
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110, uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def opened_door(
    engine: AsyncEngine, *, writes: AsyncEngine | None = None, over_http: bool = False
) -> AsyncIterator[Door]:
    operator_id = uuid4()
    clock = HeldClock(NOON)
    actor = system(operator_id, "tests")
    async with transaction(engine, operator_id) as connection:
        for provider, secret in SECRETS.items():
            await open_connection(
                connection,
                actor,
                slug=f"{provider}-{operator_id}",
                provider=provider,
                registered_url=f"https://rewards.example/webhooks/{provider}-{operator_id}",
                secret=secret,
                providers=ADAPTERS,
                master=KEYRING.master,
                now=NOON,
            )
    connections = ConnectionDirectory(engine, KEYRING.master)
    receiver = WebhookReceiver(
        behind, engine=writes or engine, connections=connections, keyring=KEYRING, clock=clock, adapters=ADAPTERS
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(receiver.running())
        transport: httpx.AsyncBaseTransport = httpx.ASGITransport(receiver)
        if over_http:
            await connections.find(f"fidel-{operator_id}")
            port = await stack.enter_async_context(served(receiver, lifespan="off", http=protocol_of(receiver)))
            transport = InOnePiece(port)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://inside"))
        yield Door(engine, operator_id, clock, receiver, connections, client)


def fidel_auth(transaction_id: str = "tx_1", card: str = "card_1", amount: float = 12.5) -> bytes:
    return json.dumps({"id": transaction_id, "amount": amount, "currency": "EUR", "card": {"id": card}}).encode()


def stripe_event(event_id: str = "evt_1", *, card: str = "ic_1", amount: int = 1250, pending: int = 1) -> bytes:
    return json.dumps(
        {
            "id": event_id,
            "object": "event",
            "type": "issuing_authorization.created",
            "pending_webhooks": pending,
            "data": {"object": {"id": "iauth_1", "amount": amount, "currency": "eur", "card": {"id": card}}},
        }
    ).encode()


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem = response.json()
    assert sorted(problem) == ["code", "detail", "status", "title", "type"]
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:cashback:problem:{code}")
    assert problem["title"] == code.replace("_", " ").capitalize()
    assert problem["detail"]
