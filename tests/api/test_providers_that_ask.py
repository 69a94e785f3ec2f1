"""Providers that ask before they tell, or put their proof into the body: from the first request to the audit."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from receiver_door import InOnePiece, behind, served
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from world import World, a_world

from cashback.api.receiver import WebhookReceiver
from cashback.api.webhook_protocol import protocol_of
from cashback.db.engine import transaction
from cashback.programmes.connections import ConnectionDirectory, open_connection, rotate_secret
from cashback.replay.script import Link
from issuers.registry import ADAPTERS, adapter

FIXTURES = Path(__file__).resolve().parents[1] / "issuers" / "fixtures"
AMEX = FIXTURES / "amex"
MRS = FIXTURES / "mastercard_mrs"
NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)
LINKED = datetime(2026, 9, 1, 12, tzinfo=UTC)
CREDENTIALS = {"client_id": "amex-client", "client_secret": "a-secret-issued-to-amex"}
PLACE = "EUR.Europe.Paris"
PROGRAMME = """
programme: {code: world, name: World, zone: Europe/Paris, currency: EUR}
centres: [{code: centre, name: Centre, country: FR}]
assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]
shops:
  - code: cafe
    name: Café
    centre: centre
    category: "5812"
    identifiers:
      - {network: amex, scheme: se_number, value: "9400000001"}
      - {network: mastercard_mrs, scheme: mid, value: "1500001"}
offers:
  - {code: five, reward: {kind: percent, asset: EUR, rate_bps: 500}, hold_days: 14}
"""


def mrs_secret(name: str, *parts: str) -> bytes:
    return b"signing.ws.example.com\n" + b"".join((MRS / f"{name}-{part}").read_bytes() for part in parts)


@dataclass
class House:
    """A world whose receiver is served, and a client of it."""

    world: World
    directory: ConnectionDirectory
    client: httpx.AsyncClient
    name: str

    def address(self, provider: str) -> str:
        """The connection's own part of its address."""
        return f"{provider.replace('_', '-')}-{self.name}"

    async def post(self, provider: str, body: Any, event: str | None = None, **headers: str) -> httpx.Response:
        path = f"/webhooks/{self.address(provider)}" + (f"/{event}" if event else "")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(path, content=raw, headers=headers)

    async def connect(self, provider: str, secret: bytes) -> None:
        async with transaction(self.world.engine, self.world.operator_id) as connection:
            await open_connection(
                connection,
                self.world.stage.actor,
                slug=self.address(provider),
                provider=provider,
                registered_url=f"https://rewards.example/webhooks/{self.address(provider)}",
                secret=secret,
                providers=ADAPTERS,
                master=self.world.stage.road.keyring.master,
                now=self.world.now,
            )
        self.directory.forget()
        await self.directory.find(self.address(provider))

    async def link(self, provider: str, card: str) -> None:
        await self.world.stage.link(Link(shopper="anna", provider=provider, card=card, linked_at=LINKED))

    async def state(self) -> dict[str, str]:
        return await state_of(self.world.engine, self.world.operator_id)


