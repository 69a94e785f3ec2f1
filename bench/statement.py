"""The part `statement`: the month of 200 shops and a million rewards, settled, and every invoice made.

Shops pay for money and points, a part of them together with their brand; before the month there is another one, already
settled, of which rewards are taken back in this one. Every reward is of a purchase and has two transfers, one when it
is earned and one when its hold ends. The clock runs from the call to the commit (`statement.s`), then over all PDFs
with the structured data inside (`statement.pdf_s`). What was settled is compared with the ledger, account by account.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.server import Bench
from cashback.actors import Actor, system
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.funding import service as funding
from cashback.funding.schemas import Funder
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.operators import open_operator
from cashback.rewards.snapshot import load_snapshot
from cashback.settlement import service
from cashback.settlement.schemas import Settlement

REWARDS, SHOPS, BRANDS, SHOPPERS = 1_000_000, 200, 20, 50_000
BEFORE = 10
"""One reward in so many is of the month before, and one in so many of those is taken back in this one."""
SEPTEMBER, OCTOBER = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
_SELLER = {"name": "Bench SAS", "address": ["1 rue du Banc", "69002 Lyon"], "registration": "732829320",
           "vat_number": "FR44732829320", "iban": "FR7630006000011234567890189"}  # fmt: skip
_OFFERS = ("five", "club", "shared")

_PEOPLE = "CREATE UNLOGGED TABLE bench_shoppers AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, {}) AS n"
_PLACES = """
CREATE UNLOGGED TABLE bench_shops AS SELECT row_number() OVER (ORDER BY code) - 1 AS n, id, brand FROM shops
"""
_BOUGHT = """
CREATE UNLOGGED TABLE bench_rewards AS
SELECT g.n, b.id AS shopper_id, gen_random_uuid() AS id, gen_random_uuid() AS purchase_id, s.id AS shop_id, s.brand,
    o.code AS offer, o.id AS offer_id, CASE o.code WHEN 'club' THEN 'PTS' ELSE 'EUR' END AS asset,
    20 + (hashint8(g.n) & 1023)::bigint AS amount,
    $1::timestamptz + (hashint8(g.n + 7) & 2147483647) / 2147483648.0 * interval '27 days' AS at
FROM generate_series($2::bigint, $3::bigint) AS g (n)
JOIN bench_shoppers b ON b.n = (hashint8(g.n + 77) & 2147483647) % (SELECT count(*) FROM bench_shoppers)
JOIN bench_shops s ON s.n = (hashint8(g.n + 999) & 2147483647) % (SELECT count(*) FROM bench_shops)
JOIN offers o ON o.code = ($4::text[])[1 + g.n % 3]
"""
_PURCHASES = """
INSERT INTO purchases (operator_id, shopper_id, id, network, purchase_ref, card_id, state, authorised_minor,
    cleared_minor, refunded_minor, credited_minor, net_minor, currency, purchased_at, cleared_at, shop_id, place_key,
    merchant, purchased_until, time_basis, updated_at)
SELECT $1, shopper_id, purchase_id, 'sandbox', 'b' || n, shopper_id, 'cleared', 0, amount, 0, 0, amount, 'EUR', at, at,
    shop_id, 'mid:x', '{}', at, 'instant', at FROM bench_rewards
"""
_REWARDS = """
INSERT INTO rewards (operator_id, shopper_id, purchase_id, offer_id, id, offer_version, asset, state, amount, wanted,
    pending, available, matures_at, revision, trail, updated_at)
SELECT $1, shopper_id, purchase_id, offer_id, id, 1, asset, 'available', amount, amount, 0, amount, at, 1, '[]', at
FROM bench_rewards
"""
_POSTED = """
INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, purchase_id,
    posted_at)
SELECT $1, r.shopper_id, 'reward:' || replace(r.id::text, '-', '') || ':' || t.leg, 'x', gen_random_uuid(), t.debit,
    t.credit, r.asset, t.amount, t.reason, r.purchase_id, r.at
FROM bench_rewards r CROSS JOIN LATERAL (
    SELECT 'funder:shop:' || replace(r.shop_id::text, '-', '') AS shop,
        CASE r.offer WHEN 'shared' THEN r.amount * 6 / 10 ELSE r.amount END AS part) AS f
CROSS JOIN LATERAL (VALUES
    ('1:0', f.shop, 'shopper:pending', f.part, 'earned'),
    ('1:1', 'funder:brand:' || r.brand, 'shopper:pending', r.amount - f.part, 'earned'),
    ('2:0', 'shopper:pending', 'shopper:available', r.amount, 'matured')) AS t (leg, debit, credit, amount, reason)
WHERE t.amount > 0
"""
_TAKEN_BACK = """
INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, purchase_id,
    posted_at)
SELECT $1, shopper_id, left(key, 40) || '3:' || right(key, 1), 'x', gen_random_uuid(), 'shopper:available', debit,
    asset, amount, 'clawed_back', purchase_id, $2
FROM transfers WHERE posted_at < $2 AND debit LIKE 'funder:%' AND hashtext(key) % $3::int = 0
"""
_OWED = """
SELECT account, sum(amount)::bigint FROM (SELECT debit AS account, amount FROM transfers WHERE asset = 'EUR'
    UNION ALL SELECT credit, -amount FROM transfers WHERE asset = 'EUR') AS sides
