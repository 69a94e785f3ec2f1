"""The doors that their tests share: a centre with one admin, and browsers that sign in."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from entrance import Entrance, an_entrance


@pytest.fixture
async def entrance(engine: AsyncEngine) -> AsyncIterator[Entrance]:
    """A centre of its own."""
    made = await an_entrance(engine)
    yield made
    await made.site.postbox.settle()
    await made.site.hub.close()
