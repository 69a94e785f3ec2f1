"""What a decision knows of shoppers, read for a set of them: one query for each source.

Everything counts across all shops and all cards of a shopper. The 95th percentile of refunds is of all shoppers of the
operator, computed seldom, kept with its date. Reads under whatever lock the caller holds; writes nothing but that.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.decisions.history import (
    BPS,
    LOOKED_BACK_DAYS,
    REFUNDS_MIN,
    STORED_VALUE,
    Beside,
    Bought,
    history_of,
)
from cashback.instalments import reading as plans
from cashback.instalments.schemas import Behaviour
from cashback.rewards.snapshot import Snapshot
from eligibility import History, Told

PERCENTILE_DAYS = 7
"""So long a computed percentile stands."""
SHOPPERS_MIN = 20
"""Of fewer shoppers nothing is usual: the percentile is then the whole, beyond which nobody can be."""

# State and currency as offers look at them, and a shop that is known: what is bought elsewhere is not this centre's.
_COUNTS = """p.state IN ('authorized', 'cleared', 'partly_refunded', 'refunded') AND p.currency = $2
    AND p.shop_id IS NOT NULL AND p.shop_id <> ALL($3::uuid[])"""
_BOUGHT = f"""
SELECT p.shopper_id, p.purchased_at, (p.purchased_at AT TIME ZONE $4)::date, p.net_minor,
    p.refunded_minor + p.credited_minor > 0, p.shop_id
FROM purchases p WHERE p.shopper_id = ANY($1::uuid[]) AND p.purchased_at > $5 AND p.purchased_at <= $6 AND {_COUNTS}
ORDER BY p.shopper_id, p.purchased_at, p.id
"""  # noqa: S608 - built from constants
_BESIDE = """
SELECT s.shopper_id,
    (SELECT min(c.linked_at) FROM cards c WHERE c.operator_id = s.operator_id AND c.shopper_id = s.shopper_id),
    (SELECT count(*) FROM lost_disputes d WHERE d.shopper_id = s.shopper_id),
    (SELECT max(d.decided_at) FROM decisions d WHERE d.shopper_id = s.shopper_id AND d.pauses)
FROM shoppers s WHERE s.operator_id = $1 AND s.shopper_id = ANY($2::uuid[])
"""
_USUAL = """
SELECT share_bps, computed_at FROM refund_percentiles WHERE operator_id = $1 ORDER BY computed_at DESC LIMIT 1
"""
_COMPUTE = f"""
INSERT INTO refund_percentiles (operator_id, computed_at, share_bps, shoppers)
SELECT $1, $6, CASE WHEN count(*) < {SHOPPERS_MIN} THEN {BPS}
    ELSE percentile_disc(0.95) WITHIN GROUP (ORDER BY share) END, count(*) FROM (
    SELECT count(*) FILTER (WHERE p.refunded_minor + p.credited_minor > 0) * {BPS} / count(*) AS share
    FROM purchases p WHERE p.operator_id = $1 AND p.purchased_at > $4 AND p.purchased_at <= $5 AND {_COUNTS}
    GROUP BY p.shopper_id HAVING count(*) >= {REFUNDS_MIN}) AS shoppers
ON CONFLICT (operator_id, computed_at) DO NOTHING
"""  # noqa: S608 - built from constants


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of one shopper, and when each source was read."""

    history: History
    told: tuple[Told, ...]


async def gather(
    connection: AsyncConnection, snapshot: Snapshot, shopper_ids: Sequence[UUID], now: datetime
) -> dict[UUID, Gathered]:
    """What is known of each of these shoppers."""
    ids = sorted(set(shopper_ids))
    bought = await _bought(connection, snapshot, ids, now)
    behaviours = await plans.behaviours(connection, ids, now)
    beside = {row[0]: Beside(*row[1:]) for row in await fetch(connection, _BESIDE, (snapshot.operator_id, ids))}
    usual = await usual_refunds(connection, snapshot.operator_id)
    nothing, unknown = Behaviour(), Beside(None, 0, None)
    told = (Told(source="purchases", read_at=now), Told(source="instalments", read_at=now))
    return {
        each: Gathered(
            history_of(
                bought.get(each, ()),
                behaviours.get(each, nothing),
                beside.get(each, unknown),
                usual_refunds_bps=None if usual is None else usual[0],
                now=now,
            ),
            told,
        )
        for each in ids
    }


async def _bought(
    connection: AsyncConnection, snapshot: Snapshot, ids: list[UUID], now: datetime
) -> dict[UUID, list[Bought]]:
    since = now - timedelta(days=LOOKED_BACK_DAYS)
    programme = snapshot.programme
    rows = await fetch(
        connection, _BOUGHT, (ids, programme.currency, _left_out(snapshot), programme.zone.key, since, now)
    )
    found: defaultdict[UUID, list[Bought]] = defaultdict(list)
    for shopper_id, *row in rows:
        found[shopper_id].append(Bought(*row))
    return found


def _left_out(snapshot: Snapshot) -> list[UUID]:
    return [shop.id for shop in snapshot.shops.shops.values() if shop.category in STORED_VALUE]


async def usual_refunds(connection: AsyncConnection, operator_id: UUID) -> tuple[int, datetime] | None:
    """What 95 of 100 shoppers of the operator do not exceed, in basis points, and when that was computed."""
    rows = await fetch(connection, _USUAL, (operator_id,))
    return (rows[0][0], rows[0][1]) if rows else None


async def compute_usual_refunds(connection: AsyncConnection, snapshot: Snapshot, now: datetime) -> bool:
    """Compute the percentile if it is older than a week, or was never computed; answers whether it was."""
    known = await usual_refunds(connection, snapshot.operator_id)
    if known is not None and now - known[1] < timedelta(days=PERCENTILE_DAYS):
        return False
    since = now - timedelta(days=LOOKED_BACK_DAYS)
    values = (snapshot.operator_id, snapshot.programme.currency, _left_out(snapshot), since, now, now)
    await connection.exec_driver_sql(_COMPUTE, values)
    return True
