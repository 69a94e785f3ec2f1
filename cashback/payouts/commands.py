"""What people ask of payouts: one now, one taken back, yes or no to one. Nothing is sent here.

Every function takes the caller's connection and never commits. Locks: the programme shared, the shoppers, the day
last.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.ledger import service as ledger
from cashback.payouts import accounts, storage
from cashback.payouts.moves import UNSENT, begin, move, to
from cashback.payouts.policy import AssetPayouts, PayoutPolicy, load_policy
from cashback.payouts.rules import approve_by_rules
from cashback.payouts.schemas import WITHOUT_ACCOUNT, Asked, Payout, RailName, Reason, State
from cashback.programmes import audit_log
from cashback.programmes.schemas import Programme, plainly
from cashback.programmes.service import load_programme, lock_revision_shared
from cashback.shoppers import service as shoppers
from issuers.card_numbers import mask_text

KEY_MAX = 200
WORDS_MAX = 500
AUTOMATIC = "auto:"
"""Keys of payouts that nobody asked for begin so; nobody else's may."""


async def request(connection: AsyncConnection, actor: Actor, asked: Asked, now: datetime) -> Payout:
    """Pay out what a shopper has available; the amount is in transit from now on. A key that comes again answers the
    payout it made.

    Raises Conflict for a key that came with other content, Invalid with the reason as its code for what is not paid.
    """
    if actor.shopper_id != asked.shopper_id and not actor.may(Scope.MONEY):
        raise _lacks_money(actor)
    if not 1 <= len(asked.key) <= KEY_MAX or not asked.key.isprintable() or asked.key.startswith(AUTOMATIC):
        raise Invalid(
            f"the idempotency key has 1 to {KEY_MAX} printable characters and does not begin with {AUTOMATIC}"
        )
    if mask_text(asked.key) != asked.key:
        raise Invalid("the key looks like a card number; nothing was stored", code="card_number")
    programme, policy = await _programme(connection, actor.operator_id)
    if not await shoppers.lock(connection, [asked.shopper_id]):
        raise NotFound("there is no such shopper", code="unknown_shopper")
    known = await storage.of_key(connection, asked.shopper_id, asked.key)
    if known is not None:
        if known.digest != digest(asked):
            raise Conflict(
                f"the key of payout {known.ref} came again with other content", code="idempotency_key_reused"
            )
        return known
    terms = _check_amount(programme, policy, asked)
    held = await ledger.available(connection, asked.shopper_id, asked.asset)
    if asked.amount > held:
        raise Invalid(
            f"{plainly(asked.amount, asked.asset)} cannot be paid out: {plainly(held, asked.asset)} are available",
            code="insufficient_balance",
        )
    rail, account_id = await _way(connection, terms, asked)
    payout = new_payout(asked, rail, account_id, actor.name, now)
    await begin_and_judge(connection, actor, programme, policy, [payout], now)
    return await _stored(connection, actor.operator_id, payout.id)


async def begin_and_judge(
    connection: AsyncConnection,
    actor: Actor,
    programme: Programme,
    policy: PayoutPolicy | None,
    payouts: Sequence[Payout],
    now: datetime,
) -> None:
    """Store new payouts and let the rules say where they go. The caller has locked their shoppers and checked them."""
    await begin(connection, actor, payouts, now)
    moves, _ = await approve_by_rules(connection, programme, policy, payouts, now)
    await move(connection, actor, moves, now)


async def cancel(connection: AsyncConnection, actor: Actor, payout_id: UUID, now: datetime) -> Payout:
    """Take a payout back that was not sent yet; its amount is available again. Cancelled already is a no-op."""
    payout = await find(connection, actor.operator_id, payout_id)
    if actor.shopper_id != payout.shopper_id and not actor.may(Scope.MONEY):
        raise _lacks_money(actor)
    payout = await _locked(connection, actor.operator_id, payout)
    if payout.state is State.CANCELLED:
        return payout
    if payout.state not in UNSENT:
        raise Conflict(f"payout {payout.ref} is {payout.state}: it cannot be taken back any more", code="payout_state")
    await move(connection, actor, [to(payout, State.CANCELLED, reason=Reason.ASKED_BACK)], now)
    return await _stored(connection, actor.operator_id, payout_id)


async def approve(connection: AsyncConnection, actor: Actor, payout_id: UUID, *, words: str, now: datetime) -> Payout:
    """Say yes to a payout above the limit; with the second person's yes it goes its way.

    Forbidden for whoever asked for it and for whoever has said yes before.
    """
    payout, programme, policy = await _to_answer(connection, actor, payout_id, words)
    await storage.save_approval(connection, actor.operator_id, payout, actor.name, "yes", words.strip(), now)
    await audit_log.record(connection, actor, "payout.agreed", payout.ref, {"words": words.strip()}, now)
    moves, _ = await approve_by_rules(connection, programme, policy, [payout], now)
    await move(connection, actor, moves, now)
    return await _stored(connection, actor.operator_id, payout_id)


async def stop(connection: AsyncConnection, actor: Actor, payout_id: UUID, *, words: str, now: datetime) -> Payout:
    """Forbid a payout that was not sent; its amount is available again and the shopper is told."""
    _may_answer(actor, words)
    payout = await _locked(connection, actor.operator_id, await find(connection, actor.operator_id, payout_id))
    if payout.state not in UNSENT:
        raise Conflict(f"payout {payout.ref} is {payout.state}: it cannot be stopped any more", code="payout_state")
    detail = {"words": words.strip()}
    await audit_log.record(connection, actor, "payout.rejected", payout.ref, detail, now)
    await move(connection, actor, [to(payout, State.STOPPED, reason=Reason.REJECTED)], now)
    return await _stored(connection, actor.operator_id, payout_id)


