"""Processes: starting a server program, reading `postmaster.pid`, telling a living server from a corpse, signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO

from cashback.db.embedded.account import Account
from cashback.db.embedded.errors import EmbeddedPostgresError

STOP_SECONDS = 30.0
PROGRAM_SECONDS = 300.0
LOG_TAIL_CHARACTERS = 1_500

_CHILD = Path(__file__).with_name("child.py")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}
_STATUS_LINE = 8


class Life(Enum):
    """What stands behind a process id that a file names."""

    RUNNING = "running"
    """A live process that may be the server."""
    CORPSE = "corpse"
    """Ended but not reaped by its parent: signal 0 succeeds, nothing runs."""
    STRANGER = "stranger"
    """The number was given to another program since."""
    GONE = "gone"
    """No such process."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says of the server that wrote it."""

    pid: int
    port: int
    socket_folder: Path
    ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """The content of `postmaster.pid`; None while there is none or while it is still being written."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < _STATUS_LINE:
        return None
    return Postmaster(
        pid=int(lines[0]), port=int(lines[3]), socket_folder=Path(lines[4]), ready=lines[7].strip() == "ready"
    )


def stale_pid(data: Path) -> int | None:
    """The process id on the first line of `postmaster.pid`, whatever follows it; None without a file."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def life_of(pid: int, data: Path) -> Life:
    """Whether this process can be the server of `data`: PostgreSQL works from inside its data folder."""
    if sys.platform != "linux":
        return _life_by_ps(pid)
    process = Path("/proc", str(pid))
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        if state in "ZX":
            return Life.CORPSE
        if process.stat().st_uid != data.stat().st_uid:
            return Life.STRANGER
        return Life.RUNNING if (process / "cwd").readlink() == data else Life.STRANGER
    except (FileNotFoundError, ProcessLookupError):
        return Life.GONE
    except PermissionError:
        return Life.RUNNING


def survivors(data: Path) -> list[int]:
    """Live processes that still work inside `data`: backends that outlived a killed postmaster. Linux only."""
    if sys.platform != "linux":
        return []
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _works_in(pid, data)]


def spawn(
    account: Account, command: Sequence[str], *, log: IO[bytes], extra: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a server program as a direct child with its own session; its output goes to `log`."""
    order = {
        "command": list(command),
        "environment": {**_ENVIRONMENT, **extra},
        "parent": os.getpid(),
        "uid": account.uid if account.other else None,
        "gid": account.gid,
    }
    return subprocess.Popen(  # noqa: S603 - the command is composed here, not by a caller's text
        [sys.executable, "-I", "-S", "-B", str(_CHILD), json.dumps(order)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def run(account: Account, command: Sequence[str], *, log: Path) -> None:
    """Run a server program to its end; raises with the tail of what it wrote when it fails."""
    with log.open("ab") as output:
        begin = output.tell()
        child = spawn(account, command, log=output, extra={})
        try:
            code = child.wait(PROGRAM_SECONDS)
        except BaseException:
            child.terminate()
            child.wait()
            raise
    if code != 0:
        raise EmbeddedPostgresError(f"{command[0]} failed with status {code}: {log_tail(log, begin)}")


def stop(child: subprocess.Popen[bytes], data: Path) -> None:
    """Fast shutdown; after 30 s an immediate one, from which the next start recovers. Never SIGKILL."""
    for kind in (signal.SIGINT, signal.SIGQUIT):
        if child.poll() is None:
            child.send_signal(kind)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
    raise EmbeddedPostgresError(
        f"the server of {data} (process {child.pid}) did not end {2 * STOP_SECONDS:.0f} s after SIGINT and SIGQUIT"
    )


def await_tree_end(data: Path, deadline: float) -> None:
    """Wait until nothing of a killed server is left; orphans hold its shared memory and its open transactions."""
    while left := survivors(data):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"the server of {data} was killed, but its processes {left} are still running; end them with SIGQUIT"
            )
        time.sleep(0.02)


def log_tail(log: Path, begin: int) -> str:
    """The last characters that were written to the log after `begin`."""
    with log.open("rb") as content:
        content.seek(begin)
        return content.read().decode(errors="replace").strip()[-LOG_TAIL_CHARACTERS:] or "(it wrote nothing)"


def _works_in(pid: int, data: Path) -> bool:
    try:
        return Path("/proc", str(pid), "cwd").readlink() == data
    except OSError:
        return False


def _life_by_ps(pid: int) -> Life:
    command = ["/bin/ps", "-o", "state=,comm=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a number, no text
    state, _, name = answer.stdout.strip().partition(" ")
    if not state:
        return Life.GONE
    if state.startswith("Z"):
        return Life.CORPSE
    return Life.RUNNING if "postgres" in name else Life.STRANGER
