"""What every command on an offer begins and ends with: lock, read, refuse; append the move, audit, raise the revision.

The commands themselves are in `cashback.offers.drafts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.offers import journal
from cashback.offers.changes import difference
from cashback.offers.journal import History, NewMove, Revision, Version
from cashback.offers.life import DEEDS, DRAFT_MOVES, OF_DRAFTS, STATUS_MOVES, DraftState, Move, Standing
from cashback.offers.service import set_interval
from cashback.programmes.audit_log import record
from cashback.programmes.service import bump_revision, lock_programme, no_programme

REASON_MAX = 500
_ANSWERED = frozenset({Move.APPROVE, Move.REQUEST_CHANGES, Move.REJECT})
"""Moves of those who may approve."""
_WITH_REASON = frozenset({Move.REQUEST_CHANGES, Move.REJECT, Move.STOP})


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did."""

    revision: int
    """The offer's revision now: what the next command names."""
    changes: tuple[str, ...] = ()
    """Of a revision: the difference to the one before."""
    changes_to_live: tuple[str, ...] = ()
    """Of a revision: the difference to what is live."""
    version: int | None = None
    """The version that was opened, closed or cancelled."""
    live_from: datetime | None = None
    """When the version that was opened begins."""


@dataclass(frozen=True, slots=True)
class Case:
    """A command that is not refused so far: under the lock, with all that it needs to decide."""

    connection: AsyncConnection
    actor: Actor
    now: datetime
    history: History
    standing: Standing

    @property
    def live(self) -> Version | None:
        """The version by which purchases of now are judged."""
        return self.history.version(self.standing.live)

    @property
    def next_version(self) -> int:
        """The number of the version that would be opened."""
        return max((each.version for each in self.history.versions), default=0) + 1


async def open_case(
    connection: AsyncConnection,
    actor: Actor,
    code: str,
    move: Move,
    now: datetime,
    expected_revision: int | None,
    reason: str | None = None,
) -> Case:
    """Take the lock, and refuse what the scope, the revision, the tables of moves or the reason refuse."""
    _refuse_without_scope(actor, move)
    if move in _WITH_REASON and not (reason or "").strip():
        raise Invalid(f"reason: expected why, in 1 to {REASON_MAX} characters", code="reason")
    if reason is not None and (len(reason) > REASON_MAX or not reason.isprintable()):
        raise Invalid(f"reason: expected at most {REASON_MAX} printable characters", code="reason")
    await lock(connection, actor)
    history = await journal.find_history(connection, actor.operator_id, code)
    if history is None:
        raise unknown_offer(code)
    case = Case(connection, actor, now, history, history.standing(now))
    if move is Move.APPROVE and history.draft_state is DraftState.SUBMITTED:
        _refuse_stale(case)
    if expected_revision is not None:
        refuse_unseen(history, expected_revision)
    if move in OF_DRAFTS and move not in DRAFT_MOVES[history.draft_state]:
        state = "no draft" if history.draft_state is None else f"a draft that is {history.draft_state}"
        possible = ", ".join(DRAFT_MOVES[history.draft_state])
        raise Conflict(f"offer {code} has {state}: {move.value} is not possible, only {possible}", code="offer_move")
    if (move is Move.APPROVE or move not in OF_DRAFTS) and move not in STATUS_MOVES[case.standing.status]:
        possible = ", ".join(sorted(STATUS_MOVES[case.standing.status]))
        raise Conflict(
            f"offer {code} is {case.standing.status.value}: {move.value} is not possible, only {possible}",
            code="offer_move",
        )
    return case


def unknown_offer(code: str) -> NotFound:
    """There is no offer of this code, not even a draft."""
    return NotFound(f"there is no offer {code[:64]!r}", code="unknown_offer")


def scopes_for(move: Move) -> tuple[Scope, ...]:
    """Each of these scopes lets somebody make a move. A stop protects money and gives none away: who may put an offer
    in force may also take it out."""
    if move in _ANSWERED:
        return (Scope.APPROVAL,)
    return (Scope.PROGRAMME, Scope.APPROVAL) if move is Move.STOP else (Scope.PROGRAMME,)


def _refuse_without_scope(actor: Actor, move: Move) -> None:
    needed = scopes_for(move)
    if not any(actor.may(each) for each in needed):
        said = " or ".join(repr(each.value) for each in needed)
        what = "approve offers" if move in _ANSWERED else "change the programme"
        raise Forbidden(f"{actor.name} may not {what}: the scope {said} is needed", code="scope_missing")


