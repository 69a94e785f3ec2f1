"""A crash between any two statements of a transaction leaves everything, or nothing.

Each step of the road is made to end at its first statement, at its second, and so on until it passes untouched; after
each end every row of every table is as it was before, and after the healthy run the books equal the oracle's.
"""

from asyncio import CancelledError, sleep
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from crash_house import (
    NOW,
    START,
    Crash,
    Fault,
    House,
    dies,
    failing,
    failing_commit,
    is_cancelled,
    loses_its_connection,
    losing_the_group,
    opened_house,
)
from crash_load import NOWHERE, Message, reference
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from cashback.merchants.csv_file import import_identifiers
from cashback.pipeline import drain, link_card, pass_time, process_lane, rematch, unlink_card
from cashback.shoppers.service import find
from webhooks import inbox

pytestmark = pytest.mark.crash

STATEMENTS_MAX = 80
LANES_CRASHED = 2
"""Each has about twenty crash points; the other lanes are worked by the healthy run alone."""
ENDS: dict[str, tuple[Fault, bool]] = {
    "before": (dies, False),
    "after": (dies, True),
    "cancelled": (is_cancelled, False),
    "cut": (loses_its_connection, False),
}
"""How a step ends, and whether after its statement was done."""

Step = Callable[[], Awaitable[int]]


@pytest.fixture
async def house(engine: AsyncEngine) -> AsyncIterator[House]:
    async with opened_house(engine) as opened:
        yield opened


async def survive(house: House, monkeypatch: pytest.MonkeyPatch, end: str, step: Step) -> int:
    """End the step at every statement in turn; answers how many crash points it has. At last it passes."""
    fault, after = ENDS[end]
    before = await house.state()
    for place in range(1, STATEMENTS_MAX):
        worked = 0
        with failing(monkeypatch, fault, at=place, after=after) as done:
            try:
                worked = await step()
            except (Crash, CancelledError, DBAPIError):
                assert len(done) == place
        if worked:
            assert await house.state() != before
            return place - 1
        assert await house.state() == before
        if len(done) < place:
            # A connection that was cut holds its locks until the database notices.
            await sleep(0.02)
    raise AssertionError(f"the step did not pass in {STATEMENTS_MAX} attempts; its last statements: {done[-3:]}")


async def lanes(house: House) -> list[int]:
    async with transaction(house.engine, house.operator_id) as connection:
        return list(await inbox.lanes_with_work(connection, house.operator_id))


async def shopper(house: House, number: int) -> UUID:
    async with transaction(house.engine, house.operator_id) as connection:
        return (await find(connection, house.operator_id, [reference(number)]))[reference(number)]


