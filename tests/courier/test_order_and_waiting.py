"""The order in which events arrive, what deliveries wait for, and what a replay brings forward."""

import asyncio
import random
from collections import defaultdict
from datetime import timedelta

import msgspec
import pytest
from post_office import START, PostOffice
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from webhooks import deliveries, endpoints, outbox, streams
from webhooks.deliveries import Ended, record, take
from webhooks.outbox import Message
from webhooks.schedule import BREAKS_AT, Answer, Progress
from webhooks.streams import Place

SHOPPERS = 12
TURNS = 6
CAUSES = ("purchase.recognised", "reward.earned", "reward.available")
"""What one transaction tells of one shopper; the alphabet and the ids would sort it otherwise."""


@pytest.fixture
def office(engine: AsyncEngine) -> PostOffice:
    return PostOffice(engine)


async def tell_in_turns(office: PostOffice, shopper: str, held: asyncio.Lock, chosen: random.Random) -> None:
    """What happens to one shopper, a transaction after another, as those who hold a shopper's lock tell it."""
    for turn in range(TURNS):
        async with held, transaction(office.engine, office.operator_id) as connection:
            for part, type_ in enumerate(CAUSES):
                key = f"{type_}:{chosen.random()}"
                told = [
                    Message(f"{key}:{n}", type_, shopper, {"at": [turn, part, n]}, office.clock.now()) for n in range(3)
                ]
                await outbox.tell(connection, office.operator_id, told, office.clock.now())
            await asyncio.sleep(chosen.random() / 50)


async def test_events_of_a_shopper_arrive_in_their_order_whoever_sends_them(office: PostOffice) -> None:
    await office.add()
    chosen, telling = random.Random(5), True
    arrived: dict[str, list[list[int]]] = defaultdict(list)

    async def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
        await asyncio.sleep(chosen.random() / 100)
        read = msgspec.json.decode(body)
        ((shopper,),) = await office.rows(
            "SELECT partition FROM outbox_messages WHERE id = $1", outbox.read_id(headers["webhook-id"])
        )
        arrived[str(shopper)].append(read["data"]["at"])
        return Answer(200, None, 1)

    couriers = [office.courier(), office.courier()]

    async def send(number: int) -> None:
        couriers[number]._send = post
        while telling:
            await office.round(couriers[number])

    sending = [asyncio.create_task(send(number)) for number in range(2)]
    tellers = [tell_in_turns(office, f"shopper-{n}", asyncio.Lock(), chosen) for n in range(SHOPPERS)]
    await asyncio.gather(*tellers)
    telling = False
    await asyncio.gather(*sending)
    while await office.rows("SELECT 1 FROM outbox_messages WHERE handed_at IS NULL LIMIT 1") or (
        (await office.counted()).get("pending")
    ):
        await office.round(couriers[0])
    expected = [[turn, part, n] for turn in range(TURNS) for part in range(len(CAUSES)) for n in range(3)]
    assert dict(arrived) == {f"shopper-{n}": expected for n in range(SHOPPERS)}

    streamed: dict[str, list[list[int]]] = defaultdict(list)
    place, more = Place(0), True
    names = dict(await office.rows("SELECT id, partition FROM outbox_messages"))  # type: ignore[arg-type, var-annotated]
    while more:
        async with transaction(office.engine, office.operator_id) as connection:
            read = await streams.read_on(connection, office.operator_id, place, "1", now=office.clock.now())
        for each in read.found:
            streamed[names[outbox.read_id(each.id)]].append(msgspec.json.decode(each.body)["data"]["at"])
        place, more = read.place, read.more
    assert streamed == arrived


async def test_of_a_partition_that_is_under_way_nothing_is_taken_by_another(office: PostOffice) -> None:
    endpoint_id = await office.add()
    now, tenant = office.clock.now(), office.operator_id
    await office.tell(2, partition="anna")
    await office.tell(partition="bea")
    async with transaction(office.engine, tenant) as connection:
        await outbox.hand_out(connection, tenant, now)
        (first,) = await take(connection, tenant, endpoint_id, 1, office.keyring.master, now)
    async with transaction(office.engine, tenant) as connection:
        rest = await take(connection, tenant, endpoint_id, 9, office.keyring.master, now)
        assert [each.partition for each in (first, *rest)] == ["anna", "bea"]
        await record(connection, tenant, [Ended(first, Answer(200, None, 5), now)], now)
        (last,) = await take(connection, tenant, endpoint_id, 9, office.keyring.master, now)
    assert last.partition == "anna"


