"""The audit is able to fail: each invariant is broken by hand, as the owner of the database, and named by the report.

The app role could do none of this; a backup restored by half, a script or an operator at the prompt could.
"""

from collections.abc import AsyncIterator

import pytest
from ledgers import seal_all
from settling import document, issue, shop_account, tell_seller, told
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, day, purchase

from cashback.audit import INVARIANTS, audit
from cashback.books.signing import sign
from cashback.db.engine import open_engine
from cashback.rewards import lot_proof
from webhooks.sealing import SealingKey

PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 20, into: EUR, amount: "2.00"}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
  - {code: parking, reward: {kind: fixed, asset: PARKMIN, amount: 60}, expires_after_days: 30}
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 10}}
  - code: chosen
    conditions: [{kind: activated, places: 9}, {kind: minimum_spend, amount: "900.00"}]
    reward: {kind: fixed, asset: EUR, amount: "1.00"}
  - code: ten
    reward: {kind: percent, asset: EUR, rate_bps: 1000}
    budget: "100.00"
    hold_days: 300
    funding: [{funder: shop, share_bps: 10000}]
    commission_bps: 1000
"""
)

DERIVED = (
    "what was sealed stands as it was sealed",
    "a year holds what its rewards made available",
    "points convert as their matured sum says",
    "a purchase equals the fold of its statements",
    "the reward posted equals the entitlement",
    *lot_proof.DERIVED,
)

AN_OPEN_CLAIM = """
INSERT INTO claims (operator_id, shopper_id, id, key, digest, shop_id, day, since, until, amount_minor, currency,
    claimed_at, state)
SELECT '{o}', shopper_id, gen_random_uuid(), 'k', 'x', gen_random_uuid(), '2026-11-01', now(),
    now() + interval '1 day', 1, 'EUR', now(), 'open'
FROM shoppers WHERE operator_id = '{o}'
"""

A_WAITING_ADJUSTMENT = """
INSERT INTO adjustments (operator_id, shopper_id, id, key, digest, kind, asset, amount, reason, words, state, asked_by,
    asked_at)
