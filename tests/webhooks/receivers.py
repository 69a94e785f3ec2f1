"""A receiver on this machine whose path says how it behaves, and which remembers what reached it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HEAD = "HTTP/1.1 {code} X\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n"


@dataclass(slots=True)
class Receiver:
    """Where it listens, and the requests that it read: path, headers, body."""

    port: int = 0
    read: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    sent: int = 0
    """Bytes of large answers that were taken from it."""

    def url(self, path: str) -> str:
        """The address of one behaviour."""
        return f"http://127.0.0.1:{self.port}/{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            path = head[0].split(" ")[1].lstrip("/")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.read.append((path, headers, body))
            await self._behave(path, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _behave(self, path: str, writer: asyncio.StreamWriter) -> None:
        if path == "hang":
            await asyncio.sleep(3600)
        elif path == "drip":
            writer.write(HEAD.format(code=200, length=10**6, more="").encode())
            await asyncio.sleep(3600)
        elif path == "close":
            return
        elif path == "nonsense":
            writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        elif path == "cut":
            writer.write(HEAD.format(code=200, length=1000, more="").encode() + b"half")
        elif path == "big":
            writer.write(HEAD.format(code=200, length=10 * 1024 * 1024, more="").encode())
            for _ in range(160):
                writer.write(b"x" * 65_536)
                await writer.drain()
                self.sent += 65_536
        else:
            code, _, more = path.partition("-")
            extra = {"retry": "retry-after: 120\r\n", "to": f"location: {self.url('200')}\r\n"}.get(more, "")
            writer.write(HEAD.format(code=code, length=4, more=extra).encode() + b"done")
        await writer.drain()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver = Receiver()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(receiver._serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
