"""Human review: a contested decision, a queue with a deadline, an answer with a reason, two people above an amount.

The reviewer sees what was read, the points and the policy, and the shopper's own words; nothing that a card may not
look at. Overturning makes a new decision, by people, whose quote may be accepted. Never commits; the shopper is locked
first.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.clock import zulu
from cashback.db.engine import fetch
from cashback.decisions import ficp, people, rulebooks
from cashback.decisions.again import case_again
from cashback.decisions.asking import digest_of, find, keep, lock, read, require_asker
from cashback.decisions.schemas import Decided, Review, ReviewReason, ReviewState
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show, uuid7
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.programmes import audit_log
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers.service import require
from eligibility import Outcome, decide, read_application
from issuers.card_numbers import mask_text
from webhooks.sealing import SealingKey, context

WORDS_MAX = 4000
"""Of the shopper."""
ANSWER_MAX = 500
PAGE = 50

COLUMNS = """shopper_id, id, decision_id, state, asked_at, due_at, plan, assigned_to, reason, words, answered_by,
    answered_at, second_by, second_words, new_decision_id"""
_ASK = """
INSERT INTO decision_reviews (operator_id, shopper_id, id, decision_id, state, asked_at, due_at, sealed)
VALUES ($1, $2, $3, $4, 'open', $5, $6, $7) ON CONFLICT (shopper_id, decision_id) DO NOTHING
"""
_BY_ID = f"SELECT {COLUMNS} FROM decision_reviews WHERE operator_id = $1 AND id = $2"  # noqa: S608 - built from constants
_OF_DECISION = f"""
SELECT {COLUMNS} FROM decision_reviews WHERE shopper_id = $1 AND decision_id = $2
"""  # noqa: S608 - built from constants
_QUEUE = f"""
SELECT {COLUMNS} FROM decision_reviews WHERE operator_id = $1 AND state IN ('open', 'waiting')
    AND ($2::timestamptz IS NULL OR (due_at, id) > ($2, $3::uuid))
ORDER BY due_at, id LIMIT $4
"""  # noqa: S608 - built from constants
_ANSWERED = f"""
SELECT {COLUMNS} FROM decision_reviews WHERE operator_id = $1 AND state IN ('upheld', 'overturned')
    AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""  # noqa: S608 - built from constants
_WORDS = "SELECT sealed FROM decision_reviews WHERE shopper_id = $1 AND id = $2"
_ASSIGN = "UPDATE decision_reviews SET assigned_to = $3 WHERE shopper_id = $1 AND id = $2"
_ANSWER = """
UPDATE decision_reviews SET state = $3, plan = $4, reason = $5, words = $6, answered_by = $7, answered_at = $8,
    new_decision_id = $9
WHERE shopper_id = $1 AND id = $2
"""
_SECOND = """
UPDATE decision_reviews SET state = $3, second_by = $4, second_words = $5, new_decision_id = $6
WHERE shopper_id = $1 AND id = $2
"""


async def contest(
    connection: AsyncConnection, master: SealingKey, actor: Actor, decision_id: UUID, words: str, now: datetime
) -> Review:
    """Ask for people to look at a decision; asked again with the same words or none, it is the same review.

    Raises NotFound; Invalid for words that are too long; Conflict: there is nothing to contest, or it is contested
    already with other words, which are those that are kept.
    """
    decided = await find(connection, actor, decision_id)
    require_asker(actor, decided.shopper_id)
    if len(words) > WORDS_MAX:
        raise Invalid(f"the words have at most {WORDS_MAX} characters, got {len(words)}", code="too_large")
    await lock(connection, decided.shopper_id)
    answered = await read(connection, actor.operator_id, decided)
    value = msgspec.json.decode(answered.record)
    if not value["automated"] or all(each["eligible"] for each in value["plans"]):
        raise Conflict(f"every plan of {decided.ref} is open: there is nothing to contest", code="nothing_to_contest")
    conduct = (await rulebooks.in_force(connection, actor.operator_id, now)).conduct
    review_id = uuid7(now)
    sealed = master.seal(mask_text(words).encode(), place_of(actor.operator_id, decided.shopper_id, review_id))
    due_at = now + timedelta(days=conduct.review_days)
    row = (actor.operator_id, decided.shopper_id, review_id, decided.id, now, due_at, sealed)
    if (await connection.exec_driver_sql(_ASK, row)).rowcount:
        detail = {"decision": decided.ref, "due_at": zulu(due_at)}
        await audit_log.record(connection, actor, "decision_review.requested", show("rev", review_id), detail, now)
        await _tell(connection, actor, decided, review_id, ReviewState.OPEN, "requested", now)
        params = {**_params(decided, show("rev", review_id)), "day": due_at.date().isoformat()}
        notice = Notice(decided.shopper_id, f"review:{review_id.hex}:received", "review_received", params)
        await notifications.tell(connection, actor.operator_id, [notice], now)
    review = await of_decision(connection, decided)
    assert review is not None
    if words and await words_of(connection, master, actor, review) != mask_text(words):
        answered_already = review.state in (ReviewState.UPHELD, ReviewState.OVERTURNED)
        raise Conflict(
            f"{decided.ref} is contested already ({review.ref}, {review.state.value}): the words that came with it "
            "stand, and these were not kept",
            code="already_answered" if answered_already else "review_open",
        )
    return review


