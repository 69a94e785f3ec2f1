"""A past for the centre: months of webhooks, put through the real road under a clock that follows them day by day."""

import asyncio
import random
import secrets
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, system
from cashback.clock import HeldClock
from cashback.db.engine import fetch, transaction
from cashback.demo.appearance import appear
from cashback.demo.consents import record_consents
from cashback.demo.measuring import measured, shopper_ids
from cashback.demo.money import MoneyDesk
from cashback.demo.offers import write_offers
from cashback.demo.people import names, regulars
from cashback.demo.plans import Plans
from cashback.demo.programme import read_programme
from cashback.demo.queues import fill_queues
from cashback.payouts.service import record_payment
from cashback.pipeline import Road, drain, process_lane
from cashback.programme_file.service import apply
from cashback.programmes.connections import open_connection
from cashback.programmes.operators import OperatorMode, open_operator
from cashback.programmes.service import load_programme
from cashback.shoppers import service as shoppers
from cashback.simulator.cast import Shop, assemble, load_shops
from cashback.simulator.dialects import Letter, letters
from cashback.simulator.life import Deed, Happening, Regular, history, link, returned
from issuers.adapter import Delivery
from issuers.registry import ADAPTERS, adapter
from webhooks import inbox
from webhooks.messages import NewMessage, subject_of
from webhooks.sealing import KeyRing

SLUG = "terrasses-du-canal"
NETWORKS = ("sandbox", "fidel")
"""Also the names of their connections: the last segment of their addresses."""
SEED = 75_019
APPEND_MAX = 1_000
PUMPS = 2
"""Lanes worked side by side, as the worker does."""
STRIDES = ((timedelta(days=30), timedelta(days=4)), (timedelta(days=2), timedelta(days=2)))
"""How far the clock moves while it is still that far from now; after that by `LAST_STRIDE`. Each step costs a batch for
every lane, so the far past is told in larger steps."""
LAST_STRIDE = timedelta(hours=6)
PAID_FROM_MINOR = 10_00
PAID_SHARE = 0.5
"""Of those who have enough, how many ask for their money."""
BROUGHT_BACK_MINOR = 449_00
BROUGHT_BACK_CATEGORY = "5732"
BROUGHT_BACK_BEFORE = timedelta(days=3)
DEBT_TAKES = timedelta(days=60)
"""A hold, the beginning of a month, and some days on both sides: a shorter past has nobody who owes."""

_PAYABLE = """
SELECT b.shopper_id, r.reference, b.available
FROM balances b JOIN shopper_references r ON r.operator_id = b.operator_id AND r.shopper_id = b.shopper_id
WHERE b.operator_id = $1 AND b.asset = 'EUR' AND b.available >= $2 ORDER BY b.shopper_id
"""

