"""The keys that Plaid signs its webhooks with: fetched by their id, kept as secrets of the connection.

A webhook under a key that is not known is refused, and the key is fetched in the background: Plaid delivers again, half
a minute later for the first time. Strangers can name keys too, so little is done for them: one call a minute for a
connection, and a key that Plaid does not hand out, or no longer signs with, changes nothing.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import httpx
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Actor, system
from cashback.clock import Clock
from cashback.db.engine import transaction
from cashback.errors import Conflict
from cashback.feeds.service import credentials_of
from cashback.programmes.connections import Connection, rotate_secret
from issuers import es256
from issuers.plaid_api import PlaidApi
from webhooks.sealing import SealingKey

NETWORK = "plaid"
ASKED_EVERY_SECONDS = 60.0

_log = structlog.get_logger(__name__)


async def fetch_key(
    engine: AsyncEngine,
    master: SealingKey,
    actor: Actor,
    *,
    slug: str,
    key_id: str,
    now: datetime,
    transport: httpx.AsyncBaseTransport | None = None,
) -> None:
    """Make a key of Plaid's the newest secret of a connection; the one before still proves.

    Raises what the client raises, Invalid for a connection that is no opened feed of Plaid's, and Conflict for a key
    that Plaid no longer signs with.
    """
    async with transaction(engine, actor.operator_id) as connection:
        base_url, credentials = await credentials_of(connection, actor.operator_id, slug, master, network=NETWORK)
    async with PlaidApi.opened(base_url, credentials, transport=transport) as plaid:
        secret = await plaid.verification_key(key_id)
    found = es256.key_of(secret)
    if found is None or (found[0].expired_at is not None and found[0].expired_at <= now.timestamp()):
        raise Conflict(f"the key {key_id[:64]!r} has expired: nothing is signed with it any more", code="key_expired")
    async with transaction(engine, actor.operator_id) as connection:
        await rotate_secret(connection, actor, slug=slug, secret=secret, keep_previous=True, master=master, now=now)


class KeyFetcher:
    """Fetches keys in the background of the process that receives webhooks; `fetched` is called after each."""

    def __init__(
        self,
        engine: AsyncEngine,
        master: SealingKey,
        clock: Clock,
        fetched: Callable[[], None],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._engine = engine
        self._master = master
        self._clock = clock
        self._fetched = fetched
        self._transport = transport
        self._asked_at: dict[UUID, float] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def wanted(self, connection: Connection, key_id: str) -> None:
        """A webhook was signed with a key that the connection does not have. Returns at once."""
        now = time.monotonic()
        asked_at = self._asked_at.get(connection.id)
        if connection.provider != NETWORK or (asked_at is not None and now - asked_at < ASKED_EVERY_SECONDS):
            return
        self._asked_at[connection.id] = now
        task = asyncio.get_running_loop().create_task(self._fetch(connection, key_id))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in list(self._under_way):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _fetch(self, connection: Connection, key_id: str) -> None:
        actor = system(connection.operator_id, "keys")
        try:
            await fetch_key(
                self._engine,
                self._master,
                actor,
                slug=connection.slug,
                key_id=key_id,
                now=self._clock.now(),
                transport=self._transport,
            )
        except Exception as error:
            # Whatever it was, the webhook was refused already and comes again; nobody waits for this task.
            _log.warning("key.not_fetched", connection=connection.slug, error=f"{type(error).__name__}: {error}"[:300])
            return
        self._fetched()
        _log.info("key.fetched", connection=connection.slug)
