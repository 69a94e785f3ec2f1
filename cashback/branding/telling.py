"""A look as machines tell it and are told it: the fields of the API, and of a draft in a file."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from cashback.branding.colours import Colour, read_colour
from cashback.branding.palette import Chosen, Colours, Part, palette_of, readings
from cashback.branding.pictures import read_logo
from cashback.branding.schemas import BRAND_DEFAULT, RADIUS_DEFAULT, Draft, Theme
from cashback.errors import Invalid

KEEP, NONE = "keep", "none"
"""What a draft says of the logo: the one in force stays, or there is none."""


def fields_of(theme: Theme | None, name: str) -> dict[str, Any]:
    """A version as a draft that would repeat it; `name` where pages look as they come."""
    chosen = Chosen(read_colour(BRAND_DEFAULT)) if theme is None else theme.chosen
    colours = {part.value: _hex(getattr(chosen, part.value)) for part in Part}
    return {
        "name": name if theme is None else theme.name,
        **colours,
        "radius": RADIUS_DEFAULT if theme is None else theme.radius,
        "logo": NONE if theme is None or theme.logo is None else KEEP,
        "seen": 0 if theme is None else theme.version,
    }


def read_draft(told: Mapping[str, Any], current: Theme | None, picture: bytes | None = None) -> Draft:
    """A draft of these fields; `picture` is a new logo, and wins. Invalid names the field that cannot be read."""
    kept = None if told["logo"] != KEEP or current is None or current.logo is None else current.logo.sha256
    return Draft(told["name"], chosen_of(told), told["radius"], kept, None if picture is None else read_logo(picture))


def chosen_of(told: Mapping[str, Any]) -> Chosen:
    """Its colours; those that are left out are reckoned from the brand."""
    read: dict[str, Colour] = {}
    for name in (part.value for part in Part):
        if told.get(name) is None and name != Part.BRAND.value:
            continue
        try:
            read[name] = read_colour(str(told[name]))
        except ValueError as error:
            raise Invalid(f"{name}: {error}", code="theme_colour") from None
    return Chosen(**read)


def drawn(chosen: Chosen) -> dict[str, dict[str, str]]:
    """What the pages are drawn with in both modes, `#rrggbb` by part."""
    palette = palette_of(chosen)
    return {"light": _colours(palette.light), "dark": _colours(palette.dark)}


def checks(chosen: Chosen) -> list[dict[str, Any]]:
    """The pairs that are read: the contrast measured, whether it holds, the nearest colour that does."""
    return [
        {
            "part": each.part.value,
            "contrast": int(each.contrast * 100) / 100,
            "passes": each.passes,
            "nearest": each.nearest.hex,
        }
        for each in readings(chosen)
    ]


def _colours(given: Colours) -> dict[str, str]:
    found = {each.name: getattr(given, each.name) for each in fields(given)}
    return {name: colour.hex for name, colour in found.items() if isinstance(colour, Colour)}


def _hex(colour: Colour | None) -> str | None:
    return None if colour is None else colour.hex