async def test_the_next_try_counts_from_the_end_of_an_attempt(office: PostOffice) -> None:
    endpoint_id = await office.add(behaviour=lambda _, number: 200 if number > 1 else None)
    office.milliseconds = 15_000
    await office.tell()
    await office.round()
    (found,) = await office.log(endpoint_id)
    assert found.next_at is not None
    assert found.next_at >= START + timedelta(seconds=20)


async def test_what_a_delivery_waits_for_is_told(office: PostOffice) -> None:
    broken, well = [True], await office.add("well")
    endpoint_id = await office.add(behaviour=lambda *_: 500 if broken[0] else 200)
    await office.tell()
    await office.round()
    (retrying,) = await office.log(endpoint_id)
    assert (retrying.progress, retrying.attempts, retrying.code) == (Progress.RETRYING, 1, 500)
    office.clock.advance(
        timedelta(milliseconds=2)
    )  # the log is in the order of ids, which begin with their millisecond
    await office.tell()
    async with transaction(office.engine, office.operator_id) as connection:
        await outbox.hand_out(connection, office.operator_id, office.clock.now())
    assert [(each.progress, each.next_at) for each in (await office.log(endpoint_id))[1:]] == [(Progress.QUEUED, None)]
    async with transaction(office.engine, office.operator_id) as connection:
        await take(connection, office.operator_id, well, 1, office.keyring.master, office.clock.now())
    (_, sending) = await office.log(well)
    assert (sending.progress, sending.attempts, sending.next_at) == (Progress.SENDING, 1, None)
    await office.tell(BREAKS_AT)
    await office.round()
    held = await office.endpoint(endpoint_id)
    assert (held.one_at_a_time, held.failures >= BREAKS_AT) == (True, True)
    assert held.given_up_at == START + timedelta(hours=120)
    log = await office.log(endpoint_id)
    waiting = [each for each in log if each.progress is Progress.HELD]
    assert {each.next_at for each in waiting} <= {held.held_until}
    assert all(each.next_at is None or each.next_at > office.clock.now() for each in log)
    broken[0] = False
    await office.run()
    assert {each.progress for each in await office.log(endpoint_id)} == {None}


@pytest.mark.parametrize("how", ["failed", "span"])
async def test_a_replay_sends_now_what_waits_after_a_failure_and_each_once(office: PostOffice, how: str) -> None:
    endpoint_id = await office.add(behaviour=lambda *_: 500)
    messages = await office.tell(BREAKS_AT + 4)
    for _ in range(2):
        await office.round()
    now, tenant = office.clock.now(), office.operator_id
    assert (await office.endpoint(endpoint_id)).held_until is not None
    failed = sum(each.attempts > 0 for each in await office.log(endpoint_id))
    assert failed >= BREAKS_AT
    office.behaviour["https://crm.example/"] = lambda *_: 200
    async with transaction(office.engine, tenant) as connection:
        if how == "failed":
            assert await deliveries.replay_failed(connection, tenant, endpoint_id, now) == failed
        else:
            until = now + timedelta(seconds=1)
            assert await deliveries.replay_between(connection, tenant, endpoint_id, now, until, now) == len(messages)
        (taken,) = await take(connection, tenant, endpoint_id, 1, office.keyring.master, now)
    # A worker holds one now: it stays that worker's, and is not sent by a second one.
    async with transaction(office.engine, tenant) as connection:
        assert await deliveries.replay_one(connection, tenant, endpoint_id, taken.message_id, now)
        await deliveries.replay_failed(connection, tenant, endpoint_id, now)
        await deliveries.replay_between(connection, tenant, endpoint_id, now, now + timedelta(seconds=1), now)
    office.sent.clear()
    await office.round()
    assert office.reached("crm") == [], "while it keeps failing one delivery is under way at a time"
    async with transaction(office.engine, tenant) as connection:
        await record(connection, tenant, [Ended(taken, Answer(200, None, 5), now)], now)
    await office.round()
    rest = sorted(set(messages) - {outbox.show_id(taken.message_id)})
    assert sorted(office.reached("crm")) == rest
    assert await office.counted() == {"delivered": len(messages)}


async def test_what_an_address_answered_says_nothing_of_the_one_in_its_place(office: PostOffice) -> None:
    endpoint_id = await office.add()
    await office.tell()
    now, tenant = office.clock.now(), office.operator_id
    async with transaction(office.engine, tenant) as connection:
        await outbox.hand_out(connection, tenant, now)
        (taken,) = await take(connection, tenant, endpoint_id, 1, office.keyring.master, now)
        await endpoints.change(connection, tenant, endpoint_id, url="https://new.example/", types=None)
        assert await record(connection, tenant, [Ended(taken, Answer(410, None, 5), now)], now) == []
    found = await office.endpoint(endpoint_id)
    assert (found.url, found.state, found.failures) == ("https://new.example/", "enabled", 0)
