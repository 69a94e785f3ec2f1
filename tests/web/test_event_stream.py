"""The stream of events over the API: resumed where it was, in order, and nothing that is committed late is lost."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from builders import NOW, House, a_house, a_shopper
from portal_site import a_portal
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Scope, system
from cashback.auth.keys import create_key
from cashback.db.engine import transaction
from cashback.events import service as events
from cashback.ids import show
from webhooks import streams as event_streams
from webhooks.streams import Place, read_place


async def key_of(house: House, *scopes: Scope, label: str = "stream") -> str:
    async with transaction(house.engine, house.operator_id) as connection:
        maker = system(house.operator_id, "tests")
        return await create_key(connection, maker, label=label, scopes=scopes, now=NOW)


async def tell(house: House, count: int) -> list[str]:
    """So many events in one transaction; the ids of their shoppers."""
    shoppers = [uuid4() for _ in range(count)]
    async with transaction(house.engine, house.operator_id) as connection:
        told = [events.event("notice.told", each.hex, NOW, of=each, shopper=each.hex, kind="test") for each in shoppers]
        await events.tell(connection, house.operator_id, told, NOW)
    return [each.hex for each in shoppers]


async def read_now(
    portal: Any, key: str, last: str | None = None, types: str = "", **more: str
) -> list[tuple[str, str]]:
    """What the stream holds behind a place: ids and bodies."""
    headers = {"authorization": f"Bearer {key}", **({"last-event-id": last} if last else {})}
    query = {"follow": "false", "types": types, **more}
    answer = await portal.browser.get("/v1/events/stream", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    blocks = [block.splitlines() for block in answer.text.split("\n\n") if block.startswith("id:")]
    return [(lines[0].removeprefix("id: "), lines[2].removeprefix("data: ")) for lines in blocks]


async def test_a_stream_of_events_is_resumed_and_loses_nothing_that_is_committed_late(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    key = await key_of(house, Scope.WEBHOOKS)
    await tell(house, 2)
    async with a_portal(engine, house) as portal:
        assert await read_now(portal, key) == [], "nothing was kept before anybody listened"
        start = str(Place(1))
        first = await tell(house, 3)
        read = await read_now(portal, key, start)
        assert sorted(first) == sorted(body.split('"shopper":"')[1][:32] for _, body in read)
        async with transaction(engine, house.operator_id) as late:
            waits = events.event("notice.told", "late", NOW, of=uuid4(), shopper="late", kind="test")
            await events.tell(late, house.operator_id, [waits], NOW)
            meanwhile = await tell(house, 1)
            (seen,) = await read_now(portal, key, read[-1][0])
            assert meanwhile[0] in seen[1], "who writes for long holds nobody up"
        (rest,) = await read_now(portal, key, seen[0])
        assert "late" in rest[1], "and appears behind no place that was seen"
        assert await read_now(portal, key, rest[0]) == []
        assert await read_now(portal, key, start, "reward.*") == []
        assert len(await read_now(portal, key, start, "notice.*")) == 5
        everything = await read_now(portal, key, **{"from": "beginning"})
        assert len(everything) == 5
        assert await read_now(portal, key, **{"from": NOW.isoformat()}) == everything
        assert await read_now(portal, key, **{"from": (NOW + timedelta(seconds=1)).isoformat()}) == []
        assert await read_now(portal, key, everything[-1][0], **{"from": "beginning"}) == [], "who resumes goes on"
        shopper = await a_shopper(house)
        of_one = {"from": "beginning", "shopper": show("shp", shopper.shopper_id)}
        assert await read_now(portal, key, **of_one) == []
        async with transaction(engine, house.operator_id) as connection:
            mine = events.event(
                "notice.told", "mine", NOW, of=shopper.shopper_id, shopper=of_one["shopper"], kind="test"
            )
            await events.tell(connection, house.operator_id, [mine], NOW)
        assert [of_one["shopper"] in body for _, body in await read_now(portal, key, **of_one)] == [True]
        headers = {"authorization": f"Bearer {key}"}
        for wrong, status in (("from=yesterday", 422), ("shopper=nobody", 404)):
            assert (await portal.browser.get(f"/v1/events/stream?{wrong}", headers=headers)).status_code == status


async def test_what_a_reader_does_not_want_is_passed_over_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await a_house(engine)
    key = await key_of(house, Scope.WEBHOOKS)
    monkeypatch.setattr(event_streams, "LOOKED_MAX", 2)
    async with a_portal(engine, house) as portal:
        await read_now(portal, key)
        start = Place(0)
        await tell(house, 5)
        place, looks = start, 0
        async with transaction(engine, house.operator_id) as connection:
            more = True
            while more:
                reading = await event_streams.read_on(
                    connection, house.operator_id, place, "1", ["endpoint.*"], now=NOW
                )
                assert reading.found == []
                looks, more, place = looks + 1, reading.more, reading.place
            again = await event_streams.read_on(connection, house.operator_id, place, "1", now=NOW)
        assert (looks, again.found, again.place) == (3, [], place), "it stands behind everything that it looked at"
        (wanted,) = await tell(house, 1)
        assert len(await read_now(portal, key, str(start), "notice.*")) == 6
        ((_, body),) = await read_now(portal, key, str(place), "notice.*")
        assert wanted in body


async def test_a_stream_is_refused_where_it_must_be(engine: AsyncEngine) -> None:
    house, other = await a_house(engine), await a_house(engine)
    key, without, theirs = (
        await key_of(house, Scope.WEBHOOKS),
        await key_of(house, Scope.READ, label="reader"),
        await key_of(other, Scope.WEBHOOKS),
    )
    async with a_portal(engine, house) as portal:
        await read_now(portal, key)
        await tell(house, 2)
        assert await read_now(portal, theirs, str(Place(1))) == []
        for path, presented, status in (
            ("/v1/events/stream?follow=false", "nothing", 401),
            ("/v1/events/stream?follow=false", without, 403),
            ("/v1/events/stream?follow=false&types=nonsense", key, 422),
        ):
            answer = await portal.browser.get(path, headers={"authorization": f"Bearer {presented}"})
            assert answer.status_code == status
        headers = {"authorization": f"Bearer {key}", "last-event-id": "nonsense"}
        answer = await portal.browser.get("/v1/events/stream?follow=false", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_event_id")
    for wrong in ("", "1-2", str(1 << 63), "-1", "\u0661"):
        with pytest.raises(ValueError, match="expected the id"):
            read_place(wrong)
