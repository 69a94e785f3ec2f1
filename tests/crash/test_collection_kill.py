"""Workers that charge cards, killed by SIGKILL at random moments over Stripe's double, which drops answers after it has
acted. `CRASH_ROUNDS` sets how many rounds: 6 in a short run.

The invariants: an instalment is never collected twice and never skipped; what Stripe has taken is what the books say;
every plan of a card that pays is completed with nobody late by our fault; the books are whole.
"""

import asyncio
import json
import os
import random
import signal
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from charge_double import AUTHENTICATION, BankCard, ChargeDouble
from charged_world import LENDING, Charged
from stripe_double import Fault
from world import a_world

from cashback.db.engine import open_engine
from cashback.instalments.schemas import InstalmentState, Plan, PlanState
from issuers.stripe_charges import COLLECTION_KEY
from webhooks.sealing import KeyRing

pytestmark = [pytest.mark.crash, pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")]

ASKED = int(os.environ.get("CRASH_ROUNDS", "20"))
ROUNDS = 6 if ASKED <= 20 else ASKED
SEED = int(os.environ.get("CRASH_SEED", "7"))
SHOPPERS = 8
PATIENCE = 600
"""Looks at Stripe, 5 ms apart, without a new call."""
NURSERY = Path(__file__).resolve().parents[1] / "collecting" / "collection_nursery.py"
MASTER = bytes(range(32))
FAULTS = ("drop", "drop", "drop", "lost", "busy", "down", "crash_after")


class Nursery:
    """Makes workers, and kills them."""

    def __init__(self, process: asyncio.subprocess.Process, told: dict[str, Any]) -> None:
        self.process = process
        self.told = told

    async def worker(self, charged: Charged) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**self.told, "now": charged.now.isoformat()}).encode() + b"\n")
        return int(await self.process.stdout.readline())


async def opened(charged: Charged, url: str) -> Nursery:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(NURSERY), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    master = b64encode(MASTER).decode()
    return Nursery(process, {"database": url, "operator": str(charged.world.operator_id), "master": master})


async def plans_of(charged: Charged, stripe: ChargeDouble, round_: int) -> list[Plan]:
    """One plan for each shopper, paid by a card of their own, due on days that follow each other."""
    days = [charged.today + timedelta(days=number) for number in range(4)]
    made = []
    for number in range(SHOPPERS):
        card = f"pm_{round_}_{number}"  # what is kept of a card belongs to one customer for ever
        stripe.cards[card] = BankCard()
        made.append(await charged.an_active_plan(card, amount=40_00, count=4, due=days, shopper=f"s{number}"))
    assert {each.state for each in made} == {PlanState.ACTIVE}, round_
    return made


async def until_calls(stripe: ChargeDouble, goal: int) -> bool:
    """Wait until Stripe was called so often; False when nothing more is to be called."""
    seen, quiet = len(stripe.calls), 0
    while len(stripe.calls) < goal:
        await asyncio.sleep(0.005)
        quiet = 0 if len(stripe.calls) > seen else quiet + 1
        seen = len(stripe.calls)
        if quiet > PATIENCE:
            return False
    return True


async def test_killed_workers_take_every_instalment_once(new_database: Callable[[], Awaitable[str]]) -> None:
    print(f"CRASH_ROUNDS={ROUNDS} CRASH_SEED={SEED}")
    url, rng = await new_database(), random.Random(SEED)
    engine = open_engine(url, pool_size=8)
    world = await a_world(engine, LENDING)
    world.stage.road.keyring = KeyRing(MASTER)
    plans: list[Plan] = []
    struck = 0
    async with ChargeDouble(world.now, pause_seconds=0.004) as stripe:
        charged = Charged(world, stripe)
        await charged.open()
        nursery = await opened(charged, url)
        try:
            for round_ in range(ROUNDS):
                stripe.faults.clear()
                if round_ % 3 == 0:
                    plans += await plans_of(charged, stripe, round_)
                await charged.pass_to(charged.today + timedelta(days=1))
                stripe.faults.extend(Fault(rng.choice(FAULTS)) for _ in range(rng.randrange(5)))
                for card in stripe.cards.values():
                    card.off_session = rng.choice(
                        ("ok", "ok", "ok", "processing", "insufficient_funds", AUTHENTICATION)
                    )
                workers = [await nursery.worker(charged) for _ in range(rng.choice((1, 2)))]
                struck += await until_calls(stripe, len(stripe.calls) + rng.randrange(1, SHOPPERS))
                await asyncio.sleep(rng.uniform(0, 0.03))
                for worker in workers:
                    os.kill(worker, signal.SIGKILL)
                await the_bank_decides(charged, stripe, rng)
        finally:
            nursery.process.kill()
            await nursery.process.wait()
        assert struck > ROUNDS // 2, "too few workers were struck while they charged"
        await paid_in_the_end(charged, stripe)
        await assert_true(charged, stripe, plans)
    await engine.dispose()


async def the_bank_decides(charged: Charged, stripe: ChargeDouble, rng: random.Random) -> None:
    """What was processed ends; shoppers confirm or not; Stripe tells, some of it twice, in any order."""
    for intent in stripe.intents.values():
        if intent["status"] == "processing" and rng.random() < 0.7:
            stripe.bank_decides(intent, agrees=rng.random() < 0.7)
        elif _is_asked(intent) and rng.random() < 0.5:
            stripe.confirm(intent["client_secret"], intent["payment_method"])
    rng.shuffle(stripe.events)
    await charged.told(times=rng.choice((1, 2)))


def _is_asked(intent: dict[str, Any]) -> bool:
    error = intent["last_payment_error"] or {}
    return intent["status"] == "requires_payment_method" and error.get("code") == AUTHENTICATION


async def paid_in_the_end(charged: Charged, stripe: ChargeDouble) -> None:
    """Every card pays from now on; days pass until nothing is due."""
    stripe.faults.clear()
    for card in stripe.cards.values():
        card.off_session = "ok"
    for _ in range(26):
        for intent in stripe.intents.values():
            if intent["status"] == "processing":
                stripe.bank_decides(intent, agrees=True)
        await charged.told()
        await charged.wait(timedelta(hours=13))
        await charged.collect()


async def assert_true(charged: Charged, stripe: ChargeDouble, plans: list[Plan]) -> None:
    taken = Counter(
        each["metadata"][COLLECTION_KEY] for each in stripe.intents.values() if each["status"] == "succeeded"
    )
    assert set(taken.values()) == {1}, "a collection was charged twice"
    stored = await charged.world.rows(
        "SELECT replace(id::text, '-', '') FROM collections WHERE state = 'succeeded' ORDER BY 1"
    )
    assert sorted(taken) == [row[0] for row in stored], "what Stripe took and what we know of differ"
    waiting = await charged.world.rows("SELECT state, count(*) FROM collections WHERE ended_at IS NULL GROUP BY 1")
    assert waiting == []
    for plan in plans:
        now = await charged.plan(plan)
        # Four refusals within 30 days are all that is tried: such an instalment waits for a person.
        tired = [each for each in now.instalments if each.state is InstalmentState.OPEN]
        assert [each for each in tired if not each.failures or each.next_at is not None] == []
        assert now.excess_minor == 0
        assert now.owed_minor == sum(each.owed_minor for each in tired)
    assert stripe.taken() == len(plans) * 40_00 - sum([(await charged.plan(each)).owed_minor for each in plans])
    await charged.audit()
