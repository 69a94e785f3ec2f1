"""Funders: what each has left, spends and may still have to pay; payments, pauses, and who they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback import money
from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import Invalid, NotFound, ProductError
from cashback.funding import outlook, service, storage
from cashback.funding.outlook import Outlook
from cashback.funding.schemas import Funder, Mode, Payment, Standing
from cashback.ids import uuid7
from cashback.ledger.chart import FUNDER
from cashback.paging import Cut
from cashback.programmes.service import lock_programme
from cashback.web.console.frame import Call, calling, tried
from cashback.web.console.money.funder_forms import funder_of, pay_back_most, values_of
from cashback.web.console.money.settlement_views import funder_name, owed
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page
from cashback.web.forms import Fields, form_of, one
from cashback.web.statuses import Status

STATUSES = {
    "fine": Status("funders.state.fine", "circle-check", "pos"),
    "low": Status("funders.state.low", "triangle-alert", "warn"),
    "alert": Status("funders.state.alert", "triangle-alert", "warn"),
    "owes": Status("funders.state.owes", "clock", "info"),
    "paused": Status("funders.state.paused", "pause", "neg"),
}
TABLE = Table(
    "funders",
    (
        Column("funder", "funders.col.name", sorts=True),
        Column("balance", "funders.col.standing", number=True),
        Column("spent_28_days", "funders.col.spent", number=True),
        Column("committed", "funders.col.committed", number=True),
        Column("forecast", "funders.col.forecast"),
        Column("state", "funders.col.state"),
    ),
    (
        Filter("state", "funders.filter.state", tuple((name, f"funders.state.{name}") for name in STATUSES)),
        Filter("mode", "funders.filter.mode", tuple((each.value, f"funders.mode.{each.value}") for each in Mode)),
    ),
    sort="funder",
    icon="coins",
    empty="funders.none",
)
KEY_MAX = 200
LOW_AHEAD = timedelta(days=14)
"""What is used up within so many days at its pace is little, however much it is."""
A_YEAR = timedelta(days=365)


async def funders(request: Request) -> Response:
    """All of them, and shops and brands that could be."""
    async with calling(request, Page.MONEY) as call:
        snapshot = call.programme.snapshot
        known = {each.funder.account for each in await service.standings(call.connection, snapshot)}
        shops = snapshot.shops.shops.values()
        codes = [f"shop:{each.code}" for each in sorted(shops, key=lambda one: one.name)]
        codes += [f"brand:{name}" for name in sorted({each.brand for each in shops if each.brand})]
        return await list_page(
            call,
            "funders",
            TABLE,
            _read,
            call.t("console.nav.funders"),
            template="funders.html",
            others=[
                (code, funder_name(call, code)) for code in codes if service.account_of(snapshot, code) not in known
            ],
        )


async def to_funder(request: Request) -> Response:
    """From the choice of a shop or a brand to its page."""
    async with calling(request, Page.MONEY) as call:
        return RedirectResponse(address_of(call, request.query_params.get("funder", "")), status_code=303)


async def funder(request: Request) -> Response:
    """One funder."""
    async with calling(request, Page.MONEY) as call:
        return await _page(call, request.path_params["name"])


async def save(request: Request) -> Response:
    """Say who a funder is and how it pays."""
    fields, code = await form_of(request), request.path_params["name"]

    async def do(call: Call) -> Response:
        told = funder_of(call, _account(call, code), fields)
        await service.tell_of(call.connection, call.need(Scope.MONEY), told, call.now)
        return _back(call, code, "funder_saved")

    return await tried(request, Page.MONEY, do, lambda call, refused: _page(call, code, refused=refused, typed=fields))


async def pay(request: Request) -> Response:
    """Money of a funder arrived, or went back to it. Sent twice, the form records it once."""
    fields, code = await form_of(request), request.path_params["name"]

    async def do(call: Call) -> Response:
        await _pay(call, _account(call, code), fields)
        return _back(call, code, "payment_recorded")

    return await tried(request, Page.MONEY, do, lambda call, refused: _page(call, code, refused=refused, paid=fields))


async def pause(request: Request) -> Response:
    """Promise nothing more in its name, or again where it is paused."""
    fields, code = await form_of(request), request.path_params["name"]
    resumes = one(fields, "paused") == "no"

    async def do(call: Call) -> Response:
        actor, account = call.need(Scope.MONEY), _account(call, code)
        # A pause begins when it is written: the clock is read once the programme is held.
        await lock_programme(call.connection, call.operator_id)
        now = call.web.clock.now()
        if resumes:
            await service.lift(call.connection, actor, account, now)
        else:
            await service.stop(call.connection, actor, account, one(fields, "words", 2_000), now)
        return _back(call, code, "funder_resumed" if resumes else "funder_paused")

    return await tried(
        request,
        Page.MONEY,
        do,
        lambda call, refused: _page(call, code, refused=refused, words=one(fields, "words", 2_000)),
    )


def address_of(call: Call, code: str) -> str:
    """Where a funder's page is."""
    return call.address(f"/funders/{quote(code, safe=':')}")


