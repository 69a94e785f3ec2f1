"""The whole served application over one operator's small world, with keys that open it."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any
from uuid import UUID

import httpx
from conformance import the_document
from credit_routes import CREDIT
from look_routes import LOOK
from money_and_key_routes import MONEY_AND_KEYS
from probe_values import SIX_TERMS
from programme_routes import PROGRAMME
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from surface_routes import SURFACE
from world import World, a_world

from cashback.actors import Scope, system
from cashback.app import build_app
from cashback.auth.keys import create_key
from cashback.clock import Clock
from cashback.runtime import Runtime
from cashback.settings import Settings, read_settings
from cashback.wakeups import LocalWakeups
from webhooks.egress import Egress
from webhooks.sealing import KeyRing

EVERY_SCOPE = tuple(scope for scope in Scope if scope is not Scope.SYSTEM)
PROBLEM = "application/problem+json"
DEMO = {"CASHBACK_MODE": "demo", "DATABASE_URL": "postgresql://elsewhere/nothing"}
LIVE = {
    "CASHBACK_MODE": "live",
    "CASHBACK_MASTER_KEY": b64encode(bytes(range(32))).decode(),
    "CASHBACK_PUBLIC_URL": "https://rewards.example",
    "CASHBACK_SESSION_KEY": b64encode(bytes(range(32, 64))).decode(),
    "CASHBACK_SMTP_URL": "smtps://mail.example",
    "CASHBACK_MAIL_FROM": "hello@rewards.example",
    "DATABASE_URL": "postgresql://app@database/cashback",
}

ROUTES: dict[tuple[str, str], tuple[Scope, str, dict[str, Any]]] = {
    **PROGRAMME,
    **MONEY_AND_KEYS,
    **CREDIT,
    **SURFACE,
    **LOOK,
}
"""Every route below /v1, the scope it asks for, and a request that succeeds with it (once anna has a cent)."""


@dataclass(slots=True)
class Desk:
    """A client of the application with one operator's key of every scope."""

    world: World
    client: httpx.AsyncClient
    key: str

    @property
    def operator_id(self) -> UUID:
        return self.world.operator_id

    async def state(self) -> dict[str, str]:
        return await state_of(self.world.engine, self.operator_id)

    async def key_with(self, *scopes: Scope, label: str | None = None) -> str:
        async with self.world.connection() as connection:
            return await create_key(
                connection,
                system(self.operator_id, "tests"),
                label=label or f"limited {token_hex(4)}",
                scopes=scopes,
                now=self.world.now,
            )

    async def prepare_offers(self) -> None:
        """Offers beside `five`, each in the state that its name says, written by one person and approved by another."""
        writer = await self.key_with(Scope.PROGRAMME, label="writer")
        approver = await self.key_with(Scope.APPROVAL, label="approver")
        later = {"starts_at": (self.world.now + timedelta(days=30)).isoformat()}
        for code in ("drafted", "submitted", "scheduled", "paused"):
            await self._offer("PUT", f"{code}/draft", writer, expected_revision=0, terms=SIX_TERMS)
            if code != "drafted":
                await self._offer("POST", f"{code}/submit", writer, expected_revision=1)
        await self._offer("POST", "scheduled/approve", approver, expected_revision=2, **later)
        await self._offer("POST", "paused/approve", approver, expected_revision=2)
        await self._offer("POST", "paused/pause", writer, expected_revision=3)

    async def _offer(self, method: str, path: str, key: str, **body: Any) -> None:
        answer = await self.ask(method, f"/v1/offers/{path}", key=key, json=body)
        assert answer.status_code == 200, answer.text

    async def ask(self, method: str, path: str, *, key: str | None = None, **content: Any) -> httpx.Response:
        """One request; `key=""` presents none."""
        presented = self.key if key is None else key
        headers = {**content.pop("headers", {}), **({"authorization": f"Bearer {presented}"} if presented else {})}
        answer = await self.client.request(method, path, headers=headers, **content)
        the_document().check(answer)
        return answer


@asynccontextmanager
async def application(
    engine: AsyncEngine, clock: Clock, keyring: KeyRing, settings: Settings | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of everything that one process serves."""
    egress = Egress(loopback=True)
    runtime = Runtime(settings or read_settings(DEMO), engine, clock, keyring, LocalWakeups(), egress)
    app = build_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.running(), httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        yield client


@asynccontextmanager
async def opened_desk(engine: AsyncEngine, scopes: Iterable[Scope] = EVERY_SCOPE) -> AsyncIterator[Desk]:
    """A desk over a world of its own."""
    world = await a_world(engine)
    async with application(engine, world.clock, world.stage.road.keyring) as client:
        desk = Desk(world, client, "")
        desk.key = await desk.key_with(*scopes, label="all")
        yield desk


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """The refusal is a problem document (RFC 9457) of this status and code, and says something."""
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (status, PROBLEM, code)
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
