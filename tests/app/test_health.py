"""Whether the process says that it serves, and whether it is right."""

import pytest
from app_desk import DEMO, Desk, application, assert_problem
from sqlalchemy import make_url
from world import START

from cashback.clock import HeldClock
from cashback.db.engine import open_engine
from cashback.settings import read_settings
from webhooks.sealing import KeyRing

UNREACHABLE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"


async def test_a_process_with_its_database_is_well(desk: Desk) -> None:
    answer = await desk.client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.parametrize("trouble", ["unreachable", "no such database", "not migrated"])
async def test_a_process_without_its_database_is_not(trouble: str, server_url: str, database_url: str) -> None:
    nameless = make_url(server_url).set(database="there_is_none").render_as_string(hide_password=False)
    url = {"unreachable": UNREACHABLE, "no such database": nameless, "not migrated": server_url}[trouble]
    engine = open_engine(url, pool_size=1)
    try:
        keyring = KeyRing(read_settings(DEMO).master_key)
        async with application(engine, HeldClock(START), keyring) as client:
            assert_problem(await client.get("/healthz"), 503, "database_down")
    finally:
        await engine.dispose()
