"""Worlds whose books are sealed, and the owner of the database, whom no policy stops."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world

from cashback.db.engine import open_engine


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    """Anna has linked a card and bought nothing."""
    made = await a_world(engine)
    await made.link()
    return made


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The owner of the database."""
    opened = open_engine(database_url, role=None, pool_size=1)
    yield opened
    await opened.dispose()
