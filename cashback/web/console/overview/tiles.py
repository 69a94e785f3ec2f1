"""The tiles of the overview: a figure, how it stands to the period before, and where its rows are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from markupsafe import Markup

from cashback.auth.roles import OPENED_BY, Page
from cashback.figures.daily import GIVEN, RECOGNISED, SALES, TAKEN_BACK
from cashback.figures.measures import STEPS
from cashback.figures.overview import Overview
from cashback.figures.uplift import TooFew
from cashback.insights.desk import Budget
from cashback.money import exponent
from cashback.web.console.charts import sparkline
from cashback.web.console.frame import Call


@dataclass(frozen=True, slots=True)
class Tile:
    """`change` says how the figure stands to the one before, `note` what else must be known of it."""

    word: str
    value: str
    change: str = ""
    rising: bool | None = None
    """Whether it went up; None where neither can be said."""
    note: str = ""
    href: str = ""
    link: str = ""
    """The text of the link, where the note is not it."""
    spark: Markup | None = None
    part: tuple[int, int] | None = None
    """What of how much is used: a bar."""
    quiet: bool = False
    """Words in place of a figure."""
    unit: str = ""
    """What the name of the tile speaks of."""


def result_tiles(call: Call, found: Overview) -> list[Tile]:
    """Incremental sales, cost, return, active members; of whole days."""
    return [_uplift(call, found), _cost(call, found), _return(call, found), _active(call, found)]


def now_tiles(call: Call, found: Overview, budgets: Sequence[Budget]) -> list[Tile]:
    """What members hold and what live budgets have given, at the last count: today is in it."""
    t, money = call.t, _money(call)
    tiles = [
        Tile("overview.pending", money(found.pending), note=t("overview.pending_note")),
        Tile("overview.available", money(found.available), note=t("overview.available_note")),
    ]
    mine = next((each for each in budgets if each.asset.code == call.programme.programme.currency and each.cap), None)
    if mine is None:
        return [*tiles, Tile("overview.budgets", t("overview.no_budget"), quiet=True)]
    of = t("overview.budget_of", granted=money(mine.granted), cap=money(mine.cap))
    used = call.formats.percent(mine.granted / mine.cap)
    href = call.address("/offer-budgets")
    return [*tiles, Tile("overview.budgets", used, href=href, link=of, part=(mine.granted, mine.cap))]


def figure_tiles(call: Call, found: Overview) -> list[Tile]:
    """Purchases, sales, cashback, members, cards; of whole days."""
    this, before, formats, t = found.this, found.before, call.formats, call.t
    money = _money(call)
    live = call.address("/live") if call.session.member_role in OPENED_BY[Page.LIVE] else ""
    return [
        Tile(
            "overview.recognised",
            formats.number(this.recognised),
            *change(call, found, this.recognised, before.recognised),
            link=t.count("overview.unplaced", this.unplaced, formats.number(this.unplaced)) if this.unplaced else "",
            href=f"{live}?matched=no" if live and this.unplaced else "",
            spark=_spark(found, RECOGNISED),
        ),
        Tile(
            "overview.sales",
            money(this.sales),
            *change(call, found, this.sales, before.sales),
            spark=_spark(found, SALES),
        ),
        Tile(
            "overview.given",
            money(this.given),
            *change(call, found, this.given, before.given),
            note=_also(call, found),
            spark=_spark(found, GIVEN),
        ),
        Tile("overview.confirmed", money(this.confirmed), *change(call, found, this.confirmed, before.confirmed)),
        Tile(
            "overview.taken_back",
            money(this.taken_back),
            *change(call, found, this.taken_back, before.taken_back),
            note=t("overview.taken_back_note"),
            spark=_spark(found, TAKEN_BACK),
        ),
        Tile(
            "overview.joined",
            formats.number(this.joined),
            *change(call, found, this.joined, before.joined),
            spark=_spark(found, STEPS[0]),
        ),
        Tile("overview.cards", formats.number(this.cards), note=_cards(call, found)),
    ]


def change(call: Call, found: Overview, now: int, before: int) -> tuple[str, bool | None]:
    """How a figure stands to the one before, in words, and whether it rose."""
    if before == 0:
        return ("", None) if now == 0 else (call.t("overview.nothing_before", days=found.period), None)
    share = (now - before) / before
    if round(abs(share), 3) == 0:
        return call.t("overview.no_change"), None
    told = call.formats.percent(share, signed=True)
    return call.t("overview.change", change=told, days=found.period), share > 0


def _uplift(call: Call, found: Overview) -> Tile:
    t, formats, money = call.t, call.formats, _money(call)
    if not call.programme.programme.holdout_bps:
        return Tile("overview.uplift", t("overview.no_holdout"), note=t("overview.no_holdout_hint"), quiet=True)
    told = found.uplift
    if isinstance(told, TooFew):
        few = t(f"overview.few.{told.what}", have=formats.number(told.have), want=formats.number(told.want))
        return Tile("overview.uplift", t("overview.not_enough"), note=few, quiet=True)
    note = t("overview.interval", low=money(told.total.low), high=money(told.total.high))
    if not told.total.sure:
        note = f"{note}. {t('overview.unsure')}"
    share = t("overview.uplift_share", share=formats.percent(told.share.value, signed=True))
    rising = told.total.value > 0 if told.total.sure else None
    return Tile("overview.uplift", money(told.total.value), share, rising, note=note)


def _cost(call: Call, found: Overview) -> Tile:
    t, money = call.t, _money(call)
    note = t("overview.cost_note", given=money(found.this.given), taken=money(found.this.taken_back))
    told, rising = change(call, found, found.this.cost, found.before.cost)
    return Tile("overview.cost", money(found.this.cost), told, rising, note)


def _return(call: Call, found: Overview) -> Tile:
    t, formats, currency = call.t, call.formats, call.programme.programme.currency
    unit, span, one = formats.whole(10 ** exponent(currency), currency), found.per_unit, 10 ** exponent(currency)
    if span is None:
        return Tile("overview.return", "–", note=t("overview.return_few"), unit=unit)
    low, high = (formats.money(round(each * one), currency) for each in (span.low, span.high))
    note = t("overview.return_note", low=low, high=high)
    return Tile("overview.return", formats.money(round(span.value * one), currency), note=note, unit=unit)


def _active(call: Call, found: Overview) -> Tile:
    told, rising = change(call, found, found.this.active, found.before.active)
    href = call.address("/members") if call.session.member_role in OPENED_BY[Page.MEMBERS] else ""
    link = call.t("console.nav.members") if href else ""
    return Tile("overview.active", call.formats.number(found.this.active), told, rising, href=href, link=link)


def _cards(call: Call, found: Overview) -> str:
    more = found.this.cards - found.before.cards
    told = f"+{call.formats.number(more)}" if more > 0 else call.formats.number(more).replace("-", "\u2212")
    day = call.formats.day(datetime.combine(found.before.days.last, time(12), UTC), UTC)
    return call.t("overview.cards_note", change=told, day=day)


def _also(call: Call, found: Overview) -> str:
    """What was given in other assets."""
    currency, house = call.programme.programme.currency, call.programme
    others = [unit for unit in found.this.days.units(GIVEN) if unit != currency]
    told = [call.formats.amount(found.this.days.total(GIVEN, unit), house.asset(unit)) for unit in others]
    return call.t("overview.also", amounts=call.formats.together(told)) if told else ""


def _spark(found: Overview, figure: str) -> Markup:
    days = found.this.days
    units = days.units(figure) if figure in (RECOGNISED, STEPS[0]) else [found.this.currency]
    lines = [days.line(figure, unit) for unit in units] or [[0] * len(days.days)]
    return sparkline([sum(amounts) for amounts in zip(*lines, strict=True)])


def _money(call: Call) -> Callable[[float], str]:
    """Money of the programme without its decimals; below a thousand, with them."""
    currency = call.programme.programme.currency

    def told(minor: float) -> str:
        return (
            call.formats.money(round(minor), currency) if abs(minor) < 1_000_00 else call.formats.whole(minor, currency)
        )

    return told
