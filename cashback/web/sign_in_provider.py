"""Signing in by the operator's identity provider: leaving for it, and coming back.

A form of our own page begins it, and it ends at an address that is this operator's alone: what another operator's
provider answers cannot be taken for an answer of this one's.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.auth import challenges, oidc, vouching
from cashback.auth.challenges import Purpose
from cashback.auth.sessions import Method, Role, new_token
from cashback.auth.sign_in import let_in
from cashback.db.engine import transaction
from cashback.errors import NotFound, Unauthorised
from cashback.programmes.operators import find_named
from cashback.web.context import check_language, session_if_any, web_of
from cashback.web.devices import device_of
from cashback.web.guard import door_of, keep_session
from cashback.web.messages import Translator
from cashback.web.rendering import LANGUAGES, language_asked
from cashback.web.sign_in import address_of, centre_asked, door_held, limit, scene_at, write_failure

CODE_MAX = 2_000
STATE_MAX = 200


async def back(request: Request) -> Response:
    """Whoever comes here by a link is shown the page whose button leaves: nobody else's page can begin a sign-in."""
    check_language(request)
    return RedirectResponse(address_of(request, "", await centre_asked(request)), status_code=303)


async def leave_for_provider(request: Request) -> Response:
    """Send a member's browser to the operator's identity provider, with a state that only this browser brings back."""
    check_language(request)
    web, centre = web_of(request), await centre_asked(request)
    await limit(web, request)
    door, now = door_held(request), web.clock.now()
    callback = vouching.callback_of(web.doors.public_url, centre.slug)
    async with transaction(web.engine, centre.id) as connection:
        provider = await vouching.provider_of(connection, centre.id, web.doors.master, callback)
    if provider is None:
        raise NotFound("this operator has no identity provider", code="no_provider")
    state = new_token()
    address, attempt = await web.doors.providers.leave(provider.client, state, language=language_asked(request))
    async with transaction(web.engine, centre.id) as connection:
        await challenges.give(
            connection,
            centre.id,
            Purpose.OIDC,
            state.encode(),
            holder=door.mark,
            now=now,
            remembered=msgspec.json.encode(attempt),
            master=web.doors.master,
        )
    title = Translator(language_asked(request))("door.leaving", name=provider.label)
    scene = scene_at(request, title, centre, {"centre": centre, "to": address, "provider": provider.label})
    response = web.pages.page("leaving.html", scene)
    # Not a redirect: browsers let a form of ours lead to our own addresses alone.
    response.headers["refresh"] = f"0; url={address}"
    return response


async def come_back(request: Request) -> Response:
    """Where an operator's identity provider sends the browser back to. Unauthorised for what it did not begin here."""
    web, now, query = web_of(request), web_of(request).clock.now(), request.query_params
    await limit(web, request)
    state, code = query.get("state", "")[:STATE_MAX], query.get("code", "")
    centre, door = await find_named(web.engine, request.path_params["operator"]), door_of(request)
    if centre is None or door is None:
        raise Unauthorised("this browser did not ask to sign in", code="provider_refused")
    master, callback = web.doors.master, vouching.callback_of(web.doors.public_url, centre.slug)
    async with transaction(web.engine, centre.id) as connection:
        provider = await vouching.provider_of(connection, centre.id, master, callback)
        remembered = await challenges.take(
            connection, centre.id, Purpose.OIDC, state.encode(), holder=door.mark, now=now, master=master
        )
    if provider is None or remembered is None or not 1 <= len(code) <= CODE_MAX:
        raise Unauthorised("this browser did not ask to sign in, or the provider refused", code="provider_refused")
    attempt = msgspec.json.decode(remembered, type=oidc.Attempt)
    try:
        answer = oidc.Answer(code, query.get("iss"))
        vouched = await web.doors.providers.come_back(provider.client, attempt, answer, now)
        async with transaction(web.engine, centre.id) as connection:
            opened = await let_in(
                connection,
                operator_id=centre.id,
                role=Role.OPERATOR,
                subject_id=await vouching.member_of(connection, centre.id, master, vouched),
                method=Method.OIDC,
                device=device_of(request),
                replaces=session_if_any(request, Role.OPERATOR),
                now=now,
            )
    except Unauthorised:
        await write_failure(web, Role.OPERATOR, centre.id, Method.OIDC)
        raise
    language = attempt.language if attempt.language in LANGUAGES else "en"
    response = RedirectResponse(f"/{language}/operator/overview", status_code=303)
    keep_session(web, response, opened)
    return response
