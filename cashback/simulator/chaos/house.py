"""Plays a world into the product: an operator of its own with the world's programme, and every line in arrival order.

What runs is the road itself, from the inbox log on; only signatures are not asked for. Messages are appended and worked
some thousand at a time, at a clock that follows their arrival.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, system
from cashback.db.engine import transaction
from cashback.errors import Conflict, NoProgramme
from cashback.pipeline import Road, drain, link_card
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.connections import open_connection
from cashback.programmes.service import load_programme
from cashback.shoppers import service as shoppers
from cashback.simulator.chaos.files import PROGRAMME, DeliverLine, EventLine, LinkLine
from issuers.adapter import Delivery
from issuers.registry import ADAPTERS, adapter
from webhooks import inbox
from webhooks.messages import NewMessage, subject_of
from webhooks.sealing import KeyRing

MESSAGES_AT_ONCE = 2_000
DAYS_AT_ONCE = timedelta(days=14)
"""The clock moves at least so often."""

Progress = Callable[[int], None]
"""Told how many lines are done."""


@dataclass(slots=True)
class House:
    """One operator whose purchases are told by the sources of a world."""

    engine: AsyncEngine
    road: Road
    actor: Actor
    slug: str
    now: datetime
    connections: dict[str, UUID] = field(default_factory=dict)
    known: dict[str, UUID] = field(default_factory=dict)
    """Shoppers by their names."""

    @property
    def operator_id(self) -> UUID:
        """The operator."""
        return self.actor.operator_id

    async def play(
        self,
        events: Iterable[EventLine],
        progress: Progress = lambda _: None,
        *,
        at_once: int = MESSAGES_AT_ONCE,
        days_at_once: timedelta = DAYS_AT_ONCE,
    ) -> None:
        """Everything that happens, to the end; what it ends with is the same however much is worked at once."""
        waiting: list[tuple[datetime, DeliverLine]] = []
        done = 0
        for done, line in enumerate(events, 1):
            if waiting and (line.link is not None or len(waiting) >= at_once or line.at - waiting[0][0] > days_at_once):
                await self._work(waiting)
                waiting = []
                progress(done)
            if line.deliver is not None:
                waiting.append((line.at, line.deliver))
            elif line.link is not None:
                await self._link(line.at, line.link)
            else:
                await self._work(waiting)
                waiting = []
                self.now = line.at
                await drain(self.engine, self.road, self.operator_id, self.now)
        await self._work(waiting)
        progress(done)

    async def _work(self, waiting: list[tuple[datetime, DeliverLine]]) -> None:
        if not waiting:
            return
        messages = [await self._message(at, line) for at, line in waiting]
        async with transaction(self.engine, self.operator_id) as connection:
            await inbox.append(connection, self.operator_id, messages, self.road.keyring)
        self.now = waiting[-1][0]
        await drain(self.engine, self.road, self.operator_id, self.now)

    async def _message(self, at: datetime, line: DeliverLine) -> NewMessage:
        delivery = Delivery(body=bytes(line.body), headers={}, event=line.event)
        envelope = adapter(line.provider).envelope(delivery)
        return NewMessage(
            connection_id=await self._connection(line.provider),
            delivery_id=envelope.delivery_id,
            event=line.event,
            digest=envelope.content_digest,
            subject=None if envelope.card_token is None else subject_of(line.provider, envelope.card_token),
            received_at=at,
            body=delivery.body,
        )

    async def _link(self, at: datetime, line: LinkLine) -> None:
        self.now = max(self.now, at)
        if line.shopper not in self.known:
            async with transaction(self.engine, self.operator_id) as connection:
                self.known |= await shoppers.open_shoppers(
                    connection, self.actor, [line.shopper], locale="fr", now=self.now
                )
        await link_card(
            self.engine,
            self.road,
            self.actor,
            shopper_id=self.known[line.shopper],
            network=line.provider,
            token=line.card,
            linked_at=at,
            last_four=line.last_four,
            scheme=None,
            now=self.now,
        )

    async def _connection(self, provider: str) -> UUID:
        if provider not in self.connections:
            async with transaction(self.engine, self.operator_id) as connection:
                self.connections[provider] = await open_connection(
                    connection,
                    self.actor,
                    slug=f"{self.slug}-{provider.replace('_', '-')}",
                    provider=provider,
                    registered_url=f"https://chaos.invalid/webhooks/{self.slug}-{provider}",
                    secret=secrets.token_bytes(32),
                    providers=ADAPTERS.keys(),
                    master=self.road.keyring.master,
                    now=self.now,
                )
        return self.connections[provider]


async def move_in(
    engine: AsyncEngine, keyring: KeyRing, programme: str, *, operator_id: UUID, slug: str, now: datetime
) -> House:
    """Give a new operator this programme, whose offers judge purchases of any time. Conflict if it has one already."""
    file = parse(programme, PROGRAMME)
    actor = system(operator_id, "chaos")
    async with transaction(engine, operator_id) as connection:
        if await _has_programme(connection, operator_id):
            raise Conflict(f"operator {slug} has a programme: expected a new operator", code="operator_in_use")
        await apply(connection, actor, file, now, since_ever=True)
    return House(engine, Road(keyring), actor, slug, now)


async def _has_programme(connection: AsyncConnection, operator_id: UUID) -> bool:
    try:
        await load_programme(connection, operator_id)
    except NoProgramme:
        return False
    return True
