"""One replay from two texts to one answer."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from cashback.errors import Invalid
from cashback.programme_file.reading import parse
from cashback.replay.report import report
from cashback.replay.script import read_script
from cashback.replay.stage import set_stage
from cashback.replay.throwaway import throwaway_database


async def replay(programme: str, events: Iterable[str], *, server_url: str | None, source: str) -> dict[str, Any]:
    """Replay in a database of its own, dropped afterwards. Raises Invalid for a file that cannot be read."""
    parse(programme, source)
    async with throwaway_database(server_url) as engine:
        return await replay_on(engine, programme, events, source=source)


async def replay_on(engine: AsyncEngine, programme: str, events: Iterable[str], *, source: str) -> dict[str, Any]:
    """Replay under an operator of its own in a migrated database."""
    file = parse(programme, source)
    steps = read_script(events)
    if not steps:
        raise Invalid("the events file has no line: nothing to replay", code="no_events")
    stage = await set_stage(engine, file, steps[0].line.at)
    await stage.play(steps)
    async with transaction(engine, stage.operator_id) as connection:
        return await report(connection, stage.operator_id, stage.clock.now())
