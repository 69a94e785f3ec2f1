"""What the pages of offers keep between two requests: work under way, and the programme as a file."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.backtest.trials import Trials
from cashback.clock import Clock
from cashback.figures.offer_effects import Measures
from cashback.insights.house import House
from cashback.programme_file.document import ProgrammeFile
from cashback.programme_file.reach import Shopping
from cashback.programme_file.service import read_current
from cashback.programmes.service import no_programme

KEPT = timedelta(minutes=1)
"""A version may begin or end meanwhile without a change of the programme."""


@dataclass(frozen=True, slots=True)
class Filed:
    """The programme that runs, as the file that would make it, and its shops by what conditions look at."""

    file: ProgrammeFile
    shopping: Shopping
    revision: int
    read_at: datetime


class OfferDesk:
    """One per process."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.trials = Trials(engine, clock)
        self.measures = Measures(engine, clock)
        self._filed: dict[UUID, Filed] = {}

    async def filed(self, connection: AsyncConnection, house: House, now: datetime) -> Filed:
        """The programme of a house; read again when it has changed, and after a minute."""
        operator_id, revision = house.programme.operator_id, house.programme.revision
        held = self._filed.get(operator_id)
        if held is None or held.revision != revision or not timedelta(0) <= now - held.read_at < KEPT:
            file = await read_current(connection, operator_id, now)
            if file is None:
                raise no_programme()
            held = self._filed[operator_id] = Filed(file, Shopping(file), revision, now)
        return held

    async def close(self) -> None:
        """Give up what is under way; called once, when the process stops."""
        await self.trials.close()
        await self.measures.close()
