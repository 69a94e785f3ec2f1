"""What every page of the console is made with: one call at the desk, its connection, words, and what was refused."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.actors import Actor, Scope
from cashback.auth.roles import Page
from cashback.auth.sessions import Session
from cashback.db.engine import transaction
from cashback.errors import Forbidden, NotFound, ProductError
from cashback.ids import parse
from cashback.insights.house import House
from cashback.programmes.service import lock_revision_shared
from cashback.web.console.parts import groups_of
from cashback.web.context import Web, check_language, page_session_of, scene_of, web_of
from cashback.web.formats import Formats
from cashback.web.messages import MESSAGES, Translator
from cashback.web.rendering import language_asked, wants_fragment


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a member, inside its transaction."""

    request: Request
    web: Web
    session: Session
    connection: AsyncConnection
    house: House | None
    now: datetime
    t: Translator
    formats: Formats

    @property
    def operator_id(self) -> UUID:
        """Whose console it is."""
        return self.session.operator_id

    @property
    def actor(self) -> Actor:
        """The member, as commands and the audit log know them."""
        return self.session.actor

    @property
    def zone(self) -> tzinfo:
        """The programme's zone; UTC before there is a programme."""
        return UTC if self.house is None else self.house.programme.zone

    @property
    def programme(self) -> House:
        """The house of an operator that has a programme; NotFound before there is one."""
        if self.house is None:
            raise NotFound("this operator has no programme yet: apply a programme file first", code="no_programme")
        return self.house

    def may(self, scope: Scope) -> bool:
        """Whether this member's role carries a scope: what a button is shown for."""
        return self.actor.may(scope)

    def need(self, scope: Scope) -> Actor:
        """The member who acts; Forbidden without the scope, as the same command of the API answers."""
        if not self.actor.may(scope):
            raise Forbidden(f"this takes the scope {scope}, which the role does not carry", code="scope_missing")
        return self.actor

    def page(
        self,
        current: str,
        template: str,
        title: str,
        *,
        status: int = 200,
        fragment: str = "",
        refused: ProductError | None = None,
        **values: Any,
    ) -> Response:
        """A page of the part `current`, titled with words; `fragment` is what htmx gets in its place.

        `refused` is told above the page: in the words of its code where there are some, else in its own.
        """
        shared = {
            "house": self.house,
            "formats": self.formats,
            "zone": self.zone,
            "now": self.now,
            "current": current,
            "groups": groups_of(self.session.member_role),
            "may": self.may,
            "refused": refused,
            "refused_text": None if refused is None else refusal_text(self.t, refused),
            "done": self.done,
        }
        scene = scene_of(self.request, title, self.house, "wide", shared | values)
        chosen = fragment if fragment and wants_fragment(self.request) else template
        return self.web.pages.page(f"console/{chosen}", scene, status=refused.status if refused else status)

    @property
    def done(self) -> str | None:
        """What was done by the form before this page, in words; an address that says anything else says nothing."""
        key = f"done.{self.request.query_params.get('done', '')}"
        return self.t(key) if key in MESSAGES else None

    def back_to(self, path: str, *, done: str = "") -> RedirectResponse:
        """After a form: another page of the console, by its address below the operator; `done` is told above it."""
        told = f"?{urlencode({'done': done})}" if done else ""
        return RedirectResponse(self.address(path) + told, status_code=303)

    def address(self, path: str) -> str:
        """A page of the console in this language, by its address below the operator, such as `/offers`."""
        return f"/{self.t.language}/operator{path}"


@asynccontextmanager
async def calling(request: Request, page: Page, *, changing: bool = False) -> AsyncIterator[Call]:
    """A call in a transaction of its own, committed at the end. With `changing` the programme stays as it is until
    then. Unauthorised without a session, Forbidden for a role that does not open this kind of page."""
    check_language(request)
    session, web, language = page_session_of(request, page), web_of(request), language_asked(request)
    now = web.clock.now()
    async with transaction(web.engine, session.operator_id) as connection:
        if changing:
            await lock_revision_shared(connection, session.operator_id)
        try:
            house: House | None = await web.houses.current(connection, session.operator_id)
        except NotFound:
            house = None
        formats = Formats(language, {} if house is None else house.programme.assets, now)
        yield Call(request, web, session, connection, house, now, Translator(language), formats)


async def tried(
    request: Request,
    page: Page,
    do: Callable[[Call], Awaitable[Response]],
    again: Callable[[Call, ProductError], Awaitable[Response]],
    *,
    changing: bool = False,
) -> Response:
    """What a form asks for, done in one transaction and answered when that is committed. Refused, nothing of it was
    done, and the form's page is shown again in a transaction of its own, with why and with what was typed; a page that
    is not there either is NotFound."""
    try:
        async with calling(request, page, changing=changing) as call:
            return await do(call)
    except ProductError as refused:
        async with calling(request, page) as call:
            return await again(call, refused)


def id_of(request: Request, prefix: str, name: str = "id") -> UUID:
    """The id in the address; NotFound for what is none of this kind."""
    try:
        return parse(prefix, request.path_params[name])
    except ValueError:
        raise NotFound("there is nothing under this address", code="not_found") from None


def refusal_text(t: Translator, refused: ProductError) -> str:
    """Why a command was refused: in the console's words where its code has some, else as the API says it."""
    key = f"console.refused.{refused.code}"
    return t(key) if key in MESSAGES else refused.detail
