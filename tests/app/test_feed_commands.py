"""`cashback feeds` as an operator types it, against a bank over HTTP; and the worker that asks by itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from banks import ACCOUNT, PROGRAMME, at_a_bank, bank_row, over_http
from plaid_key import PUBLIC_KEY, PUBLIC_KEY_ID
from test_command_line import Line, surroundings

from cashback.db.engine import open_engine
from cashback.pipeline import Road
from cashback.wakeups import LocalWakeups
from cashback.worker import Worker
from issuers.berlin_group_fake import FakeBank
from issuers.connecting import WITHOUT_WEBHOOKS
from issuers.plaid_fake import FakePlaid

LABEL = "CARTE {day:%d/%m} ZARA PARIS 15 CB*4521"
PATIENCE_SECONDS = 60.0


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def typed(line: Line, *arguments: str, code: int = 0, **environment: str) -> tuple[str, str]:
    """Run one command beside the bank, which answers in this process."""
    return await asyncio.to_thread(line, *arguments, code=code, **environment)


async def an_operator(line: Line, provider: str) -> None:
    await typed(line, "operator", "mall", "Mall")
    await typed(line, "apply", line.write("programme.yaml", PROGRAMME), "--operator", "mall")
    secret = {} if provider in WITHOUT_WEBHOOKS else {"CASHBACK_PROVIDER_SECRET": "not used yet"}
    await typed(line, "connect", "mall", provider, "bank", **secret)


async def test_an_account_from_its_link_to_its_end(line: Line) -> None:
    await an_operator(line, "berlin_group")
    today = datetime.now(UTC)
    bank = FakeBank("consent-1", ACCOUNT, clock=lambda: datetime.now(UTC))
    bank.booked = [bank_row(LABEL.format(day=today), "-42.50", f"{today:%Y-%m-%d}", transactionId="t-1")]
    of_bank = ("--operator", "mall", "--connection", "bank")
    async with over_http(bank) as url:
        await typed(line, "feeds", "open", *of_bank, "--base-url", url, "--credentials", line.write("none", "{}"))
        access = line.write("access", '{"consent_id": "consent-1"}')
        until = (today + timedelta(days=3, hours=1)).isoformat()
        linked, _ = await typed(
            line, "feeds", "link", *of_bank, "--shopper", "anna", "--new-shopper", "--account", ACCOUNT,
            "--access", access, "--consent-until", until, "--linked-at", (today - timedelta(days=2)).isoformat(),
        )  # fmt: skip
        assert linked.startswith("linked to shp_")
        assert (await typed(line, "feeds", "poll", "--operator", "mall"))[0] == (
            "1 pages, 0 unchanged, 0 put off, 0 failed, 0 stopped\n"
        )
        named = ("--connection", "bank", "--account", ACCOUNT)
        for _ in range(3):
            assert "1 unchanged" in (await typed(line, "feeds", "poll", "--operator", "mall", *named))[0]
        assert "1 put off" in (await typed(line, "feeds", "poll", "--operator", "mall", *named))[0]
        attended = ("--psu-ip", "192.0.2.7")
        assert "1 unchanged" in (await typed(line, "feeds", "poll", "--operator", "mall", *named, *attended))[0]
        (listed,) = json.loads((await typed(line, "feeds", "list", "--operator", "mall", "--json"))[0])
        assert (listed["account"], listed["state"], listed["calls"]) == (ACCOUNT, "active", 4)
        assert listed["warning"] == "the consent ends in 3 days; the shopper must renew it at their bank"
        assert "consent-1" not in json.dumps(listed)
        told = (await typed(line, "feeds", "list", "--operator", "mall"))[0]
        assert "4 calls in 24 h" in told
        assert "the consent ends in 3 days" in told
        assert (await typed(line, "feeds", "unlink", *of_bank, "--account", ACCOUNT))[0] == "unlinked\n"
        assert (await typed(line, "feeds", "list", "--operator", "mall"))[0] == ""
    assert len(bank.asked) == 5
    await typed(line, "audit", "--operator", "mall")


async def test_what_is_wrong_is_one_sentence_and_links_nothing(line: Line) -> None:
    await an_operator(line, "berlin_group")
    of_bank = ("--operator", "mall", "--connection", "bank")
    link = ("feeds", "link", *of_bank, "--shopper", "anna", "--new-shopper", "--account", ACCOUNT, "--access")
    good = line.write("access", '{"consent_id": "consent-1"}')
    assert "open its feed first" in (await typed(line, *link, good, code=1))[1]
    none = line.write("none", "{}")
    http = ("feeds", "open", *of_bank, "--base-url", "http://bank.example", "--credentials", none)
    assert "expected https://host/path" in (await typed(line, *http, code=1))[1]
    await typed(line, "feeds", "open", *of_bank, "--base-url", "https://bank.example", "--credentials", none)
    assert "access: expected consent_id" in (await typed(line, *link, none, code=1))[1]
    assert "expected a JSON object of texts" in (await typed(line, *link, line.write("bad", "[7]"), code=2))[1]
    assert "expected an IANA zone" in (await typed(line, *link, good, "--zone", "Mars", code=1))[1]
    assert "expected a time to come" in (await typed(line, *link, good, "--consent-until", "2020-01-01", code=1))[1]
    assert (await typed(line, "feeds", "list", "--operator", "mall"))[0] == ""
    assert "no such account" in (await typed(line, "feeds", "unlink", *of_bank, "--account", "x", code=1))[1]


async def test_a_key_of_plaids_is_fetched_by_its_id(line: Line) -> None:
    await an_operator(line, "plaid")
    plaid = FakePlaid("client-1", "plaid-secret-1", "access-1", keys={PUBLIC_KEY_ID: PUBLIC_KEY})
    of_bank = ("--operator", "mall", "--connection", "bank")
    async with over_http(plaid) as url:
        credentials = line.write("credentials", '{"client_id": "client-1", "secret": "plaid-secret-1"}')
        await typed(line, "feeds", "open", *of_bank, "--base-url", url, "--credentials", credentials)
        fetched = (await typed(line, "feeds", "key", *of_bank, PUBLIC_KEY_ID))[0]
        assert fetched == f"webhooks signed with {PUBLIC_KEY_ID} prove themselves\n"
        refused = (await typed(line, "feeds", "key", *of_bank, "unheard-of", code=1))[1]
        assert "INVALID_WEBHOOK_VERIFICATION_KEY_ID" in refused
        assert "plaid-secret-1" not in refused


async def test_a_worker_asks_by_itself(new_database: Callable[[], Awaitable[str]]) -> None:
    engine = open_engine(await new_database(), pool_size=8)
    try:
        async with at_a_bank(engine) as (fake, bank):
            world = bank.world
            world.clock.move_to(world.now + timedelta(days=4))
            fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", "2026-11-04", transactionId="t-1")]
            stop, bell = asyncio.Event(), LocalWakeups()
            worker = asyncio.create_task(Worker(engine, Road(world.stage.road.keyring), world.clock, bell).run(stop))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    if await world.wallet() == {"EUR": (2_13, 0, 0, 0)}:
                        break
                    await asyncio.sleep(0.05)
            stop.set()
            await worker
            await bell.close()
            assert len(fake.asked) == 1
            await world.audit()
    finally:
        await engine.dispose()
