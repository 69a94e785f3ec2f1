"""Deliveries over days of virtual time: at least once, each failure seen, no endpoint slowed by another."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from post_office import START, PostOffice
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from webhooks import deliveries, delivery_log, endpoints, outbox
from webhooks.courier import SIDE_BY_SIDE
from webhooks.deliveries import LEASE, take
from webhooks.outbox import read_id
from webhooks.schedule import ATTEMPTS_MAX, BREAKS_AT, Answer

MANY = 10_000 if os.environ.get("LAWS") == "thorough" else 2_000


@pytest.fixture
def office(engine: AsyncEngine) -> PostOffice:
    return PostOffice(engine)


def half_of_the_time(message_id: str, number: int) -> int:
    """The same half in every run, and independent of one another."""
    return 500 if hashlib.sha256(f"{message_id}:{number}".encode()).digest()[0] & 1 else 200


async def until(reached: Callable[[], bool]) -> None:
    """Wait for what a task beside this one does."""
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_a_message_is_sent_once_signed_with_its_content(office: PostOffice) -> None:
    endpoint_id = await office.add()
    (message_id,) = await office.tell()
    await office.round()
    ((sent,), (found,)) = office.sent, await office.log(endpoint_id)
    assert sent.body == (
        b'{"type":"reward.earned","timestamp":"2026-11-29T12:00:00Z","version":"1","data":{"number":0}}'
    )
    assert (sent.message_id, found.state, found.attempts, found.code) == (message_id, "delivered", 1, 200)
    await office.run()
    assert len(office.sent) == 1
    async with transaction(office.engine, office.operator_id) as connection:
        whole = await delivery_log.whole(
            connection, office.operator_id, endpoint_id, read_id(message_id), office.clock.now()
        )
    assert whole is not None
    assert (whole.body, [each.code for each in whole.made]) == (sent.body, [200])


async def test_thousands_of_deliveries_to_receivers_that_fail_half_of_the_time(office: PostOffice) -> None:
    names = ("a", "b", "c", "d")
    made = {name: await office.add(name, half_of_the_time) for name in names}
    messages = set(await office.tell(MANY // len(names)))
    await office.run(step=timedelta(hours=12))
    counted = await office.counted()
    assert sum(counted.values()) == MANY
    assert set(counted) <= {"delivered", "dead"}
    assert {each.message_id for each in office.sent} == messages
    # One of a thousand fails ten times in a row; each is visible and replayed.
    dead = counted.get("dead", 0)
    assert dead == sum(
        all(half_of_the_time(each, number) == 500 for number in range(1, ATTEMPTS_MAX + 1)) for each in messages
    ) * len(names)
    attempts = await office.rows("SELECT count(*) FROM webhook_attempts")
    assert attempts == [(len(office.sent),)]
    for endpoint_id in made.values():
        async with transaction(office.engine, office.operator_id) as connection:
            replayed = await deliveries.replay_failed(connection, office.operator_id, endpoint_id, office.clock.now())
        assert replayed == dead // len(names)
    await office.run()
    assert await office.counted() == {"delivered": MANY}


async def test_what_always_fails_is_tried_ten_times_over_three_days_under_one_id_and_then_dead(
    office: PostOffice,
) -> None:
    endpoint_id = await office.add(behaviour=lambda *_: 500)
    (message_id,) = await office.tell()
    await office.run()
    assert [each.message_id for each in office.sent] == [message_id] * ATTEMPTS_MAX
    assert len({each.body for each in office.sent}) == 1
    times = [each.at - START for each in office.sent]
    assert times[0] == timedelta(0)
    assert timedelta(hours=75.6) < times[-1] < timedelta(hours=75.6 * 1.2)
    (found,) = await office.log(endpoint_id)
    assert (found.state, found.code, found.next_at) == ("dead", 500, None)


async def test_an_endpoint_that_hangs_keeps_no_other_waiting(office: PostOffice) -> None:
    hanging = asyncio.Event()
    await office.add("hung")
    await office.add("well")
    messages = await office.tell(300)

    async def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
        if "hung" in url:
            await hanging.wait()
            return Answer(None, "no answer within 15 s", 15_000)
        return await PostOffice.post(office, url, headers, body)

    courier = office.courier()
    courier._send = post
    await courier.begin_round([office.operator_id])
    await until(lambda: len(office.reached("well")) == 300)
    # Nobody waits for the other, which is still being asked, and a new message goes through too.
    await until(lambda: len(courier._serving) == 1)
    messages += await office.tell()
    await courier.begin_round([office.operator_id])
    await until(lambda: len(office.reached("well")) == 301)
    assert sorted(office.reached("well")) == sorted(messages)
    assert office.reached("hung") == []
    hanging.set()
    await courier.quiet()
    # A few were tried; the rest was given back without having cost an attempt.
    (hung,) = await office.rows(
        "SELECT count(*) FILTER (WHERE attempts > 0), count(*) FROM webhook_deliveries WHERE state = 'pending'"
    )
    assert hung[1] == 301
    assert BREAKS_AT <= int(str(hung[0])) <= BREAKS_AT + SIDE_BY_SIDE


async def test_one_that_keeps_failing_is_asked_seldom_and_is_served_again_when_it_recovers(office: PostOffice) -> None:
    recovers = START + timedelta(hours=1)
    endpoint_id = await office.add(behaviour=lambda *_: 200 if office.clock.now() >= recovers else 503)
    await office.tell(500)
    await office.run(until=recovers)
    failures = len(office.sent)
    # 500 messages would have been 1,500 attempts in that hour; it was asked some dozens of times.
    assert BREAKS_AT <= failures < 60
    assert (await office.endpoint(endpoint_id)).failures == failures
    await office.run(step=timedelta(minutes=10))
    assert await office.counted() == {"delivered": 500}
    found = await office.endpoint(endpoint_id)
    assert (found.failures, found.failing_since, found.held_until, found.enabled) == (0, None, None, True)


async def test_gone_disables_at_once_and_the_others_are_told(office: PostOffice) -> None:
    gone = await office.add("gone", lambda *_: 410)
    await office.add("well")
    await office.tell(100)
    await office.run()
    found = await office.endpoint(gone)
    assert (found.state, found.why) == ("disabled", "gone")
    assert len(office.reached("gone")) <= BREAKS_AT + SIDE_BY_SIDE
    assert {each.state for each in await office.log(gone)} == {"dead"}
    told = [each.body for each in office.sent if b"endpoint.disabled" in each.body]
    assert len(told) == 1
    assert b'"why":"gone"' in told[0]
    assert (await office.rows("SELECT action FROM audit_log")) == [("endpoint.disabled",)]
    assert (await office.counted())["delivered"] == 101


async def test_five_days_of_nothing_but_failures_disable_and_one_success_begins_anew(office: PostOffice) -> None:
    failing = await office.add("failing", lambda *_: 500)
    flaky = await office.add("flaky", lambda *_: 200 if office.clock.now() > START + timedelta(hours=100) else 500)
    for _ in range(13):
        await office.tell()
        await office.run(until=office.clock.now() + timedelta(hours=10), step=timedelta(hours=2))
        office.pass_time(hours=10)
    await office.run()
    lost, kept = await office.endpoint(failing), await office.endpoint(flaky)
    assert (lost.state, lost.why) == ("disabled", "failing")
    assert lost.changed_at - START >= timedelta(hours=120)
    assert (kept.state, kept.failures) == ("enabled", 0)


async def test_who_asks_for_time_gets_it_for_all_messages(office: PostOffice) -> None:
    busy_until = START + timedelta(seconds=100)
    office.retry_after = "120"
    await office.add(behaviour=lambda *_: 200 if office.clock.now() > busy_until else 429)
    await office.tell()
    await office.round()
    await office.tell(10)
    await office.round()
    assert len(office.sent) == 1
    await office.run()
    # From the end of the answer that asked for it.
    assert {each.at for each in office.sent[1:]} == {START + timedelta(seconds=120, milliseconds=5)}
    assert await office.counted() == {"delivered": 11}


async def test_a_process_that_dies_after_sending_sends_again_under_the_same_id(office: PostOffice) -> None:
    endpoint_id = await office.add()
    (message_id,) = await office.tell()
    courier = office.courier()

    async def dies(url: str, headers: dict[str, str], body: bytes) -> Answer:
        await PostOffice.post(office, url, headers, body)
        raise asyncio.CancelledError

    courier._send = dies
    await courier.begin_round([office.operator_id])
    await asyncio.gather(*courier._serving.values(), return_exceptions=True)
    await office.round()
    assert office.reached("crm") == [message_id]
    office.pass_time(seconds=LEASE.total_seconds() + 1)
    await office.round()
    assert office.reached("crm") == [message_id] * 2
    (found,) = await office.log(endpoint_id)
    # The attempt that nobody recorded is the number that is missing.
    assert (found.state, found.attempts) == ("delivered", 2)
    assert await office.rows("SELECT number FROM webhook_attempts") == [(2,)]


async def test_what_a_slow_process_records_late_does_not_undo_what_another_did(office: PostOffice) -> None:
    endpoint_id = await office.add()
    await office.tell()
    async with transaction(office.engine, office.operator_id) as connection:
        await outbox.hand_out(connection, office.operator_id, office.clock.now())
        (slow,) = await take(connection, office.operator_id, endpoint_id, 1, office.keyring.master, office.clock.now())
    office.pass_time(seconds=LEASE.total_seconds() + 1)
    await office.round()
    late = deliveries.Ended(slow, Answer(500, None, 1), office.clock.now())
    async with transaction(office.engine, office.operator_id) as connection:
        await deliveries.record(connection, office.operator_id, [late], office.clock.now())
    (found,) = await office.log(endpoint_id)
    assert (found.state, found.code) == ("delivered", 200)
    assert await office.rows("SELECT number, code FROM webhook_attempts ORDER BY 1") == [(1, 500), (2, 200)]


async def test_several_processes_send_everything_once(office: PostOffice) -> None:
    await office.add()
    messages = await office.tell(600)
    couriers = [office.courier() for _ in range(4)]
    await asyncio.gather(*(office.round(each) for each in couriers))
    await asyncio.gather(*(office.round(each) for each in couriers))
    assert sorted(office.reached("crm")) == sorted(messages)
    assert await office.counted() == {"delivered": 600}


async def test_messages_of_one_partition_arrive_in_their_order_while_nothing_fails(office: PostOffice) -> None:
    await office.add()
    told: dict[str, list[str]] = {"anna": [], "bea": []}
    for _ in range(20):
        for name, ids in told.items():
            ids += await office.tell(partition=name)
        office.pass_time(seconds=1)
    await office.run()
    arrived = office.reached("crm")
    for ids in told.values():
        assert [each for each in arrived if each in ids] == ids


@pytest.mark.parametrize("which", ["one", "failed", "range"])
async def test_what_was_missed_is_played_again(office: PostOffice, which: str) -> None:
    endpoint_id: UUID = await office.add(behaviour=lambda *_: 500)
    messages = await office.tell(3)
    await office.run()
    assert await office.counted() == {"dead": 3}
    office.behaviour["https://crm.example/"] = lambda *_: 200
    office.sent.clear()
    now, operator_id = office.clock.now(), office.operator_id
    async with transaction(office.engine, operator_id) as connection:
        if which == "one":
            assert await deliveries.replay_one(connection, operator_id, endpoint_id, read_id(messages[1]), now)
            assert not await deliveries.replay_one(connection, operator_id, endpoint_id, UUID(int=1), now)
        elif which == "failed":
            assert await deliveries.replay_failed(connection, operator_id, endpoint_id, now) == 3
        else:
            until = START + timedelta(seconds=1)
            assert await deliveries.replay_between(connection, operator_id, endpoint_id, START, until, now) == 3
            assert await deliveries.replay_between(connection, operator_id, endpoint_id, until, now, now) == 0
    await office.run()
    assert sorted(office.reached("crm")) == (sorted(messages) if which != "one" else [messages[1]])


async def test_what_was_told_while_it_was_disabled_is_sent_by_a_replay_of_that_time(office: PostOffice) -> None:
    endpoint_id = await office.add(behaviour=lambda *_: 410, types=["reward.*"])
    await office.tell()
    await office.run()
    await office.tell(2, type_="reward.changed")
    await office.tell(2, type_="card.linked")
    await office.run()
    office.behaviour["https://crm.example/"] = lambda *_: 200
    now = office.clock.now() + timedelta(seconds=1)
    async with transaction(office.engine, office.operator_id) as connection:
        assert await endpoints.enable(connection, office.operator_id, endpoint_id, now)
        assert not await endpoints.enable(connection, office.operator_id, endpoint_id, now)
        count = await deliveries.replay_between(connection, office.operator_id, endpoint_id, START, now, now)
    assert count == 3
    office.clock.move_to(now)
    office.sent.clear()
    await office.run()
    assert len(office.sent) == 3
