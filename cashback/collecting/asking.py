"""What is to be charged: written down as intentions, one under way of each plan. Calls nobody, never commits.

One collection under way is the rule that keeps a due instalment, an early payment and a payment of everything apart:
the database refuses a second one, whatever the code believed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.collecting import moves, storage
from cashback.collecting.recording import LAPSED, owed_parts
from cashback.collecting.schemas import Collection, Kind, Mandate, MandateState, State
from cashback.db.engine import fetch
from cashback.errors import Conflict
from cashback.ids import uuid7
from cashback.instalments import easing
from cashback.instalments import service as plans
from cashback.instalments import storage as plan_storage
from cashback.instalments.schemas import InstalmentState, Plan, PlanState

ASK_MAX = 200
"""Plans whose due instalments are written down in one transaction."""
ATTEMPTS_MAX = 4
"""Refused charges of one instalment within `ATTEMPTS_WITHIN`, whatever days are set."""
ATTEMPTS_WITHIN = timedelta(days=30)

# Whoever else holds a shopper is not waited for: that shopper's instalments are due again in the next round.
_DUE = """
SELECT i.plan_id FROM instalments i
JOIN plans p ON p.shopper_id = i.shopper_id AND p.id = i.plan_id
JOIN shoppers s ON s.shopper_id = i.shopper_id
WHERE i.operator_id = $1 AND i.next_at <= $2 AND i.state = 'open' AND p.state = 'active' AND NOT EXISTS (
    SELECT 1 FROM collections c WHERE c.shopper_id = i.shopper_id AND c.plan_id = i.plan_id AND c.ended_at IS NULL)
ORDER BY i.next_at, i.plan_id LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED
"""
_UNDER_WAY = """
SELECT c.plan_id FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, plan_id)
JOIN collections c ON c.shopper_id = k.shopper_id AND c.plan_id = k.plan_id AND c.ended_at IS NULL
"""
_LAPSED = """
SELECT p.id FROM plans p JOIN shoppers s ON s.shopper_id = p.shopper_id
WHERE p.operator_id = $1 AND p.lapses_at <= $2 AND p.state = 'opening' AND NOT EXISTS (
    SELECT 1 FROM collections c WHERE c.shopper_id = p.shopper_id AND c.plan_id = p.id AND c.ended_at IS NULL)
