"""From values to HTML. Templates hold no rule and no text of their own: words, amounts and dates are given to them."""

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cashback.auth.sessions import Role
from cashback.ids import show
from cashback.insights.schemas import Posting, PurchaseView
from cashback.ledger.chart import PAYABLE_SHOP_PREFIX
from cashback.offers.wording import Language, language_of
from cashback.web.assets import Assets, own_assets
from cashback.web.faces import Face
from cashback.web.messages import MESSAGES, Translator
from cashback.web.shopper.tabs import TABS, tab_of
from cashback.web.statuses import icon_of_category, of_purchase

PACKED_FROM = 1_400
"""Bytes; a shorter page fits one packet anyway."""
PACKING_LEVEL = 5

LANGUAGES: tuple[Language, ...] = get_args(Language)


def language_asked(request: Request) -> Language:
    """The language of the address, else the one the browser prefers."""
    first = request.url.path.split("/", 2)[1]
    if first in LANGUAGES:
        return language_of(first)
    return language_of(request.headers.get("accept-language", "en"))


@dataclass(frozen=True, slots=True)
class Scene:
    """What every template has: the language, its texts, and where the reader stands."""

    request: Request
    language: Language
    demo: bool
    title: str
    brand: str
    role: Role | None = None
    """What the reader came as, on a page of that role; leaving ends this role's session and no other."""
    csrf: str = ""
    """What the forms of this page carry, in a field or in the header `X-CSRF-Token`."""
    layout: str = "narrow"
    """`narrow` for people on a phone, `wide` for the console."""
    face: Face | None = None
    """How the operator's pages look; None: as they come."""
    portal: bool = False
    """Whether the reader may enter the developer portal."""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def other_language(self) -> Language:
        """The language the switch leads to."""
        return "en" if self.language == "fr" else "fr"

    def address_in(self, language: Language) -> str:
        """This page in another language."""
        parts = urlsplit(str(self.request.url))
        rest = parts.path.split("/", 2)[2:] if parts.path.split("/", 2)[1] in LANGUAGES else []
        return urlunsplit(("", "", "/".join(["", language, *rest]), parts.query, ""))


class Pages:
    """The template environment."""

    def __init__(self, assets: Assets) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["groupby_month"] = _by_month
        self._templates.globals.update(
            asset=assets.url,
            shown_id=show,
            status_of=of_purchase,
            icon_of_category=icon_of_category,
            scheme_name=scheme_name,
            account=account,
            reason=_reason,
            reason_word=reason_word,
            tabs=TABS,
            tab_of=tab_of,
            zone_name=zone_name,
        )

    def html(self, template: str, scene: Scene) -> str:
        """A template filled for a scene."""
        return self._templates.get_template(template).render(
            scene=scene, t=Translator(scene.language), lang=scene.language, **scene.values
        )

    def page(self, template: str, scene: Scene, *, status: int = 200) -> HTMLResponse:
        """A whole page or a fragment as a response that says its language."""
        headers = {"content-language": scene.language, "vary": "HX-Request, Accept-Encoding"}
        body = self.html(template, scene).encode()
        if "gzip" in scene.request.headers.get("accept-encoding", "") and len(body) > PACKED_FROM:
            body = gzip.compress(body, PACKING_LEVEL, mtime=0)
            headers["content-encoding"] = "gzip"
        return HTMLResponse(body, status_code=status, headers=headers)


@cache
def own_pages() -> Pages:
    """The templates of the product, each compiled once in a process: that takes twenty milliseconds a template."""
    return Pages(own_assets())


def _by_month(purchases: Iterable[PurchaseView]) -> list[tuple[tuple[int, int], list[PurchaseView]]]:
    """Purchases in their order, month by month of their own zone."""

    def month(purchase: PurchaseView) -> tuple[int, int]:
        local = purchase.purchased_at.astimezone(purchase.zone)
        return local.year, local.month

    return [(key, list(group)) for key, group in groupby(purchases, month)]


SCHEME_NAMES = {"amex": "American Express", "cb": "CB"}


def scheme_name(scheme: str | None) -> str:
    """How a card scheme writes itself; empty when it was not told."""
    return "" if scheme is None else SCHEME_NAMES.get(scheme, scheme.capitalize())


def zone_name(zone: ZoneInfo, language: Language) -> str:
    """What people call a time zone: `heure de Paris`, `Paris time`; its key where it has no other name."""
    return str(get_timezone_name(zone, width="long", locale=language, zone_variant="generic"))


def account(name: str, t: Translator) -> str:
    """An account of the ledger as people call it; its own name where the chart has grown."""
    known = PAYABLE_SHOP_PREFIX.removesuffix(":") if name.startswith(PAYABLE_SHOP_PREFIX) else name
    key = f"account.{known.removeprefix('shopper:').removesuffix(':operator')}"
    return t(key) if key in MESSAGES else name


def _reason(posting: Posting, t: Translator) -> str:
    """Why a transfer was posted; the ledger's own word where there is no other."""
    if posting.reason == "matured" and posting.hold_days == 0:
        return t("reason.collected")
    return reason_word(posting.reason, t)


def reason_word(reason: str, t: Translator) -> str:
    """Why a transfer was posted, in words; the ledger's own word where there is no other."""
    key = f"reason.{reason}"
    return t(key) if key in MESSAGES else reason


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page and not for the page."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"
