"""Signing in: by a code that is sent to an address, by a passkey, by the operator's identity provider.

The same pages serve shoppers (`/fr/sign-in`) and members (`/fr/operator/sign-in`). Whether an address is anybody's is
never said, and the answer never waits for what only a known address has.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.actors import Actor
from cashback.auth import codes, joining, passkeys, vouching
from cashback.auth.addresses import read_address
from cashback.auth.session_store import Opened
from cashback.auth.sessions import Method, Role
from cashback.auth.sign_in import let_in
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound, ProductError, TooMany, Unauthorised
from cashback.limits import Rate, network_of
from cashback.programmes import audit_log
from cashback.web.context import Web, check_language, party_at, scene_of, session_if_any, web_of
from cashback.web.devices import device_of
from cashback.web.guard import Door, client_address, door_of, door_opened, keep_door, keep_session
from cashback.web.messages import Translator
from cashback.web.rendering import Scene, language_asked
from cashback.web.tenants import Tenant, tenant_at
from cashback.welcoming import pages as welcoming
from cashback.welcoming import posters

BY_ADDRESS = Rate(300, timedelta(minutes=10))
"""What one network address may ask of the doors; everybody on a centre's own network may share one."""
BY_ACCOUNT = (Rate(5, timedelta(minutes=15)), Rate(20, timedelta(days=1)))
"""Codes that one network may have sent to one address of a person: what others ask for takes nothing from its owner."""
_CODE = re.compile(r"[0-9]{8}|[0-9]{12}")


async def ask(request: Request) -> Response:
    """The page that asks for an address, offers a passkey, and leads to the identity provider if there is one."""
    check_language(request)
    return await _page(request, await _centre(request, request.query_params.get("centre", "")))


async def send_code(request: Request) -> Response:
    """Send a code to whoever has this address; the answer is the same for every address."""
    check_language(request)
    web, form, now = web_of(request), await request.form(), web_of(request).clock.now()
    centre = await _centre(request, text_of(form.get("centre")))
    if centre is None:
        return await _page(request, None, said="door.no_centre", status=404)
    await limit(web, request)
    try:
        address = read_address(text_of(form.get("address")))
    except Invalid:
        return await _page(request, centre, said="door.bad_address", status=422)
    await limit_codes(request, centre, role_of(request), address)
    t = Translator(language_asked(request))
    figures = {"centre": centre.name, "code": codes.PLACE}
    wording = codes.Wording(t("door.mail_subject", **figures), t("door.mail_text", **figures))
    door = door_held(request)
    asked = codes.Asked(centre.id, role_of(request), address, door.mark)
    async with transaction(web.engine, centre.id) as connection:
        await codes.send_code(connection, web.doors.master, asked, wording, now)
    web.doors.postbox.send_soon(centre.id)
    return RedirectResponse(address_of(request, "/code", centre), status_code=303)


async def ask_code(request: Request) -> Response:
    """The page that asks for the code."""
    check_language(request)
    centre = await centre_asked(request)
    return code_page(request, centre)


async def enter_code(request: Request) -> Response:
    """Let in whoever the code was sent to; a wrong one is counted, and after five the code is spent."""
    check_language(request)
    web, form, now = web_of(request), await request.form(), web_of(request).clock.now()
    centre, role, door = await centre_asked(request), role_of(request), door_held(request)
    await limit(web, request)
    code = "".join(text_of(form.get("code")).split())
    if not _CODE.fullmatch(code):
        return code_page(request, centre, said="door.bad_code", status=422)
    async with transaction(web.engine, centre.id) as connection:
        tried = await codes.try_code(
            connection, web.doors.master, operator_id=centre.id, role=role, door=door.mark, code=code, now=now
        )
        opened, joined = None, False
        if not isinstance(tried, ProductError):
            if isinstance(tried, codes.Joining):
                tried, joined = await receive(connection, web, centre, joining.read_kept(tried.kept), now)
            opened = await let_in(
                connection,
                operator_id=centre.id,
                role=role,
                subject_id=tried,
                method=Method.CODE,
                device=device_of(request),
                replaces=session_if_any(request, role),
                now=now,
            )
    if opened is None:
        return code_page(request, centre, said="door.wrong_code", status=401)
    home = first_page(request) if joined else _home(request, opened)
    response = RedirectResponse(home, status_code=303)
    keep_session(web, response, opened)
    return response


