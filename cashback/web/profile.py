"""One's own doors: passkeys and sessions, of a shopper or of a member."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.auth import passkeys, session_store
from cashback.auth.addresses import address_of
from cashback.auth.roles import Page
from cashback.auth.safety_letters import tell_of_passkey
from cashback.auth.sessions import Role, Session
from cashback.db.engine import transaction
from cashback.errors import Forbidden, Invalid, NotFound
from cashback.offers.wording import language_of
from cashback.programmes.operators import named_of
from cashback.web.context import (
    check_language,
    id_in_path,
    page_session_of,
    party_at,
    role_of_page,
    scene_of,
    session_of,
    told_of,
    web_of,
)
from cashback.web.devices import device_of
from cashback.web.messages import MESSAGES
from cashback.web.rendering import language_asked

FRESH = timedelta(minutes=30)
"""A passkey is added within so long of signing in: a session that was left open somewhere cannot give itself a key."""


async def show_profile(request: Request) -> Response:
    """The passkeys and the sessions in force, with what ends them."""
    check_language(request)
    session, web, now = _session(request), web_of(request), web_of(request).clock.now()
    async with transaction(web.engine, session.operator_id) as connection:
        house = await web.houses.current(connection, session.operator_id)
        address = await address_of(connection, session, web.doors.master)
        held = [] if session.subject_id is None else await passkeys.of_subject(connection, session)
        opened = await session_store.of_subject(connection, session, now)
        named = await named_of(connection, session.operator_id)
    told, done = told_of(house, language_asked(request), now), request.query_params.get("done", "")
    values = told.values(
        address=address,
        member_role=session.member_role,
        base=_base(request),
        passkeys=held,
        sessions=opened,
        current=session.id,
        known=session.subject_id is not None,
        party=party_at(request) is not None,
        fresh=_is_fresh(session, now),
        method=session.method.value,
        sign_in=_sign_in(request, "" if named is None else named.slug),
        done=done if f"door.done.{done}" in MESSAGES else "",
    )
    return web.pages.page("profile.html", scene_of(request, told.t("door.profile"), house, "narrow", values))


async def passkey_options(request: Request) -> Response:
    """What the browser asks an authenticator to make."""
    check_language(request)
    session, web, party = _fresh_session(request), web_of(request), _party(request)
    async with transaction(web.engine, session.operator_id) as connection:
        house = await web.houses.current(connection, session.operator_id)
        centre = house.name
        name = await address_of(connection, session, web.doors.master) or centre
        options = await passkeys.ask_to_add(connection, session, party, centre=centre, name=name, now=web.clock.now())
    return Response(options, media_type="application/json")


async def add_passkey(request: Request) -> Response:
    """Keep the passkey that was made. The challenge is used up whether or not it verifies."""
    check_language(request)
    session, web, party = _fresh_session(request), web_of(request), _party(request)
    answer, now = (await request.body()).decode("utf-8", "replace"), web.clock.now()
    async with transaction(web.engine, session.operator_id) as connection:
        known = await passkeys.take_to_add(connection, session, answer, now)
    if known is None:
        raise Invalid("this passkey was not asked for, or too long ago", code="passkey_refused")
    made, device = passkeys.verified(known, party), device_of(request)
    async with transaction(web.engine, session.operator_id) as connection:
        await passkeys.add(connection, session, made, label=device, now=now)
        to, master = await address_of(connection, session, web.doors.master), web.doors.master
        language = language_of(language_asked(request))
        await tell_of_passkey(connection, session.operator_id, master, to=to, device=device, language=language, now=now)
    web.doors.postbox.send_soon(session.operator_id)
    return Response(msgspec.json.encode({"to": _base(request)}), media_type="application/json")


async def remove_passkey(request: Request) -> Response:
    """Forget one of one's own passkeys."""
    check_language(request)
    session, web = _session(request), web_of(request)
    async with transaction(web.engine, session.operator_id) as connection:
        await passkeys.remove(connection, session, id_in_path(request, "psk"), web.clock.now())
    return RedirectResponse(_base(request), status_code=303)


async def revoke_session(request: Request) -> Response:
    """End one of one's own sessions; at the next request it opens nothing."""
    check_language(request)
    session, web = _session(request), web_of(request)
    async with transaction(web.engine, session.operator_id) as connection:
        await session_store.revoke(
            connection,
            session.actor,
            session,
            web.clock.now(),
            why="revoked",
            session_id=id_in_path(request, "ses"),
        )
    return RedirectResponse(f"{_base(request)}?done=revoked", status_code=303)


async def revoke_others(request: Request) -> Response:
    """End every session of one's own but this one."""
    check_language(request)
    session, web = _session(request), web_of(request)
    if session.subject_id is not None:
        async with transaction(web.engine, session.operator_id) as connection:
            await session_store.revoke(connection, session.actor, session, web.clock.now(), why="revoked")
    return RedirectResponse(f"{_base(request)}?done=revoked_others", status_code=303)


def _session(request: Request) -> Session:
    role = role_of_page(request)
    return page_session_of(request, Page.PROFILE) if role is Role.OPERATOR else session_of(request, Role.SHOPPER)


def _fresh_session(request: Request) -> Session:
    session = _session(request)
    if session.subject_id is None or not _is_fresh(session, web_of(request).clock.now()):
        raise Forbidden("sign in again to add a passkey", code="sign_in_again")
    return session


def _is_fresh(session: Session, now: datetime) -> bool:
    return now - session.opened_at <= FRESH


def _party(request: Request) -> passkeys.Party:
    party = party_at(request)
    if party is None:
        raise NotFound("passkeys need a name and https", code="no_passkeys")
    return party


def _sign_in(request: Request, slug: str) -> str:
    """Where whoever looks signs in again."""
    part = "operator/" if role_of_page(request) is Role.OPERATOR else ""
    return f"/{language_asked(request)}/{part}sign-in?{urlencode({'centre': slug})}"


def _base(request: Request) -> str:
    part = "operator" if role_of_page(request) is Role.OPERATOR else "wallet"
    return f"/{language_asked(request)}/{part}/profile"
