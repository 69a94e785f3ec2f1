"""Payout workers killed by SIGKILL at random moments while they pay over Stripe's double, which drops answers after it
has acted. `CRASH_ROUNDS` sets how many: 20, or five times as many as the load of purchases is killed in a long run.

The invariants: each payout reaches a bank at most once and ends in one state; what left the platform is what was paid;
the books are whole.
"""

import asyncio
import json
import os
import random
import signal
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from paid_world import PAYING, Paid
from stripe_double import Fault, StripeDouble
from world import a_world

from cashback.db.engine import open_engine
from cashback.ledger.chart import AVAILABLE, FUNDER
from cashback.ledger.service import Transfer, post
from cashback.payouts import accounts, outcomes
from cashback.payouts.paying import RAILS
from cashback.payouts.schemas import RailName
from issuers.adapter import Delivery
from issuers.registry import adapter
from issuers.stripe_payouts import METADATA_KEY
from webhooks.sealing import KeyRing

pytestmark = [pytest.mark.crash, pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")]

ASKED = int(os.environ.get("CRASH_ROUNDS", "20"))
ROUNDS = ASKED if ASKED <= 20 else ASKED * 5
SEED = int(os.environ.get("CRASH_SEED", "7"))
SHOPPERS = 12
PATIENCE = 250
"""Looks at Stripe, 5 ms apart, without a new call."""
NURSERY = Path(__file__).resolve().parents[1] / "payouts" / "payout_nursery.py"
MASTER = bytes(range(32))
HASTY = PAYING[: PAYING.index("payouts:")] + (
    'payouts: {cooling_hours: 0, assets: [{asset: EUR, minimum: "1.00", rails: stripe}]}\n'
)
FAULTS = ("drop", "drop", "lost", "busy", "down", "crash_after")


class Nursery:
    """Makes workers, and kills them."""

    def __init__(self, process: asyncio.subprocess.Process, told: dict[str, Any]) -> None:
        self.process = process
        self.told = told

    async def worker(self, paid: Paid) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**self.told, "now": paid.now.isoformat()}).encode() + b"\n")
        return int(await self.process.stdout.readline())


async def opened(paid: Paid, url: str) -> Nursery:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(NURSERY), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    master = b64encode(MASTER).decode()
    return Nursery(process, {"database": url, "operator": str(paid.world.operator_id), "master": master})


async def settled_shoppers(paid: Paid, stripe: StripeDouble) -> None:
    """Shoppers with 500 EUR and an account each, one of which sends payouts back days later."""
    await paid.open_rail(RailName.STRIPE, {"api_key": "sk_test_0123456789", "base_url": stripe.url})
    ids = [await paid.shopper(f"s{number}") for number in range(SHOPPERS)]
    async with paid.world.connection() as connection:
        gifts = [Transfer(each, "gift", FUNDER, AVAILABLE, "EUR", 500_00, "goodwill") for each in ids]
        await post(connection, paid.world.operator_id, gifts, paid.now)
        for number, each in enumerate(ids):
            told = {"account": f"acct_shopper{number:02d}"}
            await accounts.add(connection, paid.person(), paid.master, each, RailName.STRIPE, told, paid.now)
    stripe.failing.add("acct_shopper00")
    stripe.refused.add("acct_shopper01")


async def told(paid: Paid, stripe: StripeDouble, rng: random.Random) -> None:
    """Stripe's events, some of them twice, in any order."""
    events = [each for each in stripe.events for _ in range(rng.choice((1, 1, 2)))]
    rng.shuffle(events)
    stripe.events.clear()
    news = [fact for each in events for fact in adapter("stripe_payouts").parse(Delivery(each, {}))]
    async with paid.world.connection() as connection:
        await outcomes.take_news(connection, paid.world.operator_id, news, paid.now)


async def test_killed_workers_pay_everybody_once(new_database: Callable[[], Awaitable[str]]) -> None:
    print(f"CRASH_ROUNDS={ROUNDS} CRASH_SEED={SEED}")
    url, rng = await new_database(), random.Random(SEED)
    engine = open_engine(url, pool_size=6)
    paid = Paid(await a_world(engine, HASTY))
    paid.world.stage.road.keyring = KeyRing(MASTER)
    async with StripeDouble(paid.now, pause_seconds=0.004) as stripe:
        await settled_shoppers(paid, stripe)
        nursery = await opened(paid, url)
        asked, struck = [], 0
        try:
            for round_ in range(ROUNDS):
                for number in rng.sample(range(SHOPPERS), 3):
                    asked.append(await paid.request(1_00, f"s{number}", key=f"{round_}"))
                stripe.faults.extend(Fault(rng.choice(FAULTS)) for _ in range(rng.randrange(3)))
                workers = [await nursery.worker(paid) for _ in range(rng.choice((1, 1, 2)))]
                struck += await until_calls(stripe, len(stripe.calls) + rng.randrange(1, 8))
                await asyncio.sleep(rng.uniform(0, 0.03))
                for worker in workers:
                    os.kill(worker, signal.SIGKILL)
                await told(paid, stripe, rng)
                by = timedelta(minutes=rng.choice((15, 60, 300)))
                paid.world.clock.advance(by)
                stripe.advance(by)
        finally:
            nursery.process.kill()
            await nursery.process.wait()
        stripe.faults.clear()
        assert struck > ROUNDS // 2, "too few workers were struck while they paid"
        for _ in range(10):
            paid.world.clock.advance(timedelta(hours=13))
            stripe.advance(timedelta(hours=13))
            await told(paid, stripe, rng)
            await paid.pay(rails=RAILS)
        await assert_true(paid, stripe, len(asked))
    await engine.dispose()


async def until_calls(stripe: StripeDouble, goal: int) -> bool:
    """Wait until Stripe was called so often; False when nothing more is to be called."""
    seen, quiet = len(stripe.calls), 0
    while len(stripe.calls) < goal:
        await asyncio.sleep(0.005)
        quiet = 0 if len(stripe.calls) > seen else quiet + 1
        seen = len(stripe.calls)
        if quiet > PATIENCE:
            return False
    return True


async def assert_true(paid: Paid, stripe: StripeDouble, count: int) -> None:
    ends = await paid.world.rows(
        "SELECT replace(p.id::text, '-', ''), p.state, p.amount, a.last_four FROM payouts p "
        "JOIN payout_accounts a ON a.shopper_id = p.shopper_id AND a.id = p.account_id"
    )
    assert len(ends) == count
    assert {state for _, state, _, _ in ends} <= {"paid", "failed"}
    arrived = [each["metadata"][METADATA_KEY] for each in stripe.payouts.values() if each["status"] == "paid"]
    assert len(arrived) == len(set(arrived)), "a payout has reached a bank twice"
    assert sorted(arrived) == sorted(payout for payout, state, _, _ in ends if state == "paid")
    assert {state for _, state, _, last_four in ends if last_four in ("er00", "er01")} <= {"failed"}
    assert stripe.out() == sum(amount for _, state, amount, _ in ends if state == "paid")
    assert set(stripe.balances.values()) == {0}
    assert await paid.world.rows(
        "SELECT sum(available)::bigint, sum(in_transit)::bigint, sum(paid)::bigint FROM balances"
    ) == [(SHOPPERS * 500_00 - stripe.out(), 0, stripe.out())]
    await paid.audit()
