"""An offer is changed while eight workers judge its purchases: each is judged by the version of its own time.

Nothing is lost, nothing judged twice, no purchase sees half a change, whichever worker holds which snapshot when.
"""

import asyncio
import secrets
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from workers import side_by_side
from world import CENTRE, World, a_world, clearing, day

from cashback.pipeline import Road
from webhooks.sealing import KeyRing

SHOPPERS = 40
BEFORE, AFTER = 160, 160
PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}}
offers:
  - {code: share, reward: {kind: percent, asset: EUR, rate_bps: 500}, budget: "900.00"}
  - {code: stamps, conditions: [{kind: stamp_card, every: 2}], reward: {kind: fixed, asset: PTS, amount: 10}}
"""
)


def bought(first: int, count: int, minutes_from: int) -> list[dict[str, object]]:
    return [
        clearing(f"p{first + n}", 20_00, at=day(2) + timedelta(minutes=minutes_from + n), card=f"card-{n % SHOPPERS}")
        for n in range(count)
    ]


async def test_each_purchase_keeps_the_version_of_its_time_while_the_offer_changes(engine: AsyncEngine) -> None:
    world: World = await a_world(engine, PROGRAMME)
    world.stage.road = Road(KeyRing(secrets.token_bytes(32)))
    for number in range(SHOPPERS):
        await world.link(f"card-{number}", f"shopper-{number}")
    await world.tell(*bought(0, BEFORE, -BEFORE))
    world.clock.move_to(day(2))
    working = asyncio.create_task(side_by_side(world))
    await asyncio.sleep(0.05)
    await world.apply(PROGRAMME.replace("rate_bps: 500", "rate_bps: 1000"))
    world.clock.move_to(day(2) + timedelta(minutes=AFTER))
    await world.tell(*bought(BEFORE, AFTER, 0))
    await asyncio.gather(working, side_by_side(world))
    await world.drain()

    given = await world.rows(
        """SELECT r.offer_version, r.amount, count(*) FROM rewards r JOIN offers o ON o.id = r.offer_id
        WHERE o.code = 'share' AND r.operator_id = $1 GROUP BY 1, 2 ORDER BY 1""",
        world.operator_id,
    )
    assert given == [(1, 1_00, BEFORE), (2, 2_00, AFTER)]
    stamps = await world.rows("SELECT count(*) FROM rewards WHERE asset = 'PTS' AND amount = 10")
    assert stamps == [((BEFORE + AFTER) // 2,)]
    quota = await world.rows("SELECT granted FROM quotas WHERE bucket = 'total'")
    assert quota == [(BEFORE * 1_00 + AFTER * 2_00,)]
    await world.audit()
