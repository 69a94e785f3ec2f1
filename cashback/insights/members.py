"""Members as the console lists them, masked until a reason was given for opening one.

Who opens one member's file leaves a line in the audit log first; whether that line is there, and young enough, is what
lets the pages of the file be read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Invalid
from cashback.ids import show
from cashback.programmes import audit_log
from issuers.card_numbers import mask_text

OPEN_FOR = timedelta(minutes=30)
"""A reason given is good for so long."""
WORDS_MAX = 300
OPENED, CLOSED = "shopper.opened_by_support", "shopper.closed_by_support"
PAGE_MAX = 1_001

_LISTED = """
SELECT n.shopper_id AS id, n.reference, s.created_at
FROM shopper_references n JOIN shoppers s ON s.shopper_id = n.shopper_id
WHERE n.operator_id = $1"""
_NEWEST = f"{_LISTED} AND ($2::uuid IS NULL OR n.shopper_id < $2) ORDER BY n.shopper_id DESC LIMIT $3"
_OLDEST = f"{_LISTED} AND ($2::uuid IS NULL OR n.shopper_id > $2) ORDER BY n.shopper_id LIMIT $3"
_THESE = f"{_LISTED} AND n.shopper_id = ANY($2::uuid[])"
_CARDS = """
SELECT shopper_id, card_id, min(scheme) AS scheme, min(last_four) AS last_four, max(linked_at) AS linked_at,
    CASE WHEN bool_or(unlinked_at IS NULL) THEN NULL ELSE max(unlinked_at) END AS unlinked_at
FROM cards WHERE operator_id = $1 AND shopper_id = ANY($2::uuid[]) AND network NOT IN ('receipt', 'checkout')
GROUP BY shopper_id, card_id ORDER BY shopper_id, max(linked_at) DESC
"""
_OF_PURCHASE = "SELECT shopper_id FROM purchases WHERE operator_id = $1 AND id = $2"
_REFERENCES = """
SELECT shopper_id, reference FROM shopper_references WHERE operator_id = $1 AND shopper_id = ANY($2::uuid[])
"""
_NEWEST_LINE = """
SELECT at, action, detail::text AS detail FROM audit_log
WHERE operator_id = $1 AND id >= $2 AND subject = $3 AND actor = $4 AND action = ANY($5::text[])
    AND detail ->> 'session' = $6
ORDER BY id DESC LIMIT 1
"""


class Why(StrEnum):
    """Why somebody opens a member's file."""

    ASKED = "asked"
    """The member asked for help."""
    MISSING = "missing"
    """A purchase or a reward is missing."""
    CLAIM = "claim"
    """A claim is to be answered."""
    PAYOUT = "payout"
    """A payout or an instalment went wrong."""
    FRAUD = "fraud"
    """Something looks wrong."""
    RIGHTS = "rights"
    """The member uses a right: access, correction, erasure."""
    OTHER = "other"
    """As the words say."""


@dataclass(frozen=True, slots=True)
class Opening:
    """That a member's file was opened, by this person in this session."""

    why: Why
    words: str
    at: datetime

    @property
    def until(self) -> datetime:
        """From then on a reason is asked again."""
        return self.at + OPEN_FOR


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card as a list of members tells it."""

    scheme: str | None
    last_four: str | None
    linked_at: datetime
    unlinked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One member of a list: nothing that their file is opened for."""

    id: UUID
    reference: str
    joined_at: datetime
    cards: tuple[CardSeen, ...]
    """The one that was linked last first; those that are not linked any more too."""


async def listed(
    connection: AsyncConnection, operator_id: UUID, *, after: UUID | None, wanted: int, oldest_first: bool
) -> list[Listed]:
    """Members in the order in which they joined, or the newest first."""
    statement = _OLDEST if oldest_first else _NEWEST
    rows = await fetch(connection, statement, (operator_id, after, min(wanted, PAGE_MAX)))
    return await _with_cards(connection, operator_id, rows)


