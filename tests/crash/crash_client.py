"""Posts the load as two card networks would: signed at the moment of sending, and again until the answer is a 2xx."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from crash_load import Message

from issuers.registry import ADAPTERS

CONNECTIONS = 64
ANSWER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where one network posts, and with which secret."""

    slug: str
    secret: bytes


@dataclass(slots=True)
class Client:
    """Plays deliveries in a thread of its own, so that the tests may kill and wait meanwhile."""

    port: int
    targets: Mapping[str, Target]
    acknowledged: int = 0
    last_acknowledged_at: float = 0.0
    refused: list[tuple[int, bytes]] = field(default_factory=list)
    """Answers that a provider would not have expected: neither 2xx nor 5xx."""
    again: Counter[str] = field(default_factory=Counter)
    """Why deliveries had to be repeated."""
    stopped: bool = False

    def play(self, deliveries: list[Message]) -> threading.Thread:
        """Start delivering in order, over `CONNECTIONS` connections; the thread ends with the last acknowledgement."""
        thread = threading.Thread(target=lambda: asyncio.run(self._play(iter(deliveries))))
        thread.start()
        return thread

    async def _play(self, deliveries: Iterator[Message]) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(CONNECTIONS):
                group.create_task(self._lane(deliveries, random.Random(number)))

    async def _lane(self, deliveries: Iterator[Message], rng: random.Random) -> None:
        stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for message in deliveries:
            while not self.stopped:
                try:
                    stream = stream or await asyncio.open_connection("127.0.0.1", self.port)
                    async with asyncio.timeout(ANSWER_SECONDS):
                        status, body = await self._deliver(stream, message)
                except (OSError, EOFError, TimeoutError) as error:
                    if stream is not None:
                        stream[1].close()
                    stream = None
                    self.again[type(error).__name__] += 1
                else:
                    if 200 <= status < 300:
                        self.acknowledged += 1
                        self.last_acknowledged_at = time.monotonic()
                        break
                    self.again[str(status)] += 1
                    if status < 500:
                        self.refused.append((status, body))
                        break
                await asyncio.sleep(rng.uniform(0.05, 0.5))
        if stream is not None:
            stream[1].close()

    async def _deliver(
        self, stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], message: Message
    ) -> tuple[int, bytes]:
        reader, writer = stream
        target = self.targets[message.network]
        path = f"/webhooks/{target.slug}" + (f"/{message.event}" if message.event else "")
        url = f"http://127.0.0.1:{self.port}{path}"
        signed = ADAPTERS[message.network].sign(
            message.body, secret=target.secret, url=url, event=message.event, now=datetime.now(UTC)
        )
        lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(message.body)}"]
        lines += [f"{name}: {value}" for name, value in signed.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + message.body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        return int(head[9:12]), await reader.readexactly(length)
