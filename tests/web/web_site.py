"""The pages as tests open them: over HTTP without a network, or on a port for the browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx
from builders import NOW, House, Shopper
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.auth.mail import Letter, Postbox
from cashback.auth.oidc import Providers
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Role, Signer
from cashback.clock import HeldClock
from cashback.limits import LocalLimiter
from cashback.live import Live
from cashback.web.app import Hubs, install_web
from cashback.web.context import Doors
from cashback.web.developer.workbench import Workbench
from cashback.web.hub import FeedHub
from cashback.welcoming.domains import Resolver
from webhooks.sealing import SealingKey

SIGNER = Signer(b"test key of 32 bytes, never used")
MASTER = SealingKey(b"master key of 32 bytes for tests")


class Mailbox:
    """Keeps every letter that would have been sent."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        self.letters.append(letter)


@dataclass(slots=True)
class Site:
    """The pages, served; `address` is where."""

    app: FastAPI
    hubs: Hubs
    address: str
    clock: HeldClock
    mailbox: Mailbox
    postbox: Postbox

    @property
    def hub(self) -> FeedHub:
        """The live feed's."""
        return self.hubs.feed

    def client(self) -> httpx.AsyncClient:
        """A browser without a session; a surprise of the server is an answer, not an exception."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://pages.test")

    def shopper(self, shopper: Shopper) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """A browser of a shopper, come by an entry link."""
        return self._entered(entry_of_shopper(shopper))

    def operator(
        self, house: House, role: MemberRole = MemberRole.ADMIN
    ) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """A browser of an operator, come by an entry link."""
        return self._entered(entry_of_operator(house, role))

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


def entry_of_operator(house: House, role: MemberRole = MemberRole.ADMIN) -> str:
    """A fresh link's token."""
    return SIGNER.entry_token(
        role=Role.OPERATOR, operator_id=house.operator_id, shopper_id=None, now=NOW, member_role=role
    )


def csrf_in(page: str) -> str:
    """What the forms of a page carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, "the page has no form"
    return found[1]


def a_site(
    engine: AsyncEngine,
    *,
    demo: bool = True,
    secure: bool = False,
    address: str = "",
    public_url: str = "https://pages.test",
    providers: Providers | None = None,
    live: Live | None = None,
    workbench: Workbench | None = None,
    resolver: Resolver | None = None,
) -> Site:
    """An application that holds the pages alone, at a time that stands still until it is moved."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    clock, mailbox = HeldClock(NOW), Mailbox()
    postbox = Postbox(engine, MASTER, mailbox, clock)
    hubs = install_web(
        app,
        engine=engine,
        clock=clock,
        signer=SIGNER,
        demo=demo,
        secure=secure,
        doors=Doors(MASTER, public_url, LocalLimiter(), postbox, providers or Providers()),
        live=live,
        workbench=workbench,
        resolver=resolver,
    )
    return Site(app, hubs, address, clock, mailbox, postbox)


async def until(ready: Callable[[], bool]) -> None:
    """Wait until it is ready, ten seconds at most."""
    for _ in range(500):
        if ready():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("the server did not start within ten seconds")


class Words(HTMLParser):
    """The text a reader sees, and every attribute of every element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def words(html: str) -> str:
    """Text with one kind of space."""
    return re.sub(r"\s+", " ", Words(html).text)
