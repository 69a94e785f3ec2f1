"""The road of a purchase: from a message in the inbox log to a reward in a wallet, one batch in one transaction.

`process_lane` and `_travel` tell the story; each line is one call into one service. Before the commit nothing has
happened, after it everything has: the cursor, the evidence, the purchases, the rewards and the transfers move together.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, system
from cashback.db.engine import fetch, transaction
from cashback.db.failures import is_passing
from cashback.ids import show
from cashback.merchants import rematching as merchants
from cashback.programmes import audit_log
from cashback.purchases import service as purchases
from cashback.purchases.claims import Known, claim
from cashback.purchases.schemas import PurchaseKey, Statement
from cashback.rewards.service import settle
from cashback.rewards.snapshot import Snapshot, Snapshots
from cashback.rewards.storage import years_due
from cashback.shoppers import service as shoppers
from cashback.shoppers.schemas import CardLink
from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind
from issuers.registry import adapter
from webhooks import aside, inbox
from webhooks.messages import Message, lane_of, subject_of
from webhooks.sealing import KeyRing

BATCH_MAX = 500
"""Messages of one lane in one transaction; beyond it nothing is gained (`bench/`)."""
REMATCH_MAX = 50
"""Identifiers whose purchases are looked at again in one transaction."""
DUE_MAX = 500
"""Purchases that the passing of time changes, in one transaction."""

_PROVIDERS = "SELECT id, provider FROM connections WHERE operator_id = $1"

_ACTED_UPON = frozenset({EventKind.CARD_LINKED, EventKind.CARD_UNLINKED})
_KEPT = frozenset(
    {EventKind.AUTHORIZATION, EventKind.REVERSAL, EventKind.CLEARING, EventKind.REFUND, EventKind.DECLINE}
)


@dataclass(slots=True)
class Road:
    """What every process that works the road holds in memory."""

    keyring: KeyRing
    snapshots: Snapshots = field(default_factory=Snapshots)
    providers: dict[UUID, str] = field(default_factory=dict)
    """Adapter name by connection."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event with the message that told it and the network it came from."""

    message: Message
    network: str
    event: CardEvent


async def process_lane(engine: AsyncEngine, road: Road, operator_id: UUID, lane: int, now: datetime) -> int:
    """Process the next batch of one lane; answers how many messages, 0 when none waits or another worker has the lane.

    A batch that fails is split until the message that cannot be processed stands alone; it is parked with its error and
    everything else goes through. A passing failure is raised: nothing was written, the same call may succeed.
    """
    limit = BATCH_MAX
    while limit > 1:
        try:
            return await _process(engine, road, operator_id, lane, limit, now)
        except Exception as error:
            if is_passing(error):
                raise
            limit //= 2
    return await _process_or_park(engine, road, operator_id, lane, now)


async def _process(engine: AsyncEngine, road: Road, operator_id: UUID, lane: int, limit: int, now: datetime) -> int:
    async with transaction(engine, operator_id, sets=True) as connection:
        cursor = await inbox.lock_cursor(connection, operator_id, lane, wait=False)
        if cursor is None:
            return 0
        messages = await inbox.read_after(connection, operator_id, cursor, road.keyring, limit)
        if not messages:
            return 0
        snapshot = await road.snapshots.current(connection, operator_id)
        await _travel(connection, road, snapshot, messages, now)
        await inbox.advance(connection, cursor, messages[-1], now)
        return len(messages)


async def _travel(
    connection: AsyncConnection, road: Road, snapshot: Snapshot, messages: Sequence[Message], now: datetime
) -> None:
    operator_id = snapshot.operator_id
    told = await _understand(connection, road, operator_id, messages, now)
    earlier, relinked = await _follow_cards(connection, road, operator_id, told, now)
    told += earlier
    links = await _links(connection, operator_id, told)
    statements, unclaimed = whose(told, links, await _known(connection, told, links))
    await aside.hold_unclaimed(connection, operator_id, unclaimed)
    await shoppers.lock(connection, {each.shopper_id for each in statements})
    touched = await purchases.record(connection, operator_id, statements, now)
    if relinked:
        touched |= (await purchases.purchases_of_cards(connection, relinked)).keys()
    await settle(connection, snapshot, touched, now)


async def _understand(
    connection: AsyncConnection, road: Road, operator_id: UUID, messages: Sequence[Message], now: datetime
) -> list[Told]:
    """Parse; what cannot be read is parked with the reason and everything else goes on."""
    if any(message.connection_id not in road.providers for message in messages):
        road.providers.update(await fetch(connection, _PROVIDERS, (operator_id,)))
    told: list[Told] = []
    refused: list[tuple[Message, str, str]] = []
    for message in messages:
        if message.body is None:
            refused.append((message, "sealed", "its key was destroyed or its bytes were altered"))
            continue
        network = road.providers[message.connection_id]
        try:
            events = adapter(network).parse(Delivery(body=message.body, headers={}, event=message.event))
        except Unreadable as error:
            refused.append((message, error.code, error.detail))
            continue
        told.extend(Told(message, network, event) for event in events if event.kind is not EventKind.OTHER)
    await aside.park(connection, operator_id, refused, now)
    return told


