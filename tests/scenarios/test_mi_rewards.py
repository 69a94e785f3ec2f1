"""Mi Rewards, Perth: a point for every full pound across a town, 1000 points = a gift card, a draw every month."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Story
from world import refund

NOVEMBER = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
BAKERY, BOOKS, OUTDOORS, KITCHEN = "0044100001", "0044100002", "0044100003", "0044100004"
PERTH = "mi-rewards"
TICKETS = "TICKET:2026-11"


def a_story() -> Story:
    story = Story()
    story.link(NOVEMBER)
    story.link(NOVEMBER, card="card-2")
    return story


async def test_full_pounds_count_in_every_shop_and_on_every_card(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(NOVEMBER, "bread", 3_99, mid=BAKERY, currency="GBP")
    story.buy(NOVEMBER, "book", 12_99, mid=BOOKS, currency="GBP", card="card-2")
    story.buy(NOVEMBER, "tent", 100_00, mid=OUTDOORS, currency="GBP")
    story.buy(NOVEMBER, "sweet", 99, mid=BAKERY, currency="GBP")
    ending = await story.replay(engine, PERTH)
    assert ending.wallet() == {"PTS": (0, 3 + 12 + 100, 0, 0), TICKETS: (0, 4, 0, 0)}
    assert ending.stands("sweet") == ("cleared", 99, {"draw-2026-11": 1})


async def test_a_refund_is_counted_on_what_is_left_not_by_itself(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(NOVEMBER, "book", 12_99, mid=BOOKS, currency="GBP")
    at = NOVEMBER + timedelta(days=1)
    story.tell(at, refund("r", 3_50, at=at, of="book", mid=BOOKS, currency="GBP"))
    assert (await story.replay(engine, PERTH)).wallet() == {"PTS": (0, 9, 0, 0), TICKETS: (0, 1, 0, 0)}
    story.tell(at, refund("r2", 9_49, at=at, of="book", mid=BOOKS, currency="GBP"))
    assert (await story.replay(engine, PERTH)).wallet() == {}


async def test_a_thousand_points_become_a_gift_card(engine: AsyncEngine) -> None:
    story = a_story()
    for number in range(4):
        story.buy(NOVEMBER + timedelta(days=number), f"p{number}", 249_99, mid=KITCHEN, currency="GBP")
    assert (await story.replay(engine, PERTH)).wallet() == {"PTS": (0, 996, 0, 0), TICKETS: (0, 4, 0, 0)}
    story.buy(NOVEMBER + timedelta(days=5), "last", 4_00, mid=KITCHEN, currency="GBP")
    assert (await story.replay(engine, PERTH)).wallet() == {
        "PTS": (0, 0, 1000, 0),
        "GIFTCARD:GBP": (0, 10_00, 0, 0),
        TICKETS: (0, 5, 0, 0),
    }
    at = NOVEMBER + timedelta(days=6)
    story.tell(at, refund("r", 1, at=at, of="last", mid=KITCHEN, currency="GBP"))
    assert (await story.replay(engine, PERTH)).wallet() == {"PTS": (0, 999, 0, 0), TICKETS: (0, 5, 0, 0)}


async def test_each_purchase_is_an_entry_in_the_draw_of_its_own_month(engine: AsyncEngine) -> None:
    last_second = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    story = a_story()
    story.buy(last_second, "november", 5_00, mid=BAKERY, currency="GBP")
    story.buy(last_second + timedelta(seconds=1), "december", 5_00, mid=BAKERY, currency="GBP")
    story.buy(datetime(2027, 1, 1, tzinfo=UTC), "january", 5_00, mid=BAKERY, currency="GBP")
    ending = await story.replay(engine, PERTH)
    assert ending.wallet() == {"PTS": (0, 15, 0, 0), TICKETS: (0, 1, 0, 0), "TICKET:2026-12": (0, 1, 0, 0)}


async def test_entries_in_a_drawn_draw_are_not_owed_back(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(NOVEMBER, "book", 12_00, mid=BOOKS, currency="GBP")
    at = NOVEMBER + timedelta(days=30)
    story.pay(at, 1, asset=TICKETS)
    story.tell(at, refund("r", 12_00, at=at, of="book", mid=BOOKS, currency="GBP"))
    assert (await story.replay(engine, PERTH)).wallet() == {TICKETS: (0, 0, 0, 1)}
