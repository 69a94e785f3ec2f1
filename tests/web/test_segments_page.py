"""Segments: no cell tells of few people, neither on the page nor in the file."""

from datetime import date, timedelta

from builders import NOW, a_house, a_shopper
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from test_overview_pages import read, table
from web_site import Site

from cashback.auth.roles import MemberRole
from cashback.db.engine import transaction
from cashback.figures.models import daily_figures
from cashback.shoppers.models import shopper_facts

YESTERDAY = date(2026, 11, 20)


async def test_fifths_and_assigned_groups_hide_what_would_name_somebody(site: Site, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    cells = {("5,5", 0): (40, 600_00), ("5,4", 0): (19, 300_00), ("1,1", 0): (20, 100_00), ("5,5", 28): (30, 500_00)}
    rows = [
        {"operator_id": house.operator_id, "figure": figure, "unit": unit, "amount": amount}
        | {"day": YESTERDAY - timedelta(days=ago)}
        for (unit, ago), amounts in cells.items()
        for figure, amount in zip(("fifth_members", "fifth_spend"), amounts, strict=True)
    ]
    shopper = await a_shopper(house)
    fact = {"operator_id": house.operator_id, "shopper_id": shopper.shopper_id, "source": "tests"}
    when = {"since": NOW - timedelta(days=1), "recorded_at": NOW}
    async with transaction(engine, house.operator_id) as connection:
        await connection.execute(insert(daily_figures), rows)
        await connection.execute(insert(shopper_facts).values(**fact, **when, fact="tier", value="gold"))
    async with site.operator(house, MemberRole.VIEWER) as browser:
        page = read((await browser.get("/en/operator/segments?fact=tier")).text)
        fifths = table((await browser.get("/en/operator/segments/fifths.csv")).text)
        tiers = table((await browser.get("/en/operator/segments?fact=tier&format=csv")).text)
        segments = read((await browser.get("/fr/operator/segments?fact=segment")).text)
        everything = read((await browser.get("/en/operator/segments")).text)
        refused = await browser.get("/en/operator/segments?fact=birth_month")
    assert (
        "Most recent fifth – fewer than 20 – fewer than 20 – fewer than 20 – fewer than 20 40 +10 · 60% of sales"
        in page
    )
    assert "Longest ago 20 10% of sales –" in page
    assert "gold Tier fewer than 20" in page
    assert [(row["recency"], row["frequency"], row["members"]) for row in fifths] == [
        ("1", "1", "20"),
        ("5", "5", "40"),
    ]
    assert tiers == [{"value": "gold", "fact": "tier", "members": ""}]
    assert "Rien ne correspond à ces filtres" in segments
    assert "gold Tier" in everything
    assert refused.status_code == 422