DaysTold = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much past there is."""

    shoppers: int = 500
    days: int = 90
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Seeded:
    """What seeding leaves."""

    operator_id: UUID
    purchases: int
    unsent: tuple[Letter, ...]
    """Letters about the last purchases that are due later than now."""


async def seed(
    engine: AsyncEngine,
    owner: AsyncEngine,
    keyring: KeyRing,
    plan: Plan,
    now: datetime,
    public_url: str,
    told: DaysTold,
) -> Seeded:
    """Fill an empty, migrated database with a centre and its past, up to `now`. `owner` gathers statistics only."""
    rng = random.Random(plan.seed)  # noqa: S311 - the same demonstration every time, not a secret
    begin = now.replace(microsecond=0) - timedelta(days=plan.days)
    clock = HeldClock(begin - timedelta(hours=1))
    programme = read_programme(now.date())
    zone = ZoneInfo(programme.programme.zone)
    operator_id = await open_operator(
        engine, slug=SLUG, name=programme.programme.name, now=clock.now(), mode=OperatorMode.TEST
    )
    actor, road = system(operator_id, "demo"), Road(keyring)
    people = regulars(rng, names(rng, plan.shoppers), begin, now)
    ids = shopper_ids(operator_id, programme.programme.holdout_bps, people)
    people = measured(people, programme.programme.holdout_bps)
    async with transaction(engine, operator_id) as connection:
        await apply(connection, actor, programme, clock.now(), since_ever=True)
        await appear(connection, actor, programme.programme.name, clock.now())
        connections = await _connect(connection, actor, public_url, road, clock.now())
        shops = await load_shops(connection, operator_id, clock.now())
    cast = assemble(shops, [card for each in people for card in each.cards])
    happenings = [link(rng, card, each.since) for each in people for card in each.cards]
    happenings += history(rng, cast, people, begin, now)
    happenings += _debt(rng, people[1], shops, begin, now)
    correspondence = sorted(letter for happening in happenings for letter in letters(happening))
    seeding = _Seeding(engine, road, actor, clock, zone, connections, rng, eager=people[1].cards[0].shopper)
    await seeding.open_shoppers(people, ids, begin)
    plans = _plans(seeding, people, shops, begin, now)
    money = MoneyDesk(engine, road, actor, clock, begin, now, zone)
    moments = steps(begin, now, zone)
    position = analysed = 0
    for moment in moments:
        first = position
        while position < len(correspondence) and correspondence[position].due_at <= moment:
            position += 1
        await plans.follow(moment)
        await seeding.follow(correspondence[first:position], moment)
        await money.follow(moment)
        if position >= 2 * analysed:
            # Plans made for empty tables read whole tables until somebody counts them: PostgreSQL works twice as long.
            await analyse(owner)
            analysed = max(position, 1)
        told((moment - begin).days)
    await plans.finish()
    await write_offers(engine, operator_id, clock.now())
    await fill_queues(engine, road, actor, zone, begin, now)
    await money.finish()
    async with transaction(engine, operator_id) as connection:
        await record_consents(connection, operator_id, programme.programme.name)
    await analyse(owner)
    bought = (each for each in happenings if each.deed not in (Deed.LINK, Deed.DECLINE) and each.told_at <= now)
    purchases = len({each.purchase for each in bought})
    return Seeded(operator_id, purchases, tuple(correspondence[position:]))


async def analyse(owner: AsyncEngine) -> None:
    """Gather the statistics by which PostgreSQL plans."""
    async with owner.begin() as connection:
        await connection.exec_driver_sql("ANALYZE")


def _plans(
    seeding: "_Seeding", people: Sequence[Regular], shops: Sequence[Shop], begin: datetime, end: datetime
) -> Plans:
    """What is paid in instalments; a chance of its own, so that everything else is the same with it and without."""
    shop = next(each for each in shops if each.category == BROUGHT_BACK_CATEGORY)
    chance = random.Random(SEED + len(people))  # noqa: S311 - the same demonstration every time, not a secret
    return Plans(
        seeding.engine,
        seeding.road,
        seeding.actor,
        seeding.clock,
        people,
        shop.code,
        begin,
        end,
        seeding.zone,
        NETWORKS,
        chance,
    )


def _debt(
    rng: random.Random, debtor: Regular, shops: Sequence[Shop], begin: datetime, end: datetime
) -> list[Happening]:
    """What makes a wallet go below zero: brought back after the reward was paid out."""
    if end - begin < DEBT_TAKES:
        return []
    shop = next(each for each in shops if each.category == BROUGHT_BACK_CATEGORY)
    after = end - begin - BROUGHT_BACK_BEFORE
    return returned(rng, debtor.cards[0], shop, begin, amount_minor=BROUGHT_BACK_MINOR, after=after)


def steps(begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants at which everything told so far is worked: ends of local days, and at last of a few hours."""
    moments: list[datetime] = []
    day = begin.astimezone(zone).date()
    for until, stride in STRIDES:
        while (close := datetime.combine(day, time(23, 59, 59), tzinfo=zone).astimezone(UTC)) < end - until:
            moments.append(close)
            day += stride
    at = max([begin, *moments[-1:]])
    while (at := at + LAST_STRIDE) < end:
        moments.append(at)
    return [*moments, end]


