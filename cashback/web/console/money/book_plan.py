"""One plan: its instalments, its charges, every move, and writing it off by two people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.collecting import storage as collecting
from cashback.errors import ProductError
from cashback.ids import show
from cashback.instalments import giving_up, service, storage
from cashback.instalments.days import day_of
from cashback.instalments.schemas import Plan, PlanState
from cashback.paging import Cut
from cashback.programmes import audit_log
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.money.book_views import (
    CHARGE_COLUMNS,
    charge_row,
    reason_of,
    shop_name,
    status_of,
    status_of_part,
)
from cashback.web.console.people import People, people_of
from cashback.web.console.tables import Ask, Row, Table, list_page
from cashback.web.forms import form_of, one
from cashback.web.messages import MESSAGES

_CHARGES = Table(
    "charges-of-plan",
    tuple(each for each in CHARGE_COLUMNS if each.name != "plan"),
    sort="-asked",
    icon="credit-card",
    empty="book.charges_none",
)
_MINOR = (
    "collected_minor", "amount_minor", "refunded_minor", "returned_minor", "recovered_minor", "minor", "fee_minor",
    "owed_minor",
)  # fmt: skip
"""Amounts in the details of moves, the one that says most first."""


async def plan(request: Request) -> Response:
    """One plan. That somebody looked at one person's debts is written down."""
    async with calling(request, Page.MONEY) as call:
        plan_id = id_of(request, "pln")
        found = await service.find(call.connection, call.operator_id, plan_id)
        await audit_log.record(call.connection, call.actor, service.VIEWED, found.ref, {}, call.now)
        return await _page(call, found)


async def write_off(request: Request) -> Response:
    """Ask for a plan to be written off, or agree with whoever asked."""
    fields, plan_id = await form_of(request), id_of(request, "pln")
    words = one(fields, "words", 2_000)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.MONEY)
        found = await service.locked(call.connection, call.operator_id, plan_id)
        done = await giving_up.write_off(call.connection, actor, found, words, call.now)
        over = done.state is PlanState.WRITTEN_OFF
        return call.back_to(f"/book/{show('pln', plan_id)}", done="" if over else "write_off_asked")

    async def again(call: Call, refused: ProductError) -> Response:
        found = await service.find(call.connection, call.operator_id, plan_id)
        return await _page(call, found, refused=refused, words=words)

    return await tried(request, Page.MONEY, do, again, changing=True)


async def _page(call: Call, found: Plan, *, refused: ProductError | None = None, words: str = "") -> Response:
    moves = await storage.moves_of(call.connection, found)
    people = await people_of(call, [each[4] for each in moves])
    today = day_of(call.now, call.programme.programme.zone)
    asked = [each for each in moves if each[1] == giving_up.ASKED and each[5] > call.now - giving_up.ASKED_FOR]

    async def charges(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
        every = await collecting.of_plan(call.connection, found.shopper_id, found.id)
        shown, cut = ask.cut_whole(every, lambda each: (each.asked_at, each.id), datetime, UUID)
        rows = [charge_row(call, each) for each in shown]
        return [Row((*row.cells[:1], *row.cells[2:])) for row in rows], cut

    return await list_page(
        call,
        "book",
        _CHARGES,
        charges,
        call.t(
            "book.title",
            shop=shop_name(call, found.shop_id),
            amount=call.formats.money(found.amount_minor, found.currency),
        ),
        template="plan.html",
        refused=refused,
        plan=found,
        state=status_of(found, today),
        parts=[(each, status_of_part(each, found, today)) for each in found.instalments],
        moves=[_told(call, people, found, each) for each in reversed(moves)],
        asked=None if not asked else (people(asked[-1][4]), asked[-1][5], str(asked[-1][3].get("words", ""))),
        asked_by_me=bool(asked) and asked[-1][4] == call.actor.name,
        may_give_up=found.state is PlanState.ACTIVE and call.may(Scope.MONEY),
        words=words,
    )


def _told(
    call: Call, people: People, found: Plan, move: tuple[int, str, str, dict[str, Any], str, datetime]
) -> tuple[str, str, str, datetime]:
    """What happened, more about it, by whom, when."""
    _, what, _, detail, by, at = move
    key = f"book.moved.{what}"
    amount = next((detail[name] for name in _MINOR if isinstance(detail.get(name), int)), None)
    more = [] if not amount else [call.formats.money(abs(amount), found.currency)]
    if detail.get("reason"):
        more.append(reason_of(call.t, str(detail["reason"])))
    if detail.get("words"):
        more.append(str(detail["words"]))
    return call.t(key) if key in MESSAGES else what, " · ".join(more), people(by), at
