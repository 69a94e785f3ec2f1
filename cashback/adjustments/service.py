"""The only way to adjust a wallet: ask, and above what a person may do alone let a second one decide.

An adjustment is one transfer like any other. Its debit is never more than what is available: only a refund takes a
wallet below zero. Every function takes the caller's connection and never commits; shoppers are locked here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.adjustments import storage
from cashback.adjustments.schemas import Adjustment, Asked, Kind, State
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, FUNDER, WRITE_OFF
from cashback.ledger.service import Transfer
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.programmes import audit_log
from cashback.programmes.schemas import Programme, plainly
from cashback.rewards import lots
from cashback.shoppers import service as shoppers
from issuers.card_numbers import mask_text

WORDS_MAX = 500
AMOUNT_MAX = 10**12
PAGE = 100
ASKERS = (Scope.MONEY, Scope.SUPPORT)
"""Who may ask, the greater limit first."""


def require_asker(actor: Actor) -> None:
    """Forbidden for who may not ask for adjustments."""
    if not any(actor.may(scope) for scope in ASKERS):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.SUPPORT.value!r}", code="scope_missing")


async def ask(
    connection: AsyncConnection, actor: Actor, programme: Programme, shopper_id: UUID, asked: Asked, now: datetime
) -> Adjustment:
    """Post it if the actor may do so alone, else keep it for a second person; a repeated key answers the first one.

    Forbidden without the scope, Invalid for what cannot be adjusted, Conflict for a key that came with other content.
    """
    require_asker(actor)
    _check(programme, asked)
    asked = replace(asked, words=mask_text(asked.words))
    if not await shoppers.lock(connection, [shopper_id]):
        raise NotFound("there is no such shopper", code="unknown_shopper")
    digest = _digest(asked)
    known = await storage.of_key(connection, shopper_id, asked.key)
    if known is not None:
        if known.digest != digest:
            raise Conflict(f"the key of {show('adj', known.id)} came again with other content", code="idempotency_key")
        return known
    if asked.purchase_id is not None and not await storage.has_purchase(connection, shopper_id, asked.purchase_id):
        raise NotFound(
            f"there is no purchase {show('pur', asked.purchase_id)} of this shopper", code="unknown_purchase"
        )
    await _check_balance(connection, shopper_id, asked.kind, asked.asset, asked.amount)
    adjustment_id = uuid7(now)
    await storage.save(connection, actor.operator_id, shopper_id, adjustment_id, asked, digest, actor.name, now)
    found = await _one(connection, actor.operator_id, adjustment_id)
    await audit_log.record(connection, actor, "adjustment.asked", show("adj", adjustment_id), _detail(found), now)
    if await _may_alone(connection, actor, asked, now):
        await _post(connection, actor, found, None, now)
    return await _one(connection, actor.operator_id, adjustment_id)


async def approve(
    connection: AsyncConnection, actor: Actor, adjustment_id: UUID, words: str, now: datetime
) -> Adjustment:
    """A second person lets it happen. Invalid when the wallet no longer allows it; it then goes on waiting."""
    found = await _to_decide(connection, actor, adjustment_id, words, State.POSTED)
    if found.state is State.POSTED:
        return found
    await _check_balance(connection, found.shopper_id, found.kind, found.asset, found.amount)
    await _post(connection, actor, found, mask_text(words), now)
    return await _one(connection, actor.operator_id, adjustment_id)


async def refuse(
    connection: AsyncConnection, actor: Actor, adjustment_id: UUID, words: str, now: datetime
) -> Adjustment:
    """A second person says no; nothing moves."""
    found = await _to_decide(connection, actor, adjustment_id, words, State.REFUSED)
    if found.state is State.REFUSED:
        return found
    await storage.decide(connection, found, State.REFUSED, actor.name, mask_text(words), now)
    await audit_log.record(connection, actor, "adjustment.refused", show("adj", found.id), _detail(found), now)
    return await _one(connection, actor.operator_id, adjustment_id)


async def listed(
    connection: AsyncConnection,
    actor: Actor,
    state: State | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> list[Adjustment]:
    """A page of them, the newest first."""
    require_asker(actor)
    return await storage.listed(connection, actor.operator_id, state, after, limit)


async def of_shopper(
    connection: AsyncConnection, actor: Actor, shopper_id: UUID, limit: int = PAGE
) -> list[Adjustment]:
    """The newest of one shopper."""
    require_asker(actor)
    return await storage.of_shopper(connection, shopper_id, limit)


async def alone_max(connection: AsyncConnection, actor: Actor, asset: str, now: datetime) -> int:
    """How much of an asset this person may still adjust alone today."""
    alone = await storage.limits(connection, actor.operator_id)
    most = max((alone.get((scope.value, asset), 0) for scope in ASKERS if actor.may(scope)), default=0)
    return max(0, most - await storage.done_alone(connection, actor.operator_id, actor.name, asset, now))


async def set_limit(
    connection: AsyncConnection,
    actor: Actor,
    programme: Programme,
    scope: Scope,
    asset: str,
    alone_max: int,
    now: datetime,
) -> None:
    """Say how much of an asset who holds a scope may adjust alone in 24 hours; without it: nothing."""
    if not actor.may(Scope.PROGRAMME):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.PROGRAMME.value!r}", code="scope_missing")
    if scope not in ASKERS:
        raise Invalid(f"a limit is of {' or '.join(each.value for each in ASKERS)}, got {scope.value}")
    if asset not in programme.assets:
        raise Invalid(f"asset {asset!r} is not one of this programme: {', '.join(sorted(programme.assets))}")
    if not 0 <= alone_max <= AMOUNT_MAX:
        raise Invalid(f"a limit is from 0 to {AMOUNT_MAX}, got {alone_max}")
    await storage.set_limit(connection, actor.operator_id, scope.value, asset, alone_max)
    detail = {"asset": asset, "alone_max": alone_max}
    await audit_log.record(connection, actor, "adjustment.limit", scope.value, detail, now)


async def limits(connection: AsyncConnection, operator_id: UUID) -> Mapping[tuple[str, str], int]:
    """By scope and asset: how much a person may adjust alone in 24 hours."""
    return await storage.limits(connection, operator_id)


def _check(programme: Programme, asked: Asked) -> None:
    asset = programme.assets.get(asked.asset)
    if asset is None:
        raise Invalid(f"asset {asked.asset!r} is not one of this programme: {', '.join(sorted(programme.assets))}")
    if asset.conversion is not None:
        raise Invalid(
            f"{asked.asset} convert into {asset.conversion.into} by themselves: adjust {asset.conversion.into}"
        )
    if not 0 < abs(asked.amount) <= AMOUNT_MAX:
        raise Invalid(f"an adjustment is of 1 to {AMOUNT_MAX} either way, got {asked.amount}")
    if asked.kind is not Kind.CORRECTION and asked.amount < 0:
        raise Invalid(f"a {asked.kind.value} adds to the wallet, got {asked.amount}; what takes away is a correction")
    if not 1 <= len(asked.key) <= 200 or not asked.key.isprintable():
        raise Invalid("an idempotency key has 1 to 200 printable characters")
    _check_words(asked.words)


def _check_words(words: str) -> None:
    if not words.strip() or len(words) > WORDS_MAX:
        raise Invalid(f"an adjustment has its reason in words, 1 to {WORDS_MAX} characters")


async def _check_balance(connection: AsyncConnection, shopper_id: UUID, kind: Kind, asset: str, amount: int) -> None:
    held = await ledger.available(connection, shopper_id, asset)
    if kind is Kind.WRITE_OFF and amount > -held:
        raise Invalid(
            f"{plainly(amount, asset)} cannot be written off: {plainly(max(0, -held), asset)} are owed",
            code="nothing_owed",
        )
    if amount < 0 and -amount > max(held, 0):
        raise Invalid(
            f"{plainly(-amount, asset)} cannot be taken: {plainly(max(held, 0), asset)} are available",
            code="insufficient_balance",
        )


async def _may_alone(connection: AsyncConnection, actor: Actor, asked: Asked, now: datetime) -> bool:
    alone = await storage.limits(connection, actor.operator_id)
    most = max((alone.get((scope.value, asked.asset), 0) for scope in ASKERS if actor.may(scope)), default=0)
    if abs(asked.amount) > most:
        return False
    before = await storage.done_alone(connection, actor.operator_id, actor.name, asked.asset, now)
    return before + abs(asked.amount) <= most


async def _to_decide(
    connection: AsyncConnection, actor: Actor, adjustment_id: UUID, words: str, wanted: State
) -> Adjustment:
    """The adjustment, its shopper locked; refuses who may not decide it, and what is decided otherwise already: said
    again by the same person, the same answer is none."""
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    _check_words(words)
    found = await _one(connection, actor.operator_id, adjustment_id)
    if found.asked_by.casefold() == actor.name.casefold():
        raise Forbidden(f"{actor.name} asked for it: a second person decides", code="second_person")
    await shoppers.lock(connection, [found.shopper_id])
    found = await _one(connection, actor.operator_id, adjustment_id)
    if found.state is not State.WAITING and (found.decided_by != actor.name or found.state is not wanted):
        raise Conflict(f"{show('adj', found.id)} is {found.state.value} already, by {found.decided_by}", code="decided")
    return found


async def _post(
    connection: AsyncConnection, actor: Actor, found: Adjustment, answer: str | None, now: datetime
) -> None:
    other = WRITE_OFF if found.kind is Kind.WRITE_OFF else FUNDER
    gains = found.amount > 0
    transfer = Transfer(
        shopper_id=found.shopper_id,
        key=f"adjustment:{found.id.hex}",
        debit=other if gains else AVAILABLE,
        credit=AVAILABLE if gains else other,
        asset=found.asset,
        amount=abs(found.amount),
        reason=found.kind.value,
        purchase_id=found.purchase_id,
    )
    if not gains:
        await lots.use(connection, actor.operator_id, found.shopper_id, found.asset, transfer.amount, transfer.key, now)
    await ledger.post(connection, actor.operator_id, [transfer], now)
    await storage.decide(connection, found, State.POSTED, actor.name, answer, now)
    kind = "debt_forgiven" if found.kind is Kind.WRITE_OFF else "adjustment_posted" if gains else "adjustment_taken"
    params: dict[str, str | int] = {"asset": found.asset, "amount": abs(found.amount)}
    notice = Notice(found.shopper_id, f"adjustment:{found.id.hex}", kind, params)
    await notifications.tell(connection, actor.operator_id, [notice], now)
    await audit_log.record(connection, actor, "adjustment.posted", show("adj", found.id), _detail(found), now)


async def _one(connection: AsyncConnection, operator_id: UUID, adjustment_id: UUID) -> Adjustment:
    found = await storage.one(connection, operator_id, adjustment_id)
    if found is None:
        raise NotFound(f"there is no adjustment {show('adj', adjustment_id)}", code="unknown_adjustment")
    return found


def _detail(found: Adjustment) -> dict[str, object]:
    return {
        "shopper": show("shp", found.shopper_id),
        "kind": found.kind.value,
        "reason": found.reason.value,
        "asset": found.asset,
        "amount": found.amount,
    }


def _digest(asked: Asked) -> bytes:
    fields = (asked.kind, asked.asset, str(asked.amount), asked.reason, asked.words, str(asked.purchase_id))
    return hashlib.sha256("".join(f"{len(field)}:{field}" for field in fields).encode()).digest()
