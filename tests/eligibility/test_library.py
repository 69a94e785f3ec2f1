"""What the library is from outside: its names, what it imports, and that it is pure."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import eligibility

ROOT = Path(eligibility.__file__).parent
SERVING = sorted(path for path in ROOT.glob("*.py"))
LOADED = "import json, sys; before = set(sys.modules); import eligibility; eligibility.shipped_rulebook(); "
LOADED += "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
IMPURE = {"random", "secrets", "time", "asyncio", "socket", "os", "uuid", "urllib", "subprocess", "threading", "io"}


def test_serving_needs_the_standard_library_alone() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60)
    foreign = set(json.loads(done.stdout)) - sys.stdlib_module_names - {"eligibility"}
    assert foreign == set()


def test_every_public_name_is_there_and_every_import_is_public() -> None:
    tree = ast.parse((ROOT / "__init__.py").read_text())
    imported = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(eligibility.__all__)
    assert all(hasattr(eligibility, name) for name in eligibility.__all__)


def test_nothing_that_serves_waits_draws_or_reads() -> None:
    for path in SERVING:
        tree = ast.parse(path.read_text())
        names = {
            (alias.name if isinstance(node, ast.Import) else node.module or "").partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not names & IMPURE, path.name
        assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree)), path.name
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"open", "print", "input", "eval", "exec"}, path.name
