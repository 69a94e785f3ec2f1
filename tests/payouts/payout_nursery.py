"""A process that has loaded everything and makes workers of itself, one for each line it reads; they are killed.

Reads lines of JSON (database, operator, master key, where Stripe is, the instant) and answers the worker's process id.
A worker pays what is due again and again, its clock a minute further each time, until it is killed or nothing is due.
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

from cashback.db.engine import open_engine
from cashback.payouts.paying import pay_due
from cashback.payouts.rails import Rails
from cashback.payouts.schemas import RailName
from cashback.payouts.stripe_rail import StripeRail
from issuers.stripe_payouts_api import StripePayoutsApi
from webhooks.sealing import KeyRing

ROUNDS_MAX = 200


async def work(told: dict[str, Any]) -> None:
    engine = open_engine(told["database"], pool_size=4)
    keyring, operator_id = KeyRing(b64decode(told["master"])), UUID(told["operator"])
    rails = Rails(
        {
            RailName.STRIPE: lambda given: StripeRail(
                StripePayoutsApi(given["api_key"], base_url=given["base_url"], network_retries=0, timeout_seconds=5)
            )
        }
    )
    now = datetime.fromisoformat(told["now"])
    for _ in range(ROUNDS_MAX):
        await pay_due(engine, keyring, operator_id, rails, now)
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
