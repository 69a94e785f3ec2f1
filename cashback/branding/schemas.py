"""A theme, and what somebody asks to publish."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cashback.branding.palette import Chosen, Palette, palette_of

BRAND_DEFAULT = "#0c5c4c"
"""Of pages as they come."""
RADIUS_DEFAULT = 14
RADIUS_MAX = 24
NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it is served."""

    sha256: bytes
    width: int
    height: int
    plate: str
    """`#rrggbb`: the ground on which it is seen best."""

    @property
    def mark(self) -> str:
        """Names its content in an address."""
        return self.sha256.hex()[:32]


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo that was read: its facts, its bytes as they are kept, and what was uploaded."""

    logo: Logo
    body: bytes
    told_as: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody asks to publish."""

    name: str
    chosen: Chosen
    radius: int
    logo: bytes | None = None
    """The SHA-256 of a logo of an earlier version."""
    picture: Picture | None = None
    """A new logo, which wins."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One version of how an operator's pages look."""

    operator_id: UUID
    tenant: str
    """The operator's slug, by which files of the theme are asked for."""
    version: int
    name: str
    chosen: Chosen
    radius: int
    logo: Logo | None
    back_to: int | None
    published_by: str
    published_at: datetime

    @property
    def palette(self) -> Palette:
        """Everything that it is drawn with."""
        return palette_of(self.chosen)
