"""Which state of a plan may follow which, as one table, and the one function that moves.

A move writes the plan's row, the instalments it changes, the move itself, the transfers, the line of the audit log, the
events and the shopper's notices in the caller's transaction, so none of them can be forgotten. The caller holds the
shoppers' locks.

A transfer's key is `plan:<id>:<number of the move>:<what>`; the ledger's unique key is the second guard: no move is
posted twice. What a move changes stands in its detail as it is after it, so that a plan's rows follow from its moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import BooksBroken, Conflict
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show, uuid7
from cashback.instalments.schemas import Instalment, Plan, PlanState, Way
from cashback.ledger import service as ledger
from cashback.ledger.service import Transfer
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from webhooks.outbox import Message

MOVES: dict[PlanState, frozenset[PlanState]] = {
    PlanState.OPENING: frozenset({PlanState.ACTIVE, PlanState.CANCELLED}),
    PlanState.ACTIVE: frozenset(
        {PlanState.COMPLETED, PlanState.WITHDRAWN, PlanState.REFUNDED, PlanState.WRITTEN_OFF},
    ),
    PlanState.COMPLETED: frozenset({PlanState.REFUNDED}),
    PlanState.WRITTEN_OFF: frozenset({PlanState.REFUNDED}),
    PlanState.WITHDRAWN: frozenset(),
    PlanState.REFUNDED: frozenset(),
    PlanState.CANCELLED: frozenset(),
}
"""What is completed or written off may still be refunded whole by the shop. What is written off stays so, whatever
still comes in."""

_EVENTS = {
    PlanState.OPENING: "plan.opened",
    PlanState.ACTIVE: "plan.activated",
    PlanState.COMPLETED: "plan.completed",
    PlanState.WITHDRAWN: "plan.withdrawn",
    PlanState.REFUNDED: "plan.refunded",
    PlanState.CANCELLED: "plan.cancelled",
    PlanState.WRITTEN_OFF: "plan.written_off",
}


class Posting(NamedTuple):
    """A positive amount of a plan's currency from one account to another; `name` tells it from others of its move."""

    name: str
    debit: str
    credit: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Change:
    """A plan becomes another one; `what` names why."""

    before: Plan | None
    """None: it is accepted only now."""
    after: Plan
    what: str
    detail: Mapping[str, Any]
    postings: tuple[Posting, ...] = ()
    told: tuple[tuple[str, int], ...] = ()
    """Events of instalments: type and number of the instalment."""
    notices: tuple[tuple[str, Mapping[str, str | int]], ...] = ()
    """Kinds with their figures."""


def change(
    plan: Plan,
    what: str,
    *,
    state: PlanState | None = None,
    parts: Sequence[Instalment] | None = None,
    detail: Mapping[str, Any] | None = None,
    postings: Sequence[Posting] = (),
    told: Sequence[tuple[str, int]] = (),
    notices: Sequence[tuple[str, Mapping[str, str | int]]] = (),
    **fields: object,
) -> Change:
    """The change of a plan; Conflict if the state may not follow. Postings of nothing are left out."""
    if state is not None and state not in MOVES[plan.state]:
        raise Conflict(f"plan {plan.ref} is {plan.state}: it cannot become {state}", code="plan_state")
    after = replace(
        plan,
        state=plan.state if state is None else state,
        instalments=plan.instalments if parts is None else tuple(parts),
        moves=plan.moves + 1,
        **fields,  # type: ignore[arg-type]
    )
    kept = tuple(each for each in postings if each.amount_minor)
    return Change(plan, after, what, detail or {}, kept, tuple(told), tuple(notices))


async def move(connection: AsyncConnection, actor: Actor, changes: Sequence[Change], now: datetime) -> None:
    """Make the changes of a set of plans, at most one of each; what somebody else changed meanwhile is an error."""
    if not changes:
        return
    kept = sorted(changes, key=lambda each: (each.after.shopper_id, each.after.id))
    written = await connection.exec_driver_sql(_WRITE, (actor.operator_id, *_columns([each.after for each in kept])))
    if written.rowcount != len(kept):
        raise BooksBroken(f"{len(kept) - written.rowcount} of {len(kept)} plans were moved by somebody else meanwhile")
    parts = [(each.after, part) for each in kept for part in _changed(each)]
    if parts:
        await connection.exec_driver_sql(_WRITE_PARTS, _part_columns(parts))
    await _record(connection, actor, kept, now)


