"""The lender's contract of a plan: reading it, signing it. To refuse it is to withdraw before the plan begins."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.collecting import lending
from cashback.collecting.calling import Collector
from cashback.collecting.contract_paper import written
from cashback.collecting.partners import PartnerFicp, ficp_of
from cashback.collecting.rounds import CHARGE_RAILS
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import show
from cashback.web.shopper.frame import Visit, back_to, form_of, visiting
from cashback.web.shopper.payments import plan_page
from cashback.web.shopper.plan_views import own_plan, plan_of


async def contract(request: Request) -> Response:
    """The contract as its lender gives it: of a simulation a document of ours, else the lender's own page, else what
    there is, the information sheet."""
    async with visiting(request) as visit:
        plan = await own_plan(visit)
        if await lending.contract_of(visit.connection, plan) is None:
            raise NotFound("this plan has no contract of a lender", code="no_contract")
        partner = await ficp_of(visit.connection, visit.operator_id, visit.web.doors.master)
        if isinstance(partner, PartnerFicp) and partner.simulated:
            return await _document(visit)
        linking, engine, operator_id = visit.web.linking, visit.web.engine, visit.operator_id
        assert linking is not None, "the application serves these pages only with what charges cards"
    link = await lending.contract_link(Collector(engine, linking.road, CHARGE_RAILS), operator_id, plan)
    if link is not None:
        return RedirectResponse(link, 303)
    sheet = f"/payments/decisions/{show('dec', plan.decision_id)}/sheet/{plan.terms['id']}"
    return back_to(request, f"{sheet}?contract=none")


async def sign(request: Request) -> Response:
    """The shopper has read the lender's contract and signs it."""
    try:
        if not (await form_of(request)).get("read"):
            raise Invalid("read: the contract is to be read first", code="read_first")
        async with visiting(request, changing=True) as visit:
            await lending.sign(visit.connection, visit.actor, await own_plan(visit, locked=True), visit.now)
    except NotFound:
        raise
    except ProductError as refused:
        async with visiting(request) as visit:
            return await plan_page(visit, refused=refused)
    return back_to(request, f"/payments/{request.path_params['id']}?done=sign")


async def _document(visit: Visit) -> Response:
    view, programme = await plan_of(visit), visit.house.programme
    body = written(
        view.plan,
        visit.formats.tongue,
        programme=programme.name,
        lender=view.lender,
        shop=view.shop,
        card=None if view.card is None else view.card.last_four,
        accepted_at=view.plan.accepted_at.astimezone(programme.zone),
    )
    attached = f'inline; filename="{view.plan.ref}.pdf"'
    return Response(body, media_type="application/pdf", headers={"content-disposition": attached})
