"""Stored payouts and what is beside them: sets in, sets out, one statement for a batch. Never commits."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.payouts.schemas import News, Payout, RailName, Reason, State
from cashback.shoppers import service as shoppers

COLUMNS = """p.shopper_id, p.id, p.key, p.digest, p.asset, p.amount, p.rail, p.account_id, p.state, p.reason,
    p.requested_by, p.requested_at, p.next_at, p.attempt, p.first_sent_at, p.rail_ref, p.batch_id, p.counted_on,
    p.moves"""

_BY_ID = f"SELECT {COLUMNS} FROM payouts p WHERE p.operator_id = $1 AND p.id = ANY($2::uuid[])"  # noqa: S608 - constants
_OF_KEY = f"SELECT {COLUMNS} FROM payouts p WHERE p.shopper_id = $1 AND p.key = $2"  # noqa: S608 - constants
_OF_SHOPPER = f"""
SELECT {COLUMNS} FROM payouts p WHERE p.shopper_id = $1
    AND ($3::timestamptz IS NULL OR (p.requested_at, p.id) < ($3, $4::uuid))
ORDER BY p.requested_at DESC, p.id DESC LIMIT $2
"""  # noqa: S608 - built from constants
_CAME_BACK = """
SELECT account_id, reason FROM (
    SELECT DISTINCT ON (account_id) account_id, state, reason FROM payouts
    WHERE shopper_id = $1 AND account_id IS NOT NULL AND state IN ('paid', 'failed', 'returned')
    ORDER BY account_id, requested_at DESC, id DESC
) AS last WHERE state <> 'paid'
"""
_LISTED = f"""
SELECT {COLUMNS} FROM payouts p WHERE p.operator_id = $1 AND ($2::text IS NULL OR p.state = $2)
    AND ($3::uuid IS NULL OR (p.requested_at, p.id) > (SELECT a.requested_at, a.id FROM payouts a
        WHERE a.operator_id = $1 AND a.id = $3))
ORDER BY p.requested_at, p.id LIMIT $4
"""  # noqa: S608 - built from constants
# Whoever else holds a shopper is not waited for: that shopper's payouts are due again in the next round.
_DUE = f"""
SELECT {COLUMNS} FROM payouts p JOIN shoppers s ON s.shopper_id = p.shopper_id
WHERE p.operator_id = $1 AND p.next_at <= $2 AND p.state = ANY($3::text[])
ORDER BY p.next_at, p.id LIMIT $4 FOR NO KEY UPDATE OF s SKIP LOCKED
"""  # noqa: S608 - built from constants
_TO_FILE = f"""
SELECT {COLUMNS} FROM payouts p JOIN shoppers s ON s.shopper_id = p.shopper_id
WHERE p.operator_id = $1 AND p.state = 'approved' AND p.rail = $2 ORDER BY p.shopper_id, p.id LIMIT $3
FOR NO KEY UPDATE OF s
"""  # noqa: S608 - built from constants
_OF_BATCH = f"""
SELECT {COLUMNS} FROM payouts p WHERE p.operator_id = $1 AND p.batch_id = $2 AND p.id > $3
    AND ($5::text IS NULL OR p.state = $5)
ORDER BY p.id LIMIT $4
"""  # noqa: S608 - built from constants
_PUT_OFF = """
UPDATE payouts p SET next_at = t.next_at FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[])
    AS t (shopper_id, id, next_at)
