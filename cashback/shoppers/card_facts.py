"""What must be known of a card before it may be charged, and which disputes were lost: told by whoever keeps the card.

The newest word holds. Nothing of it is a card number. Every function takes the caller's connection and never commits;
the caller holds the shopper's lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import NotFound
from cashback.ids import show
from cashback.programmes import audit_log
from cashback.shoppers.service import require

_TELL = """
INSERT INTO card_facts (operator_id, shopper_id, card_id, prepaid, expires_on, strong_authentication, source, told_at)
SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[], $4::bool[], $5::date[], $6::bool[], $7::text[], $8::timestamptz[])
    AS t
ON CONFLICT (shopper_id, card_id) DO UPDATE SET prepaid = EXCLUDED.prepaid, expires_on = EXCLUDED.expires_on,
    strong_authentication = EXCLUDED.strong_authentication, source = EXCLUDED.source, told_at = EXCLUDED.told_at
WHERE card_facts.told_at <= EXCLUDED.told_at
"""
_CARD = """
SELECT card_id FROM cards WHERE operator_id = $1 AND network = $2 AND token = $3 AND shopper_id = $4
    AND unlinked_at IS NULL
"""
_ENDING = """
SELECT card_id FROM cards WHERE shopper_id = $1 AND unlinked_at IS NULL AND last_four = $2 AND lower(scheme) = $3
ORDER BY card_id
"""
_OF_SHOPPERS = """
SELECT DISTINCT ON (f.shopper_id) f.shopper_id, f.card_id, f.prepaid, f.expires_on, f.strong_authentication, f.source,
    f.told_at
FROM card_facts f JOIN cards c ON c.operator_id = f.operator_id AND c.shopper_id = f.shopper_id
    AND c.card_id = f.card_id AND c.unlinked_at IS NULL
WHERE f.operator_id = $1 AND f.shopper_id = ANY($2::uuid[]) AND ($3::uuid IS NULL OR f.card_id = $3)
ORDER BY f.shopper_id, f.prepaid, f.strong_authentication DESC, f.expires_on DESC, f.card_id
"""
_TO_CHARGE = """
SELECT c.scheme, c.last_four FROM cards c LEFT JOIN card_facts f ON f.operator_id = c.operator_id
    AND f.shopper_id = c.shopper_id AND f.card_id = c.card_id
WHERE c.operator_id = $1 AND c.shopper_id = $2 AND c.unlinked_at IS NULL AND c.last_four IS NOT NULL
ORDER BY f.card_id IS NULL, f.prepaid, f.strong_authentication DESC, f.expires_on DESC, c.card_id LIMIT 1
"""
_PURCHASE = "SELECT shopper_id FROM purchases WHERE operator_id = $1 AND id = $2"
_LOST = """
INSERT INTO lost_disputes (operator_id, shopper_id, purchase_id, decided_at, source) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (shopper_id, purchase_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What is known of one linked card. `expires_on`: its last day."""

    card_id: UUID
    prepaid: bool
    expires_on: date
    strong_authentication: bool
    source: str
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Face:
    """What a card shows of itself: its scheme, empty where it is not known, and its last four digits."""

    scheme: str
    last_four: str


async def card_of(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, network: str, token: str) -> UUID:
    """The id of a card that is linked to a shopper now. Raises NotFound."""
    found = (await connection.exec_driver_sql(_CARD, (operator_id, network, token, shopper_id))).scalar()
    if found is None:
        raise NotFound("this shopper has no such card linked", code="card_not_linked")
    return UUID(str(found))


async def cards_ending(connection: AsyncConnection, shopper_id: UUID, last_four: str, scheme: str | None) -> list[UUID]:
    """The linked cards of a shopper of this scheme that end in these four digits: one card may be linked at several
    networks."""
    return [row[0] for row in await fetch(connection, _ENDING, (shopper_id, last_four, (scheme or "").lower()))]


async def tell(connection: AsyncConnection, actor: Actor, shopper_id: UUID, facts: CardFacts) -> None:
    """Keep what is known of a card; an older word never replaces a newer one."""
    await tell_all(connection, actor, [(shopper_id, facts)], facts.told_at)


async def tell_all(
    connection: AsyncConnection, actor: Actor, told: Sequence[tuple[UUID, CardFacts]], now: datetime
) -> None:
    """The same of a set of cards, each once, with its shopper."""
    require(actor, Scope.SHOPPERS)
    if not told:
        return
    rows = [
        (owner, each.card_id, each.prepaid, each.expires_on, each.strong_authentication, each.source, each.told_at)
        for owner, each in told
    ]
    await connection.exec_driver_sql(_TELL, (actor.operator_id, *map(list, zip(*rows, strict=True))))
    lines = [
        (show("crd", each.card_id), {"shopper": show("shp", owner), "source": each.source}) for owner, each in told
    ]
    await audit_log.record_all(connection, actor, "card.facts_told", lines, now)


async def chargeable(
    connection: AsyncConnection, operator_id: UUID, shopper_ids: Sequence[UUID], card_id: UUID | None = None
) -> dict[UUID, CardFacts]:
    """The linked card of each shopper that suits instalments best, of those of which something is known.

    `card_id`: this one and no other.
    """
    rows = await fetch(connection, _OF_SHOPPERS, (operator_id, list(shopper_ids), card_id))
    return {
        row[0]: CardFacts(
            card_id=row[1],
            prepaid=row[2],
            expires_on=row[3],
            strong_authentication=row[4],
            source=row[5],
            told_at=row[6],
        )
        for row in rows
    }


async def to_charge(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> Face | None:
    """The linked card that a plan would be charged to: the one that `chargeable` judges, else another one of theirs."""
    rows = await fetch(connection, _TO_CHARGE, (operator_id, shopper_id))
    return Face((rows[0].scheme or "").lower(), rows[0].last_four) if rows else None


async def tell_lost_dispute(
    connection: AsyncConnection, actor: Actor, purchase_id: UUID, *, source: str, decided_at: datetime
) -> UUID:
    """Keep that the dispute of a purchase was decided against its shopper, once; answers the shopper."""
    require(actor, Scope.SHOPPERS)
    shopper_id = (await connection.exec_driver_sql(_PURCHASE, (actor.operator_id, purchase_id))).scalar()
    if shopper_id is None:
        raise NotFound(f"there is no purchase {show('pur', purchase_id)}", code="unknown_purchase")
    await connection.exec_driver_sql(_LOST, (actor.operator_id, shopper_id, purchase_id, decided_at, source))
    detail = {"shopper": show("shp", UUID(str(shopper_id))), "source": source}
    await audit_log.record(connection, actor, "dispute.lost", show("pur", purchase_id), detail, decided_at)
    return UUID(str(shopper_id))
