"""Westfield Poland: 30 points for every purchase of 30 PLN or more, 300 points = 30 PLN, at most five a year."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Story
from world import refund

SUMMER = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
"""Midnight in Warsaw."""
MID = "0048200001"
POLAND = "westfield-poland"


def a_story(purchases: int) -> Story:
    story = Story()
    story.link(SUMMER)
    for number in range(purchases):
        at = SUMMER + timedelta(days=number)
        story.buy(at, f"p{number}", 30_00, mid=MID, currency="PLN")
    return story


@pytest.mark.parametrize(
    ("purchases", "wallet"),
    [
        (9, {"PTS": (0, 270, 0, 0)}),
        (10, {"PTS": (0, 0, 300, 0), "PLN": (0, 30_00, 0, 0)}),
        (50, {"PTS": (0, 0, 1500, 0), "PLN": (0, 150_00, 0, 0)}),
        (65, {"PTS": (0, 450, 1500, 0), "PLN": (0, 150_00, 0, 0)}),
    ],
)
async def test_five_bonuses_a_year_at_most(
    engine: AsyncEngine, purchases: int, wallet: dict[str, tuple[int, int, int, int]]
) -> None:
    assert (await a_story(purchases).replay(engine, POLAND)).wallet() == wallet


async def test_the_sixth_bonus_waits_for_the_new_year_of_warsaw(engine: AsyncEngine) -> None:
    story = a_story(65)
    story.add(NEW_YEAR - timedelta(seconds=1))
    assert (await story.replay(engine, POLAND)).wallet() == {"PTS": (0, 450, 1500, 0), "PLN": (0, 150_00, 0, 0)}
    story.add(NEW_YEAR)
    assert (await story.replay(engine, POLAND)).wallet() == {"PTS": (0, 150, 1800, 0), "PLN": (0, 180_00, 0, 0)}


async def test_a_refund_in_january_takes_back_a_bonus_of_december(engine: AsyncEngine) -> None:
    story = a_story(10)
    at = NEW_YEAR + timedelta(days=9)
    story.buy(NEW_YEAR + timedelta(days=1), "january", 30_00, mid=MID, currency="PLN")
    ending = await story.replay(engine, POLAND)
    assert ending.wallet() == {"PTS": (0, 30, 300, 0), "PLN": (0, 30_00, 0, 0)}
    story.tell(at, refund("r", 30_00, at=at, of="p9", mid=MID, currency="PLN"))
    ending = await story.replay(engine, POLAND)
    assert ending.wallet() == {"PTS": (0, 0, 300, 0), "PLN": (0, 30_00, 0, 0)}
    story.tell(at, refund("r2", 30_00, at=at, of="p8", mid=MID, currency="PLN"))
    assert (await story.replay(engine, POLAND)).wallet() == {"PTS": (0, 270, 0, 0)}


async def test_a_purchase_in_another_currency_or_one_grosz_short_earns_nothing(engine: AsyncEngine) -> None:
    story = a_story(0)
    story.buy(SUMMER, "short", 29_99, mid=MID, currency="PLN")
    story.buy(SUMMER, "euros", 30_00, mid=MID, currency="EUR")
    ending = await story.replay(engine, POLAND)
    assert ending.wallet() == {}
    assert ending.why_not("short", "every-purchase") == ["Minimum spend PLN 30.00: you spent PLN 29.99"]
    assert any("PLN" in sentence and "EUR" in sentence for sentence in ending.why_not("euros", "every-purchase"))
