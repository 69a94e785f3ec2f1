"""Small loads, each of which shows one kind of bug; every one answers what is true of it."""

import asyncio
import secrets
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any

import msgspec
from checks import Truth, cashback
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, authorization, clearing, day, purchase, refund

from cashback.api.inbox_writer import InboxWriter
from cashback.db.engine import transaction
from cashback.pipeline import Road, pass_time, process_lane
from cashback.replay.script import Deliver, Link
from webhooks import inbox
from webhooks.group_commit import Busy, GroupCommit
from webhooks.messages import NewMessage, lane_of, subject_of

RACING = ContextVar("racing", default=False)
"""Whether workers are at work at the same time just now."""
PERCENT = 5
PLAIN = (
    CENTRE.replace('value: "1001"}', 'value: "1001"}, {network: fidel, scheme: fidel_location, value: loc-1}')
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: five, reward: {kind: percent, asset: EUR, rate_bps: 500}}
"""
)
LIMITED = PLAIN.replace("rate_bps: 500}", 'rate_bps: 500}, budget: "1.50"')
HELD = PLAIN.replace("rate_bps: 500}", "rate_bps: 500}, hold_days: 10")
POINTS = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 1000, into: EUR, amount: "1.00"}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 10}}
"""
)


def available(amount: int, asset: str = "EUR") -> dict[str, tuple[int, int, int, int]]:
    return {asset: (0, amount, 0, 0)}


def two_lanes() -> tuple[str, str]:
    """Two card tokens whose messages are worked side by side."""
    first = secrets.token_hex(4)
    while lane(second := secrets.token_hex(4)) == lane(first):
        pass
    return first, second


def lane(card: str) -> int:
    return lane_of(subject_of("sandbox", card), "")


async def race(*workers: Coroutine[Any, Any, int]) -> list[int | BaseException]:
    """Workers at the same time; a refused one answers with its error."""
    token = RACING.set(True)
    try:
        return await asyncio.gather(*workers, return_exceptions=True)
    finally:
        RACING.reset(token)


async def both_lanes(world: World, cards: tuple[str, str]) -> None:
    """One worker on each lane, at the same time; begins when no older transaction keeps a message from being read."""
    while True:
        async with world.connection() as connection:
            if {lane(card) for card in cards} <= set(await inbox.lanes_with_work(connection, world.operator_id)):
                break
        await asyncio.sleep(0.01)
    await race(
        *(
            process_lane(world.engine, Road(world.stage.road.keyring), world.operator_id, lane(card), world.now)
            for card in cards
        )
    )


class _PowerCut(InboxWriter):
    """The fifth commit never happens."""

    _commits = 0

    async def _append_new(self, shares: Any) -> list[list[int]]:
        self._commits += 1
        if self._commits == 5:
            raise OSError("the power was cut")
        return await super()._append_new(shares)


async def a_power_cut_at_a_commit(engine: AsyncEngine) -> tuple[World, Truth]:
    """Ten deliveries one after the other; the commit of the fifth never happens."""
    world = await a_world(engine, PLAIN)
    await world.link()
    await world.play(clearing("opens the connection", at=day(0)), at=day(1))
    connection_id = world.stage.connections["sandbox"]
    writer = _PowerCut(engine, world.stage.road.keyring)
    acknowledged: set[str] = set()
    async with GroupCommit(writer.write) as group:
        for number in range(10):
            name = f"delivery-{number}"
            message = NewMessage(connection_id, name, None, secrets.token_bytes(32), None, world.now, b"{}")
            try:
                await group.submit((world.operator_id, message))
                acknowledged.add(name)
            except Busy:
                continue
            await asyncio.sleep(0)
        await asyncio.sleep(0.3)
    await writer.close()
    return world, Truth({"anna": available(cashback(20_00, PERCENT))}, frozenset(acknowledged))


def fidel(transaction_id: str, amount: str, at: str, **more: Any) -> msgspec.Raw:
    body = {
        "id": transaction_id,
        "amount": msgspec.Raw(amount.encode()),
        "currency": "EUR",
        "datetime": "2026-11-02T12:00:00",
        "created": "2026-11-02T12:00:00.000Z",
        "updated": at,
        "card": {"id": "fidel-card"},
        "location": {"id": "loc-1", "timezone": "Europe/Paris"},
        **more,
    }
    return msgspec.Raw(msgspec.json.encode(body))


async def _fidel_world(engine: AsyncEngine, *told: tuple[str, msgspec.Raw]) -> World:
    world = await a_world(engine, PLAIN)
    await world.stage.link(Link(shopper="anna", provider="fidel", card="fidel-card"))
    world.clock.move_to(day(9))
    for name, body in told:
        await world.stage.deliver(Deliver(provider="fidel", event=name, body=body))
    await world.drain()
    return world


async def an_authorization_and_its_clearing(engine: AsyncEngine) -> tuple[World, Truth]:
    """Fidel tells both under one `id`: 40.00 agreed, 46.00 collected."""
    world = await _fidel_world(
        engine,
        ("transaction.auth", fidel("t1", "40.00", "2026-11-02T12:00:01.000Z", auth=True)),
        ("transaction.clearing", fidel("t1", "46.00", "2026-11-04T12:00:00.000Z", cleared=True)),
    )
    return world, Truth({"anna": available(cashback(46_00, PERCENT))})


