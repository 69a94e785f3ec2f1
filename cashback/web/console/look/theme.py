"""The appearance of a programme: typed, looked at in both modes while it is typed, published, and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.branding import service as branding
from cashback.branding.colours import Colour, read_colour
from cashback.branding.palette import (
    GROUNDS,
    INKS,
    Adjusted,
    Chosen,
    Colours,
    Mode,
    Part,
    adjusted,
    palette_of,
    readings,
)
from cashback.branding.pictures import LOGO_MAX_BYTES, read_logo
from cashback.branding.schemas import RADIUS_DEFAULT, RADIUS_MAX, Draft, Theme
from cashback.errors import Invalid, NotFound, ProductError
from cashback.web.console.addresses import HOME, form
from cashback.web.console.frame import Call, calling, refusal_text, tried
from cashback.web.context import web_of
from cashback.web.faces import face_of
from cashback.web.rendering import wants_fragment
from cashback.web.shopper.installed import BRAND

PART = "theme"
BODY_MAX_BYTES = LOGO_MAX_BYTES + 64 * 1024
TEXT_MAX = 80
COLOURS = tuple(part.value for part in Part)
_LAST = "last_"
"""Before the name of a field: what could be read there last, while it is being typed."""
_CHECKED = (*COLOURS, "radius")


@dataclass(frozen=True, slots=True)
class Phone:
    """One mode of the preview."""

    mode: Mode
    drawn: Colours
    page: Colour
    card: Colour
    ink: Colour
    ink_2: Colour


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the contrast check."""

    part: Part
    ratio: str
    passes: bool
    nearest: str
    """Empty where the colour passes."""


@dataclass(frozen=True, slots=True)
class Change:
    """A colour that was adjusted: what it was, what it is, the contrast of both, and why."""

    mode: Mode
    part: Part
    before: Colour
    after: Colour
    ratio_before: str
    ratio_after: str
    why: str


@dataclass(frozen=True, slots=True)
class Look:
    """What the preview shows."""

    name: str
    radius: int
    phones: tuple[Phone, ...]
    lines: tuple[Line, ...]
    changes: tuple[Change, ...]

    def colour_of(self, part: str) -> str:
        """What a part is drawn with in the light, chosen or reckoned."""
        colour: Colour = getattr(self.phones[0].drawn, Part(part).value)
        return colour.hex

    @property
    def passes(self) -> bool:
        """Whether it may be published."""
        return all(line.passes for line in self.lines)


async def shown(request: Request) -> Response:
    """The editor, with the look in force, or as the pages come."""
    async with calling(request, Page.THEME) as call:
        return await _page(call, typed_of(await branding.current(call.connection, call.operator_id), call))


async def preview(request: Request) -> Response:
    """What was typed, drawn and checked; nothing is kept. `use` puts the nearest passing colour in its field."""
    typed = _typed(await request.form())
    part, _, colour = typed.pop("use", "").partition(":")
    if part in COLOURS:
        typed[part] = colour
    async with calling(request, Page.THEME) as call:
        if not wants_fragment(request):
            return await _page(call, typed)
        current = await branding.current(call.connection, call.operator_id)
        title, wrong = call.t("console.nav.theme"), wrong_in(call, typed)
        drawn = _drawn(call, _look(call, _mended(call, typed, wrong, current)))
        return call.page(PART, "_theme_preview.html", title, wrong=wrong, alone=True, **drawn)


async def publish(request: Request) -> Response:
    """Put it in force as a new version; refused, everything that was typed stands there again."""
    sent = await request.form()
    typed = _typed(sent)
    picture = sent.get("picture")
    body = await picture.read() if isinstance(picture, UploadFile) and picture.size else b""

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        draft = Draft(
            typed["name"],
            chosen_of(typed),
            _radius(typed["radius"]),
            logo=await _logo(call, typed),
            picture=read_logo(body) if body else None,
        )
        await branding.publish(call.connection, actor, draft, seen=_version(typed["seen"]), now=call.now)
        return call.back_to("/theme", done="theme_published")

    response = await tried(request, Page.THEME, do, lambda call, refused: _page(call, typed, refused), changing=True)
    web_of(request).tenants.forget()
    return response


async def go_back(request: Request) -> Response:
    """Put an earlier version in force again."""

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        await branding.go_back(call.connection, actor, _version(request.path_params["version"]), call.now)
        return call.back_to("/theme", done="theme_back")

    async def again(call: Call, refused: ProductError) -> Response:
        return await _page(call, typed_of(await branding.current(call.connection, call.operator_id), call), refused)

    response = await tried(request, Page.THEME, do, again, changing=True)
    web_of(request).tenants.forget()
    return response


def typed_of(theme: Theme | None, call: Call) -> dict[str, str]:
    """A look as the fields of the form."""
    if theme is None:
        name = "" if call.house is None else call.house.programme.name
        return {"name": name, "brand": BRAND, "radius": str(RADIUS_DEFAULT), "seen": "0", "logo": ""} | dict.fromkeys(
            COLOURS[1:], ""
        )
    chosen = theme.chosen
    given = {"on_brand": chosen.on_brand, "brand_soft": chosen.brand_soft, "brand_ink": chosen.brand_ink}
    return {
        "name": theme.name,
        "brand": chosen.brand.hex,
        **{name: "" if colour is None else colour.hex for name, colour in given.items()},
        "radius": str(theme.radius),
        "seen": str(theme.version),
        "logo": "" if theme.logo is None else "kept",
    }