async def find(connection: AsyncConnection, operator_id: UUID, payout_id: UUID) -> Payout:
    """One payout of the operator, or NotFound."""
    return await _stored(connection, operator_id, payout_id)


def new_payout(asked: Asked, rail: RailName, account_id: UUID | None, by: str, now: datetime) -> Payout:
    """A payout as it is when it was just asked for."""
    return Payout(
        shopper_id=asked.shopper_id,
        id=uuid7(now),
        key=asked.key,
        digest=digest(asked),
        asset=asked.asset,
        amount=asked.amount,
        rail=rail,
        account_id=account_id,
        state=State.REQUESTED,
        reason=None,
        requested_by=by,
        requested_at=now,
        next_at=None,
        attempt=0,
        first_sent_at=None,
        rail_ref=None,
        batch_id=None,
        counted_on=None,
        moves=1,
    )


def digest(asked: Asked) -> bytes:
    """SHA-256 of all that was asked beside the key."""
    told = (asked.asset, asked.amount, asked.rail, None if asked.account_id is None else asked.account_id.hex)
    return hashlib.sha256(msgspec.json.encode(told)).digest()


def _check_amount(programme: Programme, policy: PayoutPolicy | None, asked: Asked) -> AssetPayouts:
    known = programme.assets.get(asked.asset)
    if known is None:
        raise Invalid(f"asset {asked.asset[:40]!r} is not one of this programme: {', '.join(sorted(programme.assets))}")
    terms = None if policy is None else policy.of(asked.asset)
    if terms is None:
        raise Invalid(f"{asked.asset} is not paid out in this programme", code="not_paid_out")
    amount, least = plainly(asked.amount, asked.asset), plainly(terms.minimum, asked.asset)
    if asked.amount < terms.minimum:
        raise Invalid(f"a payout is {least} or more, this one is {amount}", code="below_minimum")
    caps = [cap for cap in (terms.daily_cap_shopper, terms.daily_cap_operator) if cap is not None]
    if caps and asked.amount > min(caps):
        most = plainly(min(caps), asked.asset)
        raise Invalid(f"{amount} is more than is paid out in a day: {most}", code="above_cap")
    if asked.rail is not None and asked.rail not in terms.rails:
        raise Invalid(
            f"{asked.asset} is paid out by {', '.join(terms.rails)}, not by {asked.rail}", code="rail_not_allowed"
        )
    return terms


async def _way(connection: AsyncConnection, terms: AssetPayouts, asked: Asked) -> tuple[RailName, UUID | None]:
    """The rail and the account: those named, else the first rail that the shopper has an account for."""
    mine = await accounts.of_shoppers(connection, [asked.shopper_id])
    if asked.account_id is not None:
        named = next((each for each in mine if each.id == asked.account_id), None)
        if named is None:
            raise NotFound(f"this shopper has no account {show('pac', asked.account_id)}", code="unknown_account")
        if named.rail not in terms.rails or asked.rail not in (None, named.rail):
            raise Invalid(f"that account is paid by {named.rail}, which was not asked for", code="rail_not_allowed")
        return named.rail, named.id
    found = accounts.chosen(mine, terms.rails if asked.rail is None else (asked.rail,))
    if found is None:
        needed = [each for each in terms.rails if each not in WITHOUT_ACCOUNT]
        raise Invalid(f"the shopper has no account for {' or '.join(needed)}: add one first", code="no_account")
    return found


async def _to_answer(
    connection: AsyncConnection, actor: Actor, payout_id: UUID, words: str
) -> tuple[Payout, Programme, PayoutPolicy | None]:
    _may_answer(actor, words)
    programme, policy = await _programme(connection, actor.operator_id)
    payout = await _locked(connection, actor.operator_id, await find(connection, actor.operator_id, payout_id))
    if payout.state is not State.WAITING_APPROVAL:
        raise Conflict(f"payout {payout.ref} is {payout.state}: it waits for nobody", code="payout_state")
    agreed = (await storage.approvals(connection, [payout])).get(payout.id, frozenset())
    if actor.name == payout.requested_by or actor.name in agreed:
        raise Forbidden(
            f"{actor.name} has asked for payout {payout.ref} or agreed to it: another person must", code="second_person"
        )
    return payout, programme, policy


def _may_answer(actor: Actor, words: str) -> None:
    if not actor.may(Scope.MONEY):
        raise _lacks_money(actor)
    if not 1 <= len(words.strip()) <= WORDS_MAX:
        raise Invalid(f"an answer has 1 to {WORDS_MAX} characters of words", code="words_missing")
    if mask_text(words) != words:
        raise Invalid("the words look like a card number; nothing was stored", code="card_number")


def _lacks_money(actor: Actor) -> Forbidden:
    return Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")


async def _programme(connection: AsyncConnection, operator_id: UUID) -> tuple[Programme, PayoutPolicy | None]:
    await lock_revision_shared(connection, operator_id)
    return await load_programme(connection, operator_id), await load_policy(connection, operator_id)


async def _locked(connection: AsyncConnection, operator_id: UUID, payout: Payout) -> Payout:
    """The payout as it stands under the lock of its shopper."""
    await shoppers.lock(connection, [payout.shopper_id])
    return await _stored(connection, operator_id, payout.id)


async def _stored(connection: AsyncConnection, operator_id: UUID, payout_id: UUID) -> Payout:
    found = (await storage.by_id(connection, operator_id, [payout_id])).get(payout_id)
    if found is None:
        raise NotFound(f"there is no payout {show('pyt', payout_id)}", code="unknown_payout")
    return found
