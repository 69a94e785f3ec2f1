"""The money of the centre while its past is told: a team, funders, payouts by file, a bank, and what waits.

Everything is done by the real services and in the names of the team, so that every queue of the console holds
something: a payout to decide, one that is held, transfers to be sent, one that the bank refused, an adjustment for a
second person, a period to settle, a difference with the bank.
"""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Asked as AdjustmentAsked
from cashback.adjustments.schemas import Kind, Reason, State
from cashback.auth import members
from cashback.auth.roles import SCOPES, MemberRole
from cashback.auth.sessions import member_name
from cashback.clock import HeldClock
from cashback.db.engine import fetch, transaction
from cashback.demo.papers import iban_of, siren_of, statement
from cashback.funding import outlook
from cashback.funding import service as funding
from cashback.funding.schemas import Funder, Mode, Payment, Standing
from cashback.ids import show
from cashback.instalments import giving_up
from cashback.instalments import storage as plans
from cashback.instalments.schemas import Plan, PlanState
from cashback.ledger.chart import FUNDER
from cashback.payouts import accounts, commands, opening, outcomes, sepa_files, storage
from cashback.payouts.schemas import Asked, News, Outcome, Payout, RailName
from cashback.pipeline import Road
from cashback.programmes.service import load_programme
from cashback.reconciliation import service as bank
from cashback.settlement import service as settlement

TEAM = (
    ("Nadia Benali", "nadia@terrasses.example", MemberRole.ADMIN),
    ("Thomas Girard", "thomas@terrasses.example", MemberRole.FINANCE),
    ("Inès Caron", "ines@terrasses.example", MemberRole.FINANCE),
    ("Hugo Perrin", "hugo@terrasses.example", MemberRole.SUPPORT),
    ("Soline Faure", "soline@terrasses.example", MemberRole.APPROVER),
    ("Karim Vidal", "karim@terrasses.example", MemberRole.EDITOR),
)
PAID_BY_BANK = 8
"""So many members have an account to be paid to."""
ACCOUNTS, FIRST_FILE, ANSWERED, READY = (timedelta(days=each) for each in (20, 15, 11, 4))
"""How long ago each of it happened."""
LEAST_MINOR, MOST_MINOR = 10_00, 90_00
LEFT_MINOR, ALERT_MINOR = 5_000_00, 6_000_00
GOODWILL_MINOR, ASKED_MINOR = 120_00, 25_00

_RICH = """
SELECT b.shopper_id, b.available FROM balances b
WHERE b.operator_id = $1 AND b.asset = 'EUR' AND b.available >= $2 ORDER BY b.available DESC, b.shopper_id LIMIT $3
"""


