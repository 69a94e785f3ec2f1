"""The pages over HTTP without a network, and over a real port for the browser."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from builders import NOW, House, Shopper
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from story import Story, a_busy_day

from cashback.auth.sessions import Role, Signer
from cashback.clock import HeldClock
from cashback.web.app import install_web
from cashback.web.hub import FeedHub

SIGNER = Signer(b"test key of 32 bytes, never used")


@dataclass(slots=True)
class Site:
    """The pages, served; `address` is where."""

    app: FastAPI
    hub: FeedHub
    address: str

    def client(self) -> httpx.AsyncClient:
        """A browser without a session; a surprise of the server is an answer, not an exception."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://pages.test")

    def shopper(self, shopper: Shopper) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """A browser of a shopper, come by an entry link."""
        return self._entered(entry_of_shopper(shopper))

    def operator(self, house: House) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """A browser of an operator, come by an entry link."""
        return self._entered(entry_of_operator(house))

    @asynccontextmanager
    async def _entered(self, token: str) -> AsyncIterator[httpx.AsyncClient]:
        async with self.client() as browser:
            answer = await browser.get("/enter", params={"t": token, "l": "fr"})
            assert answer.status_code == 303, answer.text
            yield browser


def entry_of_shopper(shopper: Shopper) -> str:
    """A fresh link's token."""
    return SIGNER.entry_token(
        role=Role.SHOPPER, operator_id=shopper.house.operator_id, shopper_id=shopper.shopper_id, now=NOW
    )


def entry_of_operator(house: House) -> str:
    """A fresh link's token."""
    return SIGNER.entry_token(role=Role.OPERATOR, operator_id=house.operator_id, shopper_id=None, now=NOW)


def a_site(engine: AsyncEngine, *, demo: bool = True, secure: bool = False, address: str = "") -> Site:
    """An application that holds the pages alone, at a time that stands still."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    hub = install_web(app, engine=engine, clock=HeldClock(NOW), signer=SIGNER, demo=demo, secure=secure)
    return Site(app, hub, address)


@pytest.fixture
async def site(engine: AsyncEngine) -> AsyncIterator[Site]:
    """The pages in demo mode."""
    made = a_site(engine)
    yield made
    await made.hub.close()


@pytest.fixture(scope="session")
async def story(engine: AsyncEngine) -> Story:
    """The busy day, once for the run: tests only look at it."""
    return await a_busy_day(engine)


async def _until(ready: Callable[[], bool]) -> None:
    for _ in range(500):
        if ready():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("the server did not start within ten seconds")


@pytest.fixture(scope="session")
async def served(engine: AsyncEngine) -> AsyncIterator[Site]:
    """The pages on a real port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = a_site(engine, address=f"http://127.0.0.1:{port}")
    configuration = uvicorn.Config(made.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(configuration)
    serving = asyncio.create_task(server.serve())
    await _until(lambda: server.started)
    yield made
    await made.hub.close()
    server.should_exit = True
    await serving
