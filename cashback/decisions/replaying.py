"""Deciding stored decisions again: each must give its own bytes. Reads only."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.decision_log import service as log
from cashback.decision_log.service import Kept
from cashback.decisions import rulebooks
from cashback.decisions.people import replayed
from cashback.errors import NotFound
from cashback.ids import show
from eligibility import EligibilityError, Rulebook

FAULTS_MAX = 100
"""Faults that are listed; all are counted."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Replayed:
    """What a replay found."""

    decisions: int = 0
    others: int = 0
    """Decisions whose replay gives other bytes, or none."""
    faults: list[str] = field(default_factory=list)


class Replayer:
    """Decides again, holding the rulebooks that records name."""

    def __init__(self, connection: AsyncConnection, operator_id: UUID) -> None:
        self._connection, self._operator_id = connection, operator_id
        self._rulebooks: dict[bytes, Rulebook] = {}
        self.found = Replayed()

    async def replay(self, kept: Iterable[Kept]) -> None:
        """Decide each again and compare."""
        for each in kept:
            self.found.decisions += 1
            why = await self._differs(each)
            if why is None:
                continue
            self.found.others += 1
            if len(self.found.faults) < FAULTS_MAX:
                self.found.faults.append(f"{show('dec', each.id)}: {why}")

    async def _differs(self, kept: Kept) -> str | None:
        try:
            rulebook = await self._rulebook(msgspec.json.decode(kept.record)["versions"])
            return None if replayed(rulebook, kept.record) == kept.record else "the replay gives other bytes"
        except (EligibilityError, NotFound, msgspec.DecodeError, KeyError) as error:
            return str(error)

    async def _rulebook(self, versions: Any) -> Rulebook:
        name = msgspec.json.encode(versions, order="sorted")
        if name not in self._rulebooks:
            self._rulebooks[name] = await rulebooks.of_versions(self._connection, self._operator_id, versions)
        return self._rulebooks[name]


async def replay_one(connection: AsyncConnection, operator_id: UUID, decision_id: UUID) -> Replayed:
    """Decide one decision again. Raises NotFound: there is none, or its record was destroyed."""
    kept = (await log.read(connection, operator_id, [decision_id])).get(decision_id)
    if kept is None:
        raise NotFound(f"there is no record of {show('dec', decision_id)}", code="unknown_decision")
    replayer = Replayer(connection, operator_id)
    await replayer.replay([kept])
    return replayer.found


async def replay_sample(connection: AsyncConnection, operator_id: UUID, count: int, salt: str) -> Replayed:
    """Decide so many again, drawn by a salt."""
    replayer = Replayer(connection, operator_id)
    await replayer.replay(await log.sample(connection, operator_id, count, salt))
    return replayer.found


async def replay_all(connection: AsyncConnection, operator_id: UUID) -> Replayed:
    """Decide every decision again whose record is kept."""
    replayer = Replayer(connection, operator_id)
    async for page in pages(connection, operator_id, *_EVER):
        await replayer.replay(page)
    return replayer.found


async def pages(
    connection: AsyncConnection, operator_id: UUID, since: datetime, until: datetime
) -> AsyncIterator[list[Kept]]:
    """All records of a half-open time, page by page."""
    last: Kept | None = None
    while found := await log.page(connection, operator_id, last, since, until):
        yield found
        last = found[-1]
