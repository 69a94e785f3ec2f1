"""How the demonstration's centre looks and receives strangers: a logo drawn here, colours, terms, two posters."""

import io
from datetime import datetime

from PIL import Image, ImageDraw
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.branding import service as branding
from cashback.branding.colours import read_colour
from cashback.branding.palette import Chosen
from cashback.branding.pictures import read_logo
from cashback.branding.schemas import Draft
from cashback.welcoming import pages, posters
from cashback.welcoming.pages import Place, Welcome

FIRST, SECOND = "#0c5c4c", "#0b5c78"
"""The brand of the first version, and of the one in force."""
MADE_UP = {
    "en": "Terms of a demonstration: invented shoppers, simulated payments, no real money. Whoever joins here "
    "joins a game "
    "on this machine, and everything is forgotten with its folder.",
    "fr": "Conditions d'une démonstration : clients inventés, paiements simulés, aucun argent réel. S'inscrire "
    "ici, c'est "
    "entrer dans un jeu sur cette machine, et tout est oublié avec son dossier.",
}
POSTERS = (("north-door", "Porte nord"), ("car-park", "Parking, niveau 1"))
TOWN, LATITUDE_E5, LONGITUDE_E5 = "Paris", 48_88950, 2_39330
DRAWN = 4
"""Drawn so many times larger, so that edges are smooth."""


async def appear(connection: AsyncConnection, actor: Actor, name: str, now: datetime) -> None:
    """Publish two versions of a theme, open the welcome page and make posters."""
    picture = read_logo(_logo())
    for seen, brand in enumerate((FIRST, SECOND)):
        draft = Draft(name, Chosen(read_colour(brand)), 14 + 2 * seen, picture=picture)
        await branding.publish(connection, actor, draft, seen=seen, now=now)
    await pages.save(connection, actor, Welcome(True, 18, MADE_UP["en"], MADE_UP["fr"]), now)
    centres = await pages.places(connection, actor.operator_id)
    placed = [Place(each.centre_id, each.code, each.name, TOWN, LATITUDE_E5, LONGITUDE_E5) for each in centres]
    await pages.save_places(connection, actor, placed, now)
    for code, label in POSTERS:
        await posters.make(connection, actor, code=code, centre="", label=label, now=now)


def _logo() -> bytes:
    """Three terraces above water."""
    side = 64 * DRAWN
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    for step, colour in enumerate(("#0b5c78", "#1d86a8", "#6fbfd8")):
        top, left = side * (10 + 12 * step) // 64, side * (6 + 8 * step) // 64
        draw.rounded_rectangle((left, top, side - side * 6 // 64, top + side * 8 // 64), side // 20, fill=colour)
    draw.arc(
        (side * 6 // 64, side * 40 // 64, side * 58 // 64, side * 72 // 64), 200, 340, fill="#0b5c78", width=side // 16
    )
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()
