"""What rails tell of payouts, by webhook or by file: kept as it comes, and applied whatever its order.

`take_news` is a step of the road and only keeps; the worker applies. Of everything that was told of a payout the
heaviest holds: paid outweighs taken, failed outweighs paid. So a message that comes twice, late or out of order ends
where it would have ended in order, and a payout that was paid and failed days later gives its money back once.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from io import BytesIO
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope, system
from cashback.db.engine import fetch, transaction
from cashback.errors import Forbidden, Invalid
from cashback.iso20022.bank_statement import read_bank_statement
from cashback.iso20022.entries import Direction
from cashback.iso20022.entries import State as EntryState
from cashback.iso20022.errors import FileRefused
from cashback.iso20022.reasons import Outcome as Told
from cashback.iso20022.status_report import Level, TransferStatus, read_status_report
from cashback.payouts import storage
from cashback.payouts.moves import Move, move, to
from cashback.payouts.schemas import WEIGHT, News, Outcome, Payout, RailName, State
from cashback.programmes import audit_log
from cashback.shoppers import service as shoppers
from issuers.events import CardEvent, EventKind

APPLY_MAX = 2_000
"""Payouts of which news is applied in one transaction."""
FILE_MAX_BYTES = 256 * 1024 * 1024
_CHUNK = 5_000
_SENT = frozenset({State.SENDING, State.UNKNOWN, State.SENT})
_FETCHED_BACK = frozenset({RailName.STRIPE})
"""Rails on which the money of a failed payout lies on the way, and must be fetched back before it is given back."""

_WAITING = """
SELECT DISTINCT payout_id FROM payout_news WHERE operator_id = $1 AND applied_at IS NULL ORDER BY payout_id LIMIT $2
"""
_NEWS = """
SELECT payout_id, source, outcome, reason, rail_ref, told_at FROM payout_news
WHERE operator_id = $1 AND payout_id = ANY($2::uuid[]) ORDER BY told_at, source
"""
_APPLIED = """
UPDATE payout_news SET applied_at = $3
WHERE operator_id = $1 AND payout_id = ANY($2::uuid[]) AND applied_at IS NULL AND source = ANY($4::text[])
"""
_BATCH_IDS = """
SELECT p.id FROM payouts p JOIN payout_batches b ON b.operator_id = p.operator_id AND b.id = p.batch_id
WHERE p.operator_id = $1 AND replace(b.id::text, '-', '') = $2 ORDER BY p.id
"""


async def take_news(connection: AsyncConnection, operator_id: UUID, told: Iterable[CardEvent], now: datetime) -> None:
    """Keep what a rail's webhooks tell of our payouts. Locks no shopper: the worker applies it."""
    news = [
        News(
            payout_id=UUID(hex=event.metadata["payout"]),
            source=event.fact_ref,
            outcome=Outcome(event.metadata["outcome"]),
            reason=event.metadata.get("reason"),
            rail_ref=event.purchase_ref,
            told_at=event.occurred_at,
        )
        for event in told
        if event.kind is EventKind.PAYOUT_NEWS
    ]
    await storage.save_news(connection, operator_id, sorted(news, key=lambda each: (each.payout_id, each.source)), now)


async def apply_news(engine: AsyncEngine, operator_id: UUID, now: datetime) -> int:
    """Move the payouts of which something was told; answers of how many. Runs anywhere, any number of times."""
    actor = system(operator_id, "payouts")
    async with transaction(engine, operator_id) as connection:
        ids = [row[0] for row in await fetch(connection, _WAITING, (operator_id, APPLY_MAX))]
        if not ids:
            return 0
        owners = {each.shopper_id for each in (await storage.by_id(connection, operator_id, ids)).values()}
        await shoppers.lock(connection, owners)
        payouts = await storage.by_id(connection, operator_id, ids)
        told: defaultdict[UUID, list[News]] = defaultdict(list)
        for row in await fetch(connection, _NEWS, (operator_id, ids)):
            told[row[0]].append(News(row[0], row[1], Outcome(row[2]), *row[3:]))
        steps = [step for each in payouts.values() if (step := _step(each, told[each.id], now)) is not None]
        await move(connection, actor, steps, now)
        sources = sorted({each.source for news in told.values() for each in news})
        await connection.exec_driver_sql(_APPLIED, (operator_id, ids, now, sources))
        return len(ids)


