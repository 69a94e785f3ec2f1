"""The only way to claims: make one, answer it, take an answer back, and let what was told since decide.

A claim that is accepted becomes evidence: an append-only statement of the source `receipt`, recorded and settled like
every other in the same transaction. So what a network or a bank tells a week later joins it and nothing earns twice;
and what was accepted by mistake is taken back by one more statement.

Every function takes the caller's connection and never commits; the caller holds the programme's shared lock. Shoppers
are locked here.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope, system
from cashback.claims import storage
from cashback.claims.comparing import Beside, beside, decide, passed_over
from cashback.claims.entering import enter, take_back
from cashback.claims.pictures import keep_picture, media_type
from cashback.claims.rules import (
    CANCELLED_MAX,
    CANCELLED_WITHIN,
    OPEN_MAX,
    check_day,
    check_told,
    interval_of,
    looked_at_from,
)
from cashback.claims.schemas import TO_REFUSE, Answer, Asked, Claim, ClaimState, Proof, Reason
from cashback.errors import Conflict, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.merchants.schemas import Shop
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.programmes import audit_log
from cashback.purchases import witnesses
from cashback.purchases.recognition import Verdict
from cashback.purchases.service import PurchaseRow
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers
from issuers.card_numbers import mask_text
from webhooks.sealing import KeyRing

WORDS_MAX = 500
_BY_ITSELF = "claims"


async def make_claim(
    connection: AsyncConnection,
    snapshot: Snapshot,
    keyring: KeyRing,
    actor: Actor,
    shopper_id: UUID,
    asked: Asked,
    now: datetime,
    *,
    proof: Proof | None = None,
) -> Claim:
    """Keep a claim and judge it by what was told so far; a key that comes again answers the claim it made.

    With `proof` the person who makes it answers it too, as `accept` does; without the scope for that, or while the
    purchase is too young, what was told so far judges it and their words stay with it.

    Raises Conflict for a key that came with other content, and Invalid, with the reason as its code, for what cannot be
    claimed: nothing of it is kept.
    """
    if actor.shopper_id != shopper_id:
        shoppers.require(actor, Scope.SHOPPERS)
    digest = _digest(asked)
    if not await shoppers.lock(connection, [shopper_id]):
        raise NotFound("there is no such shopper", code="unknown_shopper")
    known = await storage.of_key(connection, shopper_id, asked.key)
    if known is not None:
        if known.digest != digest:
            raise Conflict(f"the key of claim {known.ref} came again with other content", code="idempotency_key")
        return known
    check_told(asked)
    shop = _shop(snapshot, asked.shop)
    zone = snapshot.programme.centres[shop.centre_id].zone
    check_day(asked.day, zone, now)
    links = await shoppers.links_of_shoppers(connection, actor.operator_id, [shopper_id])
    interval = interval_of(asked.day, asked.told_time, zone, links, now)
    await _refuse_what_is_known(connection, actor.operator_id, shopper_id, shop, interval, asked, now)
    claim_id = uuid7(now)
    kind = None if asked.picture is None else media_type(asked.picture)
    if asked.picture is not None:
        seen = hashlib.sha256(asked.picture).digest()
        if not await storage.take_picture(connection, actor.operator_id, shopper_id, seen, claim_id):
            raise Invalid("this picture was sent with a claim before", code="picture_claimed")
        await keep_picture(connection, keyring, actor.operator_id, shopper_id, claim_id, asked.picture, now)
    by = (actor.name, None if proof is None else _words(proof.words))
    row = (shopper_id, claim_id, asked, digest, shop.id, interval, kind, by, now)
    await storage.save(connection, actor.operator_id, *row)
    detail = {"shopper": show("shp", shopper_id), "shop": shop.code, "day": asked.day.isoformat()}
    detail |= {"amount_minor": str(asked.amount_minor), "currency": asked.currency}
    await audit_log.record(connection, actor, "claim.made", show("clm", claim_id), detail, now)
    if proof is not None and actor.may(Scope.CLAIMS) and now >= looked_at_from(asked.day, zone):
        pointed, words = proof.purchase_id, proof.words
        return await accept(connection, snapshot, actor, claim_id, words=words, purchase_id=pointed, now=now)
    await judge(connection, snapshot, [shopper_id], now)
    return await _stored(connection, actor.operator_id, claim_id)


async def accept(
    connection: AsyncConnection,
    snapshot: Snapshot,
    actor: Actor,
    claim_id: UUID,
    *,
    words: str,
    purchase_id: UUID | None = None,
    now: datetime,
) -> Claim:
    """Accept an open claim, as proof of where the purchase `purchase_id` was made or of one that nobody told.

    Raises Conflict when it was answered before, Invalid for a purchase of the last days and for one it cannot be.
    """
    claim = await _to_answer(connection, actor, claim_id, words)
    shop = snapshot.shops.shops[claim.shop_id]
    opens_at = looked_at_from(claim.day, snapshot.programme.centres[shop.centre_id].zone)
    if now < opens_at:
        raise Invalid(
            f"the purchase is too young to be missing: it may be accepted from {opens_at.isoformat()}", code="too_young"
        )
    near = (await evidence_of(connection, snapshot, [claim]))[claim.id]
    if purchase_id is not None:
        _check_proven(near, purchase_id)
    else:
        pairs = [(claim.key, each.folded.key) for each in passed_over(near)]
        await witnesses.keep(connection, actor, pairs, Verdict.APART, claim.ref, now)
    answer = Answer(claim, ClaimState.ACCEPTED, Reason.CONFIRMED, words.strip(), purchase_id)
    await _carry_out(connection, snapshot, actor, [answer], {each.row.id: each.row for each in near}, now)
    return await _stored(connection, actor.operator_id, claim_id)


async def refuse(
    connection: AsyncConnection, actor: Actor, claim_id: UUID, reason: Reason, *, words: str, now: datetime
) -> Claim:
    """Refuse an open claim; Conflict when it was answered before, Invalid for a reason that is none of a refusal."""
    claim = await _to_answer(connection, actor, claim_id, words)
    _check_reason(reason)
    await _answer(connection, actor, [Answer(claim, ClaimState.REFUSED, reason, words.strip())], now)
    return await _stored(connection, actor.operator_id, claim_id)


async def withdraw(
    connection: AsyncConnection,
    snapshot: Snapshot,
    actor: Actor,
    claim_id: UUID,
    reason: Reason,
    *,
    words: str,
    now: datetime,
) -> Claim:
    """Take back an accepted claim: its evidence is reversed, and what it earned goes back in the same transaction."""
    claim = await _locked(connection, actor, claim_id, words)
    _check_reason(reason)
    if claim.state is not ClaimState.ACCEPTED:
        raise Conflict(f"claim {claim.ref} is {claim.state}: there is nothing to take back", code="not_accepted")
    await _answer(
        connection, actor, [Answer(claim, ClaimState.WITHDRAWN, reason, words.strip(), claim.purchase_id)], now
    )
    await take_back(connection, snapshot, claim, now)
    return await _stored(connection, actor.operator_id, claim_id)


async def cancel(connection: AsyncConnection, actor: Actor, claim_id: UUID, now: datetime) -> Claim:
    """Take an open claim back for its shopper: nothing counts, and the same purchase may be claimed again.

    NotFound for another shopper's, Conflict where it was answered meanwhile.
    """
    claim = await _stored(connection, actor.operator_id, claim_id)
    if actor.shopper_id is None:
        shoppers.require(actor, Scope.SHOPPERS)
    elif actor.shopper_id != claim.shopper_id:
        raise unknown_claim(claim_id)
    if not await shoppers.lock(connection, [claim.shopper_id]):
        raise unknown_claim(claim_id)
    claim = _unanswered(await _stored(connection, actor.operator_id, claim_id))
    await _answer(connection, actor, [Answer(claim, ClaimState.CANCELLED, Reason.CANCELLED)], now)
    return await _stored(connection, actor.operator_id, claim_id)


async def settle_due(connection: AsyncConnection, snapshot: Snapshot, now: datetime, limit: int) -> int:
    """Judge open claims near which purchases were told since; answers of how many shoppers.

    Works on sets and may run anywhere, any number of times: a claim remembers the purchases it was judged by, so
    nothing is judged twice and nothing is missed, whatever the clocks of two workers say.
    """
    waiting = await shoppers.lock(connection, await storage.due(connection, snapshot.operator_id, limit))
    await judge(connection, snapshot, waiting, now)
    return len(waiting)


async def judge(connection: AsyncConnection, snapshot: Snapshot, shopper_ids: Iterable[UUID], now: datetime) -> None:
    """Answer what the purchases told so far decide of these shoppers' open claims. The caller holds their locks."""
    held = sorted(set(shopper_ids))
    claims = await storage.open_of(connection, held)
    if not claims:
        return
    # First: what carrying out an answer changes is judged again, for the sake of the shopper's other claims.
    await storage.see(connection, held)
    near = await evidence_of(connection, snapshot, claims)
    answers = [
        answer
        for shopper_id in held
        for answer in decide([(each, near[each.id]) for each in claims if each.shopper_id == shopper_id])
    ]
    rows = {each.row.id: each.row for found in near.values() for each in found}
    await _carry_out(connection, snapshot, system(snapshot.operator_id, _BY_ITSELF), answers, rows, now)


