"""Which state may follow which, as one table, and the one function that moves.

A move writes the payout's row, the move itself, the transfer in the ledger, the line of the audit log and the
shopper's notice in the caller's transaction, so none of them can be forgotten. The caller holds the shoppers'
locks.

Where the amount is follows from the state alone: in transit, paid, or back in the wallet. A transfer is posted when
that changes, under the key `payout:<id>:<state entered>`; the ledger's unique key is the second guard: a payout is
paid once.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import BooksBroken, Conflict
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show, uuid7
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, IN_TRANSIT, PAID
from cashback.ledger.service import Transfer
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.payouts.schemas import Payout, State
from cashback.rewards import lots
from cashback.rewards.lots import Taking
from webhooks.outbox import Message

_BEFORE = (State.HELD, State.WAITING_APPROVAL, State.APPROVED, State.CANCELLED, State.STOPPED)

MOVES: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset(_BEFORE),
    State.HELD: frozenset(_BEFORE),
    State.WAITING_APPROVAL: frozenset({State.HELD, State.APPROVED, State.CANCELLED, State.STOPPED}),
    State.APPROVED: frozenset(
        {State.HELD, State.WAITING_APPROVAL, State.SENDING, State.PAID, State.CANCELLED, State.STOPPED}
    ),
    State.SENDING: frozenset({State.APPROVED, State.UNKNOWN, State.SENT, State.PAID, State.RECALLING, State.FAILED}),
    State.UNKNOWN: frozenset({State.SENDING, State.SENT, State.PAID, State.RECALLING, State.FAILED}),
    State.SENT: frozenset({State.PAID, State.RECALLING, State.FAILED}),
    State.RECALLING: frozenset({State.FAILED}),
    State.PAID: frozenset({State.RECALLING, State.RETURNED}),
    State.FAILED: frozenset(),
    State.RETURNED: frozenset(),
    State.CANCELLED: frozenset(),
    State.STOPPED: frozenset(),
}
"""What is `held` may be held for another reason. What is `approved` is paid at once where nothing is sent: a gift card
is given. `sending` goes back to `approved` only when its rail said that it did not take the call and moved nothing."""

BACK = frozenset({State.FAILED, State.RETURNED, State.CANCELLED, State.STOPPED})
"""The amount is the shopper's again; nothing follows."""
UNSENT = frozenset({State.REQUESTED, State.HELD, State.WAITING_APPROVAL, State.APPROVED})
"""It can still be taken back."""
OPEN = frozenset(State) - BACK - {State.PAID}
"""The amount is in transit."""
_TOLD = BACK | {State.PAID, State.HELD, State.WAITING_APPROVAL}
"""The shopper is told when a payout enters these."""
_EVENTS = {State.REQUESTED: "payout.created", State.PAID: "payout.paid", **dict.fromkeys(BACK, "payout.failed")}
"""What the outside is told."""


@dataclass(frozen=True, slots=True)
class Move:
    """A payout enters another state; what else changes with it stands in `after`."""

    before: Payout
    after: Payout


def to(
    payout: Payout,
    state: State,
    *,
    reason: str | None = None,
    next_at: datetime | None = None,
    rail_ref: str | None = None,
    **changes: object,
) -> Move:
    """The move of a payout to a state; Conflict if it may not follow. Without `next_at` the worker leaves it alone."""
    if state not in MOVES[payout.state]:
        raise Conflict(f"payout {payout.ref} is {payout.state}: it cannot become {state}", code="payout_state")
    told = rail_ref or payout.rail_ref
    after = replace(payout, state=state, reason=reason, next_at=next_at, rail_ref=told, moves=payout.moves + 1)
    return Move(payout, replace(after, **changes))  # type: ignore[arg-type]


