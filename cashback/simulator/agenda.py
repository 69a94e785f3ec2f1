"""Letters that are still to be sent, by the time they are due; kept in a file between two runs.

Without the file every purchase of the last days would wait for a clearing that never comes, and lapse.
"""

import contextlib
import heapq
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from cashback.simulator.dialects import Letter

LETTERS_MAX = 50_000
"""Beyond it nothing new is begun: the receiver has been away for long."""


class Agenda:
    """A heap of letters."""

    def __init__(self, letters: Iterable[Letter] = ()) -> None:
        self._heap = list(letters)
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def full(self) -> bool:
        """Whether more than enough waits."""
        return len(self._heap) >= LETTERS_MAX

    def add(self, letters: Iterable[Letter]) -> None:
        """Take letters in."""
        for letter in letters:
            heapq.heappush(self._heap, letter)

    def take_due(self, now: datetime) -> Letter | None:
        """The earliest letter that is due, or None."""
        if self._heap and self._heap[0].due_at <= now:
            return heapq.heappop(self._heap)
        return None

    def save(self, path: Path) -> None:
        """Write all letters, a line each; a crash leaves the file as it was or as it should be."""
        beside = path.with_suffix(".new")
        encoder = msgspec.json.Encoder()
        with beside.open("wb") as file:
            for letter in sorted(self._heap):
                file.write(encoder.encode((letter.due_at, letter.network, letter.event, letter.body.decode())) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Agenda":
        """What `save` wrote; an empty agenda where there is no file."""
        lines: list[bytes] = []
        with contextlib.suppress(FileNotFoundError):
            lines = path.read_bytes().splitlines()
        decoder = msgspec.json.Decoder(tuple[datetime, str, str, str])
        read = (decoder.decode(line) for line in lines)
        return cls(Letter(due_at, network, event, body.encode()) for due_at, network, event, body in read)
