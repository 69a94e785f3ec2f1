"""Files of a theme: its style, its logo, its icons. Each address names its content, so a browser keeps it for ever.

Nothing of a theme is written into a page but these addresses: the policy of the pages allows no inline style.
"""

import io
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageColor, ImageDraw, ImageFont
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cashback.branding import service as branding
from cashback.branding.palette import Colours
from cashback.branding.schemas import Theme
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.paper.page import FONTS
from cashback.programmes.operators import find_operator
from cashback.web.context import web_of
from cashback.web.faces import SIZES

FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
LOGO_SHARE = {"192": 0.78, "512": 0.78, "maskable": 0.6}
"""How much of an icon a logo may fill: a system cuts a maskable one to a circle of 80 %."""
INITIALS_SHARE = 0.44
ROUNDNESS = 0.28
_FIELD_RADIUS = (9, 14)
"""The corners of a field beside those of a card."""


async def style(request: Request) -> Response:
    """The variables of one version, in light and in dark."""
    theme = await _theme(request)
    return Response(style_of(theme), media_type="text/css; charset=utf-8", headers=FOR_EVER)


async def icon(request: Request) -> Response:
    """One icon of one version, drawn from its logo, or from its name."""
    theme, size = await _theme(request), request.path_params["size"]
    if size not in SIZES:
        raise NotFound("there is no such icon")
    body = None
    if theme.logo is not None:
        async with transaction(web_of(request).engine, theme.operator_id) as connection:
            body = await branding.logo(connection, theme.operator_id, theme.logo.mark)
    return Response(icon_of(theme, size, body), media_type="image/png", headers=FOR_EVER)


async def logo(request: Request) -> Response:
    """A logo that was ever published."""
    engine, operator_id = web_of(request).engine, await find_operator(web_of(request).engine, _tenant(request))
    if operator_id is None:
        raise NotFound("there is no such theme")
    async with transaction(engine, operator_id) as connection:
        body = await branding.logo(connection, operator_id, request.path_params["mark"])
    if body is None:
        raise NotFound("there is no such logo")
    return Response(body, media_type="image/png", headers=FOR_EVER)


def style_of(theme: Theme) -> str:
    """As CSS: the brand's variables and the corners, and nothing else."""
    palette, radius = theme.palette, theme.radius
    field = radius * _FIELD_RADIUS[0] // _FIELD_RADIUS[1]
    light = f"{_variables(palette.light)}--radius:{radius}px;--radius-field:{field}px;"
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{_variables(palette.dark)}}}}}\n"


def _variables(colours: Colours) -> str:
    deep = "rgb(0 0 0 / 18%)" if colours.deep else "transparent"
    return (
        f"--brand:{colours.brand.hex};--on-brand:{colours.on_brand.hex};--on-brand-2:{colours.on_brand_2.hex};"
        f"--brand-soft:{colours.brand_soft.hex};--brand-ink:{colours.brand_ink.hex};"
        f"--brand-lift:{colours.lift_percent}%;--brand-deep:{deep};"
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Everything that an icon is drawn from."""

    size: str
    brand: str
    on_brand: str
    plate: str
    initials: str
    logo: bytes | None


def icon_of(theme: Theme, size: str, body: bytes | None) -> bytes:
    """A PNG of one of the sizes."""
    light, plate = theme.palette.light, "" if theme.logo is None else theme.logo.plate
    return _icon(_Drawn(size, light.brand.hex, light.on_brand.hex, plate, initials_of(theme.name), body))


def initials_of(name: str) -> str:
    """`TC` of `Terrasses du Canal`: of the first and the last word that begin with a large letter or a digit."""
    words = [each for each in name.split() if each[0].isupper() or each[0].isdigit()] or name.split()
    chosen = words[:1] if len(words) < 2 else [words[0], words[-1]]
    return "".join(each[0].upper() for each in chosen)


@lru_cache(maxsize=64)
def _icon(drawn: _Drawn) -> bytes:
    pixels, rounded = SIZES[drawn.size]
    picture = Image.new("RGBA", (pixels, pixels), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    ground = drawn.brand if drawn.logo is None else drawn.plate
    radius = int(pixels * ROUNDNESS) if rounded else 0
    draw.rounded_rectangle((0, 0, pixels - 1, pixels - 1), radius=radius, fill=ImageColor.getrgb(ground))
    if drawn.logo is None:
        font = ImageFont.truetype(_font(), int(pixels * INITIALS_SHARE))
        draw.text((pixels / 2, pixels / 2), drawn.initials, font=font, fill=drawn.on_brand, anchor="mm")
    else:
        side = int(pixels * LOGO_SHARE[drawn.size])
        with Image.open(io.BytesIO(drawn.logo), formats=("PNG",)) as opened:
            placed = _fitted(opened.convert("RGBA"), side)
        picture.alpha_composite(placed, ((pixels - placed.width) // 2, (pixels - placed.height) // 2))
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    most = max(picture.size)
    size = (max(1, picture.width * side // most), max(1, picture.height * side // most))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _font() -> io.BytesIO:
    """The font of the product's documents: the one of its pages is packed as browsers want it."""
    return io.BytesIO((FONTS / "Inter-SemiBold.ttf").read_bytes())


async def _theme(request: Request) -> Theme:
    engine, operator_id = web_of(request).engine, await find_operator(web_of(request).engine, _tenant(request))
    if operator_id is None:
        raise NotFound("there is no such theme")
    async with transaction(engine, operator_id) as connection:
        found = await branding.version(connection, operator_id, min(request.path_params["version"], 2**31 - 1))
    if found is None:
        raise NotFound("there is no such theme")
    return found


def _tenant(request: Request) -> str:
    tenant: str = request.path_params["tenant"]
    return tenant


ROUTES = [
    Route("/theme/{tenant}/{version:int}.css", style),
    Route("/theme/{tenant}/{version:int}/icon-{size}.png", icon),
    Route("/theme/{tenant}/logo/{mark}.png", logo),
]
