"""Commands as processes of their own, one at a time: forked from one that has imported everything already.

Each is a real process with its own environment, folder, output and exit code. What it does not pay for is the second
that Python needs to import the product, which is most of what a command costs.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from select import select
from typing import IO

_server: "subprocess.Popen[str] | None" = None


class Command:
    """A command that runs: a process of its own, which may be killed."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._arguments, self._server = arguments, _serving()
        self._place = tempfile.TemporaryDirectory()
        told = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder)}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({**told, "place": self._place.name}) + "\n")
        self._server.stdin.flush()
        self.pid = int(self._told(60))
        self._code: int | None = None

    def ended(self) -> bool:
        """Whether it has come to its end."""
        return self._code is not None or bool(select([self._server.stdout], [], [], 0)[0])

    def wait(self, patience_seconds: float) -> tuple[int, str, str]:
        """Exit code (negative: the signal that ended it), output and complaint."""
        if self._code is None:
            self._code = int(self._told(patience_seconds))
        printed, complaint = (Path(self._place.name, name).read_text() for name in ("stdout", "stderr"))
        self._place.cleanup()
        return self._code, printed, complaint

    def _told(self, patience_seconds: float) -> str:
        assert self._server.stdout is not None
        if not select([self._server.stdout], [], [], patience_seconds)[0]:
            self._server.kill()
            raise TimeoutError(f"{self._arguments} did not end in {patience_seconds} s")
        return self._server.stdout.readline()


def run_command(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, patience_seconds: float
) -> tuple[int, str, str]:
    """Exit code, output and complaint of `cashback` with these arguments."""
    return Command(arguments, environment, folder).wait(patience_seconds)


def _serving() -> "subprocess.Popen[str]":
    global _server
    if _server is None or _server.poll() is not None:
        _server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        atexit.register(_server.kill)
    return _server


def _serve(requests: IO[str], answers: IO[str]) -> None:
    from cashback.cli import main  # here, so that who only asks does not import it

    for line in requests:
        told = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(_as_child(main, told))
        print(child, file=answers, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def _as_child(main: object, told: dict[str, object]) -> int:
    place = str(told["place"])
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        os.dup2(os.open(os.path.join(place, name), os.O_CREAT | os.O_WRONLY), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(told["environment"])  # type: ignore[arg-type]
    os.chdir(str(told["folder"]))
    code = 0
    try:
        main(args=told["arguments"], prog_name="cashback")  # type: ignore[operator]
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    # What the product prints must not reach the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _serve(sys.stdin, answers)
