"""The load: keep-alive connections that each send a request, wait for the answer and send the next.

Closed loop, one request in flight on a connection, no pipelining. Requests are bytes made beforehand; of an answer
only its status line is compared and its bytes are counted, so that the client stays out of the way. How fast it can go
at all is measured against `bench.ack.servers.Responder`.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

SUCCESS = b"HTTP/1.1 200"


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one run."""

    answered: int
    refused: int
    seconds: float
    latencies_ms: list[float]

    @property
    def per_s(self) -> float:
        """Successful answers per second."""
        return self.answered / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the time from the first byte sent to the last byte received."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class _Run:
    """What the connections of one run share."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self.requests = iter(requests)
        self.deadline = 0.0
        self.refused = 0
        self.latencies_ms: list[float] = []
        self.open = 0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Connection(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self._length = 0
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self) -> None:
        """Send the next request, or stop when the time is over or there is none."""
        run = self._run
        self._sent_at = time.perf_counter()
        request = None if self._sent_at >= run.deadline else next(run.requests, None)
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        if not self._length:
            self._length = _length_of(received)
        if not self._length or len(received) < self._length:
            self._received = received
            return
        if received.startswith(SUCCESS):
            self._run.latencies_ms.append((time.perf_counter() - self._sent_at) * 1000)
        else:
            self._run.refused += 1
            # A refusal has another length.
            self._length = 0
        self._received = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.open -= 1
        if self._run.open == 0 and not self._run.finished.done():
            self._run.finished.set_result(None)


def _length_of(received: bytes) -> int:
    """Bytes of the whole answer, from its head; 0 while the head is incomplete. Successes are all alike."""
    head, separator, _ = received.lower().partition(b"\r\n\r\n")
    if not separator:
        return 0
    _, _, after = head.partition(b"content-length: ")
    return len(head) + 4 + int(after.split(b"\r\n")[0])


async def play(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Send for so many seconds over so many connections, or until the requests are used up."""
    loop = asyncio.get_running_loop()
    run = _Run(requests)
    made = [await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port) for _ in range(connections)]
    run.open = connections
    started = time.perf_counter()
    run.deadline = started + seconds
    for _, connection in made:
        connection.send()
    await asyncio.wait_for(run.finished, timeout=seconds + 15)
    return Load(len(run.latencies_ms), run.refused, time.perf_counter() - started, run.latencies_ms)
