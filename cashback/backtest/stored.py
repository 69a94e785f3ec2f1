"""What a backtest reads: earning purchases with their shops, facts and old grants, of some shoppers at a time.

Everything is read from one snapshot of the database, also by the processes that help, in transactions that only read.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.db.engine import fetch
from cashback.merchants.schemas import Shop
from cashback.offers.schemas import NOTHING_SAID, Facts, Grant, History, Spend
from cashback.offers.uncertainty import ZONES_REACH
from cashback.rewards import storage
from cashback.rewards.facts import facts_of
from cashback.rewards.quotas import GrantKey, QuotaKey
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.spends import SHOP_AT, STORED_SPEND, stored_spend

_EXPORT = "SELECT pg_export_snapshot()"
_SHOPPERS = "SELECT shopper_id FROM shoppers WHERE operator_id = $1 AND shopper_id > $2 ORDER BY shopper_id LIMIT $3"
# Of a purchase that may earn, what `Spend` holds: the same rows that the road judges.
_EARNING = f"""
SELECT {STORED_SPEND}
FROM purchases p
WHERE p.shopper_id = ANY($1::uuid[]) AND p.purchased_at < $3 AND p.shop_id IS NOT NULL AND p.net_minor > 0
    AND ($2::timestamptz IS NULL OR p.purchased_at >= $2) AND p.state IN ('authorized', 'cleared', 'partly_refunded')
"""  # noqa: S608 - built from constants
_DRAWN_BEFORE = """
SELECT g.offer_id, b.bucket, sum(g.granted)::bigint, count(*) FILTER (WHERE g.granted > 0)
FROM grants g JOIN purchases p ON p.shopper_id = g.shopper_id AND p.id = g.purchase_id
CROSS JOIN LATERAL unnest(g.buckets) AS b (bucket)
WHERE g.operator_id = $1 AND g.offer_id = ANY($2::uuid[]) AND p.operator_id = $1 AND p.purchased_at < $3
GROUP BY g.offer_id, b.bucket
"""
_NOBODY = UUID(int=0)
SHOPPERS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant until another one, excluded."""

    since: datetime
    until: datetime


class Shops:
    """The shops of a programme, numbered for counting, and the zone of each centre."""

    def __init__(self, shops: Mapping[UUID, Shop], zone_of: Callable[[UUID | None], ZoneInfo]) -> None:
        self.zone_of = zone_of
        self.numbers = {shop_id: number for number, shop_id in enumerate(shops)}
        self.codes = [each.code for each in shops.values()]
        self.by_id = shops


@asynccontextmanager
async def reading(
    engine: AsyncEngine, operator_id: UUID, exported: str | None = None
) -> AsyncIterator[AsyncConnection]:
    """A transaction that sees one moment, that of `exported` if given, and cannot write."""
    still = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with still.connect() as connection:
        if exported is not None:
            # Before any query; the name is what PostgreSQL itself answered.
            await connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{exported}'")
        await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(operator_id),))
        yield connection
        await connection.rollback()


async def export(connection: AsyncConnection) -> str:
    """The name under which other transactions see what this one sees."""
    return str((await fetch(connection, _EXPORT))[0][0])


async def all_shoppers(connection: AsyncConnection, operator_id: UUID) -> list[UUID]:
    """Every shopper, in the order of their ids."""
    found: list[UUID] = []
    last = _NOBODY
    while rows := await fetch(connection, _SHOPPERS, (operator_id, last, SHOPPERS_AT_ONCE)):
        found += [UUID(bytes=row[0].bytes) for row in rows]
        last = rows[-1][0]
    return found


async def drawn_before(
    connection: AsyncConnection, operator_id: UUID, offers: Sequence[UUID], since: datetime
) -> dict[QuotaKey, tuple[int, int]]:
    """What purchases made before an instant drew from each quota: the amount, and how many times."""
    if not offers:
        return {}
    rows = await fetch(connection, _DRAWN_BEFORE, (operator_id, list(offers), since))
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


async def histories(
    connection: AsyncConnection, shops: Shops, shoppers: Sequence[UUID], span: Span, *, whole: bool, personal: bool
) -> list[History]:
    """What these shoppers bought before the end of the span; without `whole` only what they bought in it."""
    spends: defaultdict[UUID, list[Spend]] = defaultdict(list)
    raw: Any = (await connection.get_raw_connection()).driver_connection
    # A day told without a zone is stored as one of UTC, and begins up to so much earlier or later in the centre.
    first, end = None if whole else span.since - ZONES_REACH, span.until + ZONES_REACH
    for row in await raw.fetch(_EARNING, shoppers, first, end):
        shop = shops.by_id[row[SHOP_AT]]
        spend = stored_spend(row, shop, shops.zone_of(shop.centre_id))
        if spend.purchased_at < span.until and (whole or span.since <= spend.purchased_at):
            spends[row[0]].append(spend)
    said: Mapping[UUID, Facts] = await facts_of(connection, spends) if personal and spends else {}
    return [History(each, held, said.get(each, NOTHING_SAID)) for each, held in spends.items()]


async def old_grants(connection: AsyncConnection, found: Sequence[History]) -> dict[GrantKey, Grant]:
    """What quotas really granted to these shoppers."""
    return await storage.grants_of_shoppers(connection, [each.shopper_id for each in found]) if found else {}


def numbered(snapshot: Snapshot) -> Shops:
    """The shops of a programme, numbered."""
    return Shops(dict(sorted(snapshot.shops.shops.items())), snapshot.book.around.zone)
