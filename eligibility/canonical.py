"""One byte string for one value: what records are compared, hashed and sealed by."""

import hashlib
import json
from typing import Any

from eligibility.errors import Unreadable

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _no_fraction(text: str) -> Any:
    raise Unreadable("fraction", f"expected whole numbers only, found {text[:32]}")


_decode = json.JSONDecoder(parse_float=_no_fraction, parse_constant=_no_fraction).decode


def encode(value: Any) -> bytes:
    """UTF-8 JSON with sorted names and no spaces. Values are whole numbers, texts, booleans, null, lists and
    objects."""
    return _encode(value).encode()


def decode(data: bytes) -> Any:
    """The value of JSON bytes; a number with a fraction is refused, because no field of this library has one.

    Raises Unreadable: no JSON, no UTF-8, or a fraction.
    """
    try:
        return _decode(data.decode())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Unreadable("no_json", f"expected JSON in UTF-8: {error}") from error


def digest(data: bytes) -> str:
    """SHA-256 in small hexadecimal letters."""
    return hashlib.sha256(data).hexdigest()
