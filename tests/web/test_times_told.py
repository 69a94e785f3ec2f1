"""What people are told of when a purchase was made: no more than its source told."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, a_house, a_purchase, a_shopper
from centre_lac import FIVE_PERCENT, TEN_POINTS
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import Site, words

from cashback.ids import show
from issuers.events import TimeBasis

LUNCH = TEN_POINTS | {
    "conditions": [{"kind": "hours", "ranges": [{"from": "11:30", "to": "14:30"}]}],
    "name": {"en": "Lunch", "fr": "Midi"},
}
DAY = datetime(2026, 11, 12, tzinfo=UTC), datetime(2026, 11, 13, tzinfo=UTC)
DAYS = datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 13, tzinfo=UTC) - timedelta(microseconds=1)
READ = datetime(2026, 11, 12, 13, 5, tzinfo=UTC)
TWICE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

TOLD = [
    (
        *DAY,
        TimeBasis.DATE,
        ("12 Nov, hour not known", "12 nov., heure inconnue"),
        ("Bought on 12 Nov 2026, the hour is not known", "Achat le 12 nov. 2026, l’heure n’est pas connue"),
        ("– Hour not known 12 Nov", "– Heure inconnue 12 nov."),
    ),
    (
        *DAYS,
        TimeBasis.DATE,
        ("between 9 Nov and 12 Nov", "entre le 9 nov. et le 12 nov."),
        (
            "Bought between 9 Nov 2026 and 12 Nov 2026, the day is not known",
            "Achat entre le 9 nov. 2026 et le 12 nov. 2026, le jour n’est pas connu",
        ),
        ("– Hour not known between 9 Nov and 12 Nov", "– Heure inconnue entre le 9 nov. et le 12 nov."),
    ),
    (
        READ,
        READ,
        TimeBasis.ASSUMED_UTC,
        ("12 Nov 13:05, time zone not known", "12 nov. 13:05, fuseau horaire inconnu"),
        (
            "Bought on 12 Nov 2026 at 13:05 in a time zone that is not known",
            "Achat le 12 nov. 2026 à 13:05, dans un fuseau horaire inconnu",
        ),
        ("– Hour not known 12 Nov", "– Heure inconnue 12 nov."),
    ),
    (
        TWICE,
        TWICE + timedelta(hours=1),
        TimeBasis.MERCHANT_LOCAL,
        ("25 Oct 02:30, an hour that came twice", "25 oct. 02:30, heure passée deux fois"),
        (
            "Bought on 25 Oct 2026 about 02:30, in the hour that clocks repeat",
            "Achat le 25 oct. 2026 vers 02:30, dans l’heure répétée du changement d’heure",
        ),
        ("02:30:00 25 Oct", "02:30:00 25 oct."),
    ),
]
MIDNIGHTS = ("00:00", "01:00", "23:00")
"""What a day told without an hour would read if it were taken for an instant."""


@pytest.mark.parametrize(("at", "until", "basis", "moment", "reason", "row"), TOLD)
async def test_no_page_tells_an_hour_that_nobody_told(
    engine: AsyncEngine,
    site: Site,
    at: datetime,
    until: datetime,
    basis: TimeBasis,
    moment: tuple[str, str],
    reason: tuple[str, str],
    row: tuple[str, str],
) -> None:
    shopper = await a_shopper(await a_house(engine, offered={"percent": FIVE_PERCENT}))
    purchase = show("pur", await a_purchase(shopper, at=at, until=until, basis=basis, cleared_after=None))
    async with site.shopper(shopper) as browser:
        for place, language in enumerate(("en", "fr")):
            page = words((await browser.get(f"/{language}/wallet/purchases/{purchase}")).text)
            wallet = words((await browser.get(f"/{language}/wallet")).text)
            assert f"{moment[place]} · Centre Lac" in page
            assert page.count(moment[place]) == 2  # in its head, and where it was authorised
            assert reason[place] in page
            assert reason[place] in wallet
            assert not any(each in page + wallet for each in MIDNIGHTS)
    async with site.operator(shopper.house) as browser:
        for place, language in enumerate(("en", "fr")):
            trace = words((await browser.get(f"/{language}/operator/purchases/{purchase}")).text)
            feed = words((await browser.get(f"/{language}/operator/live")).text)
            assert trace.count(moment[place]) == 2
            assert reason[place] in trace
            found = feed.split("why none " if language == "en" else "pourquoi aucune ")[1]
            assert found.replace(" ", "").startswith(row[place].replace(" ", "")), found


async def test_what_was_told_to_the_instant_is_told_as_ever(engine: AsyncEngine, site: Site) -> None:
    shopper = await a_shopper(await a_house(engine, offered={"percent": FIVE_PERCENT}))
    purchase = show("pur", await a_purchase(shopper, at=NOW - timedelta(days=2, hours=3)))
    async with site.shopper(shopper) as browser:
        page = words((await browser.get(f"/en/wallet/purchases/{purchase}")).text)
    assert "19 Nov 11:30 · Centre Lac" in page
    assert "not known" not in page


async def test_the_wallet_says_why_unknown_hours_gave_nothing(engine: AsyncEngine, site: Site) -> None:
    shopper = await a_shopper(await a_house(engine, offered={"lunch": LUNCH}))
    purchase = show("pur", await a_purchase(shopper, at=DAY[0], until=DAY[1], basis=TimeBasis.DATE))
    async with site.shopper(shopper) as browser:
        english = words((await browser.get(f"/en/wallet/purchases/{purchase}")).text)
        french = words((await browser.get(f"/fr/wallet/purchases/{purchase}")).text)
    assert "This purchase earned nothing" in english
    assert (
        "Not met: Between 11:30 and 14:30: bought on 12 Nov 2026, the hour is not known; a receipt would tell it"
        in english
    )
    assert "Entre 11:30 et 14:30 : achat le 12 nov. 2026, l’heure n’est pas connue ; un ticket le dirait" in french
