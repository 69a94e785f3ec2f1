"""Adjustments of wallets: what waits for a second person, and what was decided."""

from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.adjustments import service, storage
from cashback.adjustments.schemas import Adjustment, State
from cashback.auth.roles import Page
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import show
from cashback.paging import Cut
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.money.payouts import member_cell
from cashback.web.console.people import people_of
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page, moment_cell, status_cell
from cashback.web.forms import form_of, one
from cashback.web.statuses import Status

STATUSES = {
    State.WAITING: Status("adjustments.state.waiting", "user", "warn"),
    State.POSTED: Status("adjustments.state.posted", "circle-check", "pos"),
    State.REFUSED: Status("adjustments.state.refused", "ban", "mute"),
}
TABLE = Table(
    "adjustments",
    (
        Column("asked_at", "adjustments.col.asked"),
        Column("member", "adjustments.col.member"),
        Column("amount", "adjustments.col.amount", number=True),
        Column("kind", "adjustments.col.kind"),
        Column("words", "adjustments.col.words"),
        Column("asked_by", "adjustments.col.by"),
        Column("state", "adjustments.col.state"),
    ),
    (
        Filter(
            "state",
            "adjustments.filter.state",
            tuple((each.value, f"adjustments.state.{each.value}") for each in State),
        ),
    ),
    sort="-asked_at",
    icon="wallet",
    empty="adjustments.none",
)


async def adjustments(request: Request) -> Response:
    """All of them, the newest first."""
    async with calling(request, Page.MONEY) as call:
        title = call.t("console.nav.adjustments")
        return await list_page(call, "adjustments", TABLE, _read, title, lead=call.t("adjustments.lead"))


async def adjustment(request: Request) -> Response:
    """One of them."""
    async with calling(request, Page.MONEY) as call:
        return await _page(call, id_of(request, "adj"))


async def decide(request: Request) -> Response:
    """Approve or refuse what somebody else asked for."""
    fields, adjustment_id = await form_of(request), id_of(request, "adj")
    words, verdict = one(fields, "words", 2_000), one(fields, "verdict")

    async def do(call: Call) -> Response:
        if verdict not in ("approve", "refuse"):
            raise Invalid("verdict: expected one of the buttons of the form", code="bad_verdict")
        command = service.approve if verdict == "approve" else service.refuse
        done = await command(call.connection, call.need(Scope.MONEY), adjustment_id, words, call.now)
        return call.back_to(f"/adjustments/{show('adj', adjustment_id)}", done=f"adjustment_{done.state.value}")

    return await tried(
        request,
        Page.MONEY,
        do,
        lambda call, refused: _page(call, adjustment_id, refused=refused, words=words),
        changing=True,
    )


async def _page(call: Call, adjustment_id: UUID, *, refused: ProductError | None = None, words: str = "") -> Response:
    found = await storage.one(call.connection, call.operator_id, adjustment_id)
    if found is None:
        raise NotFound("there is no such adjustment", code="unknown_adjustment")
    people = await people_of(call, [found.asked_by, found.decided_by])
    mine = found.asked_by.casefold() == call.actor.name.casefold()
    return call.page(
        "adjustments",
        "adjustment.html",
        call.t("adjustments.title", amount=_amount(call, found)),
        refused=refused,
        adjustment=found,
        ref=show("adj", found.id),
        amount=_amount(call, found),
        state=STATUSES[found.state],
        people=people,
        mine=mine,
        may_decide=call.may(Scope.MONEY) and found.state is State.WAITING and not mine,
        words=words,
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    state = ask.get("state")
    (last,) = ask.after(UUID) or (None,)
    wanted = None if state is None else State(state)
    found = await service.listed(call.connection, call.need(Scope.MONEY), wanted, last, ask.paging.wanted)
    shown, cut = ask.cut(found, lambda each: (each.id,))
    people = await people_of(call, [each.asked_by for each in shown])
    rows = [
        Row(
            (
                moment_cell(call, each.asked_at),
                member_cell(call, each.shopper_id),
                Cell(_amount(call, each), raw=f"{each.amount} {each.asset}"),
                Cell(
                    call.t(f"adjustments.kind.{each.kind.value}"),
                    sub=call.t(f"adjustments.reason.{each.reason.value}"),
                    raw=each.kind.value,
                ),
                Cell(each.words),
                Cell(people(each.asked_by), raw=each.asked_by),
                status_cell(call, STATUSES[each.state]),
            ),
            href=call.address(f"/adjustments/{show('adj', each.id)}"),
        )
        for each in shown
    ]
    return rows, cut


def _amount(call: Call, each: Adjustment) -> str:
    return call.formats.gain(each.amount, call.programme.asset(each.asset))
