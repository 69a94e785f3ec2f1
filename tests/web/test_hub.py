"""The fan-out of the live feed: how many may watch, who reads for them, and how it ends."""

import asyncio
from datetime import timedelta

import pytest
from builders import NOW, a_house, a_purchase, a_shopper
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import Site

from cashback.clock import HeldClock
from cashback.errors import TryAgain
from cashback.insights.house import Houses
from cashback.web import hub as hub_module
from cashback.web.hub import CATCH_UP, FeedHub, News


def a_hub(engine: AsyncEngine) -> FeedHub:
    return FeedHub(engine, HeldClock(NOW), Houses(), apart_seconds=0.01)


async def test_watchers_of_one_operator_share_one_reader_that_ends_with_them(engine: AsyncEngine) -> None:
    house, hub = await a_house(engine), a_hub(engine)
    shopper = await a_shopper(house)
    async with hub.watch(house.operator_id) as first, hub.watch(house.operator_id) as second:
        assert len(hub._readers) == 1
        tiles = await first.queue.get()
        assert tiles is not None
        assert tiles.pulse is not None
        purchase_id = await a_purchase(shopper)
        told = [await asyncio.wait_for(_row(each), 10) for each in (first, second)]
        assert [each.rows[0].id for each in told] == [purchase_id, purchase_id]
        (reader,) = hub._readers.values()
    assert hub._readers == {}
    with pytest.raises(asyncio.CancelledError):
        await reader


async def test_an_operator_never_hears_of_another(engine: AsyncEngine) -> None:
    mine, theirs, hub = await a_house(engine), await a_house(engine), a_hub(engine)
    shopper = await a_shopper(theirs)
    async with hub.watch(mine.operator_id) as here, hub.watch(theirs.operator_id) as there:
        await there.queue.get()
        await here.queue.get()
        await a_purchase(shopper)
        await asyncio.wait_for(_row(there), 10)
        assert here.queue.empty()


async def test_one_more_than_the_house_holds_is_asked_to_poll(
    engine: AsyncEngine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, hub = await a_house(engine), site.hub
    monkeypatch.setattr(hub_module, "CLIENTS_MAX", 1)
    async with hub.watch(house.operator_id):
        with pytest.raises(TryAgain):
            async with hub.watch(house.operator_id):
                raise AssertionError("a second watcher was let in")
        async with site.operator(house) as browser:
            answer = await browser.get("/en/operator/live/stream?heard=0", headers={"HX-Request": "true"})
        assert answer.status_code == 503
        assert "Too many people are watching" in answer.text
    monkeypatch.undo()
    monkeypatch.setattr(hub_module, "CLIENTS_OF_ONE", 1)
    async with hub.watch(house.operator_id), hub.watch((await a_house(engine)).operator_id):
        with pytest.raises(TryAgain):
            hub.check_room(house.operator_id)


async def test_a_browser_that_is_too_slow_is_ended_and_catches_up(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, hub = await a_house(engine), a_hub(engine)
    old = await a_purchase(await a_shopper(house), at=NOW - timedelta(hours=1))
    async with hub.watch(house.operator_id) as watcher:
        await watcher.queue.get()
        news = await hub.since(house.operator_id, NOW)
        for _ in range(hub_module.QUEUE_MAX + 1):
            hub_module._put(watcher, news)
        assert watcher.queue.qsize() == 1
        assert await watcher.queue.get() is None
    assert news.rows == ()
    caught_up = await hub.since(house.operator_id, NOW - timedelta(hours=1) + CATCH_UP / 2)
    assert [row.id for row in caught_up.rows] == [old]


async def test_closing_ends_every_stream_and_lets_nobody_in(engine: AsyncEngine) -> None:
    house, hub = await a_house(engine), a_hub(engine)
    async with hub.watch(house.operator_id) as watcher:
        await watcher.queue.get()
        await hub.close()
        assert await watcher.queue.get() is None
        with pytest.raises(TryAgain):
            hub.check_room(house.operator_id)


async def test_a_database_that_fails_is_read_again(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    house, hub = await a_house(engine), a_hub(engine)
    real, failures = hub_module.read_feed, [OSError("gone"), OSError("gone")]

    async def flaky(*arguments: object, **more: object) -> object:
        if failures:
            raise failures.pop()
        return await real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(hub_module, "read_feed", flaky)
    async with hub.watch(house.operator_id) as watcher:
        assert (await asyncio.wait_for(watcher.queue.get(), 10)) is not None
    assert failures == []


async def _row(watcher: hub_module.Watcher) -> News:
    while True:
        news = await watcher.queue.get()
        assert news is not None
        if news.rows:
            return news