def _step(payout: Payout, news: Sequence[News], now: datetime) -> Move | None:
    """Where the heaviest news takes a payout; None if it is there, or beyond."""
    heaviest = max(news, key=lambda each: WEIGHT[each.outcome])
    ref = next((each.rail_ref for each in news if each.rail_ref is not None), None)
    if heaviest.outcome is Outcome.FAILED and payout.state in _SENT | {State.PAID}:
        reason = heaviest.reason or "unknown"
        if payout.rail in _FETCHED_BACK:
            return to(payout, State.RECALLING, reason=reason, next_at=now, rail_ref=ref)
        return to(payout, State.RETURNED if payout.state is State.PAID else State.FAILED, reason=reason, rail_ref=ref)
    if heaviest.outcome is Outcome.PAID and payout.state in _SENT:
        return to(payout, State.PAID, rail_ref=ref)
    # A file that is still being written is not yet with the bank, whatever a message says of it.
    if heaviest.outcome is Outcome.TAKEN and payout.state in _SENT - {State.SENT}:
        return to(payout, State.SENT, rail_ref=ref)
    return None


async def read_file(connection: AsyncConnection, actor: Actor, data: bytes, now: datetime) -> tuple[int, int]:
    """Keep what a bank's file tells of payouts: a status report (pain.002), a notification or a statement (camt.054,
    camt.053). Answers how many outcomes it tells and how many were new; the same file again tells nothing new.

    Raises Invalid for what is none of these; then nothing was kept.
    """
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    if len(data) > FILE_MAX_BYTES:
        raise Invalid(f"the file is larger than {FILE_MAX_BYTES} bytes", code="too_large")
    name = hashlib.sha256(data).hexdigest()[:32]
    try:
        if b"CstmrPmtStsRpt" in data[:4096]:
            statuses = list(read_status_report(data))
            news = await _of_report(connection, actor.operator_id, name, statuses, now)
        else:
            news = list(_of_entries(name, data, now))
    except FileRefused as refused:
        raise Invalid("\n".join(refused.problems), code="bad_file") from None
    known = await storage.by_id(connection, actor.operator_id, {each.payout_id for each in news})
    ours = [each for each in news if each.payout_id in known]
    added = 0
    for start in range(0, len(ours), _CHUNK):
        added += await storage.save_news(connection, actor.operator_id, ours[start : start + _CHUNK], now)
    detail = {"told": len(ours), "new": added}
    await audit_log.record(connection, actor, "payouts.file_read", f"file:{name}", detail, now)
    return len(ours), added


_OUTCOMES = {
    Told.ACCEPTED: Outcome.TAKEN,
    Told.SETTLED: Outcome.PAID,
    Told.REJECTED: Outcome.FAILED,
    Told.CANCELLED: Outcome.FAILED,
}


async def _of_report(
    connection: AsyncConnection, operator_id: UUID, name: str, statuses: Sequence[TransferStatus], now: datetime
) -> list[News]:
    """What holds for a file or a batch holds for each of its payments of which the report says nothing itself."""
    news: dict[UUID, News] = {}
    for each in statuses:
        payout_id = _uuid(each.end_to_end)
        if each.level is Level.TRANSACTION and payout_id is not None and (told := _OUTCOMES.get(each.outcome)):
            news[payout_id] = _news(payout_id, f"pain.002:{name}", told, _first(each.reasons), now)
    for each in statuses:
        if each.level is Level.TRANSACTION or (told := _OUTCOMES.get(each.outcome)) is None:
            continue
        for (payout_id,) in await fetch(connection, _BATCH_IDS, (operator_id, each.batch_id or each.file_id)):
            news.setdefault(payout_id, _news(payout_id, f"pain.002:{name}", told, _first(each.reasons), now))
    return sorted(news.values(), key=lambda one: one.payout_id)


def _of_entries(name: str, data: bytes, now: datetime) -> Iterator[News]:
    """A debit that names a payout carried it out; a credit that names it brought it back."""
    for each in read_bank_statement(BytesIO(data)):
        payout_id = _uuid(each.end_to_end)
        if payout_id is None or each.state is not EntryState.BOOKED:
            continue
        at = now if each.booked_on is None else datetime.combine(each.booked_on, time(0), UTC)
        source = f"{each.source}:{name}:{each.entry}.{each.part}"
        if each.direction is Direction.OUT and not each.reversal:
            yield _news(payout_id, source, Outcome.PAID, None, at)
        else:
            yield _news(payout_id, source, Outcome.FAILED, each.return_reason or "RETURNED", at)


def _news(payout_id: UUID, source: str, outcome: Outcome, reason: str | None, at: datetime) -> News:
    return News(payout_id, source, outcome, reason, None, at)


def _first(reasons: Sequence[str]) -> str | None:
    return reasons[0][:100] if reasons else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return None if text is None or len(text) != 32 else UUID(hex=text)
    except ValueError:
        return None
