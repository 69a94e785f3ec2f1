"""The HTTP API of API keys: list, make, replace with an overlap, revoke; and what was asked with them."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.api.paging import Asked as AskedPage
from cashback.api.paging import Listed
from cashback.api.routes import AtDesk, Desk
from cashback.api.taken import Taken
from cashback.auth.keys import KeyView, create_key, list_keys, revoke_key, rotate_key, unknown_key, view_of
from cashback.db.engine import transaction
from cashback.errors import Invalid, ScopeMissing
from cashback.ids import parse, show
from cashback.paging import listing
from cashback.request_log import service as request_log
from cashback.request_log.schemas import Asked, Filters

router = APIRouter(prefix="/v1")

_REQUEST = "req_01kb7a3c5e9fvt2m4q8r6w0xyz"
_KEY_ID = "key_01kb7a3c5e9fvt2m4q8r6w0xyz"


class KeyBody(Taken):
    """A key to make; it gets no scope that its maker lacks."""

    label: Annotated[str, Field(min_length=1, max_length=64, examples=["till integration"])]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope), examples=[["read", "webhooks"]])]


class KeyRotationBody(Taken):
    """How long the old key goes on opening."""

    overlap_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)] = 86_400


class ApiKey(BaseModel):
    """A key without the key itself."""

    id: Annotated[str, Field(examples=[_KEY_ID])]
    label: Annotated[str, Field(examples=["till integration"])]
    hint: Annotated[str, Field(description="How it begins and ends", examples=["ck_…7f2a"])]
    scopes: Annotated[list[str], Field(examples=[["read", "webhooks"]])]
    created_at: datetime
    created_by: Annotated[str, Field(examples=["key:first"])]
    replaces: Annotated[str | None, Field(description="The key in whose place it was made")]
    last_used_at: Annotated[datetime | None, Field(description="To the minute")]
    opens_until: Annotated[datetime | None, Field(description="Null: until it is revoked or replaced")]
    in_force: bool
    refused_at: Annotated[datetime | None, Field(description="Presented last after it opened nothing any more")]


class MadeKey(ApiKey):
    """A key, shown this once."""

    key: Annotated[str, Field(examples=["ck_" + "a" * 52])]


class Revoked(BaseModel):
    """Whether the key was in force until now."""

    changed: bool


class RequestLine(BaseModel):
    """One request that carried a known key; bodies are redacted by the names of their fields."""

    id: Annotated[str, Field(description="As in X-Request-Id", examples=[_REQUEST])]
    at: datetime
    key: Annotated[str, Field(description="The key's label", examples=["till integration"])]
    method: Annotated[str, Field(examples=["POST"])]
    path: Annotated[str, Field(examples=["/v1/cards"])]
    query: str
    status: Annotated[int, Field(examples=[201])]
    code: Annotated[str | None, Field(description="Of a refusal")]
    milliseconds: int
    idempotency_key: str | None
    request: Annotated[str | None, Field(description="4 KB at most")]
    response: Annotated[str | None, Field(description="4 KB at most")]


@router.get("/api-keys", summary="Every API key, and when it was used last")
async def listed(desk: AtDesk, paging: AskedPage) -> Listed[ApiKey]:
    """The newest first, revoked ones too; never the keys themselves."""
    now, place = desk.now(), listing("api-keys")
    before = paging.after(place, datetime, UUID)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await list_keys(connection, desk.caller, before=before, limit=paging.wanted)
    shown, cut = paging.cut(place, found, lambda each: (each.created_at, each.id))
    return Listed(data=[_key(each, now) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.post("/api-keys", status_code=201, summary="Make an API key")
async def make(body: KeyBody, desk: AtDesk) -> MadeKey:
    """Shown this once: keep it."""
    _require(desk)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        made = await create_key(connection, desk.caller, label=body.label, scopes=body.scopes, now=desk.now())
        return await _made(connection, desk, made)


@router.post("/api-keys/{key}/rotate", status_code=201, summary="Replace an API key")
async def rotate(key: str, body: KeyRotationBody, desk: AtDesk) -> MadeKey:
    """Another key of the same label and scopes; the old one opens until the overlap is over."""
    _require(desk)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        overlap = timedelta(seconds=body.overlap_seconds)
        made = await rotate_key(connection, desk.caller, _id(key), overlap=overlap, now=desk.now())
        return await _made(connection, desk, made)


@router.post("/api-keys/{key}/revoke", summary="Let an API key open nothing any more")
async def revoke(key: str, desk: AtDesk) -> Revoked:
    """At once, also during an overlap; `changed` says whether it was in force."""
    _require(desk)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return Revoked(changed=await revoke_key(connection, desk.caller, _id(key), now=desk.now()))


@router.get("/requests", summary="What was asked of the API in the last seven days")
async def requests(
    desk: AtDesk,
    paging: AskedPage,
    outcome: Annotated[Literal["ok", "refused", "failed"] | None, Query(description="By status")] = None,
    method: Annotated[str | None, Query(max_length=10)] = None,
    path: Annotated[str, Query(max_length=100, description="Part of the path")] = "",
    key: Annotated[str | None, Query(max_length=64, description="The label of a key")] = None,
    code: Annotated[str | None, Query(max_length=64, description="Of a refusal")] = None,
    status: Annotated[int | None, Query(ge=100, le=599)] = None,
    idempotency_key: Annotated[str | None, Query(max_length=200, description="As it was sent")] = None,
    request: Annotated[str | None, Query(max_length=64, description="As in X-Request-Id", examples=[_REQUEST])] = None,
) -> Listed[RequestLine]:
    """A page, the newest first. A process that dies loses the last half second of it."""
    _require(desk)
    named = {"key": key, "code": code, "status": status, "idempotency_key": idempotency_key, "request": request}
    place = listing("requests", outcome=outcome, method=method, path=path, **named)
    (last,) = paging.after(place, UUID) or (None,)
    filters = Filters(
        method=method,
        outcome=outcome,
        path=path,
        key_label=key,
        code=code,
        status=status,
        idempotency_key=idempotency_key,
        request_id=None if request is None else _request(request),
    )
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await request_log.page(connection, desk.caller.operator_id, filters, before=last, limit=paging.wanted)
    shown, cut = paging.cut(place, found, lambda each: (each.id,))
    return Listed(data=[_line(each) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


def _require(desk: Desk) -> None:
    if not desk.caller.may(Scope.KEYS):
        raise ScopeMissing(f"{desk.caller.name} lacks the scope {Scope.KEYS.value!r}", scope=Scope.KEYS)


def _id(text: str) -> UUID:
    try:
        return parse("key", text)
    except ValueError:
        raise unknown_key(text) from None


def _request(text: str) -> UUID:
    try:
        return parse("req", text)
    except ValueError:
        raise Invalid(f"request: expected an id such as {_REQUEST}, got {text[:64]!r}") from None


async def _made(connection: AsyncConnection, desk: Desk, key: str) -> MadeKey:
    told = _key(await view_of(connection, desk.caller.operator_id, key), desk.now())
    return MadeKey(key=key, **told.model_dump())


def _key(each: KeyView, now: datetime) -> ApiKey:
    return ApiKey(
        id=show("key", each.id),
        label=each.label,
        hint=each.hint,
        scopes=[scope.value for scope in each.scopes],
        created_at=each.created_at,
        created_by=each.created_by,
        replaces=None if each.replaces is None else show("key", each.replaces),
        last_used_at=each.last_used_at,
        opens_until=each.revoked_at,
        in_force=each.opens(now),
        refused_at=each.refused_at,
    )


def _line(each: Asked) -> RequestLine:
    return RequestLine(
        id=show("req", each.id),
        at=each.at,
        key=each.key_label,
        method=each.method,
        path=each.path,
        query=each.query,
        status=each.status,
        code=each.code,
        milliseconds=each.milliseconds,
        idempotency_key=each.idempotency_key,
        request=each.asked,
        response=each.answered,
    )
