"""The part `backtest`: a million stored purchases of fifty thousand shoppers in sixty shops, tried with one more offer.

Ten offers run, one of them limited per shopper and month, so that whole histories are judged. Two new offers are tried:
one for twelve shops that takes from others and never runs out, and the same with a budget that ends half way, which is
judged again where it refused. The clock runs from the call to the answer: reading, judging, quotas, resampling.
"""

import json
import time
from datetime import date, timedelta
from typing import Any

import asyncpg

from bench.road.programme import CURRENCY, SHOPS, programme
from bench.server import Bench
from cashback.actors import system
from cashback.backtest.service import Question, backtest
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.programme_file.document import ProgrammeFile
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.operators import open_operator

PURCHASES, SHOPPERS, DAYS = 1_000_000, 50_000, 180
_OPEN = """
CREATE UNLOGGED TABLE bench_shoppers AS
SELECT n, uuidv7($2::timestamptz - now()) AS id, uuidv7($2::timestamptz - now()) AS card
FROM generate_series(0, $3::bigint - 1) AS n;
"""
_SHOPPERS = "INSERT INTO shoppers SELECT $1, id, 'en', now() FROM bench_shoppers"
_SHOPS = "CREATE UNLOGGED TABLE bench_shops AS SELECT row_number() OVER (ORDER BY code) - 1 AS n, id FROM shops"
# In the order of time; amounts from 2.00 to some hundreds, most of them small.
_PURCHASES = f"""
INSERT INTO purchases (operator_id, shopper_id, id, network, purchase_ref, card_id, state, authorised_minor,
    cleared_minor, refunded_minor, credited_minor, net_minor, currency, purchased_at, cleared_at, shop_id, place_key,
    merchant, credit_to, due_at, purchased_until, time_basis, updated_at)
SELECT $1, b.id, gen_random_uuid(), 'sandbox', 'h' || p.n, b.card, 'cleared', 0, p.minor, 0, 0, p.minor, '{CURRENCY}',
    p.at, p.at, s.id, 'mid:x', '{{"identifiers": ["mid:x"], "descriptor": "SHOP LES QUAIS", "city": "Paris"}}', NULL,
    NULL, p.at, 'instant', p.at
FROM (SELECT n, (200 + 3000 * -ln(1 - (hashint8(n) & 65535) / 65536.0))::bigint AS minor,
        (hashint8(n + 77) & 2147483647) % $3::bigint AS shopper, (hashint8(n + 999) & 2147483647) % {SHOPS} AS shop,
        $2::timestamptz - interval '{DAYS} days' + (n::float8 / $4) * interval '{DAYS} days' AS at
      FROM generate_series(1, $4::bigint) AS n) AS p
JOIN bench_shoppers b ON b.n = p.shopper JOIN bench_shops s ON s.n = p.shop ORDER BY p.n
"""
Figures = dict[str, float]


async def measure(bench: Bench, purchases: int = PURCHASES, shoppers: int = SHOPPERS) -> Figures:
    """Seconds for a million purchases, and the rate."""
    present = SystemClock().now()
    database = await bench.create()
    engine = open_engine(bench.url(database), pool_size=2)
    try:
        operator_id = await open_operator(engine, slug="bench", name="Bench", now=present)
        actor = system(operator_id, "bench")
        async with transaction(engine, operator_id) as connection:
            await apply(connection, actor, _limited(), present, since_ever=True)
        await _store(bench.dsn(database), operator_id, present, purchases, shoppers)
        today = present.date()
        offer = _offer()
        seconds, answer = await _timed(engine, actor, offer, today)
        budget = answer["cost"]["total"] // 200
        short, refused = await _timed(engine, actor, {**offer, "budget": str(budget)}, today)
        if answer["considered"]["purchases"] < purchases * 98 // 100 or refused["budget"]["ends_on"] is None:
            raise RuntimeError(f"not what was stored: {answer['considered']}, {refused['budget']}")
    finally:
        await engine.dispose()
    await bench.drop(database)
    return {
        "backtest.purchases_per_s": purchases / seconds,
        "backtest.seconds_per_million": seconds * 1_000_000 / purchases,
        "backtest.seconds_per_million_with_budget": short * 1_000_000 / purchases,
    }


async def _timed(engine: Any, actor: Any, offer: dict[str, Any], today: date) -> tuple[float, dict[str, Any]]:
    begin = time.monotonic()
    question = Question(offer, today - timedelta(days=DAYS), today + timedelta(days=1))
    answer = await backtest(engine, actor, question, SystemClock().now())
    return time.monotonic() - begin, answer


async def _store(dsn: str, operator_id: Any, present: Any, purchases: int, shoppers: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET work_mem = '256MB'")
        await connection.execute(_SHOPS)
        await connection.execute(_OPEN.replace("$2", f"'{present.isoformat()}'").replace("$3", str(shoppers)))
        await connection.execute(_SHOPPERS, operator_id)
        await connection.execute(_PURCHASES, operator_id, present, shoppers, purchases)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _limited() -> ProgrammeFile:
    document = programme().plain()
    limit = {"measure": "amount", "at_most": "20.00", "per": "shopper", "period": "month"}
    document["offers"][0]["limits"] = [limit]
    return parse(json.dumps(document), "bench")


def _offer() -> dict[str, Any]:
    return {
        "code": "tried",
        "conditions": [
            {"kind": "shops", "shops": [f"shop-{shop}" for shop in range(12)]},
            {"kind": "minimum_spend", "amount": "20.00"},
        ],
        "reward": {"kind": "percent", "asset": CURRENCY, "rate_bps": 600},
    }
