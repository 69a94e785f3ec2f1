"""Erasing a shopper: one transaction that forfeits, empties and deletes, so that a crash leaves all or nothing.

It holds the lanes of the shopper's cards, then the programme, then the shopper, as everything does: a purchase that
arrives meanwhile is worked before it, and given up with the rest, or after it, and is nobody's. Afterwards
`shoppers.lock` no longer answers the shopper, so that no command finds them. Told again it is the same erasure.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch, transaction
from cashback.decisions import retention
from cashback.erasure.fates import STATEMENTS
from cashback.erasure.forfeiting import forfeit, held_by
from cashback.erasure.schemas import Erasure, Held, Obstacle, Outlook
from cashback.errors import Conflict, Forbidden, NotFound, TryAgain
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show
from cashback.payouts.moves import BACK
from cashback.payouts.schemas import State
from cashback.pipeline import Road
from cashback.programmes import audit_log
from cashback.programmes.schemas import plainly
from cashback.programmes.service import load_programme, lock_revision_shared
from cashback.shoppers import service as shoppers
from cashback.told import tell_of_card
from webhooks import inbox
from webhooks.messages import lane_of, subject_of

TRIES = 5
"""How often an erasure begins anew when a card was linked while it waited."""
SWEPT_MAX = 100

_DONE = "SELECT erased_at, given_up::text FROM erasures WHERE operator_id = $1 AND shopper_id = $2"
_UNSETTLED = """
SELECT 'open_plan' FROM plans WHERE shopper_id = $1
    AND (state IN ('opening', 'active') OR excess_minor > returned_minor)
