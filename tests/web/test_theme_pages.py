"""The appearance of a programme: published, checked while it is typed, taken back, and never another operator's."""

import io
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from builders import NOW, House, a_house, a_shopper
from console_site import Console, a_console, text_of
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import Site, csrf_in, words

from cashback.actors import system
from cashback.auth.roles import MemberRole
from cashback.branding import service as branding
from cashback.branding.colours import Colour, contrast, read_colour
from cashback.branding.palette import Chosen
from cashback.branding.schemas import Draft
from cashback.db.engine import fetch, transaction
from cashback.web.theme import initials_of

BLUE = {"name": "Lac & Co", "brand": "#1a4fd8", "on_brand": "", "brand_soft": "", "brand_ink": "", "radius": "8"}


def a_logo(colour: str = "#1a4fd8", size: tuple[int, int] = (300, 100)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "PNG")
    return made.getvalue()


@pytest.fixture
async def house(engine: AsyncEngine) -> House:
    return await a_house(engine)


@pytest.fixture
async def console(engine: AsyncEngine, house: House) -> AsyncIterator[Console]:
    async with a_console(engine, house) as opened:
        yield opened


async def published(house: House, brand: str = "#1a4fd8", name: str = "Lac & Co", seen: int = 0) -> int:
    async with transaction(house.engine, house.operator_id) as connection:
        draft = Draft(name, Chosen(read_colour(brand)), 8)
        return await branding.publish(connection, system(house.operator_id, "tests"), draft, seen=seen, now=NOW)


async def rows(house: House, statement: str) -> list[Any]:
    async with transaction(house.engine, house.operator_id) as connection:
        return [tuple(row) for row in await fetch(connection, statement)]


def style_in(page: str) -> str:
    found = re.search(r'href="(/theme/[^"]+\.css)"', page)
    assert found is not None, "the page has no theme"
    return found[1]


async def test_a_theme_is_published_seen_by_shoppers_and_taken_back(console: Console, site: Site, house: House) -> None:
    form = {**BLUE, "seen": "0"}
    files = {"picture": ("logo.png", a_logo(), "image/png")}
    answer = await console.post("/theme", form, files=files)
    assert answer.headers["location"] == "/en/operator/theme?done=theme_published", text_of(answer.text)
    async with site.shopper(await a_shopper(house)) as browser:
        wallet = (await browser.get("/en/wallet")).text
        assert "Lac &amp; Co" in wallet
        assert re.search(r'<img class="brand-logo plate-light" src="/theme/[^"]+/logo/[0-9a-f]{32}.png" alt=""', wallet)
        style = await browser.get(style_in(wallet))
        assert "--brand:#1a4fd8;" in style.text
        assert "--radius:8px;" in style.text
        assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert style.headers["x-content-type-options"] == "nosniff"
        logo = await browser.get(re.search(r'src="(/theme/[^"]+)"', wallet)[1])  # type: ignore[index]
        assert (logo.headers["content-type"], logo.content[:4]) == ("image/png", b"\x89PNG")
        manifest = (await browser.get("/en/wallet/manifest.webmanifest")).json()
        assert (manifest["name"], manifest["theme_color"]) == ("Lac & Co", "#1a4fd8")
        for each in manifest["icons"]:
            with Image.open(io.BytesIO((await browser.get(each["src"])).content)) as icon:
                assert f"{icon.width}x{icon.height}" == each["sizes"]
        assert (await console.post("/theme", {**BLUE, "brand": "#7a1fa2", "seen": "1"})).status_code == 303
        assert style_in((await browser.get("/en/wallet")).text).endswith("/2.css")
        assert (await console.post("/theme/back/1")).headers["location"].endswith("done=theme_back")
        wallet = (await browser.get("/en/wallet")).text
        assert style_in(wallet).endswith("/3.css")
        assert "--brand:#1a4fd8;" in (await browser.get(style_in(wallet))).text
        assert "brand-logo" in wallet
    assert "repeats version 1" in text_of((await console.get("/theme")).text)
    deeds = await rows(
        house, "SELECT subject, detail->>'back_to' FROM audit_log WHERE action = 'theme.published' ORDER BY subject"
    )
    assert deeds == [("theme:1", None), ("theme:2", None), ("theme:3", "1")]


