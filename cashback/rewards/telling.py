"""Commands that say something of shoppers: facts told by an operator, offers activated by shoppers.

What was bought since the earliest of what is told is settled again in the same transaction, so a fact told late moves
rewards as if it had been told in time.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.clock import zulu, zulu_or_none
from cashback.errors import Invalid, NotFound
from cashback.ids import show
from cashback.offers.compiled import CompiledOffer
from cashback.offers.conditions.who import Activated
from cashback.offers.schemas import Fact, FactKind
from cashback.programmes.audit_log import record
from cashback.purchases import service as purchases
from cashback.rewards.facts import Said, facts_of, say, unsay
from cashback.rewards.service import settle
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers

SETTLED_AT_ONCE = 500
ACTIVATIONS = "activations"
"""The bucket of an offer's quota that counts the shoppers who activated it."""

_OPEN_PLACES = """
INSERT INTO quotas (operator_id, offer_id, bucket, asset, cap, granted)
SELECT $1, $2, $3, '', greatest($4, n.taken), n.taken FROM (
    SELECT count(DISTINCT shopper_id) AS taken FROM shopper_facts
    WHERE operator_id = $1 AND fact = 'activation' AND value = $5) AS n
ON CONFLICT (operator_id, offer_id, bucket) DO UPDATE SET cap = greatest(quotas.granted, EXCLUDED.cap)
"""
_TAKE_PLACE = """
UPDATE quotas SET granted = granted + 1
WHERE operator_id = $1 AND offer_id = $2 AND bucket = $3 AND granted < cap
"""


async def tell(
    connection: AsyncConnection, snapshot: Snapshot, actor: Actor, said: Sequence[Said], now: datetime
) -> int:
    """Record facts and settle what was bought since; answers how many transfers that posted.

    Raises Forbidden, and Invalid for an activation: a shopper activates an offer, see `activate`.
    """
    for each in said:
        _refuse_activation(each.fact.kind)
    told_of = {each.shopper_id for each in said}
    if set(await shoppers.lock(connection, told_of)) != told_of:
        raise _nobody()
    await say(connection, actor, said, now)
    for shopper_id, told in _by_shopper(said).items():
        await record(connection, actor, "facts.told", show("shp", shopper_id), {"facts": told}, now)
    return await _settle_since(connection, snapshot, ((each.shopper_id, each.fact.since) for each in said), now)


async def retract(
    connection: AsyncConnection,
    snapshot: Snapshot,
    actor: Actor,
    shopper_id: UUID,
    kind: FactKind,
    value: str,
    at: datetime,
    now: datetime,
) -> int:
    """End a fact at an instant and settle what was bought since; answers how many transfers that posted.

    Raises Forbidden, NotFound where the fact does not hold then, and Invalid for an activation, which holds as long as
    its offer says.
    """
    _refuse_activation(kind)
    if not await shoppers.lock(connection, [shopper_id]):
        raise _nobody()
    if not await unsay(connection, actor, shopper_id, kind, value, at, now):
        raise NotFound(f"the {kind} {value[:64]!r} does not hold at {at.isoformat()}", code="unknown_fact")
    detail = {**_noted(kind, value), "at": zulu(at)}
    await record(connection, actor, "fact.ended", show("shp", shopper_id), detail, now)
    return await _settle_since(connection, snapshot, [(shopper_id, at)], now)


async def activate(
    connection: AsyncConnection, snapshot: Snapshot, actor: Actor, shopper_id: UUID, code: str, now: datetime
) -> bool:
    """Activate an offer for a shopper; False when it was active already, and then nothing moved.

    Raises NotFound for an offer that does not run now, Invalid for one that needs no activation or has no place left.
    """
    if actor.shopper_id != shopper_id:
        shoppers.require(actor, Scope.SHOPPERS)
    offer = _running(snapshot, code, now)
    rule = next((each for each in offer.terms.conditions if isinstance(each, Activated)), None)
    if rule is None:
        raise Invalid(f"offer {code} needs no activation: it counts by itself", code="no_activation")
    if not await shoppers.lock(connection, [shopper_id]):
        raise _nobody()
    held = (await facts_of(connection, [shopper_id])).get(shopper_id)
    since = None if held is None else held.since(FactKind.ACTIVATION, code, now)
    if since is not None and (rule.valid_days is None or (now - since).days < rule.valid_days):
        return False
    has_place = held is not None and held.ever(FactKind.ACTIVATION, code)
    if rule.places is not None and not has_place:
        place = (actor.operator_id, offer.offer_id, ACTIVATIONS)
        await connection.exec_driver_sql(_OPEN_PLACES, (*place, rule.places, code))
        if (await connection.exec_driver_sql(_TAKE_PLACE, place)).rowcount == 0:
            raise Invalid(f"all {rule.places} places of offer {code} are taken", code="no_place_left")
    system_like = actor if actor.may(Scope.SHOPPERS) else _on_behalf(actor)
    await say(connection, system_like, [Said(shopper_id, Fact(FactKind.ACTIVATION, code, now))], now)
    await record(connection, actor, "offer.activated", show("shp", shopper_id), {"offer": code}, now)
    return True


def _nobody() -> NotFound:
    return NotFound("there is no such shopper", code="unknown_shopper")


def _refuse_activation(kind: FactKind) -> None:
    if kind is FactKind.ACTIVATION:
        raise Invalid("an offer is activated by its own command, not told as a fact", code="fact_kind")


def _noted(kind: FactKind, value: str) -> dict[str, Any]:
    """What the audit log keeps of a fact; of a birthday not even the month, because the log is for ever."""
    return {"kind": kind.value} if kind is FactKind.BIRTH_MONTH else {"kind": kind.value, "value": value}


def _by_shopper(said: Sequence[Said]) -> dict[UUID, list[dict[str, Any]]]:
    told: dict[UUID, list[dict[str, Any]]] = {}
    for each in said:
        fact = each.fact
        until = zulu_or_none(fact.until)
        noted = {**_noted(fact.kind, fact.value), "since": zulu(fact.since), "until": until}
        told.setdefault(each.shopper_id, []).append(noted)
    return told


def _on_behalf(actor: Actor) -> Actor:
    """A shopper may say of themselves that they activated an offer, and nothing else."""
    return Actor(actor.operator_id, actor.name, actor.scopes | {Scope.SHOPPERS}, actor.shopper_id)


def _running(snapshot: Snapshot, code: str, now: datetime) -> CompiledOffer:
    for offer in snapshot.book.offers:
        if offer.code == code and offer.live(now) and now < offer.closes:
            return offer
    running = sorted({each.code for each in snapshot.book.offers if each.live(now) and now < each.closes})
    close = get_close_matches(code, running, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(running[:20]) or 'none'}"
    raise NotFound(f"no offer {code[:64]!r} runs now; {hint}", code="unknown_offer")


async def _settle_since(
    connection: AsyncConnection, snapshot: Snapshot, since: Iterable[tuple[UUID, datetime]], now: datetime
) -> int:
    earliest: dict[UUID, datetime] = {}
    for shopper_id, at in since:
        earliest[shopper_id] = min(at, earliest.get(shopper_id, at))
    touched = await purchases.made_since(connection, earliest)
    posted = 0
    for start in range(0, len(touched), SETTLED_AT_ONCE):
        posted += await settle(connection, snapshot, touched[start : start + SETTLED_AT_ONCE], now)
    return posted