async def begin(
    connection: AsyncConnection, actor: Actor, plan: Plan, detail: Mapping[str, Any], now: datetime
) -> None:
    """Store a plan that was accepted, with its instalments and its first move."""
    accepted = (
        plan.shopper_id, plan.id, plan.key, plan.digest, plan.decision_id, plan.way.value, plan.lender.value,
        plan.shop_id, plan.order_ref, plan.purchase_id, plan.mandate_id, plan.currency, plan.amount_minor,
        plan.fee_minor, msgspec.json.encode(dict(plan.terms)).decode(), plan.regime, plan.taeg_bps,
        plan.refund_policy.value, plan.state.value, plan.concluded_on, plan.accepted_by, plan.accepted_at,
        plan.lapses_at, plan.withdraw_until,
    )  # fmt: skip
    await connection.exec_driver_sql(_BEGIN, (actor.operator_id, *accepted))
    columns = _part_columns([(plan, each) for each in plan.instalments])
    planned = ([each.planned_on for each in plan.instalments], [each.planned_minor for each in plan.instalments])
    await connection.exec_driver_sql(_BEGIN_PARTS, (actor.operator_id, *columns, *planned))
    await _record(connection, actor, [Change(None, plan, "opened", detail)], now)


def _changed(each: Change) -> list[Instalment]:
    """The instalments that a change changes, as they are after it."""
    before = () if each.before is None else each.before.instalments
    return [part for part in each.after.instalments if part not in before]


async def _record(connection: AsyncConnection, actor: Actor, changes: Sequence[Change], now: datetime) -> None:
    plans = [each.after for each in changes]
    details = [{**each.detail, "instalments": [_written(part) for part in _changed(each)]} for each in changes]
    await connection.exec_driver_sql(
        _MOVES,
        (
            actor.operator_id,
            [each.shopper_id for each in plans],
            [each.id for each in plans],
            [each.moves for each in plans],
            [each.what for each in changes],
            [each.state.value for each in plans],
            [msgspec.json.encode(each).decode() for each in details],
            actor.name,
            now,
        ),
    )
    lines = [
        {"shopper": show("shp", each.after.shopper_id), "state": each.after.state.value, **each.detail}
        for each in changes
    ]
    await connection.exec_driver_sql(
        _LOG,
        (
            actor.operator_id,
            now,
            actor.name,
            [uuid7(now) for _ in changes],
            [f"plan.{each.what}" for each in changes],
            [each.ref for each in plans],
            [msgspec.json.encode(each).decode() for each in lines],
        ),
    )
    await ledger.post(connection, actor.operator_id, [one for each in changes for one in _transfers(each)], now)
    await notifications.tell(connection, actor.operator_id, [one for each in changes for one in _notices(each)], now)
    await events.tell(connection, actor.operator_id, [one for each in changes for one in _messages(each, now)], now)


def _transfers(each: Change) -> list[Transfer]:
    plan = each.after
    return [
        Transfer(
            plan.shopper_id,
            f"plan:{plan.id.hex}:{plan.moves}:{posting.name}",
            posting.debit,
            posting.credit,
            plan.currency,
            posting.amount_minor,
            f"plan_{each.what}",
            plan.purchase_id,
        )
        for posting in each.postings
    ]


def _notices(each: Change) -> list[Notice]:
    plan = each.after
    return [
        Notice(plan.shopper_id, f"plan:{plan.id.hex}:{plan.moves}:{kind}", kind, {"asset": plan.currency, **figures})
        for kind, figures in each.notices
    ]


def _messages(each: Change, now: datetime) -> list[Message]:
    plan = each.after
    key = f"{plan.id.hex}:{plan.moves}"
    common = {"plan": plan.ref, "shopper": show("shp", plan.shopper_id), "currency": plan.currency}
    types = ["plan.refunded"] if each.what == "refunded" else []
    moved = each.before is None or each.before.state is not plan.state
    begins_with_sale = plan.way is Way.CHECKOUT and plan.state is PlanState.ACTIVE
    if each.what == "entered" if begins_with_sale else moved:
        # A checkout's plan is told of once its sale is entered, in the same transaction: so it names the purchase.
        types += [type_ for type_ in (_EVENTS[plan.state],) if type_ not in types]
    told = []
    for type_ in types:
        whole: dict[str, object] = {
            **common,
            "shop": show("sho", plan.shop_id),
            "purchase": None if plan.purchase_id is None else show("pur", plan.purchase_id),
            "state": plan.state.value,
            "amount_minor": plan.amount_minor,
            "refunded_minor": plan.refunded_minor,
            "owed_minor": plan.owed_minor,
        }
        told.append(event(type_, key, now, of=plan.shopper_id, **whole))
    for type_, number in each.told:
        part = plan.numbered(number)
        one = {"number": number, "due_on": part.due_on.isoformat(), "owed_minor": part.owed_minor}
        told.append(
            event(type_, f"{key}:{number}", now, of=plan.shopper_id, **common, **one, paid_minor=part.paid_minor)
        )
    return told


def _written(part: Instalment) -> dict[str, Any]:
    """An instalment as it stands in the detail of a move."""
    return {
        "number": part.number,
        "due_on": part.due_on.isoformat(),
        "principal_minor": part.principal_minor,
        "fee_minor": part.fee_minor,
        "paid_minor": part.paid_minor,
        "state": part.state.value,
    }


