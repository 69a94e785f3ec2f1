"""What a form of the console sent: its texts, days and ids; files are read apart."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.requests import Request

from cashback.errors import Invalid

TEXT_MAX = 500

Sent = Mapping[str, str]


async def sent(request: Request, *, most: int = TEXT_MAX) -> Sent:
    """The texts of a form that `guarded` let through, without blanks around them; the last value of a name holds."""
    found: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            continue
        text = value.replace("\0", "").strip()
        if len(text) > most:
            raise Invalid(f"{name[:40]}: expected at most {most} characters, got {len(text)}", code="too_long")
        found[name] = text
    return found


def midnight(text: str, zone: ZoneInfo, name: str) -> datetime | None:
    """The first instant of a day in a zone, in UTC; None of an empty text. Invalid names the field."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{name}: expected a day such as 2026-11-21, got {text[:40]!r}", code="bad_day") from None
    return datetime.combine(day, time(0), zone).astimezone(UTC)
