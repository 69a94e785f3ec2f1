"""Which state of a collection or a payback may follow which, and the functions that move them.

A move writes the row, the move itself and the line of the audit log in the caller's transaction. What a success means
for the plan is said by `recording`, in the same transaction. The caller holds the shoppers' locks.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.collecting import storage
from cashback.collecting.schemas import ENDED, BackState, Collection, Payback, State
from cashback.errors import BooksBroken, Conflict
from cashback.ids import show, uuid7

_ANSWERED = (State.SUCCEEDED, State.PROCESSING, State.NEEDS_SHOPPER, State.FAILED, State.GIVEN_UP)
MOVES: dict[State, frozenset[State]] = {
    State.INTENDED: frozenset({State.CALLING, State.GIVEN_UP}),
    State.CALLING: frozenset({State.INTENDED, State.UNKNOWN, *_ANSWERED}),
    State.UNKNOWN: frozenset({State.CALLING, *_ANSWERED}),
    State.PROCESSING: frozenset({State.SUCCEEDED, State.NEEDS_SHOPPER, State.FAILED, State.GIVEN_UP}),
    State.NEEDS_SHOPPER: frozenset({State.SUCCEEDED, State.PROCESSING, State.FAILED, State.GIVEN_UP}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.GIVEN_UP: frozenset(),
}
"""`calling` goes back to `intended` only when the rail said that it did not take the call and moved nothing. From
`unknown` it is called again only when the rail does not know it, with the same key."""

_GIVEN = (BackState.SUCCEEDED, BackState.PROCESSING, BackState.FAILED)
BACK_MOVES: dict[BackState, frozenset[BackState]] = {
    BackState.INTENDED: frozenset({BackState.CALLING}),
    BackState.CALLING: frozenset({BackState.INTENDED, BackState.UNKNOWN, *_GIVEN}),
    BackState.UNKNOWN: frozenset({BackState.CALLING, *_GIVEN}),
    BackState.PROCESSING: frozenset({BackState.SUCCEEDED, BackState.FAILED}),
    BackState.SUCCEEDED: frozenset({BackState.FAILED}),
    BackState.FAILED: frozenset({BackState.CALLING}),
}
"""A bank may send back what was given to it, days after it succeeded. What failed a person may ask for again."""
BACK_ENDED = frozenset({BackState.SUCCEEDED, BackState.FAILED})


def to(
    collection: Collection,
    state: State,
    now: datetime,
    *,
    reason: str | None = None,
    next_at: datetime | None = None,
    rail_ref: str | None = None,
    **changes: object,
) -> Collection:
    """A collection as it is after a move; Conflict if the state may not follow. Without `next_at` it is left alone."""
    if state not in MOVES[collection.state]:
        raise Conflict(
            f"collection {collection.ref} is {collection.state}: it cannot become {state}", code="collection_state"
        )
    after = replace(
        collection,
        state=state,
        reason=reason,
        next_at=next_at,
        rail_ref=rail_ref or collection.rail_ref,
        ended_at=now if state in ENDED else None,
        moves=collection.moves + 1,
    )
    return replace(after, **changes)  # type: ignore[arg-type]


def back_to(
    payback: Payback,
    state: BackState,
    now: datetime,
    *,
    reason: str | None = None,
    next_at: datetime | None = None,
    rail_ref: str | None = None,
    attempt: int | None = None,
) -> Payback:
    """A payback as it is after a move; Conflict if the state may not follow."""
    if state not in BACK_MOVES[payback.state]:
        raise Conflict(f"payback {payback.ref} is {payback.state}: it cannot become {state}", code="payback_state")
    return replace(
        payback,
        state=state,
        reason=reason,
        next_at=next_at,
        rail_ref=rail_ref or payback.rail_ref,
        attempt=payback.attempt if attempt is None else attempt,
        ended_at=now if state in BACK_ENDED else None,
        moves=payback.moves + 1,
    )


async def move(
    connection: AsyncConnection, actor: Actor, moved: Sequence[tuple[Collection, Collection]], now: datetime
) -> None:
    """Make the moves of a set of collections, at most one of each: before and after."""
    if not moved:
        return
    kept = sorted(moved, key=lambda each: (each[0].shopper_id, each[0].id))
    _whole(await storage.write(connection, actor.operator_id, [after for _, after in kept]), len(kept))
    await _record(connection, actor, "collection", _steps(kept), now)


async def move_back(
    connection: AsyncConnection, actor: Actor, moved: Sequence[tuple[Payback, Payback]], now: datetime
) -> None:
    """Make the moves of a set of paybacks, at most one of each: before and after."""
    if not moved:
        return
    kept = sorted(moved, key=lambda each: (each[0].shopper_id, each[0].id))
    _whole(await storage.write_paybacks(connection, actor.operator_id, [after for _, after in kept]), len(kept))
    await _record(connection, actor, "payback", _steps(kept), now)


async def begin(connection: AsyncConnection, actor: Actor, collections: Sequence[Collection], now: datetime) -> None:
    """Store collections that were asked for."""
    if collections:
        await storage.begin(connection, actor.operator_id, collections)
        await _record(connection, actor, "collection", [(None, each) for each in collections], now)


async def begin_back(connection: AsyncConnection, actor: Actor, paybacks: Sequence[Payback], now: datetime) -> None:
    """Store paybacks that were asked for."""
    if paybacks:
        await storage.begin_paybacks(connection, actor.operator_id, paybacks)
        await _record(connection, actor, "payback", [(None, each) for each in paybacks], now)


def _steps(
    moved: Sequence[tuple[Collection, Collection]] | Sequence[tuple[Payback, Payback]],
) -> list[tuple[State | BackState | None, Collection | Payback]]:
    return [(before.state, after) for before, after in moved]


def _whole(written: int, wanted: int) -> None:
    if written != wanted:
        raise BooksBroken(f"{wanted - written} of {wanted} were moved by somebody else meanwhile")


async def _record(
    connection: AsyncConnection,
    actor: Actor,
    what: str,
    moved: Sequence[tuple[State | BackState | None, Collection | Payback]],
    now: datetime,
) -> None:
    subjects = [each for _, each in moved]
    rows = (
        [each.shopper_id for each in subjects],
        [each.id for each in subjects],
        [each.moves - 1 for each in subjects],
        [None if before is None else before.value for before, _ in moved],
        [each.state.value for each in subjects],
        [each.reason for each in subjects],
    )
    await connection.exec_driver_sql(_MOVES, (actor.operator_id, *rows, actor.name, now))
    details: list[dict[str, object]] = [
        {
            "shopper": show("shp", each.shopper_id),
            "plan": show("pln", each.plan_id),
            "amount_minor": each.amount_minor,
            "currency": each.currency,
        }
        | ({} if each.reason is None else {"reason": each.reason})
        for each in subjects
    ]
    lines = (
        [uuid7(now) for _ in subjects],
        [f"{what}.{each.state.value}" for each in subjects],
        [each.ref for each in subjects],
        [msgspec.json.encode(each).decode() for each in details],
    )
    await connection.exec_driver_sql(_LOG, (actor.operator_id, now, actor.name, *lines))


_MOVES = """
INSERT INTO charge_moves (operator_id, shopper_id, subject_id, number, from_state, to_state, reason, by, at)
SELECT $1, t.*, $8, $9 FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[]) AS t
"""
_LOG = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
SELECT $1, t.id, $2, $3, t.action, t.subject, t.detail::jsonb
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[]) AS t (id, action, subject, detail)
"""