def _columns(plans: Sequence[Plan]) -> tuple[list[object], ...]:
    return (
        [each.shopper_id for each in plans],
        [each.id for each in plans],
        [each.moves for each in plans],
        [each.state.value for each in plans],
        [each.reason for each in plans],
        [each.purchase_id for each in plans],
        [each.mandate_id for each in plans],
        [each.refunded_minor for each in plans],
        [each.excess_minor for each in plans],
        [each.returned_minor for each in plans],
        [each.remitted_minor for each in plans],
        [each.lapses_at for each in plans],
        [each.funded_at for each in plans],
        [each.withdraw_until for each in plans],
        [each.withdrawn_on for each in plans],
        [each.paused_until for each in plans],
        [each.pauses for each in plans],
        [each.shifts for each in plans],
        [each.closed_at for each in plans],
    )


def _part_columns(parts: Sequence[tuple[Plan, Instalment]]) -> tuple[list[UUID | int | str | date | None], ...]:
    return (
        [plan.shopper_id for plan, _ in parts],
        [plan.id for plan, _ in parts],
        [part.number for _, part in parts],
        [part.due_on for _, part in parts],
        [part.principal_minor for _, part in parts],
        [part.fee_minor for _, part in parts],
        [part.paid_minor for _, part in parts],
        [part.state.value for _, part in parts],
        [part.late_since for _, part in parts],
        [part.paid_at for _, part in parts],
        [part.failures for _, part in parts],
        [part.next_at for _, part in parts],
    )


# A plan is moved from where it was read: by its number of moves nobody can have been in between.
_WRITE = """
UPDATE plans p SET moves = t.moves, state = t.state, reason = t.reason, purchase_id = t.purchase_id,
    mandate_id = t.mandate_id, refunded_minor = t.refunded, excess_minor = t.excess, returned_minor = t.returned,
    remitted_minor = t.remitted, lapses_at = t.lapses_at, funded_at = t.funded_at, withdraw_until = t.withdraw_until,
    withdrawn_on = t.withdrawn_on, paused_until = t.paused_until, pauses = t.pauses, shifts = t.shifts,
    closed_at = t.closed_at
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::timestamptz[], $14::timestamptz[], $15::date[], $16::date[],
    $17::date[], $18::int[], $19::int[], $20::timestamptz[])
    AS t (shopper_id, id, moves, state, reason, purchase_id, mandate_id, refunded, excess, returned, remitted,
    lapses_at, funded_at, withdraw_until, withdrawn_on, paused_until, pauses, shifts, closed_at)
WHERE p.operator_id = $1 AND p.shopper_id = t.shopper_id AND p.id = t.id AND p.moves = t.moves - 1
"""

_PART_TYPES = """$1::uuid[], $2::uuid[], $3::int[], $4::date[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
    $9::date[], $10::timestamptz[], $11::int[], $12::timestamptz[]"""
_WRITE_PARTS = f"""
UPDATE instalments i SET due_on = t.due_on, principal_minor = t.principal, fee_minor = t.fee, paid_minor = t.paid,
    state = t.state, late_since = t.late_since, paid_at = t.paid_at, failures = t.failures, next_at = t.next_at
FROM unnest({_PART_TYPES})
    AS t (shopper_id, plan_id, number, due_on, principal, fee, paid, state, late_since, paid_at, failures, next_at)
WHERE i.shopper_id = t.shopper_id AND i.plan_id = t.plan_id AND i.number = t.number
"""  # noqa: S608 - built from constants

_BEGIN = """
INSERT INTO plans (operator_id, shopper_id, id, key, digest, decision_id, way, lender, shop_id, order_ref, purchase_id,
    mandate_id, currency, amount_minor, fee_minor, terms, regime, taeg_bps, refund_policy, state, concluded_on,
    accepted_by, accepted_at, lapses_at, withdraw_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::jsonb, $17, $18, $19, $20, $21, $22, $23,
    $24, $25)
"""

_BEGIN_PARTS = """
INSERT INTO instalments (operator_id, shopper_id, plan_id, number, due_on, principal_minor, fee_minor, paid_minor,
    state, late_since, paid_at, failures, next_at, planned_on, planned_minor)
SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::date[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::text[], $10::date[], $11::timestamptz[], $12::int[], $13::timestamptz[], $14::date[], $15::bigint[]) AS t
"""

_MOVES = """
INSERT INTO plan_moves (operator_id, shopper_id, plan_id, number, what, to_state, detail, by, at)
SELECT $1, t.*, $8, $9 FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::jsonb[]) AS t
"""

_LOG = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
SELECT $1, t.id, $2, $3, t.action, t.subject, t.detail::jsonb
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[]) AS t (id, action, subject, detail)
"""
