"""Erasing oneself: what goes, what the law keeps, what it costs, and the deed after a word that was typed."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.auth.sessions import Role, cookie_name
from cashback.erasure import service
from cashback.errors import Invalid, ProductError
from cashback.web.context import check_language, scene_of, web_of
from cashback.web.guard import forget
from cashback.web.messages import Translator
from cashback.web.mistakes import Fields
from cashback.web.rendering import language_asked
from cashback.web.shopper.frame import Visit, form_of, visiting

FORGETTING = '"cache", "storage"'
"""What the browser is told to throw away (Clear Site Data): kept pages, and the worker that kept them."""


async def erasure(request: Request) -> Response:
    """What it would mean."""
    async with visiting(request) as visit:
        return await _page(visit)


async def erase(request: Request) -> Response:
    """The deed; refused it changes nothing, and says why."""
    form = await form_of(request)
    async with visiting(request) as visit:
        web, actor, shopper_id, now, t = visit.web, visit.actor, visit.shopper_id, visit.now, visit.t
        outlook = await service.look_ahead(visit.connection, visit.actor, shopper_id)
    assert web.linking is not None, "the application serves these pages only with what links cards"
    try:
        give_up, seen = form.get("give_up") == "yes", form.get("seen", "")
        fields = Fields(form)
        if outlook.has_value and not give_up:
            fields.refuse("give_up", Invalid("give_up: expected yes", code="balance_left"))
        if form.get("word", "").upper() != t("erasure.word"):
            fields.refuse("word", Invalid(f"word: expected {t('erasure.word')}", code="erasure_word"))
        fields.check()
        await service.erase(web.engine, web.linking.road, actor, shopper_id, now, give_up=give_up, seen=seen)
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _page(visit, refused=refused)
    response = RedirectResponse(f"/{language_asked(request)}/erased", status_code=303)
    forget(web, response, cookie_name(role=Role.SHOPPER, secure=web.secure))
    return response


async def erased(request: Request) -> Response:
    """What is said to whoever was erased, by a page that knows nobody."""
    check_language(request)
    scene = scene_of(request, Translator(language_asked(request))("erasure.done_title"), None, "narrow")
    response = web_of(request).pages.page("shopper/erased.html", scene)
    response.headers["clear-site-data"] = FORGETTING
    return response


async def _page(visit: Visit, *, refused: ProductError | None = None) -> Response:
    outlook = await service.look_ahead(visit.connection, visit.actor, visit.shopper_id)
    form = await form_of(visit.request) if visit.request.method == "POST" else {}
    assets = visit.house.programme.assets
    return visit.page(
        "erasure.html",
        visit.t("erasure.title"),
        status=200 if refused is None else refused.status,
        fields={"balance_left": "give_up"},
        outlook=outlook,
        held=[(assets[code], each) for code, each in outlook.held.items() if code in assets],
        form=form,
        refused=refused,
    )
