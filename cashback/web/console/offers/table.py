"""The list of offers: what members see of each, what waits, what its budget has given, what came of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cashback import money
from cashback.auth.roles import Page
from cashback.db.engine import fetch
from cashback.figures.offer_days import Given, totals
from cashback.offers.clauses import gives, plain
from cashback.offers.journal import OFFERS_PAGE, History, Version, list_histories
from cashback.offers.life import Status as Life
from cashback.paging import Cut
from cashback.programmes.schemas import currency_of
from cashback.web.console.frame import Call, calling
from cashback.web.console.offers.results import counted
from cashback.web.console.offers.states import TABS, Stand, days_of, stand, tally
from cashback.web.console.offers.templates import TEMPLATES
from cashback.web.console.people import People, people_of
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Filter,
    Row,
    Table,
    list_page,
    number_cell,
    status_cell,
    wants_file,
)

OFFERS_MAX = 2_000
"""Of one operator; more are not read by the list."""

TABLE = Table(
    "offers",
    (
        Column("offer", "console.offers.column.offer", sorts=True),
        Column("state", "console.offers.column.state"),
        Column("gives", "console.offers.column.gives"),
        Column("period", "console.offers.column.period", sorts=True),
        Column("budget", "console.offers.column.budget", number=True),
        Column("given", "console.offers.column.given", sorts=True, number=True),
        Column("purchases", "console.offers.column.purchases", sorts=True, number=True),
        Column("sales_per_unit", "console.offers.column.return", number=True),
        Column("owner", "console.offers.column.owner"),
    ),
    (
        Filter("state", "console.offers.column.state", tuple((each, f"console.offers.state.{each}") for each in TABS)),
        Filter("q", "console.offers.search"),
    ),
    sort="offer",
    icon="tag",
    empty="console.offers.none",
)

_QUOTAS = "SELECT offer_id, granted, cap FROM quotas WHERE operator_id = $1 AND bucket = 'total'"


async def offers(request: Request) -> Response:
    """The list, with how many stand where."""
    async with calling(request, Page.OFFERS) as call:
        stands = await all_stands(call)
        reader = _Reader(call, stands)
        if not wants_file(request):
            await reader.prepare()
        return await list_page(
            call,
            "offers",
            TABLE,
            reader.read,
            call.t("console.nav.offers"),
            template="offers/list.html",
            tally=tally(stands),
            tabs=TABS,
            asked=request.query_params.get("state", ""),
            templates=TEMPLATES,
            counted=await counted(call),
        )


async def all_stands(call: Call) -> list[Stand]:
    """Every offer of the operator, in the order of the codes."""
    found: list[History] = []
    while len(found) < OFFERS_MAX:
        last = found[-1].code if found else ""
        page = await list_histories(call.connection, call.operator_id, after=last, limit=OFFERS_PAGE)
        found += page
        if len(page) < OFFERS_PAGE:
            break
    return [stand(each, call.now, call.zone) for each in found]


def name_of(offer: Stand, call: Call) -> str:
    """What members read, or the code."""
    name = offer.terms.name
    return offer.history.code if name is None else name.said(call.t.language)


class _Reader:
    """Reads one page of the list from all offers, which are few."""

    def __init__(self, call: Call, stands: Sequence[Stand]) -> None:
        self._call = call
        self._stands = stands
        self._given: dict[Any, Given] = {}
        self._quotas: dict[Any, tuple[int, int]] = {}
        self._people: People | None = None

    async def prepare(self) -> None:
        """Read what every row needs, once."""
        call = self._call
        if self._people is not None:
            return
        self._people = await people_of(call, [each.owner for each in self._stands])
        ids = [each.history.offer_id for each in self._stands]
        self._given = await totals(call.connection, call.operator_id, ids)
        rows = await fetch(call.connection, _QUOTAS, (call.operator_id,))
        self._quotas = {offer_id: (granted, cap) for offer_id, granted, cap in rows}

    async def read(self, call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
        """The offers that the filters let through, in the order that is asked for."""
        await self.prepare()
        state, text = ask.get("state"), (ask.get("q") or "").casefold()
        found = [
            each
            for each in self._stands
            if (state is None or state in each.tabs)
            and (text in each.history.code.casefold() or text in name_of(each, call).casefold())
        ]
        key, kind = self._order(ask.sort)
        shown, cut = ask.cut_whole(found, key, kind, str)
        return [self._row(each) for each in shown], cut

    def _order(self, sort: str) -> tuple[Callable[[Stand], tuple[Any, ...]], type]:
        keys: dict[str, tuple[Callable[[Stand], Any], type]] = {
            "offer": (lambda each: name_of(each, self._call).casefold(), str),
            "period": (_begins, str),
            "given": (lambda each: self._of(each).amount, int),
            "purchases": (lambda each: self._of(each).purchases, int),
        }
        first, kind = keys[sort]
        return (lambda each: (first(each), each.history.code)), kind

    def _of(self, offer: Stand) -> Given:
        return self._given.get(offer.history.offer_id, Given())

    def _row(self, offer: Stand) -> Row:
        call, terms = self._call, offer.terms
        assert self._people is not None
        names = {code: said.get(call.t.language, code) for code, said in call.programme.by_code.items()}
        status = status_cell(call, offer.status)
        besides = [call.t("console.offers.also", state=call.t(offer.waiting.word))] if offer.waiting is not None else []
        if besides:
            status = Cell(status.text, sub=" · ".join(besides), status=offer.status)
        code, given = offer.history.code, self._of(offer)
        cells = (
            Cell(name_of(offer, call), sub=code),
            status,
            Cell(plain(gives(terms, call.formats.tongue, names))),
            Cell(period_of(offer, call), raw=_raw_period(offer)),
            self._budget(offer),
            Cell(call.formats.tongue.amount(given.amount, terms.reward.asset), raw=str(given.amount)),
            number_cell(call, given.purchases),
            self._sales(offer, given),
            Cell(self._people(offer.owner)),
        )
        return Row(cells, href=call.address(f"/offers/{code}"))

    def _budget(self, offer: Stand) -> Cell:
        granted, cap = self._quotas.get(offer.history.offer_id, (0, 0))
        cap = cap or offer.terms.budget or 0
        if not cap:
            return Cell(self._call.t("console.offers.no_budget"), raw="")
        amount = self._call.formats.tongue.amount
        return Cell(
            self._call.formats.share(granted, cap),
            sub=self._call.t("console.offers.of_budget", amount=amount(cap, offer.terms.reward.asset)),
            raw=f"{granted}/{cap}",
        )

    def _sales(self, offer: Stand, given: Given) -> Cell:
        """Sales of rewarded purchases for one euro given, rounded down to the cent: no claim of a cause."""
        call, currency = self._call, currency_of(offer.terms.reward.asset)
        if currency is None or not given.amount:
            return Cell("–", raw="")
        one = 10 ** money.exponent(currency)
        sales, spent_in = given.net_minor * one // given.amount, call.programme.programme.currency
        told = call.t("console.offers.for_each", amount=call.formats.money(one, currency))
        return Cell(call.formats.money(sales, spent_in), sub=told, raw=money.plain(sales, spent_in))


def _begins(offer: Stand) -> str:
    """When it begins, as it is sorted by."""
    version = offer.live or offer.upcoming
    return "" if version is None or version.live_from is None else version.live_from.isoformat()


def _last_of(offer: Stand, version: Version) -> datetime | None:
    """Until when members have a version: a pause is no end."""
    return None if offer.life is Life.PAUSED else version.live_until


def _raw_period(offer: Stand) -> str:
    version = offer.live or offer.upcoming or offer.last
    if version is None:
        return ""
    begins, ends = version.live_from, _last_of(offer, version)
    return f"{'' if begins is None else begins.isoformat()}/{'' if ends is None else ends.isoformat()}"


def period_of(offer: Stand, call: Call) -> str:
    """From which day until which members have it: by its version and by the days that its terms name. Of a draft
    nothing yet."""
    version = offer.live or offer.upcoming or offer.last
    if version is None:
        return "–"
    zone, t, tongue = call.zone, call.t, call.formats.tongue
    bounds = [
        None if each is None else each.astimezone(zone).date() for each in (version.live_from, _last_of(offer, version))
    ]
    days = days_of(version)
    firsts = [each for each in (bounds[0], None if days is None else days.first_day) if each is not None]
    lasts = [each for each in (bounds[1], None if days is None else days.last_day) if each is not None]
    if not firsts and not lasts:
        return t("console.offers.always")
    if not lasts:
        return t("console.offers.from_day", day=tongue.day(max(firsts)))
    if not firsts:
        return t("console.offers.until_day", day=tongue.day(min(lasts)))
    return t("console.offers.from_until", first=tongue.day(max(firsts)), last=tongue.day(min(lasts)))
