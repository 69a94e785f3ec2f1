"""The addresses of offers."""

from starlette.routing import Route

from cashback.web.console.addresses import HOME, form
from cashback.web.console.offers import approval, budgets, editor, files, moves, page, table

_ONE = f"{HOME}/offers/{{code}}"


OFFER_ROUTES = [
    Route(f"{HOME}/offers", table.offers),
    Route(f"{HOME}/offer-new", editor.new, methods=["GET"]),
    *form("/offer-new", editor.change),
    Route(f"{HOME}/offer-budgets", budgets.budgets),
    Route(f"{HOME}/offer-trials/{{key}}", editor.progress),
    Route(_ONE, page.offer),
    Route(f"{_ONE}/edit", editor.edit, methods=["GET"]),
    *form("/offers/{code}/edit", editor.change, home=""),
    Route(f"{_ONE}/approval", approval.approval),
    Route(f"{_ONE}/days.csv", files.days),
    Route(f"{_ONE}/shops.csv", files.shops),
    *form("/offers/{code}/{move}", moves.move, home="/offers/{code}"),
]
