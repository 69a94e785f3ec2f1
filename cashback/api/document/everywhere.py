"""What all operations share: the key, the version, the headers of answers, refusals as problem documents."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from cashback.api.document.scopes import told
from cashback.api.once import KEY_SCHEMA
from cashback.api.problems import CHALLENGE, MEDIA_TYPE, TYPE_PREFIX
from cashback.api.versions import NEWEST, VERSIONS

DESCRIPTION = """\
A rewards engine for shopping centres. Amounts are integers: minor units of a currency, or whole units of an asset.
Instants carry their zone, ids their prefix. Lists are pages (`limit`, `cursor`). Every refusal is a problem document
(RFC 9457) with a stable `code`. A POST with an `Idempotency-Key` acts once: its repeat is answered as the first was.
"""
_RETRIED = (409, 429, 503)
SHARED: Mapping[int, tuple[str, ...]] = {
    400: ("incomplete", "malformed"),
    401: ("api_key_missing", "api_key_unknown"),
    403: ("scope_missing",),
    404: ("no_programme", "not_found"),
    408: ("body_too_slow",),
    409: ("idempotency_in_flight", "idempotency_key_reused"),
    413: ("too_large",),
    422: ("invalid", "unknown_parameter", "unknown_version"),
    429: ("too_many",),
    500: ("internal",),
    503: ("try_again",),
}
"""Codes by status, whichever the operation; 400, 408 and 413 where there is a body, 409 where a key may be repeated."""
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457)",
    "properties": {
        "type": {"type": "string", "pattern": f"^{TYPE_PREFIX}"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for the person who integrates"},
        "code": {"type": "string", "description": "For machines; it never changes its meaning"},
        "scope": {"type": "string", "description": "Of `scope_missing`: a scope that would be enough"},
    },
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": False,
}


def components() -> dict[str, Any]:
    """Beside the schemas: the security scheme, parameters and headers."""
    return {
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "ck_live_… or ck_test_…",
                "description": f"Of one operator and one mode. Its scopes say what it may do:\n\n{told()}\n\n"
                "Each operation names the scope that it asks for; where it names two, either is enough.",
            }
        },
        "parameters": {
            "IdempotencyKey": _key(required=False),
            "IdempotencyKeyRequired": _key(required=True),
            "Version": {
                "name": "Cashback-Version",
                "in": "header",
                "required": False,
                "description": "The version to be answered in; the newest if left out.",
                "schema": {"$ref": "#/components/schemas/ApiVersion"},
            },
        },
        "responses": {name_of(status): _refusal(status, codes) for status, codes in SHARED.items()},
        "headers": {
            "Version": _header("The version that answered", NEWEST),
            "Mode": {"description": "Of the key", "schema": {"type": "string", "enum": ["live", "test"]}},
            "RateLimit": _header("What is left: units, and seconds until all are back", '"key";r=5999;t=1'),
            "RateLimitPolicy": _header("What there is: units in a window of seconds", '"key";q=6000;w=60'),
            "RequestId": _header("Names this request in the log", "req_01kbcr4zsyfcxa3wp4tqktv42j"),
            "Replayed": _header("The answer of an earlier request with the same key", "true"),
            "Challenge": _header("How to present a key (RFC 6750)", CHALLENGE),
            "RetryAfter": _header("Seconds to wait", "1"),
        },
    }


def shared_shapes() -> dict[str, Any]:
    """Among the schemas: a refusal, and the versions."""
    version = {"type": "string", "description": "A version of the API", "enum": list(VERSIONS)}
    return {"Problem": dict(PROBLEM), "ApiVersion": version}


def headers_of_success(*, repeatable: bool) -> dict[str, Any]:
    """Of a 2xx; `repeatable`: of a request that may carry an idempotency key."""
    told = {"Cashback-Version": "Version", "Cashback-Mode": "Mode"}
    told |= {"X-Request-Id": "RequestId"}
    told |= {"RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}
    if repeatable:
        told["Idempotency-Replayed"] = "Replayed"
    return {name: {"$ref": f"#/components/headers/{each}"} for name, each in told.items()}


def name_of(status: int) -> str:
    """The name of the refusals that all operations share."""
    return HTTPStatus(status).phrase.title().replace(" ", "")


def refusal(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    """The refusals of one status, with the codes that say which it is; told once where many operations share them."""
    if SHARED.get(status) == codes:
        return {"$ref": f"#/components/responses/{name_of(status)}"}
    return _refusal(status, codes)


def _refusal(status: int, codes: Sequence[str]) -> dict[str, Any]:
    """`x-codes` holds the codes for programs: one plain shape of all refusals is what generators of clients read."""
    phrase = HTTPStatus(status).phrase
    response: dict[str, Any] = {
        "description": f"{phrase}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": {
            "Cashback-Version": {"$ref": "#/components/headers/Version"},
            "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
        },
        "x-codes": list(codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": {
                    "type": TYPE_PREFIX + codes[0],
                    "title": codes[0].replace("_", " ").capitalize(),
                    "status": status,
                    "detail": "what was asked, and what was expected",
                    "code": codes[0],
                },
            }
        },
    }
    if status == HTTPStatus.UNAUTHORIZED:
        response["headers"]["WWW-Authenticate"] = {"$ref": "#/components/headers/Challenge"}
    if status in _RETRIED:
        response["headers"]["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    return response


def _header(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "example": example}


def _key(*, required: bool) -> dict[str, Any]:
    said = "The same key and request again: the same answer, and one effect. Kept for three days."
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": required,
        "description": said,
        "schema": dict(KEY_SCHEMA),
        "example": "019ad0c2-order-1042",
    }
