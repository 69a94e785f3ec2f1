"""The pages over HTTP without a network, and over a real port for the browser."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine
from story import Story, a_busy_day
from web_site import Site, a_site, until


@pytest.fixture
async def site(engine: AsyncEngine) -> AsyncIterator[Site]:
    """The pages in demo mode."""
    made = a_site(engine)
    yield made
    await made.hubs.close()


@pytest.fixture(scope="session")
async def story(engine: AsyncEngine) -> Story:
    """The busy day, once for the run: tests only look at it."""
    return await a_busy_day(engine)


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
    await until(lambda: server.started)
    yield made
    await made.hubs.close()
    server.should_exit = True
    await serving
