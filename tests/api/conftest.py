"""The receiver that its tests share the shape of."""

from collections.abc import AsyncIterator

import pytest
from receiver_door import Door, opened_door
from sqlalchemy.ext.asyncio import AsyncEngine


@pytest.fixture
async def door(engine: AsyncEngine) -> AsyncIterator[Door]:
    async with opened_door(engine) as made:
        yield made
