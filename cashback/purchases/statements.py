"""Statements: append-only evidence, recorded once, read by purchase or by fact. One statement for a batch.

Every function takes the caller's connection and never commits. The caller holds the locks of the shoppers concerned.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.purchases.claims import Known
from cashback.purchases.schemas import PurchaseKey, Statement, key_columns
from issuers.events import CardEvent, EventKind
from issuers.registry import capabilities_of

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
    if event.last_four is not None and capabilities_of(network).accounts:
        merchant["card"] = event.last_four
    if event.other_minor is not None and event.other_currency is not None:
        merchant["other"] = (event.other_currency, event.other_minor)
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
            [msgspec.json.encode(each.merchant).decode() for each in statements],
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
    for network, ref, shopper_id, begun_at in await fetch(connection, _KNOWN, key_columns(keys)):
        known = found.setdefault((network, ref), Known())
        known.holders.add(shopper_id)
        known.begun_at = min(filter(None, (known.begun_at, begun_at)), default=None)
    return found


async def _statements(connection: AsyncConnection, sql: str, keys: Iterable[PurchaseKey]) -> list[Statement]:
    rows = await fetch(connection, sql, key_columns(keys))
    return [Statement(*(*row[:5], EventKind(row[5]), *row[6:16], msgspec.json.decode(row[16]))) for row in rows]
