"""The only way to change an offer by hand: write a draft, have it approved by another person, pause, end, stop.

Every command takes the programme's lock, names the revision that its caller saw, appends one move (or one revision),
writes one line of the audit log, and raises the programme's revision when an interval changes. What is refused writes
nothing: Forbidden, NotFound `unknown_offer`, Invalid, or Conflict with the codes `offer_revision` (something happened
since), `offer_move` (not from here) and `offer_stale` (written over what is no longer live).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Conflict, Invalid
from cashback.ids import uuid7
from cashback.offers import journal
from cashback.offers.changes import difference
from cashback.offers.commands import (
    Case,
    Done,
    close,
    lock,
    move_draft,
    move_version,
    open_case,
    refuse_own_work,
    refuse_unseen,
    tell,
)
from cashback.offers.journal import History, NewMove
from cashback.offers.life import Move
from cashback.offers.service import add_version, refuse_another_asset, set_interval
from cashback.offers.terms import Terms
from cashback.programmes.service import require_programme_scope

SaveBudgets = Callable[[AsyncConnection, UUID, Mapping[str, Terms]], Awaitable[None]]
"""Gives offers with a budget their quotas; Invalid when a budget is below what was granted."""


async def revise(
    connection: AsyncConnection, actor: Actor, code: str, terms: Terms, *, expected_revision: int, now: datetime
) -> Done:
    """Write a revision: of the draft that is open, else the first of a new one. A submitted draft is withdrawn by it.

    `terms` were read against the programme. `expected_revision` is 0 for a code that was never used.
    """
    require_programme_scope(actor)
    await lock(connection, actor)
    history = await journal.find_history(connection, actor.operator_id, code)
    if history is None:
        history = History(uuid7(now), code, (), (), ())
        refuse_unseen(history, expected_revision)
        await journal.add_offer(connection, actor.operator_id, history.offer_id, code)
    else:
        refuse_unseen(history, expected_revision)
        if history.versions:
            refuse_another_asset(code, history.versions[-1].terms, terms)
    case = Case(connection, actor, now, history, history.standing(now))
    before = history.draft[-1] if history.draft else None
    changes = difference(None if before is None else before.terms, terms)
    to_live = difference(None if case.live is None else case.live.terms, terms)
    await journal.append_revision(
        connection,
        actor.operator_id,
        history.offer_id,
        draft=None if before is None else before.draft,
        terms=terms,
        base=case.live,
        changes=changes,
        changes_to_live=to_live,
        author=actor.name,
        now=now,
    )
    revision = history.revision + 1
    await tell(case, Move.REVISE, {"revision": revision, "changes": changes, "changes_to_live": to_live})
    return Done(revision, changes, to_live)


async def submit(
    connection: AsyncConnection,
    actor: Actor,
    code: str,
    *,
    expected_revision: int,
    now: datetime,
    comment: str | None = None,
) -> Done:
    """Ask for another person's approval of the newest revision, with a word to that person."""
    case = await open_case(connection, actor, code, Move.SUBMIT, now, expected_revision, comment)
    return await move_draft(case, Move.SUBMIT, comment)


async def request_changes(
    connection: AsyncConnection, actor: Actor, code: str, *, reason: str, expected_revision: int, now: datetime
) -> Done:
    """Send a submitted draft back; its next revision makes it a draft again."""
    case = await open_case(connection, actor, code, Move.REQUEST_CHANGES, now, expected_revision, reason)
    return await move_draft(case, Move.REQUEST_CHANGES, reason)


async def reject(
    connection: AsyncConnection, actor: Actor, code: str, *, reason: str, expected_revision: int, now: datetime
) -> Done:
    """Close a submitted draft; nothing comes of it."""
    case = await open_case(connection, actor, code, Move.REJECT, now, expected_revision, reason)
    return await move_draft(case, Move.REJECT, reason)