SELECT '{o}', shopper_id, gen_random_uuid(), 'k', 'x', 'goodwill', 'EUR', 1, 'gift', 'w', 'waiting', 'ada', now()
FROM shoppers WHERE operator_id = '{o}'
"""

BROKEN: dict[str, tuple[str, ...]] = {
    "every transfer moves a positive amount between two known accounts": (
        "UPDATE transfers SET credit = 'shopper:secret' WHERE reason = 'matured'",
        "UPDATE transfers SET credit = 'shopper:secret' WHERE asset = 'PTS' AND reason = 'earned'",
    ),
    "a stored balance equals the sum of its transfers": ("UPDATE balances SET available = available + 1",),
    "a balance has counted each of its transfers once": ("UPDATE balances SET version = version + 1",),
    "a reward stands in the ledger as it stands in its row": (
        "UPDATE rewards SET pending = pending + 1, amount = amount + 1 WHERE pending > 0",
    ),
    "no transfer pays a reward that does not exist": ("DELETE FROM rewards WHERE asset = 'EUR'",),
    "a quota has given exactly what its grants say, and never more than its cap": (
        "UPDATE quotas SET granted = granted - 1 WHERE bucket = 'total'",
    ),
    "a reward of a budgeted offer is covered by its grant": (
        "UPDATE grants SET granted = granted - 1",
        "UPDATE quotas SET granted = granted - 2 WHERE bucket = 'total'",
    ),
    "an adjustment is in the ledger exactly if it was posted": (
        "UPDATE adjustments SET state = 'posted', decided_at = asked_at",
    ),
    "a reward is paid by its funders in their shares": (
        """UPDATE rewards SET funders = '[["brand:Lune", 7000], ["operator", 3000]]'""",
    ),
    "a grant is drawn from quotas that exist": ("UPDATE grants SET buckets = '{elsewhere}'",),
    "an offer with places has as many as shoppers activated it": (
        "UPDATE quotas SET granted = granted + 1 WHERE bucket = 'activations'",
    ),
    "a witness leads to a purchase that stands": (
        "UPDATE purchases SET state = 'witness', witness_of = gen_random_uuid()",
    ),
    "the versions of one offer follow each other and never overlap": (
        "INSERT INTO offer_versions SELECT operator_id, offer_id, version + 1, terms, digest, live_from, live_until, "
        "author, created_at FROM offer_versions",
    ),
    "what is believed of an identifier is one thing at an instant": (
        "INSERT INTO merchant_aliases (operator_id, id, network, scheme, value, fingerprint, state, origin, "
        "valid_from, why, first_seen, last_seen, accepts, cards, days, cores, towns, opened_at) "
        "SELECT operator_id, gen_random_uuid(), 'sandbox', 'mid', '7777', '', 'shared', 'review', "
        "now() - n * interval '1 day', 'answered', now(), now(), 0, 0, 0, '{}', '{}', now() "
        "FROM operators CROSS JOIN generate_series(1, 2) AS n",
    ),
    "every statement belongs to a stored purchase": ("DELETE FROM purchases WHERE purchase_ref = 'p1'",),
    "a claim is evidence exactly if it was accepted, and reversed evidence if that was taken back": (
        "UPDATE claims SET state = 'accepted', answered_at = claimed_at",
    ),
    "every reward belongs to a stored purchase": ("DELETE FROM purchases WHERE purchase_ref = 'p1'",),
    "an available balance is below zero only after its money has left": ("UPDATE balances SET available = -1",),
    "what was sealed stands as it was sealed": ("UPDATE transfers SET posted_at = posted_at + interval '1 second'",),
    "each block of seals follows the one before": ("UPDATE seals SET previous = hash WHERE chain = 'audit_log'",),
    "a signed head is a block of its chain": ("DELETE FROM seals WHERE number = 1",),
    "the totals of an account are what its transfers up to the cursor moved": (
        "DELETE FROM transfers WHERE reason = 'earned'",
    ),
    "the totals of each asset sum to zero": (
        "UPDATE account_totals SET debits = debits + 1 WHERE account = 'funder:operator'",
    ),
    "totals reach as far as the seals": ("UPDATE account_totals_cursors SET place = place - 1",),
    "what was converted stands in the ledger as it stands in its year": (
        "UPDATE matured_years SET converted = converted + 20",
    ),
    "a settlement closes with what the transfers it holds come to": (
        "UPDATE transfers SET amount = amount + 1 WHERE credit = 'revenue:commission'",
    ),
    "the lines of a settlement count the transfers it holds": (
        "UPDATE settlement_lines SET transfers = transfers + 1 WHERE asset = 'EUR'",
    ),
    "what is settled is a transfer of that funder": (
        "UPDATE settled_transfers SET side = 'credit' WHERE shopper_id = operator_id",
    ),
    "a settlement opens with what the one before it closed with": (
        "UPDATE settlements SET opening_minor = opening_minor + 5, closing_minor = closing_minor + 5",
    ),
    "the totals of a settlement are the sums of its lines": (
        "UPDATE settlement_lines SET value_minor = value_minor + 1 WHERE kind = 'commission'",
    ),
    "commission and tax stand in the ledger as the settlement says": (
        "DELETE FROM transfers WHERE credit = 'tax:vat'",
    ),
    "an invoice asks for what its settlement says": (
        "UPDATE invoices SET net_minor = net_minor + 1, gross_minor = gross_minor + 1",
    ),
    "the numbers of invoices have no gap": ("UPDATE invoices SET sequence = 2",),
    "the file of a settlement is the one that was made": ("UPDATE settlement_files SET body = '\\x00'",),
    "a year holds what its rewards made available": ("UPDATE matured_years SET matured = matured + 1",),
    "points convert as their matured sum says": (
        "UPDATE matured_years SET matured = 40",
        "UPDATE rewards SET available = 20, amount = 20 WHERE asset = 'PTS'",
    ),
    "a purchase equals the fold of its statements": ("UPDATE purchases SET net_minor = 1 WHERE purchase_ref = 'p2'",),
    "what was spent was taken of lots, under the same key": ("UPDATE lot_uses SET amount = amount + 1",),
    "what came back of spending came back to lots": (
        "INSERT INTO lot_uses SELECT operator_id, shopper_id, key, true, 0, asset, NULL, amount, at FROM lot_uses",
    ),
    "no lot gave more than was ever in it": ("UPDATE lot_uses SET amount = 1000 WHERE reward_id IS NOT NULL",),
    lot_proof.EXPIRED: ("UPDATE rewards SET expired = expired - 1, available = available + 1 WHERE expired > 0",),
    lot_proof.LEFT: ("UPDATE balances SET available = available - 1 WHERE asset = 'PARKMIN'",),
    lot_proof.TURNS: ("UPDATE lot_ends SET ends_at = '2030-01-01', amount = 1",),
    "the reward posted equals the entitlement": ("UPDATE rewards SET pending = 1, amount = 1 WHERE asset = 'EUR'",),
}


async def settle_with_a_file(made: World) -> None:
    """What the café pays for in November, as an invoice of which the file is made."""
    await tell_seller(made)
    cafe = await shop_account(made, "cafe")
    await told(made, cafe, "Café Lune SARL")
    issued = await issue(made, "2026-11")
    await document(made, issued[cafe].id)


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    """A shopper with pending, available, converted, used and expired units."""
    made = await a_world(engine, PROGRAMME)
    await made.link()
    await made.activate("chosen")
    await made.play(*purchase("p1", 40_00, at=day(1)), *purchase("p2", 30_00, at=day(2)), at=day(4))
    await made.pay(20, asset="PARKMIN")
    await made.pass_to(day(40))
    assert await made.wallet() == {"PTS": (0, 0, 20, 0), "EUR": (7_00, 2_00, 0, 0), "PARKMIN": (0, 0, 0, 20)}
    async with made.connection() as connection:
        await connection.exec_driver_sql(AN_OPEN_CLAIM.format(o=made.operator_id))
        await connection.exec_driver_sql(A_WAITING_ADJUSTMENT.format(o=made.operator_id))
    await settle_with_a_file(made)
    await seal_all(made)
    async with made.connection() as connection:
        assert await sign(connection, made.operator_id, SealingKey(bytes(32)), made.now)
    await made.audit()
    return made


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The owner of the database, whom no policy stops."""
    opened = open_engine(database_url, role=None, pool_size=1)
    yield opened
    await opened.dispose()


