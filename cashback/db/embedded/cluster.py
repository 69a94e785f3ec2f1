"""The files of one server, all in one folder. Makes that folder, and in it a cluster that is whole or absent."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cashback.db.embedded import process
from cashback.db.embedded.account import Account, first_closed, require_owner
from cashback.db.embedded.binaries import Binaries
from cashback.db.embedded.errors import EmbeddedPostgresError
from cashback.db.embedded.sockets import short_name

ROOT_SHELF = Path("/var/lib/cashback")
"""Where root's servers live when the folder asked for is closed to the account that runs them."""

LOG_BYTES_MAX = 8_000_000
LOCK_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Layout:
    """The names inside the server's folder."""

    home: Path

    @property
    def data(self) -> Path:
        """The cluster; it exists only when it is whole."""
        return self.home / "data"

    @property
    def lock(self) -> Path:
        """Held while a process decides whether to start or to attach."""
        return self.home / "lock"

    @property
    def log(self) -> Path:
        """What the server programs write."""
        return self.home / "server.log"

    @property
    def password(self) -> Path:
        """The password of `postgres` over TCP, mode 0600; the socket needs none."""
        return self.home / "password"

    @property
    def port(self) -> Path:
        """The port of the last start."""
        return self.home / "port"


def open_layout(folder: Path, account: Account) -> Layout:
    """Make the folder, closed to others, and enterable by the server's account where that is not ourselves.

    Root's own folders are usually closed to that account, and their mode is not ours to change. The files then live in
    `/var/lib/cashback`, and a link named `moved` in the folder asked for tells where.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        closed = first_closed(folder, account) if account.other else None
        home = folder if closed is None else _move(folder, closed, account)
        if account.other:
            home.chmod(home.stat().st_mode & 0o777 | 0o011)
    except PermissionError as refusal:
        raise EmbeddedPostgresError(
            f"the database needs a folder of its own at {folder}, and {refusal.filename} cannot be written by this user"
        ) from refusal
    return Layout(home)


@contextmanager
def locked(layout: Layout, deadline: float) -> Iterator[None]:
    """Hold the folder's exclusive lock; the system releases it when the process ends, however it ends."""
    import fcntl  # absent on Windows, where this package must still import to say that it does not run there

    try:
        file = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except PermissionError as refusal:
        raise EmbeddedPostgresError(
            f"{layout.lock} belongs to another user; start as that user, or remove the folder {layout.home}"
        ) from refusal
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"another process has held {layout.lock} for too long: it is still starting that server"
                    ) from None
                time.sleep(LOCK_POLL_SECONDS)
        yield
    finally:
        os.close(file)


def open_cluster(layout: Layout, binaries: Binaries, account: Account, *, fsync: bool) -> None:
    """Make the cluster when there is none; refuse one of another owner or of another major version."""
    _shorten(layout.log)
    if not layout.data.exists():
        _initialise(layout, binaries, account, fsync=fsync)
    require_owner(layout.data, account)
    marker = layout.data / "PG_VERSION"
    found = marker.read_text().strip() if marker.exists() else "nothing"
    if found != str(binaries.major):
        raise EmbeddedPostgresError(
            f"{layout.data} was made by PostgreSQL {found}, and {binaries.bin_dir} is PostgreSQL {binaries.version}; "
            "run it with the version that made it, or dump and restore"
        )


def _move(folder: Path, closed: Path, account: Account) -> Path:
    home = ROOT_SHELF / f"{folder.name}-{short_name(folder)}"
    try:
        ROOT_SHELF.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.mkdir(mode=0o711, exist_ok=True)
    except OSError as refusal:
        raise EmbeddedPostgresError(
            f"{closed} is closed to {account.name}, as whom the server of {folder} must run, and {home} cannot be made "
            f"instead ({refusal.strerror}); choose a folder that {account.name} can reach"
        ) from refusal
    also_closed = first_closed(home, account)
    if also_closed is not None:
        raise EmbeddedPostgresError(
            f"{closed} and {also_closed} are closed to {account.name}, as whom the server of {folder} must run; "
            f"choose a folder that {account.name} can reach"
        )
    with suppress(FileExistsError):
        (folder / "moved").symlink_to(home)
    return home.resolve()


def _initialise(layout: Layout, binaries: Binaries, account: Account, *, fsync: bool) -> None:
    """`initdb` under a temporary name, then a rename: a half-made cluster is never taken for a whole one."""
    for leftover in layout.home.glob("data.unfinished-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished = layout.home / f"data.unfinished-{secrets.token_hex(4)}"
    unfinished.mkdir(mode=0o700)
    layout.password.unlink(missing_ok=True)
    password = os.open(layout.password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(password, "w") as file:
        file.write(secrets.token_urlsafe(32))
        if account.other:
            os.chown(unfinished, account.uid, account.gid)
            os.fchown(password, account.uid, account.gid)
    # The builtin provider orders text the same way on every system; before 17 plain C is the only one that does.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    command = [
        binaries.program("initdb"),
        f"--pgdata={unfinished}",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        *builtin,
        "--data-checksums",
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
        f"--pwfile={layout.password}",
        "--no-instructions",
        *([] if fsync else ["--no-sync"]),
    ]
    try:
        process.run(account, command, log=layout.log)
        unfinished.rename(layout.data)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    if fsync:
        _sync_folder(layout.home)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _shorten(log: Path) -> None:
    log.touch(mode=0o600)
    if log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.old"))
        log.touch(mode=0o600)
