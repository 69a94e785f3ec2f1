"""The served application: the webhook receiver in front, the API, and the pages."""

import socket

import uvicorn
from fastapi import FastAPI

from cashback.api.application import build_api
from cashback.api.receiver import WebhookReceiver
from cashback.api.webhook_protocol import protocol_of
from cashback.auth.mail import Postbox, open_sender
from cashback.auth.oidc import Providers
from cashback.auth.sessions import Signer
from cashback.auth.sso import SingleSignOn
from cashback.feeds.keys import KeyFetcher
from cashback.pipeline import Road
from cashback.programmes.connections import ConnectionDirectory
from cashback.runtime import Runtime, collect_seldom, open_runtime
from cashback.settings import Settings
from cashback.web.app import install_web
from cashback.web.context import Doors, Linking
from cashback.web.hub import FeedHub
from issuers.registry import ADAPTERS

SHUTDOWN_SECONDS = 10


class Application(WebhookReceiver):
    """The whole product over HTTP: the receiver in front of API and pages, and the hub of the live feed."""

    def __init__(self, api: FastAPI, hub: FeedHub, runtime: Runtime, postbox: Postbox) -> None:
        connections = ConnectionDirectory(runtime.engine, runtime.keyring.master)
        self._keys = KeyFetcher(runtime.engine, runtime.keyring.master, runtime.clock, connections.forget)
        super().__init__(
            api,
            engine=runtime.engine,
            connections=connections,
            keyring=runtime.keyring,
            clock=runtime.clock,
            adapters=ADAPTERS,
            stored=runtime.wakeups.ring,
            key_unknown=self._keys.wanted,
        )
        self._hub = hub
        self._postbox = postbox

    async def end_streams(self) -> None:
        """End the live feeds that browsers hold open, and calls for keys; they would not end by themselves."""
        await self._hub.close()
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
    road = Road(runtime.keyring)
    api = build_api(runtime, road)
    settings, master = runtime.settings, runtime.keyring.master
    sign_on = SingleSignOn(session_key=settings.session_key, master=master, public_url=settings.public_url)
    postbox = Postbox(runtime.engine, master, open_sender(settings.smtp_url, settings.mail_from), runtime.clock)
    hub = install_web(
        api,
        engine=runtime.engine,
        clock=runtime.clock,
        signer=Signer(runtime.settings.session_key),
        demo=runtime.settings.role_links,
        secure=runtime.settings.public_url.startswith("https://"),
        doors=Doors(master, settings.public_url, runtime.limiter, postbox, Providers(), settings.proxies),
        linking=Linking(sign_on, road),
    )
    return Application(api, hub, runtime, postbox)


async def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until the process is told to stop; a commit in progress is finished and answered."""
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