async def evidence_of(
    connection: AsyncConnection, snapshot: Snapshot, claims: Sequence[Claim]
) -> dict[UUID, list[Beside]]:
    """By claim: the purchases near it, each with what agrees and what does not."""
    rows = await storage.rows_beside(connection, claims)
    links = await shoppers.links_of_shoppers(connection, snapshot.operator_id, {each.shopper_id for each in claims})
    endings = {each.card_id: each.last_four for each in links}
    shops = snapshot.shops.shops
    return {
        each.id: beside(
            each, (row for row in rows[each.id][0] if row.folded.key != each.key), shops, endings, rows[each.id][1]
        )
        for each in claims
    }


async def _carry_out(
    connection: AsyncConnection,
    snapshot: Snapshot,
    actor: Actor,
    answers: Sequence[Answer],
    rows: dict[UUID, PurchaseRow],
    now: datetime,
) -> None:
    if not answers:
        return
    await _answer(connection, actor, answers, now)
    accepted = [
        (each.claim, None if each.purchase_id is None else rows[each.purchase_id].folded.key)
        for each in answers
        if each.state is ClaimState.ACCEPTED
    ]
    if accepted:
        await enter(connection, snapshot, actor, accepted, now)


async def _answer(connection: AsyncConnection, actor: Actor, answers: Sequence[Answer], now: datetime) -> None:
    await storage.write_answers(connection, actor.operator_id, answers, actor.name, now)
    lines: defaultdict[ClaimState, list[tuple[str, dict[str, str]]]] = defaultdict(list)
    for each in answers:
        detail = {"reason": each.reason.value, "shopper": show("shp", each.claim.shopper_id)}
        if each.purchase_id is not None:
            detail["purchase"] = show("pur", each.purchase_id)
        lines[each.state].append((each.claim.ref, detail))
    for state, of_state in lines.items():
        await audit_log.record_all(connection, actor, f"claim.{state.value}", of_state, now)
    told = [_notice(each) for each in answers if each.state is not ClaimState.CANCELLED]
    await notifications.tell(connection, actor.operator_id, told, now)


