"""A bank over HTTP and a shopper who linked an account there: builders for the stories of bank feeds."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world

from cashback.bank_linking import link_account
from cashback.db.engine import transaction
from cashback.feeds import service as feeds
from cashback.feeds.polling import Clients, poll_due
from cashback.feeds.schemas import NewAccount, Tally
from cashback.programmes.connections import open_connection
from issuers.berlin_group_fake import FakeBank
from issuers.plaid_fake import FakePlaid
from issuers.registry import ADAPTERS

PROGRAMME = """
programme: {code: banks, name: Banks, zone: Europe/Paris, currency: EUR}
centres: [{code: centre, name: Centre, country: FR}]
assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]
shops:
  - code: zara
    name: Zara
    centre: centre
    category: "5651"
    identifiers:
      - {network: plaid, scheme: plaid_store, value: "ent-zara/0423"}
      - {network: berlin_group, scheme: label, value: "ZARA PARIS 15"}
offers:
  - {code: five, reward: {kind: percent, asset: EUR, rate_bps: 500}, hold_days: 14}
"""
LINKED = datetime.fromisoformat("2026-11-01T08:00:00+00:00")
ACCOUNT = "acct-0001"
ITEM = "item-0001"


@asynccontextmanager
async def over_http(answer: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[str]:
    """Serve a fake provider on a port of this machine; answers its base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = [line.split(": ", 1) for line in head[1:] if line]
        length = int({name.lower(): value for name, value in headers}.get("content-length", "0"))
        body = await reader.readexactly(length)
        request = httpx.Request(
            method, f"http://bank.invalid{target}", headers=[(a, b) for a, b in headers], content=body
        )
        response = answer(request)
        told = {**response.headers, "content-length": str(len(response.content)), "connection": "close"}
        lines = [f"HTTP/1.1 {response.status_code} .", *(f"{name}: {value}" for name, value in told.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + response.content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@dataclass(slots=True)
class Linked:
    """One shopper's account at one provider, in a small world."""

    world: World
    network: str
    connection_id: UUID
    slug: str
    clients: Clients = field(default_factory=Clients)

    async def poll(self, *, after: timedelta = timedelta(0)) -> Tally:
        """Let time pass, ask what is due, and work until nothing waits."""
        world = self.world
        world.clock.move_to(world.now + after)
        tally = await poll_due(world.engine, world.stage.road.keyring, world.operator_id, self.clients, world.now)
        await world.drain()
        return tally

    async def again(self, new: NewAccount) -> None:
        """The shopper consents anew."""
        await link_account(
            self.world.engine,
            self.world.stage.road,
            self.world.stage.actor,
            new,
            slug=self.slug,
            shopper_id=await self.world.stage.shopper("anna"),
            linked_at=LINKED,
            now=self.world.now,
        )

    async def account(self) -> Any:
        """The account's row."""
        names = ("state", "cursor", "page", "turn", "calls", "failures", "last_error", "next_poll_at")
        columns = ", ".join(names).replace("calls", "cardinality(calls)")
        rows = await self.world.rows(f"SELECT {columns} FROM bank_accounts")
        return dict(zip(names, rows[0], strict=True))

    async def logged(self) -> int:
        """How many messages are in the inbox log."""
        return int((await self.world.rows("SELECT count(*) FROM inbox_messages"))[0][0])


async def linked(
    engine: AsyncEngine,
    network: str,
    base_url: str,
    *,
    credentials: dict[str, str],
    access: dict[str, str],
    consent_until: datetime | None = None,
) -> Linked:
    """A world whose shopper has linked an account at a bank that is asked at `base_url`."""
    world = await a_world(engine, PROGRAMME, at=LINKED)
    slug = f"bank-{world.operator_id.hex[-12:]}"
    async with transaction(engine, world.operator_id) as connection:
        connection_id = await open_connection(
            connection,
            world.stage.actor,
            slug=slug,
            provider=network,
            registered_url=f"https://rewards.invalid/webhooks/{slug}",
            secret=b"not used by what is pulled",
            providers=ADAPTERS.keys(),
            master=world.stage.road.keyring.master,
            now=world.now,
        )
        await feeds.open_feed(
            connection,
            world.stage.actor,
            slug=slug,
            base_url=base_url,
            credentials=credentials,
            master=world.stage.road.keyring.master,
            now=world.now,
        )
    bank = Linked(world, network, connection_id, slug)
    await bank.again(NewAccount(ACCOUNT, access, consent_until=consent_until))
    return bank


@asynccontextmanager
async def at_plaid(engine: AsyncEngine, **more: Any) -> AsyncIterator[tuple[FakePlaid, Linked]]:
    """An account behind Plaid."""
    fake = FakePlaid("client-1", "plaid-secret-1", "access-1")
    async with over_http(fake) as url:
        bank = await linked(
            engine,
            "plaid",
            url,
            credentials={"client_id": "client-1", "secret": "plaid-secret-1"},
            access={"access_token": "access-1", "item_id": ITEM},
            **more,
        )
        yield fake, bank


@asynccontextmanager
async def at_a_bank(engine: AsyncEngine, **more: Any) -> AsyncIterator[tuple[FakeBank, Linked]]:
    """An account at a bank with an interface of its own."""
    fake = FakeBank("consent-1", ACCOUNT)
    async with over_http(fake) as url:
        bank = await linked(engine, "berlin_group", url, credentials={}, access={"consent_id": "consent-1"}, **more)
        fake.clock = lambda: bank.world.now
        yield fake, bank


def plaid_row(ref: str, amount: float, day: str, *, pending: bool = False, **more: Any) -> dict[str, Any]:
    """A row of Plaid's: a purchase at the one shop of the programme, unless told otherwise."""
    row: dict[str, Any] = {
        "account_id": ACCOUNT,
        "transaction_id": ref,
        "pending_transaction_id": None,
        "amount": amount,
        "iso_currency_code": "EUR",
        "date": day,
        "authorized_date": day,
        "authorized_datetime": None,
        "pending": pending,
        "name": "ZARA 0423",
        "merchant_entity_id": "ent-zara",
        "location": {"city": "Paris", "country": "FR", "store_number": "0423"},
        "payment_channel": "in store",
        "payment_meta": {"payee": None, "payer": None},
        "personal_finance_category": {"primary": "GENERAL_MERCHANDISE"},
    }
    return row | more


def bank_row(label: str, amount: str, booked: str | None, **more: Any) -> dict[str, Any]:
    """A row of a bank's list; a pending one has no day of booking."""
    row = {
        "transactionAmount": {"currency": "EUR", "amount": amount},
        "remittanceInformationUnstructured": label,
    }
    return row | ({"bookingDate": booked} if booked else {}) | more


def a_webhook(code: str = "SYNC_UPDATES_AVAILABLE", kind: str = "TRANSACTIONS", **more: Any) -> dict[str, Any]:
    """What Plaid posts."""
    return json.loads(json.dumps({"webhook_type": kind, "webhook_code": code, "item_id": ITEM, **more}))
