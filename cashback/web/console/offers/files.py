"""Results of an offer as files: every day, every shop."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from cashback.auth.roles import Page
from cashback.figures.offer_days import by_shop, days_of
from cashback.offers.amounts import write_asset_amount
from cashback.paging import Cut
from cashback.web.console.frame import Call, calling
from cashback.web.console.offers.page import stand_of
from cashback.web.console.tables import Ask, Cell, Column, Row, Table, amount_cell, exported, number_cell

_SUMS = (
    Column("purchases", "console.offers.column.purchases"),
    Column("sales", "console.offers.tile.sales"),
    Column("given", "console.offers.column.given"),
)
DAYS = Table(
    "offer-days",
    (
        Column("day", "console.offers.day"),
        Column("members", "console.nav.members"),
        Column("first_in_shop", "console.offers.tile.newcomers"),
        Column("held_out", "console.offers.part.holdout"),
        *_SUMS,
    ),
    sort="day",
)
SHOPS = Table("offer-shops", (Column("shop", "console.offers.shop"), *_SUMS), sort="shop")


async def days(request: Request) -> Response:
    """Every day on which purchases were rewarded or held out; sales in the programme's currency, given as digits."""
    async with calling(request, Page.OFFERS) as call:
        offer = await stand_of(call, request.path_params["code"])
        found = await days_of(call.connection, call.operator_id, offer.history.offer_id)

        async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
            shown, cut = ask.cut_whole(found, lambda each: (each.day.isoformat(),), str)
            rows = [
                Row(
                    (
                        Cell(each.day.isoformat()),
                        *(number_cell(call, n) for n in (each.shoppers, each.newcomers, each.held_out)),
                        *_sums(call, (each.purchases, each.net_minor, each.amount), offer.terms.reward.asset),
                    )
                )
                for each in shown
            ]
            return rows, cut

        return await exported(call, DAYS, read)


async def shops(request: Request) -> Response:
    """Every shop with a rewarded purchase, in the order of their names."""
    async with calling(request, Page.OFFERS) as call:
        offer = await stand_of(call, request.path_params["code"])
        known = call.programme.snapshot.shops.shops
        found = [
            (known[shop_id].name if shop_id in known else shop_id.hex, *sums)
            for shop_id, *sums in by_shop(await days_of(call.connection, call.operator_id, offer.history.offer_id))
        ]

        async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
            shown, cut = ask.cut_whole(found, lambda each: (each[0],), str)
            return [Row((Cell(name), *_sums(call, sums, offer.terms.reward.asset))) for name, *sums in shown], cut

        return await exported(call, SHOPS, read)


def _sums(call: Call, sums: Sequence[int], asset: str) -> tuple[Cell, ...]:
    purchases, spent, given = sums
    return (
        number_cell(call, purchases),
        amount_cell(call, spent, call.programme.programme.currency),
        Cell(call.formats.tongue.amount(given, asset), raw=str(write_asset_amount(given, asset))),
    )
