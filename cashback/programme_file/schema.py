"""The JSON Schema of a programme file, for editors and for whoever writes one by program.

`python -m cashback.programme_file.schema > docs/programme.schema.json` writes the published copy; a test compares them.
"""

import json
from typing import Any

from cashback.programme_file.document import ProgrammeFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema as a document of its own."""
    return {"$schema": DIALECT, **ProgrammeFile.model_json_schema(), "title": "Programme file"}


def text() -> str:
    """The schema as it is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
