"""Typed values of the request log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that was answered, redacted. `at` is its arrival, aware UTC."""

    operator_id: UUID
    id: UUID
    at: datetime
    key_id: UUID | None
    key_label: str
    method: str
    path: str
    query: str
    status: int
    code: str | None
    milliseconds: int
    idempotency_key: str | None
    asked: str | None
    answered: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; None: everything."""

    method: str | None = None
    outcome: str | None = None
    """`ok` below 400, `refused` below 500, `failed` from 500 on."""
    key_label: str | None = None
    path: str = ""
    """Part of the path."""
    code: str | None = None
    status: int | None = None
    idempotency_key: str | None = None
    request_id: UUID | None = None
    words: str = ""
    """Part of the path, or the whole of a request id, an idempotency key, a key's label, a code or a status."""
