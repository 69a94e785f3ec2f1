"""What messages tell: cards that a provider links and unlinks, whose card an event concerns, who waits for a card."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, system
from cashback.db.engine import fetch
from cashback.events import service as events
from cashback.ids import show
from cashback.programmes import audit_log
from cashback.purchases import statements as evidence
from cashback.purchases.claims import Known, claim
from cashback.purchases.schemas import PurchaseKey, Statement
from cashback.shoppers import service as shoppers
from cashback.shoppers.schemas import CardLink
from issuers.events import CardEvent, EventKind
from webhooks import aside
from webhooks.messages import Message, lane_of, subject_of
from webhooks.sealing import KeyRing

_CARD = """
SELECT card_id FROM cards WHERE operator_id = $1 AND network = $2 AND token = $3 AND shopper_id = $4
ORDER BY linked_at DESC LIMIT 1
"""
_ACTED_UPON = frozenset({EventKind.CARD_LINKED, EventKind.CARD_UNLINKED})
KEPT = frozenset({EventKind.AUTHORIZATION, EventKind.REVERSAL, EventKind.CLEARING, EventKind.REFUND, EventKind.DECLINE})
"""Kinds that are evidence of a purchase."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event with the message that told it and the network it came from."""

    message: Message
    network: str
    event: CardEvent


async def follow_cards(
    connection: AsyncConnection, keyring: KeyRing, operator_id: UUID, told: Sequence[Told], now: datetime
) -> tuple[list[Message], set[tuple[UUID, UUID]]]:
    """Link and unlink cards that a provider says were.

    Answers the earlier messages of cards just linked, and shopper and card wherever a link has changed.
    """
    news = [each for each in told if each.event.kind in _ACTED_UPON]
    if not news:
        return [], set()
    named = {each.event.metadata["shopper"] for each in news if "shopper" in each.event.metadata}
    by_reference = await shoppers.find(connection, operator_id, sorted(named))
    replaced = await shoppers.links_of_tokens(
        connection, operator_id, {(each.network, each.event.replaces) for each in news if each.event.replaces}
    )
    # All shoppers of the batch, not only those of the news: locked in one order, two batches never wait crosswise.
    every = (*(await links_of(connection, operator_id, told)).values(), *replaced.values())
    held = {link.shopper_id for each in every for link in each}
    there = set(await shoppers.lock(connection, held | set(by_reference.values())))
    by_reference = {name: shopper_id for name, shopper_id in by_reference.items() if shopper_id in there}
    actor = system(operator_id, "road")
    earlier: list[Message] = []
    for each in news:
        event = each.event
        # Read again each time: what this batch linked a moment ago it may unlink now.
        links = (await links_of(connection, operator_id, [each])).get((each.network, event.card_token), [])
        open_link = next((link for link in links if link.unlinked_at is None), None)
        if event.kind is EventKind.CARD_UNLINKED:
            if open_link is not None and open_link.linked_at <= event.occurred_at:
                await _unlink(connection, actor, open_link, event.occurred_at, now)
            continue
        old = await _replaced(connection, operator_id, each)
        shopper_id = by_reference.get(event.metadata.get("shopper", ""))
        if shopper_id is None and old is not None:
            shopper_id = old.shopper_id
        if shopper_id is not None and (open_link is None or open_link.shopper_id == shopper_id):
            card_id = old.card_id if old is not None and old.shopper_id == shopper_id else None
            earlier += await _link(connection, keyring, actor, shopper_id, card_id, each, now)
    after = await links_of(connection, operator_id, news)
    relinked = {(link.shopper_id, link.card_id) for held_links in after.values() for link in held_links}
    return earlier, relinked


async def links_of(
    connection: AsyncConnection, operator_id: UUID, told: Iterable[Told]
) -> dict[tuple[str, str], list[CardLink]]:
    return await shoppers.links_of_tokens(
        connection, operator_id, {(each.network, each.event.card_token) for each in told}
    )


