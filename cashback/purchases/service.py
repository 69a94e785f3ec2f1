"""The only way to statements and purchases: sets in, sets out, one statement for a batch.

Every function takes the caller's connection and never commits. The caller holds the locks of the shoppers concerned.
"""

import hashlib
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
from cashback.purchases.claims import Known
from cashback.purchases.schemas import Folded, PurchaseKey, PurchaseState, Statement, Told
from issuers.events import CardEvent, EventKind, TimeBasis
from issuers.registry import ADAPTERS

_RECORD = """
INSERT INTO statements (operator_id, shopper_id, network, fact_ref, digest, revision, kind, purchase_ref, group_ref,
    card_id, amount_minor, currency, occurred_at, occurred_until, time_basis, purchase_at, final, merchant, recorded_at)
SELECT $1, t.*, $19 FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::text[], $8::text[],
    $9::text[], $10::uuid[], $11::bigint[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::text[],
    $16::timestamptz[], $17::bool[], $18::jsonb[]) AS t
ON CONFLICT DO NOTHING
RETURNING shopper_id, network, purchase_ref, group_ref
"""

# In the order of the fields of Statement, which a row becomes.
_STATEMENT_COLUMNS = """s.shopper_id, s.network, s.fact_ref, s.digest, s.revision, s.kind, s.purchase_ref, s.group_ref,
    s.card_id, s.amount_minor, s.currency, s.occurred_at, s.occurred_until, s.time_basis, s.purchase_at, s.final,
    s.merchant::text"""

_BY_GROUP = f"""
SELECT {_STATEMENT_COLUMNS}
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (shopper_id, network, ref)
JOIN statements s ON s.shopper_id = k.shopper_id AND s.network = k.network AND s.group_ref = k.ref
"""  # noqa: S608 - built from constants

_BY_FACT = f"""
SELECT {_STATEMENT_COLUMNS}
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (shopper_id, network, ref)
JOIN statements s ON s.shopper_id = k.shopper_id AND s.network = k.network AND s.fact_ref = k.ref
"""  # noqa: S608 - built from constants

_KNOWN = """
SELECT s.network, s.group_ref, s.shopper_id,
    min(coalesce(s.purchase_at, s.occurred_at)) FILTER (WHERE s.kind = 'authorization')
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (shopper_id, network, ref)
JOIN statements s ON s.shopper_id = k.shopper_id AND s.network = k.network AND s.group_ref = k.ref
GROUP BY s.network, s.group_ref, s.shopper_id
"""

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

_CREDITS = f"""
SELECT {PURCHASE_COLUMNS} FROM purchases p WHERE p.state = 'credit' AND p.shopper_id = ANY($1::uuid[])
"""  # noqa: S608 - built from constants

# What `assignment.may_belong` says, in three arms: of thousands of purchases of a card, an index gives these few.
_NEAR = f"""SELECT {PURCHASE_COLUMNS} FROM k JOIN purchases p ON p.shopper_id = k.shopper_id
        AND p.purchased_at BETWEEN k.since AND k.until AND (p.network <> k.network OR p.card_id = k.card_id)
        AND p.currency = k.currency AND p.state NOT IN ('credit', 'witness')"""  # noqa: S608 - built from constants
_NAMED_ALIKE = "p.merchant -> 'identifiers' ?| ARRAY(SELECT jsonb_array_elements_text(k.identifiers))"
_CANDIDATES = f"""
WITH k AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[],
        $7::uuid[], $8::jsonb[]) AS k (shopper_id, network, card_id, currency, since, until, shop_id, identifiers)
)
{_NEAR} AND p.shop_id = k.shop_id
UNION ALL {_NEAR} AND p.shop_id IS NULL AND {_NAMED_ALIKE}
UNION ALL {_NEAR} AND k.shop_id IS NULL AND p.shop_id IS NOT NULL AND {_NAMED_ALIKE}
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


def statement(event: CardEvent, *, network: str, shopper_id: UUID, card_id: UUID) -> Statement:
    """The statement a card event makes about one shopper's purchase, with the digest of its content."""
    place = event.merchant
    merchant: dict[str, Any] = {
        "identifiers": [f"{each.scheme}:{each.value}" for each in place.identifiers],
        "descriptor": place.descriptor,
        "mcc": place.category_code,
        "city": place.city,
        "country": place.country,
    }
    if place.channel is not None:
        # Left out where it is not told: what was said before there was a channel keeps its digest.
        merchant["channel"] = place.channel.value
    if event.last_four is not None and ADAPTERS[network].capabilities.accounts:
        merchant["card"] = event.last_four
    content = msgspec.json.encode(
        (
            event.kind,
            event.revision,
            event.purchase_ref,
            event.refund_of,
            event.amount_minor,
            event.currency,
            event.occurred_at,
            event.occurred_until,
            event.purchase_at,
            event.final,
            merchant,
        )
    )
    return Statement(
        shopper_id=shopper_id,
        network=network,
        fact_ref=event.fact_ref,
        digest=hashlib.sha256(content).digest()[:16],
        revision=event.revision,
        kind=event.kind,
        purchase_ref=event.purchase_ref,
        group_ref=event.refund_of or event.purchase_ref,
        card_id=card_id,
        amount_minor=event.amount_minor,
        currency=event.currency,
        occurred_at=event.occurred_at,
        occurred_until=event.occurred_until,
        time_basis=event.time_basis.value,
        purchase_at=event.purchase_at,
        final=event.final,
        merchant=merchant,
    )


