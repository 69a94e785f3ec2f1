"""The statements that read and write rewards, grants, quotas and matured years: one for a batch, each.

Under the shoppers' locks, except quotas: those are locked here, last and in id order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.offers.schemas import Grant
from cashback.rewards.plan import RewardRow, YearRow

GrantKey = tuple[UUID, UUID]
"""Purchase and offer."""

_REWARDS = """
SELECT r.shopper_id, r.purchase_id, r.offer_id, r.id, r.offer_version, r.asset, r.pending, r.available, r.matures_at,
    r.revision, r.trail::text, r.updated_at
FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, purchase_id)
JOIN rewards r ON r.shopper_id = k.shopper_id AND r.purchase_id = k.purchase_id
"""

_WRITE_REWARDS = """
INSERT INTO rewards (operator_id, shopper_id, purchase_id, offer_id, id, offer_version, asset, state, amount, pending,
    available, matures_at, revision, trail, updated_at)
SELECT $1, t.*, $15 FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::timestamptz[], $13::int[], $14::jsonb[]) AS t
ON CONFLICT (shopper_id, purchase_id, offer_id) DO UPDATE SET
    offer_version = EXCLUDED.offer_version, state = EXCLUDED.state, amount = EXCLUDED.amount,
    pending = EXCLUDED.pending, available = EXCLUDED.available, matures_at = EXCLUDED.matures_at,
    revision = EXCLUDED.revision, trail = EXCLUDED.trail, updated_at = EXCLUDED.updated_at
"""

_GRANTS = """
SELECT g.purchase_id, g.offer_id, g.wanted, g.granted
FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, purchase_id)
JOIN grants g ON g.shopper_id = k.shopper_id AND g.purchase_id = k.purchase_id
"""

_WRITE_GRANTS = """
INSERT INTO grants (operator_id, shopper_id, purchase_id, offer_id, wanted, granted, why, updated_at)
SELECT $1, t.*, $8 FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[]) AS t
ON CONFLICT (shopper_id, purchase_id, offer_id) DO UPDATE SET
    wanted = EXCLUDED.wanted, granted = EXCLUDED.granted, why = EXCLUDED.why, updated_at = EXCLUDED.updated_at
"""

_LOCK_QUOTAS = """
SELECT offer_id, cap - granted FROM quotas WHERE operator_id = $1 AND offer_id = ANY($2::uuid[])
ORDER BY offer_id FOR UPDATE
"""

_MOVE_QUOTAS = """
UPDATE quotas q SET granted = q.granted + t.difference FROM unnest($2::uuid[], $3::bigint[]) AS t (offer_id, difference)
WHERE q.operator_id = $1 AND q.offer_id = t.offer_id
"""

_YEARS = """
SELECT y.shopper_id, y.asset, y.year, y.matured, y.converted, y.revision
FROM unnest($1::uuid[], $2::text[]) AS k (shopper_id, asset)
JOIN matured_years y ON y.shopper_id = k.shopper_id AND y.asset = k.asset
"""

_WRITE_YEARS = """
INSERT INTO matured_years (operator_id, shopper_id, asset, year, matured, converted, revision, due_at)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::int[],
    $8::timestamptz[]) AS t
ON CONFLICT (shopper_id, asset, year) DO UPDATE SET matured = EXCLUDED.matured, converted = EXCLUDED.converted,
    revision = EXCLUDED.revision, due_at = EXCLUDED.due_at
"""

_YEARS_DUE = """
SELECT DISTINCT shopper_id, asset FROM matured_years WHERE operator_id = $1 AND due_at <= $2 LIMIT $3
"""


async def rewards_of(connection: AsyncConnection, purchases: Sequence[tuple[UUID, UUID]]) -> dict[GrantKey, RewardRow]:
    """The rewards of these purchases, given as shopper and purchase."""
    if not purchases:
        return {}
    rows = await fetch(connection, _REWARDS, _pairs(purchases))
    return {(row[1], row[2]): RewardRow(*(*row[:10], msgspec.json.decode(row[10]), row[11])) for row in rows}


async def write_rewards(
    connection: AsyncConnection, operator_id: UUID, rows: Sequence[RewardRow], now: datetime
) -> None:
    """Store rewards as they stand after this transaction's transfers."""
    if not rows:
        return
    await connection.exec_driver_sql(
        _WRITE_REWARDS,
        (
            operator_id,
            [each.shopper_id for each in rows],
            [each.purchase_id for each in rows],
            [each.offer_id for each in rows],
            [each.id for each in rows],
            [each.offer_version for each in rows],
            [each.asset for each in rows],
            [each.state for each in rows],
            [each.amount for each in rows],
            [each.pending for each in rows],
            [each.available for each in rows],
            [each.matures_at for each in rows],
            [each.revision for each in rows],
            [msgspec.json.encode(each.trail).decode() for each in rows],
            now,
        ),
    )


