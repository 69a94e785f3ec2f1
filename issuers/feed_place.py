"""What a feed does not say of itself and the operator's registration does: its currency, and the zone of its times.

Some feeds tell amounts without a currency and times without a zone. Both stand in the last segment of the registered
address, or in the event under which a file's records are kept: `EUR`, or with a zone `EUR.Europe.Paris`, where the
points stand for the zone's slashes. Without a zone its times are read as UTC and marked so.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from issuers.currencies import currency_code
from issuers.errors import Unreadable

_SEGMENT = re.compile(r"([A-Z]{3})(?:\.([A-Za-z0-9_.-]{1,64}))?")


class FeedPlace(NamedTuple):
    """A currency (ISO 4217) and the zone of the shops (IANA), if it is known."""

    currency: str
    zone: str | None

    @property
    def segment(self) -> str:
        """As it is written: `EUR.Europe.Paris`."""
        return self.currency if self.zone is None else f"{self.currency}.{self.zone.replace('/', '.')}"


@lru_cache(maxsize=256)
def feed_place(segment: str | None, where: str) -> FeedPlace:
    """Read a segment; raises `Unreadable` for none, for an unknown currency and for an unknown zone."""
    parts = _SEGMENT.fullmatch(segment or "")
    if parts is None:
        raise Unreadable(
            f"{where}: expected the currency and the zone as the last segment of the address, such as "
            f"EUR.Europe.Paris, got {(segment or 'none')[:64]!r}"
        )
    currency = currency_code(parts[1])
    zone = parts[2].replace(".", "/") if parts[2] else None
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError):
            raise Unreadable(f"{where}: expected a zone such as Europe.Paris, got {parts[2]!r}") from None
    return FeedPlace(currency, zone)
