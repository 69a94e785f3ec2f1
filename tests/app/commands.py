"""Commands as processes of their own: forked from one that has imported everything, instead of started from nothing.

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


def run_command(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, patience_seconds: float
) -> tuple[int, str, str]:
    """Exit code, output and complaint of `cashback` with these arguments."""
    server = _serving()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as place:
        told = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder), "place": place}
        server.stdin.write(json.dumps(told) + "\n")
        server.stdin.flush()
        if not select([server.stdout], [], [], patience_seconds)[0]:
            server.kill()
            raise TimeoutError(f"{arguments} did not end in {patience_seconds} s")
        code = int(server.stdout.readline())
        printed, complaint = (Path(place, name).read_text() for name in ("stdout", "stderr"))
    return code, printed, complaint


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
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


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
