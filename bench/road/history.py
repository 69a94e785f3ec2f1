"""Stores purchases of the past, so that the road can be measured beside them: each cleared, rewarded and out of its
hold, with its statement, its transfer and its share of a balance; or with a hold that has ended and nobody looked.

Written in SQL from a series of numbers, in the order of their time, so that rows lie where years of operation would
have left them: the shoppers of neighbouring rows have nothing to do with one another. Indexes are made anew when the
rows are in, which is many times faster; they end up as dense as after a REINDEX, with the splits of their pages still
to come.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from bench.road.programme import CURRENCY, SHOPS, VISITED
from bench.road.stage import LINKED_BEFORE, NETWORK, Stage
from bench.server import Bench

FIRST_DAYS_AGO, LAST_DAYS_AGO = 1100, 40
REWARD_MINOR = 60
"""3 % of the 20.00 EUR that every stored purchase amounts to."""
_TRAIL = json.dumps([{"kind": "percent", "ok": True, "base_minor": 2000, "rate_bps": 300, "amount": REWARD_MINOR}])

_TABLES = """
CREATE UNLOGGED TABLE bench_shoppers (n bigint PRIMARY KEY, shopper_id uuid NOT NULL, card_id uuid NOT NULL);
CREATE UNLOGGED TABLE bench_shops (n bigint PRIMARY KEY, shop_id uuid NOT NULL, identifier text NOT NULL,
    merchant jsonb NOT NULL);
CREATE UNLOGGED TABLE bench_purchases (n bigint NOT NULL, at timestamptz NOT NULL, shopper_id uuid NOT NULL,
    card_id uuid NOT NULL, shop bigint NOT NULL, id uuid NOT NULL, reward_id uuid NOT NULL);
"""

_STRANGERS = """
WITH new AS (
    SELECT n, uuidv7($2::timestamptz - now()) AS shopper_id, uuidv7($2::timestamptz - now()) AS card_id
    FROM generate_series(1, $3::bigint) AS n
), opened AS (
    INSERT INTO shoppers (operator_id, shopper_id, locale, created_at) SELECT $1, shopper_id, 'en', $2 FROM new
), named AS (
    INSERT INTO shopper_references (operator_id, reference, shopper_id) SELECT $1, 'x' || n, shopper_id FROM new
)
INSERT INTO cards (operator_id, network, token, linked_at, shopper_id, card_id, last_four, scheme)
SELECT $1, $4, 'card_x' || n, $2, shopper_id, card_id, '0000', 'visa' FROM new
"""

_CARDS = "SELECT count(*) FROM cards WHERE operator_id = $1 AND token LIKE $2"
_NUMBER_SHOPPERS = """
INSERT INTO bench_shoppers
SELECT row_number() OVER (ORDER BY md5(shopper_id::text)) - 1, shopper_id, card_id
FROM cards WHERE operator_id = $1 AND token LIKE $2
"""

_NUMBER_SHOPS = """
INSERT INTO bench_shops
SELECT row_number() OVER (ORDER BY s.code) - 1, s.id, i.scheme || ':' || i.value,
    jsonb_build_object('identifiers', jsonb_build_array(i.scheme || ':' || i.value), 'descriptor', 'SHOP LES QUAIS',
        'mcc', s.category, 'city', 'Paris', 'country', 'FR')
FROM shops s JOIN LATERAL (
    SELECT scheme, value FROM merchant_identifiers WHERE shop_id = s.id ORDER BY scheme, value LIMIT 1
) AS i ON true WHERE s.operator_id = $1 AND s.code = ANY($2::text[])
"""

_NUMBER_PURCHASES = f"""
INSERT INTO bench_purchases
SELECT p.n, p.at, b.shopper_id, b.card_id, p.n % $3, uuidv7(p.at - now()), uuidv7(p.at - now())
FROM (SELECT n, $1::timestamptz - interval '{FIRST_DAYS_AGO} days'
        + (n::float8 / $2) * interval '{FIRST_DAYS_AGO - LAST_DAYS_AGO} days' AS at
      FROM generate_series(1, $2::bigint) AS n) AS p
JOIN bench_shoppers b ON b.n = p.n % $4 ORDER BY p.n
"""

_PAST = "FROM bench_purchases p JOIN bench_shops s ON s.n = p.shop"

_STATEMENTS = f"""
INSERT INTO statements (operator_id, shopper_id, network, fact_ref, digest, revision, kind, purchase_ref, group_ref,
    card_id, amount_minor, currency, occurred_at, occurred_until, time_basis, purchase_at, final, merchant, recorded_at)
SELECT $1, p.shopper_id, '{NETWORK}', 'clearing:ch' || p.n, uuid_send(p.id), p.n, 'clearing', 'h' || p.n, 'h' || p.n,
    p.card_id, 2000, '{CURRENCY}', p.at, p.at, 'instant', NULL, true, s.merchant, p.at {_PAST}
"""

_PURCHASES = f"""
INSERT INTO purchases (operator_id, shopper_id, id, network, purchase_ref, card_id, state, authorised_minor,
    cleared_minor, refunded_minor, credited_minor, net_minor, currency, purchased_at, cleared_at, shop_id, place_key,
    merchant, credit_to, due_at, purchased_until, time_basis, updated_at)
