"""How often the API may be asked: what is left is told, beyond it is refused, and strangers hold up no known key."""

import re

from app_desk import DEMO, EVERY_SCOPE, Desk, application, assert_problem
from sqlalchemy.ext.asyncio import AsyncEngine
from world import a_world

from cashback.settings import read_settings


async def test_a_key_is_told_what_is_left_and_refused_beyond_it(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    settings = read_settings({**DEMO, "CASHBACK_API_RATE_PER_MINUTE": "3"})
    async with application(engine, world.clock, world.stage.road.keyring, settings) as client:
        desk = Desk(world, client, "")
        desk.key = await desk.key_with(*EVERY_SCOPE, label="all")
        other = await desk.key_with(*EVERY_SCOPE, label="other")
        left = []
        for _ in range(3):
            answer = await desk.ask("GET", "/v1/shoppers")
            assert answer.headers["ratelimit-policy"] == '"key";q=3;w=60'
            found = re.fullmatch(r'"key";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
            assert found is not None
            left.append((int(found[1]), int(found[2])))
        assert left == [(2, 20), (1, 40), (0, 60)]
        before = await desk.state()
        refused = await desk.ask("POST", "/v1/shoppers", json={"references": ["bea"]})
        assert_problem(refused, 429, "too_many")
        assert refused.headers["retry-after"] == "20"
        assert await desk.state() == before
        assert (await desk.ask("GET", "/v1/shoppers", key=other)).status_code == 200


async def test_guesses_are_limited_and_hold_up_no_known_key(desk: Desk) -> None:
    statuses = [(await desk.ask("GET", "/v1/shoppers", key=f"ck_{number:052}")).status_code for number in range(62)]
    assert statuses == [401] * 60 + [429] * 2
    assert (await desk.ask("GET", "/v1/shoppers")).status_code == 200


async def test_an_unknown_version_is_refused(desk: Desk) -> None:
    answer = await desk.ask("GET", "/v1/shoppers", headers={"cashback-version": "2020-01-01"})
    assert_problem(answer, 422, "unknown_version")
    known = await desk.ask("GET", "/v1/shoppers", headers={"cashback-version": "2026-12-01"})
    assert (known.status_code, known.headers["cashback-version"]) == (200, "2026-12-01")


async def test_behind_a_proxy_guesses_are_of_who_asked_it_and_an_ipv6_line_is_one(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    settings = read_settings({**DEMO, "CASHBACK_PROXIES": "1"})
    async with application(engine, world.clock, world.stage.road.keyring, settings) as client:
        desk = Desk(world, client, "")

        async def guess(number: int, seen: str) -> int:
            headers = {"x-forwarded-for": f"198.51.100.{number}, {seen}"}
            answer = await desk.ask("GET", "/v1/shoppers", key=f"ck_{number:052}", headers=headers)
            return answer.status_code

        line = [await guess(number, f"2001:db8:1:2::{number:x}") for number in range(62)]
        assert line == [401] * 60 + [429] * 2
        assert await guess(1, "2001:db8:1:3::1") == 401
        assert await guess(1, "203.0.113.9") == 401
