"""A December: a hamper for a sum over shops, a trail, parking for a day's receipts, a perk, cashback on a week."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Story
from world import clearing, refund

PARIS = ZoneInfo("Europe/Paris")
TOYS, BOOKS, SOUND, PERFUME, CHOCOLATE = (f"005410000{number}" for number in range(1, 6))
STARS = "christmas-trail"
HAMPER, TICKETS, PERK = "GIFT:HAMPER", "TICKET:noel", "PERK:PAY-IN-3"


def local(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=PARIS)


def a_story() -> Story:
    story = Story()
    story.link(local(11, 20))
    return story


def a_december() -> Story:
    """80, 70 and 60 EUR over three shops, one in each week."""
    story = a_story()
    story.buy(local(12, 3), "toys", 80_00, mid=TOYS)
    story.buy(local(12, 8), "books", 70_00, mid=BOOKS)
    story.buy(local(12, 15), "sound", 60_00, mid=SOUND)
    return story


async def test_a_hamper_for_two_hundred_over_three_shops(engine: AsyncEngine) -> None:
    story = a_december()
    ending = await story.replay(engine, STARS)
    assert ending.wallet() == {HAMPER: (0, 1, 0, 0), TICKETS: (0, 2, 0, 0), "PARKMIN": (0, 360, 0, 0)}
    assert ending.stands("sound")[2] == {"hamper": 1, "every-hundred": 1, "parking-of-the-day": 120}
    assert ending.why("sound", "hamper")[1] == "You reached €200.00 in one month: €210.00"
    assert ending.why_not("books", "hamper") == [
        "Spend €200.00 at 3 shops in one month: €150.00 so far, number of shops: 2"
    ]
    assert ending.why_not("sound", "star-trail") == ["4 shops to visit in all: 3 so far"]


async def test_a_refund_takes_the_hamper_and_a_fourth_shop_brings_it_back(engine: AsyncEngine) -> None:
    story = a_december()
    back = local(12, 16)
    story.tell(back, refund("r", 20_00, at=back, of="books", mid=BOOKS))
    ending = await story.replay(engine, STARS)
    assert ending.wallet() == {TICKETS: (0, 1, 0, 0), "PARKMIN": (0, 360, 0, 0)}
    assert ending.stands("sound")[2] == {"hamper": 0, "every-hundred": 0, "parking-of-the-day": 120}
    assert ending.why_not("sound", "hamper") == ["Spend €200.00 in one month: €190.00 so far, €10.00 to go"]
    story.buy(local(12, 20), "perfume", 15_00, mid=PERFUME)
    ending = await story.replay(engine, STARS)
    assert ending.stands("perfume")[2] == {"hamper": 1, "every-hundred": 1, "star-trail": 5}
    assert ending.wallet() == {HAMPER: (0, 1, 0, 0), TICKETS: (0, 7, 0, 0), "PARKMIN": (0, 360, 0, 0)}


async def test_a_hamper_that_was_collected_is_not_owed_back(engine: AsyncEngine) -> None:
    story = a_december()
    story.pay(local(12, 16), 1, asset=HAMPER)
    story.tell(local(12, 17), refund("r", 60_00, at=local(12, 17), of="sound", mid=SOUND))
    ending = await story.replay(engine, STARS)
    assert ending.wallet() == {HAMPER: (0, 0, 0, 1), TICKETS: (0, 1, 0, 0), "PARKMIN": (0, 240, 0, 0)}


async def test_the_stock_of_hampers_ends(engine: AsyncEngine) -> None:
    story = a_december()
    story.link(local(12, 16), shopper="ben", card="card-2")
    for mid in (TOYS, BOOKS, SOUND):
        story.buy(local(12, 17), f"ben-{mid[-1]}", 70_00, mid=mid, card="card-2")
    ending = await story.replay(engine, STARS, ("budget: 150", "budget: 1"))
    assert ending.wallet()[HAMPER] == (0, 1, 0, 0)
    assert HAMPER not in ending.wallet("ben")
    assert ending.why_not("ben-3", "hamper") == [
        "The budget of the offer is used up since 15 Dec 2026: 1 GIFT:HAMPER could not be given"
    ]
    assert ending.verdict("ben-3", "hamper") == ("used_up", 1)


async def test_a_late_message_moves_the_trail(engine: AsyncEngine) -> None:
    story = a_story()
    for day, ref, mid in ((2, "toys", TOYS), (4, "books", BOOKS), (6, "sound", SOUND), (8, "perfume", PERFUME)):
        story.buy(local(12, day), ref, 10_00, mid=mid)
    ending = await story.replay(engine, STARS)
    assert ending.stands("perfume")[2] == {"star-trail": 5}
    story.tell(local(12, 9), clearing("chocolate", 10_00, at=local(12, 3), mid=CHOCOLATE))
    ending = await story.replay(engine, STARS)
    assert (ending.stands("sound")[2], ending.stands("perfume")[2]) == ({"star-trail": 5}, {"star-trail": 0})
    assert ending.why_not("perfume", "star-trail") == ["You had visited 4 shops in all before: it counts once"]
    assert ending.wallet() == {TICKETS: (0, 5, 0, 0)}


async def test_the_receipts_of_a_day_are_those_until_midnight(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(local(12, 5, 23, 59, 59), "saturday", 30_00, mid=TOYS)
    story.buy(local(12, 6, 0), "sunday", 30_00, mid=TOYS)
    story.buy(local(12, 6, 18), "evening", 20_00, mid=BOOKS)
    story.buy(local(12, 6, 19), "later", 90_00, mid=BOOKS)
    ending = await story.replay(engine, STARS)
    assert "parking-of-the-day" not in ending.stands("sunday")[2]
    assert ending.stands("evening")[2]["parking-of-the-day"] == 120
    assert ending.why_not("later", "parking-of-the-day") == ["You had reached €50.00 in one day before: it counts once"]
    assert ending.wallet()["PARKMIN"] == (0, 120, 0, 0)


async def test_a_payment_in_three_once_a_year_by_the_clock_of_the_centre(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(local(12, 31, 23, 30), "sylvester", 150_00, mid=SOUND)
    story.buy(local(12, 31, 23, 50), "again", 150_00, mid=SOUND)
    story.buy(local(1, 1, 0, 10, year=2027), "new-year", 150_00, mid=SOUND)
    ending = await story.replay(engine, STARS)
    assert ending.wallet()[PERK] == (0, 2, 0, 0)
    assert ending.why_not("again", "pay-in-three") == ["At most once a year: already reached"]
    assert ending.stands("new-year")[2]["pay-in-three"] == 1


async def test_a_week_of_the_sum_and_two_percent_from_three_hundred_on(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(local(12, 6, 23), "sunday", 100_00, mid=TOYS)
    story.buy(local(12, 7, 10), "monday", 90_00, mid=TOYS)
    story.buy(local(12, 9), "wednesday", 60_00, mid=BOOKS)
    story.buy(local(12, 10), "thursday", 100_00, mid=BOOKS)
    story.buy(local(12, 11), "friday", 50_00, mid=BOOKS)
    ending = await story.replay(engine, STARS)
    assert ending.stands("wednesday")[2]["big-december"] == 4_50
    assert ending.why("wednesday", "big-december")[1:3] == [
        "You reached €120.00 in one week: €150.00",
        "3% of €150.00: €4.50",
    ]
    assert ending.stands("thursday")[2]["loyal-december"] == 2_00
    assert ending.stands("friday")[2]["loyal-december"] == 1_00
    assert ending.wallet()["EUR"] == (7_50, 0, 0, 0)
    story.add(local(12, 23, 12))
    assert (await story.replay(engine, STARS)).wallet()["EUR"] == (3_00, 4_50, 0, 0)


@pytest.mark.parametrize(("last", "given"), [(local(12, 31, 23, 59, 59), 1), (local(1, 1, 0, year=2027), 0)])
async def test_december_ends_at_midnight(engine: AsyncEngine, last: datetime, given: int) -> None:
    story = a_story()
    story.buy(local(12, 3), "toys", 100_00, mid=TOYS)
    story.buy(local(12, 4), "books", 90_00, mid=BOOKS)
    story.buy(last, "last", 10_00, mid=SOUND)
    ending = await story.replay(engine, STARS)
    assert ending.wallet().get(HAMPER, (0, 0, 0, 0)) == (0, given, 0, 0)