SELECT $1, p.shopper_id, p.id, '{NETWORK}', 'h' || p.n, p.card_id, 'cleared', 0, 2000, 0, 0, 2000, '{CURRENCY}', p.at,
    p.at, s.shop_id, s.identifier, s.merchant, NULL, CASE WHEN $2::bool THEN p.at + interval '14 days' END, p.at,
    'instant', p.at {_PAST}
"""

_REWARDS = f"""
INSERT INTO rewards (operator_id, shopper_id, purchase_id, offer_id, id, offer_version, asset, state, amount, pending,
    available, matures_at, revision, trail, updated_at)
SELECT $1, p.shopper_id, p.id, (SELECT id FROM offers WHERE operator_id = $1 AND code = current_setting('bench.offer')),
    p.reward_id, 1, '{CURRENCY}',
    CASE WHEN $2::bool THEN 'pending' ELSE 'available' END, {REWARD_MINOR}, {REWARD_MINOR} * $2::bool::int,
    {REWARD_MINOR} * (NOT $2::bool)::int, p.at + interval '14 days', 1, '{_TRAIL}'::jsonb, p.at {_PAST}
"""

_TRANSFERS = f"""
INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, purchase_id,
    corrects, posted_at)
SELECT $1, p.shopper_id, 'reward:' || replace(p.reward_id::text, '-', '') || ':1:0', uuid_send(p.reward_id),
    uuidv7(p.at - now()), 'funder:operator', CASE WHEN $2::bool THEN 'shopper:pending' ELSE 'shopper:available' END,
    '{CURRENCY}', {REWARD_MINOR}, 'earned', p.id, NULL,
    p.at {_PAST}
"""

_BALANCES = f"""
INSERT INTO balances (operator_id, shopper_id, asset, pending, available, version)
SELECT $1, shopper_id, '{CURRENCY}', count(*) * {REWARD_MINOR} * $2::bool::int,
    count(*) * {REWARD_MINOR} * (NOT $2::bool)::int, count(*) FROM bench_purchases GROUP BY shopper_id
"""

_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition, c.conname AS key,
    pg_get_constraintdef(c.oid) AS key_definition
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'p'
WHERE i.indrelid = $1::regclass ORDER BY c.conname NULLS LAST
"""


@dataclass(frozen=True, slots=True)
class Past:
    """Where purchases were made, and which offer rewarded them."""

    shops: tuple[str, ...] = tuple(f"shop-{shop}" for shop in range(VISITED.stop, SHOPS))
    offer: str = "everywhere"
    strangers: bool = False
    """By nobody who was there before."""

    @property
    def tokens(self) -> str:
        """Of the cards that they were made with."""
        return "card_x%" if self.strangers else "%"


STAGED = Past()


async def store_history(
    bench: Bench,
    stage: Stage,
    purchases: int,
    shoppers: int,
    present: datetime,
    *,
    held: bool = False,
    past: Past = STAGED,
) -> None:
    """Spread so many purchases evenly over so many shoppers, those of the stage among them.

    `held` leaves every reward pending, although its hold has ended.
    """
    connection = await asyncpg.connect(bench.dsn(stage.database))
    try:
        await connection.execute(_TABLES)
        opened = int(await connection.fetchval(_CARDS, stage.operator_id, past.tokens))
        if shoppers > opened:
            await connection.execute(_STRANGERS, stage.operator_id, present - LINKED_BEFORE, shoppers - opened, NETWORK)
        await connection.execute(_NUMBER_SHOPPERS, stage.operator_id, past.tokens)
        await connection.execute(_NUMBER_SHOPS, stage.operator_id, list(past.shops))
        shops = int(await connection.fetchval("SELECT count(*) FROM bench_shops"))
        await connection.execute("SET work_mem = '256MB'")
        await connection.execute(_NUMBER_PURCHASES, present, purchases, shops, shoppers)
        await asyncio.gather(
            _fill(bench, stage, {"statements": _STATEMENTS, "rewards": _REWARDS}, held, past),
            _fill(bench, stage, {"purchases": _PURCHASES, "transfers": _TRANSFERS}, held, past),
        )
        await connection.execute(_BALANCES, stage.operator_id, held)
        await connection.execute("DROP TABLE bench_shoppers, bench_shops, bench_purchases")
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _fill(bench: Bench, stage: Stage, statements: dict[str, str], held: bool, past: Past) -> None:
    """Fill tables one after the other, each without its indexes, which are then made again."""
    connection = await asyncpg.connect(bench.dsn(stage.database))
    try:
        await connection.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'")
        await connection.execute("SELECT set_config('bench.offer', $1, false)", past.offer)
        for table, statement in statements.items():
            indexes = await connection.fetch(_INDEXES, table)
            for index in indexes:
                if index["key"] is not None:
                    await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {index['key']}")
                else:
                    await connection.execute(f"DROP INDEX {index['name']}")
            await connection.execute(statement, stage.operator_id, *([held] if "$2" in statement else []))
            for index in indexes:
                if index["key"] is not None:
                    await connection.execute(
                        f"ALTER TABLE {table} ADD CONSTRAINT {index['key']} {index['key_definition']}"
                    )
                else:
                    await connection.execute(index["definition"])
    finally:
        await connection.close()
