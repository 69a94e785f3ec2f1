"""Rules of the house that a program can check: sizes, names, clocks, floats, leftovers, locks, targets."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cashback", "issuers", "eligibility", "webhooks")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

CLOCK = "cashback/clock.py"
READS_THE_CLOCK = re.compile(r"\bdatetime\.(?:now|utcnow|today)\b|\bdate\.today\b|\btime\.time(?:_ns)?\(")
WITHOUT_MONEY = ("cashback/merchants/evidence/", "cashback/merchants/match_files.py")
"""Where probabilities and degrees of latitude are reckoned with, and no amount is known."""
UNFINISHED = re.compile(r"(?:#|//|/\*|<!--|--)\s*(?:TODO|FIXME)\b")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "manager", "common"}
TEXT_SUFFIXES = {".py", ".md", ".html", ".css", ".js", ".sql", ".yaml", ".yml", ".toml", ".sh", ""}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_migration(path: Path) -> bool:
    return "migrations/versions" in path.as_posix()


def long_functions(text: str) -> list[str]:
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    sizes = ((node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in nodes)
    return [f"{name}: {lines} lines" for name, lines in sizes if lines > FUNCTION_LINES_MAX]


def float_calls(text: str) -> list[int]:
    """The lines that turn a value into a float; infinity, a bound of durations, is no value."""
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    floats = (node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "float")
    return [node.lineno for node in floats if [ast.unparse(argument) for argument in node.args] != ["'inf'"]]


def lock_entries(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package to version and hashes, of one lock file."""
    entries = {}
    for entry in re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text().strip()):
        found = re.match(r"([a-z0-9][a-z0-9._-]*)==(\S+)", entry)
        assert found is not None, f"{name}: expected a pinned package, found {entry[:60]!r}"
        entries[found[1]] = (found[2], re.findall(r"--hash=(sha256:[0-9a-f]{64})", entry))
    return entries


def test_files_stay_short() -> None:
    counted = {
        name_of(path): path.read_text().count("\n")
        for path in sources(*PACKAGES, "tests", "bench", "tools")
        if not is_migration(path)
    }
    assert {name: lines for name, lines in counted.items() if lines > FILE_LINES_MAX} == {}


def test_functions_stay_short() -> None:
    assert long_functions("def long():\n" + "    pass\n" * 70) == ["long: 71 lines"]
    found = {
        name_of(path): long_functions(path.read_text())
        for path in sources(*PACKAGES, "bench", "tools")
        if not is_migration(path)
    }
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_every_file_has_a_name_of_the_field() -> None:
    names = [path.relative_to(ROOT) for path in sources(*PACKAGES, "tests", "bench", "tools")]
    assert [str(path) for path in names if VAGUE_NAMES & {*path.parts, path.stem}] == []


@pytest.mark.parametrize("text", ["datetime.now(UTC)", "datetime.utcnow()", "date.today()", "time.time()"])
def test_one_module_reads_the_clock(text: str) -> None:
    assert READS_THE_CLOCK.search(text)
    assert not READS_THE_CLOCK.search("time.monotonic() + clock.now()")
    readers = [name_of(path) for path in sources(*PACKAGES) if READS_THE_CLOCK.search(path.read_text())]
    assert readers == [CLOCK]


def test_money_never_becomes_a_float() -> None:
    assert float_calls("amount = float(body['amount'])\nnever = float('inf')") == [1]
    found = {
        name_of(path): float_calls(path.read_text())
        for path in sources("issuers", "cashback", "eligibility")
        if not name_of(path).startswith(WITHOUT_MONEY)
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_comment_promises_to_finish_later() -> None:
    assert UNFINISHED.search("x = 1  # {}: round".format("TODO"))
    folders = (*PACKAGES, "tests", "bench", "tools", "docs", ".ci")
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    readable = [path for path in files if path.suffix in TEXT_SUFFIXES and "__pycache__" not in path.parts]
    assert [name_of(path) for path in readable if UNFINISHED.search(path.read_text())] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_names_versions_and_hashes_alone(lock: str) -> None:
    assert [name for name, (_, hashes) in lock_entries(lock).items() if not hashes] == []
    assert [line for line in (ROOT / lock).read_text().splitlines() if "://" in line or "index" in line] == []


def test_the_lock_of_development_contains_the_other_and_both_know_every_dependency() -> None:
    runtime, development = lock_entries("requirements.lock"), lock_entries("requirements-dev.lock")
    assert {name: pin for name, pin in runtime.items() if development.get(name) != pin} == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {"runtime": project["project"]["dependencies"], "dev": project["dependency-groups"]["dev"]}
    names = {
        kind: {re.split(r"[\[><=!~; ]", line)[0].lower().replace("_", "-") for line in lines}
        for kind, lines in asked.items()
    }
    assert names["runtime"] - set(runtime) == set()
    assert names["dev"] - set(development) == set()


def test_make_lists_its_targets() -> None:
    answer = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = [line.split()[1] for line in answer.stdout.splitlines()]
    targets = "help install install-dev run test check bench thorough crash reset clean"
    assert listed == targets.split()