REFUSED: tuple[tuple[dict[str, str], str], ...] = (
    ({"brand": "blue"}, "Brand colour: expected something like #0c5c4c"),
    ({"on_brand": "#1a4fd9"}, "Some of these colours cannot be read"),
    ({"brand_ink": "#ffee00"}, "Some of these colours cannot be read"),
    ({"brand_soft": "#14202b"}, "Some of these colours cannot be read"),
    ({"radius": "25"}, "The roundness is a whole number from 0 to 24"),
    ({"name": ""}, "The name has 1 to 60 characters"),
    ({"seen": "4"}, "Somebody else published meanwhile"),
)


async def test_a_look_that_is_refused_keeps_what_was_typed_and_changes_nothing(console: Console, house: House) -> None:
    for wrong, said in REFUSED:
        answer = await console.post("/theme", {**BLUE, "seen": "0", **wrong})
        assert answer.status_code in (409, 422)
        assert said in text_of(answer.text)
        for name, value in ({**BLUE, **wrong}).items():
            if name != "seen":
                typed = value.replace("&", "&amp;")
                assert re.search(rf'name="{name}" value="{re.escape(typed)}"', answer.text), name
    files = {"picture": ("logo.svg", b"<svg xmlns='x'><script/></svg>", "image/svg+xml")}
    answer = await console.post("/theme", {**BLUE, "seen": "0"}, files=files)
    assert "An SVG may hold scripts" in text_of(answer.text)
    assert await rows(house, "SELECT 1 FROM themes") == []
    assert await rows(house, "SELECT 1 FROM theme_logos") == []


async def test_the_check_offers_the_nearest_colour_that_can_be_read_and_keeps_nothing(
    console: Console, house: House
) -> None:
    typed = {**BLUE, "seen": "0", "brand_ink": "#ffee00"}
    part = (await console.post("/theme/preview", typed, headers={"hx-request": "true"})).text
    assert "<html" not in part
    assert "Too close" in text_of(part)
    offered = re.search(r'value="brand_ink:(#[0-9a-f]{6})"', part)
    assert offered is not None
    assert contrast(read_colour(offered[1]), Colour(255, 255, 255)) >= 4.5
    whole = (await console.post("/theme/preview", {**typed, "use": f"brand_ink:{offered[1]}"})).text
    assert f'name="brand_ink" value="{offered[1]}"' in whole
    assert "Too close" not in text_of(whole)
    assert 'fill="#1a4fd8"' in whole
    assert await rows(house, "SELECT 1 FROM themes") == []


async def test_what_was_adjusted_is_told_before_and_after_and_what_cannot_be_read_at_its_field(
    console: Console, house: House
) -> None:
    htmx = {"hx-request": "true"}
    yellow = text_of((await console.post("/theme/preview", {**BLUE, "brand": "#ffe000"}, headers=htmx)).text)
    white, links = yellow.index("White cannot be read on your brand"), yellow.index("Your brand colour cannot be read")
    assert "Light · Text on the brand #ffffff 1.31:1 becomes #14202b 12.51:1" in yellow[:white]
    assert re.search(r"Links and icons #ffe000 1.\d+:1 becomes #[0-9a-f]{6} 4\.5\d*:1", yellow[white:links])
    assert "needs 4.5:1 (WCAG 2.2 AA)" in yellow
    assert "Ce qui a été ajusté, et pourquoi" in text_of((await console.get("/theme", language="fr")).text)
    await published(house, "#0c5c4c")
    bad = {**BLUE, "brand": "url(x)", "on_brand": "white", "radius": "99"}
    odd = await console.post("/theme/preview", bad, headers=htmx)
    assert odd.status_code == 200, "half typed is no mistake yet"
    told = dict(re.findall(r'<li data-field="(\w+)">([^<]+)</li>', odd.text))
    assert list(told) == ["brand", "on_brand", "radius"]
    assert told["brand"] == "Brand colour: expected something like #0c5c4c."
    while_typing = {**BLUE, "brand": "#1a4f", "last_brand": "#1a4fd8", "on_brand": "#1a50d8"}
    drawn = (await console.post("/theme/preview", while_typing, headers=htmx)).text
    assert 'fill="#1a4fd8"' in drawn, "a colour half typed is drawn as what stood there before"
    assert "Too close" in text_of(drawn), "and the others as they are typed"
    emptied = {**BLUE, "brand": "#ff", "last_brand": "#ffe000", "on_brand": "", "radius": "9999", "last_radius": "7"}
    drawn = (await console.post("/theme/preview", emptied, headers=htmx)).text
    assert "Too close" not in text_of(drawn), "an emptied colour is derived, whatever is in force"
    answer = await console.post("/theme/preview", bad)
    assert answer.status_code == 422
    whole = answer.text
    assert re.search(r'name="brand" value="url\(x\)"[^>]* aria-invalid="true"', whole)
    assert '<p class="field-error" id="e-on_brand">Text on the brand: expected' in whole
    assert 'fill="#0c5c4c"' in whole, "the preview is of the colours that can be read, else of those in force"