async def passkey_options(request: Request) -> Response:
    """What the browser asks an authenticator for: the same for everybody."""
    check_language(request)
    web, centre, party = web_of(request), await centre_asked(request), party_asked(request)
    await limit(web, request)
    async with transaction(web.engine, centre.id) as connection:
        options = await passkeys.ask_to_sign_in(
            connection, centre.id, party, door=door_held(request).mark, now=web.clock.now()
        )
    return Response(options, media_type="application/json")


async def passkey(request: Request) -> Response:
    """Let in whoever's passkey answered. The challenge is used up whether or not the answer is good."""
    check_language(request)
    web, centre, party, role = web_of(request), await centre_asked(request), party_asked(request), role_of(request)
    await limit(web, request)
    answer, now = (await request.body()).decode("utf-8", "replace"), web.clock.now()
    async with transaction(web.engine, centre.id) as connection:
        known = await passkeys.take_to_sign_in(
            connection, centre.id, role, answer, door=door_held(request).mark, now=now
        )
    try:
        proven = passkeys.judge(known, party)
    except Unauthorised:
        await write_failure(web, role, centre.id, Method.PASSKEY)
        raise
    async with transaction(web.engine, centre.id) as connection:
        await passkeys.use(connection, centre.id, proven, now)
        opened = await let_in(
            connection,
            operator_id=centre.id,
            role=role,
            subject_id=proven.subject_id,
            method=Method.PASSKEY,
            device=device_of(request),
            replaces=session_if_any(request, role),
            now=now,
        )
    response = Response(msgspec.json.encode({"to": _home(request, opened)}), media_type="application/json")
    keep_session(web, response, opened)
    return response


def role_of(request: Request) -> Role:
    """Whose doors an address is of."""
    return Role.OPERATOR if request.url.path.split("/")[2] == "operator" else Role.SHOPPER


async def receive(
    connection: AsyncConnection, web: Web, centre: Tenant, newcomer: joining.Newcomer, now: datetime
) -> tuple[UUID, bool]:
    """Open the account of somebody who has proved themselves, count it for their poster, and say whether it is new."""
    subject_id, fresh = await joining.open_account(connection, web.doors.master, centre.id, newcomer, now)
    if fresh:
        await posters.count(connection, centre.id, newcomer.poster, posters.Step.JOINED, now.date())
    return subject_id, fresh


def first_page(request: Request) -> str:
    """Where somebody begins who has just joined: with a card nothing is earned without."""
    return f"/{language_asked(request)}/wallet/cards/link"


async def _page(request: Request, centre: Tenant | None, *, said: str = "", status: int = 200) -> Response:
    web, role, door = web_of(request), role_of(request), door_opened(request)
    provider, may_join = None, False
    if centre is not None:
        async with transaction(web.engine, centre.id) as connection:
            if role is Role.SHOPPER:
                may_join = (await welcoming.read(connection, centre.id)).open
            else:
                callback = vouching.callback_of(web.doors.public_url, centre.slug)
                provider = await vouching.provider_of(connection, centre.id, web.doors.master, callback)
    values = {
        "centre": centre,
        "said": said,
        "members": role is Role.OPERATOR,
        "base": address_of(request, "", None),
        "query": "" if centre is None else f"?{urlencode({'centre': centre.slug})}",
        "passkeys": party_at(request) is not None,
        "may_join": may_join,
        "provider": None if provider is None else provider.label,
    }
    title = Translator(language_asked(request))("door.title")
    response = web.pages.page("sign_in.html", scene_at(request, title, centre, values), status=status)
    keep_door(web, response, door)
    return response


