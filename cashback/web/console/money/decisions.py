"""Contested decisions: the queue by deadline, one with everything it was made by, and the answers of people."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.decisions import monitoring, reviewing, rulebooks
from cashback.decisions.schemas import Review, ReviewReason, ReviewState
from cashback.errors import Invalid, ProductError
from cashback.ids import show
from cashback.insights import review_desk
from cashback.paging import Cut
from cashback.programmes import audit_log
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.money.book_views import shop_name
from cashback.web.console.money.decision_views import record_of
from cashback.web.console.people import people_of
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Filter,
    Row,
    Table,
    amount_cell,
    list_page,
    moment_cell,
    status_cell,
)
from cashback.web.forms import Fields, form_of, one
from cashback.web.statuses import Status

STATUSES = {
    "open": Status("reviews.state.open", "clock", "warn"),
    "late": Status("reviews.state.late", "triangle-alert", "neg"),
    "waiting": Status("reviews.state.waiting", "user", "warn"),
    "upheld": Status("reviews.state.upheld", "circle-check", "mute"),
    "overturned": Status("reviews.state.overturned", "undo-2", "pos"),
}
TABLE = Table(
    "decision-reviews",
    (
        Column("due_at", "reviews.col.due"),
        Column("asked_at", "reviews.col.asked"),
        Column("amount", "reviews.col.amount", number=True),
        Column("shop", "reviews.col.shop"),
        Column("score", "reviews.col.score", number=True),
        Column("state", "reviews.col.state"),
        Column("assigned_to", "reviews.col.who"),
    ),
    (Filter("show", "reviews.filter", (("answered", "reviews.answered"),)),),
    sort="due_at",
    icon="shield",
    empty="reviews.none",
)


async def decisions(request: Request) -> Response:
    """The queue, the most urgent first, or what was answered."""
    async with calling(request, Page.DECISIONS) as call:
        call.need(Scope.REVIEWS)
        figures = await monitoring.review_figures(call.connection, call.operator_id, call.now)
        share = figures["overturned_bps"]
        told = call.t(
            "reviews.figures",
            late=call.formats.number(figures["late"]),
            share="–" if share is None else call.formats.tongue.rate(share),
        )
        lead = f"{call.t('reviews.lead')} {told}"
        return await list_page(call, "decisions", TABLE, _read, call.t("console.nav.decisions"), lead=lead)


async def review(request: Request) -> Response:
    """One contested decision. What one person declared and wrote is read: that it was is written down."""
    async with calling(request, Page.DECISIONS) as call:
        review_id = id_of(request, "rev")
        subject = show("rev", review_id)
        page = await _page(call, review_id)
        await audit_log.record(call.connection, call.actor, "decision_review.viewed", subject, {}, call.now)
        return page


async def assign(request: Request) -> Response:
    """Say that one looks at it."""
    await form_of(request)
    review_id = id_of(request, "rev")

    async def do(call: Call) -> Response:
        actor = call.need(Scope.REVIEWS)
        await reviewing.assign(call.connection, actor, review_id, actor.name, call.now)
        return call.back_to(f"/decisions/{show('rev', review_id)}", done="review_assigned")

    return await tried(
        request, Page.DECISIONS, do, lambda call, refused: _page(call, review_id, refused=refused), changing=True
    )


async def answer(request: Request) -> Response:
    """The decision stands, a plan is opened, or a second person agrees: the form's button says which."""
    fields, review_id = await form_of(request), id_of(request, "rev")

    async def do(call: Call) -> Response:
        done = await _answer(call, review_id, fields)
        return call.back_to(f"/decisions/{done.ref}", done=f"review_{done.state.value}")

    return await tried(
        request,
        Page.DECISIONS,
        do,
        lambda call, refused: _page(call, review_id, refused=refused, typed=fields),
        changing=True,
    )


