"""Colours as WCAG 2.2 and the eye reckon them: contrast, and the nearest colour that can be read. Pure.

Luminance and contrast are those of WCAG 2.2 (relative luminance, contrast ratio); lightness, chroma and hue those of
OKLab (Björn Ottosson, 2020), so that a colour which is made darker or lighter stays the same colour to the eye.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

READABLE = 4.5
"""The least contrast of text (WCAG 2.2, success criterion 1.4.3)."""
STEPS = 200
"""Shades of lightness that are tried between black and white."""
_HEX = re.compile(r"#?(?:[0-9a-f]{3}|[0-9a-f]{6})")


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour of sRGB, 0 to 255 each."""

    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        """`#0c5c4c`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


WHITE, BLACK = Colour(255, 255, 255), Colour(0, 0, 0)


def read_colour(text: str) -> Colour:
    """`#0c5c4c`, `0C5C4C` or `#abc`; ValueError for anything else."""
    plain = text.strip().lower()
    if not _HEX.fullmatch(plain):
        raise ValueError(f"expected a colour such as #0c5c4c, got {text[:20]!r}")
    digits = plain.removeprefix("#")
    whole = digits if len(digits) == 6 else "".join(each * 2 for each in digits)
    return Colour(*bytes.fromhex(whole))


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 for black and 1 for white."""
    red, green, blue = (_linear(each) for each in (colour.red, colour.green, colour.blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """From 1 for equal colours to 21 for black on white, whichever is the text."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: Colour, grounds: Iterable[Colour]) -> float:
    """The contrast with whichever ground leaves the least."""
    return min(contrast(colour, each) for each in grounds)


def mixed(colour: Colour, ground: Colour, percent: int) -> Colour:
    """So much of a colour over a ground."""

    def channel(over: int, under: int) -> int:
        return round(under + (over - under) * percent / 100)

    return Colour(
        channel(colour.red, ground.red), channel(colour.green, ground.green), channel(colour.blue, ground.blue)
    )


@lru_cache(maxsize=1024)
def nearest_readable(colour: Colour, grounds: tuple[Colour, ...], least: float = READABLE) -> Colour:
    """The colour itself if it can be read on every ground, else the nearest shade of its hue that can.

    ValueError where nothing could be read on all of them.
    """
    if least_contrast(colour, grounds) >= least:
        return colour
    for shade in _outward(colour):
        if least_contrast(shade, grounds) >= least:
            return shade
    raise ValueError("no colour can be read on all of these grounds")


def lightness(colour: Colour) -> float:
    """OKLab's, 0 for black and 1 for white."""
    return _oklab(colour)[0]


def with_lightness(colour: Colour, wanted: float) -> Colour:
    """The same hue, lighter or darker; as colourful as the screen can show it."""
    _, green_red, blue_yellow = _oklab(colour)
    for tenths in range(10, -1, -1):
        channels = _channels(wanted, green_red * tenths / 10, blue_yellow * tenths / 10)
        if all(-0.001 <= each <= 1.001 for each in channels):
            return _colour(channels)
    return _colour(_channels(wanted, 0.0, 0.0))


def _outward(colour: Colour) -> Iterator[Colour]:
    """Its shades, the nearest first, up to white and down to black."""
    own = lightness(colour)
    for step in range(1, STEPS + 1):
        for wanted in (own - step / STEPS, own + step / STEPS):
            if 0.0 < wanted < 1.0:
                yield with_lightness(colour, wanted)
    yield WHITE
    yield BLACK


def _linear(channel: int) -> float:
    part = channel / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    inside = min(max(part, 0.0), 1.0)
    return inside * 12.92 if inside <= 0.0031308 else 1.055 * inside ** (1 / 2.4) - 0.055


def _colour(channels: tuple[float, float, float]) -> Colour:
    red, green, blue = (round(_gamma(each) * 255) for each in channels)
    return Colour(red, green, blue)


def _oklab(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (_linear(each) for each in (colour.red, colour.green, colour.blue))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _channels(light: float, green_red: float, blue_yellow: float) -> tuple[float, float, float]:
    """Linear red, green and blue; outside 0 to 1 where the screen cannot show it."""
    long = (light + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    medium = (light - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (light - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
