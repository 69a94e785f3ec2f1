"""What a short past does not bring about by itself, so that every page has something to show."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from cashback.actors import Actor, Scope, system
from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Asked as AskedAdjustment
from cashback.adjustments.schemas import Kind, Reason, State
from cashback.auth.members import invite
from cashback.auth.roles import MemberRole
from cashback.claims import service as claims
from cashback.claims.schemas import Asked as AskedClaim
from cashback.decisions import asking, reviewing
from cashback.decisions.schemas import Asked as AskedDecision
from cashback.ids import uuid7
from cashback.instalments import service as plans
from cashback.instalments.schemas import Accepted, Lender, Part, Settings, Way
from cashback.merchants.imports import service as shop_imports
from cashback.payouts import accounts, commands
from cashback.payouts.schemas import Asked as AskedPayout
from cashback.payouts.schemas import RailName
from cashback.pipeline import Road
from cashback.programmes.service import load_programme
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers
from cashback.shoppers.card_facts import CardFacts
from eligibility.schedule import Terms, schedule

if TYPE_CHECKING:
    from whole_site import WholeSite

IBAN = {"iban": "FR1420041010050500013M02606", "holder": "Camille Exemple"}
PNG = b"\x89PNG\r\n\x1a\n a receipt"
SHOPS = b"code,name,centre,category\nnew-shop,New shop,terrasses-du-canal,5812\n,Nameless,nowhere,x\n"
"""A good row and one with faults."""


async def furnish(site: "WholeSite") -> None:
    """A claim, a payout, an adjustment that waits, a colleague, a file of shops, a contested decision, a plan."""
    await _money(site)
    await _people(site)
    await _credit(site)


def _person(site: "WholeSite", name: str) -> Actor:
    return Actor(site.operator_id, f"person:{name}", frozenset(Scope) - {Scope.SYSTEM})


async def _money(site: "WholeSite") -> None:
    now, master = site.runtime.clock.now(), site.runtime.keyring.master
    ada, bob, shopper_id = _person(site, "ada"), _person(site, "bob"), site.shopper_id
    for key, amount in (("gift", 40_00), ("waits", 900_00)):
        async with site.transaction() as connection:
            programme = await load_programme(connection, site.operator_id)
            asked = AskedAdjustment(key, Kind.GOODWILL, "EUR", amount, next(iter(Reason)), "for a gate")
            found = await adjustments.ask(connection, ada, programme, shopper_id, asked, now)
            if key == "gift" and found.state is State.WAITING:
                await adjustments.approve(connection, bob, found.id, "yes", now)
    async with site.transaction() as connection:
        account = await accounts.add(connection, ada, master, shopper_id, RailName.SEPA, IBAN, now)
    async with site.transaction() as connection:
        payout = AskedPayout(shopper_id, "gate", "EUR", 12_00, account_id=account.id)
        await commands.request(connection, ada, payout, now)


async def _people(site: "WholeSite") -> None:
    now, keyring = site.runtime.clock.now(), site.runtime.keyring
    ada = _person(site, "ada")
    ((shop,),) = await site.rows("SELECT code FROM shops ORDER BY code LIMIT 1")
    async with site.transaction() as connection:
        snapshot = await Road(keyring).snapshots.current(connection, site.operator_id)
        day = (now - timedelta(days=2)).astimezone(snapshot.programme.zone).date()
        claim = AskedClaim("gate", str(shop), day, 61_17, "EUR", picture=PNG)
        await claims.make_claim(connection, snapshot, keyring, ada, site.shopper_id, claim, now)
        await invite(
            connection, ada, keyring.master, address="bob@centre.example", name="Bob", role=MemberRole.VIEWER, now=now
        )
        await shop_imports.begin(connection, ada, "shops.csv", SHOPS, encoding="", separator="", now=now)


async def _credit(site: "WholeSite") -> None:
    now, keyring, machine = site.runtime.clock.now(), site.runtime.keyring, system(site.operator_id, "gates")
    shopper_id, ada = site.shopper_id, _person(site, "ada")
    ((shop, shop_id),) = await site.rows("SELECT code, id FROM shops ORDER BY code LIMIT 1")
    ((card_id,),) = await site.rows(
        "SELECT card_id FROM cards WHERE shopper_id = $1 AND unlinked_at IS NULL LIMIT 1", shopper_id
    )
    async with site.transaction() as connection:
        snapshot = await Road(keyring).snapshots.current(connection, site.operator_id)
        await shoppers.lock(connection, [shopper_id])
        facts = CardFacts(
            card_id=card_id, prepaid=False, expires_on=date(now.year + 3, 1, 31), strong_authentication=True,
            source="gates", told_at=now,
        )  # fmt: skip
        await card_facts.tell(connection, machine, shopper_id, facts)
        asked = AskedDecision(key="gate", amount_minor=120_00, currency="EUR", shop=str(shop), of_age=True)
        answered = await asking.ask(connection, snapshot, keyring.master, ada, shopper_id, asked, now)
        await reviewing.contest(connection, keyring.master, ada, answered.decided.id, "please look again", now)
        parts = [
            Part(due_on=each.due_on, principal_minor=each.principal_minor, fee_minor=each.fee_minor)
            for each in schedule(120_00, Terms(id="3x", count=3, every_days=30, fee_fixed_minor=0), now.date())
        ]
        plan = Accepted(
            shopper_id=shopper_id, key="gate", decision_id=uuid7(now), way=Way.CHECKOUT, lender=Lender.MERCHANT,
            shop_id=shop_id, order_ref="gate", purchase_id=None, mandate_id=None, currency="EUR", parts=tuple(parts),
            terms={"id": "3x", "count": 3}, regime="light", is_credit=True, taeg_bps=0, concluded_on=now.date(),
        )  # fmt: skip
        opened = await plans.open_plan(connection, machine, plan, Settings(), now)
        await plans.activate(connection, machine, opened, now)
