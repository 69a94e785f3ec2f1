"""The addresses of the console."""

from starlette.routing import Route

from cashback.web.console.money_routes import MONEY_ROUTES
from cashback.web.console.offers_routes import OFFER_ROUTES

HOME = "/{locale}/operator"
"""Where every address of the console begins."""

ROUTES: list[Route] = [
    *MONEY_ROUTES,
    *OFFER_ROUTES,
]
