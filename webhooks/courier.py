"""The courier: one round of one endpoint, from taking what is due to recording how it ended.

Each endpoint has a task of its own, so that one that hangs is waited for by nobody else, and never more attempts under
way than `SIDE_BY_SIDE`. One that failed several times in a row is tried with a single delivery. Messages of a partition
go one after another, whichever process sends them, and what is left of the partition in a round is given back at its
first failure: the order of telling is kept as long as nothing fails.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from webhooks.deliveries import Attempt, Disabled, Ended, record, take
from webhooks.outbox import show_id
from webhooks.schedule import BREAKS_AT, Answer
from webhooks.sealing import SealingKey
from webhooks.signing import sign

SIDE_BY_SIDE = 8
"""Attempts that one process has under way at one endpoint."""
ROUND_MAX = 64
"""Deliveries taken in one round."""
ROUND_SECONDS = 60.0
"""After it a round begins no attempt any more; what is left is given back, long before its lease ends."""

Transactions = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a transaction of the tenant, and commits it at the end."""
Clock = Callable[[], datetime]
Turn = Callable[[], AbstractAsyncContextManager[None]]
"""What an attempt waits for: a place among those that a process has under way."""


class Post(Protocol):
    """What sends: `Egress.post`."""

    async def __call__(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """One attempt; never raises for what the receiver does."""


async def round_of(
    transactions: Transactions,
    tenant: UUID,
    endpoint_id: UUID,
    *,
    post: Post,
    turn: Turn,
    master: SealingKey,
    clock: Clock,
    clean: Callable[[str], str],
    tell: Callable[[AsyncConnection, Sequence[Disabled]], Awaitable[None]],
) -> int:
    """Attempt what is due of one endpoint; answers how many attempts were made.

    `clean` is applied to what the receiver answered before it is stored. Where that disabled the endpoint, `tell` says
    so in the same transaction.
    """
    async with transactions() as connection:
        attempts = await take(connection, tenant, endpoint_id, ROUND_MAX, master, clock())
    if not attempts:
        return 0
    ended = await _attempt_all(attempts, post, turn, clock, clean)
    async with transactions() as connection:
        disabled = await record(connection, tenant, ended, clock())
        if disabled:
            await tell(connection, disabled)
    return sum(each.answer is not None for each in ended)


async def _attempt_all(
    attempts: Sequence[Attempt], post: Post, turn: Turn, clock: Clock, clean: Callable[[str], str]
) -> list[Ended]:
    """All attempts of a round, some side by side; in the order in which they ended."""
    partitions: dict[str, list[Attempt]] = {}
    for each in attempts:
        partitions.setdefault(each.partition, []).append(each)
    waiting = list(partitions.values())[::-1]
    ended: list[Ended] = []
    lost = 0
    until = asyncio.get_running_loop().time() + ROUND_SECONDS

    async def one_after_another() -> None:
        nonlocal lost
        while waiting:
            failed = False
            for each in waiting.pop():
                if failed:
                    # Behind what else is due, so that one who always fails does not keep the others waiting.
                    ended.append(Ended(each, None, clock()))
                    continue
                async with AsyncExitStack() as place:
                    try:
                        async with asyncio.timeout_at(until):
                            await place.enter_async_context(turn())
                    except TimeoutError:
                        lost = BREAKS_AT
                    # Looked at now: it may have waited, or had its turn at once though the round was over.
                    if lost >= BREAKS_AT or asyncio.get_running_loop().time() > until:
                        ended.append(Ended(each, None, each.due_at))
                        continue
                    at = clock()
                    headers = sign(each.secrets, show_id(each.message_id), at, each.body)
                    answer = await post(each.url, headers, each.body)
                failed = not answer.succeeded
                lost = lost + 1 if failed else 0
                ended.append(Ended(each, _cleaned(answer, clean), at))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(SIDE_BY_SIDE, len(waiting))):
            group.create_task(one_after_another())
    return ended


def _cleaned(answer: Answer, clean: Callable[[str], str]) -> Answer:
    return Answer(
        code=answer.code,
        error=None if answer.error is None else clean(answer.error),
        milliseconds=answer.milliseconds,
        excerpt=clean(answer.excerpt),
        retry_after=answer.retry_after,
    )