UNION SELECT 'open_plan' FROM collections WHERE shopper_id = $1 AND ended_at IS NULL
UNION SELECT 'open_plan' FROM paybacks WHERE shopper_id = $1 AND ended_at IS NULL
UNION SELECT 'payout_under_way' FROM payouts WHERE shopper_id = $1 AND NOT state = ANY($2::text[])
UNION SELECT 'review_open' FROM decision_reviews WHERE shopper_id = $1 AND state IN ('open', 'waiting')
"""
_REFUSE_ADJUSTMENTS = """
UPDATE adjustments SET state = 'refused', decided_by = $3, decided_at = $4
WHERE operator_id = $1 AND shopper_id = $2 AND state = 'waiting'
"""
_CLOSE_CLAIMS = """
UPDATE claims SET state = 'refused', reason = 'other', answered_by = $3, answered_at = $4
WHERE operator_id = $1 AND shopper_id = $2 AND state = 'open'
"""
_LOCK_ACCOUNTS = """
SELECT 1 FROM bank_accounts WHERE operator_id = $1 AND shopper_id = $2 ORDER BY connection_id, account FOR UPDATE
"""
_KEEP = "INSERT INTO erasures (operator_id, shopper_id, asked_by, given_up, erased_at) VALUES ($1, $2, $3, $4, $5)"
_CAME_BACK = """
SELECT DISTINCT e.shopper_id FROM erasures e JOIN balances b ON b.shopper_id = e.shopper_id
WHERE e.operator_id = $1 AND (b.available <> 0 OR b.pending <> 0) LIMIT $2
"""
_FORGET_NOTICES = "DELETE FROM notices WHERE operator_id = $1 AND shopper_id = $2"
_DETAILS: Mapping[Obstacle, str] = {
    Obstacle.OPEN_PLAN: "a plan in instalments is open: pay it or withdraw from it first",
    Obstacle.PAYOUT_UNDER_WAY: "a payout is on its way: wait for its end, or take it back",
    Obstacle.REVIEW_OPEN: "a contested decision is being looked at again: wait for the answer",
}


async def look_ahead(connection: AsyncConnection, actor: Actor, shopper_id: UUID) -> Outlook:
    """What an erasure would meet now: what stands in its way, and what would be given up."""
    _may(actor, shopper_id)
    return await _outlook(connection, shopper_id)


async def done(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> Erasure | None:
    """The erasure of whoever had this id, if they were erased."""
    rows = await fetch(connection, _DONE, (operator_id, shopper_id))
    if not rows:
        return None
    return Erasure(shopper_id, rows[0][0], msgspec.json.decode(rows[0][1], type=dict[str, Held]))


async def erase(
    engine: AsyncEngine,
    road: Road,
    actor: Actor,
    shopper_id: UUID,
    now: datetime,
    *,
    give_up: bool,
    seen: str | None = None,
) -> Erasure:
    """Erase a shopper. `give_up`: what is in the wallet is given up; `seen`: the mark of what the person was shown.

    Raises Conflict with what stands in the way as its code, `balance_left` where something would be given up and nobody
    said so, `balance_changed` where it is no longer what was shown; NotFound for a stranger. Then nothing was changed.
    """
    _may(actor, shopper_id)
    for _ in range(TRIES):
        async with transaction(engine, actor.operator_id) as connection:
            found = await _erase(connection, road, actor, shopper_id, now, give_up=give_up, seen=seen)
        if found is not None:
            return found
    raise TryAgain("cards of this shopper are being linked: try again in a moment")


async def sweep(engine: AsyncEngine, operator_id: UUID, now: datetime) -> int:
    """Give up what came back to wallets of erased shoppers, as a payout that its bank returned; answers how many."""
    async with transaction(engine, operator_id) as connection:
        returned = [row[0] for row in await fetch(connection, _CAME_BACK, (operator_id, SWEPT_MAX))]
    for shopper_id in returned:
        async with transaction(engine, operator_id) as connection:
            await lock_revision_shared(connection, operator_id)
            programme = await load_programme(connection, operator_id)
            await shoppers.lock(connection, [shopper_id])
            await forfeit(connection, programme, shopper_id, now)
            await connection.exec_driver_sql(_FORGET_NOTICES, (operator_id, shopper_id))
    return len(returned)


async def _erase(
    connection: AsyncConnection,
    road: Road,
    actor: Actor,
    shopper_id: UUID,
    now: datetime,
    *,
    give_up: bool,
    seen: str | None,
) -> Erasure | None:
    """One try; None when a card was linked meanwhile whose lane is not held."""
    operator_id = actor.operator_id
    lanes = await _lanes(connection, operator_id, shopper_id)
    for lane in lanes:
        await inbox.lock_cursor(connection, operator_id, lane, wait=True)
    snapshot = await road.snapshots.current(connection, operator_id)
    await connection.exec_driver_sql(_LOCK_ACCOUNTS, (operator_id, shopper_id))
    if not await shoppers.lock(connection, [shopper_id]):
        before = await done(connection, operator_id, shopper_id)
        if before is None:
            raise NotFound("there is no such shopper", code="unknown_shopper")
        return before
    if not set(await _lanes(connection, operator_id, shopper_id)) <= set(lanes):
        return None
    _check(await _outlook(connection, shopper_id), give_up=give_up, seen=seen)
    by = (operator_id, shopper_id, actor.name, now)
    await connection.exec_driver_sql(_REFUSE_ADJUSTMENTS, by)
    await connection.exec_driver_sql(_CLOSE_CLAIMS, by)
    given_up = await forfeit(connection, snapshot.programme, shopper_id, now)
    await _tell_of_cards(connection, operator_id, shopper_id, now)
    await retention.erase(connection, replace(actor, scopes=frozenset({Scope.SHOPPERS})), shopper_id, now)
    for statement in STATEMENTS:
        values: tuple[Any, ...] = (operator_id, shopper_id, now)
        await connection.exec_driver_sql(statement, values if "$3" in statement else values[:2])
    told = msgspec.json.encode(given_up).decode()
    await connection.exec_driver_sql(_KEEP, (operator_id, shopper_id, actor.name, told, now))
    name = show("shp", shopper_id)
    await audit_log.record(connection, actor, "shopper.erased", name, {"given_up": msgspec.to_builtins(given_up)}, now)
    await events.tell(
        connection, operator_id, [event("shopper.erased", shopper_id.hex, now, of=shopper_id, shopper=name)], now
    )
    return Erasure(shopper_id, now, given_up)


def _may(actor: Actor, shopper_id: UUID) -> None:
    if actor.shopper_id != shopper_id and not actor.may(Scope.SUPPORT):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.SUPPORT.value!r}", code="scope_missing")


def _check(outlook: Outlook, *, give_up: bool, seen: str | None) -> None:
    if outlook.obstacles:
        first = outlook.obstacles[0]
        raise Conflict(_DETAILS[first], code=first.value)
    if outlook.has_value and not give_up:
        stands = ", ".join(plainly(each.pending + each.available, asset) for asset, each in outlook.held.items())
        raise Conflict(f"{stands} would be given up: pay it out first, or say so", code="balance_left")
    if seen is not None and seen != outlook.mark:
        raise Conflict("what would be given up has changed: look again", code="balance_changed")


async def _outlook(connection: AsyncConnection, shopper_id: UUID) -> Outlook:
    ended = [each.value for each in (*BACK, State.PAID)]
    found = {row[0] for row in await fetch(connection, _UNSETTLED, (shopper_id, ended))}
    return Outlook(tuple(each for each in Obstacle if each.value in found), await held_by(connection, shopper_id))


async def _lanes(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> list[int]:
    links = await shoppers.links_of_shoppers(connection, operator_id, [shopper_id])
    return sorted({lane_of(subject_of(each.network, each.token), "") for each in links})


async def _tell_of_cards(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, now: datetime) -> None:
    for each in await shoppers.links_of_shoppers(connection, operator_id, [shopper_id]):
        if each.unlinked_at is None:
            await tell_of_card(connection, operator_id, "unlinked", shopper_id, each.network, each.token, now)
