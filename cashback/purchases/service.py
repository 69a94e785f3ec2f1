"""The only way to stored purchases: sets in, sets out, one statement for a batch.

Every function takes the caller's connection and never commits. The caller holds the locks of the shoppers concerned.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import uuid7
from cashback.purchases.assignment import REFUND_WINDOW
from cashback.purchases.schemas import Folded, PurchaseKey, PurchaseState, Told, key_columns
from issuers.events import TimeBasis

PURCHASE_COLUMNS = """p.id, p.shop_id, p.due_at, p.shopper_id, p.network, p.purchase_ref, p.card_id, p.state,
    p.authorised_minor, p.cleared_minor, p.refunded_minor, p.credited_minor, p.net_minor, p.currency, p.purchased_at,
    p.cleared_at, p.place_key, p.merchant::text, p.purchased_until, p.time_basis,
    p.witness_of, p.told::text"""

_PURCHASES = f"""
SELECT {PURCHASE_COLUMNS}
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (shopper_id, network, ref)
JOIN purchases p ON p.shopper_id = k.shopper_id AND p.network = k.network AND p.purchase_ref = k.ref
"""  # noqa: S608 - built from constants

_PURCHASES_OF_CARDS = f"""
SELECT {PURCHASE_COLUMNS}
FROM purchases p WHERE p.shopper_id = ANY($1::uuid[]) AND p.card_id = ANY($2::uuid[])
"""  # noqa: S608 - built from constants

_BY_ID = f"""
SELECT {PURCHASE_COLUMNS} FROM purchases p WHERE p.shopper_id = $1 AND p.id = $2
"""  # noqa: S608 - built from constants

_CREDITS = f"""
SELECT {PURCHASE_COLUMNS} FROM purchases p WHERE p.state = 'credit' AND p.shopper_id = ANY($1::uuid[])
"""  # noqa: S608 - built from constants

# What `assignment.may_belong` says, in four arms: of thousands of purchases of a card, an index gives these few.
_NEAR = f"""SELECT {PURCHASE_COLUMNS} FROM k JOIN purchases p ON p.shopper_id = k.shopper_id
        AND p.purchased_at BETWEEN k.since AND k.until AND (p.network <> k.network OR p.card_id = k.card_id)
        AND p.currency = k.currency AND p.state NOT IN ('credit', 'witness')"""  # noqa: S608 - built from constants
_NAMED_ALIKE = """coalesce(p.merchant -> 'identifiers_told', p.merchant -> 'identifiers')
    ?| ARRAY(SELECT jsonb_array_elements_text(k.identifiers))"""
_CANDIDATES = f"""
WITH k AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[],
        $7::uuid[], $8::jsonb[]) AS k (shopper_id, network, card_id, currency, since, until, shop_id, identifiers)
)
{_NEAR} AND p.shop_id = k.shop_id
UNION ALL {_NEAR} AND p.shop_id IS NULL AND {_NAMED_ALIKE}
UNION ALL {_NEAR} AND k.shop_id IS NULL AND p.shop_id IS NOT NULL AND {_NAMED_ALIKE}
UNION ALL {_NEAR} AND k.shop_id IS NULL
    AND (p.network <> k.network OR jsonb_array_length(k.identifiers) = 0)
"""  # noqa: S608 - built from constants

_WRITE = """
INSERT INTO purchases (operator_id, shopper_id, id, network, purchase_ref, card_id, state, authorised_minor,
    cleared_minor, refunded_minor, credited_minor, net_minor, currency, purchased_at, cleared_at, shop_id, place_key,
    merchant, credit_to, due_at, purchased_until, time_basis, witness_of, told, updated_at)
SELECT $1, t.*, $25 FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::timestamptz[], $15::timestamptz[],
    $16::uuid[], $17::text[], $18::jsonb[], $19::text[], $20::timestamptz[], $21::timestamptz[], $22::text[],
    $23::uuid[], $24::jsonb[]) AS t
