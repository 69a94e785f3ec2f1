"""The road of a purchase: from a message in the inbox log to a reward in a wallet, one batch in one transaction.

`process_lane` and `_travel` tell the story; each line is one call into one service. Before the commit nothing has
happened, after it everything has: the cursor, the evidence, the purchases, the rewards and the transfers move together.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor
from cashback.claims import service as claims
from cashback.clock import zulu
from cashback.db.engine import fetch, transaction, work_on
from cashback.db.failures import is_passing
from cashback.errors import Invalid, NotFound
from cashback.feeds import service as feeds
from cashback.ids import show
from cashback.instalments import charge_news
from cashback.merchants import rematching as merchants
from cashback.payouts import outcomes as payouts
from cashback.placing import Matchers, find_places
from cashback.programmes import audit_log
from cashback.purchases import service as purchases
from cashback.purchases import statements as evidence
from cashback.purchases import witnesses
from cashback.purchases.recognition import Verdict
from cashback.rewards.lot_storage import shoppers_due
from cashback.rewards.passing import settle_lots, settle_ripe
from cashback.rewards.service import settle
from cashback.rewards.snapshot import Snapshot, Snapshots
from cashback.rewards.storage import years_due
from cashback.shoppers import service as shoppers
from cashback.told import KEPT, Told, follow_cards, known_of, links_of, tell_of_card, whose
from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.events import EventKind
from issuers.registry import adapter
from webhooks import aside, inbox
from webhooks.messages import Cursor, Message, lane_of, subject_of
from webhooks.sealing import KeyRing

BATCH_MAX = 500
"""Messages in one transaction; beyond it nothing is gained (`bench/`)."""
LANES_MAX = 4
"""Lanes in one transaction, when each has few messages: a batch costs some 25 statements, whatever is in it."""
MANY = BATCH_MAX // LANES_MAX
"""With so many messages waiting a lane has a transaction of its own."""
REMATCH_MAX = 50
"""Identifiers whose purchases are looked at again in one transaction."""
DUE_MAX = 500
"""Purchases that are judged because time has passed, in one transaction."""
RIPE_MAX = 5_000
"""Purchases that are due, in one transaction; `DUE_MAX` of them are judged, of the others nothing but a hold ended."""
CLAIMS_MAX = 100
"""Open claims judged in one transaction."""

_PROVIDERS = "SELECT id, provider FROM connections WHERE operator_id = $1"


@dataclass(slots=True)
class Road:
    """What every process that works the road holds in memory."""

    keyring: KeyRing
    snapshots: Snapshots = field(default_factory=Snapshots)
    providers: dict[UUID, str] = field(default_factory=dict)
    """Adapter name by connection."""
    opened: set[UUID] = field(default_factory=set)
    """Operators all of whose lanes have a cursor."""
    matchers: Matchers = field(default_factory=Matchers)


async def process_next(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> Mapping[int, int]:
    """Process the next batch of a few lanes: those whose messages have waited longest and that nobody works on.

    Answers how many messages of each lane. A batch that fails is tried again lane by lane, as `process_lane` does.
    """
    if operator_id not in road.opened:
        async with transaction(engine, operator_id) as connection:
            await inbox.open_lanes(connection, operator_id)
        road.opened.add(operator_id)
    try:
        return await _process(engine, road, operator_id, None, BATCH_MAX, now)
    except Exception as error:
        if is_passing(error):
            raise
    async with transaction(engine, operator_id, sets=True) as connection:
        lanes = list(await inbox.lanes_with_work(connection, operator_id))
    return {lane: await process_lane(engine, road, operator_id, lane, now) for lane in lanes}


async def process_lane(engine: AsyncEngine, road: Road, operator_id: UUID, lane: int, now: datetime) -> int:
    """Process the next batch of one lane; answers how many messages, 0 when none waits or another worker has the lane.

    A batch that fails is split until the message that cannot be processed stands alone; it is parked with its error and
    everything else goes through. A passing failure is raised: nothing was written, the same call may succeed.
    """
    limit = BATCH_MAX
    while limit > 1:
        try:
            return (await _process(engine, road, operator_id, lane, limit, now)).get(lane, 0)
        except Exception as error:
            if is_passing(error):
                raise
            limit //= 2
    return await _process_or_park(engine, road, operator_id, lane, now)


async def _process(
    engine: AsyncEngine, road: Road, operator_id: UUID, lane: int | None, limit: int, now: datetime
) -> Counter[int]:
    """Process the next messages of a lane, or of the lanes that have waited longest; answers how many of each lane."""
    async with transaction(engine, operator_id, sets=True) as connection:
        cursors = await _lock_lanes(connection, operator_id, lane)
        if not cursors:
            return Counter()
        share = -(-limit // len(cursors))
        messages = await inbox.read_after(connection, operator_id, cursors, road.keyring, share)
        if not messages:
            return Counter()
        await work_on(connection, len(messages))
        snapshot = await road.snapshots.current(connection, operator_id)
        await _travel(connection, road, snapshot, messages, now)
        last = {message.lane: message for message in messages}
        moves = [(cursor, last[cursor.lane]) for cursor in cursors if cursor.lane in last]
        await inbox.advance(connection, moves, now)
        return Counter(message.lane for message in messages)


async def _lock_lanes(connection: AsyncConnection, operator_id: UUID, lane: int | None) -> list[Cursor]:
    """Lock one lane: the one given, or the free one that has waited longest. Where it has few messages others join."""
    if lane is not None:
        cursor = await inbox.lock_cursor(connection, operator_id, lane, wait=False)
        return [] if cursor is None else [cursor]
    waiting = await inbox.lanes_with_work(connection, operator_id, MANY)
    cursors = await inbox.lock_free(connection, operator_id, list(waiting), 1)
    if cursors and waiting[cursors[0].lane] < MANY:
        few = [each for each, count in waiting.items() if count < MANY and each != cursors[0].lane]
        cursors += await inbox.lock_free(connection, operator_id, few, LANES_MAX - 1)
    return cursors


async def _travel(
    connection: AsyncConnection, road: Road, snapshot: Snapshot, messages: Sequence[Message], now: datetime
) -> None:
    operator_id = snapshot.operator_id
    told = await _understand(connection, road, operator_id, messages, now)
    earlier, relinked = await follow_cards(connection, road.keyring, operator_id, told, now)
    told += [each for each in await _understand(connection, road, operator_id, earlier, now) if each.event.kind in KEPT]
    links = await links_of(connection, operator_id, told)
    statements, unclaimed = whose(told, links, await known_of(connection, told, links))
    await aside.hold_unclaimed(connection, operator_id, unclaimed)
    await feeds.take_news(connection, operator_id, ((each.message.connection_id, each.event) for each in told), now)
    await payouts.take_news(connection, operator_id, (each.event for each in told), now)
    await charge_news.take_news(connection, operator_id, (each.event for each in told), now)
    there = set(await shoppers.lock(connection, {each.shopper_id for each in statements}))
    statements = [each for each in statements if each.shopper_id in there]
    touched = await evidence.record(connection, operator_id, statements, now)
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
        if shopper_id not in await shoppers.lock(connection, {shopper_id, *(link.shopper_id for link in held)}):
            raise NotFound("there is no such shopper", code="unknown_shopper")
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
        detail = {"network": network, "last_four": last_four, "linked_at": zulu(linked_at)}
        await audit_log.record(connection, actor, "card.linked", show("shp", shopper_id), detail, now)
        await tell_of_card(connection, operator_id, "linked", shopper_id, network, token, now)
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
        await tell_of_card(connection, actor.operator_id, "unlinked", shopper_id, network, token, now)
        # A provider's clock may run ahead of ours: what it dates after this moment no longer counts.
        await settle(connection, snapshot, await purchases.purchases_of_cards(connection, {(shopper_id, card_id)}), now)


async def join_purchases(
    engine: AsyncEngine, road: Road, actor: Actor, purchase_ids: Sequence[UUID], *, reason: str, now: datetime
) -> None:
    """Rule that these views of one shopper are one purchase, whatever the evidence says; the wallet follows."""
    if len(set(purchase_ids)) < 2:
        raise Invalid("expected two purchases or more to join", code="one_purchase")
    await _rule(engine, road, actor, purchase_ids, Verdict.ONE, reason, now)


async def split_purchase(
    engine: AsyncEngine, road: Road, actor: Actor, purchase_id: UUID, *, reason: str, now: datetime
) -> None:
    """Rule that this view is another purchase than all that it was recognised as one with; the wallet follows."""
    await _rule(engine, road, actor, [purchase_id], Verdict.APART, reason, now)


async def _rule(
    engine: AsyncEngine,
    road: Road,
    actor: Actor,
    purchase_ids: Sequence[UUID],
    verdict: Verdict,
    reason: str,
    now: datetime,
) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        snapshot = await road.snapshots.current(connection, actor.operator_id)
        named = await witnesses.owners(connection, actor.operator_id, purchase_ids)
        if not await shoppers.lock(connection, named):
            raise NotFound("these are purchases of somebody who was erased", code="unknown_purchase")
        keys = await witnesses.rule(connection, actor, purchase_ids, verdict, reason, now)
        detail = {"purchases": [show("pur", each) for each in purchase_ids], "reason": reason}
        await audit_log.record(connection, actor, f"purchase.ruled_{verdict.value}", show("shp", named[0]), detail, now)
        await settle(connection, snapshot, keys, now, ruled=True)


async def pass_time(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> int:
    """Settle what time alone has changed: holds that ended, authorizations that lapsed, years that turned, lots.

    Works on sets and may run anywhere, any number of times; answers how many purchases and wallets it looked at.
    Purchases of which nothing but a hold has ended are not judged again, see `rewards.maturing`.
    """
    async with transaction(engine, operator_id, sets=True) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        due = await purchases.due(connection, operator_id, now, RIPE_MAX)
        years = await years_due(connection, operator_id, now, DUE_MAX)
        ending = await shoppers_due(connection, operator_id, now, DUE_MAX)
        if not due and not years and not ending:
            return 0
        await work_on(connection, len(due) + len(years) + len(ending))
        owners = {key.shopper_id for key in due} | {shopper_id for shopper_id, _ in years}
        there = set(await shoppers.lock(connection, owners | set(ending)))
        due = [key for key in due if key.shopper_id in there]
        years = [each for each in years if each[0] in there]
        ending = [each for each in ending if each in there]
        unripe = (await settle_ripe(connection, snapshot, due, now))[:DUE_MAX] if due else []
        if unripe or years:
            await settle(connection, snapshot, unripe, now, convertible=years)
        if ending:
            await settle_lots(connection, snapshot.programme, ending, now)
        return len(due) + len(years) + len(ending)


async def rematch(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> int:
    """Settle purchases whose shop has become known or has changed; answers how many requests were looked at.

    A request was written by the transaction that changed identifiers or shops, and goes when its purchases are settled.
    """
    async with transaction(engine, operator_id, sets=True) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        identifiers = await merchants.take_rematches(connection, operator_id, REMATCH_MAX)
        if not identifiers:
            return 0
        told = await purchases.told_with(connection, operator_id, identifiers, merchants.shops_in(identifiers))
        await work_on(connection, len(told))
        there = set(await shoppers.lock(connection, {key.shopper_id for key in told}))
        told = [key for key in told if key.shopper_id in there]
        for start in range(0, len(told), BATCH_MAX):
            await settle(connection, snapshot, told[start : start + BATCH_MAX], now, corrected=True)
        return len(identifiers)


async def settle_claims(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> int:
    """Judge open claims of purchases that were told since; answers of how many shoppers. Runs anywhere, as often."""
    async with transaction(engine, operator_id, sets=True) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        return await claims.settle_due(connection, snapshot, now, CLAIMS_MAX)


async def drain(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> None:
    """Work until nothing waits: messages, instants passed, shops that became known, claims that were told of."""
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
        worked += await find_places(engine, road.snapshots, road.matchers, operator_id, now)
        worked += await rematch(engine, road, operator_id, now)
        worked += await pass_time(engine, road, operator_id, now)
        worked += await settle_claims(engine, road, operator_id, now)
        if not worked and not lanes:
            return


async def _process_or_park(engine: AsyncEngine, road: Road, operator_id: UUID, lane: int, now: datetime) -> int:
    """Process one message alone; if it cannot be, park it with its error. Either way the cursor moves past it."""
    async with transaction(engine, operator_id) as connection:
        cursor = await inbox.lock_cursor(connection, operator_id, lane, wait=False)
        messages = [] if cursor is None else await inbox.read_after(connection, operator_id, [cursor], road.keyring, 1)
        if cursor is None or not messages:
            return 0
        await process_alone(connection, road, operator_id, messages[0], now)
        await inbox.advance(connection, [(cursor, messages[0])], now)
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
