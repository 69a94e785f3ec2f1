"""Budgets of offers become quotas: one row per offer, raised or lowered, never below what is already granted."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.errors import Invalid
from cashback.offers.terms import Terms
from cashback.programmes.schemas import plainly

_OFFERS = "SELECT id, code FROM offers WHERE operator_id = $1 AND code = ANY($2::text[])"
_LOCK_QUOTAS = """
SELECT offer_id, asset, cap, granted FROM quotas
WHERE operator_id = $1 AND offer_id = ANY($2::uuid[]) AND bucket = 'total'
ORDER BY offer_id FOR UPDATE
"""
_SAVE_QUOTAS = """
INSERT INTO quotas (operator_id, offer_id, asset, cap)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS t
ON CONFLICT (operator_id, offer_id, bucket) DO UPDATE SET cap = excluded.cap
"""


async def save_budgets(connection: AsyncConnection, operator_id: UUID, offers: Mapping[str, Terms]) -> None:
    """Give every offer with a budget its quota. An offer whose budget was taken away keeps the row it had.

    Raises Invalid when a budget is below what was granted.
    """
    budgets = {code: terms for code, terms in offers.items() if terms.budget is not None}
    if not budgets:
        return
    rows = await connection.exec_driver_sql(_OFFERS, (operator_id, sorted(budgets)))
    offer_ids = {row.code: row.id for row in rows}
    held = {
        row.offer_id: row
        for row in await connection.exec_driver_sql(_LOCK_QUOTAS, (operator_id, sorted(offer_ids.values())))
    }
    refused: list[str] = []
    for code, terms in sorted(budgets.items()):
        quota, asset = held.get(offer_ids[code]), terms.reward.asset
        if quota is None or terms.budget is None:
            continue
        if terms.budget < quota.granted:
            granted, asked = plainly(quota.granted, asset), plainly(terms.budget, asset)
            refused.append(f"the budget of offer {code} cannot be {asked}: {granted} are already granted")
    if refused:
        raise Invalid("nothing was applied:\n" + "\n".join(refused), code="budget")
    columns = (
        [offer_ids[code] for code in budgets],
        [terms.reward.asset for terms in budgets.values()],
        [terms.budget for terms in budgets.values()],
    )
    await connection.exec_driver_sql(_SAVE_QUOTAS, (operator_id, *columns))
