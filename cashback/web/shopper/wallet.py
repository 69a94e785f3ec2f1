"""The shopper's pages: the wallet, its stream, and one purchase with its reasons."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.auth.sessions import Role
from cashback.db.engine import transaction
from cashback.errors import Invalid
from cashback.insights.wallet import read_purchase, read_stamp, read_unread, read_wallet
from cashback.instalments import storage as plan_storage
from cashback.instalments.schemas import PlanState
from cashback.web import streams
from cashback.web.context import check_language, id_in_path, scene_of, session_of, told_of, web_of
from cashback.web.rendering import language_asked, wants_fragment
from cashback.web.shopper.cash_out import Purse, purse_of
from cashback.web.shopper.frame import Visit, visiting
from cashback.web.shopper.plan_views import Due, PlanView, plans_of
from cashback.web.shopper.score import SCORE_MAX, ScoreView, score_of

_STAMP = re.compile(r"[0-9a-f]+(?:-[0-9a-f]+){3}")

UNREWARDED = "nothing"
"""Asked for in the address: purchases that earned nothing."""


@dataclass(frozen=True, slots=True)
class Home:
    """What stands around the wallet on its first page."""

    purse: Purse | None
    next_due: tuple[Due, PlanView] | None
    score: ScoreView


async def wallet(request: Request) -> Response:
    """The wallet. A page that polls with the stamp it knows gets 204 while nothing has changed."""
    asked = request.query_params
    seen, before, unrewarded = asked.get("seen"), asked.get("before"), asked.get("only") == UNREWARDED
    async with visiting(request) as visit:
        connection, shopper_id = visit.connection, visit.shopper_id
        if seen is not None and seen == await read_stamp(connection, visit.operator_id, shopper_id):
            return Response(status_code=204)
        view = await read_wallet(connection, visit.house, shopper_id, visit.now, before=before, unrewarded=unrewarded)
        home = await _home(visit) if before is None else None
        values = visit.told.values(
            wallet=view,
            older=before is not None,
            only=UNREWARDED if unrewarded else "",
            home=home,
            most=SCORE_MAX,
            unread=visit.unread,
        )
        scene = scene_of(request, visit.t("wallet.title"), visit.house, "narrow", values)
        return visit.web.pages.page("_wallet.html" if wants_fragment(request) else "wallet.html", scene)


async def _home(visit: Visit) -> Home:
    found = [each for each in await plans_of(visit) if each.plan.state is PlanState.ACTIVE and each.next_due]
    dues = [(each.next_due, each) for each in found if each.next_due is not None]
    next_due = min(dues, key=lambda pair: pair[0].part.due_on, default=None)
    return Home(await purse_of(visit), next_due, await score_of(visit))


async def stream(request: Request) -> Response:
    """Server-sent events `wallet` whose id is the wallet's stamp: who hears one asks for the page again.

    Begins with one when the page, or what the browser heard last (`Last-Event-ID`), is not the newest.
    """
    check_language(request)
    session, web = session_of(request, Role.SHOPPER), web_of(request)
    assert session.shopper_id is not None, "a shopper's session names its shopper"
    operator_id, shopper_id = session.operator_id, session.shopper_id
    seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    if not _STAMP.fullmatch(seen):
        raise Invalid(f"'seen' must be the stamp of a wallet, got {seen[:40]!r}")
    holder = streams.holder_of(request, Role.SHOPPER, secure=web.secure)
    web.wallets.check_room(operator_id)

    async def events() -> AsyncGenerator[bytes, None]:
        yield streams.RETRY
        async with web.wallets.watch(operator_id, shopper_id, seen) as watcher:
            async for stamp in streams.until_the_end(request, watcher.queue, session):
                yield streams.BEAT if stamp is None else f"id: {stamp}\nevent: wallet\ndata: 1\n\n".encode()

    return streams.answer(events(), web.seats, holder)


async def purchase(request: Request) -> Response:
    """One purchase: as a page of its own, or for htmx its explanation alone."""
    check_language(request)
    session, web = session_of(request, Role.SHOPPER), web_of(request)
    assert session.shopper_id is not None, "a shopper's session names its shopper"
    purchase_id = id_in_path(request, "pur")
    now = web.clock.now()
    async with transaction(web.engine, session.operator_id) as connection:
        house = await web.houses.current(connection, session.operator_id)
        view = await read_purchase(connection, house, session.shopper_id, purchase_id)
        split = await plan_storage.of_purchases(connection, [(session.shopper_id, purchase_id)])
        unread = await read_unread(connection, session.shopper_id)
    told = told_of(house, language_asked(request), now)
    plan = next((each for each in reversed(split) if each.state is not PlanState.CANCELLED), None)
    title = view.place.shop or told.t("purchases.unknown_shop")
    scene = scene_of(request, title, house, "narrow", told.values(purchase=view, unread=unread, plan=plan))
    return web.pages.page("_why.html" if wants_fragment(request) else "purchase.html", scene)
