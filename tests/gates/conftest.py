"""The whole site, once for all its gates."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from whole_site import WholeSite, whole_site


@pytest.fixture(scope="session")
async def site(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[WholeSite]:
    async with whole_site(new_database) as made:
        yield made
