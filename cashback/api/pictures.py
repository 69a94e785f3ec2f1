"""Pictures in the bodies of the API: base64 in the standard alphabet."""

import binascii
from base64 import b64decode
from typing import Annotated

from pydantic import BeforeValidator


def _decoded(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("expected base64, in the standard alphabet and padded") from None


Picture = Annotated[bytes, BeforeValidator(_decoded, json_schema_input_type=str)]
