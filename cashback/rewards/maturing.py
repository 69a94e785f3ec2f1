"""Holds that ended: rewards of which nothing changes but that they become available, moved by one statement.

Judging such a purchase again would answer what is posted already, a hold later: what it depends on (its evidence, its
shop, facts, offers, grants) is settled whenever it changes. So nothing is judged. What is written is what `settle`
would write, to the digests of the transfers.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ledger.chart import AVAILABLE, PENDING
from cashback.programmes.schemas import Programme
from cashback.purchases.schemas import PurchaseKey, key_columns
from cashback.rewards.difference import Convertible

Matured = dict[Convertible, dict[int, int]]
"""By shopper and asset that converts: how much became available, by the calendar year of the programme's zone."""

# NOT IN is hashed, whatever the planner believes of the lengths; the join of NOT EXISTS compared each with each.
# The digest is that of `ledger.service.Transfer`, the id a UUIDv7 of `now` with the random bits of a UUIDv4.
_MATURE = f"""
WITH due AS (
    SELECT p.ctid AS place, p.shopper_id, p.id, p.network, p.purchase_ref, p.cleared_at
    FROM unnest($3::uuid[], $4::text[], $5::text[]) AS k (shopper_id, network, ref)
    JOIN purchases p ON p.shopper_id = k.shopper_id AND p.network = k.network AND p.purchase_ref = k.ref
    WHERE p.due_at <= $2
), ripe AS (
    SELECT d.place, d.shopper_id, d.id, n.due_at FROM due d CROSS JOIN LATERAL (
        SELECT min(r.matures_at) FILTER (WHERE r.matures_at > $2) AS due_at FROM rewards r
        WHERE r.shopper_id = d.shopper_id AND r.purchase_id = d.id AND r.pending > 0
        HAVING bool_or(r.matures_at <= $2) AND bool_and(r.expires_at IS NULL OR r.expires_at > $2)) AS n
    WHERE d.cleared_at IS NOT NULL
), moved AS (
    UPDATE rewards r SET state = 'available', available = r.pending, pending = 0, revision = r.revision + 1,
        updated_at = $2
    FROM ripe k WHERE r.shopper_id = k.shopper_id AND r.purchase_id = k.id AND r.pending > 0 AND r.matures_at <= $2
    RETURNING r.shopper_id, r.purchase_id, r.id, r.asset, r.available AS amount, r.revision, r.matures_at
), posted AS (
    INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, purchase_id,
        posted_at)
    SELECT $1, m.shopper_id, 'reward:' || replace(m.id::text, '-', '') || ':' || m.revision || ':0',
        substr(sha256(convert_to('{len(PENDING)}:{PENDING}{len(AVAILABLE)}:{AVAILABLE}' || length(m.asset) || ':'
            || m.asset || length(m.amount::text) || ':' || m.amount || '7:matured36:' || m.purchase_id, 'UTF8')),
            1, 16),
        ($6 || substr(gen_random_uuid()::text, 16))::uuid, '{PENDING}', '{AVAILABLE}', m.asset, m.amount, 'matured',
        m.purchase_id, $2
    FROM moved m
), balanced AS (
    UPDATE balances b SET pending = b.pending - t.amount, available = b.available + t.amount,
        version = b.version + t.moves
    FROM (SELECT shopper_id, asset, sum(amount)::bigint AS amount, count(*) AS moves FROM moved GROUP BY 1, 2) AS t
    WHERE b.shopper_id = t.shopper_id AND b.asset = t.asset
), rescheduled AS (
    UPDATE purchases p SET updated_at = $2, due_at = k.due_at FROM ripe k WHERE p.ctid = k.place
)
SELECT m.shopper_id, m.asset, NULL, extract(year FROM m.matures_at AT TIME ZONE $7)::int, sum(m.amount)::bigint
FROM moved m WHERE m.asset = ANY($8::text[]) GROUP BY 1, 2, 4
UNION ALL SELECT d.shopper_id, d.network, d.purchase_ref, NULL, NULL
FROM due d WHERE d.id NOT IN (SELECT k.id FROM ripe k)
"""  # noqa: S608 - built from constants


async def mature(
    connection: AsyncConnection, programme: Programme, due: Sequence[PurchaseKey], now: datetime
) -> tuple[Matured, list[PurchaseKey]]:
    """Make available what is ripe of these purchases; answers what of it may convert, and what has to be judged.

    Ripe is a purchase of which a hold has ended and nothing else is due: it has cleared, and what became available has
    not expired already. The shoppers are locked.
    """
    converting = [code for code, asset in programme.assets.items() if asset.conversion is not None]
    parameters = (programme.operator_id, now, *key_columns(due), _id_prefix(now), programme.zone.key, converting)
    found: Matured = defaultdict(dict)
    rest: set[PurchaseKey] = set()
    for shopper_id, name, ref, year, amount in await fetch(connection, _MATURE, parameters):
        if ref is None:
            found[shopper_id, name][year] = amount
        else:
            rest.add(PurchaseKey(shopper_id, name, ref))
    return found, [each for each in due if each in rest]


def _id_prefix(now: datetime) -> str:
    """The first characters of a UUIDv7 of `now` as text, the version among them."""
    milliseconds = f"{int(now.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7"
