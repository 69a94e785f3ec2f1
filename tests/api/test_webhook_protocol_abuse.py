"""What a client may not do to the server: hold it, fill it, mislead it about where a request ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from receiver_door import Door, answer_from, fidel_auth, opened_door, said_to, served
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.api import inbox_writer, webhook_protocol
from cashback.api.receiver import Taken, _is_event
from cashback.api.webhook_protocol import HEAD_BYTES_MAX, WAITING_MAX, protocol_of

EVENT = "transaction.auth"
REFUSED = b"POST /webhooks/a/b/ HTTP/1.1\r\n\r\n"


@pytest.fixture
async def door(engine: AsyncEngine) -> AsyncIterator[Door]:
    async with opened_door(engine) as made:
        await made.connections.find(made.slug("fidel"))
        yield made


@pytest.fixture
async def port(door: Door) -> AsyncIterator[int]:
    options: dict[str, Any] = {"lifespan": "off", "http": protocol_of(door.receiver), "timeout_keep_alive": 1}
    async with served(door.receiver, **options) as made:
        yield made


def genuine(door: Door, name: str = "tx_1", *fields: bytes, version: bytes = b"1.1") -> bytes:
    body = fidel_auth(name)
    signed = [f"{key}: {value}".encode() for key, value in door.signed("fidel", body, EVENT).items()]
    first = b"POST %s HTTP/%s" % (door.path("fidel", EVENT).encode(), version)
    return b"\r\n".join([first, *signed, *fields, b"content-length: %d" % len(body), b"", body])


async def stored(door: Door) -> int:
    return (await door.rows())["inbox_messages"]


async def test_a_burst_of_refusals_takes_turns_with_everybody_else(port: int) -> None:
    """Of one read one request is answered at once; a few more are queued, and a flood is not worked off but closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REFUSED * (WAITING_MAX + 2))
    assert [(await answer_from(reader))[0] for _ in range(WAITING_MAX)] == [404] * WAITING_MAX
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REFUSED * 100_000)
    answered = b""
    async with asyncio.timeout(20):
        with suppress(ConnectionError):
            while said := await reader.read(65_536):
                answered += said
    writer.close()
    assert answered.count(b"HTTP/1.1 ") <= 2 * WAITING_MAX


async def test_who_reads_no_answers_fills_no_memory(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    real = webhook_protocol.WebhookProtocol._answer

    def answer(self: Any, *given: Any) -> None:
        real(self, *given)
        held.append(self.transport.get_write_buffer_size())

    monkeypatch.setattr(webhook_protocol.WebhookProtocol, "_answer", answer)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(200):
        writer.write(REFUSED * 8)
        await asyncio.sleep(0.002)
    writer.close()
    assert max(held, default=0) < 256 * 1024


@pytest.mark.parametrize(
    "head",
    [
        b"POST /webhooks/" + b"a" * HEAD_BYTES_MAX + b" HTTP/1.1\r\n\r\n",
        b"POST /webhooks/a HTTP/1.1\r\n" + b"x: %s\r\n" % (b"y" * 1000) * (HEAD_BYTES_MAX // 1000 + 1) + b"\r\n",
    ],
)
async def test_a_head_has_an_end(port: int, head: bytes) -> None:
    assert (await said_to(port, head))[0] == 400
    assert (await said_to(port, REFUSED))[0] == 404


async def test_a_half_head_is_not_awaited_for_ever(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_protocol, "HEAD_SECONDS_MAX", 0.2)
    for begun in (b"", b"POST /webhooks/a HT", REFUSED + b"POST /webhooks/a HTTP/1.1\r\nx: y"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        async with asyncio.timeout(5):
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(100_000)
        writer.close()


async def test_what_strangers_ask_for_is_not_kept(port: int) -> None:
    _is_event.cache_clear()
    for number in range(5):
        assert (await said_to(port, REFUSED.replace(b"b/", b"%d" % number * 200)))[0] == 404
    assert _is_event.cache_info().currsize == 0


async def test_a_request_behind_a_refusal_is_answered_however_long_its_commit_takes(
    door: Door, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = inbox_writer.append_new

    async def slow(*given: Any) -> list[int]:
        await asyncio.sleep(1.5)  # longer than the connection may be quiet
        return await real(*given)

    monkeypatch.setattr(inbox_writer, "append_new", slow)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REFUSED + genuine(door))
    assert [(await answer_from(reader))[0] for _ in range(2)] == [404, 200]
    writer.close()
    assert await stored(door) == 1


async def test_nothing_is_taken_after_the_last_answer_of_a_connection(door: Door, port: int) -> None:
    refused = REFUSED.replace(b"1.1\r\n", b"1.0\r\nconnection: keep-alive\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(refused + genuine(door))
    status, fields, _ = await answer_from(reader)
    assert (status, dict(fields)[b"connection"]) == (404, b"close")
    assert await reader.read() == b""
    writer.close()
    assert await stored(door) == 0


async def test_an_answer_that_fails_is_an_answer_all_the_same(
    door: Door, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Taken) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(Taken, "acknowledgement", failing)
        assert (await said_to(port, genuine(door)))[0] == 500
    assert (await said_to(port, genuine(door)))[0] == 200
    assert await stored(door) == 1


async def test_a_trailer_proves_nothing_on_the_usual_way_either(door: Door, port: int) -> None:
    signed = door.signed("fidel", b"{}", EVENT)
    head = b"POST %s HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" % door.path("fidel", EVENT).encode()
    trailers = b"".join(f"{name}: {value}\r\n".encode() for name, value in signed.items())
    assert (await said_to(port, head, b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n"))[0] == 401
    assert await stored(door) == 0