@dataclass(slots=True)
class MoneyDesk:
    """Everything about money beside purchases while the past is told."""

    engine: AsyncEngine
    road: Road
    actor: Actor
    clock: HeldClock
    begin: datetime
    end: datetime
    zone: ZoneInfo
    people: dict[str, Actor] = field(default_factory=dict)
    """The team, by their first names."""
    _ahead: list[tuple[datetime, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    _banked: list[UUID] = field(default_factory=list)
    _sent: list[Payout] = field(default_factory=list)
    _month: str = ""

    def __post_init__(self) -> None:
        """Make out what happens when; in a past that is too short for something, it does not."""
        told = ((ACCOUNTS, self._accounts), (FIRST_FILE, self._file), (ANSWERED, self._answer), (READY, self._ask))
        self._ahead = [(self.end - ago, act) for ago, act in told if self.end - ago > self.begin]

    async def follow(self, moment: datetime) -> None:
        """Up to `moment`: who is invited first, what is asked for and answered in its time, months that end."""
        if not self.people:
            await self._open()
        while self._ahead and self._ahead[0][0] <= moment:
            _, act = self._ahead.pop(0)
            await act()
        async with transaction(self.engine, self.actor.operator_id) as connection:
            await outlook.keep_day(connection, self.actor.operator_id, moment.astimezone(self.zone).date())
        await self._settle(moment)

    async def finish(self) -> None:
        """What waits for people when the centre opens."""
        await self._funders()
        async with transaction(self.engine, self.actor.operator_id) as connection:
            rich = await fetch(connection, _RICH, (self.actor.operator_id, LEAST_MINOR, PAID_BY_BANK))
        if rich:
            await self._adjustment(rich[-1].shopper_id)
        if self._banked:
            await self._goodwill(self._banked[0])
        for row in rich[1:]:
            if row.shopper_id not in self._banked:
                await self._new_account(row.shopper_id, row.available)
                break
        await self._give_up()
        await self._admit()

    async def _open(self) -> None:
        actor, now, master = self.actor, self.clock.now(), self.road.keyring.master
        async with transaction(self.engine, actor.operator_id) as connection:
            for name, address, role in TEAM:
                made = await members.invite(connection, actor, master, address=address, name=name, role=role, now=now)
                first = name.partition(" ")[0]
                self.people[first] = Actor(actor.operator_id, member_name(made), SCOPES[role])
            payer = {"name": "Les Terrasses du Canal", "iban": iban_of(1)}
            await opening.open_rail(connection, actor, master, RailName.SEPA, payer, now)
            await settlement.tell_seller(
                connection,
                self.people["Thomas"],
                {
                    "name": "Les Terrasses du Canal SAS",
                    "address": ("12 quai du Canal", "69002 Lyon"),
                    "country": "FR",
                    "registration": siren_of(73_282_932),
                    "legal_form": "SAS au capital de 100 000 €",
                    "registered_at": f"RCS Lyon {siren_of(73_282_932)}",
                    "email": "factures@terrasses.example",
                    "members_email": "bonjour@terrasses.example",
                    "iban": iban_of(1),
                },
                now,
            )
            programme = await load_programme(connection, actor.operator_id)
            await adjustments.set_limit(connection, actor, programme, Scope.SUPPORT, "EUR", 10_00, now)

    async def _accounts(self) -> None:
        """Some members say where they want to be paid."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            for number, row in enumerate(await fetch(connection, _RICH, (operator_id, 1, PAID_BY_BANK)), 10):
                await self._account(connection, row.shopper_id, number, now)
                self._banked.append(row.shopper_id)

    async def _account(self, connection: AsyncConnection, shopper_id: UUID, number: int, now: datetime) -> None:
        told = {"iban": iban_of(number), "holder": "Membre du programme"}
        await accounts.add(
            connection, self._member(shopper_id), self.road.keyring.master, shopper_id, RailName.SEPA, told, now
        )

    async def _ask(self) -> None:
        """Members with enough cash out."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            for row in await fetch(connection, _RICH, (operator_id, LEAST_MINOR, 1_000)):
                if row.shopper_id in self._banked:
                    amount = min(row.available, MOST_MINOR)
                    key = f"demo:{now:%Y-%m-%d}:{row.shopper_id.hex}"
                    asked = Asked(row.shopper_id, key, "EUR", amount, RailName.SEPA)
                    self._sent.append(
                        await commands.request(connection, self._member(row.shopper_id), asked, now)
                    )  # fmt: skip

    async def _file(self) -> None:
        """They are sent in a file, which somebody takes to the bank."""
        await self._ask()
        if not self._sent:
            return
        thomas, now, keyring = self.people["Thomas"], self.clock.now(), self.road.keyring
        with tempfile.TemporaryDirectory() as folder:
            made = await sepa_files.make_file(self.engine, keyring, thomas, Path(folder, "made.xml"), now)
            await sepa_files.fetch_file(self.engine, keyring, thomas, made.id, Path(folder, "taken.xml"), now)

    async def _answer(self) -> None:
        """The bank has carried all out but one, whose account is closed; it also booked something that nobody knows."""
        if not self._sent:
            return
        operator_id, now = self.actor.operator_id, self.clock.now()
        refused, *paid = self._sent
        news = [News(each.id, "demo:bank", Outcome.PAID, None, None, now) for each in paid]
        news.append(News(refused.id, "demo:bank", Outcome.FAILED, "AC04", None, now))
        async with transaction(self.engine, operator_id) as connection:
            await storage.save_news(connection, operator_id, sorted(news, key=lambda one: one.payout_id), now)
            data = statement(now.astimezone(self.zone).date(), [(each.id.hex, each.amount) for each in paid])
            read = bank.read(operator_id, f"releve-{now:%Y-%m-%d}.xml", data)
            await bank.import_file(connection, self.people["Thomas"], read, now)
        while await outcomes.apply_news(self.engine, operator_id, now):
            pass
        self._sent.clear()

    async def _settle(self, moment: datetime) -> None:
        """A month after it has ended: the last one that is over is left to whoever opens the console."""
        month = f"{moment.astimezone(self.zone):%Y-%m}"
        if self._month and month != self._month:
            operator_id = self.actor.operator_id
            await self._tell_funders()
            before = (moment.astimezone(self.zone).replace(day=1) - timedelta(days=40)).strftime("%Y-%m")
            if before >= f"{self.begin.astimezone(self.zone):%Y-%m}":
                async with transaction(self.engine, operator_id) as connection:
                    snapshot = await self.road.snapshots.current(connection, operator_id)
                    await settlement.issue(connection, snapshot, self.people["Thomas"], before, None, self.clock.now())
        self._month = month

    async def _tell_funders(self) -> list[Standing]:
        """Shops and brands that share in the cost, as they stand on an invoice."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, operator_id)
            found = [
                each for each in await funding.standings(connection, snapshot) if each.funder.account != FUNDER
            ]  # fmt: skip
            for number, each in enumerate(found):
                if not each.funder.address:
                    name = funding.named(each.funder.account, snapshot.shops.shops).partition(":")[2]
                    shop = snapshot.shops.by_code.get(name)
                    told = Funder(
                        account=each.funder.account,
                        name=name if shop is None else shop.name,
                        address=(f"{10 + number} rue des Halles", "69002 Lyon"),
                        registration=siren_of(40_000_000 + 7_919 * number),
                    )
                    await funding.tell_of(connection, self.people["Thomas"], told, now)
            return found

    async def _funders(self) -> None:
        """One brand pays before, and has little left."""
        found = [each for each in await self._tell_funders() if each.funder.account.startswith("funder:brand:")]
        if not found:
            return
        operator_id, now, account = self.actor.operator_id, self.clock.now(), found[0].funder.account
        async with transaction(self.engine, operator_id) as connection:
            snapshot = await self.road.snapshots.current(connection, operator_id)
            told = next(
                each for each in await funding.standings(connection, snapshot) if each.funder.account == account
            )
            known = told.funder
            prepaid = Funder(
                account, known.name, Mode.PREPAID, address=known.address, registration=known.registration,
                alert_minor=ALERT_MINOR,
            )  # fmt: skip
            await funding.tell_of(connection, self.people["Thomas"], prepaid, now)
            amount = LEFT_MINOR - told.worth_minor
            await funding.record(
                connection, self.people["Thomas"], snapshot, account, Payment.TOP_UP, amount, "demo:top-up", now
            )

    async def _goodwill(self, shopper_id: UUID) -> None:
        """A large gesture that two people agreed to, and the payout of it, which two people must agree to."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            asked = AdjustmentAsked(
                "demo:goodwill", Kind.GOODWILL, "EUR", GOODWILL_MINOR, Reason.COMPLAINT,
                "Sac perdu au vestiaire du centre, accord avec la direction.",
            )  # fmt: skip
            made = await adjustments.ask(connection, self.people["Thomas"], programme, shopper_id, asked, now)
            if made.state is State.WAITING:
                await adjustments.approve(connection, self.people["Inès"], made.id, "Vu avec la direction.", now)
            wanted = Asked(shopper_id, "demo:goodwill", "EUR", GOODWILL_MINOR, RailName.SEPA)
            await commands.request(connection, self._member(shopper_id), wanted, now)

    async def _adjustment(self, shopper_id: UUID) -> None:
        """Support asks for more than it may do alone."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            asked = AdjustmentAsked(
                "demo:adjustment", Kind.CORRECTION, "EUR", ASKED_MINOR, Reason.NOT_TOLD,
                "Achat de 500 € payé en deux fois, la seconde carte n'était pas reliée.",
            )  # fmt: skip
            await adjustments.ask(connection, self.people["Hugo"], programme, shopper_id, asked, now)

    async def _new_account(self, shopper_id: UUID, available: int) -> None:
        """Somebody cashes out to an account of today: it waits for its first day."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            await self._account(connection, shopper_id, 99, now)
            asked = Asked(shopper_id, "demo:new-account", "EUR", min(available, MOST_MINOR), RailName.SEPA)
            await commands.request(connection, self._member(shopper_id), asked, now)

    async def _give_up(self) -> None:
        """Somebody asks for a late plan to be written off."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        today = now.astimezone(self.zone).date()
        async with transaction(self.engine, operator_id) as connection:
            late: Sequence[Plan] = await plans.listed(
                connection, operator_id, today=today, state=PlanState.ACTIVE, late=True, limit=1
            )
            for each in late:
                await giving_up.write_off(
                    connection, self.people["Thomas"], each, "Carte refusée trois fois, le membre ne répond plus.", now
                )

    async def _admit(self) -> None:
        """Nobody of an invented team has a passkey: all of them may sign in by a code in these days."""
        operator_id, now = self.actor.operator_id, self.clock.now()
        async with transaction(self.engine, operator_id) as connection:
            for each in await members.list_members(connection, self.actor, self.road.keyring.master):
                await members.reset(connection, self.actor, each.id, now)

    def _member(self, shopper_id: UUID) -> Actor:
        return Actor(self.actor.operator_id, f"shopper:{show('shp', shopper_id)}", frozenset(), shopper_id)
