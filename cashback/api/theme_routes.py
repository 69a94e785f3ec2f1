"""The HTTP API of how an operator's pages look: the version in force, a draft tried or published, going back."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.pictures import Picture
from cashback.api.routes import AtDesk, Desk, refuse_card_number
from cashback.api.taken import Taken
from cashback.branding import service as branding
from cashback.branding.palette import Part
from cashback.branding.schemas import NAME_MAX, RADIUS_DEFAULT, RADIUS_MAX, Draft, Logo, Theme
from cashback.branding.telling import checks, drawn, fields_of, read_draft
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.paging import listing
from cashback.programmes.operators import named_of
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")
VERSION_DIGITS = 9


_Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#0c5c4c"])]


class ThemeBody(Taken):
    """A look. Colours that are left out are reckoned from the brand, to a contrast of 4.5:1."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_MAX, examples=["Le Quai"])]
    brand: _Colour
    on_brand: Annotated[_Colour | None, Field(description="Written on the brand")] = None
    brand_soft: Annotated[_Colour | None, Field(description="The soft shade under notes")] = None
    brand_ink: Annotated[_Colour | None, Field(description="Of links and figures")] = None
    radius: Annotated[int, Field(ge=0, le=RADIUS_MAX, description="Of cards, in pixels")] = RADIUS_DEFAULT
    logo: Annotated[Literal["keep", "none"], Field(description="The one in force, or none")] = "keep"
    picture: Annotated[
        Picture | None, Field(description="A new logo, which wins: PNG, JPEG or WebP in base64, 1 MB at most")
    ] = None
    seen: Annotated[int, Field(ge=0, le=2**31 - 1, description="The version that this was made from; 0 for none")]


class ColoursAnswer(BaseModel):
    """What one mode is drawn with."""

    brand: _Colour
    on_brand: _Colour
    on_brand_2: _Colour
    brand_soft: _Colour
    brand_ink: _Colour


class CheckAnswer(BaseModel):
    """One pair that is read: the contrast measured (WCAG 2.2), of which 4.5 is the least."""

    part: Part
    contrast: Annotated[float, Field(examples=[7.31])]
    passes: bool
    nearest: Annotated[_Colour, Field(description="The colour itself where it passes, else the nearest that does")]


class LogoAnswer(BaseModel):
    """The logo as it is served."""

    address: Annotated[str, Field(examples=["/theme/le-quai/logo/0123456789abcdef0123456789abcdef.png"])]
    width: int
    height: int


class VersionAnswer(BaseModel):
    """One version; the highest is in force."""

    version: Annotated[int, Field(description="0: nothing was published, pages look as they come")]
    name: str
    brand: _Colour
    on_brand: _Colour | None
    brand_soft: _Colour | None
    brand_ink: _Colour | None
    radius: int
    logo: LogoAnswer | None
    back_to: Annotated[int | None, Field(description="The version that this one repeats")]
    published_by: Annotated[str | None, Field(examples=["key:desk"])]
    published_at: AwareDatetime | None


class ThemeAnswer(VersionAnswer):
    """A look with all that it is drawn with, and the contrast of what is read."""

    published: Annotated[bool, Field(description="False of a draft that was only tried")]
    light: ColoursAnswer
    dark: ColoursAnswer
    checks: list[CheckAnswer]


@router.get("/theme", summary="How the pages look")
async def shown(desk: AtDesk) -> ThemeAnswer:
    """The version in force, with both modes as they are drawn."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return await _in_force(connection, desk)


@router.put("/theme", summary="Publish how the pages look")
async def publish(
    body: ThemeBody, desk: AtDesk, dry_run: Annotated[bool, Query(description="Only try it: nothing is kept")] = False
) -> ThemeAnswer:
    """Put a look in force as a new version, within five seconds everywhere. A colour that cannot be read is refused
    with the nearest that can; tried only, it is answered with the checks that fail."""
    require(desk.caller, Scope.PROGRAMME)
    refuse_card_number(body.name, "name", "the name of the programme")
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        current = await branding.current(connection, operator_id)
        told = body.model_dump(exclude={"picture"})
        draft = read_draft(told, current, body.picture)
        if dry_run:
            return _tried(draft, current)
        await branding.publish(connection, desk.caller, draft, seen=body.seen, now=desk.now())
        return await _in_force(connection, desk)


@router.get("/theme/versions", summary="Every look that was ever in force")
async def versions(desk: AtDesk, paging: Asked) -> Listed[VersionAnswer]:
    """The newest first; a version never changes."""
    require(desk.caller, Scope.READ)
    place = listing("theme-versions")
    (before,) = paging.after(place, int) or (None,)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        below = None if before is None else max(0, min(before, 2**31 - 1))
        found = await branding.versions(connection, desk.caller.operator_id, before=below, limit=paging.wanted)
    shown, cut = paging.cut(place, found, lambda each: (each.version,))
    return Listed(data=[_version(each) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.post("/theme/versions/{version}/restore", summary="Go back to an earlier look")
async def restore(version: str, desk: AtDesk) -> ThemeAnswer:
    """Put an earlier version in force again, as a new one."""
    require(desk.caller, Scope.PROGRAMME)
    if not version.isascii() or not version.isdecimal() or len(version) > VERSION_DIGITS:
        raise NotFound("there is no such version of the theme", code="unknown_version")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await branding.go_back(connection, desk.caller, int(version), desk.now())
        return await _in_force(connection, desk)


async def _in_force(connection: AsyncConnection, desk: Desk) -> ThemeAnswer:
    current = await branding.current(connection, desk.caller.operator_id)
    if current is not None:
        return ThemeAnswer(**_version(current).model_dump(), published=True, **_drawn(current))
    named = await named_of(connection, desk.caller.operator_id)
    told = fields_of(None, "" if named is None else named.name)
    draft = read_draft(told, None)
    return ThemeAnswer(**_fields(draft, 0), logo=None, **_NOBODY, published=False, **_drawn(draft))


def _tried(draft: Draft, current: Theme | None) -> ThemeAnswer:
    logo = None if draft.logo is None or current is None else _logo(current.tenant, current.logo)
    number = 0 if current is None else current.version
    return ThemeAnswer(**_fields(draft, number), logo=logo, **_NOBODY, published=False, **_drawn(draft))


_NOBODY = {"back_to": None, "published_by": None, "published_at": None}


def _version(theme: Theme) -> VersionAnswer:
    return VersionAnswer(
        **_fields(theme, theme.version),
        logo=_logo(theme.tenant, theme.logo),
        back_to=theme.back_to,
        published_by=theme.published_by,
        published_at=theme.published_at,
    )


def _fields(look: Draft | Theme, number: int) -> dict[str, object]:
    colours = {part.value: getattr(look.chosen, part.value) for part in Part}
    named = {name: None if colour is None else colour.hex for name, colour in colours.items()}
    return {"version": number, "name": look.name, "radius": look.radius, **named}


def _drawn(look: Draft | Theme) -> dict[str, object]:
    return {**drawn(look.chosen), "checks": checks(look.chosen)}


def _logo(tenant: str, logo: Logo | None) -> LogoAnswer | None:
    if logo is None:
        return None
    return LogoAnswer(address=f"/theme/{tenant}/logo/{logo.mark}.png", width=logo.width, height=logo.height)
