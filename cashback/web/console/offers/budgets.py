"""Budgets of offers: promised, given, left, and the day on which each will be used up at the pace of the last weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.auth.roles import Page
from cashback.db.engine import fetch
from cashback.offers.life import Status as Life
from cashback.offers.terms import Funder, Terms
from cashback.paging import Cut
from cashback.web.console.frame import Call, calling
from cashback.web.console.offers.states import Stand
from cashback.web.console.offers.table import all_stands, name_of
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page
from cashback.web.statuses import Status

PACE_DAYS = 14
ALERT_PERCENT = 80
SOON = timedelta(days=14)

ENOUGH = Status("console.offers.budget.enough", "circle-check", "pos")
LOW = Status("console.offers.budget.low", "triangle-alert", "warn")
USED = Status("console.offers.budget.used", "ban", "neg")
OVER = Status("console.offers.budget.over", "circle-minus", "mute")
LEVELS = ("enough", "low", "used", "over")

TABLE = Table(
    "offer-budgets",
    (
        Column("offer", "console.offers.column.offer", sorts=True),
        Column("state", "console.offers.column.state"),
        Column("budget", "console.offers.column.budget", sorts=True, number=True),
        Column("given", "console.offers.column.given", sorts=True, number=True),
        Column("left", "console.offers.column.left", number=True),
        Column("share", "console.offers.column.share", sorts=True, number=True),
        Column("ends", "console.offers.column.ends"),
        Column("funders", "console.offers.column.funders"),
    ),
    (
        Filter(
            "level", "console.offers.column.state", tuple((each, f"console.offers.budget.{each}") for each in LEVELS)
        ),
        Filter("q", "console.offers.search"),
    ),
    sort="-share",
    icon="coins",
    empty="console.offers.budget.none",
)

_QUOTAS = "SELECT offer_id, granted, cap FROM quotas WHERE operator_id = $1 AND bucket = 'total'"
_PACE = """
SELECT offer_id, sum(amount)::bigint FROM offer_days WHERE operator_id = $1 AND day >= $2 AND day < $3 GROUP BY offer_id
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """One offer's; amounts in the reward's asset."""

    offer: Stand
    cap: int
    granted: int
    pace: int
    """Given in the last `PACE_DAYS` whole days."""
    today: date

    @property
    def left(self) -> int:
        """What may still be given."""
        return max(0, self.cap - self.granted)

    @property
    def percent(self) -> int:
        """What of it is given."""
        return self.granted * 100 // self.cap

    @property
    def ends(self) -> date | None:
        """The day on which nothing is left at this pace; None where nothing is given any more."""
        if not self.pace or self.offer.live is None:
            return None
        return self.today + timedelta(days=min(self.left * PACE_DAYS // self.pace, 36_500))

    @property
    def level(self) -> Status:
        """How urgent it is."""
        if self.offer.life not in (Life.LIVE, Life.CHANGING, Life.PAUSED, Life.SCHEDULED):
            return OVER
        if not self.left:
            return USED
        soon = self.ends is not None and self.ends - self.today <= SOON
        return LOW if soon or self.percent >= ALERT_PERCENT else ENOUGH


async def budgets(request: Request) -> Response:
    """The list."""
    async with calling(request, Page.OFFERS) as call:
        found = await budgets_of(call)

        async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
            return _read(call, ask, found)

        title = call.t("console.offers.budgets")
        return await list_page(call, "offers", TABLE, read, title, template="offers/budgets.html", soon=_soon(found))


async def budgets_of(call: Call) -> list[Budget]:
    """Every offer that has a budget, with what was given of it."""
    quotas = {each[0]: each[1:] for each in await fetch(call.connection, _QUOTAS, (call.operator_id,))}
    today = call.now.astimezone(call.zone).date()
    rows = await fetch(call.connection, _PACE, (call.operator_id, today - timedelta(days=PACE_DAYS), today))
    pace: dict[UUID, int] = {each[0]: each[1] for each in rows}
    found = []
    for each in await all_stands(call):
        offer_id = each.history.offer_id
        granted, cap = quotas.get(offer_id, (0, each.terms.budget or 0))
        if cap and each.history.versions:
            found.append(Budget(each, cap, granted, pace.get(offer_id, 0), today))
    return found


def _soon(found: Sequence[Budget]) -> int:
    return sum(1 for each in found if each.level in (LOW, USED))


def _read(call: Call, ask: Ask, found: Sequence[Budget]) -> tuple[Sequence[Row], Cut]:
    level, text = ask.get("level"), (ask.get("q") or "").casefold()
    shown = [
        each
        for each in found
        if (level is None or each.level.word == f"console.offers.budget.{level}")
        and (text in each.offer.history.code.casefold() or text in name_of(each.offer, call).casefold())
    ]
    keys: dict[str, tuple[Any, type]] = {
        "offer": (lambda each: name_of(each.offer, call).casefold(), str),
        "budget": (lambda each: each.cap, int),
        "given": (lambda each: each.granted, int),
        "share": (lambda each: each.percent, int),
    }
    first, kind = keys[ask.sort]
    rows, cut = ask.cut_whole(shown, lambda each: (first(each), each.offer.history.code), kind, str)
    return [_row(call, each) for each in rows], cut


def _row(call: Call, each: Budget) -> Row:
    asset, tongue, ends = each.offer.terms.reward.asset, call.formats.tongue, each.ends
    code = each.offer.history.code
    cells = (
        Cell(name_of(each.offer, call), sub=code),
        Cell(call.t(each.level.word), sub=_why(call, each), status=each.level),
        Cell(tongue.amount(each.cap, asset), raw=str(each.cap)),
        Cell(tongue.amount(each.granted, asset), raw=str(each.granted)),
        Cell(tongue.amount(each.left, asset), raw=str(each.left)),
        Cell(call.formats.share(each.granted, each.cap), raw=str(each.percent)),
        Cell("–", raw="")
        if ends is None
        else Cell(
            tongue.day(ends),
            sub=call.t("console.offers.at_pace", amount=tongue.amount(each.pace, asset), days=str(PACE_DAYS)),
            raw=ends.isoformat(),
        ),
        Cell(_funders(call, each.offer.terms)),
    )
    return Row(cells, href=call.address(f"/offers/{code}"))


def _why(call: Call, each: Budget) -> str:
    """What makes a budget one that is soon used up."""
    if each.level is not LOW:
        return ""
    if each.ends is not None and each.ends - each.today <= SOON:
        return call.t("console.offers.budget.why_pace", days=str(SOON.days))
    return call.t("console.offers.budget.why_share", share=call.formats.share(ALERT_PERCENT, 100))


def _funders(call: Call, terms: Terms) -> str:
    shares = terms.funding
    if not shares:
        return call.t(f"console.offers.funder.{Funder.OPERATOR.value}")
    return call.formats.together(
        [
            f"{call.t(f'console.offers.funder.{each.funder.value}')}\u00a0{call.formats.tongue.rate(each.share_bps)}"
            for each in shares
        ]
    )
