"""The addresses of the console."""

from starlette.routing import Route

from cashback.web.console import cohorts, overview, search

HOME = "/{locale}/operator"
"""Where every address of the console begins."""

ROUTES: list[Route] = [
    *overview.ROUTES,
    *search.ROUTES,
    *cohorts.ROUTES,
]
