"""The server that everything is measured on: embedded, in a temporary folder, fully durable; and its databases."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
from sqlalchemy import make_url

from cashback.db.embedded import EmbeddedPostgres, temporary_postgres
from cashback.db.engine import open_engine
from cashback.migrations.run import migrate

SERVER_OPTIONS = {"wal_compression": "off"}
"""Everything else is what `make run` starts its own server with: fsync and synchronous_commit on, 128 MB of buffers.
Compressing page images with pglz saves disk and costs half of the server's time here, where two cores are all there is.
"""


@dataclass(slots=True)
class Bench:
    """A running server with one migrated, empty database to copy from."""

    server: EmbeddedPostgres
    template: str

    def url(self, database: str) -> str:
        """Where SQLAlchemy reaches a database."""
        return make_url(self.server.url()).set(database=database).render_as_string(hide_password=False)

    def dsn(self, database: str) -> str:
        """Where asyncpg and pgbench reach a database."""
        return self.server.dsn(database)

    async def create(self, template: str | None = None) -> str:
        """A copy of a database that nobody is connected to; answers its name."""
        name = f"bench_{secrets.token_hex(4)}"
        await self.administer(f'CREATE DATABASE "{name}" TEMPLATE "{template or self.template}" STRATEGY file_copy')
        return name

    async def drop(self, database: str) -> None:
        """Delete a database, whoever is connected."""
        await self.administer(f'DROP DATABASE "{database}" WITH (FORCE)')

    async def settle(self) -> None:
        """Write everything out, so that what is measured next does not pay for what came before."""
        await self.administer("CHECKPOINT")

    async def administer(self, *statements: str, database: str = "postgres") -> None:
        """Statements as the owner of everything, each in a transaction of its own."""
        connection = await asyncpg.connect(self.dsn(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def show(self, setting: str) -> str:
        """A setting of the server."""
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            return str(await connection.fetchval(f"SHOW {setting}"))
        finally:
            await connection.close()


@contextmanager
def running_server() -> Iterator[EmbeddedPostgres]:
    """A new server, deleted at the end with everything in it."""
    with temporary_postgres(options=SERVER_OPTIONS) as server:
        yield server


async def open_bench(server: EmbeddedPostgres) -> Bench:
    """Migrate one database to copy from, and make sure that a commit on this server is durable."""
    bench = Bench(server, "bench_template")
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        if (value := await bench.show(setting)) != "on":
            raise RuntimeError(f"the server has {setting} = {value}; a measurement needs it on")
    await bench.administer(f'CREATE DATABASE "{bench.template}"')
    owner = open_engine(bench.url(bench.template), role=None, pool_size=1)
    await migrate(owner)
    await owner.dispose()
    return bench
