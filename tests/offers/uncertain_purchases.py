"""Purchases whose time is an interval, as the rules get them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from offer_builders import PARIS, a_purchase

from cashback.offers.schemas import Spend
from cashback.offers.uncertainty import in_zone
from issuers.events import TimeBasis


def on_a_day(text: str, *, until: str | None = None, zone: ZoneInfo = PARIS, minor: int = 50_00, **more: Any) -> Spend:
    """A purchase of which a source told only the day, or the first and the last day, and no zone."""
    first, last = date.fromisoformat(text), date.fromisoformat(until or text)
    begin = datetime.combine(first, time(0), UTC)
    end = datetime.combine(last, time(0), UTC) + timedelta(days=1)
    return in_zone(a_purchase(minor, at=begin, purchased_until=end, time_basis=TimeBasis.DATE, **more), zone)


def without_a_zone(text: str, minor: int = 50_00, **more: Any) -> Spend:
    """A purchase of which a source told a local time and not where: read as UTC."""
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return a_purchase(minor, at=at, purchased_until=at, time_basis=TimeBasis.ASSUMED_UTC, **more)


def between(first: datetime, until: datetime, minor: int = 50_00, **more: Any) -> Spend:
    """A purchase made at some instant of an interval."""
    return a_purchase(minor, at=first, purchased_until=until, time_basis=TimeBasis.MERCHANT_LOCAL, **more)
