"""The only way to read and publish offers. A version never changes: publishing closes one interval, opens the next."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Invalid
from cashback.ids import uuid7
from cashback.offers.compiled import OfferVersion
from cashback.offers.journal import NewMove, append_moves
from cashback.offers.life import Move
from cashback.offers.terms import Terms
from cashback.programmes.service import require_programme_scope

_VERSIONS = """
SELECT v.offer_id, o.code, v.version, v.terms, v.live_from, v.live_until
FROM offer_versions v JOIN offers o ON o.operator_id = v.operator_id AND o.id = v.offer_id
WHERE v.operator_id = $1 ORDER BY o.code, v.version
"""
_STANDING = """
SELECT DISTINCT ON (o.id) o.id AS offer_id, o.code, v.version, v.terms, v.digest,
    (v.live_from IS NULL OR v.live_from <= $2) AND (v.live_until IS NULL OR v.live_until > $2) AS live, v.live_until,
    max(v.version) OVER own AS last, max(v.created_at) OVER own AS written_at,
    max(v.live_from) FILTER (WHERE v.live_from > $2 AND v.live_from IS DISTINCT FROM v.live_until) OVER own AS begins_at
FROM offers o LEFT JOIN offer_versions v ON v.operator_id = o.operator_id AND v.offer_id = o.id
WHERE o.operator_id = $1
WINDOW own AS (PARTITION BY o.id)
ORDER BY o.id, live DESC NULLS LAST, v.version DESC
"""
_ADD_OFFERS = """
INSERT INTO offers (operator_id, id, code) SELECT $1, t.* FROM unnest($2::uuid[], $3::text[]) AS t
ON CONFLICT (operator_id, id) DO NOTHING
"""
_CLOSE = """
UPDATE offer_versions v SET live_until = $4 FROM unnest($2::uuid[], $3::integer[]) AS t (offer_id, version)
WHERE v.operator_id = $1 AND v.offer_id = t.offer_id AND v.version = t.version
"""
_ADD_VERSIONS = """
INSERT INTO offer_versions (operator_id, offer_id, version, terms, digest, live_from, author, created_at)
SELECT $1, t.*, $7, $8 FROM unnest($2::uuid[], $3::integer[], $4::jsonb[], $5::bytea[], $6::timestamptz[]) AS t
"""


_ADD_VERSION = """
INSERT INTO offer_versions (operator_id, offer_id, version, terms, digest, live_from, live_until, author, created_at)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9)
"""
_SET_INTERVAL = """
UPDATE offer_versions SET live_from = coalesce($4, live_from), live_until = $5
WHERE operator_id = $1 AND offer_id = $2 AND version = $3
"""


class Outcome(StrEnum):
    """What publishing did to one offer."""

    CREATED = "created"
    """Its first version."""
    CHANGED = "changed"
    """Other terms: the version before it ends where the new one begins."""
    RESUMED = "resumed"
    """It had ended and is live again, as a new version."""
    ENDED = "ended"
    """It is no longer offered."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One offer that publishing changed; what stayed the same is not listed."""

    offer_id: UUID
    code: str
    version: int
    """The version that is now live, or that ended."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Standing:
    """An offer at an instant: the version that is live, else its newest one, and what is to begin."""

    offer_id: UUID
    version: int | None
    """None when its only content is a draft."""
    terms: Any
    digest: bytes | None
    live: bool
    live_until: datetime | None
    last: int | None
    """The highest number of a version, also of one that is to begin or was cancelled."""
    written_at: datetime | None
    begins_at: datetime | None


async def load_versions(connection: AsyncConnection, operator_id: UUID) -> list[OfferVersion]:
    """Every version of every offer, also of those that ended: a late purchase is judged by the version of its time."""
    rows = await connection.exec_driver_sql(_VERSIONS, (operator_id,))
    return [
        OfferVersion(
            offer_id=row.offer_id,
            code=row.code,
            version=row.version,
            terms=_terms(row.terms),
            live_from=row.live_from,
            live_until=row.live_until,
        )
        for row in rows
    ]


async def load_offered(connection: AsyncConnection, operator_id: UUID, at: datetime) -> dict[str, Terms]:
    """The terms of every offer that is live at an instant, by code."""
    standing = await _standing(connection, operator_id, at)
    return {code: _terms(each.terms) for code, each in sorted(standing.items()) if each.live}


async def publish(
    connection: AsyncConnection,
    actor: Actor,
    offers: Mapping[str, Terms],
    effective_from: datetime,
    *,
    now: datetime,
    since_ever: bool = False,
) -> list[Publication]:
    """Make these the offers of the programme from an instant on; by code, those missing end there.

    Terms with the digest of the live version change nothing. With `since_ever` the first version of an offer judges
    purchases of any age. The caller holds the programme's lock and bumps its revision when anything is answered.
    Raises Forbidden, and Invalid when a version would begin before the one it follows or reward another asset.
    """
    require_programme_scope(actor)
    standing = await _standing(connection, actor.operator_id, effective_from)
    digests = {code: terms.digest() for code, terms in offers.items()}
    for code, each in standing.items():
        _refuse_the_past(code, each, digests.get(code), effective_from, now)
        if each.version is not None and code in offers:
            refuse_another_asset(code, _terms(each.terms), offers[code])
    publications = [
        *_published(standing, digests, now),
        *(
            Publication(each.offer_id, code, each.version, Outcome.ENDED)
            for code, each in standing.items()
            if code not in offers and each.live and each.version is not None
        ),
    ]
    await _write(connection, actor, offers, publications, standing, effective_from, now, since_ever=since_ever)
    return sorted(publications, key=lambda each: each.code)


def _published(standing: Mapping[str, _Standing], digests: Mapping[str, bytes], now: datetime) -> Iterable[Publication]:
    for code, digest in digests.items():
        before = standing.get(code)
        if before is None or before.last is None:
            offer_id = uuid7(now) if before is None else before.offer_id
            yield Publication(offer_id, code, 1, Outcome.CREATED)
        elif not before.live:
            yield Publication(before.offer_id, code, before.last + 1, Outcome.RESUMED)
        elif before.digest != digest:
            yield Publication(before.offer_id, code, before.last + 1, Outcome.CHANGED)


def _refuse_the_past(
    code: str, before: _Standing, digest: bytes | None, effective_from: datetime, now: datetime
) -> None:
    """Intervals of one offer follow each other: what is to begin is cancelled by whoever wants something else.

    A version that is to begin is no reason to refuse a file that leaves the offer as it is.
    """
    if before.begins_at is None or before.written_at is None:
        return
    stays = before.digest == digest if before.live else digest is None
    if not stays or before.written_at > now:
        raise Invalid(
            f"offer {code} cannot change from {effective_from.isoformat()}: its version {before.last} begins at "
            f"{before.begins_at.isoformat()}, expected that instant or a later one, or that version cancelled first",
            code="effective_from",
        )


def refuse_another_asset(code: str, held: Terms, wanted: Terms) -> None:
    """One purchase has one reward of an offer, in one asset: a late authorization may move it to another version."""
    if held.reward.asset != wanted.reward.asset:
        raise Invalid(
            f"offer {code} rewards {held.reward.asset} and cannot reward {wanted.reward.asset}: make another offer",
            code="offer_asset",
        )


async def add_version(
    connection: AsyncConnection,
    actor: Actor,
    offer_id: UUID,
    version: int,
    terms: Terms,
    live_from: datetime,
    live_until: datetime | None,
    now: datetime,
) -> None:
    """Store the next version of an offer; the interval of the one before was closed already."""
    row = (actor.operator_id, offer_id, version, _stored(terms), terms.digest())
    await connection.exec_driver_sql(_ADD_VERSION, (*row, live_from, live_until, actor.name, now))


async def set_interval(
    connection: AsyncConnection,
    actor: Actor,
    offer_id: UUID,
    version: int | None,
    *,
    until: datetime | None,
    since: datetime | None = None,
) -> None:
    """Move the end of a version's interval, and its beginning if one is given; terms and digest never change."""
    await connection.exec_driver_sql(_SET_INTERVAL, (actor.operator_id, offer_id, version, since, until))


