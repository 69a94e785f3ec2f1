"""How support comes to a member and to what is missing: what finds whom, what one search shows, who can repair it."""

import base64
import json
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

from cashback.auth.addresses import fingerprint
from cashback.auth.roles import MemberRole
from cashback.db.engine import transaction
from cashback.ids import show
from cashback.insights import search, seeking
from cashback.insights.house import Houses
from cashback.insights.member_file import NEAR_MAX, near
from cashback.paging import listing

AGO = timedelta(days=6)


@pytest.fixture
async def house(engine: AsyncEngine) -> House:
    return await a_house(engine)


@pytest.fixture
async def counter(engine: AsyncEngine, house: House) -> AsyncIterator[Counter]:
    async with at_the_counter(engine, house) as known:
        yield known


async def test_a_member_is_found_by_what_they_can_say_and_the_log_says_whom_not_by_what(counter: Counter) -> None:
    house = counter.house
    camille = await a_shopper(house, reference="Camille Laurent", last_four="4242")
    sam = await a_shopper(house, reference="joined-0192", last_four="4242")
    await a_shopper(house, reference="4242-ref", last_four="1881")
    await a_purchase(camille, minor=84_90, at=NOW - AGO)
    await a_purchase(sam, minor=84_90, at=NOW - AGO - timedelta(days=1))
    mark = fingerprint(counter.runtime.keyring.master, house.operator_id, "camille@example.org")
    await counter.rows(
        "INSERT INTO shopper_addresses (operator_id, fingerprint, shopper_id, sealed, told_by, told_at) "
        "VALUES ($1, $2, $3, '', 'tests', $4) RETURNING 1",
        house.operator_id,
        mark,
        camille.shopper_id,
        NOW,
    )
    first, second = show("shp", camille.shopper_id), show("shp", sam.shopper_id)
    day = (NOW - AGO).date().isoformat()
    for asked, found in (
        ("q=Camille%40Example.org", [first]),
        ("q=camille%40example.com", []),
        ("q=4242", [first, second, "3"]),
        (f"q=4242&day={day}", [first]),
        ("q=4242&amount=84,90", [first, second]),
        (f"q=4242+{day}+84.90", [first]),
        (f"day={day}&amount=84.90", [first]),
        (f"day={day}&amount=84.91", []),
        ("q=1881", ["1"]),
        ("q=joined", [second]),
        (f"q={second}", [second]),
        (f"q={second}&day={day}", []),
    ):
        page = (await counter.get(f"/members?{asked}")).text
        rows = set(re.findall(r"/members/(shp_\w+)", page))
        wanted = {each for each in found if each.startswith("shp_")}
        assert wanted <= rows, asked
        assert len(rows) == (int(found[-1]) if found and found[-1].isdigit() else len(found)), asked
        assert "Laurent" not in page
    page = words((await counter.get("/members?q=4242")).text)
    assert re.search(r"Visa •• 4242 ?linked", page)
    logged = [
        json.loads(row[0])
        for row in await counter.rows("SELECT detail::text FROM audit_log WHERE action = 'shopper.searched'")
    ]
    assert sum(each["by"] == "card" for each in logged) == 6
    assert {"by": "address", "found": 1, "members": [first]} in logged
    assert {"by": "address", "found": 0, "members": []} in logged
    whole = await counter.rows("SELECT string_agg(detail::text, ' ') FROM audit_log")
    assert "example" not in whole[0][0].casefold()


async def test_a_cursor_that_somebody_made_hides_no_search_from_the_log(counter: Counter) -> None:
    camille = await a_shopper(counter.house, reference="Camille Laurent", last_four="4242")
    named = listing("members", sort="-joined", q="4242")
    made = base64.urlsafe_b64encode(json.dumps([named, -1]).encode()).decode().rstrip("=")
    page = (await counter.get(f"/members?q=4242&cursor={made}")).text
    assert show("shp", camille.shopper_id) in page
    logged = await counter.rows("SELECT detail -> 'members' FROM audit_log WHERE action = 'shopper.searched'")
    assert [row[0] for row in logged] == [[show("shp", camille.shopper_id)]]


async def test_a_reference_may_hold_a_date_and_stand_beside_an_amount(counter: Counter) -> None:
    joined = await a_shopper(counter.house, reference="joined-2026-11-20")
    other = await a_shopper(counter.house, reference="joined-later")
    await a_purchase(other, minor=84_90, at=NOW - AGO)
    for asked, found in (("joined-2026-11-20", joined), ("joined 84,90", other), ("joined-2026", joined)):
        page = (await counter.get(f"/members?q={asked.replace(' ', '+')}")).text
        assert set(re.findall(r"/members/(shp_\w+)", page)) == {show("shp", found.shopper_id)}, asked


