"""Whatever happens, in whatever sequence, the books are whole.

Invariants, after every single step of a sequence of deliveries, time, links, payments, payments that come back and
programme changes:
* every asset sums to zero over all accounts, and each stored balance equals the sum of its transfers;
* a quota has given what its grants say and never more than its cap;
* nothing is below zero that may not be;
* what has expired is what lots and uses say, what is left of lots is available, no lot gave more than was in it;
* every cached purchase equals a fold from scratch and every reward its entitlement (what waits for the worker waits).

On failure Hypothesis prints the shortest sequence it found, and the note the steps as they went.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import histories
from hypothesis import given, note, settings
from hypothesis import strategies as st
from lives import EXAMPLES, LAW
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, card_event, day, message

from cashback.errors import ProductError
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, PAID
from cashback.ledger.service import Transfer
from cashback.rewards import lot_storage, lots
from cashback.shoppers import service as shoppers

ASSETS = """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points},
     conversion: {threshold: 30, into: EUR, amount: "3.00", yearly_limit: 2}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
"""
POINTS = "  - {code: points, reward: {kind: fixed, asset: PTS, amount: 10}, hold_days: 3, conditions: [%s]}\n"
TEN = '  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: %d}, budget: "%s"}\n'
PARKING = '  - {code: parking, reward: {kind: per_unit, asset: PARKMIN, units: 15, per: "5.00"}}\n'
KNOWN = CENTRE.replace('value: "1002"}', 'value: "1002"}, {network: sandbox, scheme: mid, value: "9999"}')
SWAPPED = CENTRE.replace('"1001"', '"0"').replace('"1002"', '"1001"').replace('"0"', '"1002"')
ONLY_BOOKS = "{kind: shops, shops: [books]}"
PROGRAMMES = [
    CENTRE + ASSETS + "offers:\n" + POINTS % "" + TEN % (1000, "12.00") + PARKING,
    KNOWN + ASSETS + "offers:\n" + POINTS % ONLY_BOOKS + TEN % (2000, "12.00"),
    SWAPPED + ASSETS + "offers:\n" + POINTS % "" + TEN % (500, "40.00") + PARKING,
    CENTRE.replace('"5942"', '"5812"') + ASSETS + "offers:\n" + PARKING,
]
EXPIRING = (
    PROGRAMMES[0]
    .replace("hold_days: 3,", "hold_days: 3, expires_after_days: 25, notice_days: 5,")
    .replace('budget: "12.00"', 'budget: "12.00", expires_after_days: 40')
)

CARDS = st.sampled_from(["card-1", "card-2", "card-3"])
SHOPPERS = st.sampled_from(["anna", "ben"])
REFS = st.sampled_from(["p1", "p2", "p3", "p4"])
AMOUNTS = st.sampled_from([4_50, 10_00, 20_00, 33_33])
DAYS = st.integers(0, 60).map(day)
NEWS = st.sampled_from(["linked", "unlinked"])
PAYABLE = st.sampled_from(["EUR", "PARKMIN"])
KINDS = st.sampled_from(["authorization", "clearing", "clearing", "refund", "refund", "reversal", "decline"])

Step = tuple[str, Any]


@st.composite
def facts(draw: st.DrawFn) -> Step:
    kind, ref = draw(KINDS), draw(REFS)
    refund = kind == "refund"
    body = message(
        kind,
        f"r{draw(st.integers(1, 3))}" if refund else ref,
        draw(AMOUNTS),
        at=draw(DAYS),
        card=draw(CARDS),
        mid=draw(st.sampled_from(["1001", "1002", "9999"])),
        of=ref if refund and draw(st.booleans()) else None,
        told=day(draw(st.integers(61, 65))),
    )
    return "tell", body


TOLD = st.sampled_from([("tier", "gold"), ("tier", "silver"), ("segment", "runners")])
"""What may be said of a shopper."""

STEPS = st.one_of(
    facts(),
    facts(),
    facts(),
    st.tuples(st.just("tell"), st.builds(card_event, NEWS, at=DAYS, card=CARDS, shopper=SHOPPERS)),
    st.tuples(st.just("link"), st.tuples(CARDS, SHOPPERS, st.integers(0, 20))),
    st.tuples(st.just("unlink"), st.tuples(CARDS, SHOPPERS)),
    st.tuples(st.just("time"), st.sampled_from([1, 3, 20, 60])),
    st.tuples(st.just("work"), st.none()),
    st.tuples(st.just("pay"), st.tuples(SHOPPERS, PAYABLE, st.integers(1, 40), st.integers(1, 3))),
    st.tuples(st.just("return"), st.tuples(SHOPPERS, st.integers(1, 3))),
    st.tuples(st.just("apply"), st.sampled_from(range(len(PROGRAMMES)))),
)  # fmt: skip

OF_PEOPLE = st.one_of(
    st.tuples(st.just("say"), st.tuples(SHOPPERS, TOLD, DAYS, st.none() | st.integers(1, 30))),
    st.tuples(st.just("activate"), SHOPPERS),
)


async def take(world: World, step: str, asked: Any, programmes: Sequence[str]) -> None:
    match step:
        case "tell":
            await world.tell(asked)
        case "link":
            card, shopper, at = asked
            await world.link(card, shopper, at=day(at))
        case "unlink":
            await world.unlink(*asked)
        case "time":
            world.clock.advance(timedelta(days=asked))
        case "work":
            await world.drain()
        case "pay":
            shopper, asset, amount, key = asked
            await world.pay(amount, asset=asset, shopper=shopper, key=f"payment-{key}")
        case "return":
            await come_back(world, *asked)
        case "apply":
            await world.apply(programmes[asked])
        case "say":
            shopper, (kind, value), since, days = asked
            until = None if days is None else since + timedelta(days=days)
            await world.say(kind, value, shopper=shopper, since=since, until=until)
        case "activate":
            await world.activate("hot", shopper=asked)


async def come_back(world: World, shopper: str, number: int) -> None:
    """What was paid comes back, as a transfer that its bank returns; once."""
    key, shopper_id = f"payment:payment-{number}", await world.stage.shopper(shopper)
    async with world.connection() as connection:
        await shoppers.lock(connection, [shopper_id])
        taken, back = await lot_storage.parts_of(connection, [(shopper_id, key)])
        await lots.give_back(connection, world.operator_id, shopper_id, key, world.now)
        if not back:
            parts = taken[shopper_id, key]
            amount = sum(each.amount for each in parts)
            returned = Transfer(shopper_id, f"{key}:back", PAID, AVAILABLE, parts[0].asset, amount, "returned")
            await ledger.post(connection, world.operator_id, [returned], world.now)


async def books_are_whole(world: World) -> None:
    report = await world.report()
    assert report.breaches == []
    sums = await world.rows(
        """SELECT asset, sum(amount) FROM (SELECT asset, amount FROM transfers
           UNION ALL SELECT asset, -amount FROM transfers) AS sides GROUP BY asset HAVING sum(amount) <> 0"""
    )
    assert sums == []


async def live(world: World, steps: Sequence[Step], programmes: Sequence[str]) -> None:
    for shopper in ("anna", "ben"):
        await world.stage.shopper(shopper)
    await world.link("card-1", "anna", at=day(0))
    await world.link("card-2", "anna", at=day(10))
    for number, (step, asked) in enumerate(steps):
        note(f"{number}: {step} {asked} at {world.now}")
        try:
            await take(world, step, asked, programmes)
        except ProductError as refused:
            note(f"   refused: {refused.code}")
        await books_are_whole(world)
    await world.drain()
    await world.audit()


SEQUENCES = settings(LAW, max_examples=EXAMPLES // 2)


@SEQUENCES
@given(st.lists(STEPS, min_size=6, max_size=30), st.sampled_from([PROGRAMMES[0], EXPIRING]))
async def test_the_books_are_whole_after_every_step(engine: AsyncEngine, steps: list[Step], programme: str) -> None:
    await live(await a_world(engine, programme, at=day(66)), steps, [*PROGRAMMES, EXPIRING])


@SEQUENCES
@given(st.lists(st.one_of(STEPS, STEPS, OF_PEOPLE), min_size=6, max_size=30))
async def test_they_are_whole_where_purchases_depend_on_each_other(engine: AsyncEngine, steps: list[Step]) -> None:
    await live(await a_world(engine, histories.PEOPLE, at=day(66)), steps, histories.PROGRAMMES)