def chosen_of(typed: Mapping[str, str]) -> Chosen:
    """The colours of the form; Invalid names the field that holds none."""
    read: dict[str, Colour] = {}
    for name in COLOURS:
        if not typed[name] and name != Part.BRAND:
            continue
        try:
            read[name] = read_colour(typed[name])
        except ValueError as error:
            raise Invalid(f"{name}: {error}", code=f"theme_colour_{name}") from None
    return Chosen(**read)


def wrong_in(call: Call, typed: Mapping[str, str]) -> dict[str, str]:
    """By the name of a field what was expected there; empty where everything can be read."""
    found: dict[str, str] = {}
    for name in COLOURS:
        try:
            chosen_of({**dict.fromkeys(COLOURS, ""), Part.BRAND.value: BRAND, name: typed[name]})
        except ProductError as refused:
            found[name] = refusal_text(call.t, refused)
    try:
        _radius(typed["radius"])
    except ProductError as refused:
        found["radius"] = refusal_text(call.t, refused)
    return found


def _mended(call: Call, typed: Mapping[str, str], wrong: Mapping[str, str], current: Theme | None) -> Mapping[str, str]:
    """What was typed; in the place of what cannot be read what was read there last, else what is in force."""
    in_force = typed_of(current, call)
    before = in_force | {name: typed[_LAST + name] for name in _CHECKED if _LAST + name in typed}
    unread = wrong_in(call, before)
    return {**typed, **{name: in_force[name] if name in unread else before[name] for name in wrong}}


async def _page(call: Call, typed: Mapping[str, str], refused: ProductError | None = None) -> Response:
    versions = await branding.versions(call.connection, call.operator_id)
    wrong = wrong_in(call, typed)
    look = _look(call, _mended(call, typed, wrong, versions[0] if versions else None))
    return call.page(
        PART,
        "theme.html",
        call.t("console.nav.theme"),
        refused=refused,
        status=422 if wrong else 200,
        wrong=wrong,
        typed=typed,
        versions=versions,
        radius_most=RADIUS_MAX,
        parts=COLOURS[1:],
        alone=False,
        **_drawn(call, look, versions[0] if versions else None),
    )


def _drawn(call: Call, look: Look, current: Theme | None = None) -> dict[str, Any]:
    current = current or (None if call.house is None else call.house.theme)
    face = face_of(current)
    return {"look": look, "face": None if face is None else face.logo}


def _look(call: Call, typed: Mapping[str, str]) -> Look:
    chosen, palette = chosen_of(typed), palette_of(chosen_of(typed))
    phones = tuple(
        Phone(mode, drawn, GROUNDS[mode][0], GROUNDS[mode][1], *INKS[mode])
        for mode, drawn in ((Mode.LIGHT, palette.light), (Mode.DARK, palette.dark))
    )
    lines = tuple(
        Line(
            each.part,
            _ratio(call, each.contrast),
            each.passes,
            "" if each.passes else each.nearest.hex,
        )
        for each in readings(chosen)
    )
    return Look(
        typed["name"], _radius(typed["radius"]), phones, lines, tuple(_change(call, each) for each in adjusted(chosen))
    )


def _change(call: Call, each: Adjusted) -> Change:
    before, after = _ratio(call, each.contrast_before), _ratio(call, each.contrast_after)
    key = "dazzles" if not each.least else f"{each.mode.value}.{each.part.value}"
    least = call.formats.tongue.number(round(each.least * 10), 10)
    return Change(each.mode, each.part, each.before, each.after, before, after, call.t(f"theme.why.{key}", least=least))


def _ratio(call: Call, contrast: float) -> str:
    """Rounded down, so that what is told never says more than what was measured."""
    return call.formats.tongue.number(int(contrast * 100), 100)


async def _logo(call: Call, typed: Mapping[str, str]) -> bytes | None:
    """The logo in force, where it is to be kept."""
    current = await branding.current(call.connection, call.operator_id)
    return None if typed["logo"] != "kept" or current is None or current.logo is None else current.logo.sha256


def _typed(form: FormData) -> dict[str, str]:
    names = ("name", *COLOURS, "radius", "seen", "logo", "use")
    found = {name: form.get(name, "") for name in names}
    found |= {_LAST + name: form[_LAST + name] for name in _CHECKED if _LAST + name in form}
    return {
        name: " ".join(value.replace("\0", "").split())[:TEXT_MAX] if isinstance(value, str) else ""
        for name, value in found.items()
    }


def _radius(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > RADIUS_MAX:
        raise Invalid(f"radius: expected 0 to {RADIUS_MAX} pixels, got {text[:20]!r}", code="theme_radius")
    return int(text)


def _version(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise NotFound("there is no such version of the theme", code="unknown_version")
    return int(text)


ROUTES = [
    Route(f"{HOME}/theme", shown, methods=["GET"]),
    *form("/theme", publish, most=BODY_MAX_BYTES),
    *form("/theme/preview", preview, most=BODY_MAX_BYTES),
    *form("/theme/back/{version}", go_back),
]
