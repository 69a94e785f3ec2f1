"""One shop by itself on the console: opened, corrected, what its purchases earn then, and what a refusal leaves."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from builders import NOW, House, a_house, a_purchase, a_shopper
from centre_lac import FIVE_PERCENT
from counter_site import Counter, at_the_counter, opened
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import words

from cashback.auth.roles import MemberRole
from cashback.ids import show

ONLY_BOOKS = {**FIVE_PERCENT, "conditions": [{"kind": "categories", "categories": ["5942"]}]}
AGO = timedelta(days=6)
NEW = {"name": "Papeterie du Port", "shop": "papeterie", "category": "5942", "floor": "1", "area": "Hall"}
CHANGED = """
SELECT action, detail ->> 'category', detail ->> 'floor' FROM audit_log
WHERE action LIKE 'shop.%' ORDER BY (detail ->> 'revision')::int
"""
STORED = "SELECT name, brand, category, floor, area FROM shops WHERE code = 'papeterie'"
REWARDS = "SELECT amount FROM rewards WHERE asset = 'EUR' AND amount > 0"


@pytest.fixture
async def house(engine: AsyncEngine) -> House:
    return await a_house(engine, offered={"books": ONLY_BOOKS})


@pytest.fixture
async def counter(engine: AsyncEngine, house: House) -> AsyncIterator[Counter]:
    async with at_the_counter(engine, house) as known:
        yield known


async def seen_of(counter: Counter, code: str = "papeterie") -> str:
    found = re.search(r'name="seen" value="(\w+)"', (await counter.get(f"/shops/{code}")).text)
    assert found is not None
    return found[1]


async def test_a_shop_is_opened_earns_and_is_corrected_with_what_it_earned(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    await a_purchase(camille, minor=50_00, shop=None, identifiers=("mid:77777777",))
    assert 'href="/en/operator/shop-new"' in (await counter.get("/shops")).text
    assert "Add one shop" in words((await counter.get("/shop-new")).text)
    page = await counter.done("/shop-new", NEW)
    assert "The shop is there" in words(page)
    assert "Papeterie du Port" in await counter.done("/shop-new", NEW), "sent twice it is one shop"
    assert await counter.rows(STORED) == [("Papeterie du Port", "Papeterie du Port", "5942", "Niveau 1", "Hall")], (
        "as the others write it"
    )
    await counter.done("/shops/papeterie/identifiers", {"kind": "sandbox:mid", "value": "77777777"})
    await counter.work()
    assert await counter.rows(REWARDS) == [(2_50,)]

    corrected = {**NEW, "name": "Port aux Jouets", "brand": "", "category": "5945", "floor": "", "area": ""}
    stale = await seen_of(counter)
    page = await counter.done("/shops/papeterie/correct", {**corrected, "seen": stale})
    assert "Purchases that this concerns are being settled again" in words(page)
    assert await counter.rows(STORED) == [("Port aux Jouets", "Port aux Jouets", "5945", "", "")]
    await counter.work()
    assert await counter.rows(REWARDS) == [], "toys are no books"
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    again = await counter.post("/shops/papeterie/correct", {**corrected, "category": "5942", "seen": stale})
    assert again.status_code == 409
    assert "Somebody corrected this shop" in words(again.text)
    assert '<details class="adder" open><summary>' in again.text
    assert 'name="name" value="Port aux Jouets"' in again.text, "what it says now"
    fresh = re.findall(r'name="seen" value="(\w+)"', again.text)[0]
    await counter.done("/shops/papeterie/correct", {**corrected, "seen": stale})
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before, "said again, nothing changes"

    await counter.done("/shops/papeterie/correct", {**corrected, "category": "5942", "seen": fresh})
    await counter.work()
    assert await counter.rows(REWARDS) == [(2_50,)]
    assert await counter.rows(CHANGED) == [
        ("shop.opened", "5942", "Niveau 1"),
        ("shop.corrected", "5945", ""),
        ("shop.corrected", "5942", None),
    ]
    assert await counter.breaches() == []


async def test_a_correction_reaches_purchases_that_no_identifier_found(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    path = await opened(counter, camille.shopper_id)
    told = {"key": "c1", "shop": "librairie-du-lac", "day": (NOW - AGO).date().isoformat(), "amount": "100"}
    await counter.done(f"{path}/claim", told)
    ((ref,),) = await counter.rows("SELECT id FROM claims")
    claim = f"/claims/{show('clm', ref)}"
    page = await counter.done(f"{claim}/accept", {"purchase": "none", "words": "receipt seen"})
    assert "It earned +€5.00" in words(page)
    assert await counter.rows(REWARDS) == [(5_00,)]
    books = {"name": "Librairie du Lac", "category": "5945", "seen": await seen_of(counter, "librairie-du-lac")}
    await counter.done("/shops/librairie-du-lac/correct", books)
    assert await counter.breaches() == [], "what waits to be settled is no breach"
    await counter.work()
    assert await counter.rows(REWARDS) == []
    assert "It earned" not in words((await counter.get(claim)).text)
    assert await counter.breaches() == []


async def test_a_shop_that_two_people_open_at_once_is_one(counter: Counter) -> None:
    first, second = await asyncio.gather(counter.post("/shop-new", NEW), counter.post("/shop-new", NEW))
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(await counter.rows(STORED)) == 1
    other = {**NEW, "shop": "quai", "name": "Quai"}
    mine, theirs = await asyncio.gather(
        counter.post("/shop-new", other), counter.post("/shop-new", {**other, "name": "Le Quai"})
    )
    assert sorted((mine.status_code, theirs.status_code)) == [303, 409]
    assert len(await counter.rows("SELECT 1 FROM audit_log WHERE action = 'shop.opened'")) == 2
    assert await counter.breaches() == []


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("/shop-new", {"category": "565"}, "“565” is no trade code that exists"),
        ("/shop-new", {"name": ""}, "a new one needs this"),
        ("/shop-new", {"shop": "a shop"}, "“a shop” is no code"),
        ("/shop-new", {"shop": "sport-cime"}, "Another shop has this code already"),
        ("/shop-new", {"centre": "mars"}, "no centre is called “mars”"),
        ("/shop-new", {"name": "x" * 121}, "expected at most 120 printable characters"),
        ("/shop-new", {"name": "4111 1111 1111 1111"}, "card number"),
        ("/shops/sport-cime/correct", {"name": " "}, "every shop needs one"),
        ("/shops/sport-cime/correct", {"category": ""}, "every shop needs one"),
        ("/shops/sport-cime/correct", {"category": "0000"}, "“0000” is no trade code that exists"),
    ],
)
async def test_what_makes_no_shop_is_told_at_its_field_and_nothing_moves(
    counter: Counter, path: str, typed: dict[str, str], said: str
) -> None:
    seen = await seen_of(counter, "sport-cime")
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    refused = await counter.post(path, {**NEW, **typed, "seen": seen})
    assert refused.status_code in (409, 422)
    assert said in words(refused.text)
    assert 'value="Hall"' in refused.text, "what was typed stands there"
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before


async def test_a_shop_that_is_not_there_and_a_role_that_may_not(engine: AsyncEngine, house: House) -> None:
    async with at_the_counter(engine, house, MemberRole.SUPPORT) as support:
        before = await state_of(engine, house.operator_id)
        assert (await support.get("/shop-new")).status_code == 403
        assert "shop-new" not in (await support.get("/shops")).text
        for path in ("/shop-new", "/shops/sport-cime/correct"):
            assert (await support.post(path, {**NEW, "seen": ""})).status_code == 403
        assert await state_of(engine, house.operator_id) == before
    async with at_the_counter(engine, house) as admin:
        before = await state_of(engine, house.operator_id)
        assert (await admin.post("/shops/nowhere/correct", {**NEW, "seen": ""})).status_code == 404
        assert await state_of(engine, house.operator_id) == before