async def record(
    connection: AsyncConnection, operator_id: UUID, statements: Sequence[Statement], now: datetime
) -> set[PurchaseKey]:
    """Append what is new; answers the purchases that new statements touch. What was already told changes nothing."""
    if not statements:
        return set()
    rows = await fetch(
        connection,
        _RECORD,
        (
            operator_id,
            [each.shopper_id for each in statements],
            [each.network for each in statements],
            [each.fact_ref for each in statements],
            [each.digest for each in statements],
            [each.revision for each in statements],
            [each.kind.value for each in statements],
            [each.purchase_ref for each in statements],
            [each.group_ref for each in statements],
            [each.card_id for each in statements],
            [each.amount_minor for each in statements],
            [each.currency for each in statements],
            [each.occurred_at for each in statements],
            [each.occurred_until for each in statements],
            [each.time_basis for each in statements],
            [each.purchase_at for each in statements],
            [each.final for each in statements],
            [_json(each.merchant) for each in statements],
            now,
        ),
    )
    touched: set[PurchaseKey] = set()
    for shopper_id, network, purchase_ref, group_ref in rows:
        touched.add(PurchaseKey(shopper_id, network, group_ref))
        if purchase_ref != group_ref:
            touched.add(PurchaseKey(shopper_id, network, purchase_ref))
    return touched


async def statements_of(connection: AsyncConnection, keys: Iterable[PurchaseKey]) -> list[Statement]:
    """All statements of these purchases, and of every refund among them wherever else it was told."""
    found: dict[tuple[UUID, str, str, bytes], Statement] = {}
    asked: set[PurchaseKey] = set()
    wanted = set(keys)
    while wanted - asked:
        fresh = wanted - asked
        asked |= fresh
        told = await _statements(connection, _BY_GROUP, fresh)
        refunds = {
            PurchaseKey(each.shopper_id, each.network, each.fact_ref) for each in told if each.kind is EventKind.REFUND
        }
        told += await _statements(connection, _BY_FACT, refunds) if refunds else []
        for each in told:
            found[each.shopper_id, each.network, each.fact_ref, each.digest] = each
            if each.kind is EventKind.REFUND:
                wanted.add(PurchaseKey(each.shopper_id, each.network, each.group_ref))
                wanted.add(PurchaseKey(each.shopper_id, each.network, each.purchase_ref))
    return list(found.values())


async def known_of(connection: AsyncConnection, keys: Iterable[PurchaseKey]) -> dict[tuple[str, str], Known]:
    """By network and reference: when the purchase began, and which of these shoppers have evidence of it."""
    found: dict[tuple[str, str], Known] = {}
    for network, ref, shopper_id, begun_at in await fetch(connection, _KNOWN, _columns(keys)):
        known = found.setdefault((network, ref), Known())
        known.holders.add(shopper_id)
        known.begun_at = min(filter(None, (known.begun_at, begun_at)), default=None)
    return found


async def purchases_of(connection: AsyncConnection, keys: Iterable[PurchaseKey]) -> dict[PurchaseKey, PurchaseRow]:
    """The stored rows of these purchases."""
    rows = await fetch(connection, _PURCHASES, _columns(keys))
    return purchase_rows(rows)


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


async def told_with(connection: AsyncConnection, operator_id: UUID, identifiers: Sequence[str]) -> list[PurchaseKey]:
    """Purchases whose evidence carries one of these `scheme:value` identifiers."""
    rows = await fetch(connection, _TOLD_WITH, (operator_id, list(identifiers)))
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


def _columns(keys: Iterable[PurchaseKey]) -> tuple[list[UUID], list[str], list[str]]:
    listed = list(keys)
    return [each.shopper_id for each in listed], [each.network for each in listed], [each.ref for each in listed]


async def _statements(connection: AsyncConnection, sql: str, keys: Iterable[PurchaseKey]) -> list[Statement]:
    rows = await fetch(connection, sql, _columns(keys))
    return [Statement(*(*row[:5], EventKind(row[5]), *row[6:16], msgspec.json.decode(row[16]))) for row in rows]


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
