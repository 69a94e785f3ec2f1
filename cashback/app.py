"""The served application: the webhook receiver in front, the API, and the pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from cashback.api.application import build_api
from cashback.api.receiver import WebhookReceiver
from cashback.auth.sessions import Signer
from cashback.pipeline import Road
from cashback.programmes.connections import ConnectionDirectory
from cashback.runtime import Runtime, open_runtime
from cashback.settings import Settings
from cashback.web.app import install_web
from issuers.registry import ADAPTERS

SHUTDOWN_SECONDS = 10


def build_app(runtime: Runtime) -> WebhookReceiver:
    """Everything that one process serves over HTTP."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await hub.close()

    api = build_api(runtime, Road(runtime.keyring), lifespan)
    hub = install_web(
        api,
        engine=runtime.engine,
        clock=runtime.clock,
        signer=Signer(runtime.settings.session_key),
        demo=runtime.settings.role_links,
        secure=runtime.settings.public_url.startswith("https://"),
    )
    return WebhookReceiver(
        api,
        engine=runtime.engine,
        connections=ConnectionDirectory(runtime.engine, runtime.keyring.master),
        keyring=runtime.keyring,
        clock=runtime.clock,
        adapters=ADAPTERS,
        stored=runtime.wakeups.ring,
    )


async def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until the process is told to stop; a commit in progress is finished and answered."""
    async with open_runtime(settings, pool_size=12) as runtime:
        await server(build_app(runtime), host=host, port=port).serve()


def server(app: WebhookReceiver, *, host: str, port: int) -> uvicorn.Server:
    """The HTTP server around the application."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
