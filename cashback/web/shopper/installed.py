"""What makes the wallet an app: its manifest, its icons, the worker that keeps pages for when there is no network."""

import io
from functools import cache

import msgspec
from PIL import Image, ImageDraw
from starlette.requests import Request
from starlette.responses import Response

from cashback.branding.schemas import BRAND_DEFAULT
from cashback.errors import NotFound
from cashback.web.context import check_language, scene_of, web_of
from cashback.web.faces import SIZES, face_of
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked
from cashback.web.shopper.frame import visiting

BRAND, ON_BRAND = BRAND_DEFAULT, "#ffffff"
BACKGROUND = "#f4f6f8"
ROUNDNESS = 0.28


async def worker(request: Request) -> Response:
    """The service worker, at the root of what it looks after."""
    answer = web_of(request).assets.serve(request, "sw.js")
    answer.headers["cache-control"] = "no-cache"
    return answer


async def offline(request: Request) -> Response:
    """The page of a browser without a network: nothing was sent."""
    check_language(request)
    scene = scene_of(request, Translator(language_asked(request))("offline.title"), None, "narrow")
    return web_of(request).pages.page("shopper/offline.html", scene)


async def manifest(request: Request) -> Response:
    """Name, icons and colours of this operator's app."""
    async with visiting(request) as visit:
        name, language, face = visit.house.name, visit.t.language, face_of(visit.house.theme)
        brand = BRAND if visit.house.theme is None else visit.house.theme.palette.light.brand.hex
        icons = "/icon/" if face is None else face.icons
        told = {
            "name": name,
            "short_name": name[:12].rstrip(),
            "description": visit.t("offline.description", name=name),
            "lang": language,
            "id": f"/wallet-{visit.operator_id.hex}",
            "start_url": f"/{language}/wallet",
            "scope": "/",
            "display": "standalone",
            "background_color": BACKGROUND,
            "theme_color": brand,
            "icons": [
                {
                    "src": f"{icons}{size}.png",
                    "sizes": f"{pixels}x{pixels}",
                    "type": "image/png",
                    "purpose": "maskable" if size == "maskable" else "any",
                }
                for size, (pixels, _) in SIZES.items()
            ],
        }
    return Response(msgspec.json.encode(told), media_type="application/manifest+json")


async def icon(request: Request) -> Response:
    """One icon."""
    size = request.path_params["size"]
    if size not in SIZES:
        raise NotFound("there is no such icon")
    return Response(_drawn(size), media_type="image/png", headers={"cache-control": "public, max-age=86400"})


@cache
def _drawn(size: str) -> bytes:
    """The mark: two lines, the second shorter, on the brand's ground."""
    pixels, rounded = SIZES[size]
    roundness = ROUNDNESS if rounded else 0.0
    picture = Image.new("RGBA", (pixels, pixels), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, pixels - 1, pixels - 1), radius=int(pixels * roundness), fill=BRAND)
    unit = pixels / 32
    for top, width in ((12.0, 12), (17.0, 7)):
        line = (10 * unit, top * unit, (10 + width) * unit, (top + 3) * unit)
        draw.rounded_rectangle(line, radius=1.5 * unit, fill=ON_BRAND)
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()
