"""Whether an operator's purchases are matched by memory and by evidence, and since when. Off until somebody says so.

Turning it on changes the programme's revision, so every process that decides knows it before its next decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Invalid
from cashback.programmes.audit_log import record
from cashback.programmes.service import bump_revision, load_programme, lock_programme, require_programme_scope

_LOAD = "SELECT since, evidence_from, evidence_until FROM match_settings WHERE operator_id = $1"
_SAVE = """
INSERT INTO match_settings (operator_id, since, evidence_from, evidence_until, changed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator_id) DO UPDATE
SET since = EXCLUDED.since, evidence_from = EXCLUDED.evidence_from, evidence_until = EXCLUDED.evidence_until,
    changed_at = EXCLUDED.changed_at
"""
_LOOK_AGAIN = """
INSERT INTO purchase_matches (operator_id, shopper_id, network, purchase_ref, undecided, decision, basis, why, against,
    text, fingerprint, updated_at)
SELECT p.operator_id, p.shopper_id, p.network, p.purchase_ref, true, 'review', 'nothing', 'unknown', '{}', '', '', $3
FROM purchases p WHERE p.operator_id = $1 AND p.shop_id IS NULL AND p.purchased_at >= $2
ON CONFLICT (shopper_id, network, purchase_ref) DO UPDATE SET undecided = true
"""


Interval = tuple[datetime, datetime | None]
"""Half-open, of purchase time; None: still."""


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """Since when purchases without a known identifier are matched."""

    since: datetime
    evidence: tuple[Interval, ...]
    """When evidence decides; disjoint, the earliest first. What it decided stands when it has ended."""

    def looks_at(self, at: datetime) -> bool:
        """Whether a purchase made then may be matched by what is remembered."""
        return self.since <= at

    def asks_evidence(self, at: datetime) -> bool:
        """Whether a purchase made then may be matched by evidence."""
        return any(begin <= at and (end is None or at < end) for begin, end in self.evidence)

    @property
    def evidence_since(self) -> datetime | None:
        """Since when evidence decides without an end; None: it does not."""
        return next((begin for begin, end in self.evidence if end is None), None)


def with_evidence(intervals: Iterable[Interval], since: datetime) -> tuple[Interval, ...]:
    """The same intervals and everything from an instant on."""
    kept = [(begin, end) for begin, end in intervals if begin < since]
    if kept and (kept[-1][1] is None or kept[-1][1] >= since):
        return (*kept[:-1], (kept[-1][0], None))
    return (*kept, (since, None))


def without_evidence(intervals: Iterable[Interval], now: datetime) -> tuple[Interval, ...]:
    """The same intervals, nothing from an instant on."""
    closed = ((begin, now if end is None or end > now else end) for begin, end in intervals if begin < now)
    return tuple(closed)


async def load_settings(connection: AsyncConnection, operator_id: UUID) -> MatchSettings | None:
    """The settings of an operator; None: identifiers given by the operator decide alone."""
    rows = await fetch(connection, _LOAD, (operator_id,))
    if not rows:
        return None
    since, begins, ends = rows[0]
    return MatchSettings(since, tuple(zip(begins, ends, strict=True)))


async def turn_on(
    connection: AsyncConnection, actor: Actor, *, since: datetime, evidence_since: datetime | None, now: datetime
) -> MatchSettings:
    """Match purchases made from `since` on by memory, and from `evidence_since` on by evidence too (None: by evidence
    no more from `now` on); in the caller's transaction.

    What was decided stands: memory never begins later than it did, and evidence that ends keeps its past. Raises
    Forbidden, and Invalid for instants that contradict that.
    """
    require_programme_scope(actor)
    if evidence_since is not None and evidence_since < since:
        raise Invalid(f"evidence since {evidence_since.isoformat()}: expected not before {since.isoformat()}")
    await lock_programme(connection, actor.operator_id)
    programme = await load_programme(connection, actor.operator_id)
    held = await load_settings(connection, actor.operator_id)
    if held is not None and since > held.since:
        raise Invalid(
            f"memory since {since.isoformat()}: expected not after {held.since.isoformat()}, its begin so far"
        )
    before = () if held is None else held.evidence
    after = without_evidence(before, now) if evidence_since is None else with_evidence(before, evidence_since)
    settings = MatchSettings(since, after)
    if held != settings:
        columns = ([begin for begin, _ in after], [end for _, end in after])
        await connection.exec_driver_sql(_SAVE, (actor.operator_id, since, *columns, now))
        await bump_revision(connection, actor.operator_id)
        detail = {"since": since, "evidence": after}
        await record(connection, actor, "matching.changed", programme.code, detail, now)
    await connection.exec_driver_sql(_LOOK_AGAIN, (actor.operator_id, since, now))
    return settings
