"""The product's own server as a process, which ends by SIGKILL at a commit of a keyed request if it is told to."""

import asyncio
import os
import signal
import sys

import cashback.starting
from cashback.app import serve
from cashback.db.unit import Unit
from cashback.settings import read_settings

cashback.starting.ready()
_commit = Unit.commit


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _dying_before(_: Unit) -> None:
    _end()


async def _dying_after(unit: Unit) -> None:
    await _commit(unit)
    _end()


if __name__ == "__main__":
    port, point = int(sys.argv[1]), sys.argv[2]
    Unit.commit = {"before": _dying_before, "after": _dying_after, "never": _commit}[point]  # type: ignore[method-assign]
    asyncio.run(serve(read_settings(os.environ), host="127.0.0.1", port=port))