def code_page(request: Request, centre: Tenant, *, said: str = "", status: int = 200) -> Response:
    web, door = web_of(request), door_opened(request)
    joins = "joining" in request.query_params
    values = {
        "centre": centre,
        "said": said,
        "address": address_of(request, "/code", centre) + ("&joining=1" if joins else ""),
        "back": address_of(request, "/join" if joins else "", centre),
        "joins": joins,
    }
    title = Translator(language_asked(request))("door.code_title")
    response = web.pages.page("sign_in_code.html", scene_at(request, title, centre, values), status=status)
    keep_door(web, response, door)
    return response


def scene_at(request: Request, title: str, centre: Tenant | None, values: Mapping[str, Any]) -> Scene:
    return scene_of(request, title, None, "narrow", values, None if centre is None else centre.theme)


def address_of(request: Request, step: str, centre: Tenant | None) -> str:
    part = "operator/sign-in" if role_of(request) is Role.OPERATOR else "sign-in"
    query = "" if centre is None else f"?{urlencode({'centre': centre.slug})}"
    return f"/{language_asked(request)}/{part}{step}{query}"


def _home(request: Request, opened: Opened) -> str:
    """Where a role begins; a member who came by a code is shown where to add a passkey."""
    language, session = language_asked(request), opened.session
    if session.role is Role.SHOPPER:
        return f"/{language}/wallet"
    first = session.method is Method.CODE and party_at(request) is not None
    return f"/{language}/operator/{'profile' if first else 'overview'}"


async def _centre(request: Request, slug: str) -> Tenant | None:
    """The operator of a slug; under an operator's own domain that one, and no other."""
    at = tenant_at(request)
    if at is not None:
        return at if slug in ("", at.slug) else None
    return await web_of(request).tenants.called(slug) if slug else None


async def centre_asked(request: Request) -> Tenant:
    """The operator that the address names, or NotFound."""
    centre = await _centre(request, request.query_params.get("centre", ""))
    if centre is None:
        raise NotFound("there is no centre of this code", code="unknown_centre")
    return centre


def door_held(request: Request) -> Door:
    """The browser's door, behind the guard."""
    door = door_of(request)
    assert door is not None, "the guard lets nobody through without a door"
    return door


def party_asked(request: Request) -> passkeys.Party:
    party = party_at(request)
    if party is None:
        raise NotFound("passkeys need a name and https", code="no_passkeys")
    return party


async def limit(web: Web, request: Request) -> None:
    """Count one more thing that a network asks of the doors; TooMany when it has asked too much."""
    await _limited(web, f"doors:{network_of(client_address(request))}", BY_ADDRESS)


async def limit_codes(request: Request, centre: Tenant, role: Role, address: str) -> None:
    """Count one more code that a network has sent to an address; TooMany when it has asked for too many."""
    network = network_of(client_address(request))
    for rate in BY_ACCOUNT:
        await _limited(web_of(request), f"codes:{rate.limit}:{centre.id}:{role}:{address}:{network}", rate)


async def _limited(web: Web, key: str, rate: Rate) -> None:
    decision = await web.doors.limiter.allow(key, 1, rate, web.clock.now())
    if not decision.allowed:
        raise TooMany("this was tried too often", retry_after=decision.retry_after)


async def write_failure(web: Web, role: Role, operator_id: UUID, method: Method) -> None:
    """Leave a line in the operator's audit log about somebody who was not let in."""
    stranger, detail = Actor(operator_id, "stranger", frozenset()), {"role": role.value, "method": method.value}
    async with transaction(web.engine, operator_id) as connection:
        await audit_log.record(connection, stranger, "sign_in.failed", method.value, detail, web.clock.now())


def text_of(value: str | UploadFile | None) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""
