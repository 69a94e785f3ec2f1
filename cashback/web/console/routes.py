"""The addresses of the console."""

from starlette.routing import Route

from cashback.web.console import search
from cashback.web.console.counter.routes import COUNTER_ROUTES
from cashback.web.console.look import posters, theme, welcome
from cashback.web.console.money.routes import MONEY_ROUTES
from cashback.web.console.offers.routes import OFFER_ROUTES
from cashback.web.console.overview import cohorts, page, segments

ROUTES: list[Route] = [
    *page.ROUTES,
    *search.ROUTES,
    *cohorts.ROUTES,
    *segments.ROUTES,
    *MONEY_ROUTES,
    *OFFER_ROUTES,
    *COUNTER_ROUTES,
    *theme.ROUTES,
    *welcome.ROUTES,
    *posters.ROUTES,
]
