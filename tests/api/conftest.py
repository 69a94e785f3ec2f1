"""The receiver that its tests share the shape of."""

from collections.abc import AsyncIterator

import pytest
from receiver_door import Door, opened_door
from sqlalchemy.ext.asyncio import AsyncEngine


@pytest.fixture(params=["asgi", "http"])
async def door(engine: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    """Once straight into the ASGI entry, once over HTTP in one piece, which takes the short way."""
    async with opened_door(engine, over_http=request.param == "http") as made:
        yield made
