"""Joining: an address or a passkey, the age, the terms, each agreed to apart and unticked; then a code, then a card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.auth import codes, joining, passkeys
from cashback.auth.addresses import read_address
from cashback.auth.sessions import Method, Role
from cashback.auth.sign_in import let_in
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound
from cashback.web.context import check_language, party_at, session_if_any, web_of
from cashback.web.devices import device_of
from cashback.web.guard import door_opened, keep_door, keep_session
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked
from cashback.web.sign_in import (
    centre_asked,
    door_held,
    first_page,
    limit,
    limit_codes,
    party_asked,
    receive,
    scene_at,
    text_of,
)
from cashback.web.tenants import Tenant
from cashback.web.welcome import POSTER_MAX, asked_of, poster_of
from cashback.welcoming import pages, posters
from cashback.welcoming.pages import Welcome

AGREEMENTS = ("age", "terms")
"""What is agreed to, each by itself."""
NO_FAULTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Door:
    """A programme that receives strangers."""

    centre: Tenant
    welcome: Welcome
    t: Translator

    def words(self, agreement: str) -> str:
        """What is agreed to, in its very words."""
        if agreement == "age":
            return self.t("welcome.agree.age", age=self.welcome.minimum_age)
        return self.t("welcome.agree.terms", name=self.centre.name, version=self.welcome.version(self.t.language))


async def ask(request: Request) -> Response:
    """The form."""
    check_language(request)
    return await _page(request, await _door(request), poster=poster_of(request))


async def send(request: Request) -> Response:
    """Send a code to the address, whether or not it is known: who has an account already is let in by it."""
    check_language(request)
    web, form, door = web_of(request), await request.form(), await _door(request)
    poster, typed = text_of(form.get("poster"))[:POSTER_MAX], text_of(form.get("address"))
    agreed = [each for each in AGREEMENTS if form.get(each)]
    await limit(web, request)
    faults = {each: door.t(f"welcome.untold.{each}") for each in AGREEMENTS if each not in agreed}
    try:
        address = read_address(typed)
    except Invalid:
        faults = {"address": door.t("door.bad_address"), **faults}
    if faults:
        return await _page(request, door, poster=poster, address=typed[:254], agreed=agreed, faults=faults)
    await limit_codes(request, door.centre, Role.SHOPPER, address)
    await _send(request, door, address, poster)
    query = urlencode({"centre": door.centre.slug, "joining": "1"})
    return RedirectResponse(f"/{door.t.language}/sign-in/code?{query}", status_code=303)


async def passkey_options(request: Request) -> Response:
    """What an authenticator is asked to make for somebody new; Invalid as long as not everything is agreed to."""
    check_language(request)
    web, door, party = web_of(request), await _door(request), party_asked(request)
    await limit(web, request)
    given = _json(await request.body())
    if any(not given.get(each) for each in AGREEMENTS):
        raise Invalid("expected the age and the terms to be agreed to", code="agree_first")
    newcomer = _newcomer(door, "", str(given.get("poster", ""))[:POSTER_MAX])
    async with transaction(web.engine, door.centre.id) as connection:
        options = await passkeys.ask_to_join(
            connection,
            door.centre.id,
            party,
            door=door_held(request).mark,
            kept=joining.kept(newcomer),
            master=web.doors.master,
            centre=door.centre.name,
            now=web.clock.now(),
        )
        await posters.count(connection, door.centre.id, newcomer.poster, posters.Step.ASKED, web.clock.now().date())
    return Response(options, media_type="application/json")


async def passkey(request: Request) -> Response:
    """Open an account with the passkey that was made; its challenge is used up whether or not it verifies."""
    check_language(request)
    web, door, party, now = web_of(request), await _door(request), party_asked(request), web_of(request).clock.now()
    await limit(web, request)
    answer = (await request.body()).decode("utf-8", "replace")
    async with transaction(web.engine, door.centre.id) as connection:
        taken = await passkeys.take_to_join(
            connection, door.centre.id, answer, door=door_held(request).mark, master=web.doors.master, now=now
        )
    if taken is None:
        raise Invalid("this passkey was not asked for, or too long ago", code="passkey_refused")
    made = passkeys.verified(taken[0], party)
    async with transaction(web.engine, door.centre.id) as connection:
        subject_id, _ = await receive(connection, web, door.centre, joining.read_kept(taken[1]), now)
        opened = await let_in(
            connection,
            operator_id=door.centre.id,
            role=Role.SHOPPER,
            subject_id=subject_id,
            method=Method.PASSKEY,
            device=device_of(request),
            replaces=session_if_any(request, Role.SHOPPER),
            now=now,
        )
        await passkeys.add(connection, opened.session, made, label=device_of(request), now=now)
    response = Response(msgspec.json.encode({"to": first_page(request)}), media_type="application/json")
    keep_session(web, response, opened)
    return response


async def _send(request: Request, door: _Door, address: str, poster: str) -> None:
    web, t, now = web_of(request), door.t, web_of(request).clock.now()
    figures = {"centre": door.centre.name, "code": codes.PLACE}
    wording = codes.Wording(t("door.mail_subject", **figures), t("door.mail_text", **figures))
    kept = joining.kept(_newcomer(door, address, poster))
    asked = codes.Asked(door.centre.id, Role.SHOPPER, address, door_held(request).mark, kept)
    async with transaction(web.engine, door.centre.id) as connection:
        await codes.send_code(connection, web.doors.master, asked, wording, now)
        await posters.count(connection, door.centre.id, poster, posters.Step.ASKED, now.date())
    web.doors.postbox.send_soon(door.centre.id)


def _newcomer(door: _Door, address: str, poster: str) -> joining.Newcomer:
    return joining.Newcomer(address, door.t.language, poster, {each: door.words(each) for each in AGREEMENTS})


async def _door(request: Request) -> _Door:
    """NotFound for a programme that receives no strangers."""
    centre = await centre_asked(request)
    async with transaction(web_of(request).engine, centre.id) as connection:
        welcome = await pages.read(connection, centre.id)
    if not welcome.open:
        raise NotFound("nobody joins here by themselves", code="unknown_centre")
    return _Door(centre, welcome, Translator(language_asked(request)))


async def _page(
    request: Request,
    door: _Door,
    *,
    poster: str = "",
    address: str = "",
    agreed: Sequence[str] = (),
    faults: Mapping[str, str] = NO_FAULTS,
) -> Response:
    """The form; with `faults`, what is wrong with it by field."""
    web, opened, t = web_of(request), door_opened(request), door.t
    query = urlencode(asked_of(door.centre, poster))
    values = {
        "centre": door.centre,
        "words": {each: door.words(each) for each in AGREEMENTS},
        "age": door.welcome.minimum_age,
        "base": f"/{t.language}/sign-in/join",
        "query": f"?{query}",
        "sign_in": f"/{t.language}/sign-in?{urlencode({'centre': door.centre.slug})}",
        "terms": f"/{t.language}/c/{door.centre.slug}/terms",
        "poster": poster,
        "address": address,
        "agreed": agreed,
        "faults": faults,
        "passkeys": party_at(request) is not None,
    }
    scene = scene_at(request, t("welcome.join"), door.centre, values)
    response = web.pages.page("join.html", scene, status=422 if faults else 200)
    keep_door(web, response, opened)
    return response


def _json(body: bytes) -> dict[str, Any]:
    try:
        given = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Invalid("expected what was agreed to as JSON", code="bad_form") from None
    if not isinstance(given, dict):
        raise Invalid("expected what was agreed to as JSON", code="bad_form")
    return given
