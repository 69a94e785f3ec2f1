"""The addresses of shops, of files of shops, of places to match, of members and of claims."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.claims.pictures import PICTURE_MAX_BYTES
from cashback.merchants.imports.table import BYTES_MAX
from cashback.web.console.counter import claims, imports, member_deeds, member_file, members, reviews, shops, trades
from cashback.web.guard import BODY_MAX_BYTES, Endpoint, guarded
from cashback.web.rendering import language_asked

_HOME = "/{locale}/operator"
FILE_MAX_BYTES = BYTES_MAX + BODY_MAX_BYTES
CLAIM_MAX_BYTES = PICTURE_MAX_BYTES + BODY_MAX_BYTES


def _post(path: str, endpoint: Endpoint, *, home: str = "", most: int = BODY_MAX_BYTES) -> list[Route]:
    """A form's address. Who comes there by a link, as after a change of language, is led to the form's page."""

    async def back(request: Request) -> Response:
        filled = home.format(**request.path_params)
        return RedirectResponse(f"/{language_asked(request)}/operator{filled}", status_code=303)

    changing = Route(f"{_HOME}{path}", guarded(endpoint, most=most), methods=["POST"])
    return [changing, Route(f"{_HOME}{path}", back, methods=["GET"])] if home else [changing]


COUNTER_ROUTES = [
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
    Route(f"{_HOME}/trades", trades.trades),
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
    Route(f"{_HOME}/members", members.members),
    Route(f"{_HOME}/members/{{id}}", member_file.file),
    *_post("/members/{id}/open", members.open_file, home="/members/{id}"),
    *_post("/members/{id}/close", members.close_file, home="/members"),
    *_post("/members/{id}/adjust", member_deeds.adjust, home="/members/{id}"),
    *_post("/members/{id}/cards/{card}/unlink", member_deeds.unlink, home="/members/{id}/cards"),
    *_post("/members/{id}/claim", member_deeds.claim, home="/members/{id}/missing", most=CLAIM_MAX_BYTES),
    *_post("/members/{id}/join", member_deeds.join, home="/members/{id}/missing"),
    *_post("/members/{id}/split", member_deeds.split, home="/members/{id}/missing"),
    *_post("/members/{id}/erase", member_deeds.erase, home="/members/{id}/closing"),
    Route(f"{_HOME}/members/{{id}}/{{part}}", member_file.file),
]
