"""A house whose shopper was asked about nothing yet, shared by tests that keep nothing."""

from typing import Any

import pytest
from deciding import House, a_house
from sqlalchemy.ext.asyncio import AsyncEngine


@pytest.fixture(scope="module")
async def bea(engine: AsyncEngine) -> tuple[House, Any]:
    """A house, and its shopper with a short history."""
    house = await a_house(engine)
    return house, await house.regular("bea", visits=4)
