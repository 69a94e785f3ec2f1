"""The trades that the product knows: every code with its names and its group, as a page and as a file."""

from collections import Counter
from collections.abc import Sequence

from anyascii import anyascii
from starlette.requests import Request
from starlette.responses import Response

from cashback.auth.roles import Page
from cashback.paging import Cut
from cashback.trades import GROUPS, TRADES, Trade
from cashback.web.console.frame import Call, calling
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page, number_cell


async def trades(request: Request) -> Response:
    """The list, with how many shops of the programme each code has."""
    async with calling(request, Page.SHOPS) as call:
        held = [] if call.house is None else call.house.snapshot.shops.shops.values()
        shops = Counter(each.category for each in held)

        async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
            found = [each for each in TRADES.values() if _matches(each, ask)]
            keys = {
                "code": lambda each: (each.code,),
                "en": lambda each: (_plain(each.en), each.code),
                "fr": lambda each: (_plain(each.fr), each.code),
                "group": lambda each: (call.formats.tongue.group(each.group), each.code),
            }
            shown, cut = ask.cut_whole(found, keys[ask.sort], str, *([] if ask.sort == "code" else [str]))
            return [_row(call, each, shops) for each in shown], cut

        title, lead = call.t("trades.title"), call.t("trades.lead")
        return await list_page(call, "shops", _table(call), read, title, template="trades.html", lead=lead)


def _table(call: Call) -> Table:
    groups = [(each, call.formats.tongue.group(each)) for each in GROUPS]
    return Table(
        "trades",
        (
            Column("code", "trades.code", sorts=True),
            Column("en", "trades.en", sorts=True),
            Column("fr", "trades.fr", sorts=True),
            Column("group", "trades.group", sorts=True),
            Column("shops", "shops.title", number=True),
        ),
        (Filter("q", "trades.search"), Filter("group", "trades.group", groups, texts=True)),
        sort="code",
        icon="store",
        empty="trades.none",
    )


def _matches(each: Trade, ask: Ask) -> bool:
    group, text = ask.get("group"), _plain(ask.get("q") or "")
    told = f"{each.written} {_plain(each.en)} {_plain(each.fr)}"
    return (group is None or each.group == group) and text in told


def _plain(text: str) -> str:
    return anyascii(text).casefold()


def _row(call: Call, each: Trade, shops: Counter[str]) -> Row:
    held = sum(count for code, count in shops.items() if each.code <= code <= each.last)
    group = call.formats.tongue.group(each.group)
    return Row((Cell(each.written), Cell(each.en), Cell(each.fr), Cell(group), number_cell(call, held)))