async def test_a_day_is_looked_through_to_its_first_purchase(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeking, "LOOKED_AT", 1)
    monkeypatch.setattr(search, "LOOKED_AT", 1)
    early = await a_shopper(counter.house, reference="early")
    late = await a_shopper(counter.house, reference="late")
    await a_purchase(early, minor=84_90, at=NOW - AGO)
    await a_purchase(late, minor=12_50, at=NOW - AGO + timedelta(minutes=5))
    day = (NOW - AGO).date().isoformat()
    assert show("shp", early.shopper_id) in (await counter.get(f"/members?day={day}&amount=84.90")).text
    assert show("shp", early.shopper_id) not in (await counter.get("/members?amount=84.90")).text
    assert "€84.90" in words((await counter.get(f"/search?q={day}+84.90")).text)


async def test_who_points_at_the_purchase_has_decided_and_page_file_and_trace_say_so(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    bought = await a_purchase(camille, minor=80_00, shop=None, at=NOW - AGO, descriptor="MAISON LUMIERE LYON")
    path = await opened(counter, camille.shopper_id)
    told = {"key": "k", "shop": "maison-lumiere", "day": (NOW - AGO).date().isoformat(), "amount": "80.00"}
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    wordless = await counter.post(f"{path}/claim", {**told, "purchase": show("pur", bought)})
    assert wordless.status_code == 422
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before
    told |= {"purchase": show("pur", bought), "words": "seen on the receipt"}
    page = words(await counter.done(f"{path}/claim", told))
    who = "Entry link (admin)"
    decided = f"Decided by {who}, 21 Nov 14:30: a person has looked at it seen on the receipt"
    assert decided in page
    assert decided in words((await counter.get(f"{path}/claims")).text)
    trace = words((await counter.get(f"/purchases/{show('pur', bought)}")).text)
    assert f"A claim tells the shop; {who} accepted it as proof, 21 Nov 14:30. seen on the receipt" in trace
    assert "no longer on file" not in trace
    (logged,) = await counter.rows("SELECT detail ->> 'words' FROM audit_log WHERE action = 'claim.accepted'")
    assert logged == (None,), "what staff write of a member is erased with the member; the log stays"
    assert await counter.breaches() == []


async def test_what_is_too_young_for_a_person_is_judged_by_what_was_told_and_keeps_their_words(
    counter: Counter,
) -> None:
    camille = await a_shopper(counter.house)
    yesterday = NOW - timedelta(days=1)
    bought = await a_purchase(camille, minor=80_00, shop=None, at=yesterday, descriptor="ML SARL 69")
    path = await opened(counter, camille.shopper_id)
    told = {"key": "k", "shop": "maison-lumiere", "day": yesterday.date().isoformat(), "amount": "80.00"}
    told |= {"purchase": show("pur", bought), "words": "seen on the receipt"}
    page = words(await counter.done(f"{path}/claim", told))
    assert "Said with itseen on the receipt" in page
    assert "Entry link (admin)" in page
    assert "Decided by" not in page
    assert await counter.breaches() == []


async def test_the_day_that_is_asked_for_is_not_hidden_by_the_days_after_it(engine: AsyncEngine, house: House) -> None:
    member = await a_shopper(house)
    asked = NOW - timedelta(days=2)
    meant = await a_purchase(member, at=asked, minor=12_34, shop=None)
    for number in range(NEAR_MAX + 2):
        await a_purchase(member, at=NOW - timedelta(minutes=30 + number), cleared_after=None)
    async with transaction(engine, house.operator_id) as connection:
        known = await Houses().current(connection, house.operator_id)
        found = await near(
            connection,
            known,
            member.shopper_id,
            since=asked - timedelta(days=3),
            until=asked + timedelta(days=3),
            amount_minor=None,
            shop_id=next(iter(known.snapshot.shops.shops)),
        )
    assert len(found) == NEAR_MAX
    assert found[0].view.id == meant


async def test_what_one_search_leaves_out_is_a_step_away(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    made = [
        await a_purchase(camille, minor=10_00 + number, at=NOW - AGO + timedelta(minutes=number))
        for number in range(NEAR_MAX + 3)
    ]
    path = await opened(counter, camille.shopper_id)
    address = f"{path}/missing?day={(NOW - AGO).date().isoformat()}"
    first = (await counter.get(address)).text
    assert f"The {NEAR_MAX} likeliest purchases" in words(first)
    (more,) = re.findall(r'href="/en/operator(/members/[^"]+shown=[^"]+)"', first)
    whole = (await counter.get(more.replace("&amp;", "&"))).text
    assert f"{len(made)} purchases may be it" in words(whole)
    assert f'id="{more.partition("#")[2]}"' in whole
    assert set(re.findall(r"/purchases/(pur_\w+)", whole)) == {show("pur", each) for each in made}
    assert "shown=" not in whole.partition("<main")[2]


async def test_support_repairs_for_the_member_and_reads_who_repairs_for_everybody(
    engine: AsyncEngine, house: House
) -> None:
    async with at_the_counter(engine, house, MemberRole.SUPPORT) as support:
        camille = await a_shopper(house)
        bought = await a_purchase(camille, minor=80_00, shop=None, at=NOW - AGO, descriptor="ML SARL 69")
        await a_purchase(camille, minor=5_00, shop="maison-lumiere", at=NOW - AGO + timedelta(hours=1))
        await support.rows(
            "INSERT INTO purchase_matches (operator_id, shopper_id, network, purchase_ref, undecided, decision, basis, "
            "why, against, scheme, value, text, fingerprint, updated_at) SELECT operator_id, shopper_id, network, "
            "purchase_ref, false, 'review', 'evidence', '', '{}', 'mid', '99999999', '', 'ml sarl', updated_at "
            "FROM purchases WHERE id = $1 RETURNING 1",
            bought,
        )
        path = await opened(support, camille.shopper_id)
        page = (await support.get(f"{path}/missing?day={(NOW - AGO).date().isoformat()}")).text
        said = words(page)
        assert "an editor or an administrator answers which shop its identifier is" in said
        assert "Match its identifier" not in said
        (question,) = re.findall(r'href="/en/operator(/matches/one[^"]+)"', page)
        asked = await support.get(question.replace("&amp;", "&"))
        assert asked.status_code == 200
        assert "An editor or an administrator answers" in words(asked.text)
        assert "send them its address: Identifiers of Maison Lumière" in said
        assert (await support.get("/shops/maison-lumiere")).status_code == 200
        form = re.findall(r'<form[^>]*action="[^"]*/claim".*?</form>', page, re.S)[0]
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        told = {**fields, "shop": "maison-lumiere", "words": "receipt seen"}
        page = words(await support.done(f"{path}/claim", told))
        assert "The member is told." in page
        assert "What was claimed for the member" in page
        assert "It earned +€4.00" in page
        notices = "SELECT kind, params ->> 'amount' FROM notices WHERE shopper_id = $1"
        assert await support.rows(notices, camille.shopper_id) == [("claim_accepted", "8000")]
        assert await support.breaches() == []


async def test_a_member_drawn_to_measure_is_explained_and_a_named_shop_is_proposed(engine: AsyncEngine) -> None:
    house = await a_house(engine, offered={"five": {**FIVE_PERCENT, "holdout_bps": 5_000}})
    async with at_the_counter(engine, house) as admin:
        day = (NOW - AGO).date().isoformat()
        members = [await a_shopper(house, reference=f"member-{n}") for n in range(16)]
        for each in members:
            await a_purchase(each, minor=80_00, shop=None, at=NOW - AGO, identifiers=("mid:77777777",))
        await admin.done("/shops/maison-lumiere/identifiers", {"kind": "sandbox:mid", "value": "77777777"})
        await admin.work()
        said = set()
        for each in members:
            path = await opened(admin, each.shopper_id)
            page = words((await admin.get(f"{path}/missing?day={day}")).text)
            held = "some members drawn by lot do not receive them" in page
            assert held != ("It is in the wallet: +€4.00" in page)
            said.add(held)
        assert said == {True, False}, "half of them are held out"
        hour = timedelta(hours=1)
        await a_purchase(members[0], minor=9_00, shop=None, at=NOW - AGO + hour, descriptor="MAISON LUMIERE 69")
        path = f"/members/{show('shp', members[0].shopper_id)}"
        page = (await admin.get(f"{path}/missing?day={day}&amount=9")).text
        assert '<option value="maison-lumiere" selected>' in page
        assert await admin.breaches() == []
