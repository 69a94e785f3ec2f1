"""How many streams one session holds open."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cashback.errors import TryAgain

STREAMS_MAX = 6
"""Streams of one session through one process; a page that gets none asks from time to time."""


class Seats:
    """How many streams each session holds."""

    def __init__(self, most: int = STREAMS_MAX) -> None:
        self._most = most
        self._taken: Counter[bytes] = Counter()

    @contextmanager
    def seat(self, holder: bytes) -> Iterator[None]:
        """Hold one while the block lasts; raises TryAgain when the holder has as many as may be."""
        if self._taken[holder] >= self._most:
            raise TryAgain(f"{self._most} streams of this session are open already", code="too_many_streams")
        self._taken[holder] += 1
        try:
            yield
        finally:
            self._taken[holder] -= 1
            if not self._taken[holder]:
                del self._taken[holder]
