"""Refusals over HTTP, as problem documents: RFC 9457, with the stable `code` of the refusal as an extension member."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import structlog

from cashback.db.failures import is_passing
from cashback.errors import ProductError, ScopeMissing, TooMany, TryAgain, Unauthorised

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:cashback:problem:"
RETRY_AFTER = {"retry-after": "1"}
CHALLENGE = 'Bearer realm="cashback"'

_encoder = msgspec.json.Encoder()
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal: its HTTP status, its code for machines and a sentence for the person who integrates."""

    status: int
    code: str
    detail: str
    scope: str | None = None
    """Of `scope_missing`: one that would be enough."""

    @property
    def title(self) -> str:
        """The same short text for every occurrence of a code, as RFC 9457 section 3.1.3 wants it."""
        return self.code.replace("_", " ").capitalize()

    def document(self) -> bytes:
        """The body to send as `MEDIA_TYPE`."""
        return _encoder.encode(
            {
                "type": TYPE_PREFIX + self.code,
                "title": self.title,
                "status": self.status,
                "detail": self.detail,
                "code": self.code,
                **({} if self.scope is None else {"scope": self.scope}),
            }
        )


class TurnedAway(Exception):
    """Refused before any route was reached, with the headers that say when to come back."""

    def __init__(self, problem: Problem, headers: Mapping[str, str]) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = headers


def waiting_seconds(wait: timedelta) -> int:
    """Whole seconds for `Retry-After`, one at least: who comes back then is not too early."""
    return max(1, math.ceil(wait.total_seconds()))


def problem_of(error: Exception, path: str) -> tuple[Problem, Mapping[str, str]]:
    """What is answered to whom this was raised for, and headers beside it; a surprise is logged under a reference."""
    if isinstance(error, TurnedAway):
        return error.problem, error.headers
    if isinstance(error, TooMany | TryAgain):
        return Problem(error.status, error.code, error.detail), {"retry-after": str(waiting_seconds(error.retry_after))}
    if isinstance(error, ScopeMissing):
        return Problem(error.status, error.code, error.detail, error.scope), {}
    if isinstance(error, Unauthorised):
        # RFC 6750: a request without a key is told how to present one, and no error.
        challenge = CHALLENGE if error.code == "api_key_missing" else f'{CHALLENGE}, error="invalid_token"'
        return Problem(error.status, error.code, error.detail), {"www-authenticate": challenge}
    if isinstance(error, ProductError):
        return Problem(error.status, error.code, error.detail), {}
    if is_passing(error):
        _log.warning("api.passing", path=path, error=type(error).__name__)
        return Problem(503, "try_again", "the database could not do this now: send the same request again"), RETRY_AFTER
    reference = uuid.uuid4().hex[:12]
    _log.error("api.surprise", reference=reference, path=path, exc_info=error)
    detail = f"something went wrong here and nothing was written; tell us this reference: {reference}"
    return Problem(500, "internal", detail), {}
