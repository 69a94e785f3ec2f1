"""What the demonstration keeps: keys that only their owner reads, and a database that is never half one."""

import secrets
import socket
import stat
from pathlib import Path

import pytest

from cashback.clock import SystemClock
from cashback.db.engine import open_engine
from cashback.demo.database import address_of, being_filled, database_name, exists
from cashback.demo.keys import keep_keys
from cashback.demo.service import PORTS_TRIED, _free_port
from cashback.errors import Invalid
from cashback.programmes.operators import find_operator, open_operator


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    made = keep_keys(path)
    assert keep_keys(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(made.master) == 32
    assert len(set(made.texts.values())) == 2
    assert keep_keys(tmp_path / "others").fingerprint != made.fingerprint
    assert [each.name for each in tmp_path.iterdir() if each.suffix] == []


@pytest.mark.parametrize(
    "text", ["", "CASHBACK_MASTER_KEY=short\nCASHBACK_SESSION_KEY=short\n", "CASHBACK_MASTER_KEY=%%\n", "hello"]
)
def test_a_file_that_holds_no_keys_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(Invalid, match="CASHBACK_MASTER_KEY"):
        keep_keys(path)
    assert path.read_text() == text


async def test_a_database_has_its_name_only_when_it_is_whole(server_url: str) -> None:
    name = database_name(secrets.token_hex(4))
    now = SystemClock().now()
    with pytest.raises(RuntimeError, match="killed midway"):
        await _fill_half(server_url, name)
    assert not await exists(server_url, name)
    assert await exists(server_url, f"{name}_unfinished")
    async with being_filled(server_url, name) as (engine, _):
        assert await find_operator(engine, "half") is None
        await open_operator(engine, slug="whole", name="Whole", now=now)
        assert not await exists(server_url, name)
    assert await exists(server_url, name)
    assert not await exists(server_url, f"{name}_unfinished")
    kept = open_engine(address_of(server_url, name), pool_size=1)
    assert await find_operator(kept, "whole") is not None
    await kept.dispose()
    await _drop(server_url, name)


async def _fill_half(server_url: str, name: str) -> None:
    async with being_filled(server_url, name) as (engine, _):
        await open_operator(engine, slug="half", name="Half", now=SystemClock().now())
        raise RuntimeError("killed midway")


async def _drop(server_url: str, name: str) -> None:
    engine = open_engine(server_url, role=None, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    await engine.dispose()


def test_a_port_that_is_taken_gives_way_to_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < _free_port(port) < port + PORTS_TRIED
    assert _free_port(port) == port
