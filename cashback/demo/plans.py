"""Payments in instalments in the past of the centre: asked for, accepted, charged and refused by the real services.

A simulation: the rail charges no card, the partner lends nothing, no credit is granted. The favourite has a plan behind
them and one ahead, somebody's card refuses, somebody was refused and asks people to look again.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor
from cashback.clock import HeldClock
from cashback.collecting import beginning, opening, partners
from cashback.collecting.calling import Collector
from cashback.collecting.rounds import CHARGE_RAILS, collect_due
from cashback.collecting.schemas import RailName
from cashback.db.engine import fetch, transaction
from cashback.decisions import accepting, asking, ficp, gathering, means, reviewing
from cashback.decisions.accepting import Acceptance, Opened
from cashback.decisions.means import Declared
from cashback.decisions.schemas import Answered, Asked
from cashback.ids import show
from cashback.instalments import settings as plan_settings
from cashback.instalments.passing import pass_days
from cashback.instalments.schemas import Settings
from cashback.pipeline import Road
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers
from cashback.simulator.life import Regular

KNOWN_AFTER = timedelta(days=34)
"""History before which nobody is asked about: the policy wants thirty days of it."""
COMPLETED, LATE, AHEAD, REFUSED = (timedelta(days=each) for each in (54, 34, 4, 1))
"""How long ago each was asked for."""
ASKED_AT = time(16, 30)
PLAN = "3x24"
COMPLETED_MINOR, LATE_MINOR, AHEAD_MINOR, REFUSED_MINOR = 180_00, 90_00, 240_00, 1_200_00
REFUSED_PLAN = "4x"
CONTESTED = "J'ai changé d'emploi ce mois-ci, mes revenus sont plus élevés."
DECLARING = 4
"""One in so many of the others has declared means."""
PREPAID_ONE_IN = 12
A_DAY = timedelta(days=1)
LENDER = "Banque Exemple"
"""Who lends in a demonstration: nobody."""
SOON = timedelta(minutes=20)
"""After the hour at which what is due may be charged."""
SOURCE = "demo"

_UNKNOWN_CARDS = """
SELECT c.shopper_id, c.card_id FROM cards c
WHERE c.operator_id = $1 AND c.unlinked_at IS NULL AND c.network = ANY($2::text[]) AND NOT EXISTS (
    SELECT 1 FROM card_facts f WHERE f.shopper_id = c.shopper_id AND f.card_id = c.card_id)
