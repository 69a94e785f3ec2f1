"""The served application: the webhook receiver in front, the API, and the pages."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import structlog
import uvicorn
from fastapi import FastAPI

from cashback.api.application import build_api
from cashback.api.document.meanings import MEANINGS
from cashback.api.document.remedies import REMEDIES
from cashback.api.receiver import WebhookReceiver
from cashback.api.request_journal import RequestJournal
from cashback.api.webhook_protocol import protocol_of
from cashback.auth.mail import Postbox, open_sender
from cashback.auth.oidc import Providers
from cashback.auth.read_writer import ReadWriter
from cashback.auth.request_writer import RequestWriter
from cashback.auth.sessions import Signer
from cashback.auth.sso import SingleSignOn
from cashback.feeds.keys import KeyFetcher
from cashback.pipeline import Road
from cashback.programmes.connections import ConnectionDirectory
from cashback.runtime import Runtime, collect_seldom, open_runtime
from cashback.settings import Settings
from cashback.web.app import Hubs, install_web
from cashback.web.context import Doors, Linking
from cashback.web.developer.workbench import Workbench
from cashback.web.security import api_headers
from issuers.registry import ADAPTERS

SHUTDOWN_SECONDS = 10

_log = structlog.get_logger(__name__)


class Application(WebhookReceiver):
    """The whole product over HTTP: the receiver in front of API and pages, the request log, and the streams."""

    def __init__(self, api: FastAPI, hubs: Hubs, runtime: Runtime, postbox: Postbox) -> None:
        connections = ConnectionDirectory(runtime.engine, runtime.keyring.master)
        self._keys = KeyFetcher(runtime.engine, runtime.keyring.master, runtime.clock, connections.forget)
        self._requests, self._reads = RequestWriter(runtime.engine), ReadWriter(runtime.engine)
        super().__init__(
            RequestJournal(
                api,
                clock=runtime.clock,
                writer=self._requests,
                reads=self._reads,
                changed=runtime.live.tell,
                headers=api_headers(secure=runtime.settings.public_url.startswith("https://")),
            ),
            engine=runtime.engine,
            connections=connections,
            keyring=runtime.keyring,
            clock=runtime.clock,
            adapters=ADAPTERS,
            stored=runtime.wakeups.ring,
            key_unknown=self._keys.wanted,
        )
        self._hubs = hubs
        self._live = runtime.live
        self._postbox = postbox
        self._connections_known = connections

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """As the receiver; then what was asked is written into the log."""
        async with super().running():
            try:
                yield
            finally:
                await self._requests.close()
                await self._reads.close()

    def connections_changed(self) -> None:
        """This process opened a connection: it is known at the next webhook."""
        self._connections_known.forget()

    async def requests_written(self) -> None:
        """Write what was asked, and who saw what, into the logs now."""
        await self._requests.flush()
        await self._reads.flush()

    async def end_streams(self) -> None:
        """End the streams that browsers and programs hold open, and calls for keys; they would not by themselves."""
        self._live.end()
        await self._hubs.close()
        await self._keys.close()
        await self._postbox.settle()


class Server(uvicorn.Server):
    """Ends the streams before it waits for open requests to finish."""

    def __init__(self, app: Application, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called once, when the process was told to stop."""
        await self._app.end_streams()
        await super().shutdown(sockets)


def build_app(runtime: Runtime) -> Application:
    """Everything that one process serves over HTTP."""
    settings, master, road = runtime.settings, runtime.keyring.master, Road(runtime.keyring)
    api = build_api(runtime, road)
    sign_on = SingleSignOn(session_key=settings.session_key, master=master, public_url=settings.public_url)
    providers = Providers(transport=runtime.egress.transport())
    postbox = Postbox(runtime.engine, master, open_sender(settings.smtp_url, settings.mail_from), runtime.clock)
    door: list[Application] = []

    def client() -> httpx.AsyncClient:
        """Comes in by the front door of this process, as a network does."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(door[0]), base_url=settings.public_url)

    hubs = install_web(
        api,
        engine=runtime.engine,
        clock=runtime.clock,
        signer=Signer(settings.session_key),
        demo=settings.role_links,
        secure=settings.public_url.startswith("https://"),
        doors=Doors(master, settings.public_url, runtime.limiter, postbox, providers, settings.proxies),
        linking=Linking(sign_on, road),
        live=runtime.live,
        resolver=runtime.resolver,
        workbench=Workbench(
            road=road,
            egress=runtime.egress,
            public_url=settings.public_url,
            document=api.openapi,
            meanings=MEANINGS,
            remedies=REMEDIES,
            client=client,
            connections_changed=lambda: door[0].connections_changed(),
        ),
    )
    door.append(Application(api, hubs, runtime, postbox))
    return door[0]


async def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until the process is told to stop; a commit in progress is finished and answered."""
    if settings.proxies:
        # Whoever reaches this process beside the proxies chooses the address that limits count.
        _log.warning("proxies.believed", header="X-Forwarded-For", proxies=settings.proxies)
    async with open_runtime(settings, pool_size=12) as runtime:
        app = build_app(runtime)
        collect_seldom()
        await server(app, host=host, port=port).serve()


def server(app: Application, *, host: str, port: int) -> Server:
    """The HTTP server around the application."""
    return Server(
        app,
        uvicorn.Config(
            app,
            http=protocol_of(app),
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ),
    )
