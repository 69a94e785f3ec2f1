"""A world in which one person left something of theirs in every table that can hold it, and is erased."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, START, World, a_world, day, purchase

from cashback.actors import Actor, Scope
from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Asked as AskedAdjustment
from cashback.adjustments.schemas import Kind, Reason
from cashback.auth.addresses import tell_address
from cashback.auth.session_store import open_session
from cashback.auth.sessions import Method, Role
from cashback.claims import service as claims
from cashback.claims.schemas import Asked as AskedClaim
from cashback.erasure import service
from cashback.erasure.schemas import Erasure, Outlook
from cashback.migrations.schema import SCHEMA
from cashback.payouts import accounts
from cashback.payouts.schemas import RailName
from cashback.programmes.service import load_programme

PERSON = "planted-camille"
PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 20, into: EUR, amount: "2.00"}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
  - {code: parking, reward: {kind: fixed, asset: PARKMIN, amount: 60}, expires_after_days: 30}
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 15}}
  - {code: chosen, conditions: [{kind: activated, places: 9}], reward: {kind: fixed, asset: EUR, amount: "1.00"}}
  - code: ten
    reward: {kind: percent, asset: EUR, rate_bps: 1000}
    budget: "500.00"
    hold_days: 30
    funding: [{funder: shop, share_bps: 6000}, {funder: operator, share_bps: 4000}]
payouts:
  cooling_hours: 0
  assets: [{asset: EUR, minimum: "1.00", rails: [sepa]}]
"""
)
NEEDLES = (
    PERSON,
    "planted@example.org",
    "Planted Camille",
    "FR1420041010050500013M02606",
    "tok-planted",
    "planted-device",
    "planted words",
    "planted-key",
    "planted-account",
)
"""What must be nowhere afterwards."""


@dataclass(slots=True)
class Erasing:
    """The world, the person, and who erases them."""

    world: World
    shopper_id: UUID = field(default_factory=lambda: UUID(int=0))

    @property
    def support(self) -> Actor:
        return Actor(self.world.operator_id, "person:ada", frozenset(Scope) - {Scope.SYSTEM})

    @property
    def oneself(self) -> Actor:
        return Actor(self.world.operator_id, f"shopper:{self.shopper_id}", frozenset(), shopper_id=self.shopper_id)

    async def outlook(self) -> Outlook:
        async with self.world.connection() as connection:
            return await service.look_ahead(connection, self.support, self.shopper_id)

    async def erase(self, *, give_up: bool = True, actor: Actor | None = None, **more: Any) -> Erasure:
        return await service.erase(
            self.world.engine,
            self.world.stage.road,
            actor or self.support,
            self.shopper_id,
            self.world.now,
            give_up=give_up,
            **more,
        )

    async def found(self) -> dict[str, list[str]]:
        """By table: which needles stand in any row of it, as text or as bytes."""
        found: dict[str, list[str]] = {}
        async with self.world.connection() as connection:
            for metadata in SCHEMA:
                for table in metadata.sorted_tables:
                    rows = (await connection.execute(text(f"SELECT t::text FROM {table.name} t"))).scalars()
                    content = "\n".join(rows).lower()
                    seen = [
                        needle for needle in NEEDLES if needle.lower() in content or needle.encode().hex() in content
                    ]
                    if seen:
                        found[table.name] = seen
        return found

    async def balances(self) -> dict[str, tuple[int, ...]]:
        rows = await self.world.rows(
            "SELECT asset, pending, available, expired FROM balances WHERE shopper_id = $1 ORDER BY asset",
            self.shopper_id,
        )
        return {row[0]: tuple(row[1:]) for row in rows}

    async def audit(self) -> None:
        await self.world.drain()
        await self.world.audit()


