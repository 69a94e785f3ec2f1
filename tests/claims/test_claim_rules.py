"""Which purchases may be claimed: the days and the links, at their edges."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from cashback.claims.pictures import media_type
from cashback.claims.rules import check_day, interval_of, looked_at_from
from cashback.errors import Invalid
from cashback.shoppers.schemas import CardLink
from issuers.registry import RECEIPT

PARIS = ZoneInfo("Europe/Paris")
DAY = date(2026, 11, 10)
BEGIN, END = datetime(2026, 11, 9, 23, tzinfo=UTC), datetime(2026, 11, 10, 23, tzinfo=UTC)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
NOON = datetime(2026, 11, 10, 11, tzinfo=UTC)
"""Of that day, in Paris."""


def a_link(linked: datetime, unlinked: datetime | None = None, network: str = "fidel") -> CardLink:
    return CardLink(network, "token", UUID(int=1), UUID(int=2), linked, unlinked)


@pytest.mark.parametrize(
    ("day", "now", "code"),
    [
        (DAY, BEGIN, None),
        (DAY, BEGIN - timedelta(microseconds=1), "in_future"),
        (DAY, END + timedelta(days=90) - timedelta(microseconds=1), None),
        (DAY, END + timedelta(days=90), "too_old"),
    ],
)
def test_days_are_counted_where_the_shop_is(day: date, now: datetime, code: str | None) -> None:
    if code is None:
        check_day(day, PARIS, now)
        return
    with pytest.raises(Invalid) as caught:
        check_day(day, PARIS, now)
    assert caught.value.code == code


INTERVALS: dict[str, tuple[list[CardLink], time | None, datetime | str]] = {
    "linked for ever": ([a_link(BEGIN - timedelta(days=9))], None, BEGIN),
    "linked as the day began": ([a_link(BEGIN)], None, BEGIN),
    "linked at noon, no time": ([a_link(NOON)], None, "time_needed"),
    "linked at noon, bought before": ([a_link(NOON)], time(11, 59), "not_linked"),
    "linked at noon, bought then": ([a_link(NOON)], time(12), NOON),
    "linked the day after": ([a_link(END)], None, "not_linked"),
    "unlinked at noon, bought before": ([a_link(BEGIN, NOON)], time(11), BEGIN),
    "unlinked at noon, bought after": ([a_link(BEGIN, NOON)], time(12), "not_linked"),
    "unlinked as the day began": ([a_link(BEGIN - timedelta(days=9), BEGIN)], None, "not_linked"),
    "another one linked at noon": ([a_link(BEGIN - timedelta(days=9)), a_link(NOON)], time(13), BEGIN),
    "two of which one is unlinked": ([a_link(BEGIN - timedelta(days=9), BEGIN), a_link(NOON)], time(13), NOON),
    "claims linked, nothing else": ([a_link(BEGIN - timedelta(days=9), network=RECEIPT)], None, "not_linked"),
    "nothing linked": ([], None, "not_linked"),
}


@pytest.mark.parametrize("case", INTERVALS)
def test_what_was_bought_while_nothing_was_linked_never_counts(case: str) -> None:
    links, told, expected = INTERVALS[case]
    if isinstance(expected, datetime):
        assert interval_of(DAY, told, PARIS, links, LATER) == (expected, END)
        return
    with pytest.raises(Invalid) as caught:
        interval_of(DAY, told, PARIS, links, LATER)
    assert caught.value.code == expected


def test_a_day_is_as_long_as_it_was_there() -> None:
    links = [a_link(datetime(2026, 1, 1, tzinfo=UTC))]
    for day, hours in ((date(2026, 10, 25), 25), (date(2027, 3, 28), 23), (DAY, 24)):
        since, until = interval_of(day, None, PARIS, links, datetime(2027, 4, 1, tzinfo=UTC))
        assert until - since == timedelta(hours=hours)


def test_a_person_looks_from_the_fourth_day_on() -> None:
    assert looked_at_from(DAY, PARIS) == datetime(2026, 11, 13, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"RIFF\x10\x00\x00\x00WAVE", None),
        (b"GIF89a", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_its_first_bytes_say(begins: bytes, kind: str | None) -> None:
    if kind is None:
        with pytest.raises(Invalid, match="by its first bytes"):
            media_type(begins)
    else:
        assert media_type(begins) == kind
