"""A webhook of Plaid's under a key that is not known yet: refused, fetched, and taken when it comes again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from banks import Linked, a_webhook, at_plaid, plaid_row
from plaid_key import PUBLIC_KEY, PUBLIC_KEY_ID
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.api.receiver import WebhookReceiver
from cashback.errors import Conflict
from cashback.feeds import keys
from cashback.feeds.keys import KeyFetcher, fetch_key
from cashback.programmes.connections import ConnectionDirectory
from issuers.plaid import PlaidAdapter
from issuers.registry import ADAPTERS

PRIVATE = json.dumps(PUBLIC_KEY | {"d": "avLinD7GfBGtWzvlWAkh1_HeExFFKFPD1gdthDyQuIg"}).encode()
WEBHOOK = json.dumps(a_webhook()).encode()


async def nothing_else(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("only webhooks are sent here")


@asynccontextmanager
async def receiving(bank: Linked) -> AsyncIterator[httpx.AsyncClient]:
    """The receiver in front of a world whose keys are fetched from its Plaid."""
    world = bank.world
    keyring = world.stage.road.keyring
    directory = ConnectionDirectory(world.engine, keyring.master)
    fetcher = KeyFetcher(world.engine, keyring.master, world.clock, directory.forget)
    receiver = WebhookReceiver(
        nothing_else,
        engine=world.engine,
        connections=directory,
        keyring=keyring,
        clock=world.clock,
        adapters=ADAPTERS,
        key_unknown=fetcher.wanted,
    )
    async with (
        receiver.running(),
        httpx.AsyncClient(transport=httpx.ASGITransport(receiver), base_url="https://rewards.invalid") as client,
    ):
        yield client
        await fetcher.close()


async def post(client: httpx.AsyncClient, bank: Linked) -> httpx.Response:
    headers = PlaidAdapter().sign(WEBHOOK, secret=PRIVATE, url="", event=None, now=bank.world.now)
    return await client.post(f"/webhooks/{bank.slug}", content=WEBHOOK, headers=headers)


async def secrets_of(bank: Linked) -> list[tuple[Any, ...]]:
    return await bank.world.rows("SELECT secrets FROM connections WHERE id = $1", bank.connection_id)


async def test_a_webhook_under_a_new_key_is_taken_when_it_comes_again(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank), receiving(bank) as client:
        await bank.poll()
        plaid.keys[PUBLIC_KEY_ID] = PUBLIC_KEY
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03"))
        first = await post(client, bank)
        assert first.status_code == 401
        assert "the key 'key-0001' is none of this connection's yet" in first.json()["detail"]
        async with asyncio.timeout(30):
            while True:
                if (await post(client, bank)).status_code == 200:
                    break
                await asyncio.sleep(0.02)
        assert [call for call in plaid.asked if "key_id" in call] == [{"key_id": PUBLIC_KEY_ID}]
        await bank.world.drain()
        assert (await bank.account())["next_poll_at"] == bank.world.now
        await bank.world.audit()


async def test_keys_that_strangers_name_change_nothing_and_cost_one_call_a_minute(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank), receiving(bank) as client:
        before = await secrets_of(bank)
        answers = [await post(client, bank) for _ in range(5)]
        assert [each.status_code for each in answers] == [401] * 5
        async with asyncio.timeout(30):
            while True:
                if plaid.asked:
                    break
                await asyncio.sleep(0.02)
        assert (await post(client, bank)).status_code == 401
        assert len(plaid.asked) == 1
        assert await secrets_of(bank) == before
        assert await bank.logged() == 0


async def test_a_key_that_expired_is_not_taken(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.keys[PUBLIC_KEY_ID] = PUBLIC_KEY | {"expired_at": int(bank.world.now.timestamp())}
        before = await secrets_of(bank)
        with pytest.raises(Conflict, match="has expired"):
            await fetch_key(
                engine,
                bank.world.stage.road.keyring.master,
                bank.world.stage.actor,
                slug=bank.slug,
                key_id=PUBLIC_KEY_ID,
                now=bank.world.now,
            )
        assert await secrets_of(bank) == before


async def test_a_fetcher_that_is_closed_gives_up(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def endless(*_: Any, **__: Any) -> None:
        begun.set()
        await never.wait()

    monkeypatch.setattr(keys, "fetch_key", endless)
    async with at_plaid(engine) as (_, bank):
        master = bank.world.stage.road.keyring.master
        fetcher = KeyFetcher(engine, master, bank.world.clock, begun.clear)
        connection = await ConnectionDirectory(engine, master).find(bank.slug)
        assert connection is not None
        fetcher.wanted(connection, PUBLIC_KEY_ID)
        await begun.wait()
        await fetcher.close()
        assert begun.is_set()
