"""One member's file, as support reads it: purchases of every state, and what may be the purchase that is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.insights.house import House
from cashback.insights.reading import PURCHASE_COLUMNS, purchase_views
from cashback.insights.schemas import PurchaseView
from cashback.merchants.memo.aliases import Key

NEAR_MAX = 20
"""Purchases near a missing one that are shown at first, the most alike first; so many more with each step."""
NEAR_MOST = 200
"""What one search goes through; a narrower one sees what lies behind."""
TOLERANCE_PERCENT = 25

_FROM = """
FROM purchases p LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
WHERE p.shopper_id = $1"""
_PAGE = f"""
SELECT {PURCHASE_COLUMNS} {_FROM} AND p.state NOT IN ('superseded', 'witness') AND p.credit_to IS NULL
    AND ($2::timestamptz IS NULL OR (p.purchased_at, p.id) < ($2, $3::uuid))
ORDER BY p.purchased_at DESC, p.id DESC LIMIT $4
"""
# What was declined or withdrawn is worth nothing any more; its statements still tell what it was about.
_AMOUNT = """CASE WHEN GREATEST(p.cleared_minor, p.authorised_minor, p.refunded_minor + p.credited_minor) > 0
    THEN GREATEST(p.cleared_minor, p.authorised_minor, p.refunded_minor + p.credited_minor)
    ELSE (SELECT coalesce(max(t.amount_minor), 0) FROM statements t WHERE t.shopper_id = p.shopper_id
        AND t.network = p.network AND t.group_ref = p.purchase_ref) END"""
_NEAR = f"""
SELECT * FROM (
    SELECT {PURCHASE_COLUMNS}, p.witness_of, {_AMOUNT} AS about_minor {_FROM} AND p.purchased_at >= $2
        AND p.purchased_at < $3 AND p.state <> 'superseded') n
WHERE $4::bigint IS NULL
    OR n.about_minor * 100 BETWEEN $4 * {100 - TOLERANCE_PERCENT} AND $4 * {100 + TOLERANCE_PERCENT}
ORDER BY ($4::bigint IS NOT NULL AND n.about_minor <> $4), ($5::uuid IS NOT NULL AND n.shop_id <> $5) IS TRUE,
    abs(extract(epoch FROM n.purchased_at - ($2::timestamptz + ($3::timestamptz - $2) / 2))), n.id LIMIT $6
"""  # noqa: S608 - built from constants
_QUESTIONS = """
SELECT p.id, m.network, m.scheme, m.value, m.text FROM purchases p
JOIN purchase_matches m ON m.shopper_id = p.shopper_id AND m.network = p.network AND m.purchase_ref = p.purchase_ref
WHERE p.shopper_id = $1 AND p.id = ANY($2::uuid[]) AND p.shop_id IS NULL AND m.decision = 'review'
    AND m.scheme IS NOT NULL
"""
_CARD_LINKS = """
SELECT card_id, linked_at, unlinked_at FROM cards
WHERE operator_id = $1 AND shopper_id = $2 AND card_id = ANY($3::uuid[]) ORDER BY linked_at
"""


@dataclass(frozen=True, slots=True)
class Near:
    """One purchase near the one that is missing."""

    view: PurchaseView
    about_minor: int
    """What it was about, also where nothing of it counts any more."""
    witness_of: UUID | None
    """The purchase that it was recognised as one with."""
    question: Key | None
    """What a person is asked of its place."""
    shop_id: UUID | None
    links: tuple[tuple[datetime, datetime | None], ...]
    """When its card was linked."""


async def purchases_of(
    connection: AsyncConnection,
    house: House,
    shopper_id: UUID,
    *,
    after: tuple[datetime, UUID] | None,
    wanted: int,
) -> Sequence[PurchaseView]:
    """A page of one member's purchases, the newest first, with what each earned and why."""
    rows = await fetch(connection, _PAGE, (shopper_id, *(after or (None, None)), wanted))
    return await purchase_views(connection, house, shopper_id, rows)


async def near(
    connection: AsyncConnection,
    house: House,
    shopper_id: UUID,
    *,
    since: datetime,
    until: datetime,
    amount_minor: int | None,
    shop_id: UUID | None,
    wanted: int = NEAR_MAX,
) -> list[Near]:
    """Everything that was told of this member in a span, by an amount like this one.

    The same amount first, then the same shop or none, then what lies nearest to the middle of the span, the day that
    was asked for. Purchases of every state: without a shop, declined, of a card that was not linked, told by several
    sources.
    """
    rows = await fetch(connection, _NEAR, (shopper_id, since, until, amount_minor, shop_id, wanted))
    views = {each.id: each for each in await purchase_views(connection, house, shopper_id, rows)}
    ids = list(views)
    asked = {row[0]: Key(*row[1:]) for row in await fetch(connection, _QUESTIONS, (shopper_id, ids))}
    links: dict[UUID, list[tuple[datetime, datetime | None]]] = {}
    cards = sorted({row.card_id for row in rows})
    for row in await fetch(connection, _CARD_LINKS, (house.programme.operator_id, shopper_id, cards)):
        links.setdefault(row.card_id, []).append((row.linked_at, row.unlinked_at))
    return [_near(row, views[row.id], asked.get(row.id), links.get(row.card_id, [])) for row in rows]


def _near(row: Any, view: PurchaseView, question: Key | None, links: list[tuple[datetime, datetime | None]]) -> Near:
    return Near(view, row.about_minor, row.witness_of, question, row.shop_id, tuple(links))
