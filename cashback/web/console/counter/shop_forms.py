"""One shop at a time: opened on a page of its own, corrected on its page."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import ProductError
from cashback.merchants.imports import single
from cashback.web.console.counter.sent import sent
from cashback.web.console.counter.shop_typing import Typing, as_stored, as_typed, typed_in
from cashback.web.console.counter.shops import shop_of, shop_page
from cashback.web.console.frame import Call, calling, tried


async def new(request: Request) -> Response:
    """The form of a shop that there is not yet."""
    async with calling(request, Page.SHOPS) as call:
        call.need(Scope.PROGRAMME)
        return _new(call, as_stored(call))


async def add(request: Request) -> Response:
    """Open the shop and go to its page, where it is given its identifiers."""
    form = await sent(request)

    async def do(call: Call) -> Response:
        shop = await single.open_shop(call.connection, call.need(Scope.PROGRAMME), typed_in(form), call.now)
        return call.back_to(f"/shops/{quote(shop.code)}", done="shops-opened")

    async def again(call: Call, refused: ProductError) -> Response:
        call.need(Scope.PROGRAMME)
        return _new(call, as_typed(call, form, refused), refused)

    return await tried(request, Page.SHOPS, do, again)


async def correct(request: Request) -> Response:
    """Say anew what the shop is called, what it trades in and where it lies."""
    code, form = request.path_params["code"], await sent(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        await single.correct(call.connection, actor, code, typed_in(form), form.get("seen", ""), call.now)
        return call.back_to(f"/shops/{quote(code)}", done="shops-corrected")

    async def again(call: Call, refused: ProductError) -> Response:
        moved = refused.code == "shop_moved"
        typing = as_stored(call, shop_of(call, code), moved=True) if moved else as_typed(call, form, refused)
        return await shop_page(call, code, refused=refused, typing=typing)

    return await tried(request, Page.SHOPS, do, again)


def _new(call: Call, typing: Typing, refused: ProductError | None = None) -> Response:
    return call.page("shops", "shop_new.html", call.t("shops.new"), refused=refused, typing=typing)
