"""The console's search: what finds what, for whom, and what is written down about it."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from builders import NOW, House, a_house, a_purchase, a_shopper
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import MASTER, Site, words

from cashback.auth.addresses import fingerprint
from cashback.auth.models import shopper_addresses
from cashback.auth.roles import MemberRole
from cashback.db.engine import fetch, transaction
from cashback.ids import show, uuid7
from cashback.insights.search import SHOWN, Wanted, wanted
from cashback.offers.models import offer_revisions, offers

LOGGED = "SELECT detail ->> 'found' FROM audit_log WHERE operator_id = $1 AND action = 'shopper.searched'"


@pytest.fixture(scope="module")
async def centre(engine: AsyncEngine) -> House:
    house = await a_house(engine)
    camille = await a_shopper(house, reference="Camille Laurent", last_four="4242")
    await a_shopper(house, reference="camping_50%", last_four="1881")
    await a_purchase(camille, minor=84_90, at=NOW)
    await a_purchase(camille, minor=12_50, shop="sport-cime", at=NOW - timedelta(minutes=5))
    address = {"operator_id": house.operator_id, "shopper_id": camille.shopper_id, "sealed": b"", "told_by": "tests"}
    async with transaction(engine, house.operator_id) as connection:
        mark = fingerprint(MASTER, house.operator_id, "camille@example.org")
        await connection.execute(insert(shopper_addresses).values(**address, fingerprint=mark, told_at=NOW))
    return house


async def searched(site: Site, house: House, text: str, role: MemberRole = MemberRole.ADMIN) -> str:
    async with site.operator(house, role) as browser:
        answer = await browser.get("/en/operator/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    return words(answer.text.partition('<div class="part">')[2])


async def logged(house: House) -> list[str]:
    async with transaction(house.engine, house.operator_id) as connection:
        return [row[0] for row in await fetch(connection, LOGGED, (house.operator_id,))]


@pytest.mark.parametrize(
    ("text", "day", "amount", "last_four"),
    [
        ("lumière", None, "", ""),
        ("2026-11-20 12.50 4242", date(2026, 11, 20), "12.50", "4242"),
        ("20/11/2026 12,50", date(2026, 11, 20), "12.50", ""),
        ("31/02/2026", None, "", ""),
        ("12.505", None, "", ""),
        ("12345", None, "", ""),
        ("2026", None, "", "2026"),
    ],
)
def test_what_is_typed_is_understood(text: str, day: date | None, amount: str, last_four: str) -> None:
    assert wanted(text) == Wanted(text, day, amount, last_four)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lumi", "Shops Maison Lumière Centre Lac · Level 1"),
        ("maison-lum", "Shops Maison Lumière"),
        ("10 points", "Offers 10 points per purchase ten-points"),
        ("cam", "Members Camille Laurent joined 21 Nov"),
        ("camping_", "Members camping_50%"),
        ("1881", "Members camping_50% joined 21 Nov · Visa •• 1881"),
        ("Camille@Example.org", "Members Camille Laurent"),
        ("2026-11-21 84,90", "Purchases €84.90 · Maison Lumière 21 Nov 14:30"),
        ("4242 12.50", "Purchases €12.50 · Sport Cime"),
        ("12.50", "Purchases €12.50 · Sport Cime"),
    ],
)
async def test_each_kind_is_found_by_what_people_know_of_it(site: Site, centre: House, text: str, found: str) -> None:
    assert found in await searched(site, centre, text)


async def test_a_draft_is_found_by_the_name_it_would_have(site: Site, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    async with transaction(engine, house.operator_id) as connection:
        offer_id = uuid7(NOW)
        await connection.execute(insert(offers).values(operator_id=house.operator_id, id=offer_id, code="draft-7"))
        written = {"revision": 1, "draft": 1, "digest": b"", "changes": [], "changes_to_live": [], "author": "tests"}
        terms = {"name": {"en": "Spring in the garden", "fr": "Le printemps au jardin"}}
        await connection.execute(
            insert(offer_revisions).values(
                operator_id=house.operator_id, offer_id=offer_id, terms=terms, written_at=NOW, **written
            )
        )
    for text in ("spring", "draft-7"):
        assert "Offers Spring in the garden draft-7" in await searched(site, house, text)


async def test_more_than_the_first_of_a_kind_lead_to_all_of_them(site: Site, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    for number in range(SHOWN + 2):
        shopper = await a_shopper(house, reference=f"cu-{number}", last_four="9090")
        await a_purchase(shopper, minor=10_00 + number, at=NOW - timedelta(minutes=number))
    async with site.operator(house) as browser:
        page = (await browser.get("/en/operator/search?q=9090")).text
        more = [each.replace("&amp;", "&") for each in re.findall(r'href="(/en/operator/[^"]+)">Show all', page)]
        assert len(more) == 2
        for address, prefix in zip(more, ("/members/shp_", "/purchases/pur_"), strict=True):
            assert page.count(prefix) == SHOWN
            whole = (await browser.get(address)).text
            assert len(set(re.findall(rf"{prefix}\w+", whole))) == SHOWN + 2


@pytest.mark.parametrize("text", ["zzz", "%", "_", "1999-01-01", "77.77", "9999", "nobody@example.org", "shp_1"])
async def test_what_is_not_there_is_not_found_and_nothing_is_a_wildcard(site: Site, centre: House, text: str) -> None:
    assert "Nothing found" in await searched(site, centre, text)


async def test_an_id_goes_straight_to_its_object_where_the_role_opens_it(site: Site, centre: House) -> None:
    async with transaction(centre.engine, centre.operator_id) as connection:
        (purchase,) = await fetch(
            connection, "SELECT id FROM purchases WHERE net_minor = 1250 AND operator_id = $1", (centre.operator_id,)
        )
    shown = show("pur", purchase.id)
    async with site.operator(centre) as browser:
        went = await browser.get("/en/operator/search", params={"q": shown})
        typing = await browser.get("/en/operator/search", params={"q": shown}, headers={"HX-Request": "true"})
    assert (went.status_code, went.headers["location"]) == (303, f"/en/operator/purchases/{shown}")
    assert f'href="/en/operator/purchases/{shown}"' in typing.text
    assert "Nothing found" in await searched(site, centre, shown, MemberRole.VIEWER)


async def test_who_may_not_open_members_finds_none_and_who_looks_is_written_down(site: Site, centre: House) -> None:
    before = Counter(await logged(centre))
    said = await searched(site, centre, "cam", MemberRole.EDITOR)
    assert "Camille" not in said
    assert "Your role does not search members." in said
    assert "Your role does not search purchases." in await searched(site, centre, "4242", MemberRole.EDITOR)
    assert Counter(await logged(centre)) == before
    async with site.operator(centre) as browser:
        typing = await browser.get("/en/operator/search?q=cam", headers={"HX-Request": "true"})
    assert "Camille" not in typing.text
    assert Counter(await logged(centre)) == before
    await searched(site, centre, "cam", MemberRole.SUPPORT)
    assert Counter(await logged(centre)) - before == {"2": 1}, "lines of one instant have no order"


async def test_another_operator_finds_nothing_of_it(site: Site, centre: House, engine: AsyncEngine) -> None:
    other = await a_house(engine, shop_names={"maison-lumiere": "Autre"})
    for text in ("camille", "84.90", "4242", "camille@example.org"):
        assert "Nothing found" in await searched(site, other, text)
