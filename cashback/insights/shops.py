"""Shops as the console shows them: when each was last seen, and by what its purchases were found.

A figure of a shop is read from its newest purchases alone, by an index, so that it costs the same whatever is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch

LOOKED_AT = 100
"""Newest purchases of a shop by which its quality is told."""

_MADE = "p.operator_id = $1 AND p.shop_id = s.id AND p.state NOT IN ('superseded', 'witness')"
_BASIS = """CASE WHEN p.network IN ('receipt', 'checkout') THEN p.network
    WHEN m.decision = 'accept' THEN m.basis ELSE 'identifier' END"""
_MATCHES = """LEFT JOIN purchase_matches m ON m.shopper_id = p.shopper_id AND m.network = p.network
    AND m.purchase_ref = p.purchase_ref AND m.decision = 'accept'"""

_LAST_SEEN = f"""
SELECT s.id, (SELECT p.purchased_at FROM purchases p WHERE {_MADE} ORDER BY p.purchased_at DESC, p.id DESC LIMIT 1)
FROM unnest($2::uuid[]) AS s (id)
"""  # noqa: S608 - built from constants
_QUALITY = f"""
SELECT s.id, b.basis, count(*) FROM unnest($2::uuid[]) AS s (id)
CROSS JOIN LATERAL (
    SELECT {_BASIS} AS basis FROM (
        SELECT p.shopper_id, p.network, p.purchase_ref FROM purchases p WHERE {_MADE}
        ORDER BY p.purchased_at DESC, p.id DESC LIMIT $3) p {_MATCHES}) b
GROUP BY s.id, b.basis
"""  # noqa: S608 - built from constants
_TOLD_WITH = f"""
SELECT p.network, n.name, count(*) AS purchases, max(p.purchased_at) AS last_seen FROM (
    SELECT p.network, p.purchased_at, p.merchant FROM purchases p, (SELECT $2::uuid AS id) s WHERE {_MADE}
    ORDER BY p.purchased_at DESC, p.id DESC LIMIT $3) p
CROSS JOIN LATERAL jsonb_array_elements_text(p.merchant -> 'identifiers') AS n (name)
GROUP BY p.network, n.name
"""  # noqa: S608 - built from constants
_PURCHASES = f"""
SELECT p.id, p.purchased_at, p.network, p.state, p.net_minor, p.cleared_minor, p.authorised_minor, p.currency,
    p.merchant ->> 'descriptor' AS descriptor, {_BASIS} AS basis, m.probability_ppm,
    EXISTS (SELECT 1 FROM rewards r WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id AND r.amount > 0)
        AS earned
FROM (SELECT p.* FROM purchases p, (SELECT $2::uuid AS id) s WHERE {_MADE}
    AND ($3::timestamptz IS NULL OR (p.purchased_at, p.id) < ($3, $4::uuid))
    ORDER BY p.purchased_at DESC, p.id DESC LIMIT $5) p {_MATCHES}
ORDER BY p.purchased_at DESC, p.id DESC
"""  # noqa: S608 - built from constants


@dataclass(frozen=True, slots=True)
class Quality:
    """By what the newest purchases of a shop were found; how many of each."""

    identifier: int = 0
    """An identifier that the operator gave."""
    memo: int = 0
    """One that was learned."""
    review: int = 0
    """A person's answer."""
    evidence: int = 0
    """Name and place alone."""
    receipt: int = 0
    """A claim that was accepted."""
    checkout: int = 0
    """A sale paid in instalments, which names its shop itself."""

    @property
    def total(self) -> int:
        """How many purchases were looked at."""
        return self.identifier + self.memo + self.review + self.evidence + self.receipt + self.checkout

    @property
    def certain(self) -> int:
        """Those that nobody had to infer."""
        return self.identifier + self.checkout


@dataclass(frozen=True, slots=True)
class ToldWith:
    """How often, of a shop's newest purchases, an identifier was told with them."""

    purchases: int
    last_seen: datetime


async def last_seen(
    connection: AsyncConnection, operator_id: UUID, shop_ids: Sequence[UUID]
) -> dict[UUID, datetime | None]:
    """When the newest purchase of each shop was made; None: never yet."""
    rows = await fetch(connection, _LAST_SEEN, (operator_id, list(shop_ids)))
    return {row[0]: row[1] for row in rows}


async def quality(connection: AsyncConnection, operator_id: UUID, shop_ids: Sequence[UUID]) -> dict[UUID, Quality]:
    """By what the newest purchases of each shop were found."""
    counts: dict[UUID, dict[str, int]] = {each: {} for each in shop_ids}
    for shop_id, basis, count in await fetch(connection, _QUALITY, (operator_id, list(shop_ids), LOOKED_AT)):
        counts[shop_id][basis] = count
    return {shop_id: Quality(**found) for shop_id, found in counts.items()}


async def told_with(connection: AsyncConnection, operator_id: UUID, shop_id: UUID) -> dict[tuple[str, str], ToldWith]:
    """By network and `scheme:value`: what the shop's newest purchases were told with."""
    rows = await fetch(connection, _TOLD_WITH, (operator_id, shop_id, LOOKED_AT))
    return {(row.network, row.name): ToldWith(row.purchases, row.last_seen) for row in rows}


async def purchases_of_shop(
    connection: AsyncConnection,
    operator_id: UUID,
    shop_id: UUID,
    *,
    after: tuple[datetime, UUID] | None,
    wanted: int,
) -> Sequence[Any]:
    """The newest purchases of a shop with what led there: basis, and by evidence its probability in millionths."""
    return await fetch(connection, _PURCHASES, (operator_id, shop_id, *(after or (None, None)), wanted))