@pytest.fixture(params=["asgi", "http"])
async def house(engine: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """Once straight into the ASGI entry, once over HTTP in one piece, which takes the short way."""
    world = await a_world(engine, PROGRAMME, at=NOON)
    keyring = world.stage.road.keyring
    # One directory of this world alone: the connections of other tests are sealed by other keys.
    directory = ConnectionDirectory(engine, keyring.master)
    receiver = WebhookReceiver(
        behind, engine=engine, connections=directory, keyring=keyring, clock=world.clock, adapters=ADAPTERS
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(receiver.running())
        transport: httpx.AsyncBaseTransport = httpx.ASGITransport(receiver)
        if request.param == "http":
            port = await stack.enter_async_context(served(receiver, lifespan="off", http=protocol_of(receiver)))
            transport = InOnePiece(port)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://inside"))
        yield House(world, directory, client, str(world.operator_id))


async def test_amex_asks_for_its_token_tells_a_purchase_and_the_wallet_has_it(house: House) -> None:
    await house.connect("amex", b"amex-client:a-secret-issued-to-amex")
    await house.link("amex", "card-token-0003")
    answered = await house.post("amex", CREDENTIALS, "authorize")
    assert (answered.status_code, answered.headers["content-type"]) == (200, "application/json")
    token = answered.json()["api_key"]
    assert await house.world.rows("SELECT delivery_id FROM inbox_messages") == [], "a handshake tells nothing"

    for name in ("auth", "settlement"):
        told = await house.post("amex", (AMEX / f"{name}.json").read_bytes(), authorization=f"Token {token}")
        assert (told.status_code, told.content) == (200, b'{"success":true}')
    await house.world.drain()
    assert await house.world.purchases() == {"card-token-0003/9400000001/000003": ("cleared", 42_50)}
    assert await house.world.wallet() == {"EUR": (0, 2_13, 0, 0)}
    await house.world.audit()

    house.world.clock.move_to(NOON + timedelta(seconds=301))
    before = await house.state()
    late = await house.post("amex", (AMEX / "settlement.refund.json").read_bytes(), authorization=f"Token {token}")
    assert (late.status_code, late.json()["code"]) == (401, "timestamp_expired")
    assert await house.state() == before
    again = (await house.post("amex", CREDENTIALS, "authorize")).json()["api_key"]
    assert again != token
    settled = await house.post("amex", (AMEX / "settlement.refund.json").read_bytes(), authorization=f"Token {again}")
    assert settled.status_code == 200
    await house.world.drain()
    assert await house.world.purchases() == {"card-token-0003/9400000001/000003": ("partly_refunded", 30_00)}
    assert await house.world.wallet() == {"EUR": (0, 1_50, 0, 0)}
    await house.world.audit()


@pytest.mark.parametrize(
    "shown",
    [
        b"",
        b"{",
        b"null",
        {},
        {"client_id": "amex-client"},
        {"client_id": "amex-client", "client_secret": ""},
        {"client_id": "amex-client", "client_secret": "a-secret-issued-to-ameX"},
        {"client_id": "someone", "client_secret": "a-secret-issued-to-amex"},
        {"client_id": "amex-client:a-secret-issued-to-amex", "client_secret": ""},
        {"client_id": ["amex-client"], "client_secret": "a-secret-issued-to-amex"},
        b"[" * 100_000,
        b" " * 300_000,
    ],
)
async def test_with_other_credentials_there_is_no_token_and_nothing_moves(house: House, shown: Any) -> None:
    await house.connect("amex", b"amex-client:a-secret-issued-to-amex")
    before = await house.state()
    refused = await house.post("amex", shown, "authorize")
    oversize = isinstance(shown, bytes) and len(shown) > 256 * 1024
    assert (refused.status_code, refused.json()["code"]) == (
        (413, "body_too_large") if oversize else (403, "signature_refused")
    )
    assert b"a-secret" not in refused.content
    assert await house.state() == before


async def test_while_credentials_are_rotated_both_get_tokens_and_then_only_the_new(house: House) -> None:
    await house.connect("amex", b"amex-client:a-secret-issued-to-amex")
    fresh = {"client_id": "amex-client-2", "client_secret": "another-secret-issued-to-amex"}

    async def rotate(keep_previous: bool) -> list[int]:
        async with transaction(house.world.engine, house.world.operator_id) as connection:
            await rotate_secret(
                connection,
                house.world.stage.actor,
                slug=f"amex-{house.name}",
                secret=b"amex-client-2:another-secret-issued-to-amex",
                keep_previous=keep_previous,
                master=house.world.stage.road.keyring.master,
                now=house.world.now,
            )
        house.directory.forget()
        crossed = {"client_id": "amex-client-2", "client_secret": CREDENTIALS["client_secret"]}
        return [(await house.post("amex", each, "authorize")).status_code for each in (fresh, CREDENTIALS, crossed)]

    assert await rotate(keep_previous=True) == [200, 200, 403]
    assert await rotate(keep_previous=False) == [200, 403, 403]


async def test_only_a_provider_that_asks_has_an_address_to_ask_at(house: House) -> None:
    await house.connect("fidel", b"fidel-secret")
    await house.connect("amex", b"a-secret-without-a-client")
    assert (await house.post("fidel", CREDENTIALS, "authorize")).status_code == 401
    refused = await house.post("amex", CREDENTIALS, "authorize")
    assert refused.status_code == 403
    assert "expected <client id>:<client secret" in refused.json()["detail"]
    assert (await house.client.get(f"/webhooks/amex-{house.name}/authorize")).status_code == 405
    unknown = await house.client.post("/webhooks/nobody/authorize", json=CREDENTIALS)
    assert unknown.status_code == 404


async def test_a_signed_notification_is_answered_without_its_signature_and_earns(house: House) -> None:
    await house.connect("mastercard_mrs", mrs_secret("first", "authority.pem"))
    await house.link("mastercard_mrs", "card-token-0002")
    signed = (MRS / "authorization.signed.xml").read_bytes()
    for _ in range(2):
        answered = await house.post("mastercard_mrs", signed, PLACE, **{"content-type": "text/xml"})
        assert (answered.status_code, answered.headers["content-type"]) == (200, "text/xml")
        assert b"<refNum>MXXX0ABCD</refNum>" in answered.content
        assert b"Signature" not in answered.content
    await house.world.drain()
    assert await house.world.purchases() == {"card-token-0002/MXXX0ABCD/2026-09-15": ("authorized", 42_50)}
    assert await house.world.wallet() == {"EUR": (2_13, 0, 0, 0)}
    await house.world.audit()


async def test_a_forged_or_damaged_notification_moves_nothing(house: House) -> None:
    await house.connect("mastercard_mrs", mrs_secret("first", "authority.pem"))
    await house.link("mastercard_mrs", "card-token-0002")
    signed = (MRS / "authorization.signed.xml").read_bytes()
    forged = adapter("mastercard_mrs").sign_body(  # type: ignore[attr-defined]
        (MRS / "authorization.xml").read_bytes(),
        secret=mrs_secret("second", "authority.pem", "signer.pem", "signer.key"),
    )
    before = await house.state()
    for body, status in [
        (signed.replace(b"42.50", b"99.50"), 403),
        (forged, 403),
        ((MRS / "authorization.xml").read_bytes(), 403),
        (signed[:-20], 400),
        (b"", 400),
        (b"{}", 400),
        (signed.decode().encode("utf-16"), 400),
        (b'<!DOCTYPE t [<!ENTITY x "x">]><t>&x;</t>', 400),
        (b"<a>" + b" " * 100_000 + b"</a>", 400),
        (b"<a>" + b" " * 10_000_000 + b"</a>", 413),
    ]:
        refused = await house.post("mastercard_mrs", body, PLACE)
        assert refused.status_code == status, refused.text
        assert refused.headers["content-type"] == "application/problem+json"
    assert await house.state() == before
    await house.world.audit()


async def test_a_notification_without_its_currency_waits_and_is_parked(house: House) -> None:
    """The address was registered without the currency: kept, acknowledged and shown, and counted for nothing."""
    await house.connect("mastercard_mrs", mrs_secret("first", "authority.pem"))
    await house.link("mastercard_mrs", "card-token-0002")
    answered = await house.post("mastercard_mrs", (MRS / "authorization.signed.xml").read_bytes())
    assert answered.status_code == 200
    await house.world.drain()
    ((code, detail),) = await house.world.rows("SELECT code, detail FROM inbox_parked")
    assert code == "unreadable"
    assert "expected the currency and the zone as the last segment of the address" in detail
    assert await house.world.purchases() == {}
