"""The addresses of shops, of files of shops, of places to match, of members and of claims."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.merchants.imports.table import BYTES_MAX
from cashback.web.console import claims, imports, reviews, shops
from cashback.web.guard import BODY_MAX_BYTES, Endpoint, guarded
from cashback.web.rendering import language_asked

_HOME = "/{locale}/operator"
FILE_MAX_BYTES = BYTES_MAX + BODY_MAX_BYTES


def _post(path: str, endpoint: Endpoint, *, home: str = "", most: int = BODY_MAX_BYTES) -> list[Route]:
    """A form's address. Who comes there by a link, as after a change of language, is led to the form's page."""

    async def back(request: Request) -> Response:
        filled = home.format(**request.path_params)
        return RedirectResponse(f"/{language_asked(request)}/operator{filled}", status_code=303)

    changing = Route(f"{_HOME}{path}", guarded(endpoint, most=most), methods=["POST"])
    return [changing, Route(f"{_HOME}{path}", back, methods=["GET"])] if home else [changing]


ROUTES = [
    Route(f"{_HOME}/shops", shops.shops),
    Route(f"{_HOME}/shops/{{code}}", shops.shop),
    *_post("/shops/{code}/identifiers", shops.give, home="/shops/{code}"),
    *_post("/shops/{code}/identifiers/end", shops.end, home="/shops/{code}"),
    Route(f"{_HOME}/shop-imports", imports.uploads, methods=["GET"]),
    *_post("/shop-imports", imports.upload, most=FILE_MAX_BYTES),
    Route(f"{_HOME}/shop-imports/template.csv", imports.template),
    Route(f"{_HOME}/shop-imports/{{id}}", imports.one),
    Route(f"{_HOME}/shop-imports/{{id}}/errors.csv", imports.errors),
    *_post("/shop-imports/{id}/columns", imports.remap, home="/shop-imports/{id}"),
    *_post("/shop-imports/{id}/mend", imports.mend, home="/shop-imports/{id}"),
    *_post("/shop-imports/{id}/apply", imports.apply, home="/shop-imports/{id}"),
    *_post("/shop-imports/{id}/discard", imports.discard, home="/shop-imports"),
    Route(f"{_HOME}/matches", reviews.questions),
    *_post("/matches/begin", reviews.begin, home="/matches"),
    Route(f"{_HOME}/matches/one", reviews.question, methods=["GET"]),
    *_post("/matches/one", reviews.answered),
    Route(f"{_HOME}/claims", claims.claims),
    Route(f"{_HOME}/claims/{{id}}", claims.claim),
    Route(f"{_HOME}/claims/{{id}}/picture", claims.picture),
    *_post("/claims/{id}/accept", claims.accept, home="/claims/{id}"),
    *_post("/claims/{id}/refuse", claims.refuse, home="/claims/{id}"),
    *_post("/claims/{id}/withdraw", claims.withdraw, home="/claims/{id}"),
    *_post("/claims/{id}/identifiers", claims.map_identifier, home="/claims/{id}"),
]
