"""Answers that tests see, kept for the examples of the document: `CASHBACK_RECORD=<folder>` names where.

`tools/api_examples.py` runs the tests so, and chooses.
"""

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

FOLDER = os.environ.get("CASHBACK_RECORD", "")
_FILE = f"{uuid4().hex}.jsonl"


def record(name: str, answer: httpx.Response) -> None:
    """Keep an answer in JSON to a request that succeeded."""
    if not FOLDER or not answer.is_success or answer.headers.get("content-type") != "application/json":
        return
    line: dict[str, Any] = {"name": name, "status": answer.status_code, "body": answer.json()}
    with (Path(FOLDER) / _FILE).open("a") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