async def queue(
    connection: AsyncConnection, actor: Actor, after: tuple[datetime, UUID] | None = None, limit: int = PAGE
) -> list[Review]:
    """Reviews that wait, the most urgent first; `after`: deadline and id of the last one of the page before."""
    require(actor, Scope.REVIEWS)
    return [
        review_from(row)
        for row in await fetch(connection, _QUEUE, (actor.operator_id, *(after or (None, None)), limit))
    ]


async def answered(connection: AsyncConnection, actor: Actor, after: UUID | None, limit: int) -> list[Review]:
    """Reviews that were answered, the last asked for first, behind the one of this id."""
    require(actor, Scope.REVIEWS)
    return [review_from(row) for row in await fetch(connection, _ANSWERED, (actor.operator_id, after, limit))]


async def one(
    connection: AsyncConnection, master: SealingKey, actor: Actor, review_id: UUID
) -> tuple[Review, str, Decided, bytes]:
    """A review, the shopper's words, the decision it is about, and that decision's record."""
    require(actor, Scope.REVIEWS)
    review = await _stored(connection, actor, review_id)
    words = await words_of(connection, master, actor, review)
    decided = await find(connection, actor, review.decision_id)
    return review, words, decided, (await read(connection, actor.operator_id, decided)).record


async def assign(connection: AsyncConnection, actor: Actor, review_id: UUID, to: str, now: datetime) -> Review:
    """Say who looks at it; Conflict once it is answered."""
    review = await _to_answer(connection, actor, review_id, "assigned")
    await connection.exec_driver_sql(_ASSIGN, (review.shopper_id, review.id, to))
    await audit_log.record(connection, actor, "decision_review.assigned", review.ref, {"to": to}, now)
    return await _stored(connection, actor, review_id)


async def uphold(
    connection: AsyncConnection, actor: Actor, review_id: UUID, reason: ReviewReason, words: str, now: datetime
) -> Review:
    """The decision stands; the shopper is told what was checked."""
    review = await _to_answer(connection, actor, review_id, words)
    if reason.overturns:
        raise Invalid(f"{reason.value} is a reason to overturn, not to uphold", code="wrong_reason")
    if review.state is ReviewState.WAITING:
        return await _answer_second(connection, actor, review, ReviewState.UPHELD, words, None, now)
    row = (review.shopper_id, review.id, "upheld", None, reason.value, words.strip(), actor.name, now, None)
    await connection.exec_driver_sql(_ANSWER, row)
    return await _told(connection, actor, review, ReviewState.UPHELD, reason, now)


