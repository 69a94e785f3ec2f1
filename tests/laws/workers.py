"""Eight workers on all lanes at once, each with a road of its own, as processes would have."""

import asyncio
import secrets

from sqlalchemy.exc import DBAPIError
from world import World

from cashback.pipeline import Road, is_passing, process_lane
from webhooks import inbox
from webhooks.messages import lane_of, subject_of

WORKERS = 8


def cards_in_different_lanes(count: int) -> list[str]:
    """Card tokens whose messages are worked side by side."""
    lanes: dict[int, str] = {}
    while len(lanes) < count:
        token = secrets.token_hex(4)
        lanes.setdefault(lane_of(subject_of("sandbox", token), ""), token)
    return list(lanes.values())


async def one_worker(world: World, road: Road) -> None:
    """Works every lane until nothing waits; what passes is tried again."""
    while True:
        async with world.connection() as connection:
            lanes = await inbox.lanes_with_work(connection, world.operator_id)
            held_back = (await inbox.depth(connection, world.operator_id)).held_back
        if not lanes and not held_back:
            return
        for lane in lanes:
            try:
                await process_lane(world.engine, road, world.operator_id, lane, world.now)
            except DBAPIError as error:
                if not is_passing(error):
                    raise


async def side_by_side(world: World) -> None:
    await asyncio.gather(*(one_worker(world, Road(world.stage.road.keyring)) for _ in range(WORKERS)))
