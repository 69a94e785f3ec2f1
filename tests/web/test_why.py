"""What a shopper and an operator are told about when a reward becomes the shopper's."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import NOW, a_house, a_purchase, a_shopper
from centre_lac import FIVE_PERCENT, TEN_POINTS
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import Site, words

from cashback.ids import show

NOW_POINTS = TEN_POINTS | {"hold_days": 0}
NOW_PERCENT = FIVE_PERCENT | {"hold_days": 0}
LATER_POINTS = TEN_POINTS | {"hold_days": 20}
CLEARED, OPEN = timedelta(hours=20), None
DAY = timedelta(days=1)
WAITED = ("collected by the shop", "return period over", "encaissé par la boutique", "période de retour terminée")


@pytest.mark.parametrize(
    ("percent", "points", "bought", "cleared_after", "english", "french"),
    [
        (
            FIVE_PERCENT,
            NOW_POINTS,
            NOW - 2 * DAY,
            CLEARED,
            "You earned 10 points; €3.50 will be yours on 4 Dec",
            "Vous avez gagné 10 points ; 3,50 € à vous le 4 déc.",
        ),
        (
            FIVE_PERCENT,
            TEN_POINTS,
            NOW - 2 * DAY,
            CLEARED,
            "You earn €3.50 and 10 points: yours on 4 Dec",
            "Vous gagnez 3,50 € et 10 points : à vous le 4 déc.",
        ),
        (
            FIVE_PERCENT,
            LATER_POINTS,
            NOW - 2 * DAY,
            CLEARED,
            "You earn €3.50: yours on 4 Dec; 10 points will be yours on 10 Dec",
            "Vous gagnez 3,50 € : à vous le 4 déc. ; 10 points à vous le 10 déc.",
        ),
        (
            FIVE_PERCENT,
            LATER_POINTS,
            NOW - 15 * DAY + timedelta(hours=5),
            CLEARED,
            "You earn €3.50: yours today; 10 points will be yours on 27 Nov",
            "Vous gagnez 3,50 € : à vous aujourd’hui ; 10 points à vous le 27 nov.",
        ),
        (
            NOW_PERCENT,
            NOW_POINTS,
            NOW - 2 * DAY,
            CLEARED,
            "You earned €3.50 and 10 points",
            "Vous avez gagné 3,50 € et 10 points",
        ),
        (
            NOW_PERCENT,
            NOW_POINTS,
            NOW - DAY,
            OPEN,
            "You earn €3.50 and 10 points once the shop has collected the payment",
            "Vous gagnez 3,50 € et 10 points une fois le paiement encaissé",
        ),
        (
            FIVE_PERCENT,
            NOW_POINTS,
            NOW - DAY,
            OPEN,
            "You earn 10 points once the shop has collected the payment; €3.50 once the return period is over",
            "Vous gagnez 10 points une fois le paiement encaissé ; 3,50 € une fois la période de retour terminée",
        ),
        (
            FIVE_PERCENT,
            TEN_POINTS,
            NOW - DAY,
            OPEN,
            "You earn €3.50 and 10 points once the shop has collected the payment and the return period is over",
            "Vous gagnez 3,50 € et 10 points une fois le paiement encaissé et la période de retour terminée",
        ),
    ],
)
async def test_the_headline_tells_each_part_with_its_moment(
    engine: AsyncEngine,
    site: Site,
    percent: dict[str, Any],
    points: dict[str, Any],
    bought: datetime,
    cleared_after: timedelta | None,
    english: str,
    french: str,
) -> None:
    shopper = await a_shopper(await a_house(engine, offered={"percent": percent, "points": points}))
    purchase_id = await a_purchase(shopper, minor=70_00, at=bought, cleared_after=cleared_after)
    async with site.shopper(shopper) as browser:
        for language, expected in (("en", english), ("fr", french)):
            page = (await browser.get(f"/{language}/wallet/purchases/{show('pur', purchase_id)}")).text
            headline = page.split('<p class="why-headline">')[1].split("</p>")[0]
            assert words(headline) == expected


async def test_a_purchase_of_which_a_part_waits_says_so(engine: AsyncEngine, site: Site) -> None:
    shopper = await a_shopper(await a_house(engine, offered={"percent": FIVE_PERCENT, "points": NOW_POINTS}))
    await a_purchase(shopper, minor=70_00, at=NOW - 2 * DAY)
    async with site.shopper(shopper) as browser:
        assert "Partly pending" in words((await browser.get("/en/wallet")).text)
        assert "En partie en attente" in words((await browser.get("/fr/wallet")).text)
        await a_purchase(shopper, minor=70_00, at=NOW - DAY, cleared_after=OPEN)
        assert words((await browser.get("/en/wallet")).text).count("Partly pending") == 1, "of the other all waits"


async def test_the_wallet_says_today_for_what_comes_today(engine: AsyncEngine, site: Site) -> None:
    shopper = await a_shopper(await a_house(engine, offered={"percent": FIVE_PERCENT}))
    await a_purchase(shopper, minor=70_00, at=NOW - 15 * DAY + timedelta(hours=5))
    async with site.shopper(shopper) as browser:
        assert "Pending €3.50 available today" in words((await browser.get("/en/wallet")).text)
        await a_purchase(shopper, minor=40_00, at=NOW - 2 * DAY)
        assert "Pending €5.50 €3.50 of it today" in words((await browser.get("/en/wallet")).text)
        assert "En attente 5,50 € dont 3,50 € aujourd’hui" in words((await browser.get("/fr/wallet")).text)


@pytest.mark.parametrize(
    ("hold_days", "english", "french"),
    [
        (0, "collected by the shop", "encaissé par la boutique"),
        (1, "return period over", "période de retour terminée"),
    ],
)
async def test_the_trace_says_what_a_reward_waited_for(
    engine: AsyncEngine, site: Site, hold_days: int, english: str, french: str
) -> None:
    house = await a_house(engine, offered={"points": TEN_POINTS | {"hold_days": hold_days}})
    purchase_id = await a_purchase(await a_shopper(house), at=NOW - 5 * DAY)
    async with site.operator(house) as browser:
        for language, expected in (("en", english), ("fr", french)):
            page = (await browser.get(f"/{language}/operator/purchases/{show('pur', purchase_id)}")).text
            reasons = [words(each.split("</span>")[0]).rpartition(" · ")[2] for each in page.split('"fact-more">')]
            assert [each for each in reasons if each in WAITED] == [expected]


async def test_a_shop_that_is_not_found_in_time_is_asked_for_instead_of_waited_for(
    site: Site, engine: AsyncEngine
) -> None:
    shopper = await a_shopper(await a_house(engine))
    young = await a_purchase(shopper, shop=None, at=NOW - timedelta(hours=71))
    old = await a_purchase(shopper, shop=None, at=NOW - timedelta(hours=73))
    async with site.shopper(shopper) as browser:
        waited = words((await browser.get(f"/en/wallet/purchases/{show('pur', young)}")).text)
        asked = words((await browser.get(f"/en/wallet/purchases/{show('pur', old)}")).text)
    assert "It can take up to 72 hours" in waited
    assert "More than 72 hours later we still do not know which shop this is" in asked
    assert "Claim this purchase" in asked
