"""Which transfers a settlement holds, and what they come to: one statement for all funders of an operator.

A transfer has two sides, and each side that is a funder's belongs to exactly one issued settlement. A settlement holds
every side that was posted before the period ended and is in none yet, so what commits late is in the next one. The same
statement that counts the sides keeps them, from one snapshot: what it has not counted it has not kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ledger.chart import BANK, FUNDER
from cashback.settlement.amounts import CommissionKey, Earlier, LineKey
from cashback.settlement.schemas import Before, Group, LineKind, Period

# The reward of a transfer is in its key, `reward:<hex>:<revision>:<leg>`. Money that moves between funders under such a
# key is the cost of a reward that changed hands; under a key of the house it is another matter.
_CUT = f"""
WITH cut AS MATERIALIZED (
    SELECT w.settlement_id, t.shopper_id, t.key, t.side, t.asset, t.reason, t.posted_at < $3 AS late, t.units,
        CASE WHEN t.other = '{BANK}' THEN 'payment' WHEN t.shopper_id = $1 THEN 'transfer'
            WHEN t.side = 'debit' THEN 'reward' ELSE 'clawback' END AS kind,
        r.offer_id, origin.settlement_id AS origin,
        CASE WHEN t.shopper_id = $1 THEN NULL
            WHEN t.account LIKE 'funder:shop:%' THEN substr(t.account, 13)::uuid ELSE p.shop_id END AS shop_id,
        CASE t.account WHEN '{FUNDER}' THEN 0 ELSE coalesce((v.terms ->> 'commission_bps')::int, 0) END AS rate_bps
    FROM (
        SELECT shopper_id, key, 'debit' AS side, debit AS account, credit AS other, asset, amount AS units, reason,
            purchase_id, posted_at
        FROM transfers WHERE operator_id = $1 AND posted_at < $2 AND debit LIKE 'funder:%'
        UNION ALL SELECT shopper_id, key, 'credit', credit, debit, asset, -amount, reason, purchase_id, posted_at
        FROM transfers WHERE operator_id = $1 AND posted_at < $2 AND credit LIKE 'funder:%') AS t
    JOIN unnest($4::text[], $5::uuid[]) AS w (account, settlement_id) ON w.account = t.account
    LEFT JOIN rewards r ON r.shopper_id = t.shopper_id
        AND r.id = CASE WHEN t.key LIKE 'reward:%' THEN substr(t.key, 8, 32)::uuid END
    LEFT JOIN offer_versions v ON v.operator_id = $1 AND v.offer_id = r.offer_id AND v.version = r.offer_version
    LEFT JOIN purchases p ON p.shopper_id = t.shopper_id AND p.id = t.purchase_id
    LEFT JOIN LATERAL (
        SELECT h.settlement_id FROM settled_transfers h
        JOIN settlements e ON e.operator_id = $1 AND e.id = h.settlement_id AND e.account = t.account
        WHERE t.side = 'credit' AND t.key LIKE 'reward:%' AND h.shopper_id = t.shopper_id AND h.side = 'debit'
            AND h.key LIKE 'reward:%' AND substr(h.key, 8, 32) = substr(t.key, 8, 32)
        ORDER BY e.until DESC LIMIT 1) AS origin ON true
    WHERE NOT EXISTS (
        SELECT 1 FROM settled_transfers h WHERE h.shopper_id = t.shopper_id AND h.key = t.key AND h.side = t.side))
"""  # noqa: S608 - built from constants

_KEEP = """, kept AS (
    INSERT INTO settled_transfers (operator_id, shopper_id, key, side, settlement_id)
    SELECT $1, shopper_id, key, side, settlement_id FROM cut ORDER BY shopper_id, key, side)
"""
_MEMORY = "SELECT set_config('work_mem', '64MB', true)"
"""A month of a large operator is sorted and joined as a whole; it would be written to disk several times otherwise."""

_COUNT = """
SELECT settlement_id, kind, reason, asset, sum(units)::bigint, count(*), count(*) FILTER (WHERE late), offer_id,
    shop_id, rate_bps, origin
FROM cut GROUP BY settlement_id, kind, reason, asset, offer_id, shop_id, rate_bps, origin
"""

_ACCOUNTS = """
SELECT DISTINCT a.account FROM transfers CROSS JOIN LATERAL (VALUES (debit), (credit)) AS a (account)
WHERE operator_id = $1 AND posted_at < $2 AND (debit LIKE 'funder:%' OR credit LIKE 'funder:%')
    AND a.account LIKE 'funder:%' ORDER BY a.account
"""

_VALUES_BEFORE = """
SELECT coalesce(origin, settlement_id), asset, offer_id, shop_id, rate_bps, sum(units)::bigint, sum(value_minor)::bigint
FROM settlement_lines
WHERE operator_id = $1 AND kind IN ('reward', 'clawback') AND coalesce(origin, settlement_id) = ANY($2::uuid[])
GROUP BY 1, 2, 3, 4, 5
"""

_COMMISSIONS_BEFORE = """
SELECT coalesce(origin, settlement_id), offer_id, rate_bps, sum(base_minor)::bigint, sum(value_minor)::bigint,
    min(vat_bps)
FROM settlement_lines
WHERE operator_id = $1 AND kind = 'commission' AND coalesce(origin, settlement_id) = ANY($2::uuid[])
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A funder whose settlement is wanted, and the id that it is to have."""

    account: str
    settlement_id: UUID


async def accounts(connection: AsyncConnection, operator_id: UUID, period: Period) -> list[str]:
    """The funders of which anything was ever posted before the period's end."""
    return [row[0] for row in await fetch(connection, _ACCOUNTS, (operator_id, period.until))]


async def count(
    connection: AsyncConnection, operator_id: UUID, period: Period, wanted: Sequence[Wanted], *, keep: bool
) -> Mapping[UUID, list[Group]]:
    """By id of the settlement, the movements that belong to it; `keep` puts them there for good."""
    await connection.exec_driver_sql(_MEMORY)
    statement = f"{_CUT}{_KEEP if keep else ''}{_COUNT}"
    columns = ([each.account for each in wanted], [each.settlement_id for each in wanted])
    found: dict[UUID, list[Group]] = {}
    for row in await fetch(connection, statement, (operator_id, period.until, period.since, *columns)):
        group = Group(
            kind=LineKind(row[1]),
            reason=row[2],
            asset=row[3],
            units=row[4],
            transfers=row[5],
            late=row[6],
            offer_id=row[7],
            shop_id=row[8],
            commission_bps=row[9],
            origin=row[10],
        )
        found.setdefault(row[0], []).append(group)
    return found


async def earlier(connection: AsyncConnection, operator_id: UUID, groups: Mapping[UUID, list[Group]]) -> Earlier:
    """What the settlements that are corrected hold so far, later corrections of them included."""
    origins = sorted({each.origin for held in groups.values() for each in held if each.origin is not None})
    if not origins:
        return Earlier({}, {}, {})
    values: dict[LineKey, Before] = {}
    for origin, asset, offer_id, shop_id, rate_bps, units, value in await fetch(
        connection, _VALUES_BEFORE, (operator_id, origins)
    ):
        values[origin, asset, offer_id, shop_id, rate_bps] = Before(units, value)
    commissions: dict[CommissionKey, Before] = {}
    taxes: dict[UUID, int] = {}
    for origin, offer_id, rate_bps, base, value, vat_bps in await fetch(
        connection, _COMMISSIONS_BEFORE, (operator_id, origins)
    ):
        commissions[origin, offer_id, rate_bps] = Before(base, value)
        taxes[origin] = vat_bps
    return Earlier(values, commissions, taxes)
