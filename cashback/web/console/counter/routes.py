"""The addresses of shops, of files of shops, of places to match, of members and of claims."""

from starlette.routing import Route

from cashback.claims.pictures import PICTURE_MAX_BYTES
from cashback.merchants.imports.table import BYTES_MAX
from cashback.web.console.addresses import HOME, form
from cashback.web.console.counter import (
    claims,
    imports,
    member_deeds,
    member_file,
    members,
    reviews,
    shop_forms,
    shops,
    trades,
)
from cashback.web.guard import BODY_MAX_BYTES

FILE_MAX_BYTES = BYTES_MAX + BODY_MAX_BYTES
CLAIM_MAX_BYTES = PICTURE_MAX_BYTES + BODY_MAX_BYTES


COUNTER_ROUTES = [
    Route(f"{HOME}/shops", shops.shops),
    Route(f"{HOME}/shops/{{code}}", shops.shop),
    Route(f"{HOME}/shop-new", shop_forms.new, methods=["GET"]),
    *form("/shop-new", shop_forms.add),
    *form("/shops/{code}/correct", shop_forms.correct, home="/shops/{code}"),
    *form("/shops/{code}/identifiers", shops.give, home="/shops/{code}"),
    *form("/shops/{code}/identifiers/end", shops.end, home="/shops/{code}"),
    Route(f"{HOME}/shop-imports", imports.uploads, methods=["GET"]),
    *form("/shop-imports", imports.upload, most=FILE_MAX_BYTES),
    Route(f"{HOME}/shop-imports/template.csv", imports.template),
    Route(f"{HOME}/shop-imports/{{id}}", imports.one),
    Route(f"{HOME}/shop-imports/{{id}}/errors.csv", imports.errors),
    *form("/shop-imports/{id}/columns", imports.remap, home="/shop-imports/{id}"),
    *form("/shop-imports/{id}/mend", imports.mend, home="/shop-imports/{id}"),
    *form("/shop-imports/{id}/apply", imports.apply, home="/shop-imports/{id}"),
    *form("/shop-imports/{id}/discard", imports.discard, home="/shop-imports"),
    Route(f"{HOME}/trades", trades.trades),
    Route(f"{HOME}/matches", reviews.questions),
    *form("/matches/begin", reviews.begin, home="/matches"),
    Route(f"{HOME}/matches/one", reviews.question, methods=["GET"]),
    *form("/matches/one", reviews.answered, home=""),
    Route(f"{HOME}/claims", claims.claims),
    Route(f"{HOME}/claims/{{id}}", claims.claim),
    Route(f"{HOME}/claims/{{id}}/picture", claims.picture),
    *form("/claims/{id}/accept", claims.accept, home="/claims/{id}"),
    *form("/claims/{id}/refuse", claims.refuse, home="/claims/{id}"),
    *form("/claims/{id}/withdraw", claims.withdraw, home="/claims/{id}"),
    *form("/claims/{id}/identifiers", claims.map_identifier, home="/claims/{id}"),
    Route(f"{HOME}/members", members.members),
    Route(f"{HOME}/members/{{id}}", member_file.file),
    *form("/members/{id}/open", members.open_file, home="/members/{id}"),
    *form("/members/{id}/close", members.close_file, home="/members"),
    *form("/members/{id}/adjust", member_deeds.adjust, home="/members/{id}"),
    *form("/members/{id}/cards/{card}/unlink", member_deeds.unlink, home="/members/{id}/cards"),
    *form("/members/{id}/claim", member_deeds.claim, home="/members/{id}/missing", most=CLAIM_MAX_BYTES),
    *form("/members/{id}/join", member_deeds.join, home="/members/{id}/missing"),
    *form("/members/{id}/split", member_deeds.split, home="/members/{id}/missing"),
    *form("/members/{id}/sign-out", member_deeds.sign_out, home="/members/{id}/closing"),
    *form("/members/{id}/erase", member_deeds.erase, home="/members/{id}/closing"),
    Route(f"{HOME}/members/{{id}}/{{part}}", member_file.file),
]
