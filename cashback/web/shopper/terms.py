"""The rules of the programme in plain words, from the same terms that decide, and whom to ask."""

from starlette.requests import Request
from starlette.responses import Response

from cashback.instalments.storage import are_offered
from cashback.rewards.running import running_offers
from cashback.web.shopper.cash_out import purse_of
from cashback.web.shopper.frame import visiting
from cashback.web.shopper.offer_facts import detail_of, view_of


async def terms(request: Request) -> Response:
    """The page."""
    async with visiting(request) as visit:
        found = await running_offers(visit.connection, visit.snapshot, visit.shopper_id, visit.now)
        return visit.page(
            "terms.html",
            visit.t("terms.title"),
            offers=[
                (view_of(each, visit.house, visit.told), detail_of(each, visit.house, visit.told)) for each in found
            ],
            purse=await purse_of(visit),
            instalments=await are_offered(visit.connection, visit.operator_id),
            contact=visit.house.contact,
        )
