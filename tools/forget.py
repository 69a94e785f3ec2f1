"""Removes what the demonstration keeps in `.cashback`, and what root's database keeps elsewhere for it.

Refuses while a database server still runs on it. Needs no environment: the launcher uses the standard library alone.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".cashback"

sys.path.insert(0, str(ROOT))

from cashback.db.embedded.process import Life, life_of, stale_pid  # noqa: E402 - the path comes first


def main() -> None:
    """Look at every cluster first, remove afterwards: all or nothing."""
    homes = [STATE, *(link.resolve() for link in STATE.rglob("moved") if link.is_symlink())]
    for data in (found.parent for home in homes for found in home.rglob("postmaster.pid")):
        pid = stale_pid(data)
        if pid is not None and life_of(pid, data) is Life.RUNNING:
            sys.exit(f"make: the database in {data} is running (process {pid}); stop it first")
    for home in reversed(homes):
        if home.exists():
            shutil.rmtree(home)


if __name__ == "__main__":
    main()
