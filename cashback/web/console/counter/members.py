"""Members: found by what they can say of themselves, masked until somebody says why they open the file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.auth.roles import Page
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import show
from cashback.insights import members as insights
from cashback.insights.members import Listed, Opening, Why, masked
from cashback.insights.seeking import CANDIDATES_MAX, Sought
from cashback.paging import Cut
from cashback.shoppers import service as shoppers
from cashback.web.console.counter import members_sought
from cashback.web.console.counter.sent import Sent, sent
from cashback.web.console.frame import Call, calling, id_of
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Filter,
    Row,
    Table,
    list_page,
    moment_cell,
    number_cell,
)

MEMBERS = Table(
    "members",
    (
        Column("member", "members.member"),
        Column("joined", "members.joined", sorts=True),
        Column("cards", "members.cards", number=True),
        Column("card", "members.card"),
    ),
    (
        Filter("q", "members.filter", hint="members.filter_example"),
        Filter("day", "members.filter_day", kind="date"),
        Filter("amount", "members.filter_amount", hint="members.amount_example"),
    ),
    sort="-joined",
    icon="user",
    empty="members.none",
    while_typing=False,
    none_found="members.not_found",
)


async def members(request: Request) -> Response:
    """All of them, masked, or those who may be meant."""
    async with calling(request, Page.MEMBERS) as call:
        told = {"template": "members.html", "lead": call.t("members.lead"), "candidates": CANDIDATES_MAX}
        return await list_page(call, "members", MEMBERS, _read, call.t("members.title"), **told)


async def open_file(request: Request) -> Response:
    """Say why, and go to the file."""
    shopper_id, form = id_of(request, "shp"), await sent(request)
    try:
        async with calling(request, Page.MEMBERS) as call:
            await _require(call, shopper_id)
            if form.get("why") not in set(Why):
                raise Invalid("why: choose a reason", code="reason_missing")
            await insights.open_file(
                call.connection,
                call.actor,
                shopper_id,
                session_id=call.session.id,
                why=Why(form["why"]),
                words=form.get("words", ""),
                now=call.now,
            )
            part = form.get("part", "")
            told = f"/{part}" if part in PART_NAMES else ""
            return RedirectResponse(call.address(f"/members/{show('shp', shopper_id)}{told}"), status_code=303)
    except ProductError as refused:
        if isinstance(refused, NotFound):
            raise
        async with calling(request, Page.MEMBERS) as call:
            return ask_why(call, shopper_id, refused=refused, form=form)


async def close_file(request: Request) -> Response:
    """Be done with it."""
    shopper_id = id_of(request, "shp")
    async with calling(request, Page.MEMBERS) as call:
        await _require(call, shopper_id)
        await insights.close_file(call.connection, call.actor, shopper_id, session_id=call.session.id, now=call.now)
        return call.back_to("/members", done="members-closed")


PART_NAMES = ("wallet", "purchases", "missing", "cards", "claims", "plans", "notices", "closing")
"""The parts of a file, in the order of its tabs."""


class NotOpen(Exception):
    """Nobody has said in this session why they open this file."""


@asynccontextmanager
async def filing(request: Request, *, changing: bool = False) -> AsyncIterator[tuple[Call, UUID, Opening]]:
    """A call about one member whose file is open; NotOpen where a reason is to be asked first."""
    shopper_id = id_of(request, "shp")
    async with calling(request, Page.MEMBERS, changing=changing) as call:
        await _require(call, shopper_id)
        opening = await insights.opening_of(
            call.connection, call.actor, shopper_id, session_id=call.session.id, now=call.now
        )
        if opening is None:
            raise NotOpen
        yield call, shopper_id, opening


def asked_first(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The same page, with the question why before it where nobody has answered it yet."""

    async def gated(request: Request) -> Response:
        try:
            return await endpoint(request)
        except NotOpen:
            async with calling(request, Page.MEMBERS) as call:
                return ask_why(call, id_of(request, "shp"))

    return gated


def ask_why(call: Call, shopper_id: UUID, *, refused: ProductError | None = None, form: Sent | None = None) -> Response:
    """Nothing of the member but the id stands on this page."""
    return call.page(
        "members",
        "member_why.html",
        call.t("members.why_title"),
        refused=refused,
        member=show("shp", shopper_id),
        reasons=list(Why),
        part=call.request.path_params.get("part", ""),
        minutes=int(insights.OPEN_FOR.total_seconds() // 60),
        form=form or {},
    )


async def _require(call: Call, shopper_id: UUID) -> None:
    if not await shoppers.exists(call.connection, call.operator_id, shopper_id):
        raise NotFound("there is no such member", code="unknown_shopper")


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    if ask.filters:
        return await _found(call, ask)
    after = ask.after(UUID)
    rows = await insights.listed(
        call.connection,
        call.operator_id,
        after=None if after is None else after[0],
        wanted=ask.paging.wanted,
        oldest_first=not ask.down,
    )
    shown, cut = ask.cut(rows, lambda row: (row.id,))
    return [_row(call, row, None) for row in shown], cut


async def _found(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    """Those who may be meant, the likeliest first. The answer is read whole for each page, and logged."""
    day = ask.get("day")
    sought = members_sought.read(
        call,
        ask.get("q") or "",
        day=None if day is None else date.fromisoformat(day),
        amount=ask.get("amount") or "",
    )
    ids = await members_sought.find(call, sought)
    places = {each: place for place, each in enumerate(ids)}
    shown, cut = ask.paging.cut_whole(ask.listing, ids, lambda each: (places[each],), int)
    rows = await insights.these(call.connection, call.operator_id, shown)
    return [_row(call, row, sought) for row in rows], cut


def _row(call: Call, row: Listed, sought: Sought | None) -> Row:
    member = show("shp", row.id)
    names, linked = members_sought.cards_told(call, members_sought.cards_shown(row, sought))
    open_cards = sum(each.unlinked_at is None for each in row.cards)
    return Row(
        (
            Cell(masked(row.reference), sub=member, raw=member),
            moment_cell(call, row.joined_at),
            number_cell(call, open_cards),
            Cell(names, sub=linked, raw=names),
        ),
        href=call.address(f"/members/{member}"),
    )