async def one_refund_told_as_two_events(engine: AsyncEngine) -> tuple[World, Truth]:
    """Fidel fires both `transaction.clearing` and `transaction.refund` for one refund of 10.00."""
    back = fidel("t2", "-10.00", "2026-11-06T12:00:00.000Z", originalTransactionId="t1")
    world = await _fidel_world(
        engine,
        ("transaction.clearing", fidel("t1", "40.00", "2026-11-04T12:00:00.000Z", cleared=True)),
        ("transaction.refund", back),
        ("transaction.clearing", back),
    )
    return world, Truth({"anna": available(cashback(40_00 - 10_00, PERCENT))})


async def many_small_refunds(engine: AsyncEngine) -> tuple[World, Truth]:
    """19.99 given back in parts of 3.33."""
    world = await a_world(engine, PLAIN)
    await world.link()
    parts = [refund(f"r{number}", 3_33, at=day(3), of="p") for number in range(4)]
    await world.play(*purchase("p", 19_99, at=day(1)), *parts, at=day(5))
    return world, Truth({"anna": available(cashback(19_99 - 4 * 3_33, PERCENT))})


async def two_who_want_the_last_euro(engine: AsyncEngine) -> tuple[World, Truth]:
    """A budget of 1.50, and two shoppers who ask for 1.00 each at the same time."""
    world = await a_world(engine, LIMITED)
    cards = two_lanes()
    for name, card in zip(("anna", "ben"), cards, strict=True):
        await world.link(card, name)
        await world.tell(clearing(f"of-{name}", 20_00, at=day(1), card=card))
    world.clock.move_to(day(2))
    await both_lanes(world, cards)
    euros = {name: await world.wallet(name) for name in ("anna", "ben")}
    winner = max(euros, key=lambda name: sum(amounts[1] for amounts in euros[name].values()))
    return world, Truth({name: available(1_00 if name == winner else 50) for name in euros})


async def a_batch_that_fails_after_posting(engine: AsyncEngine) -> tuple[World, Truth]:
    """The first attempt fails where the cursor would move; the second succeeds."""
    world = await a_world(engine, PLAIN)
    await world.link()
    await world.tell(*purchase("p", 40_00, at=day(1)))
    world.clock.move_to(day(3))
    real, failures = inbox.advance, 1

    async def fails_once(*arguments: Any) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise RuntimeError("the worker was interrupted")
        return await real(*arguments)

    inbox.advance = fails_once
    try:
        await world.drain()
    finally:
        inbox.advance = real
    return world, Truth({"anna": available(cashback(40_00, PERCENT))})


async def two_cards_of_one_shopper(engine: AsyncEngine) -> tuple[World, Truth]:
    """Points that convert, earned on two cards in two lanes at the same time."""
    world = await a_world(engine, POINTS)
    cards = two_lanes()
    for card in cards:
        await world.link(card)
    for number, card in enumerate(cards):
        await world.play(clearing(f"first-{number}", at=day(1), card=card), at=day(2))
    for number, card in enumerate(cards):
        await world.tell(clearing(f"second-{number}", at=day(1), card=card))
    await both_lanes(world, cards)
    return world, Truth({"anna": available(40, "PTS")})


async def a_commit_that_comes_late(engine: AsyncEngine) -> tuple[World, Truth]:
    """Two deliveries of one card: the first to be written is the last to be committed."""
    world = await a_world(engine, PLAIN)
    await world.link()
    await world.play(clearing("p0", 20_00, at=day(1)), at=day(2))
    body = {"id": "slow", **authorization("p1", 40_00, at=day(1), final=True)}
    raw = msgspec.json.encode(body)
    subject = subject_of("sandbox", "card-1")
    slow = NewMessage(
        world.stage.connections["sandbox"], "slow", None, secrets.token_bytes(32), subject, world.now, raw
    )
    async with transaction(engine, world.operator_id) as connection:
        await inbox.append(connection, world.operator_id, [slow], world.stage.road.keyring)
        await world.tell(clearing("p2", 60_00, at=day(1)))
        await process_lane(engine, world.stage.road, world.operator_id, lane("card-1"), world.now)
    await world.drain()
    return world, Truth(
        {"anna": available(cashback(20_00, PERCENT) + cashback(40_00, PERCENT) + cashback(60_00, PERCENT))}
    )


async def two_workers_who_let_time_pass(engine: AsyncEngine) -> tuple[World, Truth]:
    """One purchase matures while another is still held; two workers settle it at the same time."""
    world = await a_world(engine, HELD)
    await world.link()
    await world.play(*purchase("p", 40_00, at=day(1)), *purchase("q", 60_00, at=day(5)), at=day(7))
    world.clock.move_to(day(13))
    answers = await race(
        *(pass_time(engine, Road(world.stage.road.keyring), world.operator_id, world.now) for _ in range(2))
    )
    assert any(isinstance(each, int) for each in answers)
    return world, Truth({"anna": {"EUR": (cashback(60_00, PERCENT), cashback(40_00, PERCENT), 0, 0)}})
