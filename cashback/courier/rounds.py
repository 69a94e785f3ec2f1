"""The worker's rounds: hand out what was told, and serve every endpoint for which something is due.

Each endpoint is served by a task of its own, one at a time in a process, until nothing is due for it any more; a round
begins tasks and waits for none. So an endpoint that hangs keeps its own task waiting, and nothing else. The courier
holds few connections to the database, however many endpoints there are: the road comes first.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import system
from cashback.clock import Clock
from cashback.courier.letters import tell_of_disabled
from cashback.db.engine import transaction
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show
from cashback.programmes import audit_log
from issuers.card_numbers import mask_text
from webhooks import endpoints, outbox
from webhooks.courier import Post, round_of
from webhooks.deliveries import Disabled
from webhooks.sealing import KeyRing

CONNECTIONS = 2
"""Connections to the database that the courier holds at a time."""
ATTEMPTS_MAX = 256
"""Attempts that a process has under way, of all operators."""
ATTEMPTS_OF_ONE = 64
"""Of them those of one operator: its slow receivers keep nobody else's events waiting."""
MESSAGES_KEPT = timedelta(days=30)
"""After that a message is forgotten with its deliveries, and cannot be played again."""

_log = structlog.get_logger(__name__)


class Courier:
    """Sends what is due for the operators it is given. One per process."""

    def __init__(self, engine: AsyncEngine, keyring: KeyRing, clock: Clock, post: Post) -> None:
        self._engine = engine
        self._keyring = keyring
        self._clock = clock
        self._send = post
        self._connections = asyncio.Semaphore(CONNECTIONS)
        self._attempts = asyncio.Semaphore(ATTEMPTS_MAX)
        self._shares: defaultdict[UUID, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(ATTEMPTS_OF_ONE))
        self._serving: dict[UUID, asyncio.Task[None]] = {}

    async def begin_round(self, operators: Iterable[UUID]) -> None:
        """Hand out what was told, and begin to serve endpoints that nobody here is serving."""
        for operator_id in operators:
            handed = outbox.HANDED_OUT_MAX
            while handed == outbox.HANDED_OUT_MAX:
                async with self._transaction(operator_id) as connection:
                    handed = await outbox.hand_out(connection, operator_id, self._clock.now())
                    waiting = await endpoints.waiting(connection, operator_id, self._clock.now())
            for endpoint_id in waiting - self._serving.keys():
                self._serving[endpoint_id] = asyncio.create_task(self._serve(operator_id, endpoint_id))

    async def quiet(self) -> None:
        """Wait until every endpoint that is being served has been."""
        while self._serving:
            await asyncio.gather(*self._serving.values())

    async def close(self) -> None:
        """Stop at once; attempts under way are repeated when their lease has ended, under the same id."""
        tasks = list(self._serving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, operator_id: UUID, endpoint_id: UUID) -> None:
        """Attempt what is due of one endpoint until nothing is, or until it is to be left alone."""
        try:
            while await self._serve_once(operator_id, endpoint_id):
                pass
        except (DBAPIError, OSError) as error:
            _log.warning("courier.retrying", endpoint=show("whe", endpoint_id), error=str(error)[:300])
        except Exception:
            _log.exception("courier.failed", endpoint=show("whe", endpoint_id))
        finally:
            del self._serving[endpoint_id]

    async def _serve_once(self, operator_id: UUID, endpoint_id: UUID) -> bool:
        async with self._transaction(operator_id) as connection:
            waiting = await endpoints.waiting(connection, operator_id, self._clock.now())
        if endpoint_id not in waiting:
            return False
        made = await round_of(
            lambda: self._transaction(operator_id),
            operator_id,
            endpoint_id,
            post=self._send,
            turn=lambda: self._turn(operator_id),
            master=self._keyring.master,
            clock=self._clock.now,
            clean=mask_text,
            tell=lambda connection, disabled: self._tell(connection, operator_id, disabled),
        )
        return made > 0

    @asynccontextmanager
    async def _turn(self, operator_id: UUID) -> AsyncIterator[None]:
        async with self._shares[operator_id], self._attempts:
            yield

    async def _tell(self, connection: AsyncConnection, operator_id: UUID, disabled: Iterable[Disabled]) -> None:
        """Say that an endpoint was disabled: in the logs, to the other endpoints, to the people who look after it."""
        for each in disabled:
            now, named = self._clock.now(), show("whe", each.endpoint_id)
            _log.warning("courier.disabled", endpoint=named, why=each.why)
            told = event(
                "endpoint.disabled", f"{named}:{now.isoformat()}", now, of=operator_id, endpoint=named, why=each.why
            )
            actor = system(operator_id, "courier")
            await audit_log.record(connection, actor, "endpoint.disabled", named, {"why": each.why}, now)
            await events.tell(connection, operator_id, [told], now)
            await tell_of_disabled(connection, operator_id, self._keyring.master, each, now)

    @asynccontextmanager
    async def _transaction(self, operator_id: UUID) -> AsyncIterator[AsyncConnection]:
        async with self._connections, transaction(self._engine, operator_id) as connection:
            yield connection


async def forget_messages(engine: AsyncEngine, clock: Clock, operator_id: UUID) -> None:
    """Forget what was told more than `MESSAGES_KEPT` ago."""
    forgotten = 1
    while forgotten:
        async with transaction(engine, operator_id) as connection:
            forgotten = await outbox.forget(connection, operator_id, clock.now() - MESSAGES_KEPT)