async def move(connection: AsyncConnection, actor: Actor, moves: Sequence[Move], now: datetime) -> None:
    """Make the moves of a set of payouts, at most one of each; whatever somebody else moved meanwhile is an error."""
    if not moves:
        return
    kept = [_counted(each) for each in sorted(moves, key=lambda one: (one.before.shopper_id, one.before.id))]
    written = await connection.exec_driver_sql(_WRITE, (actor.operator_id, *_columns([each.after for each in kept])))
    if written.rowcount != len(kept):
        raise BooksBroken(
            f"{len(kept) - written.rowcount} of {len(kept)} payouts were moved by somebody else meanwhile"
        )
    await _record(connection, actor, [(each.before.state, each.after) for each in kept], now)
    await ledger.post(connection, actor.operator_id, [posted for each in kept if (posted := _transfer(each))], now)
    back = [(each.after.shopper_id, _taken_by(each.after)) for each in kept if each.after.state in BACK]
    if back:
        await lots.give_back_all(connection, actor.operator_id, back, now)
    await _uncount(connection, actor.operator_id, kept)


async def begin(connection: AsyncConnection, actor: Actor, payouts: Sequence[Payout], now: datetime) -> None:
    """Store payouts that were asked for; their amounts leave what is available, the lots that end first first.

    Raises Invalid with the code `insufficient_balance` where less is left than is asked for.
    """
    rows = sorted(payouts, key=lambda one: (one.shopper_id, one.id))
    await connection.exec_driver_sql(_BEGIN, (actor.operator_id, *_begin_columns(rows)))
    await _record(connection, actor, [(None, each) for each in rows], now)
    takings = [Taking(each.shopper_id, each.asset, each.amount, _taken_by(each)) for each in rows]
    await lots.use_all(connection, actor.operator_id, takings, now)
    taken = [
        Transfer(each.shopper_id, _key(each), AVAILABLE, IN_TRANSIT, each.asset, each.amount, "payout_requested")
        for each in rows
    ]
    await ledger.post(connection, actor.operator_id, taken, now)


def _taken_by(payout: Payout) -> str:
    """The key of the transfer by which a payout took its amount."""
    return f"payout:{payout.id.hex}:{State.REQUESTED}"


def _key(payout: Payout) -> str:
    return f"payout:{payout.id.hex}:{payout.state}"


def _where(state: State) -> str:
    if state in BACK:
        return AVAILABLE
    return PAID if state is State.PAID else IN_TRANSIT


def _transfer(move: Move) -> Transfer | None:
    before, after = _where(move.before.state), _where(move.after.state)
    if before == after:
        return None
    payout = move.after
    return Transfer(
        payout.shopper_id, _key(payout), before, after, payout.asset, payout.amount, f"payout_{payout.state}"
    )


def _counted(move: Move) -> Move:
    """What never leaves the operator no longer counts against a day; what came back after it had left still does."""
    gone = move.after.state in BACK and move.after.state is not State.RETURNED
    return replace(move, after=replace(move.after, counted_on=None)) if gone else move


async def _uncount(connection: AsyncConnection, operator_id: UUID, moves: Sequence[Move]) -> None:
    back: defaultdict[tuple[str, date], int] = defaultdict(int)
    for each in moves:
        if each.before.counted_on is not None and each.after.counted_on is None:
            back[each.before.asset, each.before.counted_on] += each.before.amount
    for (asset, day), amount in sorted(back.items()):
        await connection.exec_driver_sql(_UNCOUNT, (operator_id, asset, day, amount))


async def _record(
    connection: AsyncConnection, actor: Actor, moved: Sequence[tuple[State | None, Payout]], now: datetime
) -> None:
    payouts = [payout for _, payout in moved]
    came_from = [None if before is None else before.value for before, _ in moved]
    common = (
        [each.shopper_id for each in payouts],
        [each.id for each in payouts],
        [each.moves - 1 for each in payouts],
        came_from,
        [each.state.value for each in payouts],
        [each.reason for each in payouts],
    )
    await connection.exec_driver_sql(_MOVES, (actor.operator_id, *common, actor.name, now))
    details = [
        {"shopper": show("shp", each.shopper_id), "asset": each.asset, "amount": each.amount, "rail": each.rail.value}
        | ({} if each.reason is None else {"reason": each.reason})
        for each in payouts
    ]
    lines = (
        [uuid7(now) for _ in payouts],
        [f"payout.{each.state.value}" for each in payouts],
        [each.ref for each in payouts],
        [msgspec.json.encode(each).decode() for each in details],
    )
    await connection.exec_driver_sql(_LOG, (actor.operator_id, now, actor.name, *lines))
    await notifications.tell(
        connection, actor.operator_id, [_notice(each) for each in payouts if each.state in _TOLD], now
    )
    told = [_event(type_, each, now) for each in payouts if (type_ := _EVENTS.get(each.state)) is not None]
    await events.tell(connection, actor.operator_id, told, now)


