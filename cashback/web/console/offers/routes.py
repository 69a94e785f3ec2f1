"""The addresses of offers."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.web.console.offers import approval, budgets, editor, files, moves, page, table
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
    Route(f"{_HOME}/offers", table.offers),
    Route(f"{_HOME}/offer-new", editor.new, methods=["GET"]),
    Route(f"{_HOME}/offer-new", guarded(editor.change), methods=["POST"]),
    Route(f"{_HOME}/offer-budgets", budgets.budgets),
    Route(f"{_HOME}/offer-trials/{{key}}", editor.progress),
    Route(_ONE, page.offer),
    Route(f"{_ONE}/edit", editor.edit, methods=["GET"]),
    Route(f"{_ONE}/edit", guarded(editor.change), methods=["POST"]),
    Route(f"{_ONE}/approval", approval.approval),
    Route(f"{_ONE}/days.csv", files.days),
    Route(f"{_ONE}/shops.csv", files.shops),
    Route(f"{_ONE}/{{move}}", guarded(moves.move), methods=["POST"]),
    Route(f"{_ONE}/{{move}}", _to_offer, methods=["GET"]),
]
