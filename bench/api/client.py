"""The load: keep-alive connections that each send a request, wait for the whole answer and send the next."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one run; every answer was a 200."""

    seconds: float
    latencies_ms: list[float]

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return len(self.latencies_ms) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the time from the first byte sent to the last one received."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


async def play(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Load:
    """Send for so many seconds over so many connections. RuntimeError for an answer that is not a 200."""
    latencies: list[float] = []
    begin = time.perf_counter()
    end = begin + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (sent := time.perf_counter()) < end:
            writer.write(next(requests))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError(f"{head[:40].decode()}: {body[:300].decode()}")
            latencies.append((time.perf_counter() - sent) * 1000)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return Load(time.perf_counter() - begin, latencies)
