"""A small world for tests: one operator, one programme, a held clock and the real road on a real database.

Builders make messages of the sandbox network where every argument has a boring default. `told` of a message is the
network's own clock: it decides which of two statements on one fact holds, whatever arrives last.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.audit import Report, audit
from cashback.clock import HeldClock
from cashback.db.engine import fetch, transaction
from cashback.offers.schemas import FactKind
from cashback.pipeline import drain
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.connections import open_connection
from cashback.replay.script import Activate, Deliver, Link, Pay, Say, Unlink
from cashback.replay.stage import Stage, set_stage
from issuers.registry import ADAPTERS

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
CARD = "card-1"
ACCOUNT = "account-1"
SHOPPER = "anna"
PARIS = ZoneInfo("Europe/Paris")

CENTRE = """
programme: {code: world, name: World, zone: Europe/Paris, currency: EUR}
centres:
  - {code: centre, name: Centre, country: FR}
shops:
  - {code: cafe, name: Café, centre: centre, category: "5812",
     identifiers: [{network: sandbox, scheme: mid, value: "1001"}]}
  - {code: books, name: Books, centre: centre, category: "5942",
     identifiers: [{network: sandbox, scheme: mid, value: "1002"}]}
"""
FIVE_PERCENT = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: five, reward: {kind: percent, asset: EUR, rate_bps: 500}, hold_days: 14}
"""
)


def day(number: float, *, hour: int = 0) -> datetime:
    """An instant so many days after `START`."""
    return START + timedelta(days=number, hours=hour)


def message(
    kind: str,
    purchase: str,
    amount: int,
    *,
    at: datetime,
    fact: str | None = None,
    card: str = CARD,
    mid: str = "1001",
    currency: str = "EUR",
    told: datetime | None = None,
    of: str | None = None,
    made_at: datetime | None = None,
    final: bool = False,
) -> dict[str, Any]:
    """One message of the sandbox network; `of` names the purchase a refund belongs to."""
    body: dict[str, Any] = {
        "type": kind,
        "created_at": (told or at).isoformat(),
        "card": {"token": card},
        "purchase": purchase,
        "fact": fact or purchase,
        "amount_minor": amount,
        "currency": currency,
        "occurred_at": at.isoformat(),
        "final": final,
        "merchant": {"mid": mid, "descriptor": "SHOP"},
    }
    if of is not None:
        body["refund_of"] = of
    if made_at is not None:
        body["purchase_at"] = made_at.isoformat()
    return body


def authorization(purchase: str, amount: int = 20_00, *, at: datetime, **more: Any) -> dict[str, Any]:
    """The shopper's bank agreed."""
    return message("authorization", purchase, amount, at=at, **more)


def clearing(purchase: str, amount: int = 20_00, *, at: datetime, **more: Any) -> dict[str, Any]:
    """The shop collected."""
    return message("clearing", purchase, amount, at=at, **more)


def reversal(purchase: str, amount: int = 20_00, *, at: datetime, **more: Any) -> dict[str, Any]:
    """Given back before it cleared."""
    return message("reversal", purchase, amount, at=at, **more)


def refund(name: str, amount: int, *, at: datetime, **more: Any) -> dict[str, Any]:
    """The shop gave back; without `of` it names no purchase."""
    return message("refund", name, amount, at=at, **more)


def decline(purchase: str, amount: int = 20_00, *, at: datetime, **more: Any) -> dict[str, Any]:
    """The bank refused."""
    return message("decline", purchase, amount, at=at, **more)


def card_event(kind: str, *, at: datetime, card: str = CARD, shopper: str | None = SHOPPER) -> dict[str, Any]:
    """The network says that a card was linked or unlinked."""
    metadata = {} if shopper is None else {"shopper": shopper}
    return {"type": f"card.{kind}", "created_at": at.isoformat(), "card": {"token": card, "metadata": metadata}}


def booked(ref: str, amount: int = 20_00, *, on: datetime, kind: str = "clearing", **more: Any) -> dict[str, Any]:
    """What a bank books of a purchase: the day that contains `on`, the amount, and what the shop is called."""
    begin = on.astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    body = message(kind, ref, amount, at=begin.astimezone(UTC), card=ACCOUNT, **{"mid": "", **more})
    body["occurred_until"] = (begin + timedelta(days=1)).astimezone(UTC).isoformat()
    body["merchant"]["descriptor"] = "CARTE SHOP CB*4521"
    return body


def purchase(ref: str, amount: int = 20_00, *, at: datetime, **more: Any) -> list[dict[str, Any]]:
    """An authorization, and its clearing a day later."""
    return [authorization(ref, amount, at=at, **more), clearing(ref, amount, at=at + timedelta(days=1), **more)]