ORDER BY p.lapses_at, p.id LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED
"""
_REFUSED = """
SELECT c.plan_id, t.number::int, count(*) FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, plan_id)
JOIN collections c ON c.shopper_id = k.shopper_id AND c.plan_id = k.plan_id
CROSS JOIN LATERAL jsonb_object_keys(c.parts) AS t (number)
WHERE c.kind = 'due' AND c.state = 'failed' AND c.ended_at > $3 GROUP BY 1, 2
"""
_WAIT = """
UPDATE instalments i SET next_at = NULL
FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t (shopper_id, plan_id, number)
WHERE i.shopper_id = t.shopper_id AND i.plan_id = t.plan_id AND i.number = t.number
"""


async def ask_due(connection: AsyncConnection, actor: Actor, now: datetime) -> int:
    """Write down what is due of active plans; answers of how many plans. Without a card it waits for one."""
    ids = sorted({row[0] for row in await fetch(connection, _DUE, (actor.operator_id, now, ASK_MAX))})
    if not ids:
        return 0
    found = list((await plan_storage.plans_of(connection, actor.operator_id, ids)).values())
    busy = {row[0] for row in await fetch(connection, _UNDER_WAY, _keys(found))}
    refused = await refusals(connection, found, now)
    held = await storage.mandates_by_id(
        connection, actor.operator_id, {each.mandate_id for each in found if each.mandate_id is not None}
    )
    asked: list[Collection] = []
    waiting: list[tuple[Plan, int]] = []
    for plan in found:
        if plan.id in busy or plan.state is not PlanState.ACTIVE:
            continue
        due = _due(plan, now)
        mandate = None if plan.mandate_id is None else held.get(plan.mandate_id)
        tired = [number for number in due if refused.get((plan.id, number), 0) >= ATTEMPTS_MAX]
        if mandate is None or mandate.state is not MandateState.AGREED:
            waiting += [(plan, number) for number in due]
            continue
        waiting += [(plan, number) for number in tired]
        parts = owed_parts(plan, {number: due[number] for number in due if number not in tired})
        if parts:
            asked.append(intention(plan, mandate, Kind.DUE, parts, actor.name, now))
    await moves.begin(connection, actor, asked, now)
    await _wait(connection, waiting)
    return len(asked) + len({plan.id for plan, _ in waiting})


async def refusals(connection: AsyncConnection, found: Sequence[Plan], now: datetime) -> dict[tuple[UUID, int], int]:
    """How often each instalment of these plans was refused within `ATTEMPTS_WITHIN`, by plan and number."""
    rows = await fetch(connection, _REFUSED, (*_keys(found), now - ATTEMPTS_WITHIN))
    return {(row[0], row[1]): row[2] for row in rows}


async def ask(
    connection: AsyncConnection, actor: Actor, plan: Plan, numbers: Sequence[int] | None, now: datetime
) -> Collection:
    """Charge some instalments of a plan ahead of their days, or all that is left (`numbers` None); of a plan that was
    written off, recover it. The caller has locked the shopper and read the plan under the lock.

    Raises as `instalments.easing.early`, and Conflict while another charge of the plan is under way or without a card.
    """
    busy = await storage.under_way(connection, plan.shopper_id, plan.id)
    if busy is not None:
        raise Conflict(f"collection {busy.ref} of plan {plan.ref} is under way", code="collection_under_way")
    parts = easing.early(plan, numbers)
    mandate = await _card_of(connection, actor, plan)
    everything = parts == easing.early(plan, None)
    kind = Kind.RECOVERY if plan.state is PlanState.WRITTEN_OFF else Kind.ALL if everything else Kind.EARLY
    made = intention(plan, mandate, kind, parts, actor.name, now)
    await moves.begin(connection, actor, [made], now)
    return made


async def lapse(connection: AsyncConnection, actor: Actor, now: datetime) -> int:
    """Give up plans that waited in vain and of which nothing is under way; answers how many."""
    ids = [row[0] for row in await fetch(connection, _LAPSED, (actor.operator_id, now, ASK_MAX))]
    given_up = 0
    for plan in (await plan_storage.plans_of(connection, actor.operator_id, ids)).values():
        if plan.state is PlanState.OPENING and await storage.under_way(connection, plan.shopper_id, plan.id) is None:
            await plans.cancel(connection, actor, plan, LAPSED, now)
            given_up += 1
    return given_up


def intention(
    plan: Plan,
    mandate: Mandate,
    kind: Kind,
    parts: dict[int, int],
    by: str,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Collection:
    """A collection as it is when it was just asked for; with `until` it waits for its shopper, not for the worker."""
    return Collection(
        shopper_id=plan.shopper_id,
        id=uuid7(now),
        plan_id=plan.id,
        mandate_id=mandate.id,
        kind=kind,
        parts=parts,
        amount_minor=sum(parts.values()),
        currency=plan.currency,
        state=State.INTENDED,
        reason=None,
        rail_ref=None,
        attempt=0,
        next_at=now if until is None else until,
        until=until,
        asked_by=by,
        asked_at=now,
        ended_at=None,
        moves=1,
    )


async def wait_for_card(connection: AsyncConnection, plan: Plan, numbers: Iterable[int]) -> None:
    """Look at instalments no more by themselves: the shopper's next card brings them back."""
    await _wait(connection, [(plan, number) for number in numbers])


def _keys(found: Sequence[Plan]) -> tuple[list[UUID], list[UUID]]:
    return [each.shopper_id for each in found], [each.id for each in found]


def _due(plan: Plan, now: datetime) -> dict[int, int]:
    return {
        each.number: each.owed_minor
        for each in plan.instalments
        if each.state is InstalmentState.OPEN and each.owed_minor and each.next_at is not None and each.next_at <= now
    }


async def _card_of(connection: AsyncConnection, actor: Actor, plan: Plan) -> Mandate:
    held = (
        {}
        if plan.mandate_id is None
        else await storage.mandates_by_id(connection, actor.operator_id, [plan.mandate_id])
    )
    mandate = next(iter(held.values()), None)
    if mandate is None or mandate.state is not MandateState.AGREED:
        raise Conflict(f"plan {plan.ref} has no card that may be charged: ask for another one", code="card_needed")
    return mandate


async def _wait(connection: AsyncConnection, waiting: Sequence[tuple[Plan, int]]) -> None:
    if waiting:
        columns = (
            [plan.shopper_id for plan, _ in waiting],
            [plan.id for plan, _ in waiting],
            [number for _, number in waiting],
        )
        await connection.exec_driver_sql(_WAIT, columns)
