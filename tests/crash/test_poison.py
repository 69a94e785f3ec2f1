"""One message that cannot be processed never holds up the others; a failure that passes parks nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from crash_books import FACTS, PURCHASES, WALLETS, differing, stored_purchases, stored_wallets
from crash_house import NOW, Fault, House, failing, fails_with, loses_its_connection, opened_house
from crash_load import Bought, Message
from crash_oracle import purchases, wallets
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.clock import HeldClock
from cashback.db.engine import transaction
from cashback.pipeline import drain, process_lane
from cashback.wakeups import LocalWakeups
from cashback.worker import Worker
from issuers.adapter import Delivery
from issuers.events import CardEvent
from issuers.sandbox import SandboxAdapter
from webhooks import aside, inbox

pytestmark = pytest.mark.crash

RECORDING = "INSERT INTO statements"
PASSING: dict[str, Fault] = {
    "deadlock": fails_with("40P01"),
    "serialization": fails_with("40001"),
    "lock timeout": fails_with("55P03"),
    "shutdown": fails_with("57P01"),
    "cancelled by an operator": fails_with("57014"),
    "disk full": fails_with("53100"),
    "out of memory": fails_with("53200"),
    "input or output error": fails_with("58030"),
    "connection lost": loses_its_connection,
}


@pytest.fixture
async def house(engine: AsyncEngine) -> AsyncIterator[House]:
    async with opened_house(engine) as opened:
        yield opened


async def parked(house: House) -> list[tuple[bytes | None, str, str]]:
    async with transaction(house.engine, house.operator_id) as connection:
        found = await aside.parked(connection, house.operator_id, house.road.keyring)
    return [(each.message.body, each.code, each.detail) for each in found]


def told_of(house: House, bought: Bought) -> list[Message]:
    """The sandbox's messages on one purchase."""
    return [each for each in house.load.messages if f'"id":"{bought.ref}-'.encode() in each.body]


def poison(monkeypatch: pytest.MonkeyPatch, *messages: Message) -> None:
    """Processing these messages fails in a way that nobody foresaw."""
    parse = SandboxAdapter.parse

    def poisoned(self: SandboxAdapter, delivery: Delivery) -> tuple[CardEvent, ...]:
        if delivery.body in [message.body for message in messages]:
            raise ZeroDivisionError("nobody foresaw this")
        return parse(self, delivery)

    monkeypatch.setattr(SandboxAdapter, "parse", poisoned)


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_what_cannot_be_processed_is_parked_and_everything_else_goes_through(
    house: House, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    victims = [bought for bought in house.load.bought if bought.network == "sandbox"][:count]
    poisoned = [message for bought in victims for message in told_of(house, bought)]
    assert len(poisoned) >= count
    poison(monkeypatch, *poisoned)
    await house.deliver_all(house.load.deliveries)
    await drain(house.engine, house.road, house.operator_id, NOW)

    expected = [(message.body, "failed", "ZeroDivisionError: nobody foresaw this") for message in poisoned]
    assert sorted(await parked(house)) == sorted(expected)
    house.load.bought[:] = [bought for bought in house.load.bought if bought not in victims]
    assert differing(stored_wallets(await house.read(WALLETS)), wallets(house.load, NOW)) == {}
    assert differing(stored_purchases(await house.read(PURCHASES)), purchases(house.load, NOW)) == {}
    facts = house.load.facts - len(poisoned)
    assert [tuple(row) for row in await house.read(FACTS)] == [(facts, facts)]
    await house.assert_clean()


@pytest.mark.parametrize("failure", PASSING)
async def test_a_passing_failure_is_raised_and_parks_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    await house.deliver_all(house.load.deliveries)
    async with transaction(house.engine, house.operator_id) as connection:
        waiting = await inbox.lanes_with_work(connection, house.operator_id)
    before = await house.state()
    failed = 0
    for lane in waiting:
        with failing(monkeypatch, PASSING[failure], text=RECORDING, times=100):
            try:
                await process_lane(house.engine, house.road, house.operator_id, lane, NOW)
            except DBAPIError:
                failed += 1
    assert failed == len(waiting)
    assert await house.state() == before
    await drain(house.engine, house.road, house.operator_id, NOW)
    assert await parked(house) == []
    await house.assert_true()


@pytest.mark.parametrize("failure", ["deadlock", "serialization", "connection lost"])
async def test_the_worker_tries_again_what_failed_in_passing(
    house: House, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    await house.deliver_all(house.load.deliveries)
    worker = Worker(house.engine, house.road, HeldClock(NOW), LocalWakeups())
    stop = asyncio.Event()
    monkeypatch.setattr(worker, "_read_operators", _only(worker, house))
    with failing(monkeypatch, PASSING[failure], text=RECORDING, times=4):
        working = asyncio.create_task(worker.run(stop))
        async with asyncio.timeout(60):
            while await waiting(house):  # noqa: ASYNC110 - another connection's progress, told by the database alone
                await asyncio.sleep(0.02)
        stop.set()
        await working
    assert await parked(house) == []
    await house.assert_true()


async def waiting(house: House) -> int:
    async with transaction(house.engine, house.operator_id) as connection:
        depth = await inbox.depth(connection, house.operator_id)
    return depth.waiting + depth.held_back


def _only(worker: Worker, house: House) -> Callable[[], Awaitable[None]]:
    """The shared database holds other tests' operators; their loads are none of this worker's business."""

    async def read_operators() -> None:
        worker._operators = [house.operator_id]

    return read_operators
