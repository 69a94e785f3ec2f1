"""A process that has loaded everything and makes workers of itself, one for each line it reads; they are killed.

Reads lines of JSON (database, operator, master key, the instant) and answers the worker's process id. A worker charges
what is due again and again, its clock a minute further each time, until it is killed.
"""

import asyncio
import json
import os
import signal
import sys
import warnings
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cashback.collecting.calling import Collector
from cashback.collecting.rails import ChargeRails
from cashback.collecting.rounds import collect_due
from cashback.collecting.schemas import RailName
from cashback.collecting.stripe_rail import StripeChargeRail
from cashback.db.engine import open_engine
from cashback.pipeline import Road
from issuers.stripe_charges_api import StripeChargesApi
from webhooks.sealing import KeyRing

ROUNDS_MAX = 200


async def work(told: dict[str, Any]) -> None:
    engine = open_engine(told["database"], pool_size=6)
    rails = ChargeRails(
        {
            RailName.STRIPE: lambda given: StripeChargeRail(
                StripeChargesApi(given["api_key"], base_url=given["base_url"], network_retries=0, timeout_seconds=5)
            )
        }
    )
    collector = Collector(engine, Road(KeyRing(b64decode(told["master"]))), rails)
    now = datetime.fromisoformat(told["now"])
    for _ in range(ROUNDS_MAX):
        await collect_due(collector, UUID(told["operator"]), now)
        now += timedelta(minutes=1)
        await asyncio.sleep(0.01)
    await engine.dispose()


def main() -> None:
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            asyncio.run(work(json.loads(line)))
            os._exit(0)
        print(worker, flush=True)


if __name__ == "__main__":
    main()
