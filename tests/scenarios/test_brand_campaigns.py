"""A calendar of campaigns: a scale that a brand pays for, late nights, limits, priorities, blackout days, hold-out."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine
from stories import EXAMPLES, Story
from world import clearing, refund

from cashback.programme_file.reading import parse

PARIS = ZoneInfo("Europe/Paris")
WOMEN, MEN, HOME, VOLT = (f"005310000{number}" for number in range(1, 5))
CALENDAR = "brand-campaigns"
EVERYBODY = ("holdout_bps: 1000", "holdout_bps: 0")
"""Who is held out depends on the operator, and every replay has one of its own."""


def local(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=PARIS)


def a_story(*shoppers: str) -> Story:
    story = Story()
    for name in shoppers or ("anna",):
        story.link(local(11, 1), shopper=name, card=f"card-{name}")
    return story


def buy(story: Story, at: datetime, ref: str, amount: int, mid: str, *, shopper: str = "anna") -> None:
    story.buy(at, ref, amount, mid=mid, card=f"card-{shopper}")


async def test_five_percent_to_fifty_and_eight_above(engine: AsyncEngine) -> None:
    story = a_story()
    buy(story, local(11, 4), "small", 50_00, WOMEN)
    buy(story, local(11, 4), "larger", 60_00, MEN)
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    assert ending.stands("small") == ("cleared", 50_00, {"lune-season": 2_50})
    assert ending.stands("larger") == ("cleared", 60_00, {"lune-season": 3_30})
    assert ending.why("larger", "lune-season")[-2:] == [
        "€60.00 at 5%, then 8% above €50.00: €3.30",
        "Better for you than everywhere, which would have given €1.20",
    ]
    story.tell(local(11, 5), refund("r", 9_99, at=local(11, 5), of="larger", mid=MEN, card="card-anna"))
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    assert ending.stands("larger") == ("partly_refunded", 50_01, {"lune-season": 2_50})
    assert ending.wallet() == {"EUR": (5_00, 0, 0, 0)}


async def test_a_month_gives_forty_euros_and_begins_anew_at_midnight(engine: AsyncEngine) -> None:
    story = a_story()
    for day in (9, 10, 11):
        buy(story, local(11, day), f"nov-{day}", 400_00, WOMEN)
    buy(story, local(11, 30, 23, 59, 59), "last-second", 100_00, WOMEN)
    buy(story, local(12, 1, 0), "december", 400_00, WOMEN)
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    assert ending.stands("nov-9")[2] == {"lune-season": 25_00}
    assert ending.stands("nov-10")[2] == {"lune-season": 15_00}
    assert ending.stands("nov-11")[2] == {"everywhere": 8_00}
    assert ending.stands("last-second")[2] == {"everywhere": 2_00}
    assert ending.stands("december")[2] == {"lune-season": 25_00}
    assert ending.why("nov-10", "lune-season")[5] == (
        "At most €40.00 a month: €25.00 before, so €15.00 instead of €25.00"
    )
    assert ending.verdict("nov-11", "lune-season") == ("used_up", 1)
    story.tell(local(12, 2), refund("r", 400_00, at=local(12, 2), of="nov-9", mid=WOMEN, card="card-anna"))
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    assert [ending.stands(f"nov-{day}")[2] for day in (9, 10, 11)] == [
        {"lune-season": 0},
        {"lune-season": 25_00},
        {"everywhere": 0, "lune-season": 15_00},
    ]


async def test_a_shop_gives_three_hundred_a_day_to_all_together(engine: AsyncEngine) -> None:
    story = a_story("anna", "ben")
    tight = ('at_most: "300.00"', 'at_most: "30.00"')
    buy(story, local(11, 9), "anna-1", 400_00, WOMEN)
    buy(story, local(11, 9, 13), "ben-1", 400_00, WOMEN, shopper="ben")
    buy(story, local(11, 9, 14), "ben-2", 100_00, MEN, shopper="ben")
    buy(story, local(11, 10), "ben-3", 100_00, WOMEN, shopper="ben")
    ending = await story.replay(engine, CALENDAR, EVERYBODY, tight)
    assert ending.stands("anna-1")[2] == {"lune-season": 25_00}
    assert ending.stands("ben-1")[2] == {"lune-season": 5_00}
    assert ending.stands("ben-2")[2] == {"lune-season": 6_50}
    assert ending.stands("ben-3")[2] == {"lune-season": 6_50}


async def test_on_the_days_left_out_the_percentage_everywhere_counts(engine: AsyncEngine) -> None:
    story = a_story()
    for month, day in ((11, 26), (11, 27), (11, 28), (12, 20), (12, 21)):
        buy(story, local(month, day), f"{month}-{day}", 20_99, WOMEN)
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    given = {name: ending.stands(name)[2] for name in ("11-26", "11-27", "11-28", "12-20", "12-21")}
    assert given == {
        "11-26": {"lune-season": 1_05},
        "11-27": {"everywhere": 41},
        "11-28": {"everywhere": 41},
        "12-20": {"lune-season": 1_05},
        "12-21": {"everywhere": 41},
    }
    assert ending.why_not("11-27", "lune-season") == [
        "Every day except 27 Nov 2026 and 28 Nov 2026: you bought on 27 Nov 2026"
    ]


async def test_late_nights_stand_beside_the_brand_once_a_week_in_a_shop(engine: AsyncEngine) -> None:
    story = a_story()
    buy(story, local(11, 12, 18, 59, 59), "early", 60_00, WOMEN)
    buy(story, local(11, 12, 19), "seven", 60_00, WOMEN)
    buy(story, local(11, 12, 20), "again", 60_00, WOMEN)
    buy(story, local(11, 12, 21), "home", 60_00, HOME)
    buy(story, local(11, 12, 22), "ten", 60_00, VOLT)
    buy(story, local(11, 19, 19), "week-after", 60_00, WOMEN)
    story.tell(local(11, 20), clearing("told-late", 60_00, at=local(11, 19, 18, 30), mid=WOMEN, card="card-anna"))
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    names = ("early", "seven", "again", "home", "ten", "week-after", "told-late")
    assert {name: ending.stands(name)[2] for name in names} == {
        "early": {"lune-season": 3_30},
        "seven": {"lune-season": 3_30, "late-night": 4_00},
        "again": {"lune-season": 3_30},
        "home": {"late-night": 4_00},
        "ten": {"everywhere": 1_20},
        "week-after": {"lune-season": 3_30, "late-night": 4_00},
        "told-late": {"lune-season": 3_30},
    }
    assert ending.why_not("again", "late-night") == ["At most once a week in one shop: already reached"]
    assert ending.why_not("home", "everywhere") == ["Another offer gave more: late-night, €4.00"]


async def test_a_campaign_that_comes_first_and_gives_less_does_not_say_that_it_gives_more(engine: AsyncEngine) -> None:
    story = a_story()
    buy(story, local(11, 12, 20), "television", 500_00, VOLT)
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    assert ending.stands("television")[2] == {"late-night": 4_00}
    assert ending.why("television", "late-night")[-1] == "Comes before everywhere, which would have given €10.00"
    assert ending.why_not("television", "everywhere") == ["Another offer comes first: late-night, €4.00"]


async def test_the_first_two_hundred_of_a_night(engine: AsyncEngine) -> None:
    story = a_story("anna", "ben", "cem")
    for number, name in enumerate(("anna", "ben", "cem")):
        buy(story, local(11, 12, 19, number), name, 40_00, HOME, shopper=name)
    ending = await story.replay(engine, CALENDAR, EVERYBODY, ("at_most: 200,", "at_most: 2,"))
    assert [ending.stands(name)[2] for name in ("anna", "ben", "cem")] == [
        {"late-night": 4_00},
        {"late-night": 4_00},
        {"everywhere": 80},
    ]
    assert ending.verdict("cem", "late-night") == ("used_up", 1)


async def test_a_week_of_the_home_gives_all_or_nothing(engine: AsyncEngine) -> None:
    story = a_story()
    for day, ref, amount in (
        (7, "first", 150_00),
        (8, "too-much", 100_00),
        (13, "fits", 50_00),
        (14, "monday", 100_00),
    ):
        buy(story, local(12, day), ref, amount, HOME)
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    assert ending.stands("first")[2] == {"home-weeks": 15_00}
    assert ending.stands("too-much")[2] == {"everywhere": 2_00}
    assert ending.stands("fits")[2] == {"home-weeks": 5_00}
    assert ending.stands("monday")[2] == {"home-weeks": 10_00}
    assert ending.why_not("too-much", "home-weeks") == [
        "At most €20.00 a week: €15.00 before, and €10.00 more would be too much"
    ]


async def test_online_counts_nowhere_and_not_told_counts_as_in_store(engine: AsyncEngine) -> None:
    story = a_story()
    at = local(11, 4)
    online: dict[str, Any] = clearing("online", 60_00, at=at, mid=WOMEN, card="card-anna")
    online["merchant"]["channel"] = "online"
    story.tell(at, online)
    buy(story, at, "store", 60_00, VOLT)
    ending = await story.replay(engine, CALENDAR, EVERYBODY)
    assert ending.stands("online")[2] == {}
    assert ending.why_not("online", "lune-season") == ["Only in store: you bought online"]
    assert ending.why("store", "everywhere")[0] == "Counts as bought in store: the network does not tell"
    assert ending.wallet() == {"EUR": (1_20, 0, 0, 0)}


async def test_who_is_held_out_gets_what_everybody_else_gets_beside_the_campaign(engine: AsyncEngine) -> None:
    names = [f"shopper-{number}" for number in range(8)]
    story = a_story(*names)
    for number, name in enumerate(names):
        buy(story, local(11, 4) + timedelta(minutes=number), name, 60_00, WOMEN, shopper=name)
    ending = await story.replay(engine, CALENDAR, ("holdout_bps: 1000", "holdout_bps: 5000"))
    held_out = [name for name in names if ending.verdict(name, "lune-season")[0] == "held_out"]
    for name in names:
        out = name in held_out
        assert ending.wallet(name) == {"EUR": (1_20 if out else 3_30, 0, 0, 0)}
        if out:
            assert ending.why_not(name, "lune-season") == [
                "You were drawn into the group that does not receive this offer, so that its effect can be measured"
            ]


def test_the_brand_pays_most_of_its_campaign() -> None:
    offers = {each.code: each for each in parse((EXAMPLES / f"{CALENDAR}.yaml").read_text()).offers}
    lune = offers["lune-season"]
    assert [(each.funder.value, each.share_bps) for each in lune.funding] == [("brand", 7000), ("operator", 3000)]
    assert (lune.commission_bps, lune.holdout_bps) == (1000, 1000)
