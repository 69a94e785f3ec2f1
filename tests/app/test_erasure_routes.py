"""Erasure over the API and on the command line."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from app_desk import Desk, assert_problem
from test_command_line import Line, surroundings
from world import FIVE_PERCENT, SHOPPER, day, purchase

from cashback.actors import system
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.programmes.operators import find_operator
from cashback.shoppers.service import open_shoppers


async def test_the_api_tells_what_it_would_meet_erases_and_says_it_again_by_the_id(desk: Desk) -> None:
    await desk.world.link(at=day(0))
    await desk.world.play(*purchase("one", 100_00, at=day(1)), at=day(3))
    path = f"/v1/shoppers/{SHOPPER}/erasure"
    told = (await desk.ask("GET", path)).json()
    assert told["obstacles"] == []
    assert told["held"]["EUR"]["pending"] == 5_00
    before = await desk.state()
    assert_problem(await desk.ask("POST", path, json={}), 409, "balance_left")
    assert_problem(await desk.ask("POST", path, json={"give_up": "perhaps"}), 422, "invalid")
    assert await desk.state() == before
    done = await desk.ask("POST", path, json={"give_up": True})
    assert done.status_code == 200, done.text
    assert done.json()["given_up"] == told["held"]
    assert_problem(await desk.ask("POST", path, json={"give_up": True}), 404, "unknown_shopper")
    again = await desk.ask("POST", f"/v1/shoppers/{done.json()['shopper']}/erasure", json={})
    assert again.json() == done.json()
    assert_problem(await desk.ask("GET", f"/v1/wallets/{SHOPPER}"), 404, "unknown_shopper")
    assert (await desk.ask("GET", "/v1/purchases")).json()["data"][0]["reference"] is None
    await desk.world.audit()


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def test_the_command_looks_asks_and_erases(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    engine, now = open_engine(line.environment["DATABASE_URL"]), SystemClock().now()
    operator_id = await find_operator(engine, "quai")
    assert operator_id is not None
    async with transaction(engine, operator_id) as connection:
        await open_shoppers(connection, system(operator_id, "t"), [SHOPPER], locale="fr", now=now)
    await engine.dispose()
    by = ("--operator", "quai", "--as", "ada")
    assert "there is no shopper 'nobody'" in line("erasure", "show", "nobody", *by, code=1)[1]
    assert line("erasure", "show", SHOPPER, *by)[0] == "would be given up: nothing\n"
    line("erasure", "run", SHOPPER, *by, code=1)
    done = line("erasure", "run", SHOPPER, *by, "--yes")[0]
    assert "leads to nobody since" in done
    assert "there is no shopper" in line("erasure", "run", SHOPPER, *by, "--yes", code=1)[1]
    assert line("erasure", "run", done.split()[0], *by, "--yes")[0] == done
    assert line("audit", "--operator", "quai")[0].endswith("every invariant holds\n")
