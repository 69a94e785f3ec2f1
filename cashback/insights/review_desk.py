"""What the list of contested decisions shows beside each: the decision in figures, and the member's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch

_DECISIONS = (
    "SELECT id, amount_minor, currency, shop_id, score FROM decisions WHERE operator_id = $1 AND id = ANY($2::uuid[])"
)
_LOCALE = "SELECT locale FROM shoppers WHERE shopper_id = $1"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one decision; minor units."""

    amount_minor: int
    currency: str
    shop_id: UUID
    score: int | None


async def figures_of(connection: AsyncConnection, operator_id: UUID, decisions: Iterable[UUID]) -> dict[UUID, Figures]:
    """By decision."""
    rows = await fetch(connection, _DECISIONS, (operator_id, list(decisions)))
    return {row[0]: Figures(*row[1:]) for row in rows}


async def language_of_member(connection: AsyncConnection, shopper_id: UUID) -> str:
    """What somebody's notices are written in."""
    return str((await fetch(connection, _LOCALE, (shopper_id,)))[0][0])