async def grants_of(connection: AsyncConnection, purchases: Sequence[tuple[UUID, UUID]]) -> dict[GrantKey, Grant]:
    """What quotas gave to these purchases."""
    if not purchases:
        return {}
    rows = await fetch(connection, _GRANTS, _pairs(purchases))
    return {(row[0], row[1]): Grant(row[2], row[3]) for row in rows}


async def write_grants(
    connection: AsyncConnection,
    operator_id: UUID,
    grants: Mapping[GrantKey, Grant],
    shoppers: Mapping[UUID, UUID],
    now: datetime,
) -> None:
    """Store grants; `shoppers` leads from a purchase to its shopper."""
    if not grants:
        return
    await connection.exec_driver_sql(
        _WRITE_GRANTS,
        (
            operator_id,
            [shoppers[purchase_id] for purchase_id, _ in grants],
            [purchase_id for purchase_id, _ in grants],
            [offer_id for _, offer_id in grants],
            [grant.wanted for grant in grants.values()],
            [grant.granted for grant in grants.values()],
            [_why(grant) for grant in grants.values()],
            now,
        ),
    )


async def lock_quotas(connection: AsyncConnection, operator_id: UUID, offers: Iterable[UUID]) -> dict[UUID, int]:
    """Lock the quotas of these offers until the transaction ends; answers what each has left."""
    rows = await fetch(connection, _LOCK_QUOTAS, (operator_id, sorted(set(offers))))
    return dict(rows)


async def move_quotas(connection: AsyncConnection, operator_id: UUID, differences: Mapping[UUID, int]) -> None:
    """Take from quotas, or give back; the rows are locked."""
    moved = {offer_id: difference for offer_id, difference in differences.items() if difference}
    if moved:
        await connection.exec_driver_sql(_MOVE_QUOTAS, (operator_id, list(moved), list(moved.values())))


async def years_of(
    connection: AsyncConnection, pairs: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], dict[int, YearRow]]:
    """The matured years of these shoppers and assets."""
    found: dict[tuple[UUID, str], dict[int, YearRow]] = {pair: {} for pair in pairs}
    if pairs:
        columns = ([shopper for shopper, _ in pairs], [asset for _, asset in pairs])
        for row in await fetch(connection, _YEARS, columns):
            found[row[0], row[1]][row[2]] = YearRow(*row)
    return found


async def write_years(
    connection: AsyncConnection, operator_id: UUID, rows: Sequence[tuple[YearRow, datetime | None]]
) -> None:
    """Store years with the instant at which a new year may convert more."""
    if not rows:
        return
    await connection.exec_driver_sql(
        _WRITE_YEARS,
        (
            operator_id,
            [each.shopper_id for each, _ in rows],
            [each.asset for each, _ in rows],
            [each.year for each, _ in rows],
            [each.matured for each, _ in rows],
            [each.converted for each, _ in rows],
            [each.revision for each, _ in rows],
            [due_at for _, due_at in rows],
        ),
    )


async def years_due(
    connection: AsyncConnection, operator_id: UUID, now: datetime, limit: int
) -> list[tuple[UUID, str]]:
    """Shoppers and assets for which a new calendar year lets more be converted."""
    rows = await fetch(connection, _YEARS_DUE, (operator_id, now, limit))
    return [(shopper_id, asset) for shopper_id, asset in rows]


def _pairs(purchases: Sequence[tuple[UUID, UUID]]) -> tuple[list[UUID], list[UUID]]:
    return [shopper for shopper, _ in purchases], [purchase for _, purchase in purchases]


def _why(grant: Grant) -> str:
    if grant.granted == grant.wanted:
        return "granted"
    return "reduced" if grant.granted else "refused"