async def overturn(
    connection: AsyncConnection,
    snapshot: Snapshot,
    master: SealingKey,
    actor: Actor,
    review_id: UUID,
    *,
    plan: str,
    reason: ReviewReason,
    words: str,
    now: datetime,
) -> Review:
    """Open a plan that was refused: at once, or, above the operator's amount, once a second person agrees.

    Raises Invalid: a reason that does not overturn, or a plan the decision was not about; Conflict: answered before, or
    the law or the lender stands against the plan.
    """
    review = await _to_answer(connection, actor, review_id, words)
    if review.state is ReviewState.WAITING:
        raise Conflict(f"{review.ref} waits for a second person: agree or uphold", code="waiting_for_second")
    if not reason.overturns:
        raise Invalid(f"{reason.value} is a reason to uphold, not to overturn", code="wrong_reason")
    decided = await find(connection, actor, review.decision_id)
    conduct = (await rulebooks.in_force(connection, actor.operator_id, now)).conduct
    alone = decided.amount_minor <= conduct.second_person_above_minor
    state = ReviewState.OVERTURNED if alone else ReviewState.WAITING
    made = await _decide(
        connection, snapshot, master, actor, review, decided, plan, reason, (actor.name,), now, keeps=alone
    )
    row = (review.shopper_id, review.id, state.value, plan, reason.value, words.strip(), actor.name, now, made)
    await connection.exec_driver_sql(_ANSWER, row)
    if alone:
        return await _told(connection, actor, review, state, reason, now)
    detail = {"plan": plan, "reason": reason.value}
    await audit_log.record(connection, actor, "decision_review.second_person_asked", review.ref, detail, now)
    return await _stored(connection, actor, review_id)


async def agree(
    connection: AsyncConnection,
    snapshot: Snapshot,
    master: SealingKey,
    actor: Actor,
    review_id: UUID,
    words: str,
    now: datetime,
) -> Review:
    """A second person agrees to overturn. Raises Forbidden: they are the first; Conflict: nobody is waited for."""
    review = await _to_answer(connection, actor, review_id, words)
    if review.state is not ReviewState.WAITING or review.plan is None or review.reason is None:
        raise Conflict(f"{review.ref} is {review.state}: no second person is waited for", code="not_waiting")
    _refuse_the_first(actor, review)
    decided = await find(connection, actor, review.decision_id)
    chain = (review.answered_by or "", actor.name)
    made = await _decide(
        connection, snapshot, master, actor, review, decided, review.plan, review.reason, chain, now, keeps=True
    )
    return await _answer_second(connection, actor, review, ReviewState.OVERTURNED, words, made, now)


async def _decide(
    connection: AsyncConnection,
    snapshot: Snapshot,
    master: SealingKey,
    actor: Actor,
    review: Review,
    decided: Decided,
    plan: str,
    reason: ReviewReason,
    reviewers: tuple[str, ...],
    now: datetime,
    *,
    keeps: bool,
) -> UUID | None:
    """The decision by people, kept if `keeps`; what cannot be overruled is refused either way."""
    contested = await read(connection, actor.operator_id, decided)
    told = read_application(msgspec.json.decode(contested.record)["application"])
    terms = next((each for each in told.plans if each.id == plan), None)
    if terms is None:
        known = ", ".join(each.id for each in told.plans)
        raise Invalid(f"{decided.ref} has no plan {plan[:40]!r}, expected one of {known}", code="no_quote")
    key = f"review:{review.id.hex}"
    case = await case_again(connection, snapshot, master, actor, decided, told, terms, decided.amount_minor, key, now)
    decision_id, hours = uuid7(now), case.force.conduct.ficp_valid_hours
    consulted = await ficp.newest(connection, actor.operator_id, case.shopper_id, valid_hours=hours, now=now)
    application = case.application(decision_id, consulted, now)
    judged = decide(case.force.rulebook, application)
    codes = people.against(judged, plan)
    if set(codes) & people.BY_LAW:
        barred = ", ".join(sorted(set(codes) & people.BY_LAW))
        raise Conflict(f"no reviewer can overrule {barred}", code="by_law")
    if not keeps:
        return None
    overturned = people.Overturned(review.ref, decided.ref, plan, reason.value, reviewers, codes)
    record = people.record_of(case.force.rulebook, application, overturned.written())
    score = judged.score
    made = Decided(
        shopper_id=case.shopper_id,
        id=decision_id,
        key=case.asked.key,
        digest=digest_of(case.asked, case.shopper_id),
        decided_at=now,
        outcome=Outcome.ELIGIBLE.value,
        expires_at=now + timedelta(days=case.force.conduct.overturned_valid_days),
        amount_minor=decided.amount_minor,
        currency=decided.currency,
        shop_id=decided.shop_id,
        purchase_id=decided.purchase_id,
        card_id=case.card.card_id,
        discovery=False,
        score=None if score is None else score.value,
        band="none" if score is None else score.band,
        pauses=False,
        earlier_id=decided.id,
    )
    await keep(connection, actor, case, made, record, now, automated=False)
    return decision_id


