"""What every page of the portal is made with: who looks, in which words and zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.insights.house import House
from cashback.programmes.operators import Named, named_of
from cashback.web.context import Web, scene_of, web_of
from cashback.web.developer.guard import Integrator, integrator_of
from cashback.web.formats import Formats
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked, wants_fragment

PAGES = (
    ("start", "dev.nav.start", "sparkles"),
    ("reference", "dev.nav.reference", "book-open"),
    ("keys", "dev.nav.keys", "key"),
    ("endpoints", "dev.nav.endpoints", "external-link"),
    ("deliveries", "dev.nav.deliveries", "send"),
    ("requests", "dev.nav.requests", "activity"),
    ("simulator", "dev.nav.simulator", "play"),
    ("signatures", "dev.nav.signatures", "circle-check"),
    ("errors", "dev.nav.errors", "triangle-alert"),
)
"""The parts of the portal: last part of the address, word, icon."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One request of the portal."""

    request: Request
    web: Web
    integrator: Integrator
    house: House | None
    operator_name: str
    now: datetime
    t: Translator
    formats: Formats

    @property
    def zone(self) -> tzinfo:
        """The programme's zone; UTC before there is a programme."""
        return UTC if self.house is None else self.house.programme.zone

    def page(self, current: str, template: str, *, status: int = 200, fragment: str = "", **values: Any) -> Response:
        """A page of the part `current`; `fragment` is what htmx gets in its place."""
        title = self.t(next(word for name, word, _ in PAGES if name == current))
        shared = {
            "formats": self.formats,
            "zone": self.zone,
            "now": self.now,
            "assets": {} if self.house is None else self.house.programme.assets,
            "current": current,
            "parts": PAGES,
            "sandbox": self.integrator.sandbox,
            "operator_name": self.operator_name,
            "public_url": self.integrator.bench.public_url,
        }
        scene = scene_of(self.request, title, self.house, "wide", shared | values)
        chosen = fragment if fragment and wants_fragment(self.request) else template
        return self.web.pages.page(f"developer/{chosen}", scene, status=status)


async def frame_of(request: Request) -> Frame:
    """Who asks for a page of the portal; raises as `integrator_of` does."""
    integrator, web = await integrator_of(request), web_of(request)
    operator_id, now = integrator.session.operator_id, web.clock.now()
    house: House | None = None
    named: Named | None = None
    try:
        async with transaction(web.engine, operator_id) as connection:
            named = await named_of(connection, operator_id)
            house = await web.houses.current(connection, operator_id)
    except NotFound:
        house = None
    language = language_asked(request)
    assets = {} if house is None else house.programme.assets
    name = "" if named is None else named.name
    return Frame(request, web, integrator, house, name, now, Translator(language), Formats(language, assets, now))