WHERE account LIKE 'funder:%' AND account <> 'funder:operator' GROUP BY account
"""
Figures = dict[str, float]


async def measure(bench: Bench, rewards: int = REWARDS) -> Figures:
    """Seconds for the statements, for the documents, and how many movements they hold."""
    database = await bench.create()
    engine = open_engine(bench.url(database), pool_size=2)
    try:
        operator_id = await open_operator(engine, slug="bench", name="Bench", now=SystemClock().now())
        actor = system(operator_id, "bench")
        await _tell(engine, operator_id, actor)
        dsn = bench.dsn(database)
        await _store(dsn, operator_id, SEPTEMBER, 1, rewards // BEFORE)
        await _issue(engine, operator_id, actor, "2026-09")
        await _store(dsn, operator_id, OCTOBER, rewards // BEFORE + 1, rewards + rewards // BEFORE)
        begin = time.monotonic()
        issued = await _issue(engine, operator_id, actor, "2026-10")
        settled = time.monotonic()
        await service.make_files(engine, operator_id, actor, [each.id for each in issued], SystemClock().now())
        made = time.monotonic()
        await _compare(dsn, issued)
    finally:
        await engine.dispose()
    await bench.drop(database)
    return {
        "statement.s": settled - begin,
        "statement.pdf_s": made - settled,
        "statement.settlements": len(issued),
        "statement.movements": sum(line.transfers for each in issued for line in each.lines),
    }


async def _issue(engine: AsyncEngine, operator_id: UUID, actor: Actor, period: str) -> list[Settlement]:
    async with transaction(engine, operator_id) as connection:
        snapshot = await load_snapshot(connection, operator_id)
        return await service.issue(connection, snapshot, actor, period, None, SystemClock().now())


async def _tell(engine: AsyncEngine, operator_id: UUID, actor: Actor) -> None:
    present = SystemClock().now()
    async with transaction(engine, operator_id) as connection:
        await apply(connection, actor, parse(json.dumps(_programme()), "bench"), present, since_ever=True)
        await service.tell_seller(connection, actor, _SELLER, present)
        snapshot = await load_snapshot(connection, operator_id)
        accounts = [f"funder:shop:{shop.id.hex}" for shop in snapshot.shops.shops.values()]
        accounts += [f"funder:brand:brand-{brand}" for brand in range(BRANDS)]
        for account in accounts:
            funder = Funder(account, account[:30], address=("1 rue du Banc",), registration="552100554")
            await funding.tell_of(connection, actor, funder, present)


async def _store(dsn: str, operator_id: UUID, month: datetime, first: int, last: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET work_mem = '256MB'")
        if first == 1:
            await connection.execute(_PEOPLE.format(SHOPPERS - 1))
            await connection.execute(_PLACES)
        await connection.execute("DROP TABLE IF EXISTS bench_rewards")
        await connection.execute(_literal(_BOUGHT, month, first, last, _OFFERS))
        for statement in (_PURCHASES, _REWARDS, _POSTED):
            await connection.execute(statement, operator_id)
        if first > 1:
            await connection.execute(_TAKEN_BACK, operator_id, month + timedelta(days=1), BEFORE)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _literal(statement: str, month: datetime, first: int, last: int, offers: tuple[str, ...]) -> str:
    """A statement that makes a table takes no parameters."""
    listed = "{" + ",".join(offers) + "}"
    values = {"$1": f"'{month.isoformat()}'", "$2": str(first), "$3": str(last), "$4": f"'{listed}'"}
    for place, value in values.items():
        statement = statement.replace(place, value)
    return statement


async def _compare(dsn: str, issued: list[Settlement]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        owed = {row[0]: row[1] for row in await connection.fetch(_OWED)}
    finally:
        await connection.close()
    closed = {each.account: each.closing_minor for each in issued if each.account != "funder:operator"}
    if owed != closed:
        wrong = next(account for account in owed if owed[account] != closed.get(account))
        raise RuntimeError(f"{wrong} owes {owed[wrong]}, its statement says {closed.get(wrong)}")


def _programme() -> dict[str, Any]:
    shop = [{"funder": "shop", "share_bps": 10_000}]
    both = [{"funder": "shop", "share_bps": 6_000}, {"funder": "brand", "share_bps": 4_000}]
    five = {"kind": "percent", "asset": "EUR", "rate_bps": 500}
    return {
        "programme": {"code": "bench", "name": "Bench", "zone": "Europe/Paris", "currency": "EUR"},
        "centres": [{"code": "centre", "name": "Centre", "country": "FR"}],
        "assets": [
            {"code": "EUR", "kind": "money", "name": {"en": "cashback", "fr": "cashback"}},
            {
                "code": "PTS",
                "kind": "points",
                "name": {"en": "points", "fr": "points"},
                "conversion": {"threshold": 100, "into": "EUR", "amount": "2.00"},
            },
        ],
        "shops": [
            {
                "code": f"shop-{shop:03d}",
                "name": f"Shop {shop}",
                "brand": f"brand-{shop % BRANDS}",
                "centre": "centre",
                "category": "5812",
                "identifiers": [{"network": "sandbox", "scheme": "mid", "value": f"00771{shop:05d}"}],
            }
            for shop in range(SHOPS)
        ],
        "offers": [
            {"code": "five", "reward": five, "funding": shop, "commission_bps": 1_000},
            {
                "code": "club",
                "reward": {"kind": "fixed", "asset": "PTS", "amount": 40},
                "funding": shop,
                "commission_bps": 500,
            },
            {"code": "shared", "reward": five, "funding": both, "commission_bps": 800},
        ],
    }
