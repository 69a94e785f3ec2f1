"""The pages as tests open them: over HTTP without a network, or on a port for the browser."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx
from builders import NOW, House, Shopper
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.auth.sessions import Role, Signer
from cashback.clock import HeldClock
from cashback.live import Live
from cashback.web.app import Hubs, install_web
from cashback.web.developer.workbench import Workbench
from cashback.web.hub import FeedHub

SIGNER = Signer(b"test key of 32 bytes, never used")


@dataclass(slots=True)
class Site:
    """The pages, served; `address` is where."""

    app: FastAPI
    hubs: Hubs
    address: str

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


def a_site(
    engine: AsyncEngine,
    *,
    demo: bool = True,
    secure: bool = False,
    address: str = "",
    live: Live | None = None,
    workbench: Workbench | None = None,
) -> Site:
    """An application that holds the pages alone, at a time that stands still."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    hubs = install_web(
        app,
        engine=engine,
        clock=HeldClock(NOW),
        signer=SIGNER,
        demo=demo,
        secure=secure,
        live=live,
        workbench=workbench,
    )
    return Site(app, hubs, address)


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