async def _connect(
    connection: AsyncConnection, actor: Actor, public_url: str, road: Road, now: datetime
) -> dict[str, UUID]:
    """A connection to each network, with a secret of the shape the network gives out."""
    made: dict[str, UUID] = {}
    for network in NETWORKS:
        random_text = b64encode(secrets.token_bytes(32))
        made[network] = await open_connection(
            connection,
            actor,
            slug=network,
            provider=network,
            registered_url=f"{public_url}/webhooks/{network}",
            secret=b"whsec_" + random_text if network == "sandbox" else random_text,
            providers=ADAPTERS.keys(),
            master=road.keyring.master,
            now=now,
        )
    return made


@dataclass(slots=True)
class _Seeding:
    """The centre while its past is told."""

    engine: AsyncEngine
    road: Road
    actor: Actor
    clock: HeldClock
    zone: ZoneInfo
    connections: dict[str, UUID]
    rng: random.Random
    eager: str
    """The shopper who asks for their money as soon as there is enough."""
    paid_in: str = ""
    """The month in which the clock stands, once it stands."""

    async def open_shoppers(self, people: Sequence[Regular], ids: Mapping[str, UUID], begin: datetime) -> None:
        """Everybody joins before their first card is linked: most as it begins, some later, the last one just now."""
        groups: defaultdict[tuple[str, datetime], list[str]] = defaultdict(list)
        for position, each in enumerate(people):
            locale = "en" if position % 2 and position < len(people) - 1 else "fr"
            at = self.clock.now() if each.since <= begin else each.since
            groups[locale, at].append(each.cards[0].shopper)
        async with transaction(self.engine, self.actor.operator_id) as connection:
            for (locale, at), references in groups.items():
                await shoppers.open_shoppers(connection, self.actor, references, locale=locale, now=at, ids=ids)

    async def follow(self, told: Sequence[Letter], moment: datetime) -> None:
        """Move on to `moment`: receive what was told, work it, and pay where it is the day."""
        self.clock.move_to(moment)
        operator_id = self.actor.operator_id
        for start in range(0, len(told), APPEND_MAX):
            async with transaction(self.engine, operator_id) as connection:
                messages = [self._message(letter) for letter in told[start : start + APPEND_MAX]]
                await inbox.append(connection, operator_id, messages, self.road.keyring)
        async with transaction(self.engine, operator_id) as connection:
            lanes = list(await inbox.lanes_with_work(connection, operator_id))
        async with asyncio.TaskGroup() as group:
            for pump in range(PUMPS):
                group.create_task(self._pump(lanes[pump::PUMPS], moment))
        await drain(self.engine, self.road, operator_id, moment)
        month = f"{moment.astimezone(self.zone):%Y-%m}"
        if self.paid_in and month != self.paid_in:
            await self._pay(month)
        self.paid_in = month

    async def _pump(self, lanes: Sequence[int], moment: datetime) -> None:
        for lane in lanes:
            while await process_lane(self.engine, self.road, self.actor.operator_id, lane, moment):
                pass

    async def _pay(self, month: str) -> None:
        """As each month begins the operator wires what is available to those who asked for it."""
        operator_id = self.actor.operator_id
        async with transaction(self.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            for shopper_id, reference, available in await fetch(connection, _PAYABLE, (operator_id, PAID_FROM_MINOR)):
                if reference == self.eager or self.rng.random() < PAID_SHARE:
                    await record_payment(
                        connection,
                        self.actor,
                        programme,
                        shopper_id=shopper_id,
                        asset="EUR",
                        amount=available,
                        key=f"{month}:{shopper_id}",
                        now=self.clock.now(),
                    )

    def _message(self, letter: Letter) -> NewMessage:
        """What the receiver would store of a letter that it has verified."""
        delivery = Delivery(body=letter.body, headers={}, event=letter.event or None)
        envelope = adapter(letter.network).envelope(delivery)
        return NewMessage(
            connection_id=self.connections[letter.network],
            delivery_id=envelope.delivery_id,
            event=delivery.event,
            digest=envelope.content_digest,
            subject=None if envelope.card_token is None else subject_of(letter.network, envelope.card_token),
            received_at=letter.due_at,
            body=letter.body,
        )
