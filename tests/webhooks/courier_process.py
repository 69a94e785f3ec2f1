"""A courier as a process of its own, to be killed: sends what is due of one operator until it is."""

import asyncio
import sys
from datetime import timedelta
from uuid import UUID

from cashback.clock import SystemClock
from cashback.courier.rounds import Courier
from cashback.db.engine import open_engine
from webhooks import deliveries
from webhooks.egress import Egress
from webhooks.sealing import KeyRing


async def main(database: str, operator_id: UUID) -> None:
    # What a dead process has taken is due again after a second, not after minutes.
    deliveries.LEASE = timedelta(seconds=1)
    engine = open_engine(database, pool_size=2)
    courier = Courier(engine, KeyRing(b"m" * 32), SystemClock(), Egress(loopback=True).post)
    while True:
        await courier.begin_round([operator_id])
        await courier.quiet()
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], UUID(sys.argv[2])))
