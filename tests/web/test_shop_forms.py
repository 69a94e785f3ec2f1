"""One shop by itself on the console: opened, corrected, what its purchases earn then, and what a refusal leaves."""

import re
from collections.abc import AsyncIterator

import pytest
from builders import House, a_house, a_purchase, a_shopper
from centre_lac import FIVE_PERCENT
from counter_site import Counter, at_the_counter
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import words

from cashback.auth.roles import MemberRole

ONLY_BOOKS = {**FIVE_PERCENT, "conditions": [{"kind": "categories", "categories": ["5942"]}]}
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
    async with at_the_counter(engine, house) as opened:
        yield opened


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
    await counter.done("/shops/papeterie/correct", {**corrected, "seen": stale})
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before, "said again, nothing changes"

    await counter.done("/shops/papeterie/correct", {**corrected, "category": "5942", "seen": await seen_of(counter)})
    await counter.work()
    assert await counter.rows(REWARDS) == [(2_50,)]
    assert await counter.rows(CHANGED) == [
        ("shop.opened", "5942", "Niveau 1"),
        ("shop.corrected", "5945", ""),
        ("shop.corrected", "5942", None),
    ]
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
        ("/shops/sport-cime/correct", {"name": " "}, "every shop has one"),
        ("/shops/sport-cime/correct", {"category": ""}, "every shop has one"),
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
