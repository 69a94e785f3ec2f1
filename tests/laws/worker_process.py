"""A worker in an operating-system process of its own: works the lanes of one operator until nothing waits.

Called by `test_budgets_under_concurrency.py` with the database's address, the operator, an instant and the key of the
inbox as arguments.
"""

import asyncio
import sys
from datetime import datetime
from uuid import UUID

from cashback.db.engine import open_engine, transaction
from cashback.pipeline import Road, process_lane
from webhooks import inbox
from webhooks.sealing import KeyRing


async def work(url: str, operator_id: UUID, now: datetime, key: bytes) -> None:
    engine, road = open_engine(url, pool_size=4), Road(KeyRing(key))
    try:
        while True:
            async with transaction(engine, operator_id) as connection:
                lanes = await inbox.lanes_with_work(connection, operator_id)
                held_back = (await inbox.depth(connection, operator_id)).held_back
            if not lanes and not held_back:
                return
            for lane in lanes:
                await process_lane(engine, road, operator_id, lane, now)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    _, url, operator, now, key = sys.argv
    asyncio.run(work(url, UUID(operator), datetime.fromisoformat(now), bytes.fromhex(key)))
