"""Publishing how an operator's pages look, and going back. A version never changes: going back is a version too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.branding.colours import read_colour
from cashback.branding.palette import Chosen, readings
from cashback.branding.schemas import NAME_MAX, RADIUS_MAX, Draft, Logo, Picture, Theme
from cashback.db.engine import fetch
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.programmes import audit_log

VERSIONS_SHOWN = 30

_COLUMNS = """t.operator_id, o.slug, t.version, t.name, t.brand, t.on_brand, t.brand_soft, t.brand_ink, t.radius,
    l.sha256, l.width, l.height, l.plate, t.back_to, t.published_by, t.published_at
FROM themes t JOIN operators o ON o.operator_id = t.operator_id
LEFT JOIN theme_logos l ON l.operator_id = t.operator_id AND l.sha256 = t.logo"""
_NEWEST = f"""SELECT {_COLUMNS} WHERE t.operator_id = $1 AND ($3::int IS NULL OR t.version < $3)
ORDER BY t.version DESC LIMIT $2"""
_ONE = f"SELECT {_COLUMNS} WHERE t.operator_id = $1 AND t.version = $2"
_LOCK_OPERATOR = "SELECT 1 FROM operators WHERE operator_id = $1 FOR UPDATE"
_VERSION = "SELECT coalesce(max(version), 0) FROM themes WHERE operator_id = $1"
_KEEP_LOGO = """
INSERT INTO theme_logos (operator_id, sha256, body, width, height, plate, told_as, kept_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (operator_id, sha256) DO NOTHING
"""
_HAS_LOGO = "SELECT 1 FROM theme_logos WHERE operator_id = $1 AND sha256 = $2"
_PUBLISH = """
INSERT INTO themes (operator_id, version, name, brand, on_brand, brand_soft, brand_ink, radius, logo, back_to,
    published_by, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_PICTURE = "SELECT body, told_as FROM theme_logos WHERE operator_id = $1 AND sha256 = $2"
_LOGO = """
SELECT body FROM theme_logos WHERE operator_id = $1 AND substr(encode(sha256, 'hex'), 1, 32) = $2
"""


async def current(connection: AsyncConnection, operator_id: UUID) -> Theme | None:
    """The version in force; None where the pages look as they come."""
    rows = await fetch(connection, _NEWEST, (operator_id, 1, None))
    return _theme(rows[0]) if rows else None


async def version(connection: AsyncConnection, operator_id: UUID, number: int) -> Theme | None:
    """One version, if there is one of this number."""
    rows = await fetch(connection, _ONE, (operator_id, number))
    return _theme(rows[0]) if rows else None


async def versions(
    connection: AsyncConnection, operator_id: UUID, *, before: int | None = None, limit: int = VERSIONS_SHOWN
) -> list[Theme]:
    """The newest versions, the one in force first; `before`: older than the one of this number."""
    return [_theme(row) for row in await fetch(connection, _NEWEST, (operator_id, limit, before))]


async def take_over(
    connection: AsyncConnection, actor: Actor, theme: Theme, picture: Picture | None, now: datetime
) -> bool:
    """Put another operator's look in force, as it is; False where this one looks so already."""
    mark = None if picture is None else picture.logo.sha256
    held = await current(connection, actor.operator_id)
    if held is not None and _same_look(held, theme, mark):
        return False
    draft = Draft(theme.name, theme.chosen, theme.radius, picture=picture)
    await publish(connection, actor, draft, seen=0 if held is None else held.version, now=now)
    return True


async def picture_of(connection: AsyncConnection, theme: Theme) -> Picture | None:
    """The logo of a version with its bytes."""
    if theme.logo is None:
        return None
    ((body, told_as),) = await fetch(connection, _PICTURE, (theme.operator_id, theme.logo.sha256))
    return Picture(theme.logo, bytes(body), told_as)


def _same_look(one: Theme, other: Theme, mark: bytes | None) -> bool:
    held = None if one.logo is None else one.logo.sha256
    return (one.name, one.chosen, one.radius, held) == (other.name, other.chosen, other.radius, mark)


async def logo(connection: AsyncConnection, operator_id: UUID, mark: str) -> bytes | None:
    """The PNG of a logo that was ever published, by its mark."""
    rows = await fetch(connection, _LOGO, (operator_id, mark))
    return bytes(rows[0][0]) if rows else None


async def publish(connection: AsyncConnection, actor: Actor, draft: Draft, *, seen: int, now: datetime) -> int:
    """Put a look in force and answer its version. `seen` is the version that it was made from, 0 for none.

    Invalid for a colour that cannot be read, Conflict when somebody else has published since.
    """
    _may(actor)
    _check(draft)
    number = await _next(connection, actor, seen)
    mark = draft.logo
    if draft.picture is not None:
        mark = draft.picture.logo.sha256
        facts = draft.picture.logo
        row = (actor.operator_id, mark, draft.picture.body, facts.width, facts.height, facts.plate)
        await connection.exec_driver_sql(_KEEP_LOGO, (*row, draft.picture.told_as, now))
    elif mark is not None and not await fetch(connection, _HAS_LOGO, (actor.operator_id, mark)):
        raise NotFound("there is no such logo", code="unknown_logo")
    await _write(connection, actor, number, draft, mark, None, now)
    return number


async def go_back(connection: AsyncConnection, actor: Actor, number: int, now: datetime) -> int:
    """Put an earlier version in force again, as a new one; answers its number. Conflict for the one in force."""
    _may(actor)
    latest = await _latest(connection, actor)
    earlier = await version(connection, actor.operator_id, number)
    if earlier is None:
        raise NotFound("there is no such version of the theme", code="unknown_version")
    if number == latest:
        raise Conflict(f"version {number} is in force already", code="theme_in_force")
    mark = None if earlier.logo is None else earlier.logo.sha256
    draft = Draft(earlier.name, earlier.chosen, earlier.radius)
    await _write(connection, actor, latest + 1, draft, mark, number, now)
    return latest + 1


async def _latest(connection: AsyncConnection, actor: Actor) -> int:
    """The version in force; until the transaction ends nobody else publishes."""
    await fetch(connection, _LOCK_OPERATOR, (actor.operator_id,))
    found: int = (await fetch(connection, _VERSION, (actor.operator_id,)))[0][0]
    return found


async def _next(connection: AsyncConnection, actor: Actor, seen: int) -> int:
    latest = await _latest(connection, actor)
    if latest != seen:
        raise Conflict(f"version {latest} was published meanwhile; this was made from {seen}", code="theme_changed")
    return latest + 1


async def _write(
    connection: AsyncConnection,
    actor: Actor,
    number: int,
    draft: Draft,
    mark: bytes | None,
    back_to: int | None,
    now: datetime,
) -> None:
    chosen = draft.chosen
    colours = [None if each is None else each.hex for each in (chosen.on_brand, chosen.brand_soft, chosen.brand_ink)]
    row = (actor.operator_id, number, draft.name, chosen.brand.hex, *colours, draft.radius, mark, back_to)
    await connection.exec_driver_sql(_PUBLISH, (*row, actor.name, now))
    detail = {
        "name": draft.name,
        "brand": chosen.brand.hex,
        "on_brand": colours[0],
        "brand_soft": colours[1],
        "brand_ink": colours[2],
        "radius": draft.radius,
        "logo": None if mark is None else mark.hex()[:16],
        "back_to": back_to,
    }
    await audit_log.record(connection, actor, "theme.published", f"theme:{number}", detail, now)


def _check(draft: Draft) -> None:
    if not 1 <= len(draft.name) <= NAME_MAX or not draft.name.isprintable() or draft.name != draft.name.strip():
        raise Invalid(f"name: expected 1 to {NAME_MAX} printable characters", code="theme_name")
    if not 0 <= draft.radius <= RADIUS_MAX:
        raise Invalid(f"radius: expected 0 to {RADIUS_MAX} pixels, got {draft.radius}", code="theme_radius")
    failed = [each for each in readings(draft.chosen) if not each.passes]
    if failed:
        said = ", ".join(f"{each.part.value} {each.contrast:.2f}:1, nearest {each.nearest.hex}" for each in failed)
        raise Invalid(f"these colours cannot be read, 4.5:1 is the least: {said}", code="theme_contrast")


def _may(actor: Actor) -> None:
    if not actor.may(Scope.PROGRAMME):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.PROGRAMME.value!r}", code="scope_missing")


def _theme(row: Sequence[Any]) -> Theme:
    operator_id, tenant, number, name, *colours, radius = row[:9]
    sha256, width, height, plate, back_to, published_by, published_at = row[9:]
    brand, *others = (None if each is None else read_colour(each) for each in colours)
    assert brand is not None, "a theme has its brand"
    kept = None if sha256 is None else Logo(bytes(sha256), width, height, plate)
    chosen = Chosen(brand, *others)
    return Theme(operator_id, tenant, number, name, chosen, radius, kept, back_to, published_by, published_at)