@dataclass(slots=True)
class World:
    """One operator with one programme; its shoppers are named by their references."""

    stage: Stage
    _told: int = field(default=0)

    @property
    def engine(self) -> AsyncEngine:
        """The app role's engine."""
        return self.stage.engine

    @property
    def operator_id(self) -> UUID:
        """The operator of this world."""
        return self.stage.operator_id

    @property
    def clock(self) -> HeldClock:
        """The clock of this world; it only moves forward."""
        return self.stage.clock

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.stage.clock.now()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of this operator."""
        async with transaction(self.engine, self.operator_id) as connection:
            yield connection

    async def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a statement under this operator."""
        async with self.connection() as connection:
            return [tuple(row) for row in await fetch(connection, statement, parameters)]

    async def apply(self, programme: str) -> None:
        """Apply another programme file; what it changes of shops is asked to be matched again by the product."""
        async with self.connection() as connection:
            await apply(connection, self.stage.actor, parse(programme), self.now)

    async def connect(self, provider: str = "sandbox") -> None:
        """A connection of the operator's own to a network."""
        slug = f"{provider}-{self.operator_id.hex[-12:]}"
        async with self.connection() as connection:
            await open_connection(
                connection,
                self.stage.actor,
                slug=slug,
                provider=provider,
                registered_url=f"https://rewards.invalid/webhooks/{slug}",
                secret=b"whsec_dGVzdHM=",
                providers=ADAPTERS.keys(),
                master=self.stage.road.keyring.master,
                now=self.now,
            )

    async def link(
        self, card: str = CARD, shopper: str = SHOPPER, *, at: datetime | None = None, provider: str = "sandbox"
    ) -> UUID:
        """Link a card by command; answers the shopper's id."""
        await self.stage.link(Link(shopper=shopper, provider=provider, card=card, linked_at=at))
        return await self.stage.shopper(shopper)

    async def unlink(self, card: str = CARD, shopper: str = SHOPPER) -> None:
        """Unlink a card by command."""
        await self.stage.unlink(Unlink(shopper=shopper, provider="sandbox", card=card))

    async def tell(self, *bodies: Mapping[str, Any], provider: str = "sandbox") -> None:
        """Append messages to the inbox log, each as a new delivery; nothing is processed yet."""
        for body in bodies:
            self._told += 1
            await self.deliver({"id": f"evt-{self._told}", **body}, provider=provider)

    async def deliver(self, body: Mapping[str, Any], *, provider: str = "sandbox", event: str | None = None) -> None:
        """Append one message exactly as given."""
        raw = msgspec.Raw(json.dumps(body).encode())
        await self.stage.deliver(Deliver(provider=provider, event=event, body=raw))

    async def drain(self) -> None:
        """Work until nothing waits."""
        await drain(self.engine, self.stage.road, self.operator_id, self.now)

    async def play(self, *bodies: Mapping[str, Any], at: datetime | None = None, provider: str = "sandbox") -> None:
        """Move the clock, tell, and work until nothing waits."""
        if at is not None:
            self.clock.move_to(at)
        await self.tell(*bodies, provider=provider)
        await self.drain()

    async def pass_to(self, at: datetime) -> None:
        """Let time pass and settle what it changes."""
        await self.play(at=at)

    async def pay(self, amount: int, *, asset: str = "EUR", shopper: str = SHOPPER, key: str = "payment-1") -> None:
        """Record what the operator paid."""
        await self.stage.pay(Pay(shopper=shopper, asset=asset, amount=amount), key=key)

    async def say(
        self,
        kind: str,
        value: str,
        *,
        shopper: str = SHOPPER,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Tell a fact of a shopper."""
        await self.stage.say(Say(shopper=shopper, kind=FactKind(kind), value=value, since=since, until=until))

    async def activate(self, offer: str, *, shopper: str = SHOPPER) -> None:
        """Activate an offer for a shopper."""
        await self.stage.activate(Activate(shopper=shopper, offer=offer))

    async def wallet(self, shopper: str = SHOPPER) -> dict[str, tuple[int, int, int, int]]:
        """Pending, available, converted and paid of each asset that the shopper holds or has used."""
        shopper_id = await self.stage.shopper(shopper)
        found = await self.rows(
            "SELECT asset, pending, available, converted, paid FROM balances WHERE shopper_id = $1 ORDER BY asset",
            shopper_id,
        )
        return {asset: tuple(amounts) for asset, *amounts in found if any(amounts)}  # type: ignore[misc]

    async def purchases(self, shopper: str = SHOPPER) -> dict[str, tuple[str, int]]:
        """State and net of each purchase, by the network's reference."""
        shopper_id = await self.stage.shopper(shopper)
        found = await self.rows(
            "SELECT purchase_ref, state, net_minor FROM purchases WHERE shopper_id = $1 ORDER BY purchase_ref",
            shopper_id,
        )
        return {ref: (state, net) for ref, state, net in found}

    async def rewards(self, shopper: str = SHOPPER) -> dict[tuple[str, str], tuple[str, int, str]]:
        """Asset, amount and state of each reward that stands, by purchase reference and offer code."""
        shopper_id = await self.stage.shopper(shopper)
        found = await self.rows(
            """SELECT p.purchase_ref, o.code, r.asset, r.amount, r.state FROM rewards r
            JOIN purchases p ON p.shopper_id = r.shopper_id AND p.id = r.purchase_id
            JOIN offers o ON o.operator_id = r.operator_id AND o.id = r.offer_id
            WHERE r.shopper_id = $1 AND r.amount > 0 ORDER BY 1, 2""",
            shopper_id,
        )
        return {(ref, code): (asset, amount, state) for ref, code, asset, amount, state in found}

    async def transfers(self) -> int:
        """How many transfers were ever posted."""
        return int((await self.rows("SELECT count(*) FROM transfers"))[0][0])

    async def report(self) -> Report:
        """The audit of this operator's books at the clock's instant."""
        async with self.connection() as connection:
            return await audit(connection, self.operator_id, self.now)

    async def audit(self) -> None:
        """Every invariant holds, nothing waits and nothing was parked."""
        report = await self.report()
        assert report.breaches == []
        assert report.waiting == 0
        assert await self.rows("SELECT code, detail FROM inbox_parked WHERE resolved_at IS NULL") == []


async def a_world(engine: AsyncEngine, programme: str = FIVE_PERCENT, *, at: datetime = START) -> World:
    """A world at an instant, whose offers judge purchases of any time."""
    return World(await set_stage(engine, parse(programme), at))


def lines(*steps: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> list[str]:
    """The lines of an events file for a replay."""
    return [json.dumps(step) for step in steps]