ON CONFLICT (shopper_id, network, purchase_ref) DO UPDATE SET
    card_id = EXCLUDED.card_id, state = EXCLUDED.state, authorised_minor = EXCLUDED.authorised_minor,
    cleared_minor = EXCLUDED.cleared_minor, refunded_minor = EXCLUDED.refunded_minor,
    credited_minor = EXCLUDED.credited_minor, net_minor = EXCLUDED.net_minor, currency = EXCLUDED.currency,
    purchased_at = EXCLUDED.purchased_at, cleared_at = EXCLUDED.cleared_at, shop_id = EXCLUDED.shop_id,
    place_key = EXCLUDED.place_key, merchant = EXCLUDED.merchant, credit_to = EXCLUDED.credit_to,
    due_at = EXCLUDED.due_at, purchased_until = EXCLUDED.purchased_until, time_basis = EXCLUDED.time_basis,
    witness_of = EXCLUDED.witness_of, told = EXCLUDED.told, updated_at = EXCLUDED.updated_at
"""

_RESCHEDULE = """
UPDATE purchases p SET due_at = t.due_at, updated_at = $5
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS t (shopper_id, id, due_at)
WHERE p.operator_id = $1 AND p.shopper_id = t.shopper_id AND p.id = t.id
"""

_DUE = """
SELECT shopper_id, network, purchase_ref FROM purchases
WHERE operator_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3
"""

_MADE_SINCE = """
SELECT p.shopper_id, p.network, p.purchase_ref
FROM unnest($1::uuid[], $2::timestamptz[]) AS t (shopper_id, since)
JOIN purchases p ON p.shopper_id = t.shopper_id AND p.purchased_at >= t.since
ORDER BY p.shopper_id, p.network, p.purchase_ref
"""

_TOLD_WITH = """
SELECT shopper_id, network, purchase_ref FROM purchases
WHERE operator_id = $1 AND merchant -> 'identifiers' ?| $2::text[]
UNION
SELECT p.shopper_id, p.network, p.purchase_ref FROM shops s
JOIN purchases p ON p.operator_id = s.operator_id AND p.shop_id = s.id
WHERE s.operator_id = $1 AND s.code = ANY($3::text[])
ORDER BY shopper_id, network, purchase_ref
"""


class PurchaseRow(Struct, frozen=True):
    """A purchase as stored: the cached fold, its shop, and when time next changes what is owed for it."""

    id: UUID
    folded: Folded
    shop_id: UUID | None
    due_at: datetime | None
    witness_of: UUID | None = None
    told: Told | None = None


class PurchaseWrite(Struct, frozen=True):
    """A purchase to store."""

    id: UUID
    folded: Folded
    shop_id: UUID | None
    credit_to: str | None
    due_at: datetime | None
    witness_of: UUID | None = None
    """Of another source's view, and of a refund that another source tells: the purchase it belongs to."""
    told: Told | None = None


async def purchases_of(connection: AsyncConnection, keys: Iterable[PurchaseKey]) -> dict[PurchaseKey, PurchaseRow]:
    """The stored rows of these purchases."""
    rows = await fetch(connection, _PURCHASES, key_columns(keys))
    return purchase_rows(rows)


async def purchase_of(connection: AsyncConnection, shopper_id: UUID, purchase_id: UUID) -> PurchaseRow | None:
    """A shopper's purchase by its id."""
    rows = purchase_rows(await fetch(connection, _BY_ID, (shopper_id, purchase_id)))
    return next(iter(rows.values()), None)


async def credits_of(connection: AsyncConnection, shoppers: Iterable[UUID]) -> dict[PurchaseKey, PurchaseRow]:
    """Refunds on file that name no purchase, of these shoppers."""
    return purchase_rows(await fetch(connection, _CREDITS, (list(shoppers),)))


async def candidates_of(
    connection: AsyncConnection, credits: Sequence[tuple[Folded, UUID | None]]
) -> dict[PurchaseKey, PurchaseRow]:
    """The stored purchases that these refunds may belong to, each refund given with its shop."""
    folds = [credit for credit, _ in credits]
    columns = (
        [each.key.shopper_id for each in folds],
        [each.key.network for each in folds],
        [each.card_id for each in folds],
        [each.currency for each in folds],
        [each.purchased_until - REFUND_WINDOW for each in folds],
        [each.purchased_until for each in folds],
        [shop_id for _, shop_id in credits],
        [_json(each.merchant["identifiers"]) for each in folds],
    )
    return purchase_rows(await fetch(connection, _CANDIDATES, columns))


