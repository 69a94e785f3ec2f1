"""One embedded server: start it or attach to it, say where it listens, stop it.

The process that starts the server owns it, and the server ends with it, even when it is killed. Others attach, and
their `stop` does nothing. When the owner ends, the others lose their connections and call `start` again: the lock of
the folder picks the next owner. Nobody counts users, because one that was killed would never be subtracted.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import quote

from cashback.db.embedded import process
from cashback.db.embedded.account import Account, server_account
from cashback.db.embedded.binaries import Binaries, find_binaries, reachable
from cashback.db.embedded.cluster import Layout, locked, open_cluster, open_layout
from cashback.db.embedded.errors import EmbeddedPostgresError
from cashback.db.embedded.process import Life, Postmaster
from cashback.db.embedded.sockets import answers, choose_port, open_socket_folder

START_SECONDS = 300.0
"""Generous, because a recovery may replay 2 GB of WAL."""
PORT_ATTEMPTS = 3
POLL_SECONDS = 0.01

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "shared_buffers": "128MB",
        "max_connections": "100",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "idle_in_transaction_session_timeout": "60s",
        "listen_addresses": "127.0.0.1",
    }
)
"""Given on the command line. fsync, full_page_writes and synchronous_commit are not among them: they stay on."""

WITHOUT_DURABILITY: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
)
"""For tests that never kill anything: rows survive the death of a process, not of the machine."""


class EmbeddedPostgres:
    """A PostgreSQL server on one data folder, as a context manager.

    `options` are server settings that override ours. `fsync=False` trades safety for speed and is for tests.
    `server_user` runs the server programs when we are root; a dedicated account is better than `nobody`, which other
    daemons share. `bin_dir` names the folder of `postgres`; by default it is found.
    """

    def __init__(
        self,
        folder: Path,
        *,
        options: Mapping[str, str] = MappingProxyType({}),
        fsync: bool = True,
        server_user: str = "nobody",
        bin_dir: Path | None = None,
    ) -> None:
        if sys.platform == "win32":
            raise EmbeddedPostgresError(
                "the embedded database runs on Linux and macOS; on Windows use WSL, or a server by DATABASE_URL"
            )
        self._folder = folder
        self._settings = {**SETTINGS, **({} if fsync else WITHOUT_DURABILITY), **options}
        self._fsync = fsync
        self._server_user = server_user
        self._explicit_bin_dir = bin_dir
        self._home: Path | None = None
        self._found: Binaries | None = None
        self._postmaster: Postmaster | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Attach to the folder's server when it lives, else start it; initialises the folder at first.

        A server that this object started and that has died since is started again; one that lives is left alone.
        Raises `EmbeddedPostgresError` with the folder, the reason and the end of the server's log.
        """
        deadline = time.monotonic() + START_SECONDS
        if (
            self._child is not None
            and self._postmaster is not None
            and _serves(self._child, self._postmaster, deadline)
        ):
            return self
        self._child = self._postmaster = None
        account = server_account(self._server_user)
        layout = open_layout(self._folder, account)
        self._home = layout.home
        self._found = find_binaries(self._explicit_bin_dir)
        with locked(layout, deadline):
            self._postmaster = _living(layout.data, deadline)
            if self._postmaster is None:
                self._launch(layout, account, deadline)
        return self

    def stop(self) -> None:
        """End the server if this object started it: fast shutdown, after 30 s an immediate one, and reap it."""
        child, self._child, self._postmaster = self._child, None, None
        if child is not None and self._home is not None:
            process.stop(child, self._home / "data")

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The SQLAlchemy address of a database through the private socket, for asyncpg."""
        return f"postgresql+asyncpg://{self._address(database, user)}"

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """The same address as libpq (`psql`, `pgbench`) and `asyncpg.connect` read it."""
        return f"postgresql://{self._address(database, user)}"

    @property
    def bin_dir(self) -> Path:
        """The folder of the server programs in use, with `psql` and `pgbench` beside them."""
        if self._found is None:
            raise EmbeddedPostgresError(f"the embedded database of {self._folder} has not been started")
        return self._found.bin_dir

    @property
    def home(self) -> Path:
        """The folder that really holds the files: the one asked for, or root's own place where that one is closed."""
        if self._home is None:
            raise EmbeddedPostgresError(f"the embedded database of {self._folder} has not been started")
        return self._home

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._running().pid

    @property
    def port(self) -> int:
        """The port on 127.0.0.1, where a password is asked (`home/password`); it also names the socket."""
        return self._running().port

    @property
    def owned(self) -> bool:
        """Whether this object started the server, so that the server ends with it."""
        return self._child is not None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> Postmaster:
        if self._postmaster is None:
            raise EmbeddedPostgresError(f"the embedded database of {self._folder} is not running; start it first")
        return self._postmaster

    def _address(self, database: str, user: str) -> str:
        server = self._running()
        host = quote(str(server.socket_folder), safe="/")
        return f"{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port={server.port}"

    def _launch(self, layout: Layout, account: Account, deadline: float) -> None:
        if sys.platform == "linux" and threading.current_thread() is not threading.main_thread():
            raise EmbeddedPostgresError(
                f"start the server of {layout.home} from the main thread: Linux would end it with any other thread"
            )
        assert self._found is not None
        self._found = reachable(self._found, account, layout.home)
        open_cluster(layout, self._found, account, fsync=self._fsync)
        harmless = _harmless_pid(layout.data)
        sockets = open_socket_folder(layout.home, account)
        remembered = _remembered_port(layout)
        for attempt in range(PORT_ATTEMPTS):
            port = choose_port(remembered if attempt == 0 else None)
            child, begin = self._spawn(layout, account, sockets, port, harmless)
            try:
                self._postmaster = _await_ready(child, layout.data, deadline)
            except BaseException:
                process.stop(child, layout.data)
                raise
            if self._postmaster is not None:
                self._child = child
                layout.port.write_text(str(port))
                return
            tail = process.log_tail(layout.log, begin)
            # Another program took the port between our choice and the server's bind.
            if "could not create any TCP/IP sockets" not in tail:
                raise EmbeddedPostgresError(f"PostgreSQL {self._found.version} did not start on {layout.data}: {tail}")
        raise EmbeddedPostgresError(
            f"no free port on 127.0.0.1 for the server of {layout.data} in {PORT_ATTEMPTS} attempts"
        )

    def _spawn(
        self, layout: Layout, account: Account, sockets: Path, port: int, harmless: int | None
    ) -> tuple[subprocess.Popen[bytes], int]:
        assert self._found is not None
        # A list of folders in PostgreSQL's syntax: quoted, because a name may hold a comma or a space.
        listed = '"' + str(sockets).replace('"', '""') + '"'
        settings = {
            **self._settings,
            "port": str(port),
            "unix_socket_directories": listed,
            "unix_socket_permissions": "0700",
        }
        command = [self._found.program("postgres"), "-D", str(layout.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        extra = {} if harmless is None else {"PG_GRANDPARENT_PID": str(harmless)}
        with layout.log.open("ab") as log:
            begin = log.tell()
            return process.spawn(account, command, log=log, extra=extra), begin


def _serves(child: subprocess.Popen[bytes], server: Postmaster, deadline: float) -> bool:
    """Whether our own server answers. A signal takes a moment to kill, so one that is silent is waited for."""
    while child.poll() is None:
        if answers(server.socket_folder, server.port):
            return True
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"the server {server.pid} in {server.socket_folder} neither answers nor ends")
        time.sleep(POLL_SECONDS)
    return False


def _living(data: Path, deadline: float) -> Postmaster | None:
    """The ready server of `data`; None when there is none. One that starts or stops is waited for.

    A dead one is waited for with its whole tree: a new server beside orphans of the old one would damage the files.
    """
    while (pid := process.stale_pid(data)) is not None and process.life_of(pid, data) is Life.RUNNING:
        server = process.read_postmaster(data)
        if server is not None and server.ready and answers(server.socket_folder, server.port):
            return server
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"process {pid} is the server of {data}, but it does not become ready and does not end; see its log"
            )
        time.sleep(POLL_SECONDS)
    if pid is not None:
        process.await_tree_end(data, deadline)
    return None


def _harmless_pid(data: Path) -> int | None:
    """A process id in a stale `postmaster.pid` that belongs to a corpse or to a stranger.

    PostgreSQL would take it for a living server and refuse, for ever where process 1 does not reap. It leaves out the
    id named by PG_GRANDPARENT_PID (made for shells that start it), and its shared memory check still guards the files.
    """
    pid = process.stale_pid(data)
    if pid is not None and process.life_of(pid, data) in (Life.CORPSE, Life.STRANGER):
        return pid
    return None


def _await_ready(child: subprocess.Popen[bytes], data: Path, deadline: float) -> Postmaster | None:
    """The server once it is ready; None when it ended first; raises at the deadline."""
    while child.poll() is None:
        server = process.read_postmaster(data)
        if server is not None and server.pid == child.pid and server.ready:
            return server
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"the server of {data} was not ready within {START_SECONDS:.0f} s and is stopped"
            )
        time.sleep(POLL_SECONDS)
    return None


def _remembered_port(layout: Layout) -> int | None:
    try:
        return int(layout.port.read_text())
    except (FileNotFoundError, ValueError):
        return None
