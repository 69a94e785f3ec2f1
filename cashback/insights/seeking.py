"""Whom somebody means who asks for a member: by reference, id, e-mail address, the end of a card, or a purchase.

Names are not stored. An address is compared by its fingerprint and never read. Each way is one index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.insights.members import of_purchase
from cashback.insights.search import LOOKED_AT, LOOKED_AT_OF_A_DAY, SHORTEST

CANDIDATES_MAX = 200
"""Members whom one question may mean; more are for a narrower question."""
_LAST_LETTER = "\U0010ffff"
"""Comes after every other, byte by byte."""
_BEGIN, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

_AMOUNT = "($%d::bigint IS NULL OR $%d IN (p.net_minor, p.authorised_minor, p.cleared_minor))"
_BY_REFERENCE = """
SELECT DISTINCT r.reference, r.shopper_id FROM unnest($2::text[], $3::text[]) AS b(first, after)
CROSS JOIN LATERAL (SELECT shopper_id, reference FROM shopper_references
    WHERE operator_id = $1 AND reference ~>=~ b.first AND reference ~<~ b.after
    ORDER BY reference USING ~<~ LIMIT $4) AS r
ORDER BY r.reference LIMIT $4
"""
_BY_ADDRESS = "SELECT shopper_id FROM shopper_addresses WHERE operator_id = $1 AND fingerprint = $2"
_BY_CARD = f"""
SELECT c.shopper_id FROM cards c
WHERE c.operator_id = $1 AND c.last_four = $2 AND c.network NOT IN ('receipt', 'checkout')
    AND ($3::timestamptz IS NULL AND $5::bigint IS NULL OR EXISTS (SELECT 1 FROM purchases p
        WHERE p.operator_id = $1 AND p.shopper_id = c.shopper_id AND p.card_id = c.card_id
        AND ($3::timestamptz IS NULL OR p.purchased_at >= $3) AND ($4::timestamptz IS NULL OR p.purchased_at < $4)
        AND {_AMOUNT % (5, 5)}))
GROUP BY c.shopper_id ORDER BY bool_or(c.unlinked_at IS NULL) DESC, max(c.linked_at) DESC, c.shopper_id LIMIT $6
"""  # noqa: S608 - built from constants
_BY_PURCHASE = f"""
SELECT p.shopper_id FROM (SELECT * FROM purchases WHERE operator_id = $1 AND purchased_at >= $2 AND purchased_at < $3
    ORDER BY purchased_at DESC, id DESC LIMIT $4) AS p
WHERE {_AMOUNT % (5, 5)} GROUP BY p.shopper_id ORDER BY max(p.purchased_at) DESC, p.shopper_id LIMIT $6
"""  # noqa: S608 - built from constants
_BOUGHT = f"""
SELECT k.id FROM unnest($2::uuid[]) WITH ORDINALITY AS k (id, place)
WHERE EXISTS (SELECT 1 FROM purchases p WHERE p.operator_id = $1 AND p.shopper_id = k.id
    AND ($3::timestamptz IS NULL OR p.purchased_at >= $3) AND ($4::timestamptz IS NULL OR p.purchased_at < $4)
    AND {_AMOUNT % (5, 5)}) ORDER BY k.place
"""  # noqa: S608 - built from constants


class By(StrEnum):
    """What a member was asked for by."""

    REFERENCE = "reference"
    ID = "id"
    ADDRESS = "address"
    CARD = "card"
    PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is known of the member: one of these, or a reference that may be the end of a card too."""

    reference: str = ""
    """How it begins, as it is typed, in small or in capital letters."""
    shopper_id: UUID | None = None
    purchase_id: UUID | None = None
    mark: bytes | None = None
    """The fingerprint of an address."""
    last_four: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """A day on which they bought, half-open."""
    amount_minor: int | None = None
    """Of one purchase, in the programme's currency."""

    @property
    def by(self) -> By:
        """What it is asked by, in one word."""
        if self.shopper_id is not None or self.purchase_id is not None:
            return By.ID
        if self.mark is not None:
            return By.ADDRESS
        if self.last_four:
            return By.CARD
        return By.REFERENCE if self.reference else By.PURCHASE

    @property
    def bought(self) -> bool:
        """Whether a purchase of theirs is told."""
        return self.since is not None or self.amount_minor is not None


async def seek(connection: AsyncConnection, operator_id: UUID, sought: Sought) -> list[UUID]:
    """Who may be meant, `CANDIDATES_MAX` at most: references in their order, then cards, those linked last first."""
    span = (sought.since, sought.until, sought.amount_minor)
    if sought.by is By.PURCHASE:
        return await _by_purchase(connection, operator_id, sought)
    named = await _named(connection, operator_id, sought)
    if named and sought.bought:
        named = _ids(await fetch(connection, _BOUGHT, (operator_id, named, *span)))
    if not sought.last_four:
        return named
    cards = await fetch(connection, _BY_CARD, (operator_id, sought.last_four, *span, CANDIDATES_MAX))
    return list(dict.fromkeys([*named, *_ids(cards)]))[:CANDIDATES_MAX]


async def _named(connection: AsyncConnection, operator_id: UUID, sought: Sought) -> list[UUID]:
    if sought.shopper_id is not None:
        return [sought.shopper_id]
    if sought.purchase_id is not None:
        found = await of_purchase(connection, operator_id, sought.purchase_id)
        return [] if found is None else [found]
    if sought.mark is not None:
        return _ids(await fetch(connection, _BY_ADDRESS, (operator_id, sought.mark)))
    text = sought.reference
    if len(text) < SHORTEST:
        return []
    begins = sorted({text, text.lower(), text.upper(), text.title()})
    ends = [f"{each}{_LAST_LETTER}" for each in begins]
    rows = await fetch(connection, _BY_REFERENCE, (operator_id, begins, ends, CANDIDATES_MAX))
    return [row.shopper_id for row in rows]


async def _by_purchase(connection: AsyncConnection, operator_id: UUID, sought: Sought) -> list[UUID]:
    if not sought.bought:
        return []
    since, until = sought.since or _BEGIN, sought.until or _END
    most = LOOKED_AT if sought.since is None else LOOKED_AT_OF_A_DAY
    values = (operator_id, since, until, most, sought.amount_minor, CANDIDATES_MAX)
    return _ids(await fetch(connection, _BY_PURCHASE, values))


def _ids(rows: Sequence[tuple[UUID, ...]]) -> list[UUID]:
    return [row[0] for row in rows]