def _notice(answer: Answer) -> Notice:
    """What the shopper is told of an answer, also where somebody claimed for them."""
    claim = answer.claim
    params: dict[str, str | int] = {"amount": claim.amount_minor, "asset": claim.currency, "day": claim.day.isoformat()}
    return Notice(claim.shopper_id, f"claim:{claim.id.hex}:{answer.state}", f"claim_{answer.state}", params)


async def _to_answer(connection: AsyncConnection, actor: Actor, claim_id: UUID, words: str) -> Claim:
    return _unanswered(await _locked(connection, actor, claim_id, words))


def _unanswered(claim: Claim) -> Claim:
    if claim.state is not ClaimState.OPEN:
        assert claim.answered_at is not None
        raise Conflict(
            f"claim {claim.ref} is {claim.state} since {claim.answered_at.isoformat()}, by {claim.answered_by}",
            code="already_answered",
        )
    return claim


async def _locked(connection: AsyncConnection, actor: Actor, claim_id: UUID, words: str) -> Claim:
    """The claim as it stands under the lock of its shopper."""
    shoppers.require(actor, Scope.CLAIMS)
    _words(words)
    claim = await _stored(connection, actor.operator_id, claim_id)
    if not await shoppers.lock(connection, [claim.shopper_id]):
        raise unknown_claim(claim_id)
    return await _stored(connection, actor.operator_id, claim_id)


