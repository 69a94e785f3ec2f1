"""Write cashback/api/document/recorded.json: for each operation the fullest answer that tests of the API saw.

Run it in the development environment when answers changed, then tools/api_documents.py. It takes some minutes.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "cashback/api/document/recorded.json"
TESTS = ("tests/app/test_*routes.py", "tests/app/test_instalment_story.py", "tests/app/test_api_keys.py",
         "tests/app/test_probe_matrix.py", "tests/app/test_samples.py", "tests/app/test_request_log.py")  # fmt: skip
ROWS_MAX = 2
LETTERS_MAX = 4_000
HIDDEN = (
    (re.compile(r"\b(ck_(?:test|live)_|whsec_|whpk_|ssosec_)[\w+/=-]{8,}"), r"\1…"),
    (re.compile(r"([?&](?:t|token)=)[\w.~-]+"), r"\1…"),
    (re.compile(r"\bkey:(?:limited [0-9a-f]+|all|[^\"]* /v1/[^\"]*)"), "key:till"),
    (re.compile(r"\bsystem:tests\b"), "system:worker"),
    (re.compile(r"http://(?:inside|localhost(?::\d+)?|127\.0\.0\.1:\d+)"), "https://rewards.example"),
)
"""What opens a door, and what only tests call so."""


def shortened(value: Any) -> Any:
    """With few rows of each list."""
    if isinstance(value, list):
        return [shortened(each) for each in value[:ROWS_MAX]]
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    return value


def said(value: Any) -> int:
    """How much it says: fields that hold something."""
    if isinstance(value, dict):
        return sum(map(said, value.values()))
    if isinstance(value, list):
        return sum(map(said, value))
    return 0 if value in (None, "", False, 0) else 2 if value is not True else 1


def chosen(folder: Path) -> dict[str, Any]:
    """By operation, the answer that says most, told without secrets."""
    best: dict[str, tuple[int, str]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            seen = json.loads(line)
            text = json.dumps(shortened(seen["body"]), ensure_ascii=False)
            for pattern, instead in HIDDEN:
                text = pattern.sub(instead, text)
            weight = said(json.loads(text))
            if len(text) <= LETTERS_MAX and weight > best.get(seen["name"], (-1, ""))[0]:
                best[seen["name"]] = (weight, text)
    return {name: json.loads(text) for name, (_, text) in sorted(best.items())}


def main() -> None:
    """Run the tests, or read the folder of an earlier run."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(made)
        if len(sys.argv) == 1:
            files = [str(each) for pattern in TESTS for each in sorted(ROOT.glob(pattern))]
            environment = {**os.environ, "CASHBACK_RECORD": str(folder), "PYTHONPATH": str(ROOT)}
            command = [sys.executable, "-m", "pytest", "-q", *files]
            subprocess.run(command, check=True, cwd=ROOT, env=environment)  # noqa: S603 - built from constants
        KEPT.write_text(json.dumps(chosen(folder), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
