"""Endpoints: where messages are sent, what each listens to, the secrets that sign, and whether it works.

Secrets are sealed by the master key for the row they belong to, and are shown when they are made and never again.
Functions take the caller's connection, in a transaction whose tenant is set, and never commit.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks.schedule import BREAKS_AT, GIVEN_UP_AFTER
from webhooks.sealing import SealingKey, context
from webhooks.signing import Secret

ENDPOINTS_MAX = 50
"""Of one tenant, those that were removed aside."""
TYPES_MAX = 100
SECRETS_MAX = 4
"""Secrets that sign at the same time; beyond it the oldest that was replaced stops at once."""
WHY_MAX = 300
RATE_OVER = timedelta(hours=24)

GONE, FAILING = "gone", "failing"
"""Why an endpoint was disabled by itself: it answered 410, or nothing but failures came for `GIVEN_UP_AFTER`."""

_TYPE = re.compile(r"[a-z][a-z_]*\.(?:[a-z][a-z_]*|\*)")


class BadEndpoint(ValueError):
    """An endpoint that cannot be as it was asked for; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as stored; its secrets are not in it."""

    id: UUID
    url: str
    types: tuple[str, ...] | None
    """What it listens to, also as `group.*`; None: everything."""
    version: str
    state: str
    changed_at: datetime
    why: str | None
    failures: int
    failing_since: datetime | None
    held_until: datetime | None
    created_at: datetime
    overlap_until: datetime | None
    """Until when a secret that was replaced signs too."""
    succeeded: int = 0
    """Attempts of the last 24 hours that were answered by 2xx."""
    attempted: int = 0
    """Attempts of the last 24 hours."""

    @property
    def enabled(self) -> bool:
        """Whether messages are sent to it."""
        return self.state == "enabled"

    @property
    def one_at_a_time(self) -> bool:
        """Whether it failed so often in a row that it is tried with single deliveries, until one succeeds."""
        return self.enabled and self.failures >= BREAKS_AT

    @property
    def given_up_at(self) -> datetime | None:
        """From when on the next failure disables it, unless something succeeds before."""
        return self.failing_since + GIVEN_UP_AFTER if self.enabled and self.failing_since is not None else None


def checked_types(types: Collection[str] | None, known: Collection[str]) -> tuple[str, ...] | None:
    """The types in their order, each once; `BadEndpoint` for one that is not known, and for none at all."""
    if types is None:
        return None
    groups = {f"{each.partition('.')[0]}.*" for each in known}
    strange = sorted({each for each in types if not _TYPE.fullmatch(each) or each not in {*known, *groups}})
    if strange:
        expected = "expected one of the catalogue, or a group of it such as reward.*"
        raise BadEndpoint("unknown_type", f"there is no type {strange[0][:64]!r}: {expected}")
    if not types or len(types) > TYPES_MAX:
        raise BadEndpoint("bad_types", f"an endpoint listens to 1 to {TYPES_MAX} types, or to everything")
    return tuple(sorted(set(types)))


async def add(
    connection: AsyncConnection,
    tenant: UUID,
    endpoint_id: UUID,
    *,
    url: str,
    types: Sequence[str] | None,
    version: str,
    secrets: Sequence[Secret],
    master: SealingKey,
    now: datetime,
) -> None:
    """Add an enabled endpoint, whose address and types the caller has checked.

    `BadEndpoint` when the address is taken or there are too many.
    """
    held = (await connection.exec_driver_sql(_COUNT, (tenant,))).scalar_one()
    if held >= ENDPOINTS_MAX:
        raise BadEndpoint("too_many_endpoints", f"there are {held} endpoints, at most {ENDPOINTS_MAX} may be")
    sealed = _sealed(master, tenant, endpoint_id, secrets)
    row = (tenant, endpoint_id, url, None if types is None else list(types), version, sealed, now)
    if (await connection.exec_driver_sql(_ADD, row)).rowcount == 0:
        raise _taken()


async def change(
    connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, *, url: str, types: Sequence[str] | None
) -> None:
    """Another address, which begins without failures, or other types; the caller has checked both.

    What is pending is sent to the new address; types decide of what is told next. `BadEndpoint` when the address is
    taken.
    """
    held = (await connection.exec_driver_sql(_HOLDER, (tenant, url))).scalar_one_or_none()
    if held is not None and held != endpoint_id:
        raise _taken()
    row = (tenant, endpoint_id, url, None if types is None else list(types))
    try:
        async with connection.begin_nested():
            await connection.exec_driver_sql(_CHANGE, row)
    except IntegrityError as error:
        raise _taken() from error


async def remove(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, now: datetime) -> bool:
    """Send nothing more to it and forget its secrets; what was pending is dead, and its address is free.

    The row stays for the log of its deliveries. False if it was removed already.
    """
    await lock(connection, tenant, endpoint_id)
    changed = await connection.exec_driver_sql(_REMOVE, (tenant, endpoint_id, now))
    return int(changed.scalar_one()) > 0


async def exist(connection: AsyncConnection, tenant: UUID) -> bool:
    """Whether the tenant has any endpoint, enabled or not, or a stream: without one nothing goes into the outbox."""
    return bool((await connection.exec_driver_sql(_EXIST, (tenant,))).scalar_one())


async def listed(connection: AsyncConnection, tenant: UUID, now: datetime) -> list[Endpoint]:
    """All endpoints that were not removed, the oldest first, with how many attempts of the last 24 hours succeeded."""
    rows = await connection.exec_driver_sql(_LISTED, (tenant, now - RATE_OVER))
    return [_endpoint(row) for row in rows]


async def find(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, now: datetime) -> Endpoint | None:
    """One endpoint, or None; also None of one that was removed."""
    rows = await connection.exec_driver_sql(f"{_LISTED_OF} AND e.id = $3::uuid", (tenant, now - RATE_OVER, endpoint_id))
    return next((_endpoint(row) for row in rows), None)


async def lock(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID) -> None:
    """Hold an endpoint until the transaction ends."""
    await connection.exec_driver_sql(_LOCK, (tenant, endpoint_id))


async def was_removed(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID) -> bool:
    """Whether there was such an endpoint, which was removed."""
    return bool((await connection.exec_driver_sql(_WAS_REMOVED, (tenant, endpoint_id))).scalar_one())


async def rotate(
    connection: AsyncConnection,
    tenant: UUID,
    endpoint_id: UUID,
    secret: Secret,
    *,
    overlap: timedelta,
    master: SealingKey,
    now: datetime,
) -> datetime | None:
    """Sign with another secret; until when one that was replaced, of either scheme, signs too.

    Those of its scheme that signed until now go on for `overlap`. A secret of a scheme that the endpoint has not had is
    added beside the others. LookupError where there is no such endpoint.
    """
    row = (await connection.exec_driver_sql(_LOCK, (tenant, endpoint_id))).one_or_none()
    if row is None:
        raise LookupError("there is no such endpoint")
    until = now + overlap
    held = [each for each in opened_secrets(master, tenant, endpoint_id, row.secrets) if each.key != secret.key]
    kept = [replaced(each, secret.scheme, until) for each in held]
    alive = [each for each in kept if each.until is None or each.until > now]
    signing = _most([secret, *alive])
    ending = max((each.until for each in signing if each.until is not None), default=None)
    sealed = _sealed(master, tenant, endpoint_id, signing)
    await connection.exec_driver_sql(_SEAL, (tenant, endpoint_id, sealed, ending))
    return ending


def _most(signing: Sequence[Secret]) -> list[Secret]:
    """As many as may sign: those in force, and of those that were replaced the newest."""
    ending = [each for each in signing if each.until is not None]
    kept = ending[: max(SECRETS_MAX - (len(signing) - len(ending)), 0)]
    return [each for each in signing if each.until is None or each in kept]


def replaced(secret: Secret, scheme: str, until: datetime) -> Secret:
    """A secret in whose place another one of `scheme` signs: it ends then, if it does not end sooner."""
    if secret.scheme != scheme:
        return secret
    return msgspec.structs.replace(secret, until=until if secret.until is None else min(secret.until, until))


async def disable(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, why: str | None, now: datetime) -> bool:
    """Send nothing more to it; what was pending is dead and may be replayed. False if it was not enabled."""
    await lock(connection, tenant, endpoint_id)  # before its deliveries are looked at: more may be handed out just now
    changed = await connection.exec_driver_sql(_DISABLE, (tenant, [endpoint_id], why and why[:WHY_MAX], now))
    return int(changed.scalar_one()) > 0


async def enable(connection: AsyncConnection, tenant: UUID, endpoint_id: UUID, now: datetime) -> bool:
    """Send to it again, from what is told next on. False if it was enabled."""
    return (await connection.exec_driver_sql(_ENABLE, (tenant, endpoint_id, now))).rowcount > 0


async def waiting(connection: AsyncConnection, tenant: UUID, now: datetime) -> set[UUID]:
    """Every endpoint for which something is due and that is not left alone at `now`."""
    return set((await connection.exec_driver_sql(_WAITING, (tenant, now))).scalars())


def opened_secrets(master: SealingKey, tenant: UUID, endpoint_id: UUID, sealed: bytes) -> list[Secret]:
    """The secrets of an endpoint, newest first; `Unsealable` under another master key."""
    return msgspec.msgpack.decode(master.open(sealed, _place(tenant, endpoint_id)), type=list[Secret])


def _sealed(master: SealingKey, tenant: UUID, endpoint_id: UUID, secrets: Sequence[Secret]) -> bytes:
    return master.seal(msgspec.msgpack.encode(list(secrets)), _place(tenant, endpoint_id))


def _place(tenant: UUID, endpoint_id: UUID) -> bytes:
    return context(tenant.bytes, b"webhook_endpoints", b"secrets", endpoint_id.bytes)


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        id=row.id,
        url=row.url,
        types=None if row.types is None else tuple(row.types),
        version=row.version,
        state=row.state,
        changed_at=row.changed_at,
        why=row.why,
        failures=row.failures,
        failing_since=row.failing_since,
        held_until=row.held_until,
        created_at=row.created_at,
        overlap_until=row.overlap_until,
        succeeded=row.succeeded,
        attempted=row.attempted,
    )


def _taken() -> BadEndpoint:
    return BadEndpoint("endpoint_exists", "an endpoint of this address exists; change that one")


_COUNT = "SELECT count(*) FROM webhook_endpoints WHERE tenant_id = $1::uuid AND state <> 'removed'"

_ADD = """
INSERT INTO webhook_endpoints (tenant_id, id, url, types, version, secrets, state, changed_at, created_at)
VALUES ($1::uuid, $2::uuid, $3::text, $4::text[], $5::text, $6::bytea, 'enabled', $7::timestamptz, $7::timestamptz)
ON CONFLICT (tenant_id, url) WHERE state <> 'removed' DO NOTHING
"""

_HOLDER = """
SELECT id FROM webhook_endpoints WHERE tenant_id = $1::uuid AND url = $2::text AND state <> 'removed'
"""

_CHANGE = """
UPDATE webhook_endpoints SET url = $3::text, types = $4::text[],
    failures = CASE WHEN url = $3::text THEN failures ELSE 0 END,
    failing_since = CASE WHEN url = $3::text THEN failing_since END,
    held_until = CASE WHEN url = $3::text THEN held_until END
