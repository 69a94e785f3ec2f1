"""The addresses of the console."""

from starlette.routing import Route

from cashback.web.console import shops_routes

HOME = "/{locale}/operator"
"""Where every address of the console begins."""

ROUTES: list[Route] = [
    *shops_routes.ROUTES,
]