async def _link(
    connection: AsyncConnection,
    keyring: KeyRing,
    actor: Actor,
    shopper_id: UUID,
    card_id: UUID | None,
    told: Told,
    now: datetime,
) -> list[Message]:
    network, event = told.network, told.event
    linked = await shoppers.link(
        connection,
        actor,
        shopper_id=shopper_id,
        network=network,
        token=event.card_token,
        linked_at=event.occurred_at,
        last_four=event.last_four,
        scheme=event.card_scheme,
        card_id=card_id,
        now=now,
    )
    if not linked:
        return []
    await audit_log.record(
        connection,
        actor,
        "card.linked",
        show("shp", shopper_id),
        {"network": network, "last_four": event.last_four},
        now,
    )
    await tell_of_card(connection, actor.operator_id, "linked", shopper_id, network, event.card_token, now)
    subject = subject_of(network, event.card_token)
    return await aside.take_unclaimed(connection, actor.operator_id, lane_of(subject, ""), subject, keyring)


async def _replaced(connection: AsyncConnection, operator_id: UUID, told: Told) -> CardLink | None:
    """The link, at that time, of the card in whose place a card was given."""
    token, at = told.event.replaces, told.event.occurred_at
    if token is None:
        return None
    links = await shoppers.links_of_tokens(connection, operator_id, [(told.network, token)])
    held = (each for each in links.get((told.network, token), ()) if each.linked_at <= at)
    return next((each for each in held if each.unlinked_at is None or at < each.unlinked_at), None)


async def _unlink(connection: AsyncConnection, actor: Actor, link: CardLink, at: datetime, now: datetime) -> None:
    await shoppers.unlink(connection, actor, shopper_id=link.shopper_id, network=link.network, token=link.token, at=at)
    await audit_log.record(
        connection, actor, "card.unlinked", show("shp", link.shopper_id), {"network": link.network}, now
    )
    await tell_of_card(connection, actor.operator_id, "unlinked", link.shopper_id, link.network, link.token, now)


async def tell_of_card(
    connection: AsyncConnection,
    operator_id: UUID,
    what: str,
    shopper_id: UUID,
    network: str,
    token: str,
    now: datetime,
) -> None:
    """Tell the outside that a card was linked or unlinked, by our id of it alone."""
    key = f"{subject_of(network, token).hex()}:{shopper_id.hex}:{now.isoformat()}"
    ((card_id,),) = await fetch(connection, _CARD, (operator_id, network, token, shopper_id))
    told = events.event(
        f"card.{what}",
        key,
        now,
        of=shopper_id,
        card=show("crd", card_id),
        shopper=show("shp", shopper_id),
        network=network,
    )
    await events.tell(connection, operator_id, [told], now)


async def known_of(
    connection: AsyncConnection, told: Iterable[Told], links: Mapping[tuple[str, str], Sequence[CardLink]]
) -> dict[tuple[str, str], Known]:
    """What is known of these purchases; asked only of cards that were linked more than once."""
    shared = {token: {link.shopper_id for link in held} for token, held in links.items() if len(held) > 1}
    keys = {
        PurchaseKey(shopper_id, each.network, each.event.refund_of or each.event.purchase_ref)
        for each in told
        for shopper_id in shared.get((each.network, each.event.card_token), ())
    }
    return await evidence.known_of(connection, keys) if keys else {}


def whose(
    told: Iterable[Told],
    links: Mapping[tuple[str, str], Sequence[CardLink]],
    known: dict[tuple[str, str], Known],
) -> tuple[list[Statement], list[Message]]:
    """Whose card: statements for the shoppers concerned, and the messages that wait for somebody to link the card."""
    statements: list[Statement] = []
    unclaimed: dict[tuple[UUID, str], Message] = {}
    for each in sorted(told, key=lambda one: one.event.kind is not EventKind.AUTHORIZATION):
        event = each.event
        if event.kind not in KEPT:
            continue
        purchase = known.setdefault((each.network, event.refund_of or event.purchase_ref), Known())
        purchase.learn(event)
        claimed = claim(event, links.get((each.network, event.card_token), ()), purchase)
        if claimed.waits:
            unclaimed[each.message.connection_id, each.message.delivery_id] = each.message
        purchase.holders.update(claimed.cards)
        statements.extend(
            evidence.statement(event, network=each.network, shopper_id=shopper_id, card_id=card_id)
            for shopper_id, card_id in claimed.cards.items()
        )
    return statements, list(unclaimed.values())
