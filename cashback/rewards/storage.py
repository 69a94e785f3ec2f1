"""The statements that read and write rewards, grants, quotas and matured years: one for a batch, each.

Under the shoppers' locks, except quotas: those are locked here, last and in id order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.offers.limits import TOTAL
from cashback.offers.schemas import Funders, Grant
from cashback.rewards.plan import RewardRow, YearRow
from cashback.rewards.quotas import GrantKey, QuotaKey


class OpenQuota(NamedTuple):
    """What a quota that may be drawn from is opened with."""

    asset: str
    cap: int


_REWARDS = """
SELECT r.shopper_id, r.purchase_id, r.offer_id, r.id, r.offer_version, r.asset, r.pending, r.available, r.matures_at,
    r.revision, r.trail::text, r.updated_at, r.wanted, r.funders::text, r.expired, r.expires_at, r.notice_at
FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, purchase_id)
JOIN rewards r ON r.shopper_id = k.shopper_id AND r.purchase_id = k.purchase_id
"""

_ALL_REWARDS = """
SELECT r.shopper_id, r.purchase_id, r.offer_id, r.id, r.offer_version, r.asset, r.pending, r.available, r.matures_at,
    r.revision, r.trail::text, r.updated_at, r.wanted, r.funders::text, r.expired, r.expires_at, r.notice_at
FROM rewards r WHERE r.shopper_id = ANY($1::uuid[])
"""

_WRITE_REWARDS = """
INSERT INTO rewards (operator_id, shopper_id, purchase_id, offer_id, id, offer_version, asset, state, amount, pending,
    available, matures_at, revision, trail, wanted, funders, expired, expires_at, notice_at, updated_at)
SELECT $1, t.*, $20 FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::timestamptz[], $13::int[], $14::jsonb[], $15::bigint[],
    $16::jsonb[], $17::bigint[], $18::timestamptz[], $19::timestamptz[]) AS t
ON CONFLICT (shopper_id, purchase_id, offer_id) DO UPDATE SET
    offer_version = EXCLUDED.offer_version, state = EXCLUDED.state, amount = EXCLUDED.amount,
    pending = EXCLUDED.pending, available = EXCLUDED.available, matures_at = EXCLUDED.matures_at,
    revision = EXCLUDED.revision, trail = EXCLUDED.trail, wanted = EXCLUDED.wanted, funders = EXCLUDED.funders,
    expired = EXCLUDED.expired, expires_at = EXCLUDED.expires_at, notice_at = EXCLUDED.notice_at,
    updated_at = EXCLUDED.updated_at
"""

_GRANTS = """
SELECT g.purchase_id, g.offer_id, g.wanted, g.granted, g.buckets
FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, purchase_id)
JOIN grants g ON g.shopper_id = k.shopper_id AND g.purchase_id = k.purchase_id
"""

_ALL_GRANTS = """
SELECT g.purchase_id, g.offer_id, g.wanted, g.granted, g.buckets FROM grants g WHERE g.shopper_id = ANY($1::uuid[])
"""

_WRITE_GRANTS = """
INSERT INTO grants (operator_id, shopper_id, purchase_id, offer_id, wanted, granted, why, buckets, updated_at)
SELECT $1, t.shopper_id, t.purchase_id, t.offer_id, t.wanted, t.granted, t.why, string_to_array(t.buckets, E'\n'), $9
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
    AS t (shopper_id, purchase_id, offer_id, wanted, granted, why, buckets)
ON CONFLICT (shopper_id, purchase_id, offer_id) DO UPDATE SET wanted = EXCLUDED.wanted, granted = EXCLUDED.granted,
    why = EXCLUDED.why, buckets = EXCLUDED.buckets, updated_at = EXCLUDED.updated_at
"""

# A budget's row is made with its offer; one of a day or of a shop when it is first drawn from.
_OPEN_QUOTAS = """
INSERT INTO quotas (operator_id, offer_id, bucket, asset, cap)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[]) AS t (offer_id, bucket, asset, cap)
ORDER BY t.offer_id, t.bucket ON CONFLICT (operator_id, offer_id, bucket) DO NOTHING
"""

_LOCK_QUOTAS = """
SELECT q.offer_id, q.bucket, q.cap, q.granted
FROM quotas q JOIN unnest($2::uuid[], $3::text[]) AS t (offer_id, bucket)
    ON q.operator_id = $1 AND q.offer_id = t.offer_id AND q.bucket = t.bucket
ORDER BY q.offer_id, q.bucket FOR UPDATE OF q
"""

_RECAP_QUOTAS = """
UPDATE quotas q SET cap = t.cap FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS t (offer_id, bucket, cap)
WHERE q.operator_id = $1 AND q.offer_id = t.offer_id AND q.bucket = t.bucket
"""

_MOVE_QUOTAS = """
UPDATE quotas q SET granted = q.granted + t.difference,
    exhausted_at = CASE WHEN q.granted + t.difference >= q.cap THEN coalesce(q.exhausted_at, $5) END
FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS t (offer_id, bucket, difference)
WHERE q.operator_id = $1 AND q.offer_id = t.offer_id AND q.bucket = t.bucket
"""

_EXHAUSTED = """
SELECT offer_id, bucket, exhausted_at FROM quotas
WHERE operator_id = $1 AND offer_id = ANY($2::uuid[]) AND exhausted_at IS NOT NULL
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
    return _rewards(await fetch(connection, _REWARDS, _pairs(purchases)))


async def rewards_of_shoppers(connection: AsyncConnection, shoppers: Iterable[UUID]) -> dict[GrantKey, RewardRow]:
    """All rewards of these shoppers."""
    return _rewards(await fetch(connection, _ALL_REWARDS, (list(shoppers),)))


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
            [each.wanted for each in rows],
            [msgspec.json.encode(each.funders).decode() if each.funders else None for each in rows],
            [each.expired for each in rows],
            [each.expires_at for each in rows],
            [each.notice_at for each in rows],
            now,
        ),
    )


async def grants_of(connection: AsyncConnection, purchases: Sequence[tuple[UUID, UUID]]) -> dict[GrantKey, Grant]:
    """What quotas gave to these purchases."""
    if not purchases:
        return {}
    return _grants(await fetch(connection, _GRANTS, _pairs(purchases)))


async def grants_of_shoppers(connection: AsyncConnection, shoppers: Iterable[UUID]) -> dict[GrantKey, Grant]:
    """What quotas gave to these shoppers."""
    return _grants(await fetch(connection, _ALL_GRANTS, (list(shoppers),)))


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
            ["\n".join(grant.buckets) for grant in grants.values()],
            now,
        ),
    )


async def lock_quotas(
    connection: AsyncConnection, operator_id: UUID, drawn: Mapping[QuotaKey, OpenQuota], held: Iterable[QuotaKey]
) -> dict[QuotaKey, int]:
    """Lock the quotas that may be drawn from, opening those that are new, and those that something is held of.

    In the order of offer and bucket, until the transaction ends; answers what each has left. A cap that new terms have
    changed holds from now on, never below what is already granted; that of a budget is changed with its offer.
    """
    opened = sorted(drawn)
    if opened:
        columns = (
            [offer_id for offer_id, _ in opened],
            [bucket for _, bucket in opened],
            [drawn[key].asset for key in opened],
            [drawn[key].cap for key in opened],
        )
        await connection.exec_driver_sql(_OPEN_QUOTAS, (operator_id, *columns))
    keys = sorted({*opened, *held})
    named = ([offer_id for offer_id, _ in keys], [bucket for _, bucket in keys])
    left: dict[QuotaKey, int] = {}
    changed: dict[QuotaKey, int] = {}
    for offer_id, bucket, cap, granted in await fetch(connection, _LOCK_QUOTAS, (operator_id, *named)):
        key = (offer_id, bucket)
        wanted = max(granted, drawn[key].cap) if key in drawn and bucket != TOTAL else cap
        if wanted != cap:
            changed[key] = wanted
        left[key] = wanted - granted
    if changed:
        caps = ([offer_id for offer_id, _ in changed], [bucket for _, bucket in changed], list(changed.values()))
        await connection.exec_driver_sql(_RECAP_QUOTAS, (operator_id, *caps))
    return left


async def move_quotas(
    connection: AsyncConnection, operator_id: UUID, differences: Mapping[QuotaKey, int], now: datetime
) -> None:
    """Take from quotas, or give back; the rows are locked."""
    if differences:
        columns = (
            [offer_id for offer_id, _ in differences],
            [bucket for _, bucket in differences],
            list(differences.values()),
        )
        await connection.exec_driver_sql(_MOVE_QUOTAS, (operator_id, *columns, now))


async def exhausted(connection: AsyncConnection, operator_id: UUID, offers: Iterable[UUID]) -> dict[QuotaKey, datetime]:
    """Since when quotas of these offers have nothing left; those that have something are left out."""
    rows = await fetch(connection, _EXHAUSTED, (operator_id, list(offers)))
    return {(row[0], row[1]): row[2] for row in rows}


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


def _rewards(rows: Iterable[Any]) -> dict[GrantKey, RewardRow]:
    return {
        (row[1], row[2]): RewardRow(
            *(
                *row[:10],
                msgspec.json.decode(row[10]),
                *row[11:13],
                _NOBODY if row[13] is None else _FUNDERS(row[13]),
                *row[14:],
            )
        )
        for row in rows
    }


_NOBODY: Funders = ()
_FUNDERS = msgspec.json.Decoder(Funders).decode


def _grants(rows: Iterable[Any]) -> dict[GrantKey, Grant]:
    return {(row[0], row[1]): Grant(row[2], row[3], tuple(row[4])) for row in rows}


def _pairs(purchases: Sequence[tuple[UUID, UUID]]) -> tuple[list[UUID], list[UUID]]:
    return [shopper for shopper, _ in purchases], [purchase for _, purchase in purchases]


def _why(grant: Grant) -> str:
    if grant.granted == grant.wanted:
        return "granted"
    return "reduced" if grant.granted else "refused"