def _words(words: str) -> str:
    """What a person says with an answer; Invalid for nothing, too much, and what looks like a card number."""
    if not 1 <= len(words.strip()) <= WORDS_MAX:
        raise Invalid(f"an answer has 1 to {WORDS_MAX} characters of words", code="words_missing")
    if mask_text(words) != words:
        raise Invalid("the words look like a card number; nothing was stored", code="card_number")
    return words.strip()


async def _stored(connection: AsyncConnection, operator_id: UUID, claim_id: UUID) -> Claim:
    claim = await storage.find(connection, operator_id, claim_id)
    if claim is None:
        raise unknown_claim(claim_id)
    return claim


def unknown_claim(claim_id: UUID) -> NotFound:
    """The refusal for a claim that this operator does not have."""
    return NotFound(f"there is no claim {show('clm', claim_id)}", code="unknown_claim")


def _check_proven(near: Iterable[Beside], purchase_id: UUID) -> None:
    """Refuse a purchase of which a claim cannot say where it was made."""
    found = next((each for each in near if each.row.id == purchase_id), None)
    if found is None:
        raise NotFound(
            f"there is no purchase {show('pur', purchase_id)} near this claim in time and amount",
            code="unknown_purchase",
        )
    if found.shop is not None:
        raise Invalid(
            f"this purchase was told at {found.shop.name}: a claim proves a place only where none is known",
            code="shop_known",
        )


async def _refuse_what_is_known(
    connection: AsyncConnection,
    operator_id: UUID,
    shopper_id: UUID,
    shop: Shop,
    interval: tuple[datetime, datetime],
    asked: Asked,
    now: datetime,
) -> None:
    if not await storage.was_there(connection, operator_id, shop.id, interval):
        raise Invalid(f"{shop.name} was not of the programme on {asked.day.isoformat()}", code="shop_not_there")
    same = await storage.same(connection, shopper_id, shop.id, asked)
    if same is not None:
        raise Invalid(
            f"this purchase was claimed before, on {same.claimed_at.date().isoformat()}: {same.ref} is {same.state}",
            code="already_claimed",
        )
    rewarded = await storage.rewarded(connection, shopper_id, shop.id, interval, asked)
    if rewarded is not None:
        raise Invalid(f"this purchase is known and has earned: {show('pur', rewarded)}", code="already_rewarded")
    if len(await storage.open_of(connection, [shopper_id])) >= OPEN_MAX:
        raise Invalid(f"{OPEN_MAX} claims of this shopper wait for an answer already", code="too_many_open")
    if await storage.cancelled_since(connection, shopper_id, now - CANCELLED_WITHIN) >= CANCELLED_MAX:
        raise Invalid(
            f"{CANCELLED_MAX} claims of this shopper were cancelled within a day: expected a claim after that day",
            code="too_many_cancelled",
        )


def _check_reason(reason: Reason) -> None:
    if reason not in TO_REFUSE:
        raise Invalid(f"expected one of {', '.join(TO_REFUSE)}, got {reason}", code="claim_reason")


def _shop(snapshot: Snapshot, code: str) -> Shop:
    for shop in snapshot.shops.shops.values():
        if shop.code == code:
            return shop
    raise NotFound(f"no shop of the programme has the code {code[:64]!r}", code="unknown_shop")


def _digest(asked: Asked) -> bytes:
    picture = None if asked.picture is None else hashlib.sha256(asked.picture).hexdigest()
    told = (asked.shop, asked.day, asked.told_time, asked.amount_minor, asked.currency, asked.last_four, picture)
    return hashlib.sha256(msgspec.json.encode(told)).digest()