def lasts(call: Call, ahead: Outlook) -> str:
    """How long its money lasts, in words; a dash where nothing is to be said."""
    if ahead.lasts_until is None:
        return "–"
    if ahead.lasts_until - call.now > A_YEAR:
        return call.t("funders.lasts_long")
    return call.t("funders.lasts", day=call.formats.day(ahead.lasts_until, call.zone))


def state_of(each: Standing, ahead: Outlook, now: datetime) -> str:
    """In one word, the gravest first. Little is what the pace of spending makes little; an alert is an amount that
    somebody chose."""
    if each.paused_since is not None:
        return "paused"
    if each.funder.account == FUNDER:
        return "fine"
    if each.funder.mode is not Mode.PREPAID:
        return "owes" if each.worth_minor < 0 else "fine"
    if each.worth_minor < 1 or (ahead.lasts_until is not None and ahead.lasts_until - now <= LOW_AHEAD):
        return "low"
    return "alert" if each.worth_minor < each.funder.alert_minor else "fine"


def why(call: Call, each: Standing, ahead: Outlook) -> str:
    """What makes a state that warns one; empty for the others."""
    state = state_of(each, ahead, call.now)
    if state == "alert":
        amount = call.formats.money(each.funder.alert_minor, call.programme.programme.currency)
        return call.t("funders.why.alert", amount=amount)
    if state != "low":
        return ""
    if ahead.lasts_until is None:
        return call.t("funders.why.nothing")
    return call.t("funders.why.low", days=call.formats.number(LOW_AHEAD.days))


def daily(call: Call, ahead: Outlook) -> str:
    """What is spent in a day, since when, and how that was rounded; empty where no day is known to reckon from."""
    if ahead.daily_minor is None or ahead.since is None:
        return ""
    amount = call.formats.money(ahead.daily_minor, call.programme.programme.currency)
    return call.t("funders.daily", amount=amount, since=call.formats.day(ahead.since, call.zone))


def _back(call: Call, code: str, done: str) -> RedirectResponse:
    return call.back_to(f"/funders/{quote(code, safe=':')}", done=done)


def _account(call: Call, code: str) -> str:
    try:
        return service.account_of(call.programme.snapshot, code)
    except Invalid:
        raise NotFound(f"there is no funder {code[:80]!r}", code="unknown_funder") from None


async def _pay(call: Call, account: str, fields: Fields) -> None:
    snapshot, currency = call.programme.snapshot, call.programme.programme.currency
    try:
        payment = Payment(one(fields, "payment"))
        amount = money.minor(Decimal(one(fields, "amount").replace(" ", "").replace(",", ".")), currency)
    except (ValueError, InvalidOperation):
        raise Invalid("amount: expected digits such as 1250.00", code="bad_amount") from None
    if payment is Payment.PAID_BACK:
        (standing, ahead) = await _standing(call, account)
        most = pay_back_most(standing, ahead)
        if amount > most:
            raise Invalid(
                f"{money.plain(amount, currency)} cannot be paid back: {money.plain(most, currency)} are not committed",
                code="under_committed",
            )
    key = one(fields, "key", KEY_MAX)
    await service.record(
        call.connection, call.need(Scope.MONEY), snapshot, account, payment, amount, f"desk:{key}", call.now
    )


