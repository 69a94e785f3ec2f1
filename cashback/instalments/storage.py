"""Stored plans with their instalments: sets in, sets out, one statement for a batch. Never commits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.instalments.schemas import Instalment, InstalmentState, Lender, Plan, PlanState, RefundPolicy, Way

_COLUMNS = """p.shopper_id, p.id, p.key, p.digest, p.decision_id, p.way, p.lender, p.shop_id, p.order_ref,
    p.purchase_id, p.mandate_id, p.currency, p.amount_minor, p.fee_minor, p.refunded_minor, p.excess_minor,
    p.returned_minor, p.remitted_minor, p.terms::text, p.regime, p.taeg_bps, p.refund_policy, p.state, p.reason,
    p.concluded_on, p.accepted_by, p.accepted_at, p.lapses_at, p.funded_at, p.withdraw_until, p.withdrawn_on,
    p.paused_until, p.pauses, p.shifts, p.closed_at, p.moves"""
"""In the order of the fields of Plan, which a row becomes."""
_PART_STATE = 7
_WAY, _LENDER, _TERMS, _POLICY, _STATE = 5, 6, 18, 21, 22
_PARTS = """
SELECT i.shopper_id, i.plan_id, i.number, i.planned_on, i.planned_minor, i.due_on, i.principal_minor, i.fee_minor,
    i.paid_minor, i.state, i.late_since, i.paid_at, i.failures, i.next_at
FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, plan_id)
JOIN instalments i ON i.shopper_id = k.shopper_id AND i.plan_id = k.plan_id
ORDER BY i.plan_id, i.number
"""
_BY_ID = f"SELECT {_COLUMNS} FROM plans p WHERE p.operator_id = $1 AND p.id = ANY($2::uuid[]) ORDER BY p.id"  # noqa: S608
_OF_KEY = f"SELECT {_COLUMNS} FROM plans p WHERE p.shopper_id = $1 AND p.key = $2"  # noqa: S608 - built from constants
_OF_SHOPPERS = f"""
SELECT {_COLUMNS} FROM plans p
WHERE p.shopper_id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR p.state = ANY($2::text[]))
ORDER BY p.shopper_id, p.accepted_at DESC, p.id DESC
"""  # noqa: S608 - built from constants
_OF_PURCHASES = f"""
SELECT {_COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, purchase_id)
JOIN plans p ON p.shopper_id = k.shopper_id AND p.purchase_id = k.purchase_id ORDER BY p.shopper_id, p.id
"""  # noqa: S608 - built from constants
_LISTED = f"""
SELECT {_COLUMNS} FROM plans p WHERE p.operator_id = $1 AND ($2::text IS NULL OR p.state = $2)
    AND ($3::uuid IS NULL OR p.shop_id = $3)
    AND (NOT $4::bool OR EXISTS (SELECT 1 FROM instalments i WHERE i.shopper_id = p.shopper_id AND i.plan_id = p.id
        AND i.state = 'open' AND i.due_on < $5::date AND p.state = 'active'))
    AND ($6::uuid IS NULL OR (p.accepted_at, p.id) > (SELECT a.accepted_at, a.id FROM plans a
        WHERE a.operator_id = $1 AND a.id = $6))
ORDER BY p.accepted_at, p.id LIMIT $7
"""  # noqa: S608 - built from constants
# Whoever else holds a shopper is not waited for: that shopper's plans are looked at again in the next round.
_OVERDUE = f"""
SELECT {_COLUMNS} FROM plans p JOIN shoppers s ON s.shopper_id = p.shopper_id
WHERE p.operator_id = $1 AND p.state = 'active' AND EXISTS (
    SELECT 1 FROM instalments i WHERE i.shopper_id = p.shopper_id AND i.plan_id = p.id AND i.state = 'open'
        AND ((i.due_on < $2::date AND i.late_since IS NULL) OR i.due_on < $3::date
            OR ($4::date IS NOT NULL AND i.due_on < $4::date AND i.number > 1 AND i.fee_minor = 0
                AND (i.principal_minor - i.paid_minor) * 8 >= 100)))