async def _follow_cards(
    connection: AsyncConnection, road: Road, operator_id: UUID, told: Sequence[Told], now: datetime
) -> tuple[list[Told], set[tuple[UUID, UUID]]]:
    """Link and unlink cards that a provider says were.

    Answers what was told earlier of the cards just linked, and shopper and card wherever a link has changed.
    """
    news = [each for each in told if each.event.kind in _ACTED_UPON]
    if not news:
        return [], set()
    named = {each.event.metadata["shopper"] for each in news if "shopper" in each.event.metadata}
    by_reference = await shoppers.find(connection, operator_id, sorted(named))
    # All shoppers of the batch, not only those of the news: locked in one order, two batches never wait crosswise.
    held = {link.shopper_id for each in (await _links(connection, operator_id, told)).values() for link in each}
    await shoppers.lock(connection, held | set(by_reference.values()))
    actor = system(operator_id, "road")
    earlier: list[Message] = []
    for each in news:
        event = each.event
        # Read again each time: what this batch linked a moment ago it may unlink now.
        links = (await _links(connection, operator_id, [each])).get((each.network, event.card_token), [])
        open_link = next((link for link in links if link.unlinked_at is None), None)
        if event.kind is EventKind.CARD_UNLINKED:
            if open_link is not None and open_link.linked_at <= event.occurred_at:
                await _unlink(connection, actor, open_link, event.occurred_at, now)
        elif (shopper_id := by_reference.get(event.metadata.get("shopper", ""))) is not None and (
            open_link is None or open_link.shopper_id == shopper_id
        ):
            earlier += await _link(connection, road, actor, shopper_id, each.network, event, now)
    after = await _links(connection, operator_id, news)
    relinked = {(link.shopper_id, link.card_id) for held_links in after.values() for link in held_links}
    told_earlier = await _understand(connection, road, operator_id, earlier, now)
    return [each for each in told_earlier if each.event.kind in _KEPT], relinked


async def _links(
    connection: AsyncConnection, operator_id: UUID, told: Iterable[Told]
) -> dict[tuple[str, str], list[CardLink]]:
    return await shoppers.links_of_tokens(
        connection, operator_id, {(each.network, each.event.card_token) for each in told}
    )


