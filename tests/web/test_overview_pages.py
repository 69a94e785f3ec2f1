"""The overview over HTTP: its figures are those of the rows, its files say what it shows, roles see what is theirs."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from builders import NOW, House, a_house, a_purchase, a_shopper
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import Site, words

from cashback.auth.roles import MemberRole
from cashback.db.engine import fetch, transaction
from cashback.figures.service import keep
from cashback.ids import uuid7
from cashback.insights.house import Houses
from cashback.programmes.models import programmes

OPEN_CLAIM = """
INSERT INTO claims (operator_id, shopper_id, id, key, digest, shop_id, day, since, until, amount_minor, currency,
    claimed_at, state)
VALUES ($1, $2, $3, 'k', 'x', $4, $5::timestamptz::date, $5, $5 + interval '1 day', 1, 'EUR', $5, 'open')
RETURNING 1
"""


async def count(house: House, now: datetime = NOW) -> None:
    """What the worker does."""
    async with transaction(house.engine, house.operator_id) as connection:
        seen = await Houses().current(connection, house.operator_id)
        await keep(connection, seen.programme, now)


async def a_month(engine: AsyncEngine) -> House:
    """Two members: three purchases in the last 28 days, two in those before, one without a shop."""
    house = await a_house(engine)
    anna, ben = await a_shopper(house, reference="anna"), await a_shopper(house, reference="ben", linked=True)
    days = timedelta
    await a_purchase(anna, minor=100_00, at=NOW - days(days=2))
    await a_purchase(anna, minor=50_00, shop="sport-cime", at=NOW - days(days=3))
    await a_purchase(ben, minor=60_00, shop="sport-cime", at=NOW - days(days=20))
    await a_purchase(ben, minor=12_00, shop=None, at=NOW - days(days=4))
    await a_purchase(anna, minor=80_00, at=NOW - days(days=30))
    await a_purchase(anna, minor=20_00, shop="marche-frais", at=NOW - days(days=40))
    await count(house)
    return house


@pytest.fixture(scope="module")
async def month(engine: AsyncEngine) -> House:
    return await a_month(engine)


def read(page: str) -> str:
    """The words of a page, those of each element apart."""
    return words(page.replace("<", " <"))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


async def test_the_figures_are_those_of_the_rows_in_both_languages(site: Site, month: House) -> None:
    async with site.operator(month) as browser:
        english = read((await browser.get("/en/operator/overview")).text)
        french = read((await browser.get("/fr/operator/overview")).text)
    assert "24 Oct to 20 Nov, whole days, beside the 28 days before." in english
    assert "Purchases recognised 3 +50% on the 28 days before 1 without a shop" in english
    # What is of whole days stands apart from what is of now, and each says which it is.
    brought, figures, held = (
        english.index(each) for each in ("What the programme brought", "Key figures", " Now as c")
    )
    whole = "whole days from 24 Oct to 20 Nov; today is not in it"
    assert english[brought:figures].count(whole) == english[figures:held].count(whole) == 1
    for name in ("Incremental sales", "Programme cost", "Active members"):
        assert name in english[brought:figures]
    for name in ("Sales at shops", "Cashback given", "Became available", "Taken back", "New members", "Cards linked"):
        assert name in english[figures:held]
        assert name not in english[held : held + 400]
    for name in ("Pending", "Available", "live budget"):
        assert name in english[held : held + 400]
    assert "Sales at shops €210.00 +110% on the 28 days before" in english
    assert "Active members 2 +100% on the 28 days before" in english
    assert "Ventes en boutique 210,00 € +110 % par rapport aux 28 jours précédents" in french
    assert "Pas de groupe témoin" in french
    assert "Joined 2 Linked a card 2 100% First purchase 2 100% First reward 2 100% Second purchase 1 50%" in english


async def test_a_period_is_chosen_in_the_address_and_another_is_refused(site: Site, month: House) -> None:
    async with site.operator(month) as browser:
        week = (await browser.get("/en/operator/overview?period=7")).text
        wrong = [
            await browser.get(f"/en/operator/{path}") for path in ("overview?period=8", "overview/days.csv?period=x")
        ]
        unknown = await browser.get("/en/operator/overview/secrets.csv")
    assert "Sales at shops €150.00" in read(week)
    assert 'href="/en/operator/overview/days.csv?period=7"' in week
    assert [each.status_code for each in wrong] == [422, 422]
    assert unknown.status_code == 404


async def test_files_say_what_the_page_shows(site: Site, month: House) -> None:
    async with site.operator(month) as browser:
        days = await browser.get("/en/operator/overview/days.csv?period=28")
        steps = table((await browser.get("/en/operator/overview/steps.csv")).text)
        cohorts = table((await browser.get("/en/operator/overview/cohorts.csv")).text)
        groups = table((await browser.get("/en/operator/overview/groups.csv")).text)
        page = (await browser.get("/en/operator/overview")).text
    sales = {row["day"]: row["amount"] for row in table(days.text) if row["figure"] == "sales"}
    assert sales == {"2026-10-12": "20.00", "2026-10-22": "80.00"} | {
        "2026-11-01": "60.00",
        "2026-11-18": "50.00",
        "2026-11-19": "100.00",
    }
    for day, shown in (("18 Nov", "€50.00"), ("19 Nov", "€100.00"), ("1 Nov", "€60.00")):
        assert f'<th scope="row">{day}</th><td class="is-number">{shown}</td>' in page.replace("\u00a0", " ")
        assert f"This period, {day}: {shown}" in page.replace("\u00a0", " ")
    assert days.headers["content-disposition"] == 'attachment; filename="days-2026-11-21.csv"'
    assert [(row["step"], row["members"]) for row in steps][:2] == [("joined", "2"), ("linked", "2")]
    assert [(row["joined"], row["members"], row["active"]) for row in cohorts] == [("2026-11", "2", "2")]
    assert [row["group"] for row in groups] == ["offers", "holdout"]


async def test_before_anything_is_counted_the_page_says_so_and_teaches_the_next_step(
    site: Site, engine: AsyncEngine
) -> None:
    house = await a_house(engine, offered={})
    async with site.operator(house) as browser:
        said = read((await browser.get("/en/operator/overview")).text)
    for wanted in (
        "Not counted yet",
        "Put a first offer live",
        "No sale yet",
        "Nobody has joined yet",
        "No purchase yet",
    ):
        assert wanted in said
    assert "2 of 6 done" in said


async def test_with_few_held_out_no_interval_is_invented(site: Site, engine: AsyncEngine) -> None:
    house = await a_month(engine)
    async with transaction(engine, house.operator_id) as connection:
        await connection.execute(
            update(programmes)
            .where(programmes.c.operator_id == house.operator_id)
            .values(holdout_bps=9_999, revision=programmes.c.revision + 1)
        )
    await count(house, NOW + timedelta(hours=2))
    async with site.operator(house) as browser:
        said = read((await browser.get("/en/operator/overview")).text)
        tests = read((await browser.get("/en/operator/tests")).text)
    assert "Not enough data 0 of 100 members in the smaller group" in said
    assert "2 of 2 members are held out: 100%, where 100% was asked for. As drawn by chance" in tests
    assert "No live offer has a hold-out of its own" in tests


@pytest.mark.parametrize("role", list(MemberRole))
async def test_every_role_sees_the_figures_and_only_its_own_links(site: Site, month: House, role: MemberRole) -> None:
    async with site.operator(month, role) as browser:
        page = (await browser.get("/en/operator/overview")).text
        assert (await browser.get("/en/operator/tests")).status_code == 200
    sees_people = role in (MemberRole.SUPPORT, MemberRole.ADMIN)
    opens_traces = role in (MemberRole.SUPPORT, MemberRole.FINANCE, MemberRole.ADMIN)
    assert ("/operator/members" in page) is sees_people
    assert ("/operator/purchases/pur_" in page) is opens_traces
    assert "Sales at shops" in page


async def test_what_waits_says_who_opens_it(site: Site, month: House) -> None:
    shopper = await a_shopper(month, reference="claimant")
    async with transaction(month.engine, month.operator_id) as connection:
        values = (month.operator_id, shopper.shopper_id, uuid7(NOW), month.shop_ids["sport-cime"], NOW)
        await fetch(connection, OPEN_CLAIM, values)
    async with site.operator(month, MemberRole.VIEWER) as viewer:
        assert "(for support or admin)" in read((await viewer.get("/en/operator/overview")).text)
    async with site.operator(month, MemberRole.SUPPORT) as support:
        page = (await support.get("/en/operator/overview")).text
        assert "/operator/claims" in page
        assert "(for support or admin)" not in read(page)


async def test_the_console_begins_with_the_overview(site: Site, month: House) -> None:
    async with site.operator(month) as browser:
        home = await browser.get("/fr/operator")
        odd = await browser.get("/de/operator/overview")
    assert (home.status_code, home.headers["location"]) == (303, "/fr/operator/overview")
    assert odd.status_code == 404
    async with site.client() as stranger:
        assert (await stranger.get("/en/operator/overview")).status_code == 401


async def test_the_words_of_a_silent_source(site: Site, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    await a_purchase(shopper, at=datetime(2026, 11, 18, 9, 15, tzinfo=UTC))
    await count(house)
    async with site.operator(house) as browser:
        said = read((await browser.get("/en/operator/overview")).text)
    assert "sandbox: silent since 18 Nov 10:15" in said
