"""The offers that run now, filtered by floor and by what is to be done; one with its example; activating one."""

from starlette.requests import Request
from starlette.responses import Response

from cashback.errors import NotFound, ProductError
from cashback.rewards.running import Running, running_offers
from cashback.rewards.telling import activate
from cashback.web.shopper.frame import Visit, back_to, visiting
from cashback.web.shopper.offer_facts import OfferView, detail_of, view_of

SHOW = ("activate", "progress", "ending")
"""What the list can be narrowed to beside a floor."""
ENDING_DAYS = 14


async def offers(request: Request) -> Response:
    """The list; the address holds the filters."""
    async with visiting(request) as visit:
        return await _list(visit)


async def offer(request: Request) -> Response:
    """One offer."""
    async with visiting(request) as visit:
        return await _one(visit)


async def activate_offer(request: Request) -> Response:
    """Activate one; from now on purchases count. Refused, its page says why."""
    code = request.path_params["code"]
    try:
        async with visiting(request, changing=True) as visit:
            await activate(visit.connection, visit.snapshot, visit.actor, visit.shopper_id, code, visit.now)
    except NotFound:
        raise
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _one(visit, refused=refused)
    return back_to(request, f"/offers/{code}?done=activated")


async def _list(visit: Visit) -> Response:
    query = visit.request.query_params
    every = [view_of(each, visit.house, visit.told) for each in await _running(visit)]
    mine = [each for each in every if each.for_shopper]
    floors = sorted({shop.floor for shop in visit.snapshot.shops.shops.values() if shop.floor})
    floor = query.get("floor", "") if query.get("floor", "") in floors else ""
    show = query.get("show", "") if query.get("show", "") in SHOW else ""
    shown = [each for each in mine if (not floor or floor in each.floors) and _shows(each, show, visit)]
    return visit.page(
        "offers.html",
        visit.t("offers.title"),
        offers=sorted(shown, key=_order),
        every=len(mine),
        floors=floors,
        floor=floor,
        show=show,
        filters=SHOW,
    )


def _shows(view: OfferView, show: str, visit: Visit) -> bool:
    if show == "activate":
        return view.needs_activation and not view.active
    if show == "progress":
        return bool(view.progress)
    return show != "ending" or (view.ends is not None and (view.ends - visit.now).days < ENDING_DAYS)


def _order(view: OfferView) -> tuple[bool, int, str]:
    """What waits for the shopper first, then what is under way, the furthest first."""
    waits = view.needs_activation and not view.active
    return not waits, -(view.percent or 0), view.name


async def _one(visit: Visit, *, refused: ProductError | None = None) -> Response:
    code = visit.request.path_params["code"]
    running = next((each for each in await _running(visit) if each.offer.code == code), None)
    if running is None:
        raise NotFound("there is no such offer, or it has ended", code="unknown_offer")
    view = view_of(running, visit.house, visit.told)
    return visit.page(
        "offer.html",
        view.name,
        status=200 if refused is None else refused.status,
        offer=view,
        detail=detail_of(running, visit.house, visit.told),
        refused=refused,
        done=visit.request.query_params.get("done") == "activated" and view.active,
    )


async def _running(visit: Visit) -> list[Running]:
    return await running_offers(visit.connection, visit.snapshot, visit.shopper_id, visit.now)
