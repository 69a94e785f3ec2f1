"""The HTTP API of events out: the catalogue, endpoints, what became of deliveries, sending them again."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field

from cashback.api.paging import Asked
from cashback.api.routes import AtDesk
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.courier import checking, service
from cashback.courier.service import unknown_endpoint
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound
from cashback.events.catalogue import EVENTS, VERSIONS
from cashback.ids import parse, show
from cashback.paging import listing
from webhooks import delivery_log
from webhooks.delivery_log import Delivery, Made
from webhooks.endpoints import Endpoint
from webhooks.outbox import TEST, read_id, show_id
from webhooks.schedule import State

router = APIRouter(prefix="/v1")


class EndpointBody(Taken):
    """Where events are to be sent."""

    url: Annotated[str, Field(min_length=1, max_length=2000, examples=["https://crm.example/events"])]
    types: Annotated[
        list[Annotated[str, Field(max_length=64)]] | None,
        Field(max_length=100, description="Also as group.*; everything if left out", examples=[["reward.*"]]),
    ] = None
    ed25519: Annotated[bool, Field(description="Sign by a key pair too")] = False


class EndpointChangeBody(Taken):
    """What is to be different; what is left out stays."""

    url: Annotated[str | None, Field(min_length=1, max_length=2000, examples=["https://crm.example/new"])] = None
    types: Annotated[
        list[Annotated[str, Field(max_length=64)]] | None,
        Field(max_length=100, description="Also as group.*; null: everything", examples=[["reward.*"]]),
    ] = None


class RotationBody(Taken):
    """Another secret; the old one of its scheme signs too until the overlap is over."""

    overlap_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)] = 86_400
    scheme: Annotated[str, Field(pattern="^v1a?$")] = "v1"
    secret: Annotated[str | None, Field(max_length=200, description="The receiver's choice: whsec_…")] = None


class DisablingBody(Taken):
    """Why nothing is to be sent any more, in words that others will read."""

    why: Annotated[str | None, Field(min_length=1, max_length=300)] = None


class TestBody(Taken):
    """Which event is to be sent."""

    type: Annotated[str, Field(max_length=64, description="One of the catalogue", examples=["reward.earned"])] = TEST


_TESTED_AS_USUAL = TestBody()
_ROTATED_AS_USUAL = RotationBody()
_WITHOUT_A_WORD = DisablingBody()


class ReplayBody(Taken):
    """What is to be sent again: one message, all that failed, or all that was told in a span. Exactly one of them."""

    message: Annotated[str | None, Field(max_length=64)] = None
    failed: bool = False
    since: AwareDatetime | None = None
    until: Annotated[AwareDatetime | None, Field(description="Now if left out")] = None


class SignatureBody(Taken):
    """A message as it was received, and the secret or the public key it is to be checked with. Nothing is stored."""

    secret: Annotated[str, Field(max_length=200)]
    headers: Annotated[dict[str, str], Field(max_length=100)]
    body: Annotated[str, Field(max_length=64 * 1024)]


@router.get("/event-types", summary="Every type of event, with its schema and an example")
async def event_types(desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """The JSON Schema of each `data`."""
    service.require(desk.caller)
    shown, cut = paging.cut_whole(listing("event-types"), list(EVENTS.items()), lambda each: (each[0],), str)
    types = [
        {"type": name, "summary": event.summary, "schema": event.schema(), "example": event.example()}
        for name, event in shown
    ]
    return {**cut.told(types), "versions": list(VERSIONS)}


@router.post("/webhook-endpoints", status_code=201, summary="Add an endpoint")
async def add(body: EndpointBody, desk: AtDesk) -> dict[str, Any]:
    """Events are sent to it from now on. `secrets` are shown this once: keep them."""
    now = desk.now()
    opened = await service.add(
        desk.engine,
        desk.road.keyring,
        desk.runtime.egress,
        desk.caller,
        url=body.url,
        types=body.types,
        ed25519=body.ed25519,
        now=now,
    )
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await service.find(connection, desk.caller, opened.id, now)
    return {**_endpoint(found, now), "secrets": list(opened.secrets)}


@router.get("/webhook-endpoints", summary="Every endpoint, and whether it works")
async def listed(desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """The oldest first; secrets are not shown."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await service.listed(connection, desk.caller, desk.now())
    place = listing("webhook-endpoints")
    shown, cut = paging.cut_whole(place, found, lambda each: (each.created_at, each.id), datetime, UUID)
    return cut.told([_endpoint(each, desk.now()) for each in shown])


