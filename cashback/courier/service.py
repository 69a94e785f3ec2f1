"""What people do with endpoints: add, change, rotate, disable, enable, test, remove, look, play again.

Each is in the audit log.

An address is looked at before anything is written, names resolved, in no transaction; and looked at again whenever
something is sent to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.clock import zulu
from cashback.db.engine import transaction
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.events.catalogue import EVENTS, VERSION
from cashback.events.service import event, example
from cashback.ids import show, uuid7
from cashback.programmes import audit_log
from cashback.programmes.service import bump_revision, lock_programme
from webhooks import deliveries, endpoints, outbox
from webhooks.egress import Egress, Unreachable
from webhooks.endpoints import BadEndpoint, Endpoint
from webhooks.sealing import KeyRing
from webhooks.signing import Secret, new_secret, read_secret

OVERLAP = timedelta(hours=24)
"""How long an old secret goes on signing, unless told otherwise."""
OVERLAP_MAX = timedelta(days=30)
REPLAY_SPAN_MAX = timedelta(days=31)
LOOPBACK_HINT = "; to this machine itself events are sent in demo mode only, with CASHBACK_LOOPBACK_WEBHOOKS=1"


@dataclass(frozen=True, slots=True)
class Rotated:
    """Another secret, shown this once."""

    secret: str
    """What the receiver needs: `whsec_…`, or the public key `whpk_…`."""
    old_until: datetime | None
    """Until when a secret that was replaced signs too; None when none does."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An endpoint that was added; its secrets are shown this once."""

    id: UUID
    secrets: tuple[str, ...]
    """`whsec_…` of HMAC-SHA256, and where it was asked for the public key `whpk_…` of ed25519."""


def require(actor: Actor) -> None:
    """Forbidden for who may not handle endpoints."""
    if not actor.may(Scope.WEBHOOKS):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.WEBHOOKS.value!r}", code="scope_missing")


async def add(
    engine: AsyncEngine,
    keyring: KeyRing,
    egress: Egress,
    actor: Actor,
    *,
    url: str,
    types: Sequence[str] | None,
    ed25519: bool,
    now: datetime,
) -> Opened:
    """Add an endpoint that listens to `types`, also as `group.*`, or to everything that is told from now on.

    With `ed25519` messages carry a signature of that kind too. Invalid for an address that nothing will be sent to and
    for unknown types, Conflict for an address that is taken.
    """
    require(actor)
    chosen = _checked_types(types)
    await _check_address(egress, url)
    endpoint_id = uuid7(now)
    secrets = [new_secret("v1"), *([new_secret("v1a")] if ed25519 else [])]
    async with transaction(engine, actor.operator_id) as connection:
        # Alone, so that from the commit on every batch tells: each that decides holds the programme shared.
        revision = await lock_programme(connection, actor.operator_id)
        try:
            await endpoints.add(
                connection,
                actor.operator_id,
                endpoint_id,
                url=url,
                types=chosen,
                version=VERSION,
                secrets=secrets,
                master=keyring.master,
                now=now,
            )
        except BadEndpoint as error:
            raise Conflict(error.detail, code=error.code) from error
        if revision is not None:
            await bump_revision(connection, actor.operator_id)
        detail = {"url": url, "types": None if chosen is None else list(chosen)}
        await _note(connection, actor, "endpoint.added", endpoint_id, detail, now)
    return Opened(endpoint_id, tuple(each.told() for each in secrets))


async def change(
    engine: AsyncEngine,
    egress: Egress,
    actor: Actor,
    endpoint_id: UUID,
    *,
    url: str | None = None,
    types: Sequence[str] | None = None,
    everything: bool = False,
    now: datetime,
) -> Endpoint:
    """Give an endpoint another address, or other types: what is None stays; with `everything` it listens to all.

    The rules are those of `add`. A changed address begins without failures, and what is pending is sent to it; its
    secrets stay. Types decide of what is told from now on. Answers the endpoint as it is then.
    """
    require(actor)
    chosen = None if types is None else _checked_types(types)
    async with transaction(engine, actor.operator_id) as connection:
        before = await find(connection, actor, endpoint_id, now)
    if url is not None and url != before.url:
        await _check_address(egress, url)
    async with transaction(engine, actor.operator_id) as connection:
        before = await find(connection, actor, endpoint_id, now, for_change=True)
        to = before.url if url is None else url
        listens = None if everything else before.types if chosen is None else chosen
        if (to, listens) == (before.url, before.types):
            return before
        try:
            await endpoints.change(connection, actor.operator_id, endpoint_id, url=to, types=listens)
        except BadEndpoint as error:
            raise Conflict(error.detail, code=error.code) from error
        detail: dict[str, object] = {} if to == before.url else {"url": to, "previous_url": before.url}
        if listens != before.types:
            detail["types"] = None if listens is None else list(listens)
        await _note(connection, actor, "endpoint.changed", endpoint_id, detail, now)
        return await find(connection, actor, endpoint_id, now)


