"""An operator with endpoints, a held clock, and a network that answers as it is told: no socket, no waiting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.clock import HeldClock
from cashback.courier.rounds import Courier
from cashback.db.engine import fetch, transaction
from cashback.ids import uuid7
from webhooks import deliveries, delivery_log, endpoints, outbox
from webhooks.delivery_log import Delivery
from webhooks.endpoints import Endpoint
from webhooks.outbox import Message
from webhooks.schedule import Answer
from webhooks.sealing import KeyRing
from webhooks.signing import Secret, new_secret, verify

START = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROUNDS_MAX = 20_000

Behaviour = Callable[[str, int], int | None]
"""The status that an endpoint answers to a message when it is tried for the nth time; None: no answer."""


def well(_: str, __: int) -> int | None:
    """A receiver that accepts everything."""
    return 200


@dataclass(slots=True)
class Sent:
    """One request as it reached the network."""

    url: str
    message_id: str
    body: bytes
    at: datetime


@dataclass(slots=True)
class PostOffice:
    """One operator; `behaviour` says by address what its endpoints answer."""

    engine: AsyncEngine
    operator_id: UUID = field(default_factory=uuid4)
    clock: HeldClock = field(default_factory=lambda: HeldClock(START))
    keyring: KeyRing = field(default_factory=lambda: KeyRing(b"m" * 32))
    behaviour: dict[str, Behaviour] = field(default_factory=dict)
    retry_after: str | None = None
    milliseconds: int = 5
    """What an attempt takes."""
    secrets: dict[str, Secret] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    tried: dict[tuple[str, str], int] = field(default_factory=dict)
    told: int = 0

    async def add(self, name: str = "crm", behaviour: Behaviour = well, *, types: Sequence[str] | None = None) -> UUID:
        """An endpoint of this name, that listens from now on."""
        url, endpoint_id, secret = f"https://{name}.example/", uuid7(self.clock.now()), new_secret()
        async with transaction(self.engine, self.operator_id) as connection:
            await endpoints.add(
                connection,
                self.operator_id,
                endpoint_id,
                url=url,
                types=types,
                version="1",
                secrets=[secret],
                master=self.keyring.master,
                now=self.clock.now(),
            )
        self.behaviour[url], self.secrets[url] = behaviour, secret
        return endpoint_id

    async def tell(self, count: int = 1, *, type_: str = "reward.earned", partition: str | None = None) -> list[str]:
        """So many new messages, each of a partition of its own unless told; answers their ids."""
        now = self.clock.now()
        messages = [
            Message(f"k-{self.told + n:06d}", type_, partition or f"p-{self.told + n}", {"number": self.told + n}, now)
            for n in range(count)
        ]
        self.told += count
        async with transaction(self.engine, self.operator_id) as connection:
            await outbox.tell(connection, self.operator_id, messages, now)
        return [outbox.show_id(outbox.message_id(self.operator_id, each.key, now)) for each in messages]

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """The network. Whatever reaches it is signed for its endpoint and for now."""
        verify(self.secrets[url].told(), headers, body, self.clock.now())
        message_id = headers["webhook-id"]
        self.sent.append(Sent(url, message_id, body, self.clock.now()))
        number = self.tried[url, message_id] = self.tried.get((url, message_id), 0) + 1
        code = self.behaviour[url](message_id, number)
        return Answer(code, None if code else "no answer within 15 s", self.milliseconds, "done", self.retry_after)

    def courier(self) -> Courier:
        """A courier with a memory of its own, as every process has."""
        return Courier(self.engine, self.keyring, self.clock, self.post)

    async def round(self, courier: Courier | None = None) -> None:
        """Everything that is due now, by one process."""
        sending = courier or self.courier()
        await sending.begin_round([self.operator_id])
        await sending.quiet()

    async def run(self, until: datetime | None = None, *, step: timedelta = timedelta(0)) -> None:
        """Let time pass from one due delivery to the next, a `step` at least, until none is pending or `until`."""
        courier = self.courier()
        for _ in range(ROUNDS_MAX):
            await self.round(courier)
            await self.round(courier)  # what the first round told of
            async with transaction(self.engine, self.operator_id) as connection:
                due = await deliveries.next_due(connection, self.operator_id)
            if due is None or (until is not None and due > until):
                return
            self.clock.move_to(max(due, self.clock.now() + step))
        raise AssertionError(f"deliveries are still pending after {ROUNDS_MAX} rounds")

    def pass_time(self, **span: float) -> None:
        """Move the clock on."""
        self.clock.move_to(self.clock.now() + timedelta(**span))

    async def counted(self) -> dict[str, int]:
        """How many deliveries stand in each state."""
        async with transaction(self.engine, self.operator_id) as connection:
            return await delivery_log.counted(connection, self.operator_id)

    async def endpoint(self, endpoint_id: UUID) -> Endpoint:
        """One endpoint as stored."""
        async with transaction(self.engine, self.operator_id) as connection:
            found = await endpoints.find(connection, self.operator_id, endpoint_id, self.clock.now())
        assert found is not None
        return found

    async def log(self, endpoint_id: UUID) -> list[Delivery]:
        """The deliveries of an endpoint, the oldest message first."""
        async with transaction(self.engine, self.operator_id) as connection:
            page = await delivery_log.deliveries_of(
                connection, self.operator_id, endpoint_id, now=self.clock.now(), limit=200
            )
        return page[::-1]

    async def rows(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """All rows of a statement under this operator."""
        async with transaction(self.engine, self.operator_id) as connection:
            return [tuple(row) for row in await fetch(connection, statement, parameters)]

    def reached(self, name: str) -> list[str]:
        """Ids of what reached an endpoint, in order, repetitions included."""
        return [each.message_id for each in self.sent if each.url == f"https://{name}.example/"]