async def _write(
    connection: AsyncConnection,
    actor: Actor,
    offers: Mapping[str, Terms],
    publications: Collection[Publication],
    standing: Mapping[str, _Standing],
    effective_from: datetime,
    now: datetime,
    *,
    since_ever: bool,
) -> None:
    operator_id = actor.operator_id
    created = [each for each in publications if each.outcome is Outcome.CREATED]
    closed = [each for each in publications if each.outcome in (Outcome.CHANGED, Outcome.ENDED)]
    opened = [each for each in publications if each.outcome is not Outcome.ENDED]
    if created:
        columns = ([each.offer_id for each in created], [each.code for each in created])
        await connection.exec_driver_sql(_ADD_OFFERS, (operator_id, *columns))
    if closed:
        versions = [standing[each.code].version for each in closed]
        ids = [each.offer_id for each in closed]
        await connection.exec_driver_sql(_CLOSE, (operator_id, ids, versions, effective_from))
    if opened:
        begins = [None if since_ever and each.outcome is Outcome.CREATED else effective_from for each in opened]
        row = (
            operator_id,
            [each.offer_id for each in opened],
            [each.version for each in opened],
            [_stored(offers[each.code]) for each in opened],
            [offers[each.code].digest() for each in opened],
            begins,
            actor.name,
            now,
        )
        await connection.exec_driver_sql(_ADD_VERSIONS, row)
    if publications:
        await append_moves(connection, operator_id, _moves(publications, standing), actor=actor.name, now=now)


async def _standing(connection: AsyncConnection, operator_id: UUID, at: datetime) -> dict[str, _Standing]:
    rows = await connection.exec_driver_sql(_STANDING, (operator_id, at))
    return {
        row.code: _Standing(
            offer_id=row.offer_id,
            version=row.version,
            terms=row.terms,
            digest=row.digest,
            live=row.version is not None and row.live,
            live_until=row.live_until,
            last=row.last,
            written_at=row.written_at,
            begins_at=row.begins_at,
        )
        for row in rows
    }


def _moves(publications: Iterable[Publication], standing: Mapping[str, _Standing]) -> Iterable[NewMove]:
    for each in publications:
        before = standing.get(each.code)
        planned = before.live_until if before is not None and before.live else None
        if each.outcome is Outcome.ENDED:
            yield NewMove(each.offer_id, Move.END, version=each.version, planned_until=planned)
        else:
            replaced = before.version if before is not None and before.live else None
            yield NewMove(each.offer_id, Move.PUBLISH, version=each.version, replaced=replaced, planned_until=planned)


def _stored(terms: Terms) -> str:
    return msgspec.json.encode(terms.stored()).decode()


def _terms(value: Any) -> Terms:
    """Terms from a JSONB value, which a driver-level statement hands over as text."""
    return Terms.model_validate_json(value) if isinstance(value, str | bytes) else Terms.model_validate(value)