async def remove(connection: AsyncConnection, actor: Actor, endpoint_id: UUID, now: datetime) -> bool:
    """Send nothing more to an endpoint, forget its secrets and let go of its address; False if it was removed before.

    What was pending is dead. NotFound where there never was such an endpoint.
    """
    require(actor)
    if await endpoints.was_removed(connection, actor.operator_id, endpoint_id):
        return False
    found = await find(connection, actor, endpoint_id, now)
    changed = await endpoints.remove(connection, actor.operator_id, endpoint_id, now)
    if changed:
        await _note(connection, actor, "endpoint.removed", endpoint_id, {"url": found.url}, now)
    return changed


async def listed(connection: AsyncConnection, actor: Actor, now: datetime) -> list[Endpoint]:
    """The operator's endpoints, the oldest first."""
    require(actor)
    return await endpoints.listed(connection, actor.operator_id, now)


async def find(
    connection: AsyncConnection, actor: Actor, endpoint_id: UUID, now: datetime, *, for_change: bool = False
) -> Endpoint:
    """One endpoint, or NotFound; `for_change` waits for who changes it, and keeps others from it."""
    require(actor)
    if for_change:
        await endpoints.lock(connection, actor.operator_id, endpoint_id)
    found = await endpoints.find(connection, actor.operator_id, endpoint_id, now)
    if found is None:
        raise unknown_endpoint(show("whe", endpoint_id))
    return found


async def rotate(
    connection: AsyncConnection,
    keyring: KeyRing,
    actor: Actor,
    endpoint_id: UUID,
    *,
    overlap: timedelta = OVERLAP,
    scheme: str = "v1",
    secret: str | None = None,
    now: datetime,
) -> Rotated:
    """Give an endpoint another secret; the old one of its scheme goes on signing beside it for `overlap`.

    `secret` is the receiver's choice (`whsec_…`); made at random where it is left out.
    """
    require(actor)
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise Invalid(f"overlap: expected 0 to {OVERLAP_MAX.days} days", code="bad_overlap")
    made = _chosen(secret, scheme)
    try:
        old_until = await endpoints.rotate(
            connection, actor.operator_id, endpoint_id, made, overlap=overlap, master=keyring.master, now=now
        )
    except LookupError:
        raise unknown_endpoint(show("whe", endpoint_id)) from None
    detail = {"scheme": made.scheme, "overlap_seconds": int(overlap.total_seconds())}
    await _note(connection, actor, "endpoint.rotated", endpoint_id, detail, now)
    return Rotated(made.told(), old_until)


async def disable(connection: AsyncConnection, actor: Actor, endpoint_id: UUID, why: str | None, now: datetime) -> bool:
    """Send nothing more to an endpoint; `why` in a person's words, if they say it. False if it was disabled already."""
    await find(connection, actor, endpoint_id, now)
    if why is not None and (not why.strip() or len(why) > endpoints.WHY_MAX):
        raise Invalid(f"why: expected 1 to {endpoints.WHY_MAX} characters, or none at all", code="bad_why")
    changed = await endpoints.disable(connection, actor.operator_id, endpoint_id, why, now)
    if changed:
        await _note(connection, actor, "endpoint.disabled", endpoint_id, {"why": why}, now)
    return changed


async def enable(connection: AsyncConnection, actor: Actor, endpoint_id: UUID, now: datetime) -> bool:
    """Send to an endpoint again; False if it was enabled. What it missed is played again by `replay_between`."""
    await find(connection, actor, endpoint_id, now)
    changed = await endpoints.enable(connection, actor.operator_id, endpoint_id, now)
    if changed:
        await _note(connection, actor, "endpoint.enabled", endpoint_id, {}, now)
    return changed