WHERE p.operator_id = $1 AND p.shopper_id = t.shopper_id AND p.id = t.id
"""
_BALANCES = """
SELECT b.shopper_id, b.asset, b.available FROM unnest($1::uuid[], $2::text[]) AS t (shopper_id, asset)
JOIN balances b ON b.shopper_id = t.shopper_id AND b.asset = t.asset
"""
_OF_DAY = """
SELECT p.shopper_id, p.asset, sum(p.amount)::bigint FROM payouts p
WHERE p.operator_id = $1 AND p.counted_on = $2 AND p.shopper_id = ANY($3::uuid[]) GROUP BY 1, 2
"""
_YES = """
SELECT payout_id, array_agg(approver) FROM payout_approvals
WHERE shopper_id = ANY($1::uuid[]) AND payout_id = ANY($2::uuid[]) AND verdict = 'yes' GROUP BY 1
"""
_APPROVE = """
INSERT INTO payout_approvals (operator_id, shopper_id, payout_id, approver, verdict, words, at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OPEN_DAYS = """
INSERT INTO payout_days (operator_id, asset, day, taken) SELECT $1, t.asset, $3, 0 FROM unnest($2::text[]) AS t (asset)
ON CONFLICT (operator_id, asset, day) DO NOTHING
"""
_LOCK_DAYS = """
SELECT asset, taken FROM payout_days WHERE operator_id = $1 AND asset = ANY($2::text[]) AND day = $3
ORDER BY asset FOR NO KEY UPDATE
"""
_TAKE_DAYS = """
UPDATE payout_days d SET taken = d.taken + t.amount FROM unnest($3::text[], $4::bigint[]) AS t (asset, amount)
WHERE d.operator_id = $1 AND d.day = $2 AND d.asset = t.asset
"""
_TELL = """
INSERT INTO payout_news (operator_id, payout_id, source, outcome, reason, rail_ref, told_at, read_at)
SELECT $1, t.*, $8 FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) AS t
ON CONFLICT (operator_id, payout_id, source) DO NOTHING
"""
_MOVES_OF = """
SELECT number, from_state, to_state, reason, by, at FROM payout_moves
WHERE shopper_id = $1 AND payout_id = $2 ORDER BY number
"""
_MOVES_OF_ALL = """
SELECT m.payout_id, m.to_state, m.at FROM unnest($1::uuid[], $2::uuid[]) AS k (shopper_id, payout_id)
JOIN payout_moves m ON m.shopper_id = k.shopper_id AND m.payout_id = k.payout_id ORDER BY m.payout_id, m.number
"""
_WAKE = """
WITH held AS (
    SELECT shopper_id, id FROM payouts WHERE operator_id = $1 AND state = 'held' AND reason = $2 AND next_at > $3
    ORDER BY shopper_id, id FOR NO KEY UPDATE
)
UPDATE payouts p SET next_at = $3 FROM held h WHERE p.shopper_id = h.shopper_id AND p.id = h.id
"""
_COUNTS = """
SELECT state, asset, count(*), sum(amount)::bigint FROM payouts WHERE operator_id = $1 GROUP BY 1, 2 ORDER BY 1, 2
"""


async def by_id(connection: AsyncConnection, operator_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Payout]:
    """Payouts of the operator by their ids, those that exist."""
    return {each.id: each for each in await _payouts(connection, _BY_ID, (operator_id, list(ids)))}


async def of_key(connection: AsyncConnection, shopper_id: UUID, key: str) -> Payout | None:
    """The payout that was asked for with this idempotency key."""
    found = await _payouts(connection, _OF_KEY, (shopper_id, key))
    return found[0] if found else None


async def of_shopper(
    connection: AsyncConnection, shopper_id: UUID, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[Payout]:
    """A shopper's payouts, newest first, after the one of this instant and id."""
    return await _payouts(connection, _OF_SHOPPER, (shopper_id, limit, *(after or (None, None))))


async def came_back(connection: AsyncConnection, shopper_id: UUID) -> dict[UUID, str]:
    """The accounts whose last payout that was sent came back, and why: a reason of a bank or rail."""
    return {row.account_id: row.reason or "" for row in await fetch(connection, _CAME_BACK, (shopper_id,))}


async def listed(
    connection: AsyncConnection, operator_id: UUID, state: State | None, after: UUID | None, limit: int
) -> list[Payout]:
    """The operator's payouts of a state, or of all, oldest first, after the one of this id."""
    return await _payouts(connection, _LISTED, (operator_id, state, after, limit))


async def counts(connection: AsyncConnection, operator_id: UUID) -> list[tuple[State, str, int, int]]:
    """By state and asset: how many payouts there are, and how much together."""
    return [(State(row[0]), *row[1:]) for row in await fetch(connection, _COUNTS, (operator_id,))]


async def moves_of(
    connection: AsyncConnection, payout: Payout
) -> Sequence[tuple[int, str | None, str, str, str, datetime]]:
    """Number, from, to, reason, by and when of every move, in their order."""
    return [tuple(row) for row in await fetch(connection, _MOVES_OF, (payout.shopper_id, payout.id))]


async def moves_of_all(
    connection: AsyncConnection, payouts: Sequence[Payout]
) -> dict[UUID, list[tuple[State, datetime]]]:
    """The states that these payouts entered, and when, each in order."""
    columns = ([each.shopper_id for each in payouts], [each.id for each in payouts])
    found: dict[UUID, list[tuple[State, datetime]]] = {each.id: [] for each in payouts}
    for payout_id, state, at in await fetch(connection, _MOVES_OF_ALL, columns):
        found[payout_id].append((State(state), at))
    return found


async def lock_due(
    connection: AsyncConnection, operator_id: UUID, states: Iterable[State], now: datetime, limit: int
) -> list[Payout]:
    """Payouts that are due, their shoppers locked, as they stand under the lock."""
    wanted = [each.value for each in states]
    found = await _payouts(connection, _DUE, (operator_id, now, wanted, limit))
    held = await by_id(connection, operator_id, [each.id for each in found])
    return [each for each in held.values() if each.state in wanted and each.next_at is not None and each.next_at <= now]


async def lock_to_file(connection: AsyncConnection, operator_id: UUID, rail: RailName, limit: int) -> list[Payout]:
    """Approved payouts of a rail of files, their shoppers locked in id order, as they stand under the lock."""
    found = await _payouts(connection, _TO_FILE, (operator_id, rail.value, limit))
    held = await by_id(connection, operator_id, [each.id for each in found])
    return [each for each in held.values() if each.state is State.APPROVED]


async def locked(connection: AsyncConnection, operator_id: UUID, payouts: Sequence[Payout]) -> list[Payout]:
    """These payouts as they stand once their shoppers are locked."""
    await shoppers.lock(connection, {each.shopper_id for each in payouts})
    return list((await by_id(connection, operator_id, [each.id for each in payouts])).values())


async def of_batch(
    connection: AsyncConnection, operator_id: UUID, batch_id: UUID, after: UUID, limit: int, state: State | None = None
) -> list[Payout]:
    """A page of the payouts that a file carries, in id order, behind the one of this id."""
    return await _payouts(connection, _OF_BATCH, (operator_id, batch_id, after, limit, state))


async def wake(connection: AsyncConnection, operator_id: UUID, reason: Reason, now: datetime) -> None:
    """What was held for a reason that has just gone is judged again at once, and not when it would have been."""
    await connection.exec_driver_sql(_WAKE, (operator_id, reason.value, now))


async def put_off(connection: AsyncConnection, operator_id: UUID, payouts: Sequence[tuple[Payout, datetime]]) -> None:
    """Look at payouts again at an instant; nothing else of them changes."""
    if payouts:
        columns = (
            [each.shopper_id for each, _ in payouts],
            [each.id for each, _ in payouts],
            [next_at for _, next_at in payouts],
        )
        await connection.exec_driver_sql(_PUT_OFF, (operator_id, *columns))


async def available(connection: AsyncConnection, payouts: Sequence[Payout]) -> dict[tuple[UUID, str], int]:
    """The available balances beside these payouts."""
    columns = ([each.shopper_id for each in payouts], [each.asset for each in payouts])
    return {(row[0], row[1]): row[2] for row in await fetch(connection, _BALANCES, columns)}


async def balances(connection: AsyncConnection, asset: str, shoppers: Sequence[UUID]) -> dict[UUID, int]:
    """The available balances of these shoppers in one asset."""
    rows = await fetch(connection, _BALANCES, (list(shoppers), [asset] * len(shoppers)))
    return {row[0]: row[2] for row in rows}


async def taken_of_day(
    connection: AsyncConnection, operator_id: UUID, day: date, shoppers: Iterable[UUID]
) -> dict[tuple[UUID, str], int]:
    """What counts against a day, by shopper and asset."""
    rows = await fetch(connection, _OF_DAY, (operator_id, day, list(shoppers)))
    return {(row[0], row[1]): row[2] for row in rows}


async def lock_days(connection: AsyncConnection, operator_id: UUID, assets: Iterable[str], day: date) -> dict[str, int]:
    """What the operator has approved of these assets on a day; locked until the transaction ends."""
    wanted = sorted(set(assets))
    await connection.exec_driver_sql(_OPEN_DAYS, (operator_id, wanted, day))
    return {row[0]: row[1] for row in await fetch(connection, _LOCK_DAYS, (operator_id, wanted, day))}


async def take_of_day(connection: AsyncConnection, operator_id: UUID, day: date, amounts: dict[str, int]) -> None:
    """Count amounts against a day whose rows the caller has locked."""
    await connection.exec_driver_sql(_TAKE_DAYS, (operator_id, day, list(amounts), list(amounts.values())))


async def approvals(connection: AsyncConnection, payouts: Sequence[Payout]) -> dict[UUID, frozenset[str]]:
    """Who said yes, by payout."""
    columns = ([each.shopper_id for each in payouts], [each.id for each in payouts])
    return {row[0]: frozenset(row[1]) for row in await fetch(connection, _YES, columns)}


async def save_approval(
    connection: AsyncConnection,
    operator_id: UUID,
    payout: Payout,
    approver: str,
    verdict: str,
    words: str,
    now: datetime,
) -> None:
    """Remember what somebody said to a payout."""
    row = (operator_id, payout.shopper_id, payout.id, approver, verdict, words, now)
    await connection.exec_driver_sql(_APPROVE, row)


async def save_news(connection: AsyncConnection, operator_id: UUID, news: Sequence[News], now: datetime) -> int:
    """Keep what rails told; the same message again changes nothing. Answers how many were new."""
    if not news:
        return 0
    columns = (
        [each.payout_id for each in news],
        [each.source for each in news],
        [each.outcome.value for each in news],
        [each.reason for each in news],
        [each.rail_ref for each in news],
        [each.told_at for each in news],
    )
    return (await connection.exec_driver_sql(_TELL, (operator_id, *columns, now))).rowcount


async def _payouts(connection: AsyncConnection, statement: str, parameters: tuple[object, ...]) -> list[Payout]:
    rows = await fetch(connection, statement, parameters)
    return [Payout(*(*row[:6], RailName(row[6]), row[7], State(row[8]), *row[9:])) for row in rows]
