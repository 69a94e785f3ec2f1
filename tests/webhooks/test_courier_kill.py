"""Couriers that are killed while they send: everything arrives, and what arrives twice has the same id and body."""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from receivers import receiving
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.clock import SystemClock
from cashback.db.engine import transaction
from webhooks import delivery_log, endpoints, outbox
from webhooks.outbox import Message, show_id
from webhooks.sealing import SealingKey
from webhooks.signing import new_secret, verify

MESSAGES, KILLS = 400, 3
PROGRAM = Path(__file__).with_name("courier_process.py")


@pytest.mark.crash
async def test_killed_couriers_lose_nothing(engine: AsyncEngine, database_url: str) -> None:
    tenant, endpoint_id, secret, now = uuid4(), uuid4(), new_secret(), SystemClock().now()
    messages = [Message(f"k-{number}", "reward.earned", f"p-{number}", {}, now) for number in range(MESSAGES)]
    told = {show_id(outbox.message_id(tenant, each.key, now)) for each in messages}
    async with receiving() as receiver:
        async with transaction(engine, tenant) as connection:
            await endpoints.add(
                connection,
                tenant,
                endpoint_id,
                url=receiver.url("200"),
                types=None,
                version="1",
                secrets=[secret],
                master=SealingKey(b"m" * 32),
                now=now,
            )
            await outbox.tell(connection, tenant, messages, now)
        for life in range(KILLS + 1):
            wanted = MESSAGES * (life + 1) // (KILLS + 2) if life < KILLS else MESSAGES
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(PROGRAM), database_url, str(tenant), env={**os.environ, "PYTHONPATH": os.getcwd()}
            )
            async with asyncio.timeout(120):
                while len({headers["webhook-id"] for _, headers, _ in receiver.read}) < wanted:  # noqa: ASYNC110
                    await asyncio.sleep(0.002)
                while life == KILLS and await pending(engine, tenant):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        read = receiver.read
    times = Counter(headers["webhook-id"] for _, headers, _ in read)
    assert set(times) == told
    bodies = {(headers["webhook-id"], body) for _, headers, body in read}
    assert len(bodies) == MESSAGES
    for _, headers, body in read:
        verify(secret.told(), headers, body, SystemClock().now(), tolerance=timedelta(hours=1))
    async with transaction(engine, tenant) as connection:
        assert await delivery_log.counted(connection, tenant) == {"delivered": MESSAGES}


async def pending(engine: AsyncEngine, tenant: object) -> bool:
    async with transaction(engine, tenant) as connection:  # type: ignore[arg-type]
        return "pending" in await delivery_log.counted(connection, tenant)  # type: ignore[arg-type]
