"""Pages that an operator's own site opens: the door of a signed link, and the page in a frame that links a card.

A frame has no cookies of ours. What lets its form act is the ticket that it carries: nobody else has it, it is for one
shopper and one site, and a card is linked with it once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.actors import Actor, Scope
from cashback.auth import session_store, sso
from cashback.auth.sessions import Entry, Role, cookie_name, link_name
from cashback.auth.tickets import OWN_KEY, Refused, Target, Ticket, Trouble
from cashback.db.engine import transaction
from cashback.errors import Conflict, Invalid
from cashback.ids import show
from cashback.insights.consents import GIVEN, detail_of
from cashback.insights.house import House
from cashback.pipeline import link_card
from cashback.programmes import audit_log
from cashback.programmes.connections import providers_of
from cashback.shoppers import service as shoppers
from cashback.web import changing
from cashback.web.context import (
    Linking,
    LinkRefused,
    Told,
    Web,
    check_language,
    made_wrong,
    scene_of,
    session_if_any,
    told_of,
    web_of,
)
from cashback.web.devices import device_of
from cashback.web.guard import BODY_MAX_BYTES, keep_session
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked
from cashback.web.security import frame_policy, refuse_foreign_forms
from cashback.web.sign_in import text_of
from issuers.sandbox_cards import SANDBOX_CARDS, enrol

NETWORK = "sandbox"
"""The network whose cards this form knows. Others bring their own form, which the operator's application opens."""
CONSENTS = ("purchases", "programme")
"""What is agreed to, each by itself."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Guest:
    """Who came by a ticket."""

    ticket: Ticket
    house: House
    shopper_id: UUID
    network: bool
    """Whether the operator has a connection to the network of this form."""

    @property
    def actor(self) -> Actor:
        """The shopper, who acts for themselves."""
        name = f"shopper:{show('shp', self.shopper_id)}"
        return Actor(self.ticket.operator_id, name, frozenset({Scope.SHOPPERS}), self.shopper_id)


async def sign_on(request: Request) -> Response:
    """Let the bearer of a signed link in, once; the browser that it let in may follow it again.

    Where somebody else is signed in, ask.
    """
    return await _sign_on(request, request.query_params.get("token", ""), asks=True)


async def sign_on_instead(request: Request) -> Response:
    """The same, of a person who was asked and said so by a form of the session that ends by it."""
    return await _sign_on(request, text_of((await request.form()).get("token")), asks=False)


async def _sign_on(request: Request, token: str, *, asks: bool) -> Response:
    web, now = web_of(request), web_of(request).clock.now()
    try:
        guest = await _guest(request, token, Target.WALLET)
    except Refused as refused:
        raise _no_good(refused) from None
    ticket = guest.ticket
    language = ticket.locale or language_asked(request)
    home = f"/{language}/wallet"
    entry = Entry(
        Role.SHOPPER,
        ticket.operator_id,
        guest.shopper_id,
        None,
        ticket.expires_at,
        ticket.digest,
        "" if ticket.key_name == OWN_KEY else ticket.key_name,
    )
    if asks and changing.asks(request, entry):
        async with transaction(web.engine, ticket.operator_id) as connection:
            if await sso.is_used(connection, ticket):
                raise _no_good(Refused("replayed", proven=ticket.proven))
        return await changing.question(request, entry, home=home, fields={"token": token})
    response = RedirectResponse(home, status_code=303)
    held = session_if_any(request, Role.SHOPPER)
    try:
        async with transaction(web.engine, ticket.operator_id) as connection:
            opened = await session_store.enter(connection, entry, device=device_of(request), replaces=held, now=now)
            if opened is not None:
                await sso.use(connection, ticket, now)
    except Refused as refused:
        raise _no_good(refused) from None
    if opened is not None:
        await changing.end_elsewhere(web, held, entry, now)
        keep_session(web, response, opened)
        return response
    cookie = request.cookies.get(cookie_name(role=Role.SHOPPER, secure=web.secure), "")
    if not await session_store.opened_by(web.engine, cookie, ticket.digest, now):
        raise _no_good(Refused("replayed"))
    return response


async def page(request: Request) -> Response:
    """The form in the frame. Looking at it uses nothing up; one that has linked its card says so."""
    check_language(request)
    token = request.query_params.get("token", "")
    try:
        guest = await _guest(request, token, Target.EMBED)
        async with transaction(web_of(request).engine, guest.ticket.operator_id) as connection:
            if await sso.is_used(connection, guest.ticket):
                raise Refused("replayed", proven=guest.ticket.proven)
    except Refused as refused:
        return await _turned_away(request, refused)
    return _shown(request, guest, {"token": token})


async def link(request: Request) -> Response:
    """Link the card that was chosen, if everything was agreed to; else the form again with what is missing."""
    check_language(request)
    refuse_foreign_forms(request)
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_MAX_BYTES or "transfer-encoding" in request.headers:
        raise Invalid(f"a form has at most {BODY_MAX_BYTES} bytes and says how many", code="bad_form")
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    try:
        guest = await _guest(request, form.get("token", ""), Target.EMBED)
    except Refused as refused:
        return await _turned_away(request, refused)
    given = {"token": form.get("token", ""), "chosen": form.get("card", ""), "agreed": set(form) & set(CONSENTS)}
    missing = [name for name in CONSENTS if name not in given["agreed"]]
    codes = {each.code for each in SANDBOX_CARDS}
    if not guest.network or given["chosen"] not in codes or missing:
        trouble = "link.no_network" if not guest.network else "link.choose" if not missing else "link.agree"
        return _shown(request, guest, given | {"trouble": trouble}, status=422)
    card, card_token = enrol(given["chosen"], guest.shopper_id.hex)
    if card_token is None:
        return _shown(request, guest, given | {"trouble": "link.refused"}, status=422)
    try:
        card_id = await _link(request, guest, card_token, card.last_four, card.scheme)
    except Refused as refused:
        return await _turned_away(request, refused)
    except Conflict:
        return _shown(request, guest, given | {"trouble": "link.elsewhere"}, status=409)
    told = {"type": "card.linked", "card": show("crd", card_id), "last_four": card.last_four, "scheme": card.scheme}
    return _shown(request, guest, {"linked": card, "told": json.dumps(told)})


async def _link(request: Request, guest: _Guest, token: str, last_four: str, scheme: str) -> UUID:
    """Take the ticket and keep what was agreed to, then link; a ticket that nothing came of may be used again."""
    web, linking, actor = web_of(request), _linking(request), guest.actor
    now, operator_id = web.clock.now(), guest.ticket.operator_id
    async with transaction(web.engine, operator_id) as connection:
        await sso.use(connection, guest.ticket, now)
        await _agree(connection, request, guest, now)
    try:
        await link_card(
            web.engine,
            linking.road,
            actor,
            shopper_id=guest.shopper_id,
            network=NETWORK,
            token=token,
            linked_at=now,
            last_four=last_four,
            scheme=scheme,
            now=now,
        )
    except BaseException:
        async with transaction(web.engine, operator_id) as connection:
            await sso.give_back(connection, guest.ticket)
        raise
    async with transaction(web.engine, operator_id) as connection:
        links = await shoppers.links_of_tokens(connection, operator_id, [(NETWORK, token)])
    return next(each.card_id for each in links[NETWORK, token] if each.shopper_id == guest.shopper_id)


async def _agree(connection: AsyncConnection, request: Request, guest: _Guest, now: datetime) -> None:
    """Keep each consent with the very words that were agreed to, as a line that nobody can change."""
    language = language_asked(request)
    t = Translator(language)
    for name in CONSENTS:
        words = t(f"link.consent.{name}", name=guest.house.name)
        detail = {
            **detail_of(name, language, words),
            "origin": guest.ticket.origin,
            "link": link_name(guest.ticket.digest),
        }
        await audit_log.record(connection, guest.actor, GIVEN, show("shp", guest.shopper_id), detail, now)


async def _guest(request: Request, token: str, target: Target) -> _Guest:
    """Who shows a ticket for this page; Refused for all that is no good."""
    web, now = web_of(request), web_of(request).clock.now()
    ticket = await _linking(request).sign_on.open(web.engine, token, now)
    if ticket.target is not target:
        raise Refused("other_target", proven=ticket.proven, claim="target")
    async with transaction(web.engine, ticket.operator_id) as connection:
        known = await shoppers.find(connection, ticket.operator_id, [ticket.shopper])
        if ticket.shopper not in known:
            raise Refused("unknown_shopper", proven=ticket.proven, claim="sub")
        if ticket.origin is not None and ticket.origin not in await sso.origins(connection, ticket.operator_id):
            raise Refused("unknown_origin", proven=ticket.proven, claim="origin")
        house = await web.houses.current(connection, ticket.operator_id)
        network = NETWORK in await providers_of(connection, ticket.operator_id)
    return _Guest(ticket, house, known[ticket.shopper], network)


async def _turned_away(request: Request, refused: Refused) -> Response:
    """The refusal of a ticket, inside the frame of its site if that is registered and the ticket is proven."""
    error, web = _no_good(refused), web_of(request)
    proven = refused.proven
    if proven is None or proven.origin is None:
        raise error
    async with transaction(web.engine, proven.operator_id) as connection:
        if proven.origin not in await sso.origins(connection, proven.operator_id):
            raise error
        house = await web.houses.current(connection, proven.operator_id)
    said = "link.used" if refused.trouble is Trouble.USED else f"error.{refused.trouble.value}"
    reason = refused.trouble.value.removeprefix("link_")
    told = told_of(house, language_asked(request), web.clock.now())
    values = {
        "said": said,
        "note": made_wrong(told.t, error),
        "told": json.dumps({"type": "link.refused", "reason": reason}),
    }
    return _framed(request, told, proven.origin, values, status=error.status)


def _no_good(refused: Refused) -> LinkRefused:
    _log.warning("sso.refused", why=refused.code, claim=refused.claim)
    return LinkRefused(refused)


def _shown(request: Request, guest: _Guest, values: Mapping[str, Any], *, status: int = 200) -> Response:
    web: Web = web_of(request)
    told = told_of(guest.house, language_asked(request), web.clock.now())
    form: dict[str, Any] = {
        "cards": SANDBOX_CARDS if guest.network else (),
        "consents": CONSENTS,
        "numbers": json.dumps({each.number: each.code for each in SANDBOX_CARDS}),
        "token": "",
        "chosen": "",
        "agreed": frozenset(),
        "trouble": None if guest.network else "link.no_network",
        "linked": None,
    }
    assert guest.ticket.origin is not None, "a ticket of a frame names its site"
    return _framed(request, told, guest.ticket.origin, form | dict(values), status=status)


def _framed(request: Request, told: Told, origin: str, values: Mapping[str, Any], *, status: int) -> Response:
    """The page as this one site may frame it."""
    whole = told.values(**{"origin": origin, "told": "", "said": ""} | dict(values))
    scene = scene_of(request, told.t("link.title"), told.house, "narrow", whole)
    response = web_of(request).pages.page("embed_link.html", scene, status=status)
    response.headers["content-security-policy"] = frame_policy(origin)
    return response


def _linking(request: Request) -> Linking:
    linking = web_of(request).linking
    assert linking is not None, "the application serves these pages only with what links cards"
    return linking
