"""What the product imports is what `requirements.lock` installs: tools of development hide nothing that is missing."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LOADED = """
import json, sys
import cashback.cli
from cashback.db.engine import open_engine
from cashback.wakeups import RedisWakeups
open_engine("postgresql://nobody@localhost/none".replace("postgresql", "postgresql+asyncpg"))
RedisWakeups("redis://localhost")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_everything_that_is_loaded_is_in_the_runtime_lock() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    owners = packages_distributions()
    loaded = {normal(owner) for module in json.loads(done.stdout) for owner in owners.get(module, ())}
    locked = {
        normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M)
    }
    assert "greenlet" in loaded
    assert loaded - locked <= {"cashback", "setuptools"}
