"""Members, claims and places to match: a missing purchase is found and repaired, and every look leaves a line."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from builders import NOW, House, a_house, a_purchase, a_shopper
from counter_site import Counter, at_the_counter, opened
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import words

from cashback.actors import Scope, system
from cashback.adjustments.service import set_limit
from cashback.auth.roles import MemberRole
from cashback.auth.session_store import open_session
from cashback.auth.sessions import Method, Role
from cashback.clock import HeldClock
from cashback.db.engine import transaction
from cashback.ids import show
from cashback.programmes.service import load_programme
from cashback.web.console.counter.members import PART_NAMES

PNG = b"\x89PNG\r\n\x1a\n a receipt"
AGO = timedelta(days=6)


@pytest.fixture
async def house(engine: AsyncEngine) -> House:
    return await a_house(engine)


@pytest.fixture
async def counter(engine: AsyncEngine, house: House) -> AsyncIterator[Counter]:
    async with at_the_counter(engine, house) as known:
        yield known


async def acts(counter: Counter, beginning: str) -> list[tuple[str, str]]:
    rows = await counter.rows(
        "SELECT action, coalesce(detail ->> 'words', '') FROM audit_log WHERE starts_with(action, $1) ORDER BY id",
        beginning,
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


async def test_a_file_is_masked_until_a_reason_is_given_and_every_opening_is_logged(counter: Counter) -> None:
    camille = await a_shopper(counter.house, reference="Camille Laurent")
    await a_purchase(camille)
    page = (await counter.get("/members")).text
    assert "Ca••• La•••" in page
    assert "Laurent" not in page
    assert "Ca••• La•••" in (await counter.get("/members?q=Camille+Laurent")).text
    assert "Ca••• La•••" in (await counter.get("/members?q=camille")).text
    assert "Nobody is found by this" in words((await counter.get("/members?q=Laurent")).text)
    exported = (await counter.get("/members?format=csv")).text
    assert "Laurent" not in exported
    member = show("shp", camille.shopper_id)
    assert next(csv.DictReader(io.StringIO(exported.removeprefix("\ufeff"))))["member"] == member
    asked = await counter.get(f"/members/{member}/purchases")
    assert "Why do you open this file?" in words(asked.text)
    assert "Camille" not in asked.text
    assert "Maison" not in asked.text
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    for refused in ({}, {"why": "because"}, {"why": "other"}):
        assert (await counter.post(f"/members/{member}/open", refused)).status_code == 422
    card = show("crd", camille.card_id or camille.shopper_id)
    deed = await counter.post(f"/members/{member}/cards/{card}/unlink", {"sure": "yes"})
    assert "Why do you open this file?" in words(deed.text)
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before
    path = await opened(counter, camille.shopper_id, "purchases")
    assert "Maison Lumière" in (await counter.get(f"{path}/purchases")).text
    assert await acts(counter, "shopper.opened") == [("shopper.opened_by_support", "ticket 4711")]
    clock = counter.runtime.clock
    assert isinstance(clock, HeldClock)
    clock.move_to(NOW + timedelta(seconds=1))
    assert "The file is closed" in words(await counter.done(f"{path}/close"))
    assert "Why do you open this file?" in words((await counter.get(path)).text)
    clock.move_to(NOW + timedelta(seconds=2))
    await opened(counter, camille.shopper_id)
    clock.move_to(NOW + timedelta(minutes=31))
    assert "Why do you open this file?" in words((await counter.get(path)).text)


async def test_every_part_of_a_file_opens_in_both_languages(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    await a_purchase(camille, at=NOW - AGO)
    await a_purchase(camille, at=NOW - AGO + timedelta(hours=1), shop=None, descriptor="UNKNOWN 75")
    await counter.rows(
        "INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail) "
        "VALUES ($1, gen_random_uuid(), $2, 'shopper:x', 'consent.given', $3, "
        "jsonb_build_object('consent', 'recognise', 'language', 'fr', 'words', 'Oui', 'words_sha256', 'abcdef0123')) "
        "RETURNING 1",
        counter.house.operator_id,
        NOW,
        show("shp", camille.shopper_id),
    )
    path = await opened(counter, camille.shopper_id)
    parts = ("", *(f"/{each}" for each in PART_NAMES))
    for language in ("en", "fr"):
        for part in parts:
            answer = await counter.get(f"{path}{part}", language)
            assert answer.status_code == 200, part
            assert "style=" not in answer.text
    assert "version abcdef01" in words((await counter.get(f"{path}/cards")).text)
    assert (await counter.get(f"{path}/nothing")).status_code == 404
    listed = (await counter.get(f"{path}/purchases?format=csv")).text.removeprefix("\ufeff")
    assert [row["shop"] for row in csv.DictReader(io.StringIO(listed))] == ["UNKNOWN 75", "Maison Lumière"]
    assert (await counter.get(f"{path}/missing?day=yesterday")).status_code == 422


async def test_a_missing_purchase_is_found_claimed_for_the_member_and_in_the_wallet(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    bought = await a_purchase(camille, minor=80_00, shop=None, at=NOW - AGO, descriptor="ML SARL 69")
    await a_purchase(camille, minor=80_00, state="declined", at=NOW - AGO - timedelta(minutes=1), cleared_after=None)
    path = await opened(counter, camille.shopper_id)
    day = (NOW - AGO).date().isoformat()
    page = (await counter.get(f"{path}/missing?day={day}&amount=80,00&shop=maison-lumiere")).text
    text = words(page)
    assert "2 purchases may be it" in text
    assert "nobody knows its shop" in text
    assert "The bank declined the payment" in text
    form = re.findall(r'<form[^>]*action="[^"]*/claim".*?</form>', page, re.S)[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert fields["purchase"] == show("pur", bought)
    fields |= {"words": "seen on the receipt", "shop": "maison-lumiere"}
    page = words(await counter.done(f"{path}/claim", fields))
    assert "The member is told." in page
    assert "a person has looked at it" in page
    assert await counter.rows("SELECT amount FROM rewards WHERE asset = 'EUR' AND purchase_id = $1", bought) == [
        (4_00,)
    ]
    again = await counter.post(f"{path}/claim", {**fields, "key": "another"})
    assert again.status_code == 422
    assert "This purchase was claimed before" in words(again.text)
    wallet = words((await counter.get(f"{path}/wallet")).text)
    assert "€4.00" in wallet
    assert await counter.breaches() == []


async def test_two_views_of_one_purchase_are_joined_and_parted_again(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    one = await a_purchase(camille, minor=60_00, shop="maison-lumiere", at=NOW - AGO)
    await counter.rows(
        "INSERT INTO cards (operator_id, network, token, linked_at, shopper_id, card_id) "
        "SELECT operator_id, 'fidel', token, linked_at, shopper_id, card_id FROM cards RETURNING 1"
    )
    later = NOW - AGO + timedelta(hours=1)
    other = await a_purchase(camille, minor=62_00, shop=None, at=later, network="fidel")
    path = await opened(counter, camille.shopper_id)
    stranger = await a_purchase(await a_shopper(counter.house, reference="sam"), at=NOW - AGO)
    same = await a_purchase(camille, minor=61_00, at=NOW - AGO + timedelta(hours=2))
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    for refused, status in ((stranger, 404), (same, 422), (one, 422)):
        told = {"purchase": [show("pur", one), show("pur", refused)], "words": "same receipt"}
        assert (await counter.post(f"{path}/join", told)).status_code == status
    told = {"purchase": [show("pur", one), show("pur", other)], "words": "same receipt"}
    assert (await counter.post(f"{path}/join", {**told, "words": ""})).status_code == 422
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before
    await counter.done(f"{path}/join", told)
    standing = "SELECT count(*) FROM purchases WHERE shopper_id = $1 AND witness_of IS NOT NULL"
    assert await counter.rows(standing, camille.shopper_id) == [(1,)]
    page = (await counter.get(f"{path}/missing?day={(NOW - AGO).date().isoformat()}")).text
    assert "It was recognised as one purchase with" in words(page)
    (parted,) = re.findall(r'action="[^"]*/split">.*?name="purchase" value="(\w+)"', page, re.S)
    await counter.done(f"{path}/split", {"purchase": parted, "words": "two receipts"})
    assert await counter.rows(standing, camille.shopper_id) == [(0,)]
    assert await counter.breaches() == []


async def test_a_wallet_is_adjusted_within_limits_and_a_card_unlinked(engine: AsyncEngine, house: House) -> None:
    camille = await a_shopper(house)
    async with transaction(engine, house.operator_id) as connection:
        programme = await load_programme(connection, house.operator_id)
        actor = system(house.operator_id, "tests")
        await set_limit(connection, actor, programme, Scope.SUPPORT, "EUR", 10_00, NOW)
    async with at_the_counter(engine, house, MemberRole.SUPPORT) as support:
        path = await opened(support, camille.shopper_id)
        told = {"key": "k1", "asset": "EUR", "kind": "goodwill", "reason": "complaint", "words": "lift broken"}
        before = await state_of(engine, house.operator_id)
        assert (await support.post(f"{path}/adjust", {**told, "amount": "ten"})).status_code == 422
        taken = await support.post(f"{path}/adjust", {**told, "amount": "5", "way": "take", "kind": "correction"})
        assert "The wallet does not hold so much" in words(taken.text)
        assert 'value="lift broken"' in taken.text
        assert await state_of(engine, house.operator_id) == before
        page = words(await support.done(f"{path}/adjust", {**told, "amount": "7,50"}))
        assert "The wallet is adjusted" in page
        assert "+€7.50 · Goodwill" in page
        await support.done(f"{path}/adjust", {**told, "amount": "7,50"})
        page = words(await support.done(f"{path}/adjust", {**told, "key": "k2", "amount": "9"}))
        assert "a second person decides" in page
        assert await support.rows("SELECT available FROM balances WHERE asset = 'EUR'") == [(7_50,)]
        assert "Alone you may still adjust today: €2.50" in words((await support.get(f"{path}/wallet")).text)
        card = show("crd", camille.card_id or camille.shopper_id)
        page = words(await support.done(f"{path}/cards/{card}/unlink", {"sure": "yes"}))
        assert "The card is unlinked" in page
        assert (await support.post(f"{path}/cards/{card}/unlink", {"sure": "yes"})).status_code == 404
        assert await support.breaches() == []


async def test_a_claim_is_looked_at_beside_what_was_told_and_answered(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    path = await opened(counter, camille.shopper_id)
    day = (NOW - AGO).date().isoformat()
    told = {"key": "c1", "shop": "maison-lumiere", "day": day, "amount": "100", "last_four": "4242"}
    page = await counter.done(f"{path}/claim", told, files={"picture": ("receipt.png", PNG, "image/png")})
    assert "It waits for a person's answer" in words(page).replace("\u2019", "'")
    queue = await counter.browser.get("/en/operator/claims")
    assert queue.headers["location"].endswith("?state=open&sort=claimed")
    listed = (await counter.get("/claims?state=open&sort=claimed")).text
    assert "1 claim waits for an answer · €100.00" in words(listed)
    (claim,) = set(re.findall(r"/claims/(clm_\w+)", listed))
    picture = await counter.get(f"/claims/{claim}/picture")
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert ("claim.picture_seen", "") in await acts(counter, "claim.")
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    assert (await counter.post(f"/claims/{claim}/accept", {"purchase": "none"})).status_code == 422
    assert (await counter.post(f"/claims/{claim}/refuse", {"words": "no"})).status_code == 422
    assert (await counter.post(f"/claims/{claim}/withdraw", {"reason": "other", "words": "x"})).status_code == 409
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before
    accepted = {"purchase": "none", "words": "receipt seen"}
    assert "What it earns is in the wallet" in words(await counter.done(f"/claims/{claim}/accept", accepted))
    assert await counter.rows("SELECT amount FROM rewards WHERE asset = 'EUR'") == [(5_00,)]
    twice = await counter.post(f"/claims/{claim}/refuse", {"reason": "no_proof", "words": "no"})
    assert twice.status_code == 409
    taken = words(await counter.done(f"/claims/{claim}/withdraw", {"reason": "different", "words": "another shop"}))
    assert "Taken back, with what it earned" in taken
    assert await counter.rows("SELECT sum(amount)::int FROM rewards WHERE asset = 'EUR'") == [(0,)]
    assert await counter.breaches() == []


async def test_a_place_is_matched_its_purchases_earn_and_the_answer_is_changed(counter: Counter) -> None:
    house = counter.house
    assert "Unknown identifiers are not asked of yet" in words((await counter.get("/matches")).text)
    for name in ("camille", "sam"):
        shopper = await a_shopper(house, reference=name)
        await a_purchase(
            shopper, minor=50_00, shop=None, at=NOW - AGO, identifiers=("mid:77777777",), descriptor="MAISON LUMIERE"
        )
    page = words(await counter.done("/matches/begin", {"since": "2026-01-01"}))
    assert "Unknown identifiers are asked of here from now on" in page
    await counter.work()
    page = (await counter.get("/matches")).text
    assert "€100.00" in words(page)
    (address,) = set(re.findall(r'href="/en/operator(/matches/one\?[^"]+)"', page))
    address = address.replace("&amp;", "&")
    page = (await counter.get(address)).text
    assert "An answer settles: 2 purchases, €100.00 in all" in words(page)
    assert 'value="shop:maison-lumiere"' in page
    before = await state_of(counter.runtime.engine, house.operator_id)
    assert (await counter.post(address, {})).status_code == 422
    assert (await counter.post(address, {"answer": "other"})).status_code == 422
    assert await state_of(counter.runtime.engine, house.operator_id) == before
    page = words(await counter.done(address, {"answer": "shop:maison-lumiere"}))
    assert "The purchases that waited are being matched" in page
    assert "2 purchases waited" in page
    await counter.work()
    rewarded = "SELECT count(*), sum(amount)::int FROM rewards WHERE asset = 'EUR' AND amount > 0"
    assert await counter.rows(rewarded) == [(2, 5_00)]
    page = (await counter.get(address)).text
    assert "Nothing waits under this identifier" in words(page)
    (since,) = re.findall(r'name="since" value="([^"]+)"', page)
    await counter.done(address, {"answer": "not_ours", "since": since})
    await counter.work()
    assert await counter.rows(rewarded) == [(0, None)]
    assert await counter.breaches() == []


async def test_support_signs_a_member_out_everywhere(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    operator_id, shopper_id = counter.house.operator_id, camille.shopper_id
    async with transaction(counter.runtime.engine, operator_id) as connection:
        await open_session(
            connection,
            operator_id=operator_id,
            role=Role.SHOPPER,
            subject_id=shopper_id,
            method=Method.CODE,
            device="Firefox, Linux",
            now=NOW,
        )
    path = await opened(counter, shopper_id)
    assert "Firefox, Linux" in (await counter.get(f"{path}/closing")).text
    assert "Signed in nowhere" in words(await counter.done(f"{path}/sign-out", {}))
    ended = "SELECT revoked_why FROM sessions WHERE subject_id = $1"
    assert await counter.rows(ended, shopper_id) == [("ended by the team",)]
    lines = "SELECT actor FROM audit_log WHERE action = 'session.revoked'"
    assert {row[0].partition(":")[0] for row in await counter.rows(lines)} == {"link"}


async def test_an_account_is_closed_when_the_member_gives_up_what_is_left(counter: Counter) -> None:
    camille = await a_shopper(counter.house, reference="Camille Laurent")
    await a_purchase(camille, minor=100_00, at=NOW - timedelta(days=40))
    path = await opened(counter, camille.shopper_id)
    page = (await counter.get(f"{path}/closing")).text
    assert "€5.00 available" in words(page)
    (seen,) = re.findall(r'name="seen" value="(\w+)"', page)
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    for refused in ({"word": "YES"}, {"word": "erase"}, {"word": "erase", "give_up": "yes", "seen": "other"}):
        answer = await counter.post(f"{path}/erase", {"seen": seen, **refused})
        assert answer.status_code in (409, 422), refused
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before
    told = {"word": "erase", "give_up": "yes", "seen": seen}
    page = words(await counter.done(f"{path}/erase", told))
    assert "The account is closed and the person erased" in page
    assert (await counter.get(path)).status_code == 404
    assert await counter.breaches() == []


@pytest.mark.parametrize("role", [MemberRole.VIEWER, MemberRole.EDITOR, MemberRole.APPROVER, MemberRole.FINANCE])
async def test_members_and_claims_are_closed_to_other_roles(
    engine: AsyncEngine, house: House, role: MemberRole
) -> None:
    camille = await a_shopper(house)
    async with at_the_counter(engine, house, role) as other:
        member = show("shp", camille.shopper_id)
        before = await state_of(engine, house.operator_id)
        for path in ("/members", f"/members/{member}", "/claims?state=open"):
            assert (await other.get(path)).status_code == 403, path
        assert (await other.post(f"/members/{member}/open", {"why": "asked"})).status_code == 403
        if role is not MemberRole.EDITOR:
            assert (await other.post("/matches/begin", {"since": "2026-01-01"})).status_code == 403
        assert await state_of(engine, house.operator_id) == before


async def test_a_file_of_another_operator_is_not_there(engine: AsyncEngine, counter: Counter) -> None:
    stranger = await a_shopper(await a_house(engine))
    member = show("shp", stranger.shopper_id)
    assert (await counter.get(f"/members/{member}")).status_code == 404
    assert (await counter.post(f"/members/{member}/open", {"why": "asked"})).status_code == 404
