"""Makes `.venv` and keeps it in step with the lock files: `environment.py runtime` or `environment.py dev`.

Runs on a bare Python 3.11 or newer with the standard library alone. What it installs is exactly what the lock file
names, as built packages whose hashes are checked. The product itself is not built: a `.pth` file puts this folder on
the environment's path, so nothing beyond the lock is ever fetched.
"""

# ruff: noqa: S603 - every command is composed here, of our own paths

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
ERROR_TAIL_LINES = 15
NO_PIP = (
    "this Python can neither make an environment with pip (module ensurepip) nor lend its own pip; on Debian and\n"
    "Ubuntu install python3-venv, elsewhere install pip, or name another interpreter: make PYTHON=/path/to/python3"
)


def main() -> None:
    """Do nothing, quickly, when the environment is already in step."""
    wanted = sys.argv[1]
    with _one_at_a_time():
        digests = {name: hashlib.sha256(lock.read_bytes()).hexdigest() for name, lock in LOCKS.items()}
        try:
            stamp: dict[str, str] = json.loads(STAMP.read_text())
        except (OSError, ValueError):
            stamp = {}
        usable = _is_usable()
        if usable and stamp.get(wanted) == digests[wanted]:
            return
        if not usable:
            _make_environment()
            stamp = {}
        _install(LOCKS[wanted])
        _link_the_product()
        # The lock of development contains the other one, pin by pin.
        installed = digests if wanted == "dev" else {**stamp, wanted: digests[wanted]}
        STAMP.write_text(json.dumps(installed))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the repository's folder: two targets started together must not install into each other."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _is_usable() -> bool:
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make_environment() -> None:
    _say(f"Environment: making .venv with Python {sys.version.split()[0]}")
    try:
        shutil.rmtree(VENV)
    except FileNotFoundError:
        pass
    except OSError as refusal:
        sys.exit(
            f"make: {refusal.filename} cannot be removed ({refusal.strerror}); remove .venv as the user who made it"
        )
    has_pip = (
        subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0
    )
    command = [sys.executable, "-m", "venv", *([] if has_pip else ["--without-pip"]), str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        sys.exit(f"make: `{' '.join(command)}` failed:\n{made.stdout}{made.stderr}")


def _pip() -> list[str]:
    """The environment's pip, else this interpreter's, which since 22.3 can install into another environment."""
    own = [str(PYTHON), "-m", "pip"]
    lent = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    for command in (own, lent):
        if subprocess.run([*command, "--version"], capture_output=True, check=False).returncode == 0:
            return command
    shutil.rmtree(VENV, ignore_errors=True)
    sys.exit(f"make: {NO_PIP}")


def _install(lock: Path) -> None:
    total = len(re.findall(r"^[a-z0-9]", lock.read_text(), re.MULTILINE))
    _say(f"Packages: installing {total} from {lock.name}, hashes checked")
    command = [
        *_pip(),
        "install",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--progress-bar",
        "off",
        "-r",
        str(lock),
    ]
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0", "PYTHONNOUSERSITE": "1"}
    tail: list[str] = []
    done = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **quiet}, cwd=ROOT
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            tail = [*tail[1 - ERROR_TAIL_LINES :], line]
            if match := re.match(r"(?:Collecting|Requirement already satisfied:) ([^\s=<>;(]+)", line):
                done += 1
                _progress(f"{min(done, total)} of {total}  {match[1]}")
            elif line.startswith("Installing collected packages"):
                _progress("unpacking")
    _progress("")
    if pip.returncode != 0:
        sys.exit(f"make: the packages of {lock.name} could not be installed; pip said:\n{''.join(tail)}")


def _link_the_product() -> None:
    """Put the packages on the environment's path, and the command line beside its interpreter."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    Path(site, "cashback.pth").write_text(f"{ROOT}\n")
    shutil.copy(ROOT / "tools" / "cashback", VENV / "bin" / "cashback")


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _progress(text: str) -> None:
    """One line that is written over; only where a person watches."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text and '  '}{text}", end="", flush=True)


if __name__ == "__main__":
    main()
