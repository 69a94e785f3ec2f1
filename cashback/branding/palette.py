"""From the colours that an operator chose to everything that is drawn with them, in light and in dark. Pure.

One colour is enough: what is written on it, its soft shade and the colour of links are reckoned. Whoever chooses those
too is held to the same contrast. In the dark everything is reckoned, since nobody chooses colours twice. Colours of
states (earned, waiting, failed) are never the operator's, so that a red brand does not look like an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cashback.branding.colours import (
    BLACK,
    READABLE,
    WHITE,
    Colour,
    contrast,
    least_contrast,
    lightness,
    luminance,
    mixed,
    nearest_readable,
    read_colour,
    with_lightness,
)

LIFT_PERCENT = 112
"""How much brighter a button gets under the pointer, where what is written on it can still be read."""
DARK_INK = 6.0
"""Links in the dark stand out more than they must: a hue that only just passes glows on black."""
DARK_GROUND = 1.5
"""The least contrast of a brand with a dark page, so that a black brand is still seen."""
DARK_LIGHTNESS_MAX = 0.8


class Mode(StrEnum):
    """How a page is shown."""

    LIGHT = "light"
    DARK = "dark"


class Part(StrEnum):
    """What an operator may choose."""

    BRAND = "brand"
    ON_BRAND = "on_brand"
    BRAND_SOFT = "brand_soft"
    BRAND_INK = "brand_ink"


GROUNDS: Mapping[Mode, tuple[Colour, ...]] = {
    Mode.LIGHT: (read_colour("#f4f6f8"), read_colour("#ffffff")),
    Mode.DARK: (read_colour("#0e151b"), read_colour("#172129"), read_colour("#111a21")),
}
"""Of `app.css`: page, cards, and what is sunk into them."""
INKS: Mapping[Mode, tuple[Colour, ...]] = {
    Mode.LIGHT: (read_colour("#14202b"), read_colour("#4a5a68")),
    Mode.DARK: (read_colour("#eaf0f4"), read_colour("#a9b8c4")),
}
"""Of `app.css`: what is written on them, and on the soft shade."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an operator chose, for the light; None is reckoned."""

    brand: Colour
    on_brand: Colour | None = None
    brand_soft: Colour | None = None
    brand_ink: Colour | None = None


@dataclass(frozen=True, slots=True)
class Colours:
    """Everything that one mode is drawn with."""

    brand: Colour
    on_brand: Colour
    on_brand_2: Colour
    """Of lesser words on the brand."""
    brand_soft: Colour
    brand_ink: Colour
    lift_percent: int
    """How bright a button is under the pointer."""
    deep: bool
    """Whether a note on the brand may be darkened further: what is written there is light."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Both modes."""

    light: Colours
    dark: Colours


@dataclass(frozen=True, slots=True)
class Reading:
    """One pair that is read: what was measured, and whether it holds."""

    part: Part
    contrast: float
    passes: bool
    nearest: Colour
    """The colour itself where it passes, else the nearest that does."""


@lru_cache(maxsize=256)
def palette_of(chosen: Chosen) -> Palette:
    """Both modes of what was chosen; what can be read is the matter of `readings`."""
    return Palette(_light(chosen), _dark(chosen))


