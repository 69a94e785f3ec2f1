"""What rails have news of is looked at: a message is a reason to ask, never a proof. Runs anywhere, as often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, system
from cashback.collecting import lending, mandates, storage
from cashback.collecting.beginning import look_at_card
from cashback.collecting.calling import Collector
from cashback.collecting.rails import ChargeRail, Unknown
from cashback.collecting.schemas import Mandate, News, State
from cashback.db.engine import transaction
from cashback.errors import NotFound, TryAgain
from cashback.programmes import audit_log
from cashback.shoppers import service as shoppers

APPLY_MAX = 500
"""Messages that are looked at in one round."""
LOOK_AGAIN = timedelta(minutes=1)
_MONEY = ("collection", "payback")
_ELSEWHERE = "collection.refunded_elsewhere"


async def apply_news(collector: Collector, operator_id: UUID, now: datetime) -> int:
    """Make due what something was told of, and ask about cards; answers how many messages were looked at."""
    async with transaction(collector.engine, operator_id) as connection:
        waiting = await storage.waiting_news(connection, operator_id, now, APPLY_MAX)
        money = [each for each in waiting if each.about in _MONEY]
        if money:
            await _make_due(connection, operator_id, money, now)
            await storage.news_applied(connection, operator_id, money, now)
        contracts = [each for each in waiting if each.about == "contract"]
        if contracts:
            await lending.news(connection, operator_id, [UUID(hex=each.subject) for each in contracts], now)
            await storage.news_applied(connection, operator_id, contracts, now)
    for each in waiting:
        if each.about in ("mandate", "card"):
            await _look_at_cards(collector, operator_id, each, now)
    return len(waiting)


async def _make_due(connection: AsyncConnection, operator_id: UUID, news: Sequence[News], now: datetime) -> None:
    """Collections and paybacks of which something was told are asked about next, under their shoppers' locks."""
    ids = {kind: [UUID(hex=each.subject) for each in news if each.about == kind] for kind in _MONEY}
    owners = {each.shopper_id for each in (await storage.by_id(connection, operator_id, ids["collection"])).values()}
    owners |= {
        each.shopper_id for each in (await storage.paybacks_by_id(connection, operator_id, ids["payback"])).values()
    }
    await shoppers.lock(connection, owners)
    collections = await storage.by_id(connection, operator_id, ids["collection"])
    paybacks = await storage.paybacks_by_id(connection, operator_id, ids["payback"])
    # What is being called answers for itself; what was never called has nothing to be told of.
    asked = (State.UNKNOWN, State.PROCESSING, State.NEEDS_SHOPPER)
    await storage.put_off(
        connection, operator_id, [(each, now) for each in collections.values() if each.state in asked]
    )
    looked = ("unknown", "processing", "succeeded")
    await storage.put_paybacks_off(
        connection, operator_id, [(each, now) for each in paybacks.values() if each.state.value in looked]
    )
    await _note_refunds(connection, operator_id, [each for each in news if each.event == "charge.refunded"], now)


async def _note_refunds(connection: AsyncConnection, operator_id: UUID, told: Sequence[News], now: datetime) -> None:
    """A charge that was given back at the rail without us is written down: a person must bring the plan up to it."""
    ids = {UUID(hex=each.subject) for each in told}
    if not ids:
        return
    charges = (await storage.by_id(connection, operator_id, ids)).values()
    ours = {
        each.collection_id
        for each in await storage.paybacks_of(connection, [(each.shopper_id, each.plan_id) for each in charges])
    }
    actor = system(operator_id, "collecting")
    for each in charges:
        if each.id not in ours:
            await audit_log.record(connection, actor, _ELSEWHERE, each.ref, {"plan": each.plan_id.hex}, now)


async def _look_at_cards(collector: Collector, operator_id: UUID, news: News, now: datetime) -> None:
    actor = system(operator_id, "collecting")
    try:
        if news.about == "mandate":
            await look_at_card(collector, actor, UUID(hex=news.subject), now)
        else:
            await _look_at_method(collector, actor, news.subject, now)
    except TryAgain:
        async with transaction(collector.engine, operator_id) as connection:
            await storage.put_news_off(connection, operator_id, news, now + LOOK_AGAIN)
        return
    except NotFound:
        pass  # It is of another house that uses the same account at the rail.
    async with transaction(collector.engine, operator_id) as connection:
        await storage.news_applied(connection, operator_id, [news], now)


async def _look_at_method(collector: Collector, actor: Actor, method: str, now: datetime) -> None:
    """A card was changed or taken away at its rail."""
    operator_id, master = actor.operator_id, collector.road.keyring.master
    mark = mandates.mark_of(master, operator_id, method)
    async with transaction(collector.engine, operator_id) as connection:
        held = await storage.mandates_marked(connection, operator_id, [mark])
    if not held:
        return
    credentials = await collector.credentials(operator_id)
    name = held[0].rail
    if name not in credentials:
        raise TryAgain("the rail is not open", code="rail_not_opened")
    opened: ChargeRail = collector.rails.opened(name, credentials[name])
    try:
        card = await opened.card(method)
    finally:
        await opened.aclose()
    if isinstance(card, Unknown):
        raise TryAgain(card.reason, code="no_answer")
    async with transaction(collector.engine, operator_id) as connection:
        await shoppers.lock(connection, [each.shopper_id for each in held])
        for each in await storage.mandates_marked(connection, operator_id, [mark]):
            if card is None:
                await mandates.end(connection, actor, each, "payment_method_detached", now)
            else:
                await _renew(connection, each, card.expires_on, card.last_four)


async def _renew(connection: AsyncConnection, mandate: Mandate, expires_on: object, last_four: str | None) -> None:
    """A network gave the card a new number or a new day: the mandate goes on."""
    await connection.exec_driver_sql(
        "UPDATE mandates SET expires_on = $3, last_four = $4 WHERE shopper_id = $1 AND id = $2",
        (mandate.shopper_id, mandate.id, expires_on, None if last_four is None else last_four[-4:]),
    )