async def approve(
    connection: AsyncConnection,
    actor: Actor,
    code: str,
    *,
    expected_revision: int,
    now: datetime,
    save_budgets: SaveBudgets,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    comment: str | None = None,
) -> Done:
    """Make the submitted draft a version that begins at `starts_at`, or now; the one before ends where it begins.

    Refuses whoever wrote a revision of the draft or submitted it (Forbidden `four_eyes`).
    """
    case = await open_case(connection, actor, code, Move.APPROVE, now, expected_revision, comment)
    history, live, draft = case.history, case.live, case.history.draft
    begins = now if starts_at is None else max(now, starts_at)
    refuse_own_work(case, draft)
    if ends_at is not None and ends_at <= begins:
        raise Invalid(
            f"offer {code} would end at {ends_at.isoformat()}, expected an instant after its beginning at "
            f"{begins.isoformat()}",
            code="ends_at",
        )
    terms = draft[-1].terms
    if history.versions:
        refuse_another_asset(code, history.versions[-1].terms, terms)
    budgets = {terms.budget, None if live is None else live.terms.budget}
    if begins > now and len(budgets) > 1 and None not in budgets:
        raise Invalid(
            f"the budget of offer {code} counts for all its versions and would change before {begins.isoformat()}: "
            "approve it without a beginning, or keep the budget",
            code="offer_budget",
        )
    replaced = live if live is not None and (live.live_until is None or begins < live.live_until) else None
    if replaced is not None:
        await set_interval(connection, actor, history.offer_id, replaced.version, until=begins)
    version = case.next_version
    await add_version(connection, actor, history.offer_id, version, terms, begins, ends_at, now)
    await save_budgets(connection, actor.operator_id, {code: terms})
    move = NewMove(
        history.offer_id,
        Move.APPROVE,
        version=version,
        replaced=None if replaced is None else replaced.version,
        planned_until=None if replaced is None else replaced.live_until,
        reason=comment,
    )
    detail = {
        "live_from": begins,
        "live_until": ends_at,
        "authors": sorted({each.author for each in draft}),
        "changes": difference(None if live is None else live.terms, terms),
    }
    return await move_version(case, [move], detail, live_from=begins)


async def pause(
    connection: AsyncConnection,
    actor: Actor,
    code: str,
    *,
    expected_revision: int,
    now: datetime,
    reason: str | None = None,
) -> Done:
    """Close the live interval now, to be resumed with the same terms."""
    case = await open_case(connection, actor, code, Move.PAUSE, now, expected_revision, reason)
    return await move_version(case, [await close(case, Move.PAUSE, reason)], {})


async def end(
    connection: AsyncConnection,
    actor: Actor,
    code: str,
    *,
    expected_revision: int,
    now: datetime,
    reason: str | None = None,
) -> Done:
    """Close the live interval now for good; a paused offer stays closed."""
    case = await open_case(connection, actor, code, Move.END, now, expected_revision, reason)
    return await move_version(case, [await close(case, Move.END, reason)], {}, intervals=case.live is not None)


async def resume(
    connection: AsyncConnection, actor: Actor, code: str, *, expected_revision: int, now: datetime
) -> Done:
    """Go on with the paused terms as a new version, until the end that was planned before the pause."""
    case = await open_case(connection, actor, code, Move.RESUME, now, expected_revision)
    paused = case.history.version(case.standing.last)
    assert paused is not None
    planned = [each.planned_until for each in case.history.moves if each.version == paused.version][-1]
    if planned is not None and planned <= now:
        raise Conflict(
            f"offer {code} was to end at {planned.isoformat()}, which has passed while it was paused: "
            "write a draft and have it approved with another end",
            code="offer_over",
        )
    version = case.next_version
    await add_version(connection, actor, case.history.offer_id, version, paused.terms, now, planned, now)
    move = NewMove(case.history.offer_id, Move.RESUME, version=version)
    return await move_version(case, [move], {"live_from": now, "live_until": planned}, live_from=now)


async def cancel(
    connection: AsyncConnection, actor: Actor, code: str, *, expected_revision: int, now: datetime
) -> Done:
    """Withdraw the version that is to begin; the one that it was to replace stays live as it was."""
    case = await open_case(connection, actor, code, Move.CANCEL, now, expected_revision)
    history, upcoming = case.history, case.standing.upcoming
    opened = next(each for each in history.moves if each.version == upcoming)
    await set_interval(connection, actor, history.offer_id, upcoming, since=now, until=now)
    if opened.replaced is not None:
        await set_interval(connection, actor, history.offer_id, opened.replaced, until=opened.planned_until)
    move = NewMove(history.offer_id, Move.CANCEL, version=upcoming, replaced=opened.replaced)
    return await move_version(case, [move], {})


async def stop(
    connection: AsyncConnection,
    actor: Actor,
    code: str,
    *,
    reason: str,
    now: datetime,
    expected_revision: int | None = None,
) -> Done:
    """Emergency: close what is live and cancel what is to come, now. One person; no revision has to be named."""
    case = await open_case(connection, actor, code, Move.STOP, now, expected_revision, reason)
    moves: list[NewMove] = []
    upcoming = case.standing.upcoming
    if upcoming is not None:
        await set_interval(connection, actor, case.history.offer_id, upcoming, since=now, until=now)
        made = Move.STOP if case.live is None else Move.CANCEL
        moves.append(NewMove(case.history.offer_id, made, version=upcoming, reason=reason))
    if case.live is not None:
        moves.append(await close(case, Move.STOP, reason))
    return await move_version(case, moves, {})