async def _link(
    connection: AsyncConnection,
    road: Road,
    actor: Actor,
    shopper_id: UUID,
    network: str,
    event: CardEvent,
    now: datetime,
) -> list[Message]:
    linked = await shoppers.link(
        connection,
        actor,
        shopper_id=shopper_id,
        network=network,
        token=event.card_token,
        linked_at=event.occurred_at,
        last_four=event.last_four,
        scheme=event.card_scheme,
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
    subject = subject_of(network, event.card_token)
    return await aside.take_unclaimed(connection, actor.operator_id, lane_of(subject, ""), subject, road.keyring)


async def _unlink(connection: AsyncConnection, actor: Actor, link: CardLink, at: datetime, now: datetime) -> None:
    await shoppers.unlink(connection, actor, shopper_id=link.shopper_id, network=link.network, token=link.token, at=at)
    await audit_log.record(
        connection, actor, "card.unlinked", show("shp", link.shopper_id), {"network": link.network}, now
    )


async def _known(
    connection: AsyncConnection, told: Iterable[Told], links: Mapping[tuple[str, str], Sequence[CardLink]]
) -> dict[tuple[str, str], Known]:
    """What is known of these purchases; asked only of cards that were linked more than once."""
    shared = {token: {link.shopper_id for link in held} for token, held in links.items() if len(held) > 1}
    keys = {
        PurchaseKey(shopper_id, each.network, each.event.refund_of or each.event.purchase_ref)
        for each in told
        for shopper_id in shared.get((each.network, each.event.card_token), ())
    }
    return await purchases.known_of(connection, keys) if keys else {}


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
        if event.kind not in _KEPT:
            continue
        purchase = known.setdefault((each.network, event.refund_of or event.purchase_ref), Known())
        purchase.learn(event)
        claimed = claim(event, links.get((each.network, event.card_token), ()), purchase)
        if claimed.waits:
            unclaimed[each.message.connection_id, each.message.delivery_id] = each.message
        purchase.holders.update(claimed.cards)
        statements.extend(
            purchases.statement(event, network=each.network, shopper_id=shopper_id, card_id=card_id)
            for shopper_id, card_id in claimed.cards.items()
        )
    return statements, list(unclaimed.values())


async def link_card(
    engine: AsyncEngine,
    road: Road,
    actor: Actor,
    *,
    shopper_id: UUID,
    network: str,
    token: str,
    linked_at: datetime,
    last_four: str | None,
    scheme: str | None,
    now: datetime,
) -> None:
    """Link a card by command. What its provider told of it since `linked_at` is read again and earns at once."""
    operator_id = actor.operator_id
    subject = subject_of(network, token)
    lane = lane_of(subject, "")
    async with transaction(engine, operator_id) as connection:
        await inbox.lock_cursor(connection, operator_id, lane, wait=True)
        snapshot = await road.snapshots.current(connection, operator_id)
        links = await shoppers.links_of_tokens(connection, operator_id, [(network, token)])
        held = links.get((network, token), [])
        await shoppers.lock(connection, {shopper_id, *(link.shopper_id for link in held)})
        linked = await shoppers.link(
            connection,
            actor,
            shopper_id=shopper_id,
            network=network,
            token=token,
            linked_at=linked_at,
            last_four=last_four,
            scheme=scheme,
            now=now,
        )
        if not linked:
            return
        detail = {"network": network, "last_four": last_four, "linked_at": linked_at.isoformat()}
        await audit_log.record(connection, actor, "card.linked", show("shp", shopper_id), detail, now)
        messages = await aside.take_unclaimed(connection, operator_id, lane, subject, road.keyring)
        await _travel(connection, road, snapshot, messages, now)
        cards = {(shopper_id, link.card_id) for link in held if link.shopper_id == shopper_id}
        await settle(connection, snapshot, await purchases.purchases_of_cards(connection, cards), now)


async def unlink_card(
    engine: AsyncEngine, road: Road, actor: Actor, *, shopper_id: UUID, network: str, token: str, now: datetime
) -> None:
    """Unlink a card by command: purchases made until now finish, their refunds still apply, later ones never count."""
    async with transaction(engine, actor.operator_id) as connection:
        await inbox.lock_cursor(connection, actor.operator_id, lane_of(subject_of(network, token), ""), wait=True)
        snapshot = await road.snapshots.current(connection, actor.operator_id)
        await shoppers.lock(connection, [shopper_id])
        card_id = await shoppers.unlink(connection, actor, shopper_id=shopper_id, network=network, token=token, at=now)
        await audit_log.record(connection, actor, "card.unlinked", show("shp", shopper_id), {"network": network}, now)
        # A provider's clock may run ahead of ours: what it dates after this moment no longer counts.
        await settle(connection, snapshot, await purchases.purchases_of_cards(connection, {(shopper_id, card_id)}), now)


async def pass_time(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> int:
    """Settle what time alone has changed: holds that ended, authorizations that lapsed, years that turned.

    Works on sets and may run anywhere, any number of times; answers how many purchases and wallets it looked at.
    """
    async with transaction(engine, operator_id, sets=True) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        due = await purchases.due(connection, operator_id, now, DUE_MAX)
        years = await years_due(connection, operator_id, now, DUE_MAX)
        if not due and not years:
            return 0
        await shoppers.lock(connection, {key.shopper_id for key in due} | {shopper for shopper, _ in years})
        await settle(connection, snapshot, due, now, convertible=years)
        return len(due) + len(years)


async def rematch(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> int:
    """Settle purchases whose shop has become known or has changed; answers how many identifiers were looked at.

    The request was written by the transaction that changed the identifiers, and goes when its purchases are settled.
    """
    async with transaction(engine, operator_id, sets=True) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        identifiers = await merchants.take_rematches(connection, operator_id, REMATCH_MAX)
        if not identifiers:
            return 0
        told = await purchases.told_with(connection, operator_id, identifiers)
        await shoppers.lock(connection, {key.shopper_id for key in told})
        for start in range(0, len(told), BATCH_MAX):
            await settle(connection, snapshot, told[start : start + BATCH_MAX], now, corrected=True)
        return len(identifiers)


async def drain(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> None:
    """Work until nothing waits: every message, every instant passed, every shop that became known."""
    while True:
        async with transaction(engine, operator_id) as connection:
            lanes = await inbox.lanes_with_work(connection, operator_id)
            waiting = await inbox.depth(connection, operator_id) if not lanes else None
        worked = 0
        for lane in lanes:
            worked += await process_lane(engine, road, operator_id, lane, now)
        if waiting is not None and waiting.held_back:
            await asyncio.sleep(0.002)
            continue
        worked += await rematch(engine, road, operator_id, now)
        worked += await pass_time(engine, road, operator_id, now)
        if not worked and not lanes:
            return


async def _process_or_park(engine: AsyncEngine, road: Road, operator_id: UUID, lane: int, now: datetime) -> int:
    """Process one message alone; if it cannot be, park it with its error. Either way the cursor moves past it."""
    async with transaction(engine, operator_id) as connection:
        cursor = await inbox.lock_cursor(connection, operator_id, lane, wait=False)
        messages = [] if cursor is None else await inbox.read_after(connection, operator_id, cursor, road.keyring, 1)
        if cursor is None or not messages:
            return 0
        await process_alone(connection, road, operator_id, messages[0], now)
        await inbox.advance(connection, cursor, messages[0], now)
        return 1


async def process_alone(
    connection: AsyncConnection, road: Road, operator_id: UUID, message: Message, now: datetime
) -> None:
    """Process one message in the caller's transaction, or park it with its error. The caller holds its lane."""
    snapshot = await road.snapshots.current(connection, operator_id)
    try:
        async with connection.begin_nested():
            await _travel(connection, road, snapshot, [message], now)
    except Exception as error:
        if is_passing(error):
            raise
        reason = f"{type(error).__name__}: {error}"[:500]
        await aside.park(connection, operator_id, [(message, "failed", reason)], now)