async def _answer_second(
    connection: AsyncConnection,
    actor: Actor,
    review: Review,
    state: ReviewState,
    words: str,
    made: UUID | None,
    now: datetime,
) -> Review:
    _refuse_the_first(actor, review)
    row = (review.shopper_id, review.id, state.value, actor.name, words.strip(), made)
    await connection.exec_driver_sql(_SECOND, row)
    assert review.reason is not None
    return await _told(connection, actor, review, state, review.reason, now)


def _refuse_the_first(actor: Actor, review: Review) -> None:
    if actor.name == review.answered_by:
        raise Forbidden("a second person decides on an overturn above the amount", code="four_eyes")


async def _told(
    connection: AsyncConnection, actor: Actor, review: Review, state: ReviewState, reason: ReviewReason, now: datetime
) -> Review:
    """Write down, tell the shopper, tell the outside."""
    decided = await find(connection, actor, review.decision_id)
    detail = {"decision": decided.ref, "reason": reason.value}
    await audit_log.record(connection, actor, f"decision_review.{state.value}", review.ref, detail, now)
    params = _params(decided, review.ref)
    notice = Notice(review.shopper_id, f"review:{review.id.hex}:{state.value}", f"review_{state.value}", params)
    await notifications.tell(connection, actor.operator_id, [notice], now)
    await _tell(connection, actor, decided, review.id, state, "answered", now)
    return await _stored(connection, actor, review.id)


def _params(decided: Decided, review: str) -> dict[str, str | int]:
    return {"asset": decided.currency, "amount": decided.amount_minor, "review": review, "decision": decided.ref}


async def _tell(
    connection: AsyncConnection,
    actor: Actor,
    decided: Decided,
    review_id: UUID,
    state: ReviewState,
    what: str,
    now: datetime,
) -> None:
    told = event(
        f"decision_review.{what}",
        review_id.hex,
        now,
        of=decided.shopper_id,
        review=show("rev", review_id),
        decision=decided.ref,
        shopper=show("shp", decided.shopper_id),
        state=state.value,
    )
    await events.tell(connection, actor.operator_id, [told], now)


async def of_decision(connection: AsyncConnection, decided: Decided) -> Review | None:
    """The review of a decision, if it is contested."""
    rows = await fetch(connection, _OF_DECISION, (decided.shopper_id, decided.id))
    return review_from(rows[0]) if rows else None


async def words_of(connection: AsyncConnection, master: SealingKey, actor: Actor, review: Review) -> str:
    """What the shopper wrote. Who may read it is the caller's to know."""
    ((sealed,),) = await fetch(connection, _WORDS, (review.shopper_id, review.id))
    return master.open(sealed, place_of(actor.operator_id, review.shopper_id, review.id)).decode()


async def _to_answer(connection: AsyncConnection, actor: Actor, review_id: UUID, words: str) -> Review:
    """The review under its shopper's lock. Raises Conflict: it was answered before."""
    require(actor, Scope.REVIEWS)
    if not 1 <= len(words.strip()) <= ANSWER_MAX:
        raise Invalid(f"say what was checked in 1 to {ANSWER_MAX} characters", code="words")
    await lock(connection, (await _stored(connection, actor, review_id)).shopper_id)
    review = await _stored(connection, actor, review_id)
    if review.state not in (ReviewState.OPEN, ReviewState.WAITING):
        raise Conflict(f"{review.ref} is {review.state.value} already", code="already_answered")
    return review


async def _stored(connection: AsyncConnection, actor: Actor, review_id: UUID) -> Review:
    rows = await fetch(connection, _BY_ID, (actor.operator_id, review_id))
    if not rows:
        raise NotFound(f"there is no review {show('rev', review_id)}", code="unknown_review")
    return review_from(rows[0])


def review_from(row: Any) -> Review:
    values = list(row)
    values[3] = ReviewState(values[3])
    values[8] = None if values[8] is None else ReviewReason(values[8])
    return Review(*values)


def place_of(operator_id: UUID, shopper_id: UUID, review_id: UUID) -> bytes:
    return context(operator_id.bytes, b"decision_reviews", shopper_id.bytes, review_id.bytes)