@router.get("/webhook-endpoints/{endpoint}", summary="One endpoint")
async def one(endpoint: str, desk: AtDesk) -> dict[str, Any]:
    """With how many attempts of the last 24 hours succeeded."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return _endpoint(await service.find(connection, desk.caller, _id(endpoint), desk.now()), desk.now())


@router.patch("/webhook-endpoints/{endpoint}", summary="Give an endpoint another address, or other types")
async def change(endpoint: str, body: EndpointChangeBody, desk: AtDesk) -> dict[str, Any]:
    """A changed address begins without failures, and what is pending is sent to it; secrets stay.

    Types decide of what is told from now on; null is everything.
    """
    if "url" in body.model_fields_set and body.url is None:
        raise Invalid("url: expected an address, or nothing at all", code="bad_url")
    return _endpoint(
        await service.change(
            desk.engine,
            desk.runtime.egress,
            desk.caller,
            _id(endpoint),
            url=body.url,
            types=body.types,
            everything="types" in body.model_fields_set and body.types is None,
            now=desk.now(),
        ),
        desk.now(),
    )


@router.delete("/webhook-endpoints/{endpoint}", status_code=204, response_class=Response, summary="Remove an endpoint")
async def remove(endpoint: str, desk: AtDesk) -> None:
    """Nothing is sent to it any more, what was pending is dead, its secrets are forgotten and its address is free.

    Removing it again answers the same.
    """
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await service.remove(connection, desk.caller, _id(endpoint), desk.now())


@router.post("/webhook-endpoints/{endpoint}/rotate-secret", summary="Give an endpoint another secret")
async def rotate(endpoint: str, desk: AtDesk, body: RotationBody = _ROTATED_AS_USUAL) -> dict[str, str | None]:
    """What the receiver needs is shown this once; until `old_until` the old one signs too. A body is not needed."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        made = await service.rotate(
            connection,
            desk.road.keyring,
            desk.caller,
            _id(endpoint),
            overlap=timedelta(seconds=body.overlap_seconds),
            scheme=body.scheme,
            secret=body.secret,
            now=desk.now(),
        )
    return {"secret": made.secret, "old_until": zulu_or_none(made.old_until)}


@router.post("/webhook-endpoints/{endpoint}/disable", summary="Send nothing more to an endpoint")
async def disable(endpoint: str, desk: AtDesk, body: DisablingBody = _WITHOUT_A_WORD) -> dict[str, bool]:
    """What was pending is dead and may be replayed; `changed` says whether it was enabled. A body is not needed."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return {"changed": await service.disable(connection, desk.caller, _id(endpoint), body.why, desk.now())}


@router.post("/webhook-endpoints/{endpoint}/enable", summary="Send to an endpoint again")
async def enable(endpoint: str, desk: AtDesk) -> dict[str, bool]:
    """From what is told next on; what it missed is sent by a replay."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return {"changed": await service.enable(connection, desk.caller, _id(endpoint), desk.now())}


@router.post("/webhook-endpoints/{endpoint}/test", status_code=202, summary="Send a test event to an endpoint")
async def send_test(endpoint: str, desk: AtDesk, body: TestBody = _TESTED_AS_USUAL) -> dict[str, str]:
    """A worker sends it within a second, unless the endpoint is held; what became of it stands among the deliveries.

    With a `type` it is an example of that type, whatever the endpoint listens to: its `data` has `"test": true`,
    and its ids are those of nothing. A body is not needed.
    """
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        sent = await service.send_test(connection, desk.caller, _id(endpoint), desk.now(), body.type)
    return {"message": show_id(sent)}


@router.get("/webhook-endpoints/{endpoint}/deliveries", summary="What became of messages to an endpoint")
async def deliveries(
    endpoint: str,
    desk: AtDesk,
    paging: Asked,
    state: State | None = None,
    type_: Annotated[str | None, Query(alias="type", max_length=64, description="Also as group.*")] = None,
) -> dict[str, Any]:
    """A page of them, the newest message first."""
    operator_id, place = desk.caller.operator_id, listing("deliveries", endpoint=endpoint, state=state, type=type_)
    (last,) = paging.after(place, UUID) or (None,)
    async with transaction(desk.engine, operator_id) as connection:
        found = await service.find(connection, desk.caller, _id(endpoint), desk.now())
        page = await delivery_log.deliveries_of(
            connection,
            operator_id,
            found.id,
            now=desk.now(),
            state=state,
            type_=type_,
            before=last,
            limit=paging.wanted,
        )
    shown, cut = paging.cut(place, page, lambda each: (each.message_id,))
    return cut.told([_delivery(each) for each in shown])


