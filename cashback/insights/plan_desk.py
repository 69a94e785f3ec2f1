"""Plans as the money desk lists them: pages by the index of each state, what is overdue, and why cards refused."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import first_id
from cashback.instalments import storage
from cashback.instalments.schemas import Plan, PlanState

REFUSALS_OVER = timedelta(days=30)
REASONS_MAX = 12

_PAGE = """
SELECT p.id FROM unnest($2::text[]) AS s (state) CROSS JOIN LATERAL (
    SELECT o.id, o.accepted_at FROM plans o WHERE o.operator_id = $1 AND o.state = s.state
        AND ($3::uuid IS NULL OR o.shop_id = $3)
        AND ($4::timestamptz IS NULL OR (o.accepted_at, o.id) {beyond} ($4, $5::uuid))
    ORDER BY o.accepted_at {way}, o.id {way} LIMIT $6) AS p
ORDER BY p.accepted_at {way}, p.id {way} LIMIT $6
"""
# What is open and past its day is found by its own index, and is little beside all plans.
_OVERDUE = """
SELECT o.id FROM (
    SELECT DISTINCT i.shopper_id, i.plan_id FROM instalments i
    WHERE i.operator_id = $1 AND i.state = 'open' AND i.due_on < $7::date AND i.due_on >= $8::date) AS late
JOIN plans o ON o.shopper_id = late.shopper_id AND o.id = late.plan_id
WHERE o.operator_id = $1 AND o.state = 'active' AND o.state = ANY($2::text[]) AND ($3::uuid IS NULL OR o.shop_id = $3)
    AND ($4::timestamptz IS NULL OR (o.accepted_at, o.id) {beyond} ($4, $5::uuid))
ORDER BY o.accepted_at {way}, o.id {way} LIMIT $6
"""
_REFUSED = """
SELECT coalesce(reason, ''), count(*), sum(amount_minor)::bigint, currency FROM collections
WHERE operator_id = $1 AND id >= $2 AND state = 'failed' GROUP BY 1, 4 ORDER BY 2 DESC, 1 LIMIT $3
"""
_TRIED = "SELECT count(*) FROM collections WHERE operator_id = $1 AND id >= $2 AND ended_at IS NOT NULL"
_OUTCOMES = "SELECT outcome, count(*) FROM decisions WHERE operator_id = $1 AND id >= $2 GROUP BY 1 ORDER BY 2 DESC, 1"
_FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which plans. `late`: with an open instalment so many days late, from and to (None: any more)."""

    states: Collection[PlanState] = tuple(PlanState)
    shop_id: UUID | None = None
    late: tuple[int, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Charges that cards refused, and answers to who asked for a plan, over the last thirty days."""

    ended: int
    """Charges that came to an end, whichever it was."""
    reasons: tuple[tuple[str, int, int, str], ...]
    """Rail's code, how many, how much together in minor units, and of which currency; the most frequent first."""
    outcomes: tuple[tuple[str, int], ...]
    """Of decisions: what was answered, and how often."""

    @property
    def refused(self) -> int:
        """How many charges were refused."""
        return sum(count for _, count, _, _ in self.reasons)


async def page(
    connection: AsyncConnection,
    operator_id: UUID,
    wanted: Wanted,
    today: date,
    *,
    down: bool,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Plan]:
    """A page of plans with their instalments, in the order of their acceptance, behind that of this instant and id."""
    way = {"way": "DESC", "beyond": "<"} if down else {"way": "ASC", "beyond": ">"}
    states = [each.value for each in wanted.states]
    values = (operator_id, states, wanted.shop_id, *(after or (None, None)), limit)
    if wanted.late is None:
        rows = await fetch(connection, _PAGE.format(**way), values)
    else:
        first, last = wanted.late
        # So many days late and no more: due on the first of these days and before the last one is over.
        since = _FIRST_DAY if last is None else today - timedelta(days=last)
        until = today - timedelta(days=first - 1)
        rows = await fetch(connection, _OVERDUE.format(**way), (*values, until, since))
    ids = [row[0] for row in rows]
    found = await storage.plans_of(connection, operator_id, ids)
    return [found[each] for each in ids]


async def refusals(connection: AsyncConnection, operator_id: UUID, now: datetime) -> Refusals:
    """What was refused lately, and why."""
    since = first_id(now - REFUSALS_OVER)
    ended = (await connection.exec_driver_sql(_TRIED, (operator_id, since))).scalar_one()
    reasons = await fetch(connection, _REFUSED, (operator_id, since, REASONS_MAX))
    outcomes = await fetch(connection, _OUTCOMES, (operator_id, since))
    return Refusals(ended, tuple(tuple(row) for row in reasons), tuple(tuple(row) for row in outcomes))
