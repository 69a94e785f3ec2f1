"""Bodies of requests: read no further than a body may be long, and refused where two readers could read two things.

A JSON body is text that PostgreSQL can hold (no NUL, no half of a surrogate pair), names no member twice, holds no
number that is none or that no column could hold, and nests no deeper than anything here does.
"""

import asyncio
import json
import math
from collections import Counter
from typing import Any, NoReturn

from starlette.types import Receive

from cashback.api.problems import Problem, TurnedAway
from cashback.errors import Invalid

BODY_MAX_BYTES = 8 * 1024 * 1024
"""A claim with its picture is the longest: 7 MB."""
BODY_SECONDS_MAX = 30.0
"""From the first look for it to its last byte."""
VALUES_MAX = 100_000
"""In one body of JSON: while they are read nobody else is answered."""
DEPTH_MAX = 40
_INTEGER_MAX = 2**63 - 1
_DIGITS_MAX = 20


async def read_body(receive: Receive, told_length: str | None) -> bytes:
    """The whole body. TurnedAway for one that is too long, told so or found so (413), or too slow (408)."""
    if told_length is not None and told_length.isdecimal() and int(told_length[:20]) > BODY_MAX_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            return await _pieces(receive)
    except TimeoutError:
        detail = f"the body took longer than {BODY_SECONDS_MAX:.0f} s"
        raise TurnedAway(Problem(408, "body_too_slow", detail), {"connection": "close"}) from None


async def _pieces(receive: Receive) -> bytes:
    data = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise TurnedAway(Problem(400, "incomplete", "the request ended before its body did"), {})
        data += message.get("body", b"")
        if len(data) > BODY_MAX_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(data)


def check_body(body: bytes, media_type: str) -> None:
    """Invalid for JSON that is ambiguous or that cannot be kept. What is not JSON is left to its route."""
    is_json = "json" in media_type.lower()
    if not body or (not is_json and body[:1] not in b"{["):
        return
    if sum(map(body.count, (b",", b"[", b"{"))) > VALUES_MAX:
        raise Invalid(f"body: more than {VALUES_MAX} values; send them in several requests")
    try:
        _check(json.loads(body.decode(), object_pairs_hook=_members, parse_constant=_no_number, parse_int=_integer))
    except RecursionError:
        raise _nested_too_deep() from None
    except UnicodeDecodeError:
        if is_json:
            raise Invalid("body: expected JSON in UTF-8") from None
    except json.JSONDecodeError as error:
        if is_json:
            raise Invalid(f"body: expected JSON; {error.msg} at character {error.pos}") from None


def check_address(raw_path: bytes, path: str, query: bytes) -> None:
    """Invalid for an address that holds a character of the value zero, which no text here can."""
    if b"%00" in raw_path or b"%00" in query or "\0" in path:
        raise Invalid("the address holds a character of the value zero; expected text")


def _check(value: Any) -> None:
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise _nested_too_deep()
        if isinstance(each, str):
            _check_text(each)
        elif isinstance(each, dict):
            for name in each:
                _check_text(name)
            waiting.extend((inner, depth + 1) for inner in each.values())
        elif isinstance(each, list):
            waiting.extend((inner, depth + 1) for inner in each)
        elif isinstance(each, float) and not math.isfinite(each):
            raise Invalid("body: a number is too large; expected one that can be kept")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Invalid("body: a text holds a character of the value zero")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Invalid("body: a text holds half of a surrogate pair") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise Invalid(f"body: {twice[:64]!a} stands twice in one object")
    return members


def _no_number(text: str) -> NoReturn:
    raise Invalid(f"body: {text} is no number")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX or abs(number := int(digits)) > _INTEGER_MAX:
        raise Invalid(f"body: a number is beyond {_INTEGER_MAX}")
    return number


def _nested_too_deep() -> Invalid:
    return Invalid(f"body: nested deeper than {DEPTH_MAX}")


def _too_large() -> TurnedAway:
    return TurnedAway(Problem(413, "too_large", f"a body has at most {BODY_MAX_BYTES} bytes"), {})
