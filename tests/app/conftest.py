"""The application that its tests share."""

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

pytest.register_assert_rewrite("app_desk", "conformance")

from app_desk import Desk, opened_desk  # noqa: E402 - rewritten first, so that its assertions explain themselves


@pytest.fixture
async def desk(engine: AsyncEngine) -> AsyncIterator[Desk]:
    async with opened_desk(engine) as opened:
        yield opened


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[structlog.typing.EventDict]]:
    """What is logged, kept as it was said: rendering a traceback for a person takes seconds."""
    with structlog.testing.capture_logs() as captured:
        yield captured
