"""Figures inside sentences that were written for machines, as a page's language writes them."""

import re
from datetime import datetime, tzinfo

from cashback import money
from cashback.web.formats import Formats

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+(?:Z|[+-]\d{2}:\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"(\d+\.\d{2})[ \u00a0]([A-Z]{3})")


def readable(text: str, formats: Formats, zone: tzinfo) -> str:
    """A sentence with its instants, days and amounts as people read them."""
    text = _INSTANT.sub(lambda found: formats.moment(datetime.fromisoformat(found[0]), zone), text)
    text = _DAY.sub(lambda found: formats.tongue.day(found[0]), text)
    return _MONEY.sub(lambda found: formats.money(money.minor(found[1], found[2]), found[2]), text)