async def _standing(call: Call, account: str) -> tuple[Standing, Outlook]:
    snapshot = call.programme.snapshot
    found = await service.standings(call.connection, snapshot)
    untold = Standing(Funder(account, funder_name(call, service.named(account, snapshot.shops.shops))))
    standing = next((each for each in found if each.funder.account == account), untold)
    ahead = await outlook.outlooks(call.connection, snapshot, [standing], call.now)
    return standing, ahead[account]


async def _page(
    call: Call,
    code: str,
    *,
    refused: ProductError | None = None,
    typed: Fields | None = None,
    paid: Fields | None = None,
    words: str = "",
) -> Response:
    account, currency = _account(call, code), call.programme.programme.currency
    standing, ahead = await _standing(call, account)
    payments = await storage.payments(call.connection, call.operator_id, account)
    paid = paid or {}
    return call.page(
        "funders",
        "funder.html",
        funder_name(call, code),
        refused=refused,
        code=code,
        here=address_of(call, code),
        standing=standing,
        ahead=ahead,
        lasts=lasts(call, ahead),
        state=STATUSES[state_of(standing, ahead, call.now)],
        why=why(call, standing, ahead),
        daily=daily(call, ahead),
        currency=currency,
        worth=owed(call, -standing.worth_minor, currency),
        balances=[call.formats.amount(units, call.programme.asset(each)) for each, units in standing.balances.items()],
        payments=payments,
        kinds=list(Payment),
        most=pay_back_most(standing, ahead),
        values=values_of(call, standing.funder, typed),
        amount=one(paid, "amount"),
        chosen=one(paid, "payment") or Payment.TOP_UP.value,
        key=one(paid, "key", KEY_MAX) or uuid7(call.now).hex,
        words=words,
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    snapshot = call.programme.snapshot
    found = await service.standings(call.connection, snapshot)
    ahead = await outlook.outlooks(call.connection, snapshot, found, call.now)
    wanted = [
        each
        for each in found
        if ask.get("state") in (None, state_of(each, ahead[each.funder.account], call.now))
        and ask.get("mode") in (None, each.funder.mode.value)
    ]
    shown, cut = ask.cut_whole(wanted, lambda each: (each.funder.name.casefold(), each.funder.account), str, str)
    return [_row(call, each, ahead[each.funder.account]) for each in shown], cut


def _name(call: Call, each: Standing, code: str) -> str:
    """As it was told; one that was not told of by its shop or brand."""
    return funder_name(call, code) if each.funder.name == code else each.funder.name


def _row(call: Call, each: Standing, ahead: Outlook) -> Row:
    currency, formats = call.programme.programme.currency, call.formats
    code = service.named(each.funder.account, call.programme.snapshot.shops.shops)
    state, spent = STATUSES[state_of(each, ahead, call.now)], Cell(call.t("funders.unknown"), raw="")
    if ahead.spent_minor is not None:
        spent = Cell(
            formats.money(ahead.spent_minor, currency),
            sub=daily(call, ahead),
            raw=money.plain(ahead.spent_minor, currency),
        )
    forecast = Cell("–", raw="")
    if ahead.lasts_until is not None:
        forecast = Cell(lasts(call, ahead), raw=ahead.lasts_until.astimezone(call.zone).date().isoformat())
    return Row(
        (
            Cell(_name(call, each, code), sub=call.t(f"settlement.mode.{each.funder.mode.value}"), raw=code),
            Cell(owed(call, -each.worth_minor, currency), raw=money.plain(each.worth_minor, currency)),
            spent,
            Cell(formats.money(ahead.committed_minor, currency), raw=money.plain(ahead.committed_minor, currency)),
            forecast,
            Cell(call.t(state.word), sub=why(call, each, ahead), status=state),
        ),
        href=address_of(call, code),
    )