async def send_test(
    connection: AsyncConnection, actor: Actor, endpoint_id: UUID, now: datetime, type_: str = outbox.TEST
) -> UUID:
    """Send an event `endpoint.test` to one endpoint, or an example of another type; answers the message's id.

    An example is sent whatever the endpoint listens to. Invalid for a type that is none, Conflict while the endpoint is
    disabled.
    """
    await find(connection, actor, endpoint_id, now)
    if type_ not in EVENTS:
        raise Invalid(f"type: there is no type {type_[:64]!r}: expected one of the catalogue", code="unknown_type")
    key = f"{endpoint_id.hex}:{uuid7(now).hex}"
    if type_ == outbox.TEST:
        told = event(type_, key, now, of=endpoint_id, endpoint=show("whe", endpoint_id))
    else:
        told = example(type_, key, now, of=endpoint_id)
    message_id = await outbox.tell_one(connection, actor.operator_id, endpoint_id, told, now)
    if message_id is None:
        raise Conflict("the endpoint is disabled; enable it first", code="endpoint_disabled")
    return message_id


async def replay_one(
    connection: AsyncConnection, actor: Actor, endpoint_id: UUID, message_id: UUID, now: datetime
) -> None:
    """Send one message again as soon as can be; NotFound for one that is not stored any more.

    One that is being sent at this moment is let be.
    """
    await _playable(connection, actor, endpoint_id, now)
    if not await deliveries.replay_one(connection, actor.operator_id, endpoint_id, message_id, now):
        raise NotFound("there is no such message, or it is too old to be kept", code="unknown_message")
    await _note(connection, actor, "endpoint.replayed", endpoint_id, {"message": outbox.show_id(message_id)}, now)


async def replay_failed(connection: AsyncConnection, actor: Actor, endpoint_id: UUID, now: datetime) -> int:
    """Send everything now that failed: what is tried no more, and what waits for its next try. How many deliveries."""
    await _playable(connection, actor, endpoint_id, now)
    count = await deliveries.replay_failed(connection, actor.operator_id, endpoint_id, now)
    await _note(connection, actor, "endpoint.replayed", endpoint_id, {"failed": count}, now)
    return count


async def replay_between(
    connection: AsyncConnection, actor: Actor, endpoint_id: UUID, since: datetime, until: datetime, now: datetime
) -> int:
    """Send everything now that was told from `since` until before `until`, received or not. How many deliveries."""
    await _playable(connection, actor, endpoint_id, now)
    if not since < until or until - since > REPLAY_SPAN_MAX:
        raise Invalid(f"expected since before until, at most {REPLAY_SPAN_MAX.days} days apart", code="bad_span")
    count = await deliveries.replay_between(connection, actor.operator_id, endpoint_id, since, until, now)
    detail = {"since": zulu(since), "until": zulu(until), "deliveries": count}
    await _note(connection, actor, "endpoint.replayed", endpoint_id, detail, now)
    return count


def unknown_endpoint(named: str) -> NotFound:
    """The refusal of an endpoint that this operator does not have."""
    return NotFound(f"there is no endpoint {named[:64]!r}", code="unknown_endpoint")


async def _playable(connection: AsyncConnection, actor: Actor, endpoint_id: UUID, now: datetime) -> None:
    if not (await find(connection, actor, endpoint_id, now, for_change=True)).enabled:
        raise Conflict("the endpoint is disabled; enable it first", code="endpoint_disabled")


def _checked_types(types: Sequence[str] | None) -> tuple[str, ...] | None:
    try:
        return endpoints.checked_types(types, EVENTS)
    except BadEndpoint as error:
        raise Invalid(f"types: {error.detail}", code=error.code) from error


async def _check_address(egress: Egress, url: str) -> None:
    try:
        await egress.check(url)
    except Unreachable as error:
        hint = LOOPBACK_HINT if egress.withholds_loopback(url) else ""
        raise Invalid(f"url: {error.detail}{hint}", code=error.code) from error


def _chosen(secret: str | None, scheme: str) -> Secret:
    try:
        return new_secret(scheme) if secret is None else read_secret(secret)
    except ValueError as error:
        raise Invalid(f"secret: {error}", code="bad_secret") from error


async def _note(
    connection: AsyncConnection,
    actor: Actor,
    action: str,
    endpoint_id: UUID,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    await audit_log.record(connection, actor, action, show("whe", endpoint_id), detail, now)
