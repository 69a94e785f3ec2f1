"""A club with tiers: multiplied points, a birthday month, a welcome, a win-back, friends, activations with places."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Story
from world import clearing, refund

from cashback.errors import Invalid

BRUSSELS = ZoneInfo("Europe/Brussels")
FASHION, PARC_FASHION, BOOKS, TOYS = (f"005210000{number}" for number in range(1, 5))
CLUB = "club-tiers"
DAY = timedelta(days=1)


def local(month: int, day: int, hour: int = 15, minute: int = 0, second: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=BRUSSELS)


def a_member(*, tier: str | None = "silver", born: str | None = None) -> Story:
    """Anna joins in October."""
    story = Story()
    story.link(local(10, 1))
    if tier is not None:
        story.say(local(10, 1), "tier", tier)
    if born is not None:
        story.say(local(10, 1), "birth_month", born)
    return story


async def test_silver_then_gold_and_the_birthday_on_top(engine: AsyncEngine) -> None:
    story = a_member(born="12")
    story.buy(local(11, 30, 23, 59, 59), "november", 99_99, mid=BOOKS)
    story.say(local(12, 1, 0), "tier", "gold")
    story.buy(local(12, 1, 0), "december", 80_00, mid=BOOKS)
    story.buy(local(12, 24), "presents", 250_00, mid=FASHION)
    ending = await story.replay(engine, CLUB)
    assert ending.stands("november")[2] == {"club-points": 99, "silver": 24, "welcome": 100}
    assert ending.stands("december")[2] == {"club-points": 80, "gold": 40, "birthday": 80}
    assert ending.stands("presents")[2] == {"club-points": 250, "gold": 125, "birthday": 200}
    assert ending.wallet() == {"PTS": (0, 223 + 200 + 575, 0, 0)}
    assert ending.why("november", "silver") == [
        "Your tier: silver",
        "99 PTS of the offer club-points, times 1.25: 24 PTS more",
    ]
    assert ending.why("presents", "birthday")[-1] == (
        "250 PTS of the offer club-points, times 2: 250 PTS more, capped at 200 PTS per purchase"
    )
    assert ending.why_not("november", "gold")[0] == "For tier gold only: yours was silver"
    assert ending.why_not("november", "birthday")[0] == "Only in the month of your birthday"


async def test_a_tier_told_late_counts_from_when_it_was_reached(engine: AsyncEngine) -> None:
    story = a_member()
    story.buy(local(11, 10), "books", 100_00, mid=BOOKS)
    assert (await story.replay(engine, CLUB)).stands("books")[2] == {"club-points": 100, "silver": 25, "welcome": 100}
    story.say(local(11, 20), "tier", "gold", since=local(11, 1))
    ending = await story.replay(engine, CLUB)
    assert ending.stands("books")[2] == {"club-points": 100, "silver": 0, "gold": 50, "welcome": 100}
    back = local(11, 21)
    story.tell(back, refund("r", 50_50, at=back, of="books", mid=BOOKS))
    ending = await story.replay(engine, CLUB)
    assert ending.stands("books")[2] == {"club-points": 49, "silver": 0, "gold": 24, "welcome": 100}
    story.say(local(11, 22), "tier", "gold", since=local(11, 1), until=local(11, 5))
    ending = await story.replay(engine, CLUB)
    assert ending.stands("books")[2] == {"club-points": 49, "silver": 12, "gold": 0, "welcome": 100}


async def test_a_thousand_points_become_ten_euros(engine: AsyncEngine) -> None:
    story = a_member(tier="gold")
    story.buy(local(11, 10), "books", 600_00, mid=BOOKS)
    ending = await story.replay(engine, CLUB)
    assert ending.wallet() == {"PTS": (0, 0, 1000, 0), "EUR": (0, 10_00, 0, 0)}


async def test_the_welcome_and_the_friend_move_with_the_first_purchase(engine: AsyncEngine) -> None:
    story = a_member(tier=None)
    story.say(local(11, 1), "referral", "ben")
    story.buy(local(11, 10), "first", 10_00, mid=BOOKS)
    story.buy(local(11, 12), "second", 20_00, mid=TOYS)
    story.buy(local(11, 14), "third", 30_00, mid=FASHION)
    ending = await story.replay(engine, CLUB)
    assert ending.stands("first")[2] == {"club-points": 10, "welcome": 100}
    assert ending.stands("second")[2] == {"club-points": 20, "friends": 200}
    assert ending.stands("third")[2] == {"club-points": 30}
    assert ending.why_not("third", "welcome") == ["Only your first purchase in the programme: this was number 3"]
    back = local(11, 15)
    story.tell(back, refund("r", 10_00, at=back, of="first", mid=BOOKS))
    ending = await story.replay(engine, CLUB)
    assert ending.stands("first")[2] == {"club-points": 0, "welcome": 0}
    assert ending.stands("second")[2] == {"club-points": 20, "welcome": 100, "friends": 0}
    assert ending.stands("third")[2] == {"club-points": 30, "friends": 200}
    story.tell(back, clearing("late", 5_00, at=local(11, 2), mid=BOOKS))
    ending = await story.replay(engine, CLUB)
    assert ending.stands("late")[2] == {"club-points": 5, "welcome": 100}
    assert ending.wallet() == {"PTS": (0, 5 + 100 + 20 + 200 + 30, 0, 0)}


async def test_thirty_days_after_joining_a_friend_counts_no_more(engine: AsyncEngine) -> None:
    story = a_member(tier=None)
    story.say(local(10, 5, 12), "referral", "ben")
    story.buy(local(10, 10), "first", 10_00, mid=BOOKS)
    story.buy(local(11, 4, 11), "second", 10_00, mid=BOOKS)
    ending = await story.replay(engine, CLUB)
    assert ending.why_not("second", "friends") == ["Only for 30 days after joining through a referral"]
    assert ending.verdict("second", "friends") == ("not_met", 1)


async def test_readers_discover_three_shops_a_month(engine: AsyncEngine) -> None:
    story = a_member(tier=None)
    story.say(local(10, 1), "tag", "newsletter", until=local(12, 1, 0))
    for name, day, mid in (("a", 2, FASHION), ("b", 3, PARC_FASHION), ("c", 4, BOOKS), ("d", 5, TOYS), ("e", 6, BOOKS)):
        story.buy(local(11, day), name, 10_00, mid=mid)
    ending = await story.replay(engine, CLUB)
    assert [ending.stands(name)[2].get("discover") for name in "abcde"] == [25, 25, 25, None, None]
    assert ending.why_not("d", "discover") == ["At most 3 times a month: already reached"]
    assert ending.why_not("e", "discover") == ["Only for those who never bought in this shop: you did on 4 Nov 2026"]


async def test_ninety_days_of_the_calendar_win_back(engine: AsyncEngine) -> None:
    story = a_member(tier=None)
    story.buy(local(1, 1, 23, year=2027), "first", 30_00, mid=BOOKS)
    story.buy(local(3, 31, 23, year=2027), "too-soon", 30_00, mid=BOOKS)
    ending = await story.replay(engine, CLUB)
    assert ending.why_not("too-soon", "win-back") == [
        "Only after 90 days without a purchase in the programme: you bought on 1 Jan 2027"
    ]
    story.buy(local(6, 29, 1, year=2027), "back", 30_00, mid=BOOKS)
    ending = await story.replay(engine, CLUB)
    assert ending.stands("back")[2] == {"club-points": 30, "win-back": 150}


async def test_families_get_at_least_a_euro(engine: AsyncEngine) -> None:
    story = a_member(tier=None)
    story.say(local(11, 1), "segment", "families", since=local(11, 3, 0), until=local(11, 6, 0))
    for name, day, amount in (("before", 2, 50_00), ("small", 3, 4_00), ("large", 4, 500_00), ("after", 6, 50_00)):
        story.buy(local(11, day), name, amount, mid=TOYS)
    ending = await story.replay(engine, CLUB)
    assert [ending.stands(name)[2].get("toy-families") for name in ("before", "small", "large", "after")] == [
        None,
        1_00,
        8_00,
        None,
    ]
    assert ending.why_not("after", "toy-families") == ["Only for the group families"]
    assert ending.why("small", "toy-families")[-1] == "€1.00, the least that a purchase earns here"


async def test_an_activation_holds_for_fourteen_days_and_thirty_euros(engine: AsyncEngine) -> None:
    story = a_member(tier=None)
    story.buy(local(11, 2), "before", 100_00, mid=FASHION)
    story.activate(local(11, 2, 16), "atelier-fortnight")
    story.buy(local(11, 3), "first", 250_00, mid=FASHION)
    story.buy(local(11, 16, 15, 59, 59), "last", 100_00, mid=PARC_FASHION)
    story.buy(local(11, 16, 16), "after", 100_00, mid=FASHION)
    ending = await story.replay(engine, CLUB)
    assert ending.why_not("before", "atelier-fortnight") == ["You had not activated the offer when you bought"]
    assert ending.stands("first")[2]["atelier-fortnight"] == 25_00
    assert ending.stands("last")[2]["atelier-fortnight"] == 5_00
    assert ending.why("last", "atelier-fortnight")[-1] == (
        "At most €30.00 in all: €25.00 before, so €5.00 instead of €10.00"
    )
    assert ending.why_not("after", "atelier-fortnight") == ["Your activation had ended after 14 days"]
    back = local(11, 16, 17)
    story.tell(back, refund("r", 150_00, at=back, of="first", mid=FASHION))
    ending = await story.replay(engine, CLUB)
    assert ending.stands("last")[2]["atelier-fortnight"] == 10_00
    assert ending.wallet()["EUR"] == (20_00, 0, 0, 0)


async def test_the_places_of_an_offer_end(engine: AsyncEngine) -> None:
    story = a_member()
    two = ("places: 500", "places: 2")
    story.activate(local(11, 2), "atelier-fortnight")
    story.activate(local(11, 2), "atelier-fortnight")
    story.activate(local(11, 2), "atelier-fortnight", shopper="ben")
    await story.replay(engine, CLUB, two)
    story.activate(local(11, 2), "atelier-fortnight", shopper="cem")
    with pytest.raises(Invalid) as refused:
        await story.replay(engine, CLUB, two)
    assert refused.value.detail == f"line {len(story.lines)}: all 2 places of offer atelier-fortnight are taken"
    assert refused.value.code == "no_place_left"