ORDER BY c.shopper_id, c.network, c.token
"""
_NEXT = """
SELECT min(i.next_at) FROM instalments i JOIN plans p ON p.shopper_id = i.shopper_id AND p.id = i.plan_id
WHERE i.operator_id = $1 AND p.state = 'active' AND i.state = 'open' AND i.next_at > $2 AND i.next_at <= $3
"""


@dataclass(slots=True)
class Plans:
    """Everything about instalments while the past is told. `people`: all of them, the favourite first."""

    engine: AsyncEngine
    road: Road
    actor: Actor
    clock: HeldClock
    people: Sequence[Regular]
    shop: str
    """Code of the shop in which things are bought that are paid in parts."""
    begin: datetime
    end: datetime
    zone: ZoneInfo
    networks: Sequence[str]
    rng: random.Random
    _ahead: list[tuple[datetime, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    _looked_at: datetime | None = None

    def __post_init__(self) -> None:
        """Make out who will ask for what, and when; in a past that is too short nobody does."""
        names = [each.cards[0].shopper for each in self._frequent()]
        favourite, late, refused, *_ = [*names, "", "", ""]
        told: list[tuple[timedelta, str, Callable[[], Awaitable[None]]]] = [
            (COMPLETED, favourite, lambda: self._buy(favourite, COMPLETED_MINOR, "sim_ok")),
            (LATE, late, lambda: self._buy(late, LATE_MINOR, "sim_decline")),
            (AHEAD, favourite, lambda: self._buy(favourite, AHEAD_MINOR, "sim_ok")),
            (REFUSED, refused, lambda: self._be_refused(refused)),
        ]
        self._ahead = [
            (self._afternoon(ago), act)
            for ago, name, act in told
            if name and self.end - ago >= self.begin + KNOWN_AFTER
        ]

    async def follow(self, moment: datetime) -> None:
        """Up to `moment`: what people ask for in its time, what falls due on its days."""
        while self._ahead and self._ahead[0][0] <= moment:
            at, act = self._ahead.pop(0)
            if self._looked_at is None:
                self.clock.move_to(at)
                await self._open()
            await self._pass_to(at)
            self.clock.move_to(at)
            await self._tell_cards()
            await act()
        if self._looked_at is not None:
            await self._pass_to(moment)

    async def finish(self) -> None:
        """What the house knows of everybody's cards and means at last; plans are open to all from now on."""
        if self._looked_at is None:
            await self._open()
        await self._round(self.clock.now())
        await self._tell_cards()
        said = {each.cards[0].shopper for each in self._frequent()[1:3]}
        for number, each in enumerate(self.people):
            name = each.cards[0].shopper
            if name not in said and number % DECLARING == 0:
                income = self.rng.randrange(1_600_00, 3_400_00, 50_00)
                await self._declare(name, income, income * 2 // 5)
        async with transaction(self.engine, self.actor.operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, self.actor.operator_id)
            await gathering.compute_usual_refunds(connection, snapshot, self.clock.now())

    async def _open(self) -> None:
        """Say how plans are run, what cards are charged with and who lends."""
        actor, now, master = self.actor, self.clock.now(), self.road.keyring.master
        async with transaction(self.engine, actor.operator_id) as connection:
            await plan_settings.save(connection, actor, Settings(), now)
            await opening.open_rail(connection, actor, master, RailName.SANDBOX, {}, now)
            told = {"url": opening.SIMULATED_LENDER, "token": "simulation", "name": LENDER}
            await opening.open_lender(connection, actor, master, told, now)
        self._looked_at = now

    def _afternoon(self, ago: timedelta) -> datetime:
        return datetime.combine((self.end - ago).astimezone(self.zone).date(), ASKED_AT, self.zone).astimezone(UTC)

    def _frequent(self) -> list[Regular]:
        """The favourite, then of those who were there from the beginning whoever comes most often."""
        since = self.people[0].since
        others = [each for each in self.people[1:] if each.since <= since and each.visits_a_day]
        return [self.people[0], *sorted(others, key=lambda each: -each.visits_a_day)]

    async def _pass_to(self, moment: datetime) -> None:
        """The worker's rounds, on each day once: at the hour at which something is due, else now."""
        operator_id, last = self.actor.operator_id, moment - SOON
        since = self._looked_at or self.begin
        while True:
            async with transaction(self.engine, operator_id) as connection:
                due = (await connection.exec_driver_sql(_NEXT, (operator_id, since, last))).scalar()
            if due is None:
                break
            since = due
            await self._round(due + SOON)
        if moment - since >= A_DAY:
            await self._round(moment)
        self._looked_at = max(since, last)

    async def _round(self, at: datetime) -> None:
        operator_id = self.actor.operator_id
        self.clock.move_to(max(at, self.clock.now()))
        async with transaction(self.engine, operator_id) as connection:
            await pass_days(connection, operator_id, at)
        await collect_due(Collector(self.engine, self.road, CHARGE_RAILS), operator_id, at)

    async def _tell_cards(self) -> None:
        """Whoever keeps the cards has told what they are: a few are prepaid, all last for years."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            unknown = await fetch(connection, _UNKNOWN_CARDS, (operator_id, list(self.networks)))
            await shoppers.lock(connection, {row[0] for row in unknown})
            known = set(await self._known(connection))
            told = [
                (shopper_id, card_facts.CardFacts(
                    card_id=card_id,
                    prepaid=shopper_id not in known and self.rng.randrange(PREPAID_ONE_IN) == 0,
                    expires_on=date(now.year + self.rng.randrange(2, 5), 12, 31),
                    strong_authentication=True,
                    source=SOURCE,
                    told_at=now,
                ))
                for shopper_id, card_id in unknown
            ]  # fmt: skip
            await card_facts.tell_all(connection, self.actor, told, now)

    async def _known(self, connection: AsyncConnection) -> list[UUID]:
        """Those whose story needs a card that can be charged."""
        names = [each.cards[0].shopper for each in self._frequent()[:3]]
        return list((await shoppers.find(connection, self.actor.operator_id, names)).values())

    async def _declare(self, name: str, income: int, expenses: int) -> None:
        said = Declared(of_age=True, country="FR", income_minor=income, expenses_minor=expenses, instalments_minor=0)
        async with transaction(self.engine, self.actor.operator_id) as connection:
            shopper_id = (await shoppers.find(connection, self.actor.operator_id, [name]))[name]
            await shoppers.lock(connection, [shopper_id])
            master = self.road.keyring.master
            await means.declare(connection, self.actor, master, shopper_id, said, self.clock.now())

    async def _ask(self, name: str, amount_minor: int, plan: str) -> Answered:
        """As `POST /v1/eligibility` does: the partner is asked between two transactions, where anything hangs on it."""
        actor, now, master = self.actor, self.clock.now(), self.road.keyring.master
        key = f"demo:{name}:{now:%Y-%m-%d}"
        asked = Asked(key=key, amount_minor=amount_minor, currency="EUR", shop=self.shop, plans=(plan,), of_age=True)
        async with transaction(self.engine, actor.operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, actor.operator_id)
            shopper_id = (await shoppers.find(connection, actor.operator_id, [name]))[name]
            lender = await partners.ficp_of(connection, actor.operator_id, master)
            call = await asking.needs_lender(connection, snapshot, master, actor, shopper_id, asked, lender, now)
        if call is not None:
            told = await lender.consult(call.hex, show("shp", shopper_id), now)
            async with transaction(self.engine, actor.operator_id) as connection:
                await ficp.record(connection, shopper_id, call, told)
        async with transaction(self.engine, actor.operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, actor.operator_id)
            return await asking.ask(connection, snapshot, master, actor, shopper_id, asked, now)

    async def _buy(self, name: str, amount_minor: int, card: str) -> None:
        """A sale that is paid in parts, if the score lets it; what is refused stands among the decisions as well."""
        actor, now, master = self.actor, self.clock.now(), self.road.keyring.master
        answered = await self._ask(name, amount_minor, PLAN)
        if answered.decided.outcome != "eligible":
            return
        key = f"demo:{answered.decided.ref}"
        acceptance = Acceptance(key=key, decision_id=answered.decided.id, plan=PLAN, order_ref=f"ticket-{now:%y%m%d}")
        async with transaction(self.engine, actor.operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, actor.operator_id)
            done = await accepting.accept(connection, snapshot, master, actor, acceptance, now)
        if isinstance(done, Opened):
            collector = Collector(self.engine, self.road, CHARGE_RAILS)
            await beginning.begin_first(collector, actor, done.plan.id, now, card=card)
            await beginning.confirm(collector, actor, done.plan.id, now)

    async def _be_refused(self, name: str) -> None:
        """Asked for more than their means bear, refused with reasons; they ask people to look again."""
        await self._declare(name, 1_450_00, 1_300_00)
        answered = await self._ask(name, REFUSED_MINOR, REFUSED_PLAN)
        if answered.decided.outcome == "refused":
            actor, now, master = self.actor, self.clock.now(), self.road.keyring.master
            async with transaction(self.engine, actor.operator_id) as connection:
                await reviewing.contest(connection, master, actor, answered.decided.id, CONTESTED, now)
