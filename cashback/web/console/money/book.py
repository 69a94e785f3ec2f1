"""The instalment book: exposure, what is due and late by age, refusals, the cost of risk, and every plan."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.collecting.charge_desk import page as charge_page
from cashback.collecting.schemas import State as ChargeState
from cashback.errors import Invalid, ProductError
from cashback.ids import uuid7
from cashback.insights import plan_desk
from cashback.insights.plan_desk import Wanted
from cashback.instalments import counted, remitting, storage
from cashback.instalments.days import day_of
from cashback.instalments.reading import AGES, Book
from cashback.instalments.schemas import PlanState
from cashback.paging import Cut
from cashback.web.console.frame import Call, calling, tried
from cashback.web.console.money.book_views import CHARGE_COLUMNS, charge_row, plan_row, reason_of
from cashback.web.console.tables import Ask, Column, Filter, Row, Table, list_page
from cashback.web.forms import form_of, one

_AGES = {f"{low}+" if high is None else f"{low}-{high}": (low, high) for low, high in AGES}
_ANY_LATE = "any"
TABLE = Table(
    "instalment-plans",
    (
        Column("accepted_at", "book.col.accepted", sorts=True),
        Column("member", "book.col.member"),
        Column("shop", "book.col.shop"),
        Column("amount", "book.col.amount", number=True),
        Column("owed", "book.col.owed", number=True),
        Column("next_due", "book.col.next"),
        Column("state", "book.col.state"),
    ),
    (
        Filter("state", "book.filter.state", tuple((each.value, f"book.state.{each.value}") for each in PlanState)),
        Filter(
            "late", "book.filter.late", ((_ANY_LATE, "book.late_any"), *((each, f"book.age.{each}") for each in _AGES))
        ),
        Filter("shop", "book.filter.shop"),
    ),
    sort="-accepted_at",
    icon="calendar-clock",
    empty="book.none",
)
CHARGES_TABLE = Table(
    "charges",
    CHARGE_COLUMNS,
    (Filter("state", "book.filter.state", tuple((each.value, f"charges.state.{each.value}") for each in ChargeState)),),
    sort="-asked_at",
    icon="credit-card",
    empty="book.charges_none",
)


async def book(request: Request) -> Response:
    """The figures above, the plans below."""
    async with calling(request, Page.MONEY) as call:
        return await _page(call)


async def remit(request: Request) -> Response:
    """Write down that what is to be passed on to one party was. Sent twice, the form does it once."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        try:
            amount = int(one(fields, "minor"))
        except ValueError:
            raise Invalid("minor: expected a whole number of minor units", code="bad_amount") from None
        account, currency, key = one(fields, "account"), one(fields, "currency"), one(fields, "key")
        await remitting.remit(
            call.connection, call.need(Scope.MONEY), account, currency, amount, f"desk:{key}", call.now
        )
        await counted.keep(call.connection, call.operator_id, call.now)
        return call.back_to("/book", done="remitted")

    return await tried(request, Page.MONEY, do, lambda call, refused: _page(call, refused=refused))


async def charges(request: Request) -> Response:
    """Every attempt to charge a card, the newest first."""
    async with calling(request, Page.MONEY) as call:
        return await list_page(
            call, "book", CHARGES_TABLE, _read_charges, call.t("book.charges"), lead=call.t("charges.lead")
        )


async def _page(call: Call, *, refused: ProductError | None = None) -> Response:
    call.need(Scope.BOOKS)
    offered = await storage.are_offered(call.connection, call.operator_id)
    if not offered:
        return call.page("book", "book_off.html", call.t("console.nav.book"), refused=refused)
    told = await counted.read(call.connection, call.operator_id, call.now)
    shops = {remitting.account_of(each.id): each.name for each in call.programme.snapshot.shops.shops.values()}
    found = await plan_desk.refusals(call.connection, call.operator_id, call.now)
    return await list_page(
        call,
        "book",
        TABLE,
        _read,
        call.t("console.nav.book"),
        template="book.html",
        refused=refused,
        books=[(each, _ages(each), sum(each.late_minor.values())) for each in told.books],
        parties=[(shops.get(each.account, call.t("book.remit_lender")), each) for each in told.parties],
        counted_at=told.at,
        refusals=found,
        reason_of=lambda code: reason_of(call.t, code),
        key=uuid7(call.now).hex,
    )


def _ages(book: Book) -> list[tuple[str, int, int]]:
    """By age: its name, how much, and its share of what is late in percent, for a bar."""
    late = sum(book.late_minor.values())
    return [(name, minor, round(minor * 100 / late)) for name, minor in book.late_minor.items()] if late else []


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    today = day_of(call.now, call.programme.programme.zone)
    late = ask.get("late")
    found = await plan_desk.page(
        call.connection,
        call.operator_id,
        Wanted(
            states=tuple(PlanState) if ask.get("state") is None else (PlanState(ask.filters["state"]),),
            shop_id=_shop(call, ask.get("shop")),
            late=None if late is None else (1, None) if late == _ANY_LATE else _AGES[late],
        ),
        today,
        down=ask.down,
        after=ask.after(datetime, UUID),
        limit=ask.paging.wanted,
    )
    shown, cut = ask.cut(found, lambda each: (each.accepted_at, each.id))
    return [plan_row(call, each, today) for each in shown], cut


async def _read_charges(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    state = ask.get("state")
    (last,) = ask.after(UUID) or (None,)
    found = await charge_page(
        call.connection,
        call.operator_id,
        None if state is None else ChargeState(state),
        down=ask.down,
        after=last,
        limit=ask.paging.wanted,
    )
    shown, cut = ask.cut(found, lambda each: (each.id,))
    return [charge_row(call, each) for each in shown], cut


def _shop(call: Call, text: str | None) -> UUID | None:
    if text is None:
        return None
    wanted = text.casefold()
    shops = call.programme.snapshot.shops.shops.values()
    found = next((each for each in shops if wanted in (each.code.casefold(), each.name.casefold())), None)
    if found is None:
        found = next((each for each in shops if wanted in each.name.casefold()), None)
    if found is None:
        raise Invalid(f"shop: there is no shop called {text[:40]!r}", code="bad_filter")
    return found.id
