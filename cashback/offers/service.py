"""The only way to read and publish offers. A version never changes: publishing closes one interval, opens the next."""

from collections.abc import Iterable, Mapping
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
from cashback.offers.terms import Terms
from cashback.programmes.service import require_programme_scope

_VERSIONS = """
SELECT v.offer_id, o.code, v.version, v.terms, v.live_from, v.live_until
FROM offer_versions v JOIN offers o ON o.operator_id = v.operator_id AND o.id = v.offer_id
WHERE v.operator_id = $1 ORDER BY o.code, v.version
"""
_LATEST = """
SELECT DISTINCT ON (v.offer_id) v.offer_id, o.code, v.version, v.terms, v.digest, v.live_from, v.live_until
FROM offer_versions v JOIN offers o ON o.operator_id = v.operator_id AND o.id = v.offer_id
WHERE v.operator_id = $1 ORDER BY v.offer_id, v.version DESC
"""
_ADD_OFFERS = """
INSERT INTO offers (operator_id, id, code) SELECT $1, t.* FROM unnest($2::uuid[], $3::text[]) AS t
"""
_CLOSE = """
UPDATE offer_versions v SET live_until = $4 FROM unnest($2::uuid[], $3::integer[]) AS t (offer_id, version)
WHERE v.operator_id = $1 AND v.offer_id = t.offer_id AND v.version = t.version
"""
_ADD_VERSIONS = """
INSERT INTO offer_versions (operator_id, offer_id, version, terms, digest, live_from, author, created_at)
SELECT $1, t.*, $7, $8 FROM unnest($2::uuid[], $3::integer[], $4::jsonb[], $5::bytea[], $6::timestamptz[]) AS t
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
class _Latest:
    offer_id: UUID
    version: int
    terms: Any
    digest: bytes
    live_from: datetime | None
    live_until: datetime | None


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


async def load_offered(connection: AsyncConnection, operator_id: UUID) -> dict[str, Terms]:
    """The terms of every offer that has not ended, by code."""
    latest = await _latest(connection, operator_id)
    return {code: _terms(each.terms) for code, each in sorted(latest.items()) if each.live_until is None}


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
    latest = await _latest(connection, actor.operator_id)
    digests = {code: terms.digest() for code, terms in offers.items()}
    _refuse_the_past(latest, digests, effective_from)
    _refuse_another_asset(latest, offers)
    publications = [
        *_published(latest, digests, now),
        *(
            Publication(each.offer_id, code, each.version, Outcome.ENDED)
            for code, each in latest.items()
            if code not in offers and each.live_until is None
        ),
    ]
    await _write(connection, actor, offers, publications, effective_from, now, since_ever=since_ever)
    return sorted(publications, key=lambda each: each.code)


def _published(latest: Mapping[str, _Latest], digests: Mapping[str, bytes], now: datetime) -> Iterable[Publication]:
    for code, digest in digests.items():
        before = latest.get(code)
        if before is None:
            yield Publication(uuid7(now), code, 1, Outcome.CREATED)
        elif before.live_until is not None:
            yield Publication(before.offer_id, code, before.version + 1, Outcome.RESUMED)
        elif before.digest != digest:
            yield Publication(before.offer_id, code, before.version + 1, Outcome.CHANGED)


def _refuse_the_past(latest: Mapping[str, _Latest], digests: Mapping[str, bytes], effective_from: datetime) -> None:
    """Intervals of one offer follow each other; what was already decided under a version stays decided."""
    for code, before in latest.items():
        ended = before.live_until is not None
        if (ended and code not in digests) or (not ended and digests.get(code) == before.digest):
            continue
        begun = before.live_until or before.live_from
        if begun is not None and effective_from < begun:
            raise Invalid(
                f"offer {code} cannot change from {effective_from.isoformat()}: its version {before.version} "
                f"{'ended' if ended else 'began'} at {begun.isoformat()}, expected that instant or a later one",
                code="effective_from",
            )


def _refuse_another_asset(latest: Mapping[str, _Latest], offers: Mapping[str, Terms]) -> None:
    """One purchase has one reward of an offer, in one asset: a late authorization may move it to another version."""
    for code, terms in offers.items():
        before = latest.get(code)
        asset = None if before is None else _terms(before.terms).reward.asset
        if asset is not None and asset != terms.reward.asset:
            raise Invalid(
                f"offer {code} rewards {asset} and cannot reward {terms.reward.asset}: make another offer",
                code="offer_asset",
            )


async def _write(
    connection: AsyncConnection,
    actor: Actor,
    offers: Mapping[str, Terms],
    publications: Iterable[Publication],
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
        versions = [each.version - 1 if each.outcome is Outcome.CHANGED else each.version for each in closed]
        ids = [each.offer_id for each in closed]
        await connection.exec_driver_sql(_CLOSE, (operator_id, ids, versions, effective_from))
    if opened:
        begins = [None if since_ever and each.outcome is Outcome.CREATED else effective_from for each in opened]
        row = (
            operator_id,
            [each.offer_id for each in opened],
            [each.version for each in opened],
            [msgspec.json.encode(offers[each.code].stored()).decode() for each in opened],
            [offers[each.code].digest() for each in opened],
            begins,
            actor.name,
            now,
        )
        await connection.exec_driver_sql(_ADD_VERSIONS, row)


async def _latest(connection: AsyncConnection, operator_id: UUID) -> dict[str, _Latest]:
    rows = await connection.exec_driver_sql(_LATEST, (operator_id,))
    return {
        row.code: _Latest(row.offer_id, row.version, row.terms, row.digest, row.live_from, row.live_until)
        for row in rows
    }


def _terms(value: Any) -> Terms:
    """Terms from a JSONB value, which a driver-level statement hands over as text."""
    return Terms.model_validate_json(value) if isinstance(value, str | bytes) else Terms.model_validate(value)