async def purchases_of_cards(
    connection: AsyncConnection, cards: set[tuple[UUID, UUID]]
) -> dict[PurchaseKey, PurchaseRow]:
    """All purchases of these cards."""
    rows = await fetch(
        connection, _PURCHASES_OF_CARDS, (list({shopper for shopper, _ in cards}), list({card for _, card in cards}))
    )
    return purchase_rows(rows)


async def write(connection: AsyncConnection, operator_id: UUID, writes: Sequence[PurchaseWrite], now: datetime) -> None:
    """Store the folds; a purchase already stored is replaced."""
    if not writes:
        return
    folds = [each.folded for each in writes]
    await connection.exec_driver_sql(
        _WRITE,
        (
            operator_id,
            [each.key.shopper_id for each in folds],
            [each.id for each in writes],
            [each.key.network for each in folds],
            [each.key.ref for each in folds],
            [each.card_id for each in folds],
            [each.state.value for each in folds],
            [each.authorised_minor for each in folds],
            [each.cleared_minor for each in folds],
            [each.refunded_minor for each in folds],
            [each.credited_minor for each in folds],
            [each.net_minor for each in folds],
            [each.currency for each in folds],
            [each.purchased_at for each in folds],
            [each.cleared_at for each in folds],
            [each.shop_id for each in writes],
            [each.place_key for each in folds],
            [_json(each.merchant) for each in folds],
            [each.credit_to for each in writes],
            [each.due_at for each in writes],
            [each.purchased_until for each in folds],
            [each.time_basis.value for each in folds],
            [each.witness_of for each in writes],
            [None if each.told is None else _json(each.told) for each in writes],
            now,
        ),
    )


async def reschedule(
    connection: AsyncConnection,
    operator_id: UUID,
    moved: Sequence[tuple[UUID, UUID, datetime | None]],
    now: datetime,
) -> None:
    """When time next changes what is owed for purchases whose evidence did not change: shopper, purchase, instant."""
    if moved:
        columns = ([each[0] for each in moved], [each[1] for each in moved], [each[2] for each in moved])
        await connection.exec_driver_sql(_RESCHEDULE, (operator_id, *columns, now))


async def due(connection: AsyncConnection, operator_id: UUID, now: datetime, limit: int) -> list[PurchaseKey]:
    """Purchases for which the passing of time alone has changed what is owed, oldest first."""
    rows = await fetch(connection, _DUE, (operator_id, now, limit))
    return [PurchaseKey(*row) for row in rows]


async def told_with(
    connection: AsyncConnection, operator_id: UUID, identifiers: Sequence[str], shops: Sequence[str] = ()
) -> list[PurchaseKey]:
    """Purchases whose evidence carries one of these `scheme:value` identifiers, and all of the shops of these codes."""
    rows = await fetch(connection, _TOLD_WITH, (operator_id, list(identifiers), list(shops)))
    return [PurchaseKey(*row) for row in rows]


async def made_since(connection: AsyncConnection, since: Mapping[UUID, datetime]) -> list[PurchaseKey]:
    """Purchases of these shoppers made at or after an instant each."""
    rows = await fetch(connection, _MADE_SINCE, (list(since), list(since.values())))
    return [PurchaseKey(*row) for row in rows]


def new_id(now: datetime) -> UUID:
    """The id of a purchase seen for the first time."""
    return uuid7(now)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def purchase_rows(rows: Iterable[Any]) -> dict[PurchaseKey, PurchaseRow]:
    found: dict[PurchaseKey, PurchaseRow] = {}
    for row in rows:
        key = PurchaseKey(row[3], row[4], row[5])
        state, merchant = PurchaseState(row[7]), msgspec.json.decode(row[17])
        found[key] = PurchaseRow(
            id=row[0],
            shop_id=row[1],
            due_at=row[2],
            folded=Folded(*(key, row[6], state, *row[8:17], merchant, row[18], TimeBasis(row[19]))),
            witness_of=row[20],
            told=None if row[21] is None else msgspec.json.decode(row[21], type=Told),
        )
    return found
