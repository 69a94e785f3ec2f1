"""Write what people read of the API: docs/openapi.json and docs/errors.md.

Run it in the development environment after a route was changed: .venv/bin/python tools/api_documents.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/app")]

from whole_api import written_document, written_errors  # noqa: E402 - found by the path above

if __name__ == "__main__":
    (ROOT / "docs/openapi.json").write_text(written_document())
    (ROOT / "docs/errors.md").write_text(written_errors())