WHERE tenant_id = $1::uuid AND id = $2::uuid AND state <> 'removed'
"""

_REMOVE = """
WITH e AS (
    UPDATE webhook_endpoints
    SET state = 'removed', changed_at = $3::timestamptz, why = NULL, secrets = '', overlap_until = NULL,
        failures = 0, failing_since = NULL, held_until = NULL
    WHERE tenant_id = $1::uuid AND id = $2::uuid AND state <> 'removed' RETURNING id
), dead AS (
    UPDATE webhook_deliveries AS d
    SET state = 'dead', error = 'its endpoint was removed', taken_at = NULL, ended_at = $3::timestamptz
    FROM e WHERE d.tenant_id = $1::uuid AND d.endpoint_id = e.id AND d.state = 'pending'
)
SELECT count(*) FROM e
"""

_WAS_REMOVED = """
SELECT EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE tenant_id = $1::uuid AND id = $2::uuid AND state = 'removed')
"""

_EXIST = """
SELECT EXISTS (SELECT 1 FROM webhook_endpoints WHERE tenant_id = $1::uuid AND state <> 'removed')
    OR EXISTS (SELECT 1 FROM outbox_streams WHERE tenant_id = $1::uuid)
"""

_LISTED_OF = """
SELECT e.*, r.succeeded, r.attempted FROM webhook_endpoints AS e
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.code BETWEEN 200 AND 299) AS succeeded, count(*) AS attempted
    FROM webhook_attempts AS a
    WHERE a.tenant_id = e.tenant_id AND a.endpoint_id = e.id AND a.at > $2::timestamptz
) AS r
WHERE e.tenant_id = $1::uuid AND e.state <> 'removed'"""

_LISTED = f"{_LISTED_OF} ORDER BY e.created_at, e.id"

_LOCK = """
SELECT secrets FROM webhook_endpoints WHERE tenant_id = $1::uuid AND id = $2::uuid AND state <> 'removed' FOR UPDATE
"""

_SEAL = """
UPDATE webhook_endpoints SET secrets = $3::bytea, overlap_until = $4::timestamptz
WHERE tenant_id = $1::uuid AND id = $2::uuid
"""

_DISABLE = """
WITH e AS (
    UPDATE webhook_endpoints SET state = 'disabled', changed_at = $4::timestamptz, why = $3::text, held_until = NULL
    WHERE tenant_id = $1::uuid AND id = ANY($2::uuid[]) AND state = 'enabled' RETURNING id
), dead AS (
    UPDATE webhook_deliveries AS d
    SET state = 'dead', error = 'its endpoint was disabled', taken_at = NULL, ended_at = $4::timestamptz
    FROM e WHERE d.tenant_id = $1::uuid AND d.endpoint_id = e.id AND d.state = 'pending'
)
SELECT count(*) FROM e
"""

_ENABLE = """
UPDATE webhook_endpoints
SET state = 'enabled', changed_at = $3::timestamptz, why = NULL, failures = 0, failing_since = NULL, held_until = NULL
WHERE tenant_id = $1::uuid AND id = $2::uuid AND state = 'disabled'
"""

_WAITING = """
SELECT e.id FROM webhook_endpoints AS e
WHERE e.tenant_id = $1::uuid AND e.state = 'enabled' AND (e.held_until IS NULL OR e.held_until <= $2::timestamptz)
    AND EXISTS (
        SELECT 1 FROM webhook_deliveries AS d
        WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.state = 'pending'
            AND d.due_at <= $2::timestamptz)
"""
