"""A poll of a bank that ends at any of its statements, before or after it, makes no call too many and loses no row.

Each poll is made to end one statement later than the one before. Whatever it left, the calls that the bank has seen
were written down before they were made, a page is in the log exactly when its number is given away and its rows are
remembered, and the next poll goes on from there.
"""

from asyncio import CancelledError
from datetime import timedelta

import pytest
from banks import at_a_bank, bank_row
from crash_house import Crash, Fault, dies, failing, is_cancelled, loses_its_connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.feeds.polling import poll_due

pytestmark = pytest.mark.crash

STATEMENTS_MAX = 40
A_DAY = timedelta(hours=25)
"""So much later every call of the day before is out of the count."""
ENDS: dict[str, tuple[Fault, bool]] = {
    "before": (dies, False),
    "after": (dies, True),
    "cancelled": (is_cancelled, False),
    "cut": (loses_its_connection, False),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_poll_is_recorded_whole_or_not_at_all(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    fault, after = ENDS[end]
    async with at_a_bank(engine) as (fake, bank):
        world = bank.world
        fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", "2026-11-04", transactionId="t-1")]
        world.clock.move_to(world.now + timedelta(days=4))
        for place in range(1, STATEMENTS_MAX):
            pages = 0
            with failing(monkeypatch, fault, at=place, after=after) as done:
                try:
                    keyring = world.stage.road.keyring
                    tally = await poll_due(engine, keyring, world.operator_id, bank.clients, world.now, limit=1)
                    pages = tally.pages
                except (BaseExceptionGroup, Crash, CancelledError, DBAPIError):
                    assert len(done) >= place
            account = await bank.account()
            assert account["turn"] >= len(fake.asked)
            remembered = (await world.rows("SELECT count(*) FROM bank_rows"))[0][0]
            assert account["page"] == remembered == await bank.logged()
            if pages:
                break
            assert account["page"] == 0
            world.clock.move_to(world.now + A_DAY)
        else:
            raise AssertionError(f"the poll did not pass in {STATEMENTS_MAX} attempts")
        assert place > 8
        assert (await bank.account())["turn"] >= len(fake.asked) > 1
        await world.drain()
        assert await world.purchases() == {"t:t-1": ("cleared", 42_50)}
        assert await bank.logged() == 1
        await world.audit()
