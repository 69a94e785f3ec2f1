"""What is written of the life of offers and read back: revisions of drafts and moves, each appended once for ever.

Both share one count per offer, its revision, so that one number says whether anything has happened since. Callers hold
the programme's lock; without it two could take the same number, and the key would refuse the second.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show
from cashback.offers.life import OPEN, DraftState, Move, Standing, draft_state, standing
from cashback.offers.terms import Terms

OFFERS_PAGE = 200
"""Offers that are listed at a time."""

_NEXT = """
1 + greatest(
    coalesce((SELECT max(revision) FROM offer_revisions r WHERE r.operator_id = $1 AND r.offer_id = t.offer_id), 0),
    coalesce((SELECT max(revision) FROM offer_moves m WHERE m.operator_id = $1 AND m.offer_id = t.offer_id), 0))
"""
_ADD_MOVES = f"""
INSERT INTO offer_moves (operator_id, offer_id, revision, move, version, replaced, planned_until, reason, actor, at)
SELECT $1, t.offer_id, {_NEXT} + t.place, t.move, t.version, t.replaced, t.planned_until, t.reason, $9, $10
FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::integer[], $6::integer[], $7::timestamptz[], $8::text[])
    AS t (offer_id, place, move, version, replaced, planned_until, reason)
"""  # noqa: S608 - built from constants
_ADD_REVISION = f"""
INSERT INTO offer_revisions (operator_id, offer_id, revision, draft, terms, digest, base_version, base_digest, changes,
    changes_to_live, author, written_at)
SELECT $1, t.offer_id, {_NEXT}, coalesce($3::integer, {_NEXT}), $4::jsonb, $5, $6, $7, $8::jsonb, $9::jsonb, $10, $11
FROM (SELECT $2::uuid AS offer_id) AS t
"""  # noqa: S608 - built from constants
_ADD_OFFER = "INSERT INTO offers (operator_id, id, code) VALUES ($1, $2, $3)"
_FIND = "SELECT id, code FROM offers WHERE operator_id = $1 AND code = $2"
_PAGE = "SELECT id, code FROM offers WHERE operator_id = $1 AND code > $2 ORDER BY code LIMIT $3"
_VERSIONS = """
SELECT offer_id, version, terms::text, digest, live_from, live_until, author, created_at FROM offer_versions
WHERE operator_id = $1 AND offer_id = ANY($2::uuid[]) ORDER BY offer_id, version
"""
_REVISIONS = """
SELECT offer_id, revision, draft, terms::text, digest, base_version, base_digest, changes::text,
    changes_to_live::text, author, written_at
FROM offer_revisions WHERE operator_id = $1 AND offer_id = ANY($2::uuid[]) ORDER BY offer_id, revision
"""
_MOVES = """
SELECT offer_id, revision, move, version, replaced, planned_until, reason, actor, at FROM offer_moves
WHERE operator_id = $1 AND offer_id = ANY($2::uuid[]) ORDER BY offer_id, revision
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it is stored."""

    version: int
    terms: Terms
    digest: bytes
    live_from: datetime | None
    live_until: datetime | None
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a draft as it is stored."""

    revision: int
    draft: int
    """The revision with which its draft began."""
    terms: Terms
    digest: bytes
    base_version: int | None
    base_digest: bytes | None
    changes: tuple[str, ...]
    changes_to_live: tuple[str, ...]
    author: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class MadeMove:
    """One move as it is stored."""

    revision: int
    move: Move
    version: int | None
    replaced: int | None
    planned_until: datetime | None
    reason: str | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NewMove:
    """One move to be stored."""

    offer_id: UUID
    move: Move
    version: int | None = None
    replaced: int | None = None
    """The version whose interval ends where the opened one begins."""
    planned_until: datetime | None = None
    """The end that the closed interval had before."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Everything that ever happened to one offer."""

    offer_id: UUID
    code: str
    versions: Sequence[Version]
    revisions: Sequence[Revision]
    moves: Sequence[MadeMove]

    @property
    def revision(self) -> int:
        """How often anything was written or done; 0 before the first time."""
        return max([0, *(each.revision for each in self.revisions), *(each.revision for each in self.moves)])

    @property
    def draft_state(self) -> DraftState | None:
        """Where the newest draft stands; None if there never was one."""
        made = [(each.revision, Move.REVISE) for each in self.revisions]
        made += [(each.revision, each.move) for each in self.moves]
        return draft_state(move for _, move in sorted(made))

    @property
    def draft(self) -> Sequence[Revision]:
        """The revisions of the draft that is open, the newest last; empty if none is."""
        if self.draft_state not in OPEN:
            return ()
        return [each for each in self.revisions if each.draft == self.revisions[-1].draft]

    def standing(self, at: datetime) -> Standing:
        """What the offer is at an instant."""
        return standing(self.versions, self.moves, at)

    def version(self, number: int | None) -> Version | None:
        """The version of a number; None for None."""
        return next((each for each in self.versions if each.version == number), None)

    def last_word(self) -> str:
        """Who did what last, for a sentence to somebody who has not seen it: `person:ada submitted it at …`."""
        words = [(each.revision, f"{each.author} revised it", each.written_at) for each in self.revisions]
        words += [(each.revision, f"{each.actor} did {each.move.value}", each.at) for each in self.moves]
        _, said, at = max(words)
        return f"{said} at {at.isoformat()}"


