"""`cashback endpoints` as people type it: add, look, rotate, test, replay, disable, enable."""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from app_desk import LIVE
from probe_values import NO_ENDPOINT
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

from cashback.clock import SystemClock
from cashback.courier.rounds import Courier
from cashback.db.engine import open_engine
from cashback.programmes.operators import find_operator
from webhooks.schedule import Answer
from webhooks.sealing import KeyRing
from webhooks.signing import verify

URL = "http://localhost:9/hook"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    """In demo mode, where this machine may be told."""
    demo = {"CASHBACK_MODE": "demo", "CASHBACK_LOOPBACK_WEBHOOKS": "1"}
    return Line(tmp_path, {**surroundings(await new_database()), **demo})


async def delivered(line: Line, code: int) -> list[tuple[dict[str, str], bytes]]:
    """A worker's round to a receiver that answers `code`; what was sent."""
    sent: list[tuple[dict[str, str], bytes]] = []

    async def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
        assert url == URL
        sent.append((headers, body))
        return Answer(code, None, 3, "done")

    engine = open_engine(line.environment["DATABASE_URL"])
    try:
        operator_id = await find_operator(engine, "quai")
        assert operator_id is not None
        courier = Courier(engine, KeyRing(b64decode(LIVE["CASHBACK_MASTER_KEY"])), SystemClock(), post)
        await courier.begin_round([operator_id])
        await courier.quiet()
    finally:
        await engine.dispose()
    return sent


async def test_an_endpoint_from_its_first_test_to_its_end(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    who = ("--operator", "quai", "--as", "ada")
    endpoint, secret = line("endpoints", "add", URL, *who, "--type", "offer.*")[0].split()
    assert line("endpoints", "add", URL, *who, code=1)[1].startswith("Error: an endpoint of this address exists")
    assert "listens" not in line("endpoints", "list", *who)[0]
    assert "enabled  no attempt in 24 h  offer.*" in line("endpoints", "list", *who)[0]
    message = line("endpoints", "test", endpoint, *who)[0].strip()
    ((headers, body),) = await delivered(line, 500)
    verify(secret, headers, body, SystemClock().now())
    assert (
        f"{message}  endpoint.test  pending (retrying)  1 attempts  500  next "
        in line("endpoints", "deliveries", endpoint, *who)[0]
    )
    new = line("endpoints", "rotate", endpoint, *who, "--overlap-hours", "0")[0].strip()
    assert line("endpoints", "replay", endpoint, *who, "--message", message)[0] == "1 will be sent again\n"
    ((headers, body),) = await delivered(line, 200)
    verify(new, headers, body, SystemClock().now())
    whole = line("endpoints", "deliveries", endpoint, *who, "--message", message)[0]
    assert "delivered  2 attempts  200" in whole
    assert "'done'" in whole
    assert "1 of 2 attempts succeeded in 24 h" in line("endpoints", "list", *who)[0]
    assert line("endpoints", "replay", endpoint, *who, "--failed")[0] == "0 will be sent again\n"
    assert line("endpoints", "disable", endpoint, *who, "--why", "moved")[0] == "disabled\n"
    assert line("endpoints", "test", endpoint, *who, code=1)[1] == "Error: the endpoint is disabled; enable it first\n"
    assert line("endpoints", "enable", endpoint, *who)[0] == "enabled\n"
    assert "offer.*" not in line("endpoints", "change", endpoint, *who, "--everything")[0]
    assert "say --type or" in line("endpoints", "change", endpoint, *who, "--everything", "--type", "x", code=2)[1]
    assert line("endpoints", "replay", endpoint, *who, "--since", "2026-01-01", code=1)[1].startswith("Error: expected")
    assert "there is no type 'x'" in line("endpoints", "test", endpoint, *who, "--type", "x", code=1)[1]
    assert line("endpoints", "remove", endpoint, *who)[0] == "removed\n"
    assert line("endpoints", "remove", endpoint, *who)[0] == "was removed already\n"


def test_what_is_not_there_and_what_is_not_said_is_refused(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    who = ("--operator", "quai", "--as", "ada")
    assert line("endpoints", "enable", NO_ENDPOINT, *who, code=1)[1] == f"Error: there is no endpoint '{NO_ENDPOINT}'\n"
    assert "say one of" in line("endpoints", "replay", NO_ENDPOINT, *who, code=2)[1]
    refused = line("endpoints", "add", "http://example.com/", *who, code=1)[1]
    assert refused.startswith("Error: url: it begins with http://, expected https://example.com; http is for this")
    assert "reward.earned" in line("endpoints", "types")[0]
