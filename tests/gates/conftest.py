"""The whole site, once for all its gates: asked without a network, and on a port for the browser."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest
import uvicorn
from test_live_streams import free_port
from web_site import until
from whole_site import WholeSite, whole_site


@pytest.fixture(scope="session")
async def site(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[WholeSite]:
    async with whole_site(new_database, f"http://127.0.0.1:{free_port()}") as made:
        yield made


@pytest.fixture(scope="session")
async def served(site: WholeSite) -> AsyncIterator[WholeSite]:
    port = urlsplit(site.address).port
    assert port is not None
    configuration = uvicorn.Config(site.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(configuration)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield site
    await site.app.end_streams()
    server.should_exit = True
    await serving
