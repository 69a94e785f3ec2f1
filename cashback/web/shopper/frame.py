"""What every page of the shopper's app is made with: one visit, its connection, words, and the form that was sent."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback import money
from cashback.actors import Actor
from cashback.auth.sessions import Role, Session
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import parse, uuid7
from cashback.insights.house import House
from cashback.insights.wallet import read_unread
from cashback.paging import Paging
from cashback.programmes.schemas import Asset, currency_of
from cashback.programmes.service import lock_revision_shared
from cashback.rewards.snapshot import Snapshot
from cashback.web.context import Told, Web, check_language, scene_of, session_of, told_of, web_of
from cashback.web.formats import Formats
from cashback.web.messages import MESSAGES, Translator
from cashback.web.mistakes import by_field
from cashback.web.rendering import language_asked, wants_fragment

TEXT_MAX = 200
Form = Mapping[str, str]
NO_FIELDS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a shopper, inside its transaction."""

    request: Request
    web: Web
    session: Session
    connection: AsyncConnection
    house: House
    told: Told
    unread: int

    @property
    def shopper_id(self) -> UUID:
        """Whose pages these are."""
        assert self.session.shopper_id is not None, "a shopper's session names its shopper"
        return self.session.shopper_id

    @property
    def operator_id(self) -> UUID:
        """Of which operator."""
        return self.session.operator_id

    @property
    def actor(self) -> Actor:
        """The shopper, who acts for themselves."""
        return self.session.actor

    @property
    def now(self) -> datetime:
        """The instant of the request."""
        return self.told.now

    @property
    def t(self) -> Translator:
        """The texts of the page's language."""
        return self.told.t

    @property
    def formats(self) -> Formats:
        """Its amounts and dates."""
        return self.told.formats

    @property
    def snapshot(self) -> Snapshot:
        """The programme; in force until the transaction ends if the visit was opened to change something."""
        return self.house.snapshot

    def new_key(self) -> str:
        """What a form carries so that sending it twice is doing it once."""
        return f"web-{uuid7(self.now).hex}"

    def paging(self, limit: int) -> Paging:
        """Which page of a list of this page is asked for (`?before=`)."""
        return Paging(limit, self.request.query_params.get("before") or None)

    def page(
        self,
        template: str,
        title: str,
        *,
        status: int = 200,
        fragment: str = "",
        fields: Mapping[str, str] = NO_FIELDS,
        **values: Any,
    ) -> Response:
        """A page of the app; `fragment` is what htmx gets in its place, `fields` which field a refusal is about."""
        refused: ProductError | None = values.get("refused")
        faults = {name: refusal_text(self.t, each) for name, each in by_field(refused, fields).items()}
        said = refusal_text(self.t, refused) if refused is not None and not faults else None
        zone = self.house.programme.zone
        shared = self.told.values(unread=self.unread, zone=zone, said=said, faults=faults, **values)
        scene = scene_of(self.request, title, self.house, "narrow", shared)
        chosen = fragment if fragment and wants_fragment(self.request) else template
        return self.web.pages.page(f"shopper/{chosen}", scene, status=status)


@asynccontextmanager
async def visiting(request: Request, *, changing: bool = False) -> AsyncIterator[Visit]:
    """A visit in a transaction of its own, committed at the end. With `changing` the programme stays as it is until
    then. Unauthorised without a session."""
    check_language(request)
    session, web, now = session_of(request, Role.SHOPPER), web_of(request), web_of(request).clock.now()
    assert session.shopper_id is not None, "a shopper's session names its shopper"
    async with transaction(web.engine, session.operator_id) as connection:
        if changing:
            await lock_revision_shared(connection, session.operator_id)
        house = await web.houses.current(connection, session.operator_id)
        unread = await read_unread(connection, session.shopper_id)
        yield Visit(request, web, session, connection, house, told_of(house, language_asked(request), now), unread)


def back_to(request: Request, path: str) -> RedirectResponse:
    """After a form: another page of the app, by its address below the wallet."""
    return RedirectResponse(f"/{language_asked(request)}/wallet{path}", status_code=303)


async def form_of(request: Request) -> Form:
    """The texts of a form that `guarded` let through; files are left out, the last value of a name holds."""
    found = {name: value for name, value in (await request.form()).multi_items() if not isinstance(value, UploadFile)}
    return {name: str(value).replace("\0", "").strip()[:TEXT_MAX] for name, value in found.items()}


def id_of(request: Request, prefix: str, name: str = "id") -> UUID:
    """The id in the address; NotFound for what is none of this kind."""
    try:
        return parse(prefix, request.path_params[name])
    except ValueError:
        raise NotFound("there is nothing under this address") from None


def refusal_text(t: Translator, refused: ProductError) -> str:
    """Why a command was refused, as its shopper reads it."""
    key = f"refused.{refused.code}"
    return t(key) if key in MESSAGES else t("refused.other", code=refused.code)


def typed(amount: int, asset: Asset, language: str) -> str:
    """An amount as somebody would type it: `12,50`, `12.50`, `300`."""
    currency = currency_of(asset.code)
    text = str(amount) if currency is None else money.plain(amount, currency)
    return text.replace(".", ",") if language == "fr" else text


def amount_of(text: str, asset: Asset) -> int:
    """What somebody typed, `12,50` or `1 200.00 €`, in units of the asset; Invalid for anything else."""
    currency = currency_of(asset.code)
    digits = "".join(each for each in text if each in "0123456789,.")
    digits = digits.replace(",", "") if "," in digits and "." in digits else digits.replace(",", ".")
    try:
        amount = int(digits) if currency is None else money.minor(Decimal(digits), currency)
    except (InvalidOperation, ValueError):
        raise Invalid(f"amount: expected digits such as 12.50, got {text[:40]!r}", code="bad_amount") from None
    if not 0 < amount <= 10**10:
        raise Invalid("amount: expected more than nothing", code="bad_amount")
    return amount