ORDER BY p.shopper_id, p.id LIMIT $5 FOR NO KEY UPDATE OF s SKIP LOCKED
"""  # noqa: S608 - built from constants
_OWNERS = "SELECT id, shopper_id FROM plans WHERE operator_id = $1 AND id = ANY($2::uuid[])"
_MOVES = """
SELECT number, what, to_state, detail::text, by, at FROM plan_moves WHERE shopper_id = $1 AND plan_id = $2
ORDER BY number
"""
_ARE_OFFERED = "SELECT EXISTS (SELECT 1 FROM instalment_settings WHERE operator_id = $1)"
_ZONE_OF_SHOPPERS = """
SELECT p.zone FROM shoppers s JOIN programmes p ON p.operator_id = s.operator_id WHERE s.shopper_id = ANY($1::uuid[])
LIMIT 1
"""
_ZONE = "SELECT zone FROM programmes WHERE operator_id = $1"


async def plans_of(connection: AsyncConnection, operator_id: UUID, plan_ids: Iterable[UUID]) -> dict[UUID, Plan]:
    """Plans by their ids, of those that exist."""
    rows = await fetch(connection, _BY_ID, (operator_id, list(plan_ids)))
    return {each.id: each for each in await _whole(connection, rows)}


async def of_key(connection: AsyncConnection, shopper_id: UUID, key: str) -> Plan | None:
    """The plan that a shopper accepted under an idempotency key."""
    found = await _whole(connection, await fetch(connection, _OF_KEY, (shopper_id, key)))
    return found[0] if found else None


async def of_shoppers(
    connection: AsyncConnection, shopper_ids: Iterable[UUID], states: Iterable[PlanState] | None = None
) -> list[Plan]:
    """The plans of these shoppers, each shopper's newest first."""
    wanted = None if states is None else sorted(each.value for each in states)
    return await _whole(connection, await fetch(connection, _OF_SHOPPERS, (sorted(set(shopper_ids)), wanted)))


async def of_purchases(connection: AsyncConnection, purchases: Iterable[tuple[UUID, UUID]]) -> list[Plan]:
    """The plans of purchases, each given as its shopper and its id; a purchase may have had several."""
    pairs = sorted(set(purchases))
    columns = ([shopper_id for shopper_id, _ in pairs], [purchase_id for _, purchase_id in pairs])
    return await _whole(connection, await fetch(connection, _OF_PURCHASES, columns))


async def listed(
    connection: AsyncConnection,
    operator_id: UUID,
    *,
    today: date,
    state: PlanState | None = None,
    shop_id: UUID | None = None,
    late: bool = False,
    after: UUID | None = None,
    limit: int = 100,
) -> list[Plan]:
    """A page of an operator's plans, oldest first; `late`: only those with an instalment due before today."""
    row = (operator_id, None if state is None else state.value, shop_id, late, today, after, limit)
    return await _whole(connection, await fetch(connection, _LISTED, row))


async def overdue(
    connection: AsyncConnection,
    operator_id: UUID,
    today: date,
    write_off_before: date,
    fee_before: date | None,
    limit: int,
) -> list[Plan]:
    """Plans of which time alone changes something, their shoppers locked: an instalment is late for the first time, is
    to be written off, or (`fee_before`) has not been charged its late fee yet (8 % of it at least a minor unit)."""
    row = (operator_id, today, write_off_before, fee_before, limit)
    return await _whole(connection, await fetch(connection, _OVERDUE, row))


async def owners(connection: AsyncConnection, operator_id: UUID, plan_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Whose these plans are, of those that exist."""
    return {row[0]: row[1] for row in await fetch(connection, _OWNERS, (operator_id, list(plan_ids)))}


async def moves_of(
    connection: AsyncConnection, plan: Plan
) -> list[tuple[int, str, str, dict[str, Any], str, datetime]]:
    """Every move of a plan: number, what, state entered, detail, by whom, when."""
    rows = await fetch(connection, _MOVES, (plan.shopper_id, plan.id))
    return [(row[0], row[1], row[2], msgspec.json.decode(row[3]), row[4], row[5]) for row in rows]


async def are_offered(connection: AsyncConnection, operator_id: UUID) -> bool:
    """Whether the operator has said how its plans are run; without that there is none."""
    return bool((await connection.exec_driver_sql(_ARE_OFFERED, (operator_id,))).scalar_one())


async def zone_of(connection: AsyncConnection, operator_id: UUID) -> str:
    """The zone whose days an operator's plans count."""
    return str((await connection.exec_driver_sql(_ZONE, (operator_id,))).scalar_one())


async def zone_of_shoppers(connection: AsyncConnection, shopper_ids: Iterable[UUID]) -> str:
    """The same by shoppers of one operator."""
    return str((await connection.exec_driver_sql(_ZONE_OF_SHOPPERS, (list(shopper_ids),))).scalar_one())


async def _whole(connection: AsyncConnection, rows: Sequence[Any]) -> list[Plan]:
    if not rows:
        return []
    parts: defaultdict[UUID, list[Instalment]] = defaultdict(list)
    for row in await fetch(connection, _PARTS, ([row.shopper_id for row in rows], [row.id for row in rows])):
        fields = [*row[2:]]
        fields[_PART_STATE] = InstalmentState(row.state)
        parts[row.plan_id].append(Instalment(*fields))
    return [_plan(row, tuple(parts[row.id])) for row in rows]


def _plan(row: Any, parts: tuple[Instalment, ...]) -> Plan:
    fields: list[Any] = list(row)
    fields[_WAY], fields[_LENDER] = Way(row.way), Lender(row.lender)
    fields[_TERMS] = msgspec.json.decode(fields[_TERMS])
    fields[_POLICY], fields[_STATE] = RefundPolicy(row.refund_policy), PlanState(row.state)
    fields.append(parts)
    return Plan(*fields)