def _event(type_: str, payout: Payout, now: datetime) -> Message:
    return event(
        type_,
        f"{payout.id.hex}:{payout.moves - 1}",
        now,
        of=payout.shopper_id,
        payout=payout.ref,
        shopper=show("shp", payout.shopper_id),
        asset=payout.asset,
        amount=payout.amount,
        state=payout.state.value,
    )


def _notice(payout: Payout) -> Notice:
    params: dict[str, str | int] = {"asset": payout.asset, "amount": payout.amount, "reason": payout.reason or ""}
    return Notice(payout.shopper_id, f"payout:{payout.id.hex}:{payout.moves - 1}", f"payout_{payout.state}", params)


def _columns(payouts: Sequence[Payout]) -> tuple[list[object], ...]:
    return (
        [each.shopper_id for each in payouts],
        [each.id for each in payouts],
        [each.moves for each in payouts],
        [each.state.value for each in payouts],
        [each.reason for each in payouts],
        [each.next_at for each in payouts],
        [each.attempt for each in payouts],
        [each.first_sent_at for each in payouts],
        [each.rail_ref for each in payouts],
        [each.batch_id for each in payouts],
        [each.counted_on for each in payouts],
    )


def _begin_columns(payouts: Sequence[Payout]) -> tuple[list[object], ...]:
    return (
        [each.shopper_id for each in payouts],
        [each.id for each in payouts],
        [each.key for each in payouts],
        [each.digest for each in payouts],
        [each.asset for each in payouts],
        [each.amount for each in payouts],
        [each.rail.value for each in payouts],
        [each.account_id for each in payouts],
        [each.requested_by for each in payouts],
        [each.requested_at for each in payouts],
    )


# A payout is moved from where it was read: by its number of moves nobody can have been in between.
_WRITE = """
UPDATE payouts p SET moves = t.moves, state = t.state, reason = t.reason, next_at = t.next_at, attempt = t.attempt,
    first_sent_at = t.first_sent_at, rail_ref = t.rail_ref, batch_id = t.batch_id, counted_on = t.counted_on
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::timestamptz[], $8::int[], $9::timestamptz[],
    $10::text[], $11::uuid[], $12::date[])
    AS t (shopper_id, id, moves, state, reason, next_at, attempt, first_sent_at, rail_ref, batch_id, counted_on)
WHERE p.operator_id = $1 AND p.shopper_id = t.shopper_id AND p.id = t.id AND p.moves = t.moves - 1
"""

_BEGIN = """
INSERT INTO payouts (operator_id, shopper_id, id, key, digest, asset, amount, rail, account_id, state, requested_by,
    requested_at)
SELECT $1, t.shopper_id, t.id, t.key, t.digest, t.asset, t.amount, t.rail, t.account_id, 'requested', t.requested_by,
    t.requested_at
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::bigint[], $8::text[], $9::uuid[],
    $10::text[], $11::timestamptz[])
    AS t (shopper_id, id, key, digest, asset, amount, rail, account_id, requested_by, requested_at)
"""

_MOVES = """
INSERT INTO payout_moves (operator_id, shopper_id, payout_id, number, from_state, to_state, reason, by, at)
SELECT $1, t.*, $8, $9 FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[]) AS t
"""

_LOG = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
SELECT $1, t.id, $2, $3, t.action, t.subject, t.detail::jsonb
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[]) AS t (id, action, subject, detail)
"""

_UNCOUNT = "UPDATE payout_days SET taken = taken - $4 WHERE operator_id = $1 AND asset = $2 AND day = $3"
