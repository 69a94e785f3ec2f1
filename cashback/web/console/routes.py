"""The addresses of the console."""

from starlette.routing import Route

HOME = "/{locale}/operator"
"""Where every address of the console begins."""

ROUTES: list[Route] = []