@lru_cache(maxsize=256)
def readings(chosen: Chosen) -> tuple[Reading, ...]:
    """The three pairs of the light: on the brand, on its soft shade, and links on every ground."""
    light = _light(chosen)
    soft = nearest_readable(light.brand_soft, INKS[Mode.LIGHT])
    pairs = (
        (Part.ON_BRAND, light.on_brand, (light.brand,)),
        (Part.BRAND_SOFT, light.brand_soft, INKS[Mode.LIGHT]),
        (Part.BRAND_INK, light.brand_ink, (*GROUNDS[Mode.LIGHT], soft)),
    )
    return tuple(
        Reading(
            part,
            measured := least_contrast(colour, against),
            measured >= READABLE,
            nearest_readable(colour, against),
        )
        for part, colour, against in pairs
    )


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One colour that is drawn otherwise than it was chosen, or than white, so that it can be read or seen."""

    mode: Mode
    part: Part
    before: Colour
    after: Colour
    contrast_before: float
    contrast_after: float
    least: float
    """The contrast that was needed; 0 where it was too bright for a dark page."""


@lru_cache(maxsize=256)
def adjusted(chosen: Chosen) -> tuple[Adjusted, ...]:
    """What had to be changed of the colours as they were chosen, in light and in dark."""
    light, dark = _light(chosen), _dark(chosen)
    shown = chosen.on_brand or WHITE
    light_grounds = (*GROUNDS[Mode.LIGHT], nearest_readable(light.brand_soft, INKS[Mode.LIGHT]))
    dazzles = lightness(chosen.brand) > DARK_LIGHTNESS_MAX
    pairs = (
        (Mode.LIGHT, Part.ON_BRAND, shown, light.on_brand, (light.brand,), READABLE),
        (Mode.LIGHT, Part.BRAND_INK, chosen.brand_ink or chosen.brand, light.brand_ink, light_grounds, READABLE),
        (Mode.DARK, Part.BRAND, chosen.brand, dark.brand, GROUNDS[Mode.DARK], 0.0 if dazzles else DARK_GROUND),
        (Mode.DARK, Part.ON_BRAND, shown, dark.on_brand, (dark.brand,), READABLE),
        (Mode.DARK, Part.BRAND_INK, chosen.brand, dark.brand_ink, GROUNDS[Mode.DARK], DARK_INK),
    )
    return tuple(
        Adjusted(mode, part, before, after, least_contrast(before, on), least_contrast(after, on), least)
        for mode, part, before, after, on, least in pairs
        if before != after
    )


def best_on(ground: Colour) -> Colour:
    """White where it can be read, else the ink of the pages, else black: one of them always can."""
    return next(each for each in (WHITE, INKS[Mode.LIGHT][0], BLACK) if contrast(each, ground) >= READABLE)


def _light(chosen: Chosen) -> Colours:
    soft = chosen.brand_soft or _tint(chosen.brand, Mode.LIGHT, 12)
    grounds = (*GROUNDS[Mode.LIGHT], nearest_readable(soft, INKS[Mode.LIGHT]))
    ink = chosen.brand_ink or nearest_readable(chosen.brand, grounds)
    return _drawn(chosen.brand, chosen.on_brand or best_on(chosen.brand), soft, ink)


def _dark(chosen: Chosen) -> Colours:
    brand = chosen.brand
    if lightness(brand) > DARK_LIGHTNESS_MAX:
        brand = with_lightness(brand, DARK_LIGHTNESS_MAX)
    brand = _raised(brand)
    given = chosen.on_brand
    on_brand = given if given is not None and contrast(given, brand) >= READABLE else best_on(brand)
    ink = nearest_readable(chosen.brand, GROUNDS[Mode.DARK], DARK_INK)
    soft = _tint(ink, Mode.DARK, 15)
    return _drawn(brand, on_brand, soft, nearest_readable(ink, (*GROUNDS[Mode.DARK], soft)))


def _drawn(brand: Colour, on_brand: Colour, soft: Colour, ink: Colour) -> Colours:
    lesser = mixed(on_brand, brand, 80)
    lifted = Colour(*(min(255, each * LIFT_PERCENT // 100) for each in (brand.red, brand.green, brand.blue)))
    written = Colour(*(min(255, each * LIFT_PERCENT // 100) for each in (on_brand.red, on_brand.green, on_brand.blue)))
    return Colours(
        brand,
        on_brand,
        lesser if contrast(lesser, brand) >= READABLE else on_brand,
        soft,
        ink,
        LIFT_PERCENT if contrast(written, lifted) >= READABLE else 100,
        luminance(on_brand) > luminance(brand),
    )


def _raised(brand: Colour) -> Colour:
    """A brand that is seen on dark pages."""
    return nearest_readable(brand, GROUNDS[Mode.DARK], DARK_GROUND)


def _tint(colour: Colour, mode: Mode, percent: int) -> Colour:
    """As much of a colour as still lets what is written on it be read."""
    ground = GROUNDS[mode][1]
    shares = (mixed(colour, ground, each) for each in range(percent, 0, -1))
    return next((each for each in shares if least_contrast(each, INKS[mode]) >= READABLE), ground)