@pytest.mark.parametrize("end", ENDS)
async def test_a_batch_is_processed_whole_or_not_at_all(
    house: House, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    await house.deliver_all(house.load.deliveries)
    waiting = await lanes(house)
    assert len(waiting) > LANES_CRASHED
    for lane in waiting[:LANES_CRASHED]:
        points = await survive(
            house, monkeypatch, end, lambda at=lane: process_lane(house.engine, house.road, house.operator_id, at, NOW)
        )
        assert points >= 6
        state = await house.state()
        assert await process_lane(house.engine, house.road, house.operator_id, lane, NOW) == 0
        assert await house.state() == state
    await drain(house.engine, house.road, house.operator_id, NOW)
    await house.assert_true()


async def test_a_crash_at_the_commit_leaves_nothing(house: House) -> None:
    await house.deliver_all(house.load.deliveries)
    before = await house.state()
    for lane in await lanes(house):
        with failing_commit(house.engine), pytest.raises(Crash):
            await process_lane(house.engine, house.road, house.operator_id, lane, NOW)
    assert await house.state() == before
    await drain(house.engine, house.road, house.operator_id, NOW)
    await house.assert_true()


@pytest.mark.parametrize("end", ["before", "after", "cut"])
async def test_time_passes_whole_or_not_at_all(house: House, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    await house.deliver_all(house.load.deliveries)
    await drain(house.engine, house.road, house.operator_id, START)
    later = START + timedelta(days=32)
    points = await survive(
        house, monkeypatch, end, lambda: pass_time(house.engine, house.road, house.operator_id, later)
    )
    assert points >= 10
    while await pass_time(house.engine, house.road, house.operator_id, later):
        pass
    await house.assert_true(later)


@pytest.mark.parametrize("end", ["before", "after", "cut"])
async def test_a_card_is_linked_by_command_whole_or_not_at_all(
    house: House, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    await house.deliver_all([message for message in house.load.deliveries if not links(message, shopper=1)])
    await drain(house.engine, house.road, house.operator_id, NOW)
    shopper_id = await shopper(house, 1)
    for network in ("sandbox", "fidel"):

        async def step(network: str = network) -> int:
            await link_card(
                house.engine, house.road, house.actor, shopper_id=shopper_id, network=network,
                token=f"card-{network}-1", linked_at=START - timedelta(days=100), last_four="0001", scheme=None,
                now=NOW,
            )  # fmt: skip
            return 1

        assert await survive(house, monkeypatch, end, step) >= 10
    await house.assert_true()


@pytest.mark.parametrize("end", ["before", "after"])
async def test_a_card_is_unlinked_whole_or_not_at_all(house: House, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    await house.deliver_all(house.load.deliveries)
    await drain(house.engine, house.road, house.operator_id, NOW)
    shopper_id = await shopper(house, 1)

    async def step() -> int:
        await unlink_card(
            house.engine, house.road, house.actor, shopper_id=shopper_id, network="sandbox", token="card-sandbox-1",
            now=NOW,
        )  # fmt: skip
        return 1

    assert await survive(house, monkeypatch, end, step) >= 4
    await house.assert_true()


@pytest.mark.parametrize("end", ["before", "after", "cut"])
async def test_a_shop_that_becomes_known_is_matched_whole_or_not_at_all(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    async with opened_house(engine, seed=3, deliveries=240) as house:
        nowhere = [bought for bought in house.load.bought if bought.place == NOWHERE]
        assert nowhere
        await house.deliver_all(house.load.deliveries)
        await drain(house.engine, house.road, house.operator_id, NOW)
        await house.assert_true()
        rows = f"shop-0,sandbox,mid,00881{NOWHERE:05d},,\nshop-0,fidel,fidel_location,location-{NOWHERE},,\n"
        async with transaction(engine, house.operator_id) as connection:
            header = "shop,network,scheme,value,valid_from,valid_until\n"
            await import_identifiers(connection, house.actor, (header + rows).encode(), NOW)
        points = await survive(
            house, monkeypatch, end, lambda: rematch(house.engine, house.road, house.operator_id, NOW)
        )
        assert points >= 6
        for bought in nowhere:
            bought.place = 0
        await house.assert_true()


@pytest.mark.parametrize("end", ["cut", "after-cut"])
async def test_a_webhook_is_stored_whole_or_not_at_all(house: House, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """A connection that is lost while the group is stored: 503 and nothing written; the next delivery is stored."""
    messages = house.load.messages[:4]
    before = await house.state()
    for place in range(1, STATEMENTS_MAX):
        with failing(monkeypatch, loses_its_connection, at=place, after=end == "after-cut") as done:
            answer = await house.deliver(messages[0])
        if len(done) < place:
            break
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert await house.state() == before
    assert answer.status_code in (200, 202)
    assert place > 3
    stored = await house.state()
    assert (await house.deliver(messages[0])).status_code == answer.status_code
    assert await house.state() == stored


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("used_before", [False, True], ids=["first", "kept"])
async def test_a_connection_lost_around_the_only_statement_of_a_group(
    house: House, monkeypatch: pytest.MonkeyPatch, after: bool, used_before: bool
) -> None:
    """Cut before it, nothing is written; cut after it, it was committed and the next delivery is a duplicate.

    A connection that was used before may have died long ago, so the receiver tries again itself on a new one.
    """
    warm_up, message = house.load.messages[:2]
    assert (await house.deliver(warm_up)).status_code in (200, 202)
    if not used_before:
        await house.receiver._writer.close()
    before = await house.state()
    with losing_the_group(monkeypatch, after=after) as cut:
        answer = await house.deliver(message)
    assert cut == [True]
    if used_before:
        assert answer.status_code in (200, 202)
    else:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert (await house.state() == before) is not after
    assert (await house.deliver(message)).status_code in (200, 202)
    assert [row[0] for row in await house.read("SELECT count(*) FROM inbox_messages")] == [2]


async def test_a_crash_between_commit_and_answer_makes_the_next_delivery_a_duplicate(engine: AsyncEngine) -> None:
    crashes = [True, True, False]

    async def stored() -> None:
        if crashes.pop(0):
            raise RuntimeError("ended before the answer")

    async with opened_house(engine, stored=stored) as house:
        message = house.load.messages[0]
        assert (await house.deliver(message)).status_code == 503
        first = await house.state()
        assert [row[0] for row in await house.read("SELECT count(*) FROM inbox_messages")] == [1]
        assert (await house.deliver(message)).status_code == 503
        assert (await house.deliver(message)).status_code in (200, 202)
        assert crashes == []
        assert await house.state() == first


def links(message: Message, *, shopper: int) -> bool:
    """Whether it says that a card of this shopper was linked."""
    return f'"{reference(shopper)}"'.encode() in message.body
