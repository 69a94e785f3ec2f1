"""Signing in by the operator's identity provider: leaving for it, and coming back."""

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
from cashback.web.guard import door_of, door_opened, keep_door, keep_session
from cashback.web.rendering import LANGUAGES, language_asked
from cashback.web.sign_in import centre_asked, limit, write_failure

CODE_MAX = 2_000


async def leave_for_provider(request: Request) -> Response:
    """Send a member's browser to the operator's identity provider, with a state that only this browser brings back."""
    check_language(request)
    web, centre = web_of(request), await centre_asked(request)
    await limit(web, request)
    door, now = door_opened(request), web.clock.now()
    async with transaction(web.engine, centre.id) as connection:
        provider = await vouching.provider_of(connection, centre.id, web.doors.master, web.doors.public_url)
    if provider is None:
        raise NotFound("this operator has no identity provider", code="no_provider")
    state = f"{centre.slug}.{new_token()}"
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
    response = RedirectResponse(address, status_code=303)
    keep_door(web, response, door)
    return response


async def come_back(request: Request) -> Response:
    """Where the identity provider sends the browser back to. Unauthorised for what this browser did not begin."""
    web, now, query = web_of(request), web_of(request).clock.now(), request.query_params
    await limit(web, request)
    state, code = query.get("state", "")[:200], query.get("code", "")
    centre, door = await find_named(web.engine, state.partition(".")[0]), door_of(request)
    if centre is None or door is None:
        raise Unauthorised("this browser did not ask to sign in", code="provider_refused")
    master = web.doors.master
    async with transaction(web.engine, centre.id) as connection:
        provider = await vouching.provider_of(connection, centre.id, master, web.doors.public_url)
        remembered = await challenges.take(
            connection, centre.id, Purpose.OIDC, state.encode(), holder=door.mark, now=now, master=master
        )
    if provider is None or remembered is None or not 1 <= len(code) <= CODE_MAX:
        raise Unauthorised("this browser did not ask to sign in, or the provider refused", code="provider_refused")
    attempt = msgspec.json.decode(remembered, type=oidc.Attempt)
    try:
        vouched = await web.doors.providers.come_back(provider.client, attempt, code, now)
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
