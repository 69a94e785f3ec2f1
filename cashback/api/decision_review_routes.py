"""The HTTP API of human review: contest a decision, the queue with its deadlines, answers with reasons.

The reviewer sees what was read, the points, the policy and the shopper's words.
"""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from cashback.actors import Scope
from cashback.api.paging import Asked as AskedPage
from cashback.api.routes import AtDesk, Desk
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import transaction
from cashback.decisions import monitoring, reviewing
from cashback.decisions.reviewing import ANSWER_MAX, WORDS_MAX
from cashback.decisions.schemas import Review, ReviewReason
from cashback.errors import NotFound
from cashback.ids import parse, show
from cashback.paging import listing
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")

_Words = Annotated[str, Field(min_length=1, max_length=ANSWER_MAX, description="What was checked, in words")]


class ContestBody(Taken):
    """The shopper's own point of view."""

    words: Annotated[str, Field(max_length=WORDS_MAX)] = ""


class AssignBody(Taken):
    """Who looks at it."""

    to: Annotated[str, Field(min_length=1, max_length=80)]


class UpholdBody(Taken):
    """The decision stands."""

    reason: ReviewReason
    words: _Words


class OverturnBody(UpholdBody):
    """A plan that was refused is open."""

    plan: Annotated[str, Field(min_length=1, max_length=40)]


class AgreeBody(Taken):
    """A second person agrees."""

    words: _Words


@router.post("/decisions/{decision}/review", status_code=201, summary="Contest a decision")
async def contest(decision: str, body: ContestBody, desk: AtDesk) -> dict[str, Any]:
    """People look at it within the stated days; asked again it is the same review."""
    require(desk.caller, Scope.SHOPPERS)
    decision_id = _id("dec", decision, "decision")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        review = await reviewing.contest(
            connection, desk.runtime.keyring.master, desk.caller, decision_id, body.words, desk.now()
        )
    return _review(review)


@router.get("/decision-reviews", summary="Contested decisions that wait, the most urgent first")
async def queue(desk: AtDesk, paging: AskedPage) -> dict[str, Any]:
    """A page of them, each with its deadline."""
    require(desk.caller, Scope.REVIEWS)
    place = listing("decision-reviews")
    last = paging.after(place, datetime, UUID)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await reviewing.queue(connection, desk.caller, last, limit=paging.wanted)
    shown, cut = paging.cut(place, found, lambda each: (each.due_at, each.id))
    return cut.told([{**_review(each), "late": each.due_at < desk.now()} for each in shown])


@router.get("/decision-reviews/figures", summary="How often people decide otherwise, and why")
async def figures(desk: AtDesk) -> dict[str, Any]:
    """Reviews by state and reason, and what is late."""
    require(desk.caller, Scope.REVIEWS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return await monitoring.review_figures(connection, desk.caller.operator_id, desk.now())


@router.get("/decision-reviews/{review}", summary="One contested decision, with everything it was made by")
async def one(review: str, desk: AtDesk) -> dict[str, Any]:
    """The shopper's words, and the record: inputs, points, rules, reasons."""
    require(desk.caller, Scope.REVIEWS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found, words, _, record = await reviewing.one(
            connection, desk.runtime.keyring.master, desk.caller, _id("rev", review, "review")
        )
    return {**_review(found), "shopper_words": words, "record": json.loads(record)}


@router.post("/decision-reviews/{review}/assign", summary="Say who looks at it")
async def assign(review: str, body: AssignBody, desk: AtDesk) -> dict[str, Any]:
    """The one who is named stands beside it in the queue."""
    require(desk.caller, Scope.REVIEWS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        review_id = _id("rev", review, "review")
        return _review(await reviewing.assign(connection, desk.caller, review_id, body.to, desk.now()))


@router.post("/decision-reviews/{review}/uphold", summary="The decision stands")
async def uphold(review: str, body: UpholdBody, desk: AtDesk) -> dict[str, Any]:
    """The shopper is told that people looked again."""
    require(desk.caller, Scope.REVIEWS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        review_id = _id("rev", review, "review")
        return _review(await reviewing.uphold(connection, desk.caller, review_id, body.reason, body.words, desk.now()))


@router.post("/decision-reviews/{review}/overturn", summary="Open a plan that was refused")
async def overturn(review: str, body: OverturnBody, desk: AtDesk) -> dict[str, Any]:
    """At once, or, above the operator's amount, once a second person agrees."""
    require(desk.caller, Scope.REVIEWS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        return _review(
            await reviewing.overturn(
                connection,
                snapshot,
                desk.runtime.keyring.master,
                desk.caller,
                _id("rev", review, "review"),
                plan=body.plan,
                reason=body.reason,
                words=body.words,
                now=desk.now(),
            )
        )


@router.post("/decision-reviews/{review}/agree", summary="A second person agrees to overturn")
async def agree(review: str, body: AgreeBody, desk: AtDesk) -> dict[str, Any]:
    """The plan is open from now on."""
    require(desk.caller, Scope.REVIEWS)
    return await _agree(desk, _id("rev", review, "review"), body.words)


async def _agree(desk: Desk, review_id: UUID, words: str) -> dict[str, Any]:
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        master = desk.runtime.keyring.master
        return _review(await reviewing.agree(connection, snapshot, master, desk.caller, review_id, words, desk.now()))


def _id(prefix: str, text: str, what: str) -> UUID:
    try:
        return parse(prefix, text)
    except ValueError:
        raise NotFound(f"there is no {what} {text[:64]!r}", code=f"unknown_{what}") from None


def _review(review: Review) -> dict[str, Any]:
    return {
        "id": review.ref,
        "decision_id": show("dec", review.decision_id),
        "shopper": show("shp", review.shopper_id),
        "state": review.state.value,
        "asked_at": zulu(review.asked_at),
        "due_at": zulu(review.due_at),
        "assigned_to": review.assigned_to,
        "plan": review.plan,
        "reason": None if review.reason is None else review.reason.value,
        "words": review.words,
        "answered_by": review.answered_by,
        "answered_at": zulu_or_none(review.answered_at),
        "second_by": review.second_by,
        "new_decision_id": None if review.new_decision_id is None else show("dec", review.new_decision_id),
    }
