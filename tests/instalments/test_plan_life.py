"""The life of a plan, each story with its books, and an audit at its end."""

from plan_world import plan_world
from sqlalchemy.ext.asyncio import AsyncEngine


async def test_paid_to_the_end(engine: AsyncEngine) -> None:
    plans = await plan_world(engine)
    plan = await plans.open()
    assert await plans.books() == {}
    plan = await plans.do("activate", plan)
    assert await plans.books() == {"cafe": -300_00, "shopper:owed": 200_00, "plans:collected": 100_00}
    plan = await plans.do("collected", plan, {2: 100_00})
    plan = await plans.do("collected", plan, {3: 100_00})
    assert plan.state == "completed"
    await plans.world.audit()