async def find_history(connection: AsyncConnection, operator_id: UUID, code: str) -> History | None:
    """Everything of one offer; None if the code was never used."""
    rows = await fetch(connection, _FIND, (operator_id, code))
    return (await _histories(connection, operator_id, rows))[0] if rows else None


async def list_histories(
    connection: AsyncConnection, operator_id: UUID, *, after: str, limit: int = OFFERS_PAGE
) -> list[History]:
    """Everything of the next `limit` offers whose codes follow `after`, in the order of their codes."""
    return await _histories(connection, operator_id, await fetch(connection, _PAGE, (operator_id, after, limit)))


async def add_offer(connection: AsyncConnection, operator_id: UUID, offer_id: UUID, code: str) -> None:
    """A code that is used for the first time; without a version nobody sees it."""
    await connection.exec_driver_sql(_ADD_OFFER, (operator_id, offer_id, code))


async def append_moves(
    connection: AsyncConnection, operator_id: UUID, moves: Iterable[NewMove], *, actor: str, now: datetime
) -> None:
    """Store moves in their order; several of one offer follow each other."""
    stored = list(moves)
    places: dict[UUID, int] = {}
    numbered: list[int] = []
    for each in stored:
        numbered.append(places.get(each.offer_id, 0))
        places[each.offer_id] = numbered[-1] + 1
    columns = (
        [each.offer_id for each in stored],
        numbered,
        [each.move.value for each in stored],
        [each.version for each in stored],
        [each.replaced for each in stored],
        [each.planned_until for each in stored],
        [each.reason for each in stored],
    )
    await connection.exec_driver_sql(_ADD_MOVES, (operator_id, *columns, actor, now))
    told = [
        event(
            "offer.changed",
            f"{each.offer_id.hex}:{each.move.value}:{each.version or ''}:{number}:{now.isoformat()}",
            now,
            of=operator_id,
            offer=show("off", each.offer_id),
            change=each.move.value,
            version=each.version,
        )
        for number, each in zip(numbered, stored, strict=True)
    ]
    await events.tell(connection, operator_id, told, now)


async def append_revision(
    connection: AsyncConnection,
    operator_id: UUID,
    offer_id: UUID,
    *,
    draft: int | None,
    terms: Terms,
    base: Version | None,
    changes: Sequence[str],
    changes_to_live: Sequence[str],
    author: str,
    now: datetime,
) -> None:
    """Store a revision; with `draft` None it opens a draft of its own."""
    row = (
        operator_id,
        offer_id,
        draft,
        _json(terms.stored()),
        terms.digest(),
        None if base is None else base.version,
        None if base is None else base.digest,
        _json(changes),
        _json(changes_to_live),
        author,
        now,
    )
    await connection.exec_driver_sql(_ADD_REVISION, row)


async def _histories(connection: AsyncConnection, operator_id: UUID, offers: Sequence[Any]) -> list[History]:
    ids = [offer_id for offer_id, _ in offers]
    versions: dict[UUID, list[Version]] = {each: [] for each in ids}
    revisions: dict[UUID, list[Revision]] = {each: [] for each in ids}
    moves: dict[UUID, list[MadeMove]] = {each: [] for each in ids}
    for offer_id, version, terms, *rest in await fetch(connection, _VERSIONS, (operator_id, ids)):
        versions[offer_id].append(Version(version, Terms.model_validate_json(terms), *rest))
    for row in await fetch(connection, _REVISIONS, (operator_id, ids)):
        revisions[row.offer_id].append(
            Revision(
                revision=row.revision,
                draft=row.draft,
                terms=Terms.model_validate_json(row.terms),
                digest=row.digest,
                base_version=row.base_version,
                base_digest=row.base_digest,
                changes=tuple(msgspec.json.decode(row.changes)),
                changes_to_live=tuple(msgspec.json.decode(row.changes_to_live)),
                author=row.author,
                written_at=row.written_at,
            )
        )
    for offer_id, revision, move, *rest in await fetch(connection, _MOVES, (operator_id, ids)):
        moves[offer_id].append(MadeMove(revision, Move(move), *rest))
    return [
        History(offer_id, code, versions[offer_id], revisions[offer_id], moves[offer_id]) for offer_id, code in offers
    ]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
