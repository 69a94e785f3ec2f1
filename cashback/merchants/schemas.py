"""A shop and the identifiers by which providers name it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

_DATE_LENGTH = len("2026-11-21")
_SHOWN_MAX = 64


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop of one centre."""

    id: UUID
    code: str
    name: str
    brand: str
    category: str
    """Merchant category code, ISO 18245."""
    floor: str
    area: str
    """The part of the centre it lies in, by the operator's own name (food court); empty where none is told."""
    centre_id: UUID


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name of a shop in one scheme of one network, over a half-open interval of purchase times."""

    network: str
    scheme: str
    value: str
    shop_id: UUID
    valid_from: datetime | None
    """Aware UTC; None: always was."""
    valid_until: datetime | None
    """Aware UTC, excluded; None: still is."""


def instant(text: str, zone: ZoneInfo) -> datetime | None:
    """A date as its first instant in a zone, or an instant with its offset, in UTC; None of an empty text."""
    if not text:
        return None
    try:
        if len(text) <= _DATE_LENGTH:
            return datetime.combine(date.fromisoformat(text), time(0), tzinfo=zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ValueError(f"expected a date such as 2026-11-21, got {text[:_SHOWN_MAX]!r}") from None
    if at.tzinfo is None:
        raise ValueError(f"expected an offset, such as 2026-11-21T10:00:00+01:00, got {text[:_SHOWN_MAX]!r}")
    return at.astimezone(UTC)
