"""One server for the whole run: the embedded one, or that of `DATABASE_URL`. Migrated by the migrations, once.

`engine` is shared by all tests: each works under an operator of its own, which row-level security keeps apart. Tests
that need a database for themselves take `new_database`.
"""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

# Before numpy is loaded: the matrices of these tests are small, and on a busy machine threads that wait for each other
# cost ten times what they save.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from administering import administer, at
from sqlalchemy.ext.asyncio import AsyncEngine
from xdist.scheduler import LoadFileScheduling

import cashback.starting
from cashback.db.embedded import temporary_postgres
from cashback.db.engine import open_engine
from cashback.migrations.run import migrate
from cashback.settings import driver_url

NewDatabase = Callable[[], Awaitable[str]]

GATES = "tests/gates/"
LONGEST_FIRST = ("crash", "gates", "demo", "compose", "laws", "web", "simulator", "courier", "decisions", "app")
"""Folders of tests by how long their longest file takes: what begins last and takes long is waited for alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest first, elsewise as they stand."""
    ranks = {folder: rank for rank, folder in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.parent.name, len(ranks)))


class Scheduling(LoadFileScheduling):
    """A file's tests go to one worker; those of the gates all to the same, which makes the whole site once."""

    def _split_scope(self, nodeid: str) -> str:
        return GATES if nodeid.startswith(GATES) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """In the place of `--dist loadfile`."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Everything that tests import is there."""
    cashback.starting.ready()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Address of the server's maintenance database, as a role that may create databases."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield driver_url(given)
        return
    with temporary_postgres(fsync=False) as server:
        yield server.url()


@pytest.fixture(scope="session")
async def template(server_url: str) -> AsyncIterator[str]:
    """Name of a migrated database to copy from."""
    name = f"template_{secrets.token_hex(6)}"
    await administer(server_url, f'CREATE DATABASE "{name}"')
    owner = open_engine(at(server_url, name), role=None, pool_size=1)
    await migrate(owner)
    await owner.dispose()
    yield name
    await administer(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
async def new_database(server_url: str, template: str) -> AsyncIterator[NewDatabase]:
    """Makes migrated databases, dropped at the end of the run."""
    made: list[str] = []

    async def make() -> str:
        name = f"test_{secrets.token_hex(6)}"
        await administer(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        made.append(name)
        return at(server_url, name)

    yield make
    for name in made:
        await administer(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
async def database_url(new_database: NewDatabase) -> str:
    """The database that most tests share."""
    return await new_database()


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The app role's engine on the shared database."""
    opened = open_engine(database_url, pool_size=20)
    yield opened
    await opened.dispose()
