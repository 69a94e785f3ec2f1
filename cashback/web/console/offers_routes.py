"""The addresses of offers."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.web.console import (
    offers,
    offers_approval,
    offers_budgets,
    offers_editor,
    offers_files,
    offers_moves,
    offers_page,
)
from cashback.web.guard import guarded
from cashback.web.rendering import language_asked

_HOME = "/{locale}/operator"
_ONE = f"{_HOME}/offers/{{code}}"


async def _to_offer(request: Request) -> Response:
    """Who comes by a link where only forms are taken, as after a change of language, is led to the offer."""
    return RedirectResponse(
        f"/{language_asked(request)}/operator/offers/{request.path_params['code']}", status_code=303
    )


OFFER_ROUTES = [
    Route(f"{_HOME}/offers", offers.offers),
    Route(f"{_HOME}/offer-new", offers_editor.new, methods=["GET"]),
    Route(f"{_HOME}/offer-new", guarded(offers_editor.change), methods=["POST"]),
    Route(f"{_HOME}/offer-budgets", offers_budgets.budgets),
    Route(f"{_HOME}/offer-trials/{{key}}", offers_editor.progress),
    Route(_ONE, offers_page.offer),
    Route(f"{_ONE}/edit", offers_editor.edit, methods=["GET"]),
    Route(f"{_ONE}/edit", guarded(offers_editor.change), methods=["POST"]),
    Route(f"{_ONE}/approval", offers_approval.approval),
    Route(f"{_ONE}/days.csv", offers_files.days),
    Route(f"{_ONE}/shops.csv", offers_files.shops),
    Route(f"{_ONE}/{{move}}", guarded(offers_moves.move), methods=["POST"]),
    Route(f"{_ONE}/{{move}}", _to_offer, methods=["GET"]),
]
