"""Mandates: a card that its holder has authenticated, and that may be charged while they are away.

What the rail needs (its ids of customer and card) is sealed for its own row, and nothing of the card is kept beyond
scheme, last four, kind and last day. The newest card that a shopper authenticates serves all their open plans; the one
before is charged no more, unless the new one only stood in for it in the first payment of one plan: that plan keeps
it. Never commits.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, system
from cashback.collecting import storage
from cashback.collecting.rails import Card
from cashback.collecting.schemas import Mandate, MandateState, RailName
from cashback.errors import Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.instalments import service as plans
from cashback.instalments import storage as plan_storage
from cashback.instalments.schemas import OPEN_PLANS, Plan
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.programmes import audit_log
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers
from webhooks.sealing import SealingKey, context

REFUSED = "refused_card"
KINDS = frozenset({"credit", "debit", "prepaid"})
REPLACED = "replaced"


async def new(
    connection: AsyncConnection, actor: Actor, master: SealingKey, shopper_id: UUID, rail: RailName, now: datetime
) -> Mandate:
    """A mandate that is asked for; no card is behind it yet. The caller has locked the shopper."""
    mandate_id = uuid7(now)
    sealed = master.seal(b"{}", _place(actor.operator_id, shopper_id, mandate_id))
    made = Mandate(
        shopper_id, mandate_id, rail, MandateState.ASKED, sealed, None, None, None, None, None, None, None, None, None,
        now,
    )  # fmt: skip
    await storage.add_mandate(connection, actor.operator_id, made)
    detail = {"shopper": show("shp", shopper_id), "rail": rail.value}
    await audit_log.record(connection, actor, "mandate.asked", made.ref, detail, now)
    return made


async def find(connection: AsyncConnection, operator_id: UUID, mandate_id: UUID) -> Mandate:
    """One mandate of the operator, or NotFound."""
    found = (await storage.mandates_by_id(connection, operator_id, [mandate_id])).get(mandate_id)
    if found is None:
        raise NotFound(f"there is no mandate {show('man', mandate_id)}", code="unknown_mandate")
    return found


async def locked(connection: AsyncConnection, operator_id: UUID, mandate_id: UUID) -> Mandate:
    """One mandate as it stands once its shopper is locked, or NotFound."""
    found = await find(connection, operator_id, mandate_id)
    await shoppers.lock(connection, [found.shopper_id])
    return await find(connection, operator_id, mandate_id)


def opened(master: SealingKey, operator_id: UUID, mandate: Mandate) -> dict[str, str]:
    """The rail's ids: `customer` once it is known, `method` once a card was authenticated. For calling alone."""
    plain = master.open(mandate.sealed, _place(operator_id, mandate.shopper_id, mandate.id))
    return msgspec.json.decode(plain, type=dict[str, str])


def charges(master: SealingKey, operator_id: UUID, mandate: Mandate, card: Card) -> bool:
    """Whether a mandate is of this card; one behind which no card is yet takes any."""
    return opened(master, operator_id, mandate).get("method") in (None, card.method)


async def know(
    connection: AsyncConnection,
    master: SealingKey,
    operator_id: UUID,
    mandate: Mandate,
    told: Mapping[str, str],
    *,
    rail_ref: str | None = None,
) -> Mandate:
    """Keep what the rail calls the customer, and the question to them."""
    after = _sealed(master, operator_id, mandate, told)
    after = replace(after, rail_ref=rail_ref or mandate.rail_ref)
    await storage.write_mandate(connection, after)
    return after


def refusal(card: Card, last_due: date | None) -> str | None:
    """Why a card cannot carry a plan until its last day; None: it can."""
    if card.funding == "prepaid":
        return "prepaid_card"
    if card.expires_on is not None and last_due is not None and card.expires_on < last_due:
        return "card_expires"
    return None


async def agree(
    connection: AsyncConnection, actor: Actor, master: SealingKey, mandate: Mandate, card: Card, now: datetime
) -> Mandate:
    """The shopper authenticated a card: it may be charged, and replaces the one before in all their open plans."""
    if mandate.state is MandateState.AGREED:
        return mandate
    after = replace(
        _sealed(master, actor.operator_id, mandate, {"method": card.method}),
        state=MandateState.AGREED,
        last_four=None if card.last_four is None else card.last_four[-4:],
        scheme=card.scheme,
        funding=card.funding,
        expires_on=card.expires_on,
        first_transaction=card.first_transaction,
        agreed_at=now,
        ended_at=None,
        why=None,
    )
    await storage.write_mandate(connection, after, mark_of(master, actor.operator_id, card.method))
    detail = {"shopper": show("shp", mandate.shopper_id), "rail": mandate.rail.value, "scheme": card.scheme}
    await audit_log.record(connection, actor, "mandate.agreed", mandate.ref, detail, now)
    await _tell_of_linked(connection, actor, after, now)
    return after


