"""Keys: make one and see it once, replace it with an overlap, revoke it."""

from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.actors import Scope
from cashback.auth.keys import create_key, list_keys, revoke_key, rotate_key, unknown_key
from cashback.db.engine import transaction
from cashback.errors import Forbidden, Invalid, ProductError
from cashback.ids import parse
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.forms import form_of, one

OVERLAPS = (0, 3_600, 86_400, 7 * 86_400)
"""Seconds for which a replaced key may go on opening, as the form offers them."""


async def keys(request: Request) -> Response:
    """All keys of the operator."""
    return await _page(await frame_of(request))


async def make(request: Request) -> Response:
    """Make a key; the answer shows it this once."""
    frame, fields = await frame_of(request), await form_of(request)
    label, scopes = one(fields, "label"), fields.get("scope", [])
    try:
        wanted = [Scope(each) for each in scopes]
    except ValueError as error:
        raise Invalid(f"scope: {error}", code="bad_scope") from error
    actor = frame.integrator.actor
    try:
        async with transaction(frame.web.engine, actor.operator_id) as connection:
            made = await create_key(connection, actor, label=label, scopes=wanted, now=frame.now)
    except ProductError as error:
        return await _page(frame, error=error, label=label, chosen=frozenset(wanted))
    return await _page(frame, made=made)


async def rotate(request: Request) -> Response:
    """Replace a key; the answer shows the new one this once."""
    frame, fields = await frame_of(request), await form_of(request)
    overlap = one(fields, "overlap")
    if overlap not in {str(each) for each in OVERLAPS}:
        raise Invalid(f"overlap: expected one of {OVERLAPS} seconds", code="bad_overlap")
    actor = frame.integrator.actor
    try:
        async with transaction(frame.web.engine, actor.operator_id) as connection:
            made = await rotate_key(
                connection, actor, _id(request), overlap=timedelta(seconds=int(overlap)), now=frame.now
            )
    except ProductError as error:
        return await _page(frame, error=error)
    return await _page(frame, made=made)


async def revoke(request: Request) -> Response:
    """Let a key open nothing any more."""
    frame = await frame_of(request)
    await form_of(request)
    actor = frame.integrator.actor
    key_id = _id(request)
    try:
        async with transaction(frame.web.engine, actor.operator_id) as connection:
            await revoke_key(connection, actor, key_id, now=frame.now)
    except Forbidden as error:
        return await _page(frame, error=error)
    return RedirectResponse(f"/{frame.t.language}/developer/keys", status_code=303)


async def _page(
    frame: Frame,
    *,
    made: str | None = None,
    error: ProductError | None = None,
    label: str = "",
    chosen: frozenset[Scope] = frozenset({Scope.READ, Scope.SHOPPERS, Scope.WEBHOOKS}),
) -> Response:
    actor = frame.integrator.actor
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        found = await list_keys(connection, actor)
    return frame.page(
        "keys",
        "keys.html",
        status=200 if error is None else error.status,
        keys=found,
        made=made,
        error=error,
        label=label,
        scopes=[scope for scope in Scope if scope in actor.scopes],
        chosen=chosen,
        overlaps=OVERLAPS,
    )


def _id(request: Request) -> UUID:
    text = request.path_params["id"]
    try:
        return parse("key", text)
    except ValueError:
        raise unknown_key(text) from None