async def these(connection: AsyncConnection, operator_id: UUID, ids: Sequence[UUID]) -> list[Listed]:
    """These members, in the order of their ids as they are given; those who are no more are left out."""
    found = await _with_cards(connection, operator_id, await fetch(connection, _THESE, (operator_id, list(ids))))
    by_id = {each.id: each for each in found}
    return [by_id[each] for each in ids if each in by_id]


async def _with_cards(connection: AsyncConnection, operator_id: UUID, rows: Sequence[Any]) -> list[Listed]:
    cards: dict[UUID, list[CardSeen]] = {row.id: [] for row in rows}
    for row in await fetch(connection, _CARDS, (operator_id, list(cards))):
        cards[row.shopper_id].append(CardSeen(row.scheme, row.last_four, row.linked_at, row.unlinked_at))
    return [Listed(row.id, row.reference, row.created_at, tuple(cards[row.id])) for row in rows]


async def of_purchase(connection: AsyncConnection, operator_id: UUID, purchase_id: UUID) -> UUID | None:
    """Whose purchase this is."""
    rows = await fetch(connection, _OF_PURCHASE, (operator_id, purchase_id))
    return rows[0][0] if rows else None


async def references(connection: AsyncConnection, operator_id: UUID, shopper_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The operator's own names of these members."""
    return dict(await fetch(connection, _REFERENCES, (operator_id, sorted(set(shopper_ids)))))


async def open_file(
    connection: AsyncConnection,
    actor: Actor,
    shopper_id: UUID,
    *,
    session_id: UUID,
    why: Why,
    words: str,
    now: datetime,
) -> None:
    """Write down that and why this person opens a member's file. Invalid where a reason is missing."""
    if why is Why.OTHER and not words.strip():
        raise Invalid("words: say why in a few words", code="reason_missing")
    if len(words) > WORDS_MAX:
        raise Invalid(f"words: expected at most {WORDS_MAX} characters, got {len(words)}", code="too_long")
    detail = {"why": why.value, "words": mask_text(words.strip()), "session": show("ses", session_id)}
    await audit_log.record(connection, actor, OPENED, show("shp", shopper_id), detail, now)


async def close_file(
    connection: AsyncConnection, actor: Actor, shopper_id: UUID, *, session_id: UUID, now: datetime
) -> None:
    """Be done with a member's file: a reason is asked before it opens again."""
    detail = {"session": show("ses", session_id)}
    await audit_log.record(connection, actor, CLOSED, show("shp", shopper_id), detail, now)


async def opening_of(
    connection: AsyncConnection, actor: Actor, shopper_id: UUID, *, session_id: UUID, now: datetime
) -> Opening | None:
    """Why this person has this file open; None: they have not, or no longer.

    The line is looked for among those of the last half hour, which the log's own order finds.
    """
    since = _first_id_at(now - OPEN_FOR)
    subject, session = show("shp", shopper_id), show("ses", session_id)
    rows = await fetch(
        connection, _NEWEST_LINE, (actor.operator_id, since, subject, actor.name, [OPENED, CLOSED], session)
    )
    if not rows or rows[0].action != OPENED:
        return None
    told = msgspec.json.decode(rows[0].detail)
    return Opening(Why(told["why"]), told["words"], rows[0].at)


def masked(reference: str) -> str:
    """A name that can be recognised by who knows it and not read by who does not: `Ca••• La•••`, `cu•••42`."""
    words = reference.split()
    if len(words) > 1:
        return " ".join(f"{word[:2]}•••" for word in words[:3])
    return f"{reference[:2]}•••{reference[-2:] if len(reference) > 7 else ''}"


def _first_id_at(instant: datetime) -> UUID:
    """The smallest UUIDv7 of an instant: its milliseconds and zeros (RFC 9562, section 5.7)."""
    return UUID(int=int(instant.astimezone(UTC).timestamp() * 1000) << 80)
