"""Carries out the steps on the real road, at a clock that follows them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Actor, system
from cashback.clock import HeldClock
from cashback.db.engine import transaction
from cashback.errors import Invalid, ProductError
from cashback.offers.schemas import Fact
from cashback.payouts.service import record_payment
from cashback.pipeline import Road, drain, link_card, unlink_card
from cashback.programme_file.document import ProgrammeFile
from cashback.programme_file.service import apply
from cashback.programmes.connections import open_connection
from cashback.programmes.operators import OperatorMode, open_operator
from cashback.programmes.service import load_programme
from cashback.replay.script import Activate, Deliver, Link, Pay, Say, Step, Unlink
from cashback.rewards.facts import Said
from cashback.rewards.telling import activate, tell
from cashback.shoppers import service as shoppers
from issuers.adapter import Delivery
from issuers.registry import ADAPTERS, adapter
from webhooks import inbox
from webhooks.messages import NewMessage, subject_of
from webhooks.sealing import KeyRing


@dataclass(slots=True)
class Stage:
    """One operator with one programme in a database of its own."""

    engine: AsyncEngine
    clock: HeldClock
    road: Road
    actor: Actor
    connections: dict[str, UUID]
    """By provider."""

    @property
    def operator_id(self) -> UUID:
        """The operator whose programme is tried."""
        return self.actor.operator_id

    async def play(self, steps: Sequence[Step]) -> None:
        """Carry out all steps; Invalid names the line of one that is refused."""
        for position, step in enumerate(steps):
            self.clock.move_to(step.line.at)
            try:
                await self._carry_out(step)
            except ProductError as error:
                raise Invalid(f"line {step.number}: {error.detail}", code=error.code) from error
            follower = steps[position + 1].line if position + 1 < len(steps) else None
            if follower is None or follower.at != step.line.at or follower.deliver is None:
                await drain(self.engine, self.road, self.operator_id, self.clock.now())

    async def _carry_out(self, step: Step) -> None:
        line, number = step.line, step.number
        if line.deliver is not None:
            await self.deliver(line.deliver)
        elif line.link is not None:
            await self.link(line.link)
        elif line.unlink is not None:
            await self.unlink(line.unlink)
        elif line.pay is not None:
            await self.pay(line.pay, key=f"line-{number}")
        elif line.say is not None:
            await self.say(line.say)
        elif line.activate is not None:
            await self.activate(line.activate)

    async def deliver(self, deliver: Deliver) -> None:
        """Append a webhook to the inbox log, as the receiver does after it has verified it."""
        connection_id = await self._connection(deliver.provider)
        dialect = adapter(deliver.provider)
        delivery = Delivery(body=deliver.content(), headers={}, event=deliver.event)
        envelope = dialect.envelope(delivery)
        message = NewMessage(
            connection_id=connection_id,
            delivery_id=envelope.delivery_id,
            event=deliver.event,
            digest=envelope.content_digest,
            subject=None if envelope.card_token is None else subject_of(deliver.provider, envelope.card_token),
            received_at=self.clock.now(),
            body=delivery.body,
        )
        async with transaction(self.engine, self.operator_id) as connection:
            await inbox.append(connection, self.operator_id, [message], self.road.keyring)

    async def link(self, link: Link) -> None:
        """Link a card, opening the shopper at their first mention."""
        await link_card(
            self.engine,
            self.road,
            self.actor,
            shopper_id=await self.shopper(link.shopper),
            network=_known(link.provider),
            token=link.card,
            linked_at=link.linked_at or self.clock.now(),
            last_four=link.last_four,
            scheme=None,
            now=self.clock.now(),
        )

    async def unlink(self, unlink: Unlink) -> None:
        """Unlink a card."""
        await unlink_card(
            self.engine,
            self.road,
            self.actor,
            shopper_id=await self.shopper(unlink.shopper),
            network=_known(unlink.provider),
            token=unlink.card,
            now=self.clock.now(),
        )

    async def pay(self, pay: Pay, *, key: str) -> None:
        """Record what the operator paid."""
        shopper_id = await self.shopper(pay.shopper)
        async with transaction(self.engine, self.operator_id) as connection:
            programme = await load_programme(connection, self.operator_id)
            await record_payment(
                connection,
                self.actor,
                programme,
                shopper_id=shopper_id,
                asset=pay.asset,
                amount=pay.amount,
                key=key,
                now=self.clock.now(),
            )

    async def say(self, said: Say) -> None:
        """Tell a fact of a shopper; what was bought since is settled again."""
        fact = Fact(said.kind, said.value, said.since or self.clock.now(), said.until)
        shopper_id = await self.shopper(said.shopper)
        async with transaction(self.engine, self.operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, self.operator_id)
            await tell(connection, snapshot, self.actor, [Said(shopper_id, fact)], self.clock.now())

    async def activate(self, activation: Activate) -> None:
        """Activate an offer for a shopper."""
        shopper_id = await self.shopper(activation.shopper)
        async with transaction(self.engine, self.operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, self.operator_id)
            await activate(connection, snapshot, self.actor, shopper_id, activation.offer, self.clock.now())

    async def shopper(self, reference: str) -> UUID:
        """The shopper of this reference, opened at the first mention."""
        async with transaction(self.engine, self.operator_id) as connection:
            found = await shoppers.open_shoppers(connection, self.actor, [reference], locale="en", now=self.clock.now())
        return found[reference]

    async def _connection(self, provider: str) -> UUID:
        _known(provider)
        if provider not in self.connections:
            async with transaction(self.engine, self.operator_id) as connection:
                self.connections[provider] = await open_connection(
                    connection,
                    self.actor,
                    slug=f"replay-{provider.replace('_', '-')}-{secrets.token_hex(4)}",
                    provider=provider,
                    registered_url=f"https://replay.invalid/webhooks/{provider}",
                    secret=secrets.token_bytes(32),
                    providers=ADAPTERS.keys(),
                    master=self.road.keyring.master,
                    now=self.clock.now(),
                )
        return self.connections[provider]


async def set_stage(engine: AsyncEngine, programme: ProgrammeFile, start: datetime) -> Stage:
    """An operator with this programme, whose first offer versions judge purchases of any time."""
    slug = f"replay-{secrets.token_hex(6)}"
    operator_id = await open_operator(engine, slug=slug, name="Replay", now=start, mode=OperatorMode.TEST)
    actor = system(operator_id, "replay")
    async with transaction(engine, operator_id) as connection:
        await apply(connection, actor, programme, start, since_ever=True)
    return Stage(engine, HeldClock(start), Road(KeyRing(secrets.token_bytes(32))), actor, {})


def _known(provider: str) -> str:
    if provider not in ADAPTERS:
        raise Invalid(f"provider {provider!r} is not known; expected one of {', '.join(sorted(ADAPTERS))}")
    return provider