async def _answer(call: Call, review_id: UUID, fields: Fields) -> Review:
    actor, words, verdict = call.need(Scope.REVIEWS), one(fields, "words", 4_000), one(fields, "verdict")
    if verdict == "agree":
        master, snapshot = call.web.doors.master, call.programme.snapshot
        return await reviewing.agree(call.connection, snapshot, master, actor, review_id, words, call.now)
    if verdict == "disagree":
        return await reviewing.uphold(call.connection, actor, review_id, ReviewReason.CORRECT, words, call.now)
    if verdict not in ("uphold", "overturn"):
        raise Invalid("verdict: expected one of the buttons of the form", code="bad_verdict")
    try:
        reason = ReviewReason(one(fields, f"{verdict}_reason"))
    except ValueError:
        raise Invalid("reason: expected one of the list", code="bad_reason") from None
    if verdict == "uphold":
        return await reviewing.uphold(call.connection, actor, review_id, reason, words, call.now)
    return await reviewing.overturn(
        call.connection,
        call.programme.snapshot,
        call.web.doors.master,
        actor,
        review_id,
        plan=one(fields, "plan"),
        reason=reason,
        words=words,
        now=call.now,
    )


async def _page(
    call: Call, review_id: UUID, *, refused: ProductError | None = None, typed: Fields | None = None
) -> Response:
    actor = call.need(Scope.REVIEWS)
    found, said, decided, record = await reviewing.one(call.connection, call.web.doors.master, actor, review_id)
    force = await rulebooks.in_force(call.connection, call.operator_id, decided.decided_at)
    people = await people_of(call, [found.assigned_to, found.answered_by, found.second_by])
    language = await review_desk.language_of_member(call.connection, found.shopper_id)
    typed = typed or {}
    return call.page(
        "decisions",
        "review.html",
        call.t("reviews.title", amount=call.formats.money(decided.amount_minor, decided.currency)),
        refused=refused,
        review=found,
        said=said,
        decided=decided,
        shop=shop_name(call, decided.shop_id),
        record=record_of(call, record, force.conduct),
        state=STATUSES[_state(found, call.now)],
        people=people,
        open=found.state in (ReviewState.OPEN, ReviewState.WAITING),
        mine=found.answered_by == actor.name,
        assigned_to_me=found.assigned_to == actor.name,
        second_above=force.conduct.second_person_above_minor,
        upholds=[each for each in ReviewReason if not each.overturns],
        overturns=[each for each in ReviewReason if each.overturns],
        language=language,
        words=one(typed, "words", 4_000),
        chosen={name: one(typed, name) for name in ("uphold_reason", "overturn_reason", "plan")},
    )


def _state(found: Review, now: datetime) -> str:
    if found.state in (ReviewState.OPEN, ReviewState.WAITING) and found.due_at < now:
        return "late"
    return found.state.value


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    shown: Sequence[Review]
    if ask.get("show") == "answered":
        (last,) = ask.after(UUID) or (None,)
        found = await reviewing.answered(call.connection, call.actor, last, ask.paging.wanted)
        shown, cut = ask.cut(found, lambda each: (each.id,))
    else:
        after = ask.after(datetime, UUID)
        found = await reviewing.queue(
            call.connection, call.actor, None if after is None else (after[0], after[1]), limit=ask.paging.wanted
        )
        shown, cut = ask.cut(found, lambda each: (each.due_at, each.id))
    figures = await review_desk.figures_of(call.connection, call.operator_id, [each.decision_id for each in shown])
    people = await people_of(call, [name for each in shown for name in (each.assigned_to, each.answered_by)])
    rows = []
    for each in shown:
        of = figures[each.decision_id]
        who = each.answered_by or each.assigned_to
        rows.append(
            Row(
                (
                    moment_cell(call, each.due_at),
                    moment_cell(call, each.asked_at),
                    amount_cell(call, of.amount_minor, of.currency),
                    Cell(shop_name(call, of.shop_id)),
                    Cell("–" if of.score is None else call.formats.number(of.score), raw=str(of.score or "")),
                    status_cell(call, STATUSES[_state(each, call.now)]),
                    Cell(people(who), raw=who or ""),
                ),
                href=call.address(f"/decisions/{each.ref}"),
            )
        )
    return rows, cut
