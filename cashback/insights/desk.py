"""What waits at the console's desk: things to decide, what is not set up yet, and how far budgets are used.

Counts stop at `MOST`: whether three hundred or three thousand payments wait for a shop changes nothing of what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.insights.house import House
from cashback.programmes.schemas import Asset

MOST = 1_000
NEARLY_USED_BPS = 9_000
"""From which part of a budget on it is told."""

_WAITING = {
    "matches": "SELECT 1 FROM purchase_matches WHERE operator_id = $1 AND decision = 'review'",
    "claims": "SELECT 1 FROM claims WHERE operator_id = $1 AND state = 'open'",
    "decisions": "SELECT 1 FROM decision_reviews WHERE operator_id = $1 AND state IN ('open', 'waiting')",
    "approvals": """
        SELECT 1 FROM offers o CROSS JOIN LATERAL (SELECT m.move, m.revision FROM offer_moves m
            WHERE m.operator_id = o.operator_id AND m.offer_id = o.id ORDER BY m.revision DESC LIMIT 1) AS last
        WHERE o.operator_id = $1 AND last.move = 'submit' AND NOT EXISTS (SELECT 1 FROM offer_revisions r
            WHERE r.operator_id = o.operator_id AND r.offer_id = o.id AND r.revision > last.revision)""",
    "payouts": "SELECT 1 FROM payouts WHERE operator_id = $1 AND state = 'waiting_approval'",
    "unknown_payouts": "SELECT 1 FROM payouts WHERE operator_id = $1 AND state = 'unknown'",
    "adjustments": "SELECT 1 FROM adjustments WHERE operator_id = $1 AND state = 'waiting'",
    "funders": "SELECT 1 FROM funding_pauses WHERE operator_id = $1 AND until IS NULL",
    "domains": "SELECT 1 FROM operator_domains WHERE operator_id = $1 AND missing_since IS NOT NULL",
    "parked": "SELECT 1 FROM inbox_parked WHERE tenant_id = $1 AND resolved_at IS NULL",
    "conflicts": "SELECT 1 FROM inbox_conflicts WHERE tenant_id = $1",
}
"""What waits for a person, in the order in which it is told."""
_COUNTS = [f"(SELECT count(*) FROM ({rows} LIMIT {MOST}) AS w) AS {kind}" for kind, rows in _WAITING.items()]  # noqa: S608
_COUNT_WAITING = f"SELECT {', '.join(_COUNTS)}"
_SET_UP = """
SELECT EXISTS (SELECT 1 FROM shops WHERE operator_id = $1) AS shops,
    EXISTS (SELECT 1 FROM merchant_identifiers WHERE operator_id = $1) AS identifiers,
    EXISTS (SELECT 1 FROM connections WHERE operator_id = $1 AND active)
        OR EXISTS (SELECT 1 FROM bank_connections WHERE operator_id = $1) AS source,
    EXISTS (SELECT 1 FROM purchases WHERE operator_id = $1) AS purchase
"""
_BUDGETS = """
SELECT offer_id, asset, cap, granted FROM quotas WHERE operator_id = $1 AND bucket = 'total' AND offer_id = ANY($2)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many of one kind wait; `MOST` stands for that many or more."""

    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What the live offers of one asset may give in all, and what was granted of it."""

    asset: Asset
    cap: int
    granted: int
    offers: int
    nearly_used: int
    """Offers that have used nearly all of theirs."""


async def read_waiting(connection: AsyncConnection, house: House) -> list[Waiting]:
    """Everything that waits for a person, in one statement; kinds of which nothing waits are left out."""
    found = (await connection.exec_driver_sql(_COUNT_WAITING, (house.programme.operator_id,))).one()
    return [Waiting(kind, getattr(found, kind)) for kind in _WAITING if getattr(found, kind)]


async def read_set_up(connection: AsyncConnection, house: House, now: datetime) -> Sequence[tuple[str, bool]]:
    """The steps that bring a programme to life, and whether each was taken."""
    found = (await connection.exec_driver_sql(_SET_UP, (house.programme.operator_id,))).one()
    return (
        ("shops", found.shops),
        ("identifiers", found.identifiers),
        ("source", found.source),
        ("holdout", house.programme.holdout_bps > 0),
        ("offer", any(offer.live(now) for offer in house.book.offers)),
        ("purchase", found.purchase),
    )


async def read_budgets(connection: AsyncConnection, house: House, now: datetime) -> list[Budget]:
    """Budgets of the offers that are live, summed by asset; offers without one are not in it."""
    live = list({offer.offer_id for offer in house.book.offers if offer.live(now)})
    rows = await connection.exec_driver_sql(_BUDGETS, (house.programme.operator_id, live))
    sums: dict[str, list[int]] = {}
    for row in rows:
        held = sums.setdefault(row.asset, [0, 0, 0, 0])
        nearly = row.granted * 10_000 >= row.cap * NEARLY_USED_BPS
        for place, more in enumerate((row.cap, row.granted, 1, int(nearly))):
            held[place] += more
    return [Budget(house.asset(code), *held) for code, held in sorted(sums.items())]