@router.get("/webhook-endpoints/{endpoint}/deliveries/{message}", summary="One delivery: what was sent, every attempt")
async def delivery(endpoint: str, message: str, desk: AtDesk) -> dict[str, Any]:
    """`body` is exactly what was sent and signed."""
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        found = await service.find(connection, desk.caller, _id(endpoint), desk.now())
        whole = await delivery_log.whole(connection, operator_id, found.id, _message(message), desk.now())
    if whole is None:
        raise NotFound(f"there is no delivery of {message[:64]!r} to this endpoint", code="unknown_message")
    made = [_attempt(each) for each in whole.made]
    return {**_delivery(whole.delivery), "body": whole.body.decode(), "made": made}


@router.post("/webhook-endpoints/{endpoint}/replay", status_code=202, summary="Send to an endpoint again")
async def replay(endpoint: str, body: ReplayBody, desk: AtDesk) -> dict[str, int]:
    """`deliveries` says how many will be sent as soon as can be; what is being sent at this moment is let be.

    `failed` is what is tried no more, and what waits for its next try. One that is left alone is tried at once.
    """
    if sum((body.message is not None, body.failed, body.since is not None)) != 1:
        raise Invalid("say exactly one of message, failed and since", code="bad_replay")
    endpoint_id, now, caller = _id(endpoint), desk.now(), desk.caller
    async with transaction(desk.engine, caller.operator_id) as connection:
        if body.message is not None:
            await service.replay_one(connection, caller, endpoint_id, _message(body.message), now)
            return {"deliveries": 1}
        if body.since is None:
            return {"deliveries": await service.replay_failed(connection, caller, endpoint_id, now)}
        until = body.until or now
        return {"deliveries": await service.replay_between(connection, caller, endpoint_id, body.since, until, now)}


@router.post("/webhook-signatures/check", summary="Check the signature of a message, and say why it is not valid")
async def check_signature(body: SignatureBody, desk: AtDesk) -> dict[str, Any]:
    """As a receiver would, by the clock of now; `code` and `detail` say why not, by what was sent to you."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        verdict = await checking.check(
            connection,
            desk.road.keyring.master,
            desk.caller,
            secret=body.secret,
            headers=body.headers,
            body=body.body.encode("utf-8", "surrogatepass"),
            now=desk.now(),
        )
    return {"valid": verdict.valid, "code": verdict.code, "detail": verdict.detail}


def _id(text: str) -> UUID:
    try:
        return parse("whe", text)
    except ValueError:
        raise unknown_endpoint(text) from None


def _message(text: str) -> UUID:
    try:
        return read_id(text)
    except ValueError:
        raise NotFound(f"there is no message {text[:64]!r}", code="unknown_message") from None


def _endpoint(each: Endpoint, now: datetime) -> dict[str, Any]:
    held = each.held_until if each.held_until is not None and each.held_until > now else None
    old = each.overlap_until if each.overlap_until is not None and each.overlap_until > now else None
    return {
        "id": show("whe", each.id),
        "url": each.url,
        "types": None if each.types is None else list(each.types),
        "version": each.version,
        "state": each.state,
        "why": each.why,
        "changed_at": zulu(each.changed_at),
        "created_at": zulu(each.created_at),
        "failures": each.failures,
        "failing_since": zulu_or_none(each.failing_since),
        "one_at_a_time": each.one_at_a_time,
        "held_until": zulu_or_none(held),
        "given_up_at": zulu_or_none(each.given_up_at),
        "old_secret_until": zulu_or_none(old),
        "last_24_hours": {"attempts": each.attempted, "succeeded": each.succeeded},
    }


def _delivery(each: Delivery) -> dict[str, Any]:
    return {
        "message": show_id(each.message_id),
        "type": each.type,
        "at": zulu(each.at),
        "state": each.state.value,
        "progress": None if each.progress is None else each.progress.value,
        "attempts": each.attempts,
        "code": each.code,
        "error": each.error,
        "next_at": zulu_or_none(each.next_at),
        "ended_at": zulu_or_none(each.ended_at),
    }


def _attempt(each: Made) -> dict[str, Any]:
    return {
        "number": each.number,
        "at": zulu(each.at),
        "code": each.code,
        "error": each.error,
        "milliseconds": each.milliseconds,
        "answer": each.excerpt,
        "next_at": zulu_or_none(each.next_at),
    }
