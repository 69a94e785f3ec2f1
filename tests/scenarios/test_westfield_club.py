"""Westfield Club, France: 10 points for every purchase of 10 EUR or more, 10 EUR for every 100 points."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Story
from world import authorization, refund

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BOOKS, CAFE, FASHION = "0024100001", "0024100002", "0024100003"
CLUB = "westfield-club"


def a_story(purchases: int, amount: int = 10_00) -> Story:
    """A linked card and so many purchases, one a day, in shops of several centres."""
    story = Story()
    story.link(START)
    for number in range(purchases):
        story.buy(START + timedelta(days=number, hours=1), f"p{number}", amount, mid=(BOOKS, CAFE, FASHION)[number % 3])
    return story


async def test_ten_euros_earn_ten_points_and_one_cent_less_earns_nothing_with_the_reason(engine: AsyncEngine) -> None:
    story = a_story(0)
    story.buy(START, "exactly", 10_00, mid=BOOKS)
    story.buy(START, "short", 9_99, mid=CAFE)
    story.buy(START, "much", 250_00, mid=FASHION)
    ending = await story.replay(engine, CLUB)
    assert ending.wallet() == {"PTS": (0, 20, 0, 0)}
    assert ending.stands("exactly") == ("cleared", 10_00, {"every-purchase": 10})
    assert ending.stands("much") == ("cleared", 250_00, {"every-purchase": 10})
    assert ending.stands("short") == ("cleared", 9_99, {})
    assert ending.why_not("short", "every-purchase") == ["Minimum spend €10.00: you spent €9.99"]


async def test_ten_purchases_become_ten_euros(engine: AsyncEngine) -> None:
    assert (await a_story(9).replay(engine, CLUB)).wallet() == {"PTS": (0, 90, 0, 0)}
    assert (await a_story(10).replay(engine, CLUB)).wallet() == {"PTS": (0, 0, 100, 0), "EUR": (0, 10_00, 0, 0)}
    assert (await a_story(23).replay(engine, CLUB)).wallet() == {"PTS": (0, 30, 200, 0), "EUR": (0, 20_00, 0, 0)}


async def test_a_refund_below_the_minimum_takes_ten_points_and_undoes_the_conversion(engine: AsyncEngine) -> None:
    story = a_story(10)
    at = START + timedelta(days=12)
    story.tell(at, refund("r", 1, at=at, of="p4", mid=CAFE))
    ending = await story.replay(engine, CLUB)
    assert ending.wallet() == {"PTS": (0, 90, 0, 0)}
    assert ending.stands("p4") == ("partly_refunded", 9_99, {"every-purchase": 0})
    assert ending.why_not("p4", "every-purchase") == ["Minimum spend €10.00: you spent €9.99"]


async def test_the_refund_may_as_well_be_told_first(engine: AsyncEngine) -> None:
    told_first = Story()
    told_first.link(START)
    told_first.tell(START, refund("r", 1, at=START + timedelta(days=12), of="p4", mid=CAFE))
    told_first.lines += a_story(10).lines[1:]
    assert (await told_first.replay(engine, CLUB)).wallet() == {"PTS": (0, 90, 0, 0)}


async def test_a_refund_that_leaves_ten_euros_takes_nothing(engine: AsyncEngine) -> None:
    story = a_story(10, 30_00)
    at = START + timedelta(days=12)
    story.tell(at, refund("r", 20_00, at=at, of="p4", mid=CAFE))
    ending = await story.replay(engine, CLUB)
    assert ending.wallet() == {"PTS": (0, 0, 100, 0), "EUR": (0, 10_00, 0, 0)}


async def test_ten_euros_paid_and_then_a_refund_is_recovered_from_the_next_points(engine: AsyncEngine) -> None:
    story = a_story(10)
    at = START + timedelta(days=12)
    story.pay(at, 10_00, asset="EUR")
    story.tell(at, refund("r", 10_00, at=at, mid=CAFE))
    assert (await story.replay(engine, CLUB)).wallet() == {"PTS": (0, 90, 0, 0), "EUR": (0, -10_00, 0, 10_00)}
    story.buy(at + timedelta(days=1), "next", 12_00, mid=BOOKS)
    assert (await story.replay(engine, CLUB)).wallet() == {"PTS": (0, 0, 100, 0), "EUR": (0, 0, 0, 10_00)}


async def test_points_come_only_when_the_purchase_has_cleared_and_only_from_shops_of_the_club(
    engine: AsyncEngine,
) -> None:
    story = a_story(0)
    story.tell(START, authorization("open", 40_00, at=START, mid=BOOKS))
    story.buy(START, "elsewhere", 40_00, mid="0000000001")
    ending = await story.replay(engine, CLUB)
    assert ending.wallet() == {"PTS": (10, 0, 0, 0)}
    assert [each["reference"] for each in ending.answer["unmatched"]] == ["elsewhere"]
    assert ending.why_not("elsewhere", None) == [
        "The shop of this purchase is not known yet; it earns as soon as it is"
    ]
