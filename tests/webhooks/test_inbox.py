"""The log: each delivery once, contradictions kept aside, and nothing lost behind a cursor."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from inbox_builders import CONNECTION, KEYRING, NOON, card_of_lane, message, read_all, read_lane, settled, store
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import open_engine, transaction
from webhooks import aside, inbox
from webhooks.messages import LANES, Cursor, NewMessage, Receipt, lane_of, storable_delivery_id, subject_of

STORED, DUPLICATE, CONFLICT = Receipt.STORED, Receipt.DUPLICATE, Receipt.CONFLICT

_STANDING_BEFORE = "SELECT count(*) FROM pg_locks WHERE relation = 'inbox_messages'::regclass AND NOT granted"


async def roll_back_after_reading(engine: AsyncEngine, tenant: UUID, lane: int) -> None:
    async with transaction(engine, tenant) as connection:
        await read_lane(connection, tenant, lane)
        raise ZeroDivisionError


async def test_a_message_is_read_as_it_was_stored(engine: AsyncEngine) -> None:
    tenant = uuid4()
    new = NewMessage(CONNECTION, "evt_1", "transaction.auth", b"d" * 32, subject_of("net", "c"), NOON, b"\x00\xffbody")
    assert await store(engine, tenant, [new]) == [STORED]
    (read,) = await read_all(engine, tenant)
    assert (read.connection_id, read.delivery_id, read.event, read.digest) == (
        CONNECTION,
        "evt_1",
        "transaction.auth",
        b"d" * 32,
    )
    assert (read.subject, read.received_at, read.body) == (new.subject, NOON, b"\x00\xffbody")
    assert read.lane == lane_of(new.subject, "evt_1")


@pytest.mark.parametrize(
    ("first", "second", "receipt"),
    [
        ("the same delivery", message("evt"), DUPLICATE),
        ("other content", message("evt", content="changed"), CONFLICT),
        (
            "other content of another card, hence lane",
            message("evt", content="changed", card=card_of_lane(3)),
            CONFLICT,
        ),
        ("the same content of another card", message("evt", card=card_of_lane(3)), DUPLICATE),
        ("other content that names no card", message("evt", content="unreadable", card=None), CONFLICT),
        ("another connection", message("evt", connection_id=UUID(int=8)), STORED),
        ("another id", message("evt_2"), STORED),
    ],
)
async def test_what_comes_after_a_stored_delivery(
    engine: AsyncEngine, first: str, second: NewMessage, receipt: Receipt
) -> None:
    tenant = uuid4()
    card = card_of_lane(5)
    assert await store(engine, tenant, [message("evt", card=card)]) == [STORED]
    assert await store(engine, tenant, [second]) == [receipt]
    assert await store(engine, tenant, [second]) == [DUPLICATE if receipt is STORED else receipt]
    async with transaction(engine, tenant) as connection:
        kept_aside = await aside.conflicts(connection, tenant, KEYRING)
    assert [(each.delivery_id, each.body) for each in kept_aside] == (
        [("evt", second.body)] if receipt is CONFLICT else []
    )
    assert len(await read_all(engine, tenant)) == (2 if receipt is STORED else 1)


async def test_one_batch_may_repeat_and_contradict_itself(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("old")])
    batch = [
        message("new"),
        message("old", content="changed"),
        message("new"),
        message("new", content="changed"),
        message("old"),
        message("old", content="changed"),
        message("other"),
    ]
    receipts = await store(engine, tenant, batch)
    assert receipts == [STORED, CONFLICT, DUPLICATE, CONFLICT, DUPLICATE, CONFLICT, STORED]
    assert sorted(each.delivery_id for each in await read_all(engine, tenant)) == ["new", "old", "other"]
    async with transaction(engine, tenant) as connection:
        kept = await aside.conflicts(connection, tenant, KEYRING)
    assert sorted((each.delivery_id, each.body) for each in kept) == [
        ("new", b"new: changed"),
        ("old", b"old: changed"),
    ]


async def test_a_conflict_is_kept_once_for_each_content(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("evt")])
    for content in ("two", "three", "two", "three"):
        assert await store(engine, tenant, [message("evt", content=content)]) == [CONFLICT]
    async with transaction(engine, tenant) as connection:
        assert len(await aside.conflicts(connection, tenant, KEYRING)) == 2


@pytest.mark.parametrize("delivery_id", ["nul\x00inside", "lone \ud800 surrogate", "x" * 10_000, "line\nbreak", ""])
async def test_an_id_the_database_cannot_hold_is_stored_as_its_hash(engine: AsyncEngine, delivery_id: str) -> None:
    tenant = uuid4()
    assert await store(engine, tenant, [NewMessage(CONNECTION, delivery_id, None, b"d" * 32, None, NOON, b"b")]) == [
        STORED
    ]
    assert await store(engine, tenant, [NewMessage(CONNECTION, delivery_id, None, b"d" * 32, None, NOON, b"b")]) == [
        DUPLICATE
    ]
    (read,) = await read_all(engine, tenant)
    assert read.delivery_id == storable_delivery_id(delivery_id)
    assert read.body == b"b"


async def test_an_empty_batch_stores_nothing(engine: AsyncEngine) -> None:
    assert await store(engine, uuid4(), []) == []


async def test_twenty_simultaneous_deliveries_of_one_event_are_stored_once(engine: AsyncEngine) -> None:
    tenant = uuid4()
    receipts = await asyncio.gather(*(store(engine, tenant, [message("evt")]) for _ in range(20)))
    assert Counter(each for (each,) in receipts) == {STORED: 1, DUPLICATE: 19}
    assert len(await read_all(engine, tenant)) == 1


async def test_batches_that_meet_in_opposite_order_wait_and_never_deadlock(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("first")])
    ids = [f"evt_{n}" for n in range(1500)]
    forth, back = ([message(each) for each in order] for order in (ids, list(reversed(ids))))
    owner = open_engine(engine.url.render_as_string(hide_password=False), role=None)
    # The table is held until all of them stand before it, so that they really meet.
    async with owner.begin() as holder:
        await holder.exec_driver_sql("LOCK TABLE inbox_messages IN EXCLUSIVE MODE")
        stores = [asyncio.create_task(store(engine, tenant, batch)) for batch in (forth, back) * 4]
        async with asyncio.timeout(30):
            while (await holder.exec_driver_sql(_STANDING_BEFORE)).scalar_one() < len(stores):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await owner.dispose()
    receipts = await asyncio.gather(*stores)
    assert Counter(each for batch in receipts for each in batch) == {STORED: 1500, DUPLICATE: 10_500}


async def test_a_card_keeps_its_order_over_batches_and_appends_of_one_transaction(engine: AsyncEngine) -> None:
    tenant = uuid4()
    ids = [f"evt_{n}" for n in range(60)]
    random.Random(4).shuffle(ids)
    for start in (0, 20):
        await store(engine, tenant, [message(each) for each in ids[start : start + 20]])
    async with transaction(engine, tenant) as connection:
        for each in ids[40:]:
            await inbox.append(connection, tenant, [message(each)], KEYRING)
    assert [each.delivery_id for each in await read_all(engine, tenant)] == ids


async def test_a_cursor_reads_on_where_it_stopped(engine: AsyncEngine) -> None:
    tenant = uuid4()
    lane = lane_of(subject_of("net", "card_1"), "")
    await store(engine, tenant, [message(f"evt_{n}") for n in range(5)])
    await settled(engine, tenant)
    async with transaction(engine, tenant) as connection:
        assert len(await read_lane(connection, tenant, lane, limit=3)) == 3
    async with transaction(engine, tenant) as connection:
        assert await inbox.lanes_with_work(connection, tenant) == {lane: 1}
        assert [each.delivery_id for each in await read_lane(connection, tenant, lane, limit=3)] == ["evt_3", "evt_4"]
        assert await inbox.lanes_with_work(connection, tenant) == {}
        assert await read_lane(connection, tenant, lane) == []


async def test_a_cursor_that_rolls_back_has_not_moved(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("evt")])
    lane = lane_of(subject_of("net", "card_1"), "")
    await settled(engine, tenant)
    with pytest.raises(ZeroDivisionError):
        await roll_back_after_reading(engine, tenant, lane)
    assert [each.delivery_id for each in await read_all(engine, tenant)] == ["evt"]


async def test_a_locked_lane_is_skipped_or_waited_for(engine: AsyncEngine) -> None:
    tenant = uuid4()
    async with transaction(engine, tenant) as connection:
        await inbox.lock_cursor(connection, tenant, 3, wait=True)
    async with transaction(engine, tenant) as holder:
        assert await inbox.lock_cursor(holder, tenant, 3, wait=False) == Cursor(tenant, 3, 0, -1)
        async with transaction(engine, tenant) as other:
            assert await inbox.lock_cursor(other, tenant, 3, wait=False) is None
            assert await inbox.lock_cursor(other, tenant, 4, wait=False) == Cursor(tenant, 4, 0, -1)
            waiting = asyncio.create_task(inbox.lock_cursor(other, tenant, 3, wait=True))
            done, _ = await asyncio.wait({waiting}, timeout=0.05)
            assert not done
            await holder.rollback()
            assert await waiting == Cursor(tenant, 3, 0, -1)


async def test_a_cursor_never_goes_back(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("evt_1"), message("evt_2")])
    lane = lane_of(subject_of("net", "card_1"), "")
    await settled(engine, tenant)
    async with transaction(engine, tenant) as connection:
        start = await inbox.lock_cursor(connection, tenant, lane, wait=True)
        assert start is not None
        first, second = await inbox.read_after(connection, tenant, [start], KEYRING, 2)
        (moved,) = await inbox.advance(connection, [(start, second)], NOON)
        for stale, target in ((moved, first), (moved, second), (start, second)):
            with pytest.raises(ValueError, match="cursor"):
                await inbox.advance(connection, [(stale, target)], NOON)
        assert await inbox.lock_cursor(connection, tenant, lane, wait=True) == moved


async def test_an_older_transaction_hides_what_committed_after_it_began(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("first")])
    assert [each.delivery_id for each in await read_all(engine, tenant)] == ["first"]
    async with transaction(engine, tenant) as older:
        await inbox.append(older, tenant, [message("slow")], KEYRING)
        await store(engine, tenant, [message("quick")])
        async with transaction(engine, tenant) as connection:
            assert await inbox.lanes_with_work(connection, tenant) == {}
            depth = await inbox.depth(connection, tenant)
            assert (depth.waiting, depth.held_back, depth.oldest_held_back_at) == (0, 1, NOON)
            assert [each for lane in range(LANES) for each in await read_lane(connection, tenant, lane)] == []
    await settled(engine, tenant)
    async with transaction(engine, tenant) as connection:
        depth = await inbox.depth(connection, tenant)
        assert (depth.waiting, depth.held_back, depth.oldest_waiting_at) == (2, 0, NOON)
    assert [each.delivery_id for each in await read_all(engine, tenant)] == ["slow", "quick"]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_eight_writers_and_a_reader_lose_and_repeat_nothing(engine: AsyncEngine, seed: int) -> None:
    """Writers commit late, out of turn and sometimes not at all; the reader sees each committed message once."""
    tenant = uuid4()
    committed: set[str] = set()

    async def write(writer: int) -> None:
        chance = random.Random(f"{seed}/{writer}")
        for turn in range(25):
            ids = [f"{writer}.{turn}.{n}" for n in range(chance.randint(1, 6))]
            batch = [message(each, card=f"card_{chance.randrange(9)}") for each in ids]
            try:
                async with transaction(engine, tenant) as connection:
                    await inbox.append(connection, tenant, batch, KEYRING)
                    await asyncio.sleep(chance.random() * 0.01)
                    if chance.random() < 0.15:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                continue
            committed.update(ids)

    seen: list[str] = []

    async def read_until(finished: asyncio.Event) -> None:
        chance = random.Random(seed)
        while True:
            last_round = finished.is_set()
            for lane in range(LANES):
                async with transaction(engine, tenant) as connection:
                    seen.extend(
                        each.delivery_id for each in await read_lane(connection, tenant, lane, chance.randint(1, 9))
                    )
            async with transaction(engine, tenant) as connection:
                if last_round and not await inbox.lanes_with_work(connection, tenant):
                    return

    finished = asyncio.Event()
    reading = asyncio.create_task(read_until(finished))
    await asyncio.gather(*(write(writer) for writer in range(8)))
    await settled(engine, tenant)
    finished.set()
    await reading
    assert len(committed) > 300
    assert sorted(seen) == sorted(committed)


def test_a_subject_says_nothing_of_the_card_and_fields_do_not_run_together() -> None:
    assert len(subject_of("fidel", "card_1")) == 16
    assert subject_of("ab", "c") != subject_of("a", "bc")
    assert subject_of("net", "lone \ud800") == subject_of("net", "lone \ud800")


def test_lanes_are_all_used_and_stable() -> None:
    lanes = Counter(lane_of(subject_of("net", f"card_{n}"), "") for n in range(4000))
    assert set(lanes) == set(range(LANES))
    # Of a fair spread of 4,000 cards no lane is this far from 250.
    assert 150 < min(lanes.values()) <= max(lanes.values()) < 350
    # The lane is part of stored keys: these may never change.
    assert [lane_of(subject_of("fidel", "card_1"), ""), lane_of(None, "evt_1")] == [15, 10]


async def test_the_ages_of_a_backlog(engine: AsyncEngine) -> None:
    tenant = uuid4()
    for hours in (3, 1, 2):
        at = NOON - timedelta(hours=hours)
        await store(engine, tenant, [NewMessage(CONNECTION, f"{hours}", None, b"d" * 32, None, at, b"")])
    await settled(engine, tenant)
    async with transaction(engine, tenant) as connection:
        depth = await inbox.depth(connection, tenant)
    assert (depth.waiting, depth.oldest_waiting_at) == (3, NOON - timedelta(hours=3))
    await read_all(engine, tenant)
    async with transaction(engine, tenant) as connection:
        depth = await inbox.depth(connection, tenant)
    assert (depth.waiting, depth.held_back, depth.oldest_waiting_at, depth.oldest_held_back_at) == (0, 0, None, None)


async def test_several_lanes_are_locked_read_and_moved_at_once(engine: AsyncEngine) -> None:
    tenant = uuid4()
    async with transaction(engine, tenant) as connection:
        opened = await inbox.open_lanes(connection, tenant)
        assert sorted(each.lane for each in opened) == list(range(LANES))
        assert await inbox.open_lanes(connection, tenant) == []
    told = [message(f"evt_{lane}_{n}", card=card_of_lane(lane)) for n in range(3) for lane in (9, 2, 5)]
    for each in told:
        await store(engine, tenant, [each])
    await settled(engine, tenant)
    async with transaction(engine, tenant) as holder, transaction(engine, tenant) as connection:
        assert await inbox.lock_cursor(holder, tenant, 2, wait=False) is not None
        waiting = await inbox.lanes_with_work(connection, tenant, 2)
        assert list(waiting.items()) == [(9, 2), (2, 2), (5, 2)]
        assert [each.lane for each in await inbox.lock_free(connection, tenant, list(waiting), 1)] == [9]
        cursors = await inbox.lock_free(connection, tenant, list(waiting), 4)
        assert [each.lane for each in cursors] == [9, 5]
        read = await inbox.read_after(connection, tenant, cursors, KEYRING, 2)
        assert [each.delivery_id for each in read] == ["evt_9_0", "evt_5_0", "evt_9_1", "evt_5_1"]
        moved = await inbox.advance(connection, list(zip(cursors, read[2:], strict=True)), NOON)
        with pytest.raises(ValueError, match="moved meanwhile"):
            await inbox.advance(connection, list(zip(cursors, read[2:], strict=True)), NOON)
        with pytest.raises(ValueError, match="only moves forward"):
            await inbox.advance(connection, [(moved[0], read[3])], NOON)
        left = await inbox.read_after(connection, tenant, moved, KEYRING, 2)
        assert [each.delivery_id for each in left] == ["evt_9_2", "evt_5_2"]
