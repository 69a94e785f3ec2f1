"""The product and a bare route, each served in a process of its own.

    python -m bench.api.servers product|bare

prints its port on the first line and serves `BENCH_DATABASE_URL` until its standard input is closed.
"""

import asyncio
import os
import sys
from dataclasses import replace
from typing import Any
from uuid import UUID

import uvicorn
import uvloop
from fastapi import FastAPI

from bench.road.stage import MASTER_KEY
from cashback.app import build_app, server
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.runtime import Runtime, collect_seldom
from cashback.settings import read_settings
from cashback.wakeups import LocalWakeups
from webhooks.sealing import KeyRing

POOL = 12
UNLIMITED = 10**6
"""Requests a minute: how often one may is not what is measured."""
_ONE = "SELECT asset, pending, available, paid FROM balances WHERE shopper_id = $1 ORDER BY asset"


def bare(url: str) -> FastAPI:
    """The least that the wallet can be: one route, one transaction, one indexed query; nobody is asked who they are."""
    engine, api = open_engine(url, pool_size=POOL), FastAPI()

    @api.get("/{operator}/{shopper}")
    async def wallet(operator: UUID, shopper: UUID) -> dict[str, Any]:
        async with transaction(engine, operator) as connection:
            rows = await fetch(connection, _ONE, (shopper,))
        return {row.asset: {"pending": row.pending, "available": row.available, "paid": row.paid} for row in rows}

    return api


def product(url: str) -> uvicorn.Server:
    """Everything that the product serves, as it serves it."""
    settings = read_settings({"CASHBACK_MODE": "demo", "DATABASE_URL": url})
    settings = replace(settings, api_rate_per_minute=UNLIMITED)
    engine = open_engine(url, pool_size=POOL)
    runtime = Runtime(settings, engine, SystemClock(), KeyRing(MASTER_KEY), LocalWakeups())
    return server(build_app(runtime), host="127.0.0.1", port=0)


async def _serve(name: str, url: str) -> None:
    if name == "product":
        serving = product(url)
    else:
        options: dict[str, Any] = {"access_log": False, "log_level": "warning", "server_header": False}
        serving = uvicorn.Server(uvicorn.Config(bare(url), host="127.0.0.1", port=0, **options))
    collect_seldom()
    running = asyncio.create_task(serving.serve())
    while not serving.started:  # noqa: ASYNC110, uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    print(serving.servers[0].sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    serving.should_exit = True
    await running


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], os.environ["BENCH_DATABASE_URL"]))
