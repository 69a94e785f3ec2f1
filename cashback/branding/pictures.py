"""Reading a logo that somebody uploads: decoded, made small, encoded again, so that nothing of the file is passed on.

SVG is refused: it is a document that may hold scripts, styles and addresses, and no filter of it has lasted. What is
kept is a PNG of our own making, without the uploaded file's metadata.
"""

import hashlib
import io
import struct

from PIL import Image, ImageOps, UnidentifiedImageError

from cashback.branding.colours import Colour, luminance
from cashback.branding.schemas import Logo, Picture
from cashback.errors import Invalid

LOGO_MAX_BYTES = 1024 * 1024
SIDE_MAX = 4096
"""Pixels of a side that are decoded."""
SIDE_MIN = 24
KEPT = (480, 160)
"""Pixels that are kept: three for each that a header shows."""
KEPT_MAX_BYTES = 40 * 1024
"""A page with its logo stays below its weight."""
FORMATS = ("PNG", "JPEG", "WEBP")
LIGHT_PLATE, DARK_PLATE = "#ffffff", "#14202b"
_BRIGHT = 0.55
"""A logo that is lighter than that is seen on a dark plate."""


def read_logo(body: bytes) -> Picture:
    """The picture of an uploaded file; Invalid with what was expected for one that is none, too large or moving."""
    if len(body) > LOGO_MAX_BYTES:
        raise Invalid(f"the logo has {len(body)} bytes; expected at most {LOGO_MAX_BYTES}", code="logo_too_large")
    if b"<svg" in body[:4096].lower():
        raise Invalid("an SVG may hold scripts: save the logo as PNG, JPEG or WebP", code="logo_svg")
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as opened:
            told_as = str(opened.format)
            if max(opened.size) > SIDE_MAX or min(opened.size) < SIDE_MIN:
                raise Invalid(
                    f"the logo is {opened.size[0]} x {opened.size[1]} pixels; expected {SIDE_MIN} to {SIDE_MAX} a side",
                    code="logo_size",
                )
            if getattr(opened, "n_frames", 1) > 1:
                raise Invalid("the logo moves: expected one picture", code="logo_moves")
            decoded = ImageOps.exif_transpose(opened).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, struct.error):
        raise Invalid("the logo could not be read: expected a PNG, JPEG or WebP picture", code="logo_unknown") from None
    return _kept(decoded, told_as)


def _kept(decoded: Image.Image, told_as: str) -> Picture:
    drawn = decoded.getchannel("A").getbbox()
    if drawn is None:
        raise Invalid("the logo is transparent all over", code="logo_empty")
    picture = decoded.crop(drawn)
    size = KEPT
    while True:
        picture.thumbnail(size, Image.Resampling.LANCZOS)
        body = _png(picture)
        if len(body) > KEPT_MAX_BYTES:
            body = _png(picture.quantize(128, method=Image.Quantize.FASTOCTREE))
        if len(body) <= KEPT_MAX_BYTES:
            break
        size = (size[0] * 3 // 4, size[1] * 3 // 4)
    logo = Logo(hashlib.sha256(body).digest(), picture.width, picture.height, _plate(picture))
    return Picture(logo, body, told_as)


def _png(picture: Image.Image) -> bytes:
    made = io.BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def _plate(picture: Image.Image) -> str:
    """What lies under it: the ground from which its own pixels differ more."""
    small = picture.resize((32, 32))
    seen = [(Colour(red, green, blue), alpha) for red, green, blue, alpha in zip(*_planes(small), strict=True)]
    weight = sum(alpha for _, alpha in seen) or 1
    bright = sum(luminance(colour) * alpha for colour, alpha in seen) / weight
    return DARK_PLATE if bright > _BRIGHT and min(alpha for _, alpha in seen) < 255 else LIGHT_PLATE


def _planes(picture: Image.Image) -> tuple[bytes, bytes, bytes, bytes]:
    red, green, blue, alpha = (picture.getchannel(each).tobytes() for each in "RGBA")
    return red, green, blue, alpha
