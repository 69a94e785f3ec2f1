"""Payouts: what waits and why, one of them with every move, and the answers of people."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import OPENED_BY, Page
from cashback.errors import Invalid, ProductError
from cashback.ids import parse, show
from cashback.insights import payout_desk
from cashback.insights.payout_desk import Waiting, Wanted
from cashback.paging import Cut
from cashback.payouts import commands, gifts, storage
from cashback.payouts.moves import UNSENT
from cashback.payouts.schemas import Payout, RailName, State
from cashback.web.console.desk_days import since_of, until_of
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.money.payout_views import GROUPS, STATUSES, what_to_do, why
from cashback.web.console.people import people_of
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Filter,
    Row,
    Table,
    list_page,
    moment_cell,
    status_cell,
)
from cashback.web.forms import form_of, one

ID_SHOWN = 6
"""Of an id in a list, its last characters: the file has all of them."""

TABLE = Table(
    "payouts",
    (
        Column("requested_at", "payouts.col.asked", sorts=True),
        Column("member", "payouts.col.member"),
        Column("amount", "payouts.col.amount", number=True),
        Column("rail", "payouts.col.way"),
        Column("state", "payouts.col.state"),
        Column("why", "payouts.col.why"),
    ),
    (
        Filter("state", "payouts.filter.state", tuple((name, f"payouts.group.{name}") for name in GROUPS)),
        Filter("rail", "payouts.filter.rail", tuple((each.value, f"payouts.rail.{each.value}") for each in RailName)),
        Filter("since", "payouts.filter.since", kind="date"),
        Filter("until", "payouts.filter.until", kind="date"),
        Filter("member", "payouts.filter.member"),
    ),
    sort="-requested_at",
    icon="send",
    empty="payouts.none",
)


async def payouts(request: Request) -> Response:
    """The list, below what is under way."""
    async with calling(request, Page.MONEY) as call:
        waiting = await payout_desk.under_way(call.connection, call.operator_id)
        today = call.now.astimezone(call.zone).date()
        stock = await gifts.stock(call.connection, call.operator_id, today)
        return await list_page(
            call,
            "payouts",
            TABLE,
            _read,
            call.t("console.nav.payouts"),
            template="payouts.html",
            tiles=_tiles(call, waiting),
            stock=[(count, amount_of(call, face, asset)) for (asset, face), count in stock.items()],
            gifted=any(each.rail is RailName.GIFT_CARD for each in waiting) or bool(stock),
        )


async def payout(request: Request) -> Response:
    """One payout."""
    async with calling(request, Page.MONEY) as call:
        return await _page(call, id_of(request, "pyt"))


async def approve(request: Request) -> Response:
    """Agree to a payout above the limit."""
    return await _answer(request, agrees=True)


async def stop(request: Request) -> Response:
    """Forbid a payout that was not sent."""
    return await _answer(request, agrees=False)


def amount_of(call: Call, amount: int, asset: str) -> str:
    """An amount of any asset, as people read it."""
    return call.formats.amount(amount, call.programme.asset(asset))


async def _answer(request: Request, *, agrees: bool) -> Response:
    fields, payout_id = await form_of(request), id_of(request, "pyt")
    words = one(fields, "words", 2_000)

    async def do(call: Call) -> Response:
        command = commands.approve if agrees else commands.stop
        await command(call.connection, call.need(Scope.MONEY), payout_id, words=words, now=call.now)
        done = "payout_agreed" if agrees else "payout_stopped"
        return call.back_to(f"/payouts/{show('pyt', payout_id)}", done=done)

    return await tried(
        request,
        Page.MONEY,
        do,
        lambda call, refused: _page(call, payout_id, refused=refused, words=words),
        changing=True,
    )


async def _page(call: Call, payout_id: UUID, *, refused: ProductError | None = None, words: str = "") -> Response:
    found = await commands.find(call.connection, call.operator_id, payout_id)
    (listed,) = await payout_desk.with_accounts(call.connection, call.operator_id, [found])
    moves = await storage.moves_of(call.connection, found)
    answers = await payout_desk.answers(call.connection, found)
    people = await people_of(call, [found.requested_by, *(each[4] for each in moves), *(each.by for each in answers)])
    mine = call.actor.name == found.requested_by or call.actor.name in {each.by for each in answers}
    return call.page(
        "payouts",
        "payout.html",
        call.t("payouts.title", amount=amount_of(call, found.amount, found.asset)),
        refused=refused,
        payout=found,
        last_four=listed.last_four,
        state=STATUSES[found.state],
        why=why(call.t, found.reason),
        do=what_to_do(call.t, found),
        moves=[(STATUSES[State(after)], why(call.t, reason), people(by), at) for _, _, after, reason, by, at in moves],
        answers=answers,
        people=people,
        may_agree=call.may(Scope.MONEY) and found.state is State.WAITING_APPROVAL and not mine,
        may_stop=call.may(Scope.MONEY) and found.state in UNSENT,
        mine=mine and found.state is State.WAITING_APPROVAL,
        words=words,
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    found = await payout_desk.page(
        call.connection,
        call.operator_id,
        Wanted(
            states=GROUPS.get(ask.get("state") or "", tuple(State)),
            rail=None if ask.get("rail") is None else RailName(ask.filters["rail"]),
            since=since_of(call, ask),
            until=until_of(call, ask),
            shopper_id=_member(ask.get("member")),
        ),
        down=ask.down,
        after=ask.after(datetime, UUID),
        limit=ask.paging.wanted,
    )
    shown, cut = ask.cut(found, lambda each: (each.payout.requested_at, each.payout.id))
    return [row_of(call, each.payout, each.last_four) for each in shown], cut


def row_of(call: Call, payout: Payout, last_four: str | None) -> Row:
    """One line of a list of payouts."""
    until = (
        "" if payout.next_at is None or payout.state is not State.HELD else call.formats.due(payout.next_at, call.zone)
    )
    return Row(
        (
            moment_cell(call, payout.requested_at),
            member_cell(call, payout.shopper_id),
            Cell(amount_of(call, payout.amount, payout.asset), raw=f"{payout.amount} {payout.asset}"),
            Cell(call.t(f"payouts.rail.{payout.rail.value}"), sub=f"•• {last_four}" if last_four else ""),
            status_cell(call, STATUSES[payout.state]),
            Cell(why(call.t, payout.reason), sub=call.t("payouts.until", when=until) if until else ""),
        ),
        href=call.address(f"/payouts/{payout.ref}"),
    )


def id_cell(prefix: str, value: UUID, *, href: str = "") -> Cell:
    """The end of an id; the file has all of it."""
    told = show(prefix, value)
    return Cell(f"…{told[-ID_SHOWN:]}", href=href, raw=told)


def member_cell(call: Call, shopper_id: UUID) -> Cell:
    """A member by the end of their id; it leads to their file whoever may open it."""
    opens = call.session.member_role in OPENED_BY[Page.MEMBERS]
    href = call.address(f"/members/{show('shp', shopper_id)}") if opens else ""
    return id_cell("shp", shopper_id, href=href)


def _member(text: str | None) -> UUID | None:
    try:
        return None if text is None else parse("shp", text)
    except ValueError as error:
        raise Invalid(f"member: {error}", code="bad_filter") from None


def _tiles(call: Call, waiting: Sequence[Waiting]) -> list[tuple[str, int, str]]:
    """By group of what is under way: its name, how many, and how much together."""
    tiles = []
    for name, states in GROUPS.items():
        here = [each for each in waiting if each.state in states]
        if not here:
            continue
        sums = {asset: sum(each.amount for each in here if each.asset == asset) for asset in {e.asset for e in here}}
        told = [amount_of(call, amount, asset) for asset, amount in sorted(sums.items())]
        tiles.append((name, sum(each.count for each in here), call.formats.together(told)))
    return tiles
