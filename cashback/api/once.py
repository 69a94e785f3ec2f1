"""The key under which a request acts once: what one may look like, for every route and for the document."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header

KEY_HEADER = "idempotency-key"
KEY_MAX = 200
KEY_SCHEMA: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[ -~]+$"}
RequiredKey = Annotated[str, Header(alias=KEY_HEADER, min_length=1, max_length=KEY_MAX)]
"""Of a request that moves money, claims or decides, which is refused without one. The gate looks at its characters."""
