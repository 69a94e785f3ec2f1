"""The only way into a programme: its snapshot, its revision and the lock on it, its centres and assets.

The revision is the truth that deciding transactions check: they take it shared, whoever changes the programme takes it
alone. A change and the new revision commit together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.errors import Forbidden, NoProgramme, NotFound
from cashback.programmes.schemas import Asset, AssetKind, Centre, Clawback, Conversion, Programme

_PROGRAMME = "SELECT code, name, zone, currency, revision, holdout_bps FROM programmes WHERE operator_id = $1"
_CENTRES = "SELECT id, code, name, zone, country FROM centres WHERE operator_id = $1 ORDER BY code"
_ASSETS = "SELECT code, kind, name_en, name_fr, clawback, conversion FROM assets WHERE operator_id = $1 ORDER BY code"
_REVISION = "SELECT revision FROM programmes WHERE operator_id = $1"
_LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared($1)"
_LOCK = "SELECT pg_advisory_xact_lock($1)"
_LOCK_OPERATOR = "SELECT 1 FROM operators WHERE operator_id = $1 FOR NO KEY UPDATE"
_BUMP = "UPDATE programmes SET revision = revision + 1 WHERE operator_id = $1 RETURNING revision"
_SAVE_PROGRAMME = """
INSERT INTO programmes (operator_id, code, name, zone, currency, holdout_bps, document, applied_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)
ON CONFLICT (operator_id) DO UPDATE
SET name = excluded.name, document = excluded.document, applied_at = excluded.applied_at
"""
_SAVE_CENTRES = """
INSERT INTO centres (operator_id, id, code, name, zone, country)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) AS t
ON CONFLICT (operator_id, code) DO UPDATE SET name = excluded.name, country = excluded.country
"""
_SAVE_ASSETS = """
INSERT INTO assets (operator_id, code, kind, name_en, name_fr, clawback, conversion)
SELECT $1, t.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[]) AS t
ON CONFLICT (operator_id, code) DO UPDATE
SET name_en = excluded.name_en, name_fr = excluded.name_fr, clawback = excluded.clawback
"""


async def load_programme(connection: AsyncConnection, operator_id: UUID) -> Programme:
    """The programme as it stands in this transaction; NotFound before the first programme file was applied."""
    programme = await find_programme(connection, operator_id)
    if programme is None:
        raise no_programme()
    return programme


async def find_programme(connection: AsyncConnection, operator_id: UUID) -> Programme | None:
    """The programme as it stands in this transaction; None before the first programme file was applied."""
    row = (await connection.exec_driver_sql(_PROGRAMME, (operator_id,))).one_or_none()
    if row is None:
        return None
    centres = (await connection.exec_driver_sql(_CENTRES, (operator_id,))).all()
    assets = (await connection.exec_driver_sql(_ASSETS, (operator_id,))).all()
    return Programme(
        operator_id=operator_id,
        code=row.code,
        name=row.name,
        zone=ZoneInfo(row.zone),
        currency=row.currency,
        revision=row.revision,
        centres={each.id: Centre(each.id, each.code, each.name, ZoneInfo(each.zone), each.country) for each in centres},
        assets={
            each.code: Asset(
                code=each.code,
                kind=AssetKind(each.kind),
                name_en=each.name_en,
                name_fr=each.name_fr,
                clawback=Clawback(each.clawback),
                conversion=None if each.conversion is None else Conversion(**_document(each.conversion)),
            )
            for each in assets
        },
        holdout_bps=row.holdout_bps,
    )


async def lock_revision_shared(connection: AsyncConnection, operator_id: UUID) -> int:
    """The revision in force, which stays in force until this transaction ends. Taken by every deciding transaction.

    An advisory lock, because it queues fairly: row locks taken in share mode by one batch after another would keep
    whoever wants to change the programme waiting for ever. The revision is read by a statement of its own, which sees
    what the previous holder committed.
    """
    await connection.exec_driver_sql(_LOCK_SHARED, (_lock_key(operator_id),))
    revision = (await connection.exec_driver_sql(_REVISION, (operator_id,))).scalar()
    if revision is None:
        raise no_programme()
    return int(revision)


async def lock_programme(connection: AsyncConnection, operator_id: UUID) -> int | None:
    """Keep every decision and every other change out until this transaction ends; None before the first file.

    The operator is locked first, so that two first files cannot both find nothing. NotFound if there is no operator.
    """
    if (await connection.exec_driver_sql(_LOCK_OPERATOR, (operator_id,))).scalar() is None:
        raise NotFound(f"there is no operator {operator_id}: create it first", code="unknown_operator")
    await connection.exec_driver_sql(_LOCK, (_lock_key(operator_id),))
    revision = (await connection.exec_driver_sql(_REVISION, (operator_id,))).scalar()
    return None if revision is None else int(revision)


async def bump_revision(connection: AsyncConnection, operator_id: UUID) -> int:
    """The next revision; every snapshot in memory is stale once this transaction commits."""
    revision = (await connection.exec_driver_sql(_BUMP, (operator_id,))).scalar()
    if revision is None:
        raise no_programme()
    return int(revision)


async def save_programme(
    connection: AsyncConnection,
    operator_id: UUID,
    *,
    code: str,
    name: str,
    zone: str,
    currency: str,
    holdout_bps: int,
    document: Mapping[str, Any],
    now: datetime,
) -> None:
    """Create the programme, or change its name and document; code, zone, currency and hold-out stay what they were."""
    text = msgspec.json.encode(document).decode()
    await connection.exec_driver_sql(_SAVE_PROGRAMME, (operator_id, code, name, zone, currency, holdout_bps, text, now))


async def save_centres(connection: AsyncConnection, operator_id: UUID, centres: Sequence[Centre]) -> None:
    """Create centres, or change their names and countries by code; id and zone stay what they were."""
    columns = (
        [each.id for each in centres],
        [each.code for each in centres],
        [each.name for each in centres],
        [each.zone.key for each in centres],
        [each.country for each in centres],
    )
    await connection.exec_driver_sql(_SAVE_CENTRES, (operator_id, *columns))


async def save_assets(connection: AsyncConnection, operator_id: UUID, assets: Sequence[Asset]) -> None:
    """Create assets, or change their names and clawback by code; kind and conversion stay what they were."""
    columns = (
        [each.code for each in assets],
        [each.kind.value for each in assets],
        [each.name_en for each in assets],
        [each.name_fr for each in assets],
        [each.clawback.value for each in assets],
        [None if each.conversion is None else msgspec.json.encode(each.conversion).decode() for each in assets],
    )
    await connection.exec_driver_sql(_SAVE_ASSETS, (operator_id, *columns))


def require_programme_scope(actor: Actor) -> None:
    """Forbidden unless the actor may change the programme."""
    if not actor.may(Scope.PROGRAMME):
        raise Forbidden(
            f"{actor.name} may not change the programme: the scope {Scope.PROGRAMME.value!r} is needed",
            code="scope_missing",
        )


def _document(value: Any) -> dict[str, Any]:
    """A JSONB value of a driver-level statement, which hands it over as text."""
    document: dict[str, Any] = msgspec.json.decode(value) if isinstance(value, str | bytes) else value
    return document


def _lock_key(operator_id: UUID) -> int:
    """The last 63 bits of the id: random ones, so two operators practically never share a lock, and it harms little."""
    return operator_id.int & ((1 << 63) - 1)


def no_programme() -> NoProgramme:
    """The operator has applied no programme file yet."""
    return NoProgramme("this operator has no programme yet: apply a programme file first")
