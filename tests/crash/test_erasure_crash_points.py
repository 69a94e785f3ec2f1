"""An erasure that ends at any of its statements: all of it or nothing, and the next one finishes it.

In a short run each way to end strikes at every ninth statement; with `CRASH_ROUNDS` at every one.
"""

import os
from asyncio import CancelledError

import pytest
from crash_house import Crash, Fault, dies, failing, failing_commit, loses_its_connection
from erasing import Erasing, a_person
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of

pytestmark = pytest.mark.crash

STRIDE = 9 if int(os.environ.get("CRASH_ROUNDS", "20")) <= 20 else 1
ENDS: dict[str, tuple[Fault, bool]] = {
    "before": (dies, False),
    "after": (dies, True),
    "cut": (loses_its_connection, False),
}


@pytest.mark.parametrize("end", ENDS)
async def test_an_erasure_that_ends_anywhere_is_all_or_nothing(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    erasing = await a_person(engine)
    before = await state_of(engine, erasing.world.operator_id)
    fault, after = ENDS[end]
    place, ended = list(ENDS).index(end) + 1, False
    while not ended:
        with failing(monkeypatch, fault, at=place, after=after) as done:
            try:
                await erasing.erase()
            except (Crash, CancelledError, DBAPIError):
                assert len(done) >= place
            else:
                ended = len(done) < place
                assert ended, "a statement failed and nobody was told"
        if not ended:
            assert await state_of(engine, erasing.world.operator_id) == before
        place += STRIDE
    assert place > 60
    assert await erasing.found() == {}
    await erasing.audit()


async def test_a_process_that_dies_at_the_commit_has_erased_nobody(engine: AsyncEngine) -> None:
    erasing: Erasing = await a_person(engine)
    before = await state_of(engine, erasing.world.operator_id)
    with failing_commit(engine), pytest.raises(Crash):
        await erasing.erase()
    assert await state_of(engine, erasing.world.operator_id) == before
    await erasing.erase()
    await erasing.audit()
