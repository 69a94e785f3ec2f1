"""Colours: WCAG's own examples, and laws over every colour that an operator may choose."""

import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

import cashback.web
from cashback.branding.colours import (
    BLACK,
    READABLE,
    WHITE,
    Colour,
    contrast,
    least_contrast,
    nearest_readable,
    read_colour,
)
from cashback.branding.palette import GROUNDS, INKS, Chosen, Mode, Part, palette_of, readings
from cashback.branding.pictures import KEPT, KEPT_MAX_BYTES, LOGO_MAX_BYTES, read_logo
from cashback.errors import Invalid

COLOURS = st.builds(Colour, *(st.integers(0, 255) for _ in range(3)))
MAYBE = st.none() | COLOURS


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.478),
        ("#767676", "#ffffff", 4.542),
        ("#f00", "#fff", 3.998),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(read_colour(one), read_colour(other)) == pytest.approx(ratio, abs=0.001)
    assert contrast(read_colour(other), read_colour(one)) == pytest.approx(ratio, abs=0.001)


@pytest.mark.parametrize("text", ["", "#12345", "red", "#ggg", "rgb(0,0,0)", "#0c5c4c;}", "url(x)"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="#0c5c4c"):
        read_colour(text)


@settings(deadline=None, max_examples=60)
@given(COLOURS)
def test_one_colour_is_enough_and_all_of_it_can_be_read_in_both_modes(brand: Colour) -> None:
    palette = palette_of(Chosen(brand))
    for mode, drawn in ((Mode.LIGHT, palette.light), (Mode.DARK, palette.dark)):
        assert contrast(drawn.on_brand, drawn.brand) >= READABLE
        assert contrast(drawn.on_brand_2, drawn.brand) >= READABLE
        assert least_contrast(drawn.brand_ink, (*GROUNDS[mode], drawn.brand_soft)) >= READABLE
        assert least_contrast(drawn.brand_soft, INKS[mode]) >= READABLE
    assert palette.light.brand == brand
    assert all(each.passes for each in readings(Chosen(brand)))


@settings(deadline=None, max_examples=40)
@given(COLOURS, MAYBE, MAYBE, MAYBE)
def test_what_is_offered_in_place_of_a_colour_passes(
    brand: Colour, on_brand: Colour | None, soft: Colour | None, ink: Colour | None
) -> None:
    mended = {each.part: each.nearest for each in readings(Chosen(brand, on_brand, soft, ink))}
    again = Chosen(brand, mended[Part.ON_BRAND], mended[Part.BRAND_SOFT], mended[Part.BRAND_INK])
    assert all(each.passes for each in readings(again))
    dark = palette_of(again).dark
    assert contrast(dark.on_brand, dark.brand) >= READABLE


@settings(deadline=None, max_examples=40)
@given(COLOURS)
def test_a_colour_that_passes_is_left_as_it_is_and_another_moves_no_further_than_it_must(colour: Colour) -> None:
    found = nearest_readable(colour, (WHITE,))
    if contrast(colour, WHITE) >= READABLE:
        assert found == colour
    else:
        assert READABLE <= contrast(found, WHITE) < READABLE + 0.3
    with pytest.raises(ValueError, match="no colour"):
        nearest_readable(colour, (WHITE, BLACK), 5.0)


def test_the_grounds_and_inks_are_those_of_the_pages() -> None:
    style = (Path(cashback.web.__file__).parent / "static" / "app.css").read_text()
    light, dark = style.split("prefers-color-scheme: dark", 1)[0], style.split("prefers-color-scheme: dark", 1)[1]
    for mode, text in ((Mode.LIGHT, light), (Mode.DARK, dark)):
        said = {
            name: read_colour(re.search(rf"--{name}: (#[0-9a-f]+);", text)[1])  # type: ignore[index]
            for name in ("bg", "surface", "sunken", "ink", "ink-2", "brand", "brand-soft", "brand-ink")
        }
        assert {said["bg"], said["surface"], said["sunken"]} == set(GROUNDS[mode])
        assert (said["ink"], said["ink-2"]) == INKS[mode]
        assert least_contrast(said["brand-ink"], (*GROUNDS[mode], said["brand-soft"])) >= READABLE
        assert contrast(WHITE, said["brand"]) >= READABLE


def a_picture(kind: str = "PNG", size: tuple[int, int] = (600, 200), ink: str = "#0b5c78", **more: object) -> bytes:
    picture = Image.new("RGB" if kind == "JPEG" else "RGBA", size)
    ImageDraw.Draw(picture).ellipse((10, 10, size[0] - 10, size[1] - 10), fill=ink)
    made = io.BytesIO()
    picture.save(made, kind, **more)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_made_small_and_encoded_again(kind: str) -> None:
    told = a_picture(kind, exif=Image.Exif()) if kind == "JPEG" else a_picture(kind)
    kept = read_logo(told)
    assert kept.told_as == kind
    assert kept.body.startswith(b"\x89PNG")
    assert kept.body != told
    assert kept.logo.width <= KEPT[0]
    assert kept.logo.height <= KEPT[1]
    assert len(kept.body) <= KEPT_MAX_BYTES


def test_nothing_of_the_uploaded_file_is_passed_on() -> None:
    told = a_picture() + b"<script>alert(1)</script>"
    assert b"script" not in read_logo(told).body


def test_a_light_logo_stands_on_a_dark_plate() -> None:
    assert read_logo(a_picture(ink="#ffffff")).logo.plate == "#14202b"
    assert read_logo(a_picture(ink="#0b5c78")).logo.plate == "#ffffff"


def moving() -> bytes:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    return made.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "logo_svg"),
        (b"GIF89a" + bytes(40), "logo_unknown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "logo_unknown"),
        (b"", "logo_unknown"),
        (a_picture()[:-200], "logo_unknown"),
        (bytes(LOGO_MAX_BYTES + 1), "logo_too_large"),
        (a_picture(size=(23, 40)), "logo_size"),
        (a_picture("PNG", (4097, 30)), "logo_size"),
        (moving(), "logo_moves"),
    ],
)
def test_what_is_no_logo_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_logo(body)
    assert refused.value.code == code


def test_an_empty_picture_is_refused() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(made, "PNG")
    with pytest.raises(Invalid) as refused:
        read_logo(made.getvalue())
    assert refused.value.code == "logo_empty"