async def test_two_operators_never_mix(engine: AsyncEngine, site: Site, house: House) -> None:
    other = await a_house(engine, name="Halle Nord")
    await published(house, "#1a4fd8", "Lac & Co")
    await published(other, "#7a1fa2", "Nord & Fils")
    for each, brand, name in ((house, "#1a4fd8", "Lac &amp; Co"), (other, "#7a1fa2", "Nord &amp; Fils")):
        async with site.shopper(await a_shopper(each)) as browser:
            for _ in range(2):
                wallet = (await browser.get("/fr/wallet")).text
                assert name in wallet
                assert f"/theme/o{each.operator_id.hex}/1.css" == style_in(wallet)
                assert f"--brand:{brand};" in (await browser.get(style_in(wallet))).text
        sign_in = (await site.client().get(f"/fr/sign-in?centre=o{each.operator_id.hex}")).text
        assert name in sign_in
        assert style_in(sign_in) == f"/theme/o{each.operator_id.hex}/1.css"
    mark = (await rows(house, "SELECT encode(sha256, 'hex') FROM theme_logos")) or [("0" * 64,)]
    assert (await site.client().get(f"/theme/o{other.operator_id.hex}/logo/{mark[0][0][:32]}.png")).status_code == 404
    for nothing in (
        "/theme/nobody/1.css",
        f"/theme/o{other.operator_id.hex}/9.css",
        f"/theme/o{other.operator_id.hex}/1/icon-7.png",
    ):
        assert (await site.client().get(nothing)).status_code == 404


async def test_without_a_theme_the_pages_look_as_they_come_and_members_always_do(site: Site, house: House) -> None:
    async with site.shopper(await a_shopper(house)) as browser:
        assert "/theme/" not in (await browser.get("/fr/wallet")).text
    await published(house)
    async with site.operator(house) as browser:
        page = (await browser.get("/fr/operator/theme")).text
        assert 'rel="stylesheet" href="/theme/' not in page
        assert "Centre Lac" in words(page)


async def test_other_roles_do_not_open_it(site: Site, house: House) -> None:
    for role in (MemberRole.VIEWER, MemberRole.SUPPORT, MemberRole.FINANCE, MemberRole.APPROVER):
        async with site.operator(house, role) as browser:
            for path in ("theme", "welcome", "posters"):
                assert (await browser.get(f"/en/operator/{path}")).status_code == 403
            csrf = csrf_in((await browser.get("/en/operator/profile")).text)
            form = {**BLUE, "seen": "0", "csrf": csrf}
            answer = await browser.post("/en/operator/theme", data=form, headers={"sec-fetch-site": "same-origin"})
            assert answer.status_code == 403
    assert await rows(house, "SELECT 1 FROM themes") == []


@pytest.mark.parametrize(
    ("name", "initials"), [("Les Terrasses du Canal", "LC"), ("lac", "L"), ("Centre 13", "C1"), ("É. Zola", "ÉZ")]
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials
