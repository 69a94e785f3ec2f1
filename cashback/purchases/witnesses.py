"""Which stored purchases may be told by the same shopping as others, and what people ruled on them. One query a batch.

Under the shoppers' locks; never commits.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.ids import uuid7
from cashback.purchases.recognition import CLEARS_WITHIN, TIP_PERCENT, ZONES_DIFFER, Rulings, Verdict, View
from cashback.purchases.schemas import LAPSES_AFTER, PurchaseKey
from cashback.purchases.service import PURCHASE_COLUMNS, PurchaseRow, purchase_rows

_LOOSE = timedelta(days=7)
"""Longest that a row's earliest instant lies before another view of it: a booking told some days late."""

# What `recognition.near` may say of a row: of all purchases of a shopper an index and the amounts give these few. A row
# that stands for several views is found by the amounts of all of them.
_NEIGHBOURS = f"""
SELECT {PURCHASE_COLUMNS}
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bool[], $5::timestamptz[], $6::timestamptz[], $7::bigint[],
    $8::bigint[], $9::text[]) AS k (shopper_id, network, ref, sources, since, until, least, most, currency)
JOIN purchases p ON p.shopper_id = k.shopper_id AND p.purchased_at BETWEEN k.since AND k.until
    AND p.witness_of IS NULL AND p.state NOT IN ('credit', 'declined', 'superseded')
    AND p.currency = k.currency AND (k.sources OR p.network = k.network)
    AND (p.network <> k.network OR p.purchase_ref <> k.ref)
    AND CASE WHEN p.told IS NULL THEN p.cleared_minor BETWEEN k.least AND k.most
            OR p.authorised_minor BETWEEN k.least AND k.most
        ELSE (p.told ->> 'least')::bigint <= k.most AND (p.told ->> 'most')::bigint >= k.least END
"""  # noqa: S608 - built from constants

_GROUPS = f"""
SELECT {PURCHASE_COLUMNS}
FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, id)
JOIN purchases p ON p.shopper_id = k.shopper_id AND (p.id = k.id OR p.witness_of = k.id)
"""  # noqa: S608 - built from constants

_RULINGS = """
SELECT DISTINCT ON (shopper_id, network, purchase_ref, other_network, other_ref)
    shopper_id, network, purchase_ref, other_network, other_ref, verdict
FROM rulings WHERE shopper_id = ANY($1::uuid[])
ORDER BY shopper_id, network, purchase_ref, other_network, other_ref, id DESC
"""

_RULE = """
INSERT INTO rulings (operator_id, shopper_id, id, network, purchase_ref, other_network, other_ref, verdict, reason,
    actor, ruled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def neighbours(connection: AsyncConnection, views: Sequence[tuple[View, bool]]) -> dict[PurchaseKey, PurchaseRow]:
    """Stored purchases that may be one with these views; each view with whether other sources tell of its shopper."""
    if not views:
        return {}
    columns: list[tuple[object, ...]] = []
    for view, sources in views:
        since, until = view.since - _LOOSE, view.until + CLEARS_WITHIN + ZONES_DIFFER
        amounts = (*view.amounts(), *view.settled_minor)
        if not view.settled_minor or len(view.settled_minor) > 1:
            until += LAPSES_AFTER
        if view.settled_minor and (sources or not view.asked_minor):
            since -= LAPSES_AFTER
        least, most = min(amounts, default=0) * 100 // (100 + TIP_PERCENT), max(amounts, default=0)
        most += most * TIP_PERCENT // 100
        key = view.key
        columns.append((key.shopper_id, key.network, key.ref, sources, since, until, least, most, view.currency))
    return purchase_rows(await fetch(connection, _NEIGHBOURS, tuple(map(list, zip(*columns, strict=True)))))


async def groups_of(connection: AsyncConnection, rows: Iterable[PurchaseRow]) -> dict[PurchaseKey, PurchaseRow]:
    """The stored purchases that these rows stand for or witness, whole."""
    ids = {(row.folded.key.shopper_id, row.witness_of or row.id) for row in rows if row.witness_of or row.told}
    if not ids:
        return {}
    columns = ([each[0] for each in ids], [each[1] for each in ids])
    return purchase_rows(await fetch(connection, _GROUPS, columns))


async def rulings_of(connection: AsyncConnection, shoppers: Iterable[UUID]) -> dict[UUID, Rulings]:
    """What people ruled on purchases of these shoppers; of several on one pair the newest holds."""
    found: dict[UUID, dict[frozenset[PurchaseKey], Verdict]] = {}
    for shopper_id, network, ref, other_network, other_ref, verdict in await fetch(
        connection, _RULINGS, (list(shoppers),)
    ):
        pair = frozenset((PurchaseKey(shopper_id, network, ref), PurchaseKey(shopper_id, other_network, other_ref)))
        found.setdefault(shopper_id, {})[pair] = Verdict(verdict)
    return dict(found)


async def rule(
    connection: AsyncConnection,
    actor: Actor,
    pairs: Iterable[tuple[PurchaseKey, PurchaseKey]],
    verdict: Verdict,
    reason: str,
    now: datetime,
) -> None:
    """Keep what a person ruled on pairs of views of one shopper."""
    for pair in pairs:
        one, other = sorted(pair, key=lambda key: (key.network, key.ref))
        named = (one.network, one.ref, other.network, other.ref)
        row = (actor.operator_id, one.shopper_id, uuid7(now), *named, verdict.value, reason, actor.name, now)
        await connection.exec_driver_sql(_RULE, row)
