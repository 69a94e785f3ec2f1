"""Holds that ended: rewards of which nothing changes but that they become available, moved by one statement.

Judging such a purchase again would answer what is posted already, a hold later: what it depends on (its evidence, its
shop, facts, offers, grants) is settled whenever it changes. So nothing is judged. What is written is what `settle`
would write, to the digests of the transfers.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ledger.chart import AVAILABLE, PENDING
from cashback.programmes.schemas import Programme
from cashback.rewards.difference import Convertible

Matured = dict[Convertible, dict[int, int]]
"""By shopper and asset that converts: how much became available, by the calendar year of the programme's zone."""

_RIPE = """
SELECT p.shopper_id, p.id FROM purchases p
WHERE p.operator_id = $1 AND p.due_at <= $2 AND p.cleared_at IS NOT NULL AND EXISTS (
    SELECT FROM rewards r WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id
    HAVING bool_or(r.pending > 0 AND r.matures_at <= $2) AND bool_and(r.expires_at IS NULL OR r.expires_at > $2))
ORDER BY p.due_at LIMIT $3
"""

# The digest is that of `ledger.service.Transfer`, the id a UUIDv7 of `now` with the random bits of a UUIDv4.
_MATURE = f"""
WITH ripe AS (
    SELECT p.shopper_id, p.id FROM unnest($3::uuid[]) AS k (id) JOIN purchases p ON p.operator_id = $1 AND p.id = k.id
    WHERE p.due_at <= $2 AND p.cleared_at IS NOT NULL
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
        ($4 || substr(gen_random_uuid()::text, 16))::uuid, '{PENDING}', '{AVAILABLE}', m.asset, m.amount, 'matured',
        m.purchase_id, $2
    FROM moved m
), balanced AS (
    UPDATE balances b SET pending = b.pending - t.amount, available = b.available + t.amount,
        version = b.version + t.moves
    FROM (SELECT shopper_id, asset, sum(amount)::bigint AS amount, count(*) AS moves FROM moved GROUP BY 1, 2) AS t
    WHERE b.shopper_id = t.shopper_id AND b.asset = t.asset
), rescheduled AS (
    UPDATE purchases p SET updated_at = $2, due_at = (
        SELECT min(r.matures_at) FROM rewards r
        WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id AND r.pending > 0 AND r.matures_at > $2)
    FROM ripe k WHERE p.operator_id = $1 AND p.id = k.id
)
SELECT m.shopper_id, m.asset, extract(year FROM m.matures_at AT TIME ZONE $5)::int, sum(m.amount)::bigint
FROM moved m WHERE m.asset = ANY($6::text[]) GROUP BY 1, 2, 3
"""  # noqa: S608 - built from constants


async def ripe(connection: AsyncConnection, operator_id: UUID, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Purchases, as shopper and purchase, of which a hold has ended by `now` and nothing else is due; oldest first."""
    return [(row[0], row[1]) for row in await fetch(connection, _RIPE, (operator_id, now, limit))]


async def mature(
    connection: AsyncConnection, programme: Programme, purchases: Sequence[tuple[UUID, UUID]], now: datetime
) -> Matured:
    """Make available what of these purchases is ripe; answers what of it may convert. The shoppers are locked."""
    converting = [code for code, asset in programme.assets.items() if asset.conversion is not None]
    ids = [purchase_id for _, purchase_id in purchases]
    parameters = (programme.operator_id, now, ids, _id_prefix(now), programme.zone.key, converting)
    found: Matured = defaultdict(dict)
    for shopper_id, asset, year, amount in await fetch(connection, _MATURE, parameters):
        found[shopper_id, asset][year] = amount
    return found


def _id_prefix(now: datetime) -> str:
    """The first characters of a UUIDv7 of `now` as text, the version among them."""
    milliseconds = f"{int(now.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7"
