"""The short way of a webhook over HTTP: taken where it can be, and never told from the usual way by its answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from receiver_door import Door, answer_from, fidel_auth, opened_door, said_to, served
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.api import inbox_writer
from cashback.api.receiver import BODY_MAX_BYTES
from cashback.api.webhook_protocol import protocol_of

AUTH = fidel_auth()
EVENT = "transaction.auth"


@dataclass
class Served:
    """A receiver behind the server's own protocol and behind ours, and what went the short way."""

    door: Door
    usual: int
    ours: int
    taken: list[bytes] = field(default_factory=list)

    def request(self, body: bytes = AUTH, *fields: bytes, path: str | None = None, version: bytes = b"1.1") -> bytes:
        signed = [f"{name}: {value}".encode() for name, value in self.door.signed("fidel", body, EVENT).items()]
        lines = [
            b"POST %s HTTP/%s" % ((path or self.door.path("fidel", EVENT)).encode(), version),
            b"Host: inside",
            *signed,
            b"Content-Length: %d" % len(body),
            *fields,
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.fixture
async def both(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    async with opened_door(engine) as door:
        await door.connections.find(door.slug("fidel"))
        async with (
            served(door.receiver, lifespan="off", http="httptools") as usual,
            served(door.receiver, lifespan="off", http=protocol_of(door.receiver)) as ours,
        ):
            made = Served(door, usual, ours)
            real = door.receiver.take

            def take(path: str, fields: Any, body: bytes) -> Any:
                made.taken.append(body)
                return real(path, fields, body)

            monkeypatch.setattr(door.receiver, "take", take)
            yield made


Ask = Callable[[Served], list[bytes]]

SHORT: dict[str, Ask] = {
    "acknowledged": lambda to: [to.request()],
    "then closed": lambda to: [to.request(AUTH, b"Connection: close")],
    "HTTP/1.0": lambda to: [to.request(version=b"1.0")],
    "in chunks that are all there": lambda to: [
        to.request(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n"
    ],
    "not proved": lambda to: [to.request().replace(AUTH, AUTH.replace(b"12.5", b"99.5"))],
    "a field twice": lambda to: [to.request(AUTH, b"X-Fidel-Signature: other")],
    "no such event": lambda to: [to.request(path=to.door.path("fidel", "a/b"))],
    "empty": lambda to: [to.request(b"")],
}
USUAL: dict[str, Ask] = {
    "the body later": lambda to: [to.request()[: -len(AUTH)], AUTH],
    "the body in two": lambda to: [to.request()[:-5], AUTH[-5:]],
    "the head in two": lambda to: [to.request()[:40], to.request()[40:-5], AUTH[-5:]],
    "no such connection": lambda to: [to.request(path="/webhooks/nobody")],
    "escaped": lambda to: [to.request(path=to.door.path("fidel", EVENT).replace("fidel", "fide%6c", 1))],
    "with a question": lambda to: [to.request(path=to.door.path("fidel", EVENT) + "?a=b")],
    "not a POST": lambda to: [to.request().replace(b"POST", b"PUT")],
    "too large": lambda to: [to.request(bytes(BODY_MAX_BYTES + 1))[:1000]],
    "not a webhook": lambda to: [to.request(path="/elsewhere")],
    "not HTTP": lambda to: [to.request().replace(b"HTTP/1.1", b"HTTP/one")],
}


def without_date(said: tuple[int, list[tuple[bytes, bytes]], bytes]) -> Any:
    status, fields, body = said
    return status, [each for each in fields if each[0] != b"date"], body


@pytest.mark.parametrize("name", [*SHORT, *USUAL])
async def test_the_answer_is_the_servers_own_to_the_byte(both: Served, name: str) -> None:
    pieces = (SHORT | USUAL)[name](both)
    usual = await said_to(both.usual, *pieces)
    rows, usual_took = await both.door.rows(), list(both.taken)
    ours = await said_to(both.ours, *pieces)
    assert without_date(ours) == without_date(usual)
    assert await both.door.rows() == rows, "the same delivery again is stored once, a refusal never"
    assert usual_took == []
    # An unknown connection is looked up, which the short way leaves to the usual one.
    assert len(both.taken) == (1 if name in SHORT or name == "no such connection" else 0)


async def test_a_trailer_is_not_a_field_of_the_head(both: Served) -> None:
    signed = both.door.signed("fidel", b"{}", EVENT)
    unsigned = both.request(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    for name in signed:
        start = unsigned.lower().index(name.lower().encode())
        unsigned = unsigned[:start] + unsigned[unsigned.index(b"\r\n", start) + 2 :]
    trailers = b"".join(f"{name}: {value}\r\n".encode() for name, value in signed.items())
    status, _, _ = await said_to(both.ours, unsigned + b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n")
    assert status == 401
    assert both.taken == [b"{}"]
    assert (await both.door.rows())["inbox_messages"] == 0


async def test_one_connection_carries_one_after_another_and_several_at_once(both: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", both.ours)
    for number in range(3):
        writer.write(both.request(fidel_auth(f"tx_{number}")))
        assert (await answer_from(reader))[0] == 200
    writer.write(b"".join(both.request(fidel_auth(f"at once {number}")) for number in range(4)))
    assert [(await answer_from(reader))[0] for _ in range(4)] == [200] * 4
    writer.close()
    stored = [each.body for each in await both.door.log()]
    assert sorted(stored) == sorted(
        [fidel_auth(f"tx_{n}") for n in range(3)] + [fidel_auth(f"at once {n}") for n in range(4)]
    )


@asynccontextmanager
async def slow_commits(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
    """Commits begin by setting the first event and wait for the second."""
    began, go_on = asyncio.Event(), asyncio.Event()
    real = inbox_writer.append_new

    async def slow(driver: asyncpg.Connection, *arguments: Any) -> list[int]:
        began.set()
        await go_on.wait()
        return await real(driver, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(inbox_writer, "append_new", slow)
        yield began, go_on


async def test_nothing_is_said_before_the_commit_and_who_leaves_has_it_stored_all_the_same(
    both: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with slow_commits(monkeypatch) as (began, go_on):
        leaving, staying = [await asyncio.open_connection("127.0.0.1", both.ours) for _ in range(2)]
        leaving[1].write(both.request(fidel_auth("leaving")))
        await asyncio.wait_for(began.wait(), 10)
        staying[1].write(both.request(fidel_auth("staying")))
        leaving[1].close()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(staying[0].readexactly(1), 0.2)
        assert (await both.door.rows())["inbox_messages"] == 0
        go_on.set()
        assert (await answer_from(staying[0]))[0] == 200
        staying[1].close()
        async with asyncio.timeout(10):
            while (await both.door.rows())["inbox_messages"] < 2:  # noqa: ASYNC110 - the two were committed side by side
                await asyncio.sleep(0.01)
    assert sorted(each.body or b"" for each in await both.door.log()) == [fidel_auth("leaving"), fidel_auth("staying")]


async def test_a_server_that_is_told_to_stop_answers_what_it_has_taken(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_door(engine) as door:
        await door.connections.find(door.slug("fidel"))
        async with slow_commits(monkeypatch) as (began, go_on):
            async with served(door.receiver, lifespan="off", http=protocol_of(door.receiver)) as port:
                asking = asyncio.create_task(said_to(port, Served(door, 0, port).request()))
                await asyncio.wait_for(began.wait(), 10)
                asyncio.get_running_loop().call_later(0.3, go_on.set)
            status, fields, _ = await asking
        assert (status, dict(fields)[b"connection"]) == (200, b"close")
        assert [each.body for each in await door.log()] == [AUTH]


async def test_what_nobody_foresaw_is_a_problem_document_and_the_connection_lives_on(
    both: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    reader, writer = await asyncio.open_connection("127.0.0.1", both.ours)
    with monkeypatch.context() as patch:
        patch.setattr(both.door.receiver, "_accept", broken)
        writer.write(both.request())
        status, fields, body = await answer_from(reader)
    assert (status, dict(fields)[b"content-type"]) == (500, b"application/problem+json")
    assert b'"code":"internal_error"' in body
    assert (await both.door.rows())["inbox_messages"] == 0
    writer.write(both.request())
    assert (await answer_from(reader))[0] == 200
    writer.close()


async def test_a_failed_commit_is_never_a_success(both: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: object) -> list[int]:
        raise RuntimeError("could not commit")

    with monkeypatch.context() as patch:
        patch.setattr(inbox_writer, "append_new", failing)
        status, fields, body = await said_to(both.ours, both.request())
    assert (status, dict(fields)[b"retry-after"]) == (503, b"2")
    assert b'"code":"try_again"' in body
    assert both.taken == [AUTH]
    assert (await both.door.rows())["inbox_messages"] == 0
