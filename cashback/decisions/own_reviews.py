"""Reviews as the shopper who asked for them reads them, their own words among it. Never commits."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.decisions.asking import require_asker
from cashback.decisions.reviewing import COLUMNS, place_of, review_from, words_of
from cashback.decisions.schemas import Review
from cashback.ids import show
from webhooks.sealing import SealingKey

_OF_DECISIONS = f"""
SELECT {COLUMNS} FROM decision_reviews WHERE shopper_id = $1 AND decision_id = ANY($2::uuid[])
"""  # noqa: S608 - built from constants
_EVERY = """
SELECT id, decision_id, asked_at, state, sealed, answered_at, words FROM decision_reviews
WHERE operator_id = $1 AND shopper_id = $2 ORDER BY asked_at, id
"""


async def of_decisions(connection: AsyncConnection, shopper_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Review]:
    """The reviews of some decisions of a shopper, by decision."""
    rows = await fetch(connection, _OF_DECISIONS, (shopper_id, list(ids)))
    return {row.decision_id: review_from(row) for row in rows}


async def own_words(connection: AsyncConnection, master: SealingKey, actor: Actor, review: Review) -> str:
    """What the shopper wrote; Forbidden for anybody else."""
    require_asker(actor, review.shopper_id)
    return await words_of(connection, master, actor, review)


async def every(
    connection: AsyncConnection, master: SealingKey, actor: Actor, shopper_id: UUID
) -> list[dict[str, Any]]:
    """All reviews that a shopper asked for, with their own words and what they were answered; the oldest first."""
    return [
        {
            "id": show("rev", row.id),
            "decision": show("dec", row.decision_id),
            "asked_at": row.asked_at,
            "state": row.state,
            "words": master.open(row.sealed, place_of(actor.operator_id, shopper_id, row.id)).decode(),
            "answered_at": row.answered_at,
            "answer": row.words,
        }
        for row in await fetch(connection, _EVERY, (actor.operator_id, shopper_id))
    ]