async def breaches_after(world: World, owner: AsyncEngine, statements: tuple[str, ...]) -> dict[str, str]:
    """What the audit names after these statements, run on this operator's rows in a transaction that is undone."""
    async with owner.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(world.operator_id),))
        for statement in statements:
            table = statement.split()[1 if statement.startswith("UPDATE") else 2]
            where = f"operator_id = '{world.operator_id}'"
            glue = " AND " if " WHERE " in statement else " WHERE "
            await connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            await connection.exec_driver_sql(statement + glue + where)
        await connection.exec_driver_sql("SET LOCAL ROLE cashback_app")
        report = await audit(connection, world.operator_id, world.now)
        await connection.rollback()
    return {each.invariant: each.row for each in report.breaches}


@pytest.mark.parametrize("invariant", BROKEN)
async def test_a_broken_invariant_is_named(world: World, owner: AsyncEngine, invariant: str) -> None:
    assert await breaches_after(world, owner, ()) == {}
    named = await breaches_after(world, owner, BROKEN[invariant])
    assert invariant in named
    assert named[invariant]
    await world.audit()


async def test_exchanges_are_derived_in_time_where_points_expire(engine: AsyncEngine, owner: AsyncEngine) -> None:
    offer = "{code: points, reward: {kind: fixed, asset: PTS, amount: 10}"
    world = await a_world(engine, PROGRAMME.replace(offer, f"{offer}, expires_after_days: 30"))
    await world.link()
    await world.play(*purchase("p1", at=day(1)), *purchase("p2", at=day(2)), *purchase("p3", at=day(3)), at=day(5))
    assert (await world.wallet())["PTS"] == (0, 10, 20, 0)
    await world.audit()
    named = await breaches_after(world, owner, ("UPDATE matured_years SET converted = 0",))
    assert lot_proof.EXCHANGED in named


def test_every_invariant_was_broken_but_the_one_that_holds_by_construction() -> None:
    by_construction = {"every asset sums to zero over all accounts"}
    assert {*INVARIANTS, *DERIVED} - by_construction == set(BROKEN)
