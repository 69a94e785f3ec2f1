"""The addresses of the console."""

from starlette.routing import Route

from cashback.web.console import cohorts, overview, search, segments, shops_routes, theme, theme_posters, theme_welcome
from cashback.web.console.money_routes import MONEY_ROUTES
from cashback.web.console.offers_routes import OFFER_ROUTES

HOME = "/{locale}/operator"
"""Where every address of the console begins."""

ROUTES: list[Route] = [
    *overview.ROUTES,
    *search.ROUTES,
    *cohorts.ROUTES,
    *segments.ROUTES,
    *MONEY_ROUTES,
    *OFFER_ROUTES,
    *shops_routes.ROUTES,
    *theme.ROUTES,
    *theme_welcome.ROUTES,
    *theme_posters.ROUTES,
]