def refuse_unseen(history: History, expected_revision: int) -> None:
    """Something happened that the caller has not read: Conflict, which says what."""
    if expected_revision != history.revision:
        since = f": {history.last_word()}" if history.revision else ": nobody has used this code yet"
        raise Conflict(
            f"offer {history.code} is at revision {history.revision}, not {expected_revision}{since}; "
            "read it again before you decide",
            code="offer_revision",
        )


def refuse_own_work(case: Case, draft: Sequence[Revision]) -> None:
    """Names are compared without their capitals, so that nobody becomes two people by typing."""
    name = case.actor.name.casefold()
    wrote = [each.revision for each in draft if each.author.casefold() == name]
    asked = [
        each.revision
        for each in case.history.moves
        if each.move is Move.SUBMIT and each.revision > draft[0].revision and each.actor.casefold() == name
    ]
    if wrote or asked:
        what = f"wrote revision {wrote[-1]} of" if wrote else "submitted"
        raise Forbidden(
            f"{case.actor.name} {what} this draft of offer {case.history.code}: another person approves it",
            code="four_eyes",
        )


def _refuse_stale(case: Case) -> None:
    """What was approved would not be the difference that its author and its approver have read."""
    newest, live = case.history.draft[-1], case.live
    if newest.base_digest == (None if live is None else live.digest):
        return
    base = case.history.version(newest.base_version)
    if live is None:
        changed = f"version {newest.base_version}, over which it was written, is no longer live"
    elif base is None:
        changed = f"no version was live when it was written, and version {live.version} by {live.author} is live now"
    else:
        changed = (
            f"it was written over version {base.version}, and version {live.version} by {live.author} is live now: "
            f"{'; '.join(difference(base.terms, live.terms))}"
        )
    raise Conflict(
        f"revision {newest.revision} of offer {case.history.code} cannot be approved: {changed}. "
        "Write the draft again over what is live",
        code="offer_stale",
    )


async def lock(connection: AsyncConnection, actor: Actor) -> None:
    """Keep every decision and every other change out; NotFound before the first programme file."""
    if await lock_programme(connection, actor.operator_id) is None:
        raise no_programme()


async def close(case: Case, move: Move, reason: str | None) -> NewMove:
    """Close the live interval now; of a paused offer the move alone is kept."""
    live, last = case.live, case.standing.last
    if live is not None:
        await set_interval(case.connection, case.actor, case.history.offer_id, live.version, until=case.now)
    return NewMove(
        case.history.offer_id,
        move,
        version=last if live is None else live.version,
        planned_until=None if live is None else live.live_until,
        reason=reason,
    )


async def move_draft(case: Case, move: Move, reason: str | None) -> Done:
    """Store a move of a draft, which changes nothing for shoppers."""
    made = NewMove(case.history.offer_id, move, reason=reason)
    await journal.append_moves(case.connection, case.actor.operator_id, [made], actor=case.actor.name, now=case.now)
    revision = case.history.revision + 1
    newest = case.history.draft[-1]
    detail = {"revision": revision, "of_revision": newest.revision, "changes_to_live": newest.changes_to_live}
    await tell(case, move, detail if reason is None else {**detail, "reason": reason})
    return Done(revision)


async def move_version(
    case: Case,
    moves: Sequence[NewMove],
    detail: Mapping[str, Any],
    *,
    live_from: datetime | None = None,
    intervals: bool = True,
) -> Done:
    """Store the moves, of which the last is the one that was asked for.

    When intervals moved, every snapshot of the programme is stale from the commit on.
    """
    operator_id, asked = case.actor.operator_id, moves[-1]
    await journal.append_moves(case.connection, operator_id, moves, actor=case.actor.name, now=case.now)
    revision = case.history.revision + len(moves)
    told = {"revision": revision, "version": asked.version, **detail}
    if intervals:
        told["programme_revision"] = await bump_revision(case.connection, operator_id)
    await tell(case, asked.move, told if asked.reason is None else {**told, "reason": asked.reason})
    return Done(revision, version=asked.version, live_from=live_from)


async def tell(case: Case, move: Move, detail: Mapping[str, Any]) -> None:
    """One line of the audit log."""
    await record(case.connection, case.actor, f"offer.{DEEDS[move]}", case.history.code, detail, case.now)
