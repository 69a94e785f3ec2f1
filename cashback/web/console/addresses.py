"""Addresses of the console: where all begin, and those of forms."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.web.guard import BODY_MAX_BYTES, Endpoint, guarded
from cashback.web.rendering import language_asked

HOME = "/{locale}/operator"


def form(path: str, endpoint: Endpoint, *, home: str | None = None, most: int = BODY_MAX_BYTES) -> list[Route]:
    """A form's address below `HOME`. Who comes there by a link, as after a change of language, is led to `home`: the
    first part of the path unless it is given; nowhere if it is empty, or if the path is a page itself."""
    to = f"/{path.split('/')[1]}" if home is None else home

    async def back(request: Request) -> Response:
        page = to.format(**request.path_params)
        return RedirectResponse(f"/{language_asked(request)}/operator{page}", status_code=303)

    changing = Route(f"{HOME}{path}", guarded(endpoint, most=most), methods=["POST"])
    return [changing, Route(f"{HOME}{path}", back, methods=["GET"])] if to not in ("", path) else [changing]
