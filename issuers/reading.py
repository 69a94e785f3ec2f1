"""Reading JSON and times of a verified message: every failure becomes `Unreadable` with what, where and expected."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from issuers.errors import Unreadable
from issuers.events import MerchantIdentifier, TimeBasis

T = TypeVar("T")

TOKEN_MAX = 255
"""Longest id taken from a provider. Documented ids are below 100 characters; an index row must stay small."""

_SPACED_COLON = re.compile(r"\s*:\s*")
_ENCODER = msgspec.json.Encoder(order="deterministic", decimal_format="number")


def decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    """A JSON decoder in which no number can become a float."""
    return msgspec.json.Decoder(kind, float_hook=Decimal)


def read(decode: "msgspec.json.Decoder[T]", body: bytes, message: str) -> T:
    """Decode a body; raises `Unreadable` naming the message and the path of the field that does not fit."""
    # PostgreSQL text cannot hold U+0000, so a message that carries one is set aside here and not in the database.
    if b"\\u0000" in body:
        raise Unreadable(f"{message}: expected text without the character U+0000")
    try:
        return decode.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise Unreadable(f"{message}: {error}") from error


def token(value: str | None) -> str | None:
    """An id of a provider that may be stored and indexed, or None."""
    return value if value and len(value) <= TOKEN_MAX and "\x00" not in value else None


def required_token(value: str | None, where: str) -> str:
    """As `token`, but raises `Unreadable` when there is none."""
    kept = token(value)
    if kept is None:
        raise Unreadable(f"{where}: expected an id of 1 to {TOKEN_MAX} characters, got {str(value)[:32]!r}")
    return kept


def identifiers(*pairs: tuple[str, str | int | None]) -> tuple[MerchantIdentifier, ...]:
    """The merchant identifiers that say something: null, blank and "0" stand for "not known" in practice."""
    found = ((scheme, str(value).strip()) for scheme, value in pairs if value is not None)
    return tuple(MerchantIdentifier(scheme, value) for scheme, value in found if value not in ("", "0"))


def string_values(metadata: object) -> dict[str, str]:
    """What an integrator attached, flattened to strings: numbers as written, nested values as JSON, null left out."""
    if not isinstance(metadata, Mapping):
        return {}
    return {
        str(key): value if isinstance(value, str) else _ENCODER.encode(value).decode()
        for key, value in metadata.items()
        if value is not None
    }


def instant(text: str | None, where: str) -> datetime:
    """An ISO 8601 time of the provider's own clock as aware UTC; without an offset it is UTC by its documentation.

    Lenient about spaces around the colons, which one documented Fidel sample prints.
    """
    moment = _iso(text, where)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise Unreadable(f"{where}: expected a time between the years 1 and 9999, got {text!r}") from error


def unix_instant(seconds: int, where: str) -> datetime:
    """Unix seconds as aware UTC; raises `Unreadable` outside the years 1 to 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise Unreadable(f"{where}: expected unix seconds, got {str(seconds)[:32]}") from error


def merchant_time(text: str | None, zone: str | None, where: str) -> tuple[datetime, datetime, TimeBasis]:
    """A shop's local time as the UTC interval it may mean, and how it was understood.

    * With an offset of its own it is an instant.
    * In a known zone it is one instant, except in the hour that is repeated when clocks go back: then the interval runs
      from the first reading to the second. A local time that clocks skipped is read with the offset before the change,
      as a terminal whose clock was not yet moved would print it.
    * Without a zone (or with one that the zone database does not know) it is read as UTC. The interval is then not
      widened by the 26 hours of all zones: the basis `ASSUMED_UTC` says how little is known, and the rules decide.
    """
    local = _iso(text, where)
    try:
        if local.tzinfo is not None:
            moment = local.astimezone(UTC)
            return moment, moment, TimeBasis.INSTANT
        place = _zone(zone)
        if place is None:
            moment = local.replace(tzinfo=UTC)
            return moment, moment, TimeBasis.ASSUMED_UTC
        first = local.replace(tzinfo=place, fold=0).astimezone(UTC)
        second = local.replace(tzinfo=place, fold=1).astimezone(UTC)
    except OverflowError as error:
        raise Unreadable(f"{where}: expected a time between the years 1 and 9999, got {text!r}") from error
    return first, max(first, second), TimeBasis.MERCHANT_LOCAL


def _iso(text: str | None, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_SPACED_COLON.sub(":", text) if text and " " in text else text or "")
    except ValueError:
        moment = None
    # A bare date would parse as midnight, a precision nobody told.
    if moment is None or ":" not in (text or ""):
        raise Unreadable(f"{where}: expected an ISO 8601 date and time, got {str(text)[:40]!r}")
    return moment


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # KeyError is how zoneinfo says "no such zone"; a folder or a path outside its database are the others.
        return None
