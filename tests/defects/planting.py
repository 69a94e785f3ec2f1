"""Known bugs, planted one at a time into the real code at a seam; the product itself has no switch for them."""

import asyncio
import contextlib
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from loads import RACING
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback import pipeline
from cashback.db.engine import fetch, transaction
from cashback.ledger import service as ledger
from cashback.money import Rounding, portion
from cashback.offers.entitlements import Judged
from cashback.offers.limits import TOTAL
from cashback.offers.schemas import History
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, Statement
from cashback.rewards import gathering, storage
from cashback.rewards import service as rewards
from cashback.rewards.quotas import QuotaKey
from cashback.shoppers import service as shoppers
from issuers.adapter import Delivery
from issuers.events import CardEvent, Envelope, EventKind
from issuers.fidel import FidelAdapter
from webhooks import inbox
from webhooks.group_commit import GroupCommit
from webhooks.messages import Receipt

MEETING_SECONDS = 1.0


def meeting(real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The same function, after which two racing callers wait for one another for a moment: the race becomes certain.

    Where a lock keeps the second caller out, the first goes on alone: in healthy code nothing else changes.
    """
    first: list[asyncio.Event] = []

    async def met(*arguments: Any, **named: Any) -> Any:
        answer = await real(*arguments, **named)
        if not RACING.get():
            return answer
        if first:
            first.pop().set()
            return answer
        alone = asyncio.Event()
        first.append(alone)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(alone.wait(), MEETING_SECONDS)
        if alone in first:
            first.remove(alone)
        return answer

    return met


def acknowledge_before_commit(patch: pytest.MonkeyPatch) -> None:
    async def answered_at_once(self: GroupCommit[Any, Any], item: Any) -> Receipt:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.add_done_callback(lambda future: future.exception())
        self._waiting.append((item, done))
        self._wake(1)
        await asyncio.sleep(0.02)
        return Receipt.STORED

    patch.setattr(GroupCommit, "submit", answered_at_once)


def key_without_the_event(patch: pytest.MonkeyPatch) -> None:
    real = FidelAdapter.envelope

    def by_transaction(self: FidelAdapter, delivery: Delivery) -> Envelope:
        (event,) = self.parse(delivery)
        return msgspec.structs.replace(real(self, delivery), delivery_id=event.purchase_ref)

    patch.setattr(FidelAdapter, "envelope", by_transaction)


def refund_counted_twice(patch: pytest.MonkeyPatch) -> None:
    real = FidelAdapter.parse

    def one_fact_an_event(self: FidelAdapter, delivery: Delivery) -> tuple[CardEvent, ...]:
        return tuple(replace(each, fact_ref=f"{each.fact_ref}:{delivery.event}") for each in real(self, delivery))

    patch.setattr(FidelAdapter, "parse", one_fact_an_event)


def rounding_per_event(patch: pytest.MonkeyPatch) -> None:
    """The reward of each refund is rounded and subtracted by itself, instead of rounding the reward of the net."""
    parts: defaultdict[datetime, list[int]] = defaultdict(list)
    fold, judge = gathering.fold, rewards.judge

    def remembers(key: PurchaseKey, told: Sequence[Statement], links: Sequence[LinkInterval], now: datetime) -> Folded:
        folded = fold(key, told, links, now)
        parts[folded.purchased_at] = [each.amount_minor for each in told if each.kind is EventKind.REFUND]
        return folded

    def per_event(histories: Iterable[History], *arguments: Any, **named: Any) -> Judged:
        known = list(histories)
        spends = {each.purchase_id: each for history in known for each in history.spends}
        judged = judge(known, *arguments, **named)
        judged.owed = [
            msgspec.structs.replace(each, amount=_rounded_apart(spends[each.purchase_id], parts))
            for each in judged.owed
        ]
        return judged

    patch.setattr(gathering, "fold", remembers)
    patch.setattr(rewards, "judge", per_event)


def _rounded_apart(spend: Any, parts: Mapping[datetime, list[int]]) -> int:
    back = parts[spend.purchased_at]
    gross = portion(spend.net_minor + sum(back), 500, Rounding.HALF_UP)
    return gross - sum(portion(each, 500, Rounding.HALF_UP) for each in back)


def budget_read_then_written(patch: pytest.MonkeyPatch) -> None:
    seen: dict[asyncio.Task[Any] | None, dict[UUID, tuple[int, int]]] = {}

    async def read(connection: AsyncConnection, operator_id: UUID, *_: Any) -> dict[QuotaKey, int]:
        rows = await fetch(
            connection, "SELECT offer_id, cap, granted FROM quotas WHERE operator_id = $1", (operator_id,)
        )
        seen[asyncio.current_task()] = {offer_id: (cap, granted) for offer_id, cap, granted in rows}
        return {(offer_id, TOTAL): cap - granted for offer_id, cap, granted in rows}

    async def written(
        connection: AsyncConnection, operator_id: UUID, differences: Mapping[QuotaKey, int], _: datetime
    ) -> None:
        for (offer_id, _), difference in differences.items():
            granted = seen[asyncio.current_task()][offer_id][1] + difference
            statement = "UPDATE quotas SET granted = $3 WHERE operator_id = $1 AND offer_id = $2"
            await connection.exec_driver_sql(statement, (operator_id, offer_id, granted))

    patch.setattr(storage, "lock_quotas", read)
    patch.setattr(storage, "move_quotas", written)


def wallet_outside_the_transaction(patch: pytest.MonkeyPatch, engine: AsyncEngine) -> None:
    real = ledger._move_balances

    async def outside(connection: AsyncConnection, operator_id: UUID, transfers: Any) -> ledger.Balances:
        async with transaction(engine, operator_id) as other:
            return await real(other, operator_id, transfers)

    patch.setattr(ledger, "_move_balances", outside)


def everything_judged_again(patch: pytest.MonkeyPatch) -> None:
    """Not a defect: what matures is judged like everything else, not by the one statement, which locks its rewards."""

    async def nothing_is_ripe(
        _: AsyncConnection, __: Any, due: Sequence[PurchaseKey], ___: datetime
    ) -> Sequence[PurchaseKey]:
        return due

    patch.setattr(pipeline, "settle_ripe", nothing_is_ripe)


def no_shopper_lock(patch: pytest.MonkeyPatch) -> None:
    async def unlocked(connection: AsyncConnection, shopper_ids: Iterable[UUID]) -> list[UUID]:
        return sorted(set(shopper_ids))

    patch.setattr(shoppers, "lock", unlocked)


def log_read_by_position(patch: pytest.MonkeyPatch) -> None:
    for name in ("_READ_AFTER", "_LANES_WITH_WORK"):
        text = getattr(inbox, name)
        without, times = re.subn(r"AND (\w\.)?xid < pg_snapshot_xmin\(pg_current_snapshot\(\)\)", "", text)
        assert times == 1, f"the visibility rule was not found in inbox.{name}"
        patch.setattr(inbox, name, without)
