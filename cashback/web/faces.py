"""What a page shows of a theme: the addresses of its files, its name, the size of its logo."""

from dataclasses import dataclass

from cashback.branding.pictures import DARK_PLATE
from cashback.branding.schemas import Theme

SIZES = {"192": (192, True), "512": (512, True), "maskable": (512, False)}
"""Pixels of each icon, and whether its corners are round; a maskable one fills its square, as the system cuts it."""
LOGO_HEIGHT = 32
LOGO_WIDTH = 112


@dataclass(frozen=True, slots=True)
class LogoFace:
    """A logo in the header, in pixels."""

    address: str
    width: int
    height: int
    plate: str
    """`light` or `dark`: what lies under it."""


@dataclass(frozen=True, slots=True)
class Face:
    """One theme on a page."""

    name: str
    style: str
    icons: str
    """Begins the addresses of the icons, which end in `192.png`."""
    logo: LogoFace | None


def face_of(theme: Theme | None) -> Face | None:
    """None where the pages look as they come."""
    if theme is None:
        return None
    base = f"/theme/{theme.tenant}"
    logo = None
    if theme.logo is not None:
        scale = min(LOGO_HEIGHT / theme.logo.height, LOGO_WIDTH / theme.logo.width)
        width, height = round(theme.logo.width * scale), round(theme.logo.height * scale)
        plate = "dark" if theme.logo.plate == DARK_PLATE else "light"
        logo = LogoFace(f"{base}/logo/{theme.logo.mark}.png", max(1, width), max(1, height), plate)
    return Face(theme.name, f"{base}/{theme.version}.css", f"{base}/{theme.version}/icon-", logo)
