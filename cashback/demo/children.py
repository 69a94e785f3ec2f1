"""The product's processes: started by its own command line, watched, ended in order."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cashback.errors import ProductError

END_SECONDS = 20.0
"""A server finishes the requests it has begun; past this it is killed, and loses nothing that was acknowledged."""
TAIL_LINES = 8
LOG_KEPT_BYTES = 5_000_000

_TIED = Path(__file__).with_name("tied.py")


class ChildEnded(ProductError):
    """A process of the product ended by itself."""

    code = "child_ended"


@dataclass(slots=True)
class Child:
    """One process with its log."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def check(self) -> None:
        """Raise `ChildEnded` with the end of the log unless the process lives."""
        code = self.process.poll()
        if code is None:
            return
        how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
        tail = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        said = "\n".join(f"    {line}" for line in tail) or "    (nothing)"
        raise ChildEnded(f"the {self.name} {how}; the end of {self.log}:\n{said}")


def start(name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> Child:
    """Start `cashback ARGUMENTS`. In a session of its own, so that Ctrl-C reaches the demonstration alone."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_KEPT_BYTES:
            log.replace(log.with_suffix(".log.old"))
    command = [sys.executable, "-I", "-S", str(_TIED), str(os.getpid())]
    command += [sys.executable, "-m", "cashback.cli", *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is composed here
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    return Child(name, log, process)


def end(children: list[Child]) -> None:
    """Ask all to end, wait for each, and kill what does not."""
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + END_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