async def of_card(
    connection: AsyncConnection, actor: Actor, master: SealingKey, mandate: Mandate, card: Card, now: datetime
) -> Mandate:
    """The agreed mandate of a card that paid where this one was asked for: itself, or that card's own at the same
    customer, made if there is none. The caller has locked the shopper."""
    operator_id = actor.operator_id
    if charges(master, operator_id, mandate, card):
        return await agree(connection, actor, master, mandate, card, now)
    for each in await storage.mandates_marked(connection, operator_id, [mark_of(master, operator_id, card.method)]):
        if (each.shopper_id, each.rail) == (mandate.shopper_id, mandate.rail):
            return each
    made = await new(connection, actor, master, mandate.shopper_id, mandate.rail, now)
    customer = opened(master, operator_id, mandate)["customer"]
    made = await know(connection, master, operator_id, made, {"customer": customer})
    return await agree(connection, actor, master, made, card, now)


async def _tell_of_linked(connection: AsyncConnection, actor: Actor, mandate: Mandate, now: datetime) -> None:
    """The rail knows what decisions ask of a card: it is told of the linked card that this one is, by its scheme and
    last four. Of a card whose kind or last day the rail does not know, nothing is told."""
    if mandate.expires_on is None or mandate.funding not in KINDS or mandate.last_four is None:
        return
    linked = await card_facts.cards_ending(connection, mandate.shopper_id, mandate.last_four, mandate.scheme)
    told = [
        card_facts.CardFacts(
            card_id=each,
            prepaid=mandate.funding == "prepaid",
            expires_on=mandate.expires_on,
            strong_authentication=True,
            source=mandate.rail.value,
            told_at=now,
        )
        for each in linked
    ]
    teller = system(actor.operator_id, "collecting")
    await card_facts.tell_all(connection, teller, [(mandate.shopper_id, each) for each in told], now)


async def end(
    connection: AsyncConnection, actor: Actor, mandate: Mandate, why: str, now: datetime, *, ask: bool = True
) -> Mandate:
    """A card is charged no more. With `ask` its holder is asked for another one; why is never said to them."""
    if mandate.state is MandateState.DEAD:
        return mandate
    after = replace(mandate, state=MandateState.DEAD, ended_at=now, why=why[:100])
    await storage.write_mandate(connection, after)
    detail = {"shopper": show("shp", mandate.shopper_id), "why": why}
    await audit_log.record(connection, actor, "mandate.ended", mandate.ref, detail, now)
    if ask and mandate.state is MandateState.AGREED:
        params: dict[str, str | int] = {"last_four": mandate.last_four or ""}
        notice = Notice(mandate.shopper_id, f"mandate:{mandate.id.hex}:card_needed", "card_needed", params)
        await notifications.tell(connection, actor.operator_id, [notice], now)
    return after


async def serve_all(
    connection: AsyncConnection, actor: Actor, mandate: Mandate, now: datetime, *, but: UUID | None = None
) -> list[Plan]:
    """Charge all open plans of the shopper to this card from now on; the cards before it are charged no more."""
    held = await plan_storage.of_shoppers(connection, [mandate.shopper_id], OPEN_PLANS)
    moved = [
        await plans.charge_to(connection, actor, each, mandate.id, now)
        for each in held
        if each.id != but and each.mandate_id is not None and each.mandate_id != mandate.id
    ]
    for each in await storage.mandates_of(connection, mandate.shopper_id):
        if each.id != mandate.id and each.state is MandateState.AGREED:
            await end(connection, actor, each, REPLACED, now, ask=False)
    return moved


async def usable(
    connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, mandate_id: UUID, last_due: date
) -> Mandate:
    """A mandate that may carry a plan until its last day; Invalid says why it may not."""
    mandate = await find(connection, operator_id, mandate_id)
    if mandate.shopper_id != shopper_id:
        raise NotFound(f"this shopper has no mandate {mandate.ref}", code="unknown_mandate")
    if mandate.state is not MandateState.AGREED:
        raise Invalid(f"mandate {mandate.ref} is {mandate.state}: a card must be authenticated", code="mandate_state")
    why = refusal(Card("", funding=mandate.funding, expires_on=mandate.expires_on), last_due)
    if why is not None:
        raise Invalid(f"the card of mandate {mandate.ref} cannot carry this plan: {why}", code=why)
    return mandate


def mark_of(master: SealingKey, operator_id: UUID, method: str) -> bytes:
    """By which a card is found again when its rail has news of it."""
    return master.fingerprint(method.encode(), context(operator_id.bytes, b"mandates", b"mark"))


def _sealed(master: SealingKey, operator_id: UUID, mandate: Mandate, told: Mapping[str, str]) -> Mandate:
    plain = msgspec.json.encode({**opened(master, operator_id, mandate), **told})
    place = _place(operator_id, mandate.shopper_id, mandate.id)
    return replace(mandate, sealed=master.seal(plain, place))


def _place(operator_id: UUID, shopper_id: UUID, mandate_id: UUID) -> bytes:
    return context(operator_id.bytes, b"mandates", b"sealed", shopper_id.bytes, mandate_id.bytes)