async def a_person(engine: AsyncEngine) -> Erasing:
    """Camille bought, earned, claimed, was paid to, said things and signed in; a stranger did some of it too."""
    world = await a_world(engine, PROGRAMME)
    made = Erasing(world)
    made.shopper_id = await world.link("tok-planted-1", PERSON, at=START)
    await world.link("tok-planted-2", PERSON, at=START)
    await world.link("card-of-bea", "bea", at=START)
    await world.activate("chosen", shopper=PERSON)
    await world.say("segment", "planted-segment", shopper=PERSON)
    for number in (1, 2, 3):
        body = purchase(f"buy-{number}", 20_00, at=day(number), card="tok-planted-1")
        await world.play(
            *body, *purchase(f"bea-{number}", 20_00, at=day(number), card="card-of-bea"), at=day(number + 2)
        )
    master, now = world.stage.road.keyring.master, world.now
    async with world.connection() as connection:
        await tell_address(connection, made.support, master, made.shopper_id, "planted@example.org", now)
        told = {"iban": "FR1420041010050500013M02606", "holder": "Planted Camille"}
        await accounts.add(connection, made.oneself, master, made.shopper_id, RailName.SEPA, told, now)
        await open_session(
            connection, operator_id=world.operator_id, role=Role.SHOPPER, subject_id=made.shopper_id,
            method=Method.CODE, device="planted-device", now=now,
        )  # fmt: skip
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        asked = AskedClaim(
            key="planted-key-1", shop="books", day=day(2).date(), amount_minor=77_00, currency="EUR",
            last_four="7391", picture=b"\x89PNG\r\n\x1a\n planted words",
        )  # fmt: skip
        await claims.make_claim(
            connection, snapshot, world.stage.road.keyring, made.oneself, made.shopper_id, asked, now
        )
    for key, amount in (("planted-key-2", 50), ("planted-key-3", 60)):
        async with world.connection() as connection:
            programme = await load_programme(connection, world.operator_id)
            gesture = AskedAdjustment(
                key=key, kind=Kind.GOODWILL, asset="EUR", amount=amount, reason=next(iter(Reason)),
                words="planted words",
            )  # fmt: skip
            found = await adjustments.ask(connection, made.support, programme, made.shopper_id, gesture, now)
            if amount == 50:
                second = Actor(world.operator_id, "person:bob", made.support.scopes)
                await adjustments.approve(connection, second, found.id, "planted words", now)
    for statement in BY_HAND:
        async with world.connection() as connection:
            await connection.exec_driver_sql(statement.format(o=world.operator_id, s=made.shopper_id))
    world.clock.advance(timedelta(hours=1))
    await world.drain()
    return made


BY_HAND = (
    "INSERT INTO passkeys (operator_id, id, credential_id, role, subject_id, public_key, sign_count, backed_up, label,"
    " added_at) VALUES ('{o}', gen_random_uuid(), 'x', 'shopper', '{s}', 'x', 0, true, 'planted-device', now())",
    "INSERT INTO sign_in_code_counts (operator_id, role, fingerprint, codes, since) SELECT operator_id, 'shopper',"
    " fingerprint, 1, now() FROM shopper_addresses WHERE shopper_id = '{s}'",
    "INSERT INTO sign_in_codes (operator_id, id, door, role, fingerprint, subject_id, digest, made_at, expires_at)"
    " SELECT operator_id, gen_random_uuid(), 'x', 'shopper', fingerprint, shopper_id, 'x', now(), now()"
    " FROM shopper_addresses WHERE shopper_id = '{s}'",
    "INSERT INTO bank_accounts (operator_id, connection_id, account, network, shopper_id, access, zone, state, "
    "linked_at, cursor, list_cursor, page, list_page, listed_page, calls, turn, next_poll_at, failures) "
    "VALUES ('{o}', gen_random_uuid(), 'planted-account', 'plaid', '{s}', 'x', 'UTC', 'active', now(), '', '', 0, 1, 0,"
    " '{{}}', 0, '2100-01-01', 0)",
    "INSERT INTO bank_rows (operator_id, connection_id, account, ref, pending, gone, seen, seen_at, stated) "
    "SELECT operator_id, connection_id, account, 'r', false, false, 1, now(), '{{\"text\": \"planted words\"}}'"
    " FROM bank_accounts WHERE shopper_id = '{s}'",
    "INSERT INTO declared_means (operator_id, shopper_id, declared_at, declared_by, sealed) "
    "VALUES ('{o}', '{s}', now(), '" + PERSON + "', 'x')",
    "INSERT INTO mandates (operator_id, shopper_id, id, rail, state, sealed, rail_ref, last_four, created_at) VALUES"
    " ('{o}', '{s}', gen_random_uuid(), 'sandbox', 'agreed', 'planted words', 'planted-key-4', '7391', now())",
)
"""What other stories fill: a passkey, an account at a bank, means, a card for plans."""
A_PLAN = (
    "INSERT INTO plans (operator_id, shopper_id, id, key, digest, decision_id, way, lender, shop_id, currency,"
    " order_ref, amount_minor, fee_minor, terms, regime, taeg_bps, refund_policy, state, concluded_on, accepted_by,"
    " accepted_at)"
    " VALUES ('{o}', '{s}', gen_random_uuid(), 'planted-key-5', '', gen_random_uuid(), 'checkout', 'merchant',"
    " gen_random_uuid(), 'EUR', 'planted-key-6', 300, 0, '{{}}', 'exempt_50d', 0, 'last', 'cancelled', '2026-01-01',"
    " 'me', now())"
)
"""A row alone, which no audit would let pass."""
