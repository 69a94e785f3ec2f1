"""The addresses of the console."""

from starlette.routing import Route

from cashback.web.console import theme, theme_posters, theme_welcome

HOME = "/{locale}/operator"
"""Where every address of the console begins."""

ROUTES: list[Route] = [
    *theme.ROUTES,
    *theme_welcome.ROUTES,
    *theme_posters.ROUTES,
]
