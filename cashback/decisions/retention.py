"""What is forgotten: records and declarations whose time is over, and the identity of a shopper who is erased.

Records stay replayable as long as they are kept; erasing a shopper takes away who they are about. Never commits.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.decision_log import service as log
from cashback.decisions import means, rulebooks
from cashback.decisions.gathering import compute_usual_refunds
from cashback.ids import show
from cashback.programmes import audit_log
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers.service import require

_SHOPPER_TABLES = (
    "decision_subjects",
    "decisions",
    "declared_means",
    "ficp_consultations",
    "decision_reviews",
    "card_facts",
    "lost_disputes",
)
_FORGET_DECISIONS = "DELETE FROM decisions WHERE operator_id = $1 AND decided_at < $2 AND used_at IS NULL"
_FORGET_REVIEWS = """
DELETE FROM decision_reviews WHERE operator_id = $1 AND asked_at < $2 AND state IN ('upheld', 'overturned')
"""
_FORGET_ANSWERS = "DELETE FROM ficp_consultations WHERE operator_id = $1 AND asked_at < $2"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was destroyed."""

    records: int
    means: int
    decisions: int
    reviews: int
    consultations: int


async def forget(connection: AsyncConnection, operator_id: UUID, now: datetime) -> Forgotten:
    """Destroy what has had its time by the operator's conduct; a decision that opened a plan stays beside its plan."""
    conduct = (await rulebooks.in_force(connection, operator_id, now)).conduct
    before = now - timedelta(days=conduct.records_kept_days)
    declared = now - timedelta(days=conduct.means_kept_days)
    return Forgotten(
        records=await log.forget(connection, operator_id, before, now),
        means=await means.forget(connection, operator_id, declared),
        decisions=(await connection.exec_driver_sql(_FORGET_DECISIONS, (operator_id, before))).rowcount,
        reviews=(await connection.exec_driver_sql(_FORGET_REVIEWS, (operator_id, before))).rowcount,
        consultations=(await connection.exec_driver_sql(_FORGET_ANSWERS, (operator_id, before))).rowcount,
    )


async def upkeep(connection: AsyncConnection, snapshot: Snapshot, now: datetime) -> tuple[Forgotten, bool]:
    """Destroy what has had its time, and compute what share of refunds is usual; answers whether that was due."""
    forgotten = await forget(connection, snapshot.operator_id, now)
    return forgotten, await compute_usual_refunds(connection, snapshot, now)


async def erase(connection: AsyncConnection, actor: Actor, shopper_id: UUID, now: datetime) -> None:
    """Take away whose decisions they were, and everything the shopper declared; records stay, under a pseudonym that
    leads nowhere. The caller holds the shopper's lock and has settled what is open."""
    require(actor, Scope.SHOPPERS)
    for name in _SHOPPER_TABLES:
        statement = f"DELETE FROM {name} WHERE operator_id = $1 AND shopper_id = $2"  # noqa: S608 - built from constants
        await connection.exec_driver_sql(statement, (actor.operator_id, shopper_id))
    await audit_log.record(connection, actor, "decisions.erased", show("shp", shopper_id), {}, now)
