"""Which stored purchases may be told by the same shopping as others, and what people ruled on them. One query a batch.

Under the shoppers' locks; never commits.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Invalid, NotFound, ScopeMissing
from cashback.ids import show, uuid7
from cashback.purchases.recognition import (
    CLEARS_WITHIN,
    TIP_PERCENT,
    ZONES_DIFFER,
    Rulings,
    Verdict,
    View,
    exchanged_about,
)
from cashback.purchases.schemas import LAPSES_AFTER, PurchaseKey
from cashback.purchases.service import PURCHASE_COLUMNS, PurchaseRow, purchase_rows

REASON_MAX = 500
_LOOSE = timedelta(days=7)
"""Longest that a row's earliest instant lies before another view of it: a booking told some days late."""

# What `recognition.near` may say of a row: of all purchases of a shopper an index and the amounts give these few. A row
# that stands for several views is found by the amounts of all of them. Of one source only an authorization and a
# clearing complete each other.
_NEIGHBOURS = f"""
SELECT {PURCHASE_COLUMNS}
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bool[], $5::timestamptz[], $6::timestamptz[], $7::bigint[],
    $8::bigint[], $9::text[], $10::bool[])
    AS k (shopper_id, network, ref, sources, since, until, least, most, currency, asked)
JOIN purchases p ON p.shopper_id = k.shopper_id AND p.purchased_at BETWEEN k.since AND k.until
    AND p.witness_of IS NULL AND p.state NOT IN ('credit', 'declined', 'superseded')
    AND (k.sources OR p.network = k.network) AND (p.network <> k.network OR p.purchase_ref <> k.ref)
    AND CASE WHEN p.told IS NULL THEN p.currency = k.currency
            AND (p.network <> k.network OR (p.authorised_minor = 0) = k.asked)
            AND (p.cleared_minor BETWEEN k.least AND k.most OR p.authorised_minor BETWEEN k.least AND k.most)
        ELSE (p.told -> 'amounts' -> k.currency ->> 0)::bigint <= k.most
            AND (p.told -> 'amounts' -> k.currency ->> 1)::bigint >= k.least END
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
ORDER BY shopper_id, network, purchase_ref, other_network, other_ref, ruled_at DESC
"""

_NAMED = """
SELECT shopper_id, id, network, purchase_ref, state, witness_of FROM purchases
WHERE operator_id = $1 AND id = ANY($2::uuid[])
"""

# Under the shopper's lock: of several rulings on one pair the last is the newest, whatever the clock says.
_RULE = """
INSERT INTO rulings (operator_id, shopper_id, id, network, purchase_ref, other_network, other_ref, verdict, reason,
    actor, ruled_at)
SELECT $1, t.*, $8, $9, $10,
    greatest($11, (SELECT max(r.ruled_at) + interval '1 microsecond' FROM rulings r WHERE r.shopper_id = t.shopper_id))
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS t (shopper_id, id, network, ref, other_network, other_ref)
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
        least = min(amounts, default=0) * 100 // (100 + TIP_PERCENT)
        most = max(amounts, default=0) * (100 + TIP_PERCENT) // 100
        asked = {view.currency: (least, most)} | {
            currency: exchanged_about(minor) for currency, minor in view.others.items()
        }
        key = view.key
        columns += [
            (key.shopper_id, key.network, key.ref, sources, since, until, *between, currency, view.asked_minor > 0)
            for currency, between in asked.items()
        ]
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


async def owners(connection: AsyncConnection, operator_id: UUID, purchase_ids: Sequence[UUID]) -> list[UUID]:
    """The one shopper whose purchases these are; NotFound for one that is not there, Invalid for several shoppers."""
    rows = await fetch(connection, _NAMED, (operator_id, list(purchase_ids)))
    missing = set(purchase_ids) - {row[1] for row in rows}
    if missing:
        raise NotFound(
            f"there is no purchase {', '.join(sorted(show('pur', each) for each in missing))}",
            code="unknown_purchase",
        )
    found = sorted({row[0] for row in rows})
    if len(found) > 1:
        raise Invalid("expected purchases of one shopper; these are of several", code="several_shoppers")
    return found


async def rule(
    connection: AsyncConnection,
    actor: Actor,
    purchase_ids: Sequence[UUID],
    verdict: Verdict,
    reason: str,
    now: datetime,
) -> set[PurchaseKey]:
    """Keep what a person ruled; answers the views concerned. The caller holds the shopper's lock.

    `ONE` joins the purchases named; `APART` parts the one named from every view that it is one with. Invalid where
    there is nothing to part, for a refund, or without a reason.
    """
    if not actor.may(Scope.SHOPPERS):
        raise ScopeMissing(f"{actor.name} lacks the scope {Scope.SHOPPERS.value!r}", scope=Scope.SHOPPERS)
    if not 1 <= len(reason.strip()) <= REASON_MAX:
        raise Invalid(f"a reason has 1 to {REASON_MAX} characters", code="reason_missing")
    rows = await fetch(connection, _NAMED, (actor.operator_id, list(purchase_ids)))
    if any(row[4] in ("credit", "declined", "superseded") for row in rows):
        raise Invalid("a refund, a refused payment or a replaced purchase is no view of a purchase", code="no_purchase")
    named = {row[1]: PurchaseKey(row[0], row[2], row[3]) for row in rows}
    if verdict is Verdict.ONE:
        pairs = list(combinations(named.values(), 2))
    else:
        groups = [(row[0], row[5] or row[1]) for row in rows]
        columns = ([each[0] for each in groups], [each[1] for each in groups])
        beside = purchase_rows(await fetch(connection, _GROUPS, columns)).keys() - set(named.values())
        pairs = [(mine, other) for mine in named.values() for other in sorted(beside, key=_named_by)]
        if not pairs:
            raise Invalid("this purchase is told by one source alone: there is nothing to part", code="one_view")
    return await keep(connection, actor, pairs, verdict, reason.strip(), now)


async def keep(
    connection: AsyncConnection,
    actor: Actor,
    pairs: Iterable[tuple[PurchaseKey, PurchaseKey]],
    verdict: Verdict,
    reason: str,
    now: datetime,
) -> set[PurchaseKey]:
    """Keep a ruling on pairs of views of one shopper each; answers the views concerned."""
    ordered = [sorted(pair, key=_named_by) for pair in pairs]
    if ordered:
        columns = (
            [one.shopper_id for one, _ in ordered],
            [uuid7(now) for _ in ordered],
            [one.network for one, _ in ordered],
            [one.ref for one, _ in ordered],
            [other.network for _, other in ordered],
            [other.ref for _, other in ordered],
        )
        row = (actor.operator_id, *columns, verdict.value, reason, actor.name, now)
        await connection.exec_driver_sql(_RULE, row)
    return {key for pair in ordered for key in pair}


def _named_by(key: PurchaseKey) -> tuple[str, str]:
    return key.network, key.ref
