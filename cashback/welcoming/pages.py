"""How an operator receives strangers: may they join, from which age, under which terms; and where its centres are."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from anyascii import anyascii
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import directory, fetch
from cashback.errors import Forbidden, Invalid
from cashback.programmes import audit_log

AGES = (13, 25)
AGE_DEFAULT = 18
TERMS_MAX = 20_000
TOWN_MAX = 80
CENTRES_MAX = 500
"""Centres that are listed; more of them are found by their name alone."""
DEGREES_E5 = (90_00000, 180_00000)

_READ = "SELECT open, minimum_age, terms_en, terms_fr, told_at FROM welcome_pages WHERE operator_id = $1"
_SAVE = """
INSERT INTO welcome_pages (operator_id, open, minimum_age, terms_en, terms_fr, told_by, told_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (operator_id) DO UPDATE SET open = $2, minimum_age = $3, terms_en = $4, terms_fr = $5, told_by = $6,
    told_at = $7
"""
_PLACES = """
SELECT c.id, c.code, c.name, coalesce(p.town, ''), p.latitude_e5, p.longitude_e5 FROM centres c
LEFT JOIN centre_pages p ON p.operator_id = c.operator_id AND p.centre_id = c.id
WHERE c.operator_id = $1 ORDER BY c.name, c.code
"""
_SAVE_PLACES = """
INSERT INTO centre_pages (operator_id, centre_id, town, latitude_e5, longitude_e5)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::int[], $5::int[]) AS t
ON CONFLICT (operator_id, centre_id) DO UPDATE SET town = excluded.town, latitude_e5 = excluded.latitude_e5,
    longitude_e5 = excluded.longitude_e5
"""
_OPEN = """
SELECT o.slug, c.code, c.name, coalesce(p.town, ''), p.latitude_e5, p.longitude_e5
FROM welcome_pages w JOIN operators o ON o.operator_id = w.operator_id
JOIN centres c ON c.operator_id = w.operator_id
LEFT JOIN centre_pages p ON p.operator_id = c.operator_id AND p.centre_id = c.id
WHERE w.open AND ($1::text IS NULL OR o.slug = $1) ORDER BY c.name, o.slug, c.code LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Welcome:
    """How strangers are received."""

    open: bool
    """Whether they may join by themselves."""
    minimum_age: int
    terms_en: str
    terms_fr: str

    def terms(self, language: str) -> str:
        """The terms in a language."""
        return self.terms_fr if language == "fr" else self.terms_en

    def version(self, language: str) -> str:
        """Names their very words: the beginning of their SHA-256."""
        return hashlib.sha256(self.terms(language).encode()).hexdigest()[:8]


CLOSED = Welcome(False, AGE_DEFAULT, "", "")
"""As long as nobody said otherwise."""


@dataclass(frozen=True, slots=True)
class Place:
    """A centre and where it is, in hundred-thousandths of a degree (WGS 84)."""

    centre_id: UUID
    code: str
    name: str
    town: str
    latitude_e5: int | None
    longitude_e5: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A centre that strangers may choose."""

    tenant: str
    """Slug of its operator."""
    code: str
    name: str
    town: str
    latitude_e5: int | None
    longitude_e5: int | None


async def read(connection: AsyncConnection, operator_id: UUID) -> Welcome:
    """How an operator receives strangers."""
    rows = await fetch(connection, _READ, (operator_id,))
    return Welcome(*rows[0][:4]) if rows else CLOSED


async def save(connection: AsyncConnection, actor: Actor, welcome: Welcome, now: datetime) -> None:
    """Say how strangers are received. Invalid for an age out of bounds, and for opening without terms."""
    may_write(actor)
    if not AGES[0] <= welcome.minimum_age <= AGES[1]:
        raise Invalid(f"minimum_age: expected {AGES[0]} to {AGES[1]}, got {welcome.minimum_age}", code="welcome_age")
    terms = (welcome.terms_en.strip(), welcome.terms_fr.strip())
    if any(len(each) > TERMS_MAX for each in terms):
        raise Invalid(f"terms: expected at most {TERMS_MAX} characters in each language", code="welcome_terms_long")
    if welcome.open and not all(terms):
        raise Invalid("terms: expected in English and in French before people may join", code="welcome_terms")
    before = await read(connection, actor.operator_id)
    row = (actor.operator_id, welcome.open, welcome.minimum_age, *terms, actor.name, now)
    await connection.exec_driver_sql(_SAVE, row)
    detail: dict[str, object] = {"open": welcome.open, "minimum_age": welcome.minimum_age}
    if terms != (before.terms_en, before.terms_fr):
        # What somebody agreed to must be readable when it is in force no more.
        detail |= {"terms_en": terms[0], "terms_fr": terms[1]}
    await audit_log.record(connection, actor, "welcome.saved", "welcome", detail, now)


async def places(connection: AsyncConnection, operator_id: UUID) -> list[Place]:
    """The centres of an operator, by name."""
    return [Place(*row) for row in await fetch(connection, _PLACES, (operator_id,))]


async def save_places(connection: AsyncConnection, actor: Actor, given: Sequence[Place], now: datetime) -> None:
    """Say where centres are; those that are no centre of the operator are left out."""
    may_write(actor)
    own = {each.centre_id for each in await places(connection, actor.operator_id)}
    kept = [each for each in given if each.centre_id in own]
    for each in kept:
        if len(each.town) > TOWN_MAX or not each.town.isprintable():
            raise Invalid(f"town: expected at most {TOWN_MAX} printable characters", code="welcome_town")
        if (each.latitude_e5 is None) is not (each.longitude_e5 is None):
            raise Invalid("a place has a latitude and a longitude, or neither", code="welcome_place")
        if abs(each.latitude_e5 or 0) > DEGREES_E5[0] or abs(each.longitude_e5 or 0) > DEGREES_E5[1]:
            raise Invalid("latitude: expected -90 to 90, longitude -180 to 180", code="welcome_place")
    row = (
        actor.operator_id,
        [each.centre_id for each in kept],
        [each.town for each in kept],
        [each.latitude_e5 for each in kept],
        [each.longitude_e5 for each in kept],
    )
    await connection.exec_driver_sql(_SAVE_PLACES, row)
    await audit_log.record(connection, actor, "welcome.places_saved", "welcome", {"centres": len(kept)}, now)


async def find_open(engine: AsyncEngine, sought: str = "", tenant: str | None = None) -> list[Listed]:
    """Centres where strangers may join, by name, of one operator or of all; `sought` is in their name or town."""
    async with directory(engine) as connection:
        rows = await fetch(connection, _OPEN, (tenant, CENTRES_MAX))
    words = _plain(sought).split()
    found = [Listed(*row) for row in rows]
    return [each for each in found if all(word in _plain(f"{each.name} {each.town}") for word in words)]


def may_write(actor: Actor) -> None:
    """Forbidden for who may not change the programme."""
    if not actor.may(Scope.PROGRAMME):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.PROGRAMME.value!r}", code="scope_missing")


def _plain(text: str) -> str:
    """Small letters without accents."""
    return anyascii(text).lower()
