"""An operator with a small load, worked inside the test, and the seams at which the work is made to fail."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from crash_books import FACTS, PURCHASES, WALLETS, differing, stored_purchases, stored_wallets
from crash_load import ENDING, Load, Message, make_load, programme, reference
from crash_oracle import purchases, wallets
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from stored import state_of

from cashback.actors import Actor, system
from cashback.api import inbox_writer
from cashback.api.receiver import WebhookReceiver
from cashback.audit import audit
from cashback.clock import HeldClock
from cashback.db.engine import fetch, transaction
from cashback.pipeline import Road
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.connections import ConnectionDirectory, open_connection
from cashback.programmes.operators import OperatorMode, open_operator
from cashback.shoppers.service import open_shoppers
from issuers.registry import ADAPTERS
from webhooks.sealing import KeyRing

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW = START + ENDING
SECRET = b"whsec_" + b64encode(b"a secret of the crash tests")
KEYRING = KeyRing(b"m" * 32)


class Crash(BaseException):
    """The end of the process, as far as the code that runs can tell: no handler of failures sees it."""


@dataclass(slots=True)
class House:
    """One operator, its load, and a receiver in front."""

    engine: AsyncEngine
    operator_id: UUID
    load: Load
    road: Road
    receiver: WebhookReceiver
    client: httpx.AsyncClient

    @property
    def actor(self) -> Actor:
        return system(self.operator_id, "crash")

    async def deliver(self, message: Message) -> httpx.Response:
        """One signed delivery over HTTP."""
        path = f"/webhooks/{message.network}-{self.operator_id}" + (f"/{message.event}" if message.event else "")
        headers = ADAPTERS[message.network].sign(
            message.body, secret=SECRET, url=f"https://rewards.example{path}", event=message.event, now=NOW
        )
        return await self.client.post(path, content=message.body, headers=headers)

    async def deliver_all(self, messages: Sequence[Message]) -> None:
        """Every message, acknowledged."""
        answers = await asyncio.gather(*(self.deliver(message) for message in messages))
        assert {answer.status_code for answer in answers} <= {200, 202}

    async def read(self, statement: str) -> Sequence[Any]:
        """All rows, as the app role of this operator."""
        async with transaction(self.engine, self.operator_id) as connection:
            return await fetch(connection, statement)

    async def state(self) -> dict[str, str]:
        """A digest of every row of every table of this operator."""
        return await state_of(self.engine, self.operator_id)

    async def assert_true(self, now: datetime = NOW) -> None:
        """The wallets, the purchases and the facts are those of the truth, and the audit is clean."""
        assert differing(stored_wallets(await self.read(WALLETS)), wallets(self.load, now)) == {}
        assert differing(stored_purchases(await self.read(PURCHASES)), purchases(self.load, now)) == {}
        assert [tuple(row) for row in await self.read(FACTS)] == [(self.load.facts, self.load.facts)]
        await self.assert_clean(now)

    async def assert_clean(self, now: datetime = NOW) -> None:
        """Every invariant of the books holds."""
        async with transaction(self.engine, self.operator_id) as connection:
            report = await audit(connection, self.operator_id, now, every_seal=True)
        assert report.breaches == []


@asynccontextmanager
async def opened_house(
    engine: AsyncEngine,
    *,
    seed: int = 1,
    deliveries: int = 120,
    stored: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[House]:
    """An operator with the load's programme, its connections and shoppers; nothing was delivered yet."""
    load = make_load(seed, deliveries, START)
    operator_id = await open_operator(
        engine, slug=f"crash-{uuid4().hex[:12]}", name="Crash", now=START, mode=OperatorMode.TEST
    )
    actor = system(operator_id, "crash")
    async with transaction(engine, operator_id) as connection:
        await apply(connection, actor, parse(json.dumps(programme()), "crash"), START, since_ever=True)
        await open_shoppers(
            connection, actor, [reference(number) for number in range(load.shoppers)], locale="en", now=START
        )
        for network in ("sandbox", "fidel"):
            slug = f"{network}-{operator_id}"
            await open_connection(
                connection, actor, slug=slug, provider=network, registered_url=f"https://rewards.example/webhooks/{slug}",
                secret=SECRET, providers=ADAPTERS, master=KEYRING.master, now=START,
            )  # fmt: skip
    receiver = WebhookReceiver(
        _nothing, engine=engine, connections=ConnectionDirectory(engine, KEYRING.master), keyring=KEYRING,
        clock=HeldClock(NOW), adapters=ADAPTERS, stored=stored,
    )  # fmt: skip
    transport = httpx.ASGITransport(receiver)
    async with receiver.running(), httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        yield House(engine, operator_id, load, Road(KEYRING), receiver, client)


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(f"{scope['path']} is no webhook")


Fault = Callable[[AsyncConnection], Awaitable[None]]


async def dies(_: AsyncConnection) -> None:
    """The process ends here."""
    raise Crash


async def is_cancelled(_: AsyncConnection) -> None:
    """The task is cancelled here."""
    raise asyncio.CancelledError


async def loses_its_connection(connection: AsyncConnection) -> None:
    """The connection to the database is cut here."""
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    raw.driver_connection.terminate()


def fails_with(sqlstate: str) -> Fault:
    """The database refuses with this SQLSTATE here."""

    async def fault(connection: AsyncConnection) -> None:
        await _EXECUTE(connection, f"DO $$ BEGIN RAISE EXCEPTION 'made to fail' USING ERRCODE = '{sqlstate}'; END $$")

    return fault


_EXECUTE = AsyncConnection.exec_driver_sql


@contextmanager
def failing(
    monkeypatch: pytest.MonkeyPatch, fault: Fault, *, at: int = 0, text: str = "", after: bool = False, times: int = 1
) -> Iterator[list[str]]:
    """Statements fail: the one at place `at` (from 1), or `times` of those that contain `text`; `after` it was done."""
    done: list[str] = []
    failed = 0

    async def execute(connection: AsyncConnection, statement: str, *arguments: Any, **options: Any) -> Any:
        nonlocal failed
        done.append(statement)
        struck = len(done) == at if at else text in statement and failed < times
        failed += struck
        if struck and not after:
            await fault(connection)
        answer = await _EXECUTE(connection, statement, *arguments, **options)
        if struck and after:
            await fault(connection)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(AsyncConnection, "exec_driver_sql", execute)
        yield done


@contextmanager
def losing_the_group(monkeypatch: pytest.MonkeyPatch, *, after: bool) -> Iterator[list[bool]]:
    """The receiver's next group loses its connection before its statement, or `after` it with the answer."""
    real = inbox_writer.append_new
    cut: list[bool] = []

    async def append_new(driver: asyncpg.Connection, *arguments: Any) -> list[int]:
        if cut:
            return await real(driver, *arguments)
        cut.append(True)
        if after:
            await real(driver, *arguments)
        driver.terminate()
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    with monkeypatch.context() as patch:
        patch.setattr(inbox_writer, "append_new", append_new)
        yield cut


@contextmanager
def failing_commit(engine: AsyncEngine) -> Iterator[None]:
    """The process ends when everything is written and nothing is committed."""

    def die(_: object) -> None:
        raise Crash

    event.listen(engine.sync_engine, "commit", die)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "commit", die)
