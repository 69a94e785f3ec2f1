"""The order law over several sources: a network and a bank tell of the same days, in any order, cut anywhere.

Invariants:
* However the tellings of two sources are interleaved, repeated and cut into batches, and whenever time passes between
  them, the same purchases stand, each earns once, and the wallet is the same to the cent.
* The books are clean: every cached purchase equals a recognition and a fold from scratch.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from lives import EXAMPLES, LAW, PROGRAMME
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world, authorization, booked, clearing, day, refund

from cashback import pipeline

Told = tuple[str, dict[str, Any]]
NETWORK, BANK = "sandbox", "sandbox_bank"
END = 60


@st.composite
def _a_purchase(draw: st.DrawFn, ref: str) -> list[Told]:
    """One purchase as the network, the bank or both tell it: few days and amounts, so that many look alike."""
    at, amount = day(draw(st.integers(1, 4)), hour=draw(st.integers(0, 6))), draw(st.sampled_from([3_50, 12_50, 20_00]))
    told: list[Told] = []
    by = draw(st.sampled_from(["both", "both", "network", "bank"]))
    parts = draw(st.sampled_from([1, 1, 1, 2]))
    cleared = [amount // parts] * parts
    if by != "bank":
        forced = parts == 1 and draw(st.integers(0, 3)) == 0
        told.append((NETWORK, authorization(f"{ref}n", sum(cleared), at=at)))
        for number, part in enumerate(cleared):
            fact = clearing(
                f"{ref}f" if forced else f"{ref}n", part, at=at + timedelta(days=1 + number), fact=f"{ref}{number}"
            )
            told += [(NETWORK, fact)] if draw(st.integers(0, 4)) else []
    if by != "network":
        told += [
            (BANK, booked(f"{ref}b{number}", part, on=at + timedelta(days=number)))
            for number, part in enumerate(cleared)
        ]
    back = draw(st.sampled_from([0, 0, amount, 2_00]))
    if back:
        of = f"{ref}n" if draw(st.booleans()) else None
        told += [(NETWORK, refund(f"{ref}r", back, at=at + timedelta(days=5), of=of))] if by != "bank" else []
        told += [(BANK, booked(f"{ref}s", back, on=at + timedelta(days=5), kind="refund"))] if by != "network" else []
    return told


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Told], list[int], list[int], int]:
    """What is told, an order of it with repeats, where time passes in it, and the size of batches."""
    told = [each for number in range(draw(st.integers(1, 4))) for each in draw(_a_purchase(f"p{number}"))]
    order = draw(st.permutations(range(len(told))))
    again = draw(st.lists(st.sampled_from(range(len(told))), max_size=3)) if told else []
    cuts = draw(st.lists(st.integers(0, len(told)), max_size=2))
    return told, [*order, *again], sorted(cuts), draw(st.sampled_from([1, 2, 500]))


def _of(shopper: str, told: Told) -> Told:
    provider, body = told
    return provider, {**body, "card": {"token": f"{body['card']['token']}-{shopper}"}}


async def _standing(world: World, shopper: str) -> tuple[Any, ...]:
    shopper_id = await world.stage.shopper(shopper)
    found = await world.rows(
        "SELECT network, purchase_ref, state, net_minor FROM purchases WHERE shopper_id = $1", shopper_id
    )
    stand = sorted(row for row in found if row[2] not in ("superseded",))
    return stand, await world.wallet(shopper), await world.rewards(shopper)


@settings(LAW, max_examples=max(8, EXAMPLES // 3))
@given(days())
async def test_two_sources_in_any_order_end_alike(
    engine: AsyncEngine, told: tuple[list[Told], list[int], list[int], int]
) -> None:
    said, order, cuts, batch = told
    world = await a_world(engine, PROGRAMME, at=day(0))
    for shopper in ("straight", "shuffled"):
        await world.link(f"card-1-{shopper}", shopper)
        await world.link(f"account-1-{shopper}", shopper, provider=BANK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "BATCH_MAX", batch)
        world.clock.move_to(day(12))
        for place, index in enumerate(order):
            provider, body = _of("shuffled", said[index])
            await world.deliver({"id": f"shuffled-{index}-{place % 2}", **body}, provider=provider)
            if place in cuts:
                await world.drain()
        for index, each in enumerate(said):
            provider, body = _of("straight", each)
            await world.deliver({"id": f"straight-{index}", **body}, provider=provider)
        await world.drain()
        await world.pass_to(day(END))
    note(f"order {order}, cuts {cuts}, batches of {batch}")
    straight, shuffled = await _standing(world, "straight"), await _standing(world, "shuffled")
    assert shuffled == straight
    await world.audit()
