"""A food court: a stamp card of weekday lunches, a streak, small coffees, parking, and the night of 25 hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Story
from world import clearing, refund

PARIS = ZoneInfo("Europe/Paris")
WOK, TRATTORIA, BURGER, ESPRESSO, BAR = (f"005110000{number}" for number in range(1, 6))
COURT = "food-court"
GIFT = "GIFT:LUNCH"


def local(month: int, day: int, hour: int = 12, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


def a_story() -> Story:
    story = Story()
    story.link(local(10, 1))
    return story


def lunches(*days: int) -> Story:
    story = a_story()
    for day in days:
        story.buy(local(10, day), f"oct-{day}", 9_00, mid=WOK)
    return story


async def test_five_lunches_of_working_days_fill_a_card(engine: AsyncEngine) -> None:
    story = lunches(5, 6)
    story.buy(local(10, 6, 13), "again", 9_00, mid=BURGER)
    story.buy(local(10, 7, 14, 30), "too-late", 9_00, mid=WOK)
    story.buy(local(10, 8), "small", 7_99, mid=WOK)
    story.buy(local(10, 9), "oct-9", 9_00, mid=TRATTORIA)
    story.buy(local(10, 10), "saturday", 9_00, mid=WOK)
    story.buy(local(10, 12, 11, 30), "oct-12", 9_00, mid=WOK)
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {}
    assert ending.why_not("again", "fifth-lunch") == ["Stamp 2 of 5: only one a day"]
    assert ending.why_not("too-late", "fifth-lunch")[0] == "Between 11:30 and 14:30: you bought at 14:30"
    assert ending.why_not("small", "fifth-lunch")[0] == "Minimum spend €8.00: you spent €7.99"
    assert ending.why_not("saturday", "fifth-lunch")[0] == "Open Monday to Friday: you bought on Saturday"
    assert ending.why_not("oct-12", "fifth-lunch") == ["Stamp 4 of 5"]
    assert ending.verdict("oct-12", "fifth-lunch") == ("not_met", 1)
    story.buy(local(10, 13), "oct-13", 9_00, mid=WOK)
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {GIFT: (0, 1, 0, 0)}
    assert ending.stands("oct-13") == ("cleared", 9_00, {"fifth-lunch": 1})
    assert "Stamp 5 of 5: the card is full" in ending.why("oct-13", "fifth-lunch")


async def test_a_late_lunch_and_a_refund_move_the_gift(engine: AsyncEngine) -> None:
    story = lunches(5, 6, 8, 9, 12)
    assert (await story.replay(engine, COURT)).stands("oct-12")[2] == {"fifth-lunch": 1}
    story.tell(local(10, 13, 9), clearing("oct-7", 9_00, at=local(10, 7), mid=WOK))
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {GIFT: (0, 1, 0, 0)}
    assert (ending.stands("oct-9")[2], ending.stands("oct-12")[2]) == ({"fifth-lunch": 1}, {"fifth-lunch": 0})
    assert ending.why_not("oct-12", "fifth-lunch") == ["Stamp 1 of 5"]
    back = local(10, 14, 9)
    story.tell(back, refund("r", 9_00, at=back, of="oct-6", mid=WOK))
    ending = await story.replay(engine, COURT)
    assert (ending.stands("oct-9")[2], ending.stands("oct-12")[2]) == ({"fifth-lunch": 0}, {"fifth-lunch": 1})
    assert ending.wallet() == {GIFT: (0, 1, 0, 0)}
    story.pay(back, 1, asset=GIFT)
    story.tell(back, refund("r2", 9_00, at=back, of="oct-5", mid=WOK))
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {GIFT: (0, 0, 0, 1)}
    assert ending.stands("oct-12")[2] == {"fifth-lunch": 0}


async def test_four_weeks_in_a_row_become_money(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(local(10, 11, 20), "sunday", 10_00, mid=BURGER)
    story.buy(local(10, 12, 20), "monday", 10_00, mid=BURGER)
    story.buy(local(11, 1, 20), "november", 10_00, mid=BURGER)
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {}
    assert ending.why_not("november", "four-weeks") == ["4 weeks in a row: 1 so far"]
    story.tell(local(11, 2), clearing("late", 10_00, at=local(10, 19, 20), mid=WOK))
    ending = await story.replay(engine, COURT)
    assert ending.stands("november")[2] == {"four-weeks": 100}
    assert ending.why("november", "four-weeks")[-2:] == ["4 weeks in a row", "100 PTS per purchase"]
    assert ending.wallet() == {"PTS": (0, 0, 100, 0), "EUR": (0, 5_00, 0, 0)}
    back = local(11, 3)
    story.tell(back, refund("r", 2_01, at=back, of="monday", mid=BURGER))
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {}
    assert ending.why_not("november", "four-weeks") == ["4 weeks in a row: 2 so far"]


async def test_a_small_coffee_counts_once_a_day_with_each_card(engine: AsyncEngine) -> None:
    story = a_story()
    story.link(local(10, 1), card="card-2")
    story.buy(local(10, 5, 8), "first", 3_20, mid=ESPRESSO)
    story.buy(local(10, 5, 9), "second", 3_20, mid=ESPRESSO)
    story.buy(local(10, 5, 9), "other-card", 3_20, mid=ESPRESSO, card="card-2")
    story.buy(local(10, 5, 10), "large", 5_01, mid=ESPRESSO, card="card-2")
    story.buy(local(10, 6, 8), "tomorrow", 5_00, mid=ESPRESSO)
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {"PTS": (0, 15, 0, 0)}
    assert ending.why_not("second", "small-coffee") == ["At most once a day with one card: already reached"]
    assert ending.verdict("second", "small-coffee") == ("used_up", 1)
    assert ending.why_not("large", "small-coffee") == ["Only for purchases of up to €5.00: you spent €5.01"]


async def test_in_the_night_of_25_hours_the_hour_from_two_to_three_counts_twice(engine: AsyncEngine) -> None:
    story = a_story()
    for name, at in (
        ("before", datetime(2026, 10, 24, 19, 59, tzinfo=UTC)),
        ("summer", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("winter", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("three", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ):
        story.buy(at, name, 11_00, mid=BAR)
    ending = await story.replay(engine, COURT)
    assert ending.wallet() == {"PARKMIN": (0, 240, 0, 0)}
    assert ending.why_not("before", "night-parking") == ["Between 22:00 and 03:00: you bought at 21:59"]
    assert ending.why("summer", "night-parking")[1] == ending.why("winter", "night-parking")[1]
    assert ending.why_not("three", "night-parking") == ["Between 22:00 and 03:00: you bought at 03:00"]


async def test_an_hour_of_parking_a_day_and_the_longer_one_counts(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(local(10, 5), "lunch", 12_00, mid=WOK)
    story.buy(local(10, 5, 20), "dinner", 30_00, mid=WOK)
    story.buy(local(10, 5, 23), "drinks", 30_00, mid=BAR)
    story.buy(local(10, 6) - timedelta(hours=12, minutes=30), "midnight", 30_00, mid=BAR)
    ending = await story.replay(engine, COURT)
    assert ending.stands("lunch")[2] == {"lunch-parking": 60}
    assert ending.stands("dinner")[2] == {}
    assert ending.stands("drinks")[2] == {"night-parking": 120}
    assert ending.stands("midnight")[2] == {"night-parking": 120}
    assert ending.why_not("midnight", "lunch-parking") == ["Another offer gave more: night-parking, 120 PARKMIN"]
