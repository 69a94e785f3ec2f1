"""Which purchases may be claimed at all: when, where, and with which instrument linked. Pure.

The ages are those after which networks take a missing transaction: Fidel from day 4, back to day 90 (vendor
documentation of 2026-07-23).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cashback.claims.schemas import Asked
from cashback.errors import Invalid
from cashback.programmes.schemas import is_currency
from cashback.shoppers.schemas import CardLink
from issuers.card_numbers import mask_text
from issuers.registry import NO_INSTRUMENTS

OLDEST_DAYS = 90
"""A purchase made longer ago cannot be claimed any more."""
LOOKED_AT_DAYS = 4
"""So many days after the purchase it may still be told by itself: a person accepts none before."""
OPEN_MAX = 5
"""Open claims of one shopper."""
CANCELLED_MAX, CANCELLED_WITHIN = 5, timedelta(days=1)
"""Of one shopper: after so many cancelled within that time none is taken. Cancelling makes room among the open ones,
and each claim may keep a picture."""
AMOUNT_MAX = 100_000_000
"""Minor units: more than anybody pays in a shop by card."""
KEY_MAX = 200


def check_told(asked: Asked) -> None:
    """Invalid for an amount, a currency, a time, digits or a key that cannot be."""
    if not 0 < asked.amount_minor <= AMOUNT_MAX:
        raise Invalid(f"amount_minor: expected 1 to {AMOUNT_MAX} minor units, got {asked.amount_minor}")
    if not is_currency(asked.currency):
        raise Invalid(f"currency: expected an ISO 4217 code such as EUR, got {asked.currency[:8]!r}")
    if asked.last_four is not None and not (len(asked.last_four) == 4 and asked.last_four.isdecimal()):
        raise Invalid("last_four: expected the last four digits of the card")
    if asked.told_time is not None and asked.told_time.tzinfo is not None:
        raise Invalid("time: expected a time of the shop's own clock, without an offset")
    if not 1 <= len(asked.key) <= KEY_MAX or not asked.key.isprintable():
        raise Invalid(f"the idempotency key has 1 to {KEY_MAX} printable characters")
    if mask_text(f"{asked.key}\n{asked.shop}") != f"{asked.key}\n{asked.shop}":
        raise Invalid("the key or the shop looks like a card number; nothing was stored", code="card_number")


def check_day(day: date, zone: ZoneInfo, now: datetime) -> None:
    """Invalid for a day that is too long ago, or not yet."""
    today = now.astimezone(zone).date()
    if day > today:
        raise Invalid(f"{day.isoformat()} lies in the future: it is {today.isoformat()} there", code="in_future")
    if (today - day).days > OLDEST_DAYS:
        oldest = today - timedelta(days=OLDEST_DAYS)
        raise Invalid(
            f"a purchase of {day.isoformat()} is too old: claims are taken of {oldest.isoformat()} and later",
            code="too_old",
        )


def looked_at_from(day: date, zone: ZoneInfo) -> datetime:
    """From when on a person may accept a claim for a purchase of this day."""
    return _midnight(day + timedelta(days=LOOKED_AT_DAYS), zone)


def interval_of(
    day: date, told: time | None, zone: ZoneInfo, links: Iterable[CardLink], now: datetime
) -> tuple[datetime, datetime]:
    """The instants of a day at which a claimed purchase counts, half-open; Invalid where there are none.

    A purchase counts only if an instrument of the shopper was linked when it was made. A day is all that a claim tells,
    so the instrument must have been linked when the day began; on the very day of the link the told time decides.
    """
    since, until = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    instruments = [each for each in links if each.network not in NO_INSTRUMENTS]
    moment = since if told is None else datetime.combine(day, told, zone).astimezone(UTC)
    if moment > now:
        raise Invalid(f"{day.isoformat()} at {told} lies in the future", code="in_future")
    begins = [max(since, each.linked_at) for each in instruments if _covers(each, moment)]
    if begins:
        return min(begins), until
    if told is None and any(since < each.linked_at < until for each in instruments):
        raise Invalid(
            "a card was linked on the day of this purchase: tell the time too, what was bought before does not count",
            code="time_needed",
        )
    raise Invalid(
        f"no card or account of this shopper was linked on {day.isoformat()}: what is bought then never counts",
        code="not_linked",
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _covers(link: CardLink, moment: datetime) -> bool:
    return link.linked_at <= moment and (link.unlinked_at is None or moment < link.unlinked_at)
